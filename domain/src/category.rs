//! The category tree. A category's page is `/collections/{handle}`, in one namespace with collections.

use crate::{CategoryId, Handle, Localized};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const MAX_DEPTH: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Category {
    pub id: CategoryId,
    pub parent: Option<CategoryId>,
    pub handle: Handle,
    pub name: Localized,
    pub description_html: Localized,
    /// Order among siblings, then by id.
    pub position: u32,
}

/// Why categories are not a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CategoryError {
    #[error("category id {id} is used twice")]
    DuplicateId { id: CategoryId },
    #[error("category handle {handle} is used twice")]
    DuplicateHandle { handle: Handle },
    #[error("category {id} is below {parent}, which does not exist")]
    UnknownParent { id: CategoryId, parent: CategoryId },
    #[error("category {id} is below itself")]
    Cycle { id: CategoryId },
    #[error("category {id} is deeper than {MAX_DEPTH} levels")]
    TooDeep { id: CategoryId },
}

impl CategoryError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DuplicateId { .. } => "duplicate_category_id",
            Self::DuplicateHandle { .. } => "duplicate_category_handle",
            Self::UnknownParent { .. } => "unknown_parent_category",
            Self::Cycle { .. } => "category_cycle",
            Self::TooDeep { .. } => "category_too_deep",
        }
    }
}

/// All categories of the shop, known to be a forest: parents exist, no cycles, at most [`MAX_DEPTH`] levels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CategoryTree {
    /// Siblings' order: by position, then id.
    categories: Vec<Category>,
    by_id: BTreeMap<CategoryId, usize>,
    by_handle: BTreeMap<Handle, usize>,
}

impl CategoryTree {
    pub fn new(mut categories: Vec<Category>) -> Result<Self, CategoryError> {
        categories.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
        let mut tree = Self { categories, ..Self::default() };
        for (at, category) in tree.categories.iter().enumerate() {
            if tree.by_id.insert(category.id.clone(), at).is_some() {
                return Err(CategoryError::DuplicateId { id: category.id.clone() });
            }
            if tree.by_handle.insert(category.handle.clone(), at).is_some() {
                return Err(CategoryError::DuplicateHandle { handle: category.handle.clone() });
            }
        }
        for category in &tree.categories {
            tree.check(category)?;
        }
        Ok(tree)
    }

    /// Climbs to the root; a climb longer than there are categories goes in circles.
    fn check(&self, category: &Category) -> Result<(), CategoryError> {
        let mut levels = 1;
        let mut here = category;
        while let Some(parent) = &here.parent {
            here = self
                .get(parent)
                .ok_or_else(|| CategoryError::UnknownParent { id: here.id.clone(), parent: parent.clone() })?;
            levels += 1;
            if here.id == category.id || levels > self.categories.len() {
                return Err(CategoryError::Cycle { id: category.id.clone() });
            }
        }
        if levels > MAX_DEPTH { Err(CategoryError::TooDeep { id: category.id.clone() }) } else { Ok(()) }
    }

    pub fn get(&self, id: &CategoryId) -> Option<&Category> {
        self.by_id.get(id).map(|at| &self.categories[*at])
    }

    pub fn by_handle(&self, handle: &Handle) -> Option<&Category> {
        self.by_handle.get(handle).map(|at| &self.categories[*at])
    }

    /// All of them, by position, then id.
    pub fn iter(&self) -> impl Iterator<Item = &Category> {
        self.categories.iter()
    }

    /// The top level, in order.
    pub fn roots(&self) -> impl Iterator<Item = &Category> {
        self.categories.iter().filter(|c| c.parent.is_none())
    }

    /// The level right below, in order.
    pub fn children<'a>(&'a self, id: &'a CategoryId) -> impl Iterator<Item = &'a Category> {
        self.categories.iter().filter(move |c| c.parent.as_ref() == Some(id))
    }

    /// The parent, its parent, … up to the root. Empty for a root and for an unknown id.
    pub fn ancestors(&self, id: &CategoryId) -> impl Iterator<Item = &Category> {
        let parent = |c: &Category| c.parent.as_ref().and_then(|p| self.get(p));
        std::iter::successors(self.get(id).and_then(parent), move |c| parent(c))
    }

    /// From the root down to the category itself.
    pub fn breadcrumbs(&self, id: &CategoryId) -> Vec<&Category> {
        let mut path: Vec<&Category> = self.get(id).into_iter().chain(self.ancestors(id)).collect();
        path.reverse();
        path
    }

    /// Whether `id` is `above` or below it. An unknown `id` is only within itself.
    pub fn is_within(&self, id: &CategoryId, above: &CategoryId) -> bool {
        id == above || self.ancestors(id).any(|c| &c.id == above)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn category(id: &str, parent: Option<&str>) -> Category {
        Category {
            id: CategoryId::new(id).unwrap(),
            parent: parent.map(|p| CategoryId::new(p).unwrap()),
            handle: Handle::new(id).unwrap(),
            name: Localized::default(),
            description_html: Localized::default(),
            position: 0,
        }
    }
    fn id(text: &str) -> CategoryId {
        CategoryId::new(text).unwrap()
    }

    #[test]
    fn breadcrumbs_lead_from_the_root() {
        let tree = CategoryTree::new(vec![
            category("cups", Some("tableware")),
            category("home", None),
            category("tableware", Some("home")),
        ])
        .unwrap();
        let path: Vec<&str> = tree.breadcrumbs(&id("cups")).iter().map(|c| c.handle.as_str()).collect();
        assert_eq!(path, ["home", "tableware", "cups"]);
        assert!(tree.is_within(&id("cups"), &id("home")) && !tree.is_within(&id("home"), &id("cups")));
        assert_eq!(tree.children(&id("home")).count(), 1);
        assert_eq!(tree.roots().count(), 1);
    }

    #[test]
    fn what_is_not_a_tree_is_refused() {
        let refused = |categories| CategoryTree::new(categories).unwrap_err().code();
        assert_eq!(refused(vec![category("a", None), category("a", None)]), "duplicate_category_id");
        let mut twin = category("b", None);
        twin.handle = Handle::new("a").unwrap();
        assert_eq!(refused(vec![category("a", None), twin]), "duplicate_category_handle");
        assert_eq!(refused(vec![category("a", Some("gone"))]), "unknown_parent_category");
        assert_eq!(refused(vec![category("a", Some("a"))]), "category_cycle");
        let ring = vec![category("a", Some("b")), category("b", Some("a")), category("c", Some("a"))];
        assert_eq!(refused(ring), "category_cycle");
    }

    #[test]
    fn eight_levels_are_the_most() {
        let chain = |levels: usize| {
            let name = |i: usize| format!("level-{i}");
            (0..levels).map(|i| category(&name(i), i.checked_sub(1).map(name).as_deref())).collect::<Vec<_>>()
        };
        assert!(CategoryTree::new(chain(MAX_DEPTH)).is_ok());
        assert_eq!(CategoryTree::new(chain(MAX_DEPTH + 1)).unwrap_err().code(), "category_too_deep");
    }
}
