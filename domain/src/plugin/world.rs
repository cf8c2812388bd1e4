//! Which contract of `plugins/wit` a plugin is written against, and so which part of the shop runs it.

use serde::{Deserialize, Serialize};

/// As a manifest names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PluginWorld))]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// A cart in, discounts out: the checkout runs it.
    #[default]
    Promotion,
    /// An event and a customer's profile in, actions out: the CRM runs it.
    Marketing,
}

impl World {
    pub const ALL: [Self; 2] = [Self::Promotion, Self::Marketing];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promotion => "promotion",
            Self::Marketing => "marketing",
        }
    }

    /// None: there is no such world.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|world| world.as_str() == name)
    }

    /// What a component of this world exports begins with `stoa:{world}/`. None: it exports neither or both.
    pub fn exported<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut found = None;
        for name in names {
            let exported = Self::ALL.into_iter().find(|world| {
                name.strip_prefix("stoa:")
                    .and_then(|rest| rest.strip_prefix(world.as_str()))
                    .is_some_and(|rest| rest.starts_with('/'))
            });
            match (found, exported) {
                (Some(first), Some(other)) if first != other => return None,
                (None, Some(_)) => found = exported,
                _ => {}
            }
        }
        found
    }
}

impl std::fmt::Display for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::World;

    #[test]
    fn what_a_component_exports_tells_its_world() {
        let of = |names: &[&str]| World::exported(names.iter().copied());
        assert_eq!(of(&["stoa:promotion/discounts@0.2.0"]), Some(World::Promotion));
        assert_eq!(of(&["memory", "stoa:marketing/campaigns@0.1.0"]), Some(World::Marketing));
        assert_eq!(of(&["stoa:marketing/campaigns@0.1.0", "stoa:promotion/discounts@0.2.0"]), None);
        assert_eq!((of(&[]), of(&["stoa:marketingx/y", "run"])), (None, None));
        assert_eq!(World::ALL.map(|world| World::named(world.as_str())), World::ALL.map(Some));
    }
}
