//! What an author says of a plugin: `plugin.toml` in a project, and the same as JSON in a custom section of the built file,
//! so that a plugin is one file from its author to the checkout. See docs/decisions/0011-a-plugin-is-one-file.md.

use super::settings::{SettingsError, SettingsSchema};
use super::{MAX_SETTINGS_BYTES, checked_title, target};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use stoa_domain::plugin::{Version, World};
use stoa_domain::promotion::{Target, read};
use stoa_domain::{FieldError, Locale, PluginId};
use stoa_plugin_runtime::shopify::Targeting;
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};

/// The custom section's name.
pub const SECTION: &str = "stoa-manifest";
/// Of a manifest as JSON.
pub const MAX_MANIFEST_BYTES: usize = 64 << 10;
const MAX_TITLES: usize = 50;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub id: PluginId,
    pub version: Version,
    /// `promotion` or `marketing`: [`Manifest::world`].
    pub world: String,
    /// What the shopper reads as the promotion's name, by language.
    pub title: BTreeMap<Locale, String>,
    /// Which carts it is for. None: every cart.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// What the author proposes.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// JSON Schema 2020-12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_schema: Option<Value>,
    /// Of a Shopify Function, which is no component: its targets, with their input queries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shopify: Option<Vec<Targeting>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is not as docs/plugin-guide.md describes it: {0}")]
    Form(String),
    #[error("this shop runs plugins of the worlds promotion and marketing, not {got:?}")]
    World { got: String },
    #[error("a Shopify Function is a promotion, not of the world {got}")]
    ShopifyWorld { got: World },
    #[error("a title has 1 to 100 characters, and there is at least one")]
    Title,
    #[error("a manifest has at most {MAX_MANIFEST_BYTES} bytes of JSON and its settings {MAX_SETTINGS_BYTES}")]
    TooLarge,
    #[error("settings_schema and settings.schema.json both describe the settings: keep one")]
    TwoSchemas,
    /// Every fault, each with its path from `for` on.
    #[error("the carts that it is for: {}", told(.0))]
    Target(Vec<FieldError>),
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

fn told(faults: &[FieldError]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl ManifestError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "invalid_manifest",
            Self::World { .. } | Self::ShopifyWorld { .. } => "unsupported_world",
            Self::Title => "invalid_title",
            Self::TooLarge => "manifest_too_large",
            Self::TwoSchemas => "two_schemas",
            Self::Target(_) => "target_invalid",
            Self::Settings(error) => error.code(),
        }
    }
}

impl Manifest {
    /// `plugin.toml`, and `settings.schema.json` beside it where there is one.
    pub fn from_files(toml: &str, schema: Option<&str>) -> Result<Self, ManifestError> {
        // As JSON, so that a fault is the same one whatever it was written in.
        let value: Value = toml::from_str(toml).map_err(|e| ManifestError::Form(e.to_string()))?;
        let mut manifest: Self = read(value).map_err(form)?;
        if let Some(schema) = schema {
            if manifest.settings_schema.is_some() {
                return Err(ManifestError::TwoSchemas);
            }
            let schema = serde_json::from_str(schema);
            manifest.settings_schema =
                Some(schema.map_err(|e| ManifestError::Form(format!("settings.schema.json: {e}")))?);
        }
        manifest.check()?;
        Ok(manifest)
    }

    /// The manifest that a built file carries, if it carries one. A file that cannot be read to its end has none: the
    /// compiler says what is wrong with it.
    pub fn of_file(wasm: &[u8]) -> Result<Option<Self>, ManifestError> {
        let Some(json) = section(wasm) else { return Ok(None) };
        if json.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let mut json = serde_json::Deserializer::from_slice(json);
        let manifest: Self = read(&mut json).map_err(form)?;
        json.end().map_err(|e| ManifestError::Form(e.to_string()))?;
        manifest.check()?;
        Ok(Some(manifest))
    }

    /// The file with this manifest at its end.
    pub fn append_to(&self, wasm: &[u8]) -> Result<Vec<u8>, ManifestError> {
        let json = serde_json::to_vec(self).map_err(|e| ManifestError::Form(e.to_string()))?;
        if json.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let custom = CustomSection { name: SECTION.into(), data: json.into() };
        let mut file = wasm.to_vec();
        file.push(custom.id());
        custom.encode(&mut file);
        Ok(file)
    }

    /// The title in `locale`, else in the first language there is.
    pub fn title_in(&self, locale: Option<&Locale>) -> &str {
        let own = locale.and_then(|locale| self.title.get(locale));
        own.or_else(|| self.title.values().next()).map_or("", String::as_str)
    }

    /// The defaults as the plugin reads them.
    pub fn default_settings(&self) -> String {
        Value::from(self.settings.clone()).to_string()
    }

    /// Who runs the plugin.
    pub fn world(&self) -> Result<World, ManifestError> {
        World::named(&self.world).ok_or_else(|| ManifestError::World { got: self.world.chars().take(40).collect() })
    }

    fn check(&self) -> Result<(), ManifestError> {
        let world = self.world()?;
        if self.shopify.is_some() && world != World::Promotion {
            return Err(ManifestError::ShopifyWorld { got: world });
        }
        let titles = self.title.values().all(|title| checked_title(title).as_ref() == Some(title));
        if !titles || !(1..=MAX_TITLES).contains(&self.title.len()) {
            return Err(ManifestError::Title);
        }
        if self.default_settings().len() > MAX_SETTINGS_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let faults = self.target.as_ref().map_or_else(Vec::new, target::check);
        if !faults.is_empty() {
            return Err(ManifestError::Target(faults.into_iter().map(|fault| fault.within("for")).collect()));
        }
        if let Some(schema) = &self.settings_schema {
            SettingsSchema::new(schema)?.check(&Value::from(self.settings.clone()))?;
        }
        Ok(())
    }
}

/// What cannot be read at all.
fn form(fault: FieldError) -> ManifestError {
    match fault.field.split(['.', '[']).next() {
        Some("for") => ManifestError::Target(vec![fault]),
        Some("") | None => ManifestError::Form(fault.message),
        Some(_) => ManifestError::Form(fault.to_string()),
    }
}

/// The bytes of the last such section of the file itself, not of a module within it.
fn section(wasm: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut found) = (0_u32, None);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.ok()? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(custom) if depth == 0 && custom.name() == SECTION => found = Some(custom.data()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        id = "tenth-off"
        version = "1.0.0"
        world = "promotion"
        title = { en = "A tenth off", zh-CN = "九折" }
        [settings]
        percent = 10
        [settings_schema]
        type = "object"
        additionalProperties = false
        [settings_schema.properties.percent]
        type = "integer"
        minimum = 1
        maximum = 90
    "#;
    const FOR: &str = r#"
        [for]
        when = { all = [{ contains = { tag = ["cup"] } }, { amount = { from = { CNY = 9900 } } }] }
        schedule = { time_zone = "Asia/Shanghai", weekly = [{ days = ["fri"], from = "18:00" }] }
    "#;
    /// An empty module, an empty component, and a component around a module.
    const FILES: [&[u8]; 3] = [b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0", b"\0asm\x0d\0\x01\0\x01\x08\0asm\x01\0\0\0"];

    #[test]
    fn a_file_carries_its_manifest_and_still_is_what_it_was() {
        let manifest = Manifest::from_files(TOML, None).unwrap();
        for file in FILES {
            assert_eq!(Manifest::of_file(file).unwrap(), None);
            let with = manifest.append_to(file).unwrap();
            assert!(with.starts_with(file));
            assert_eq!(Manifest::of_file(&with).unwrap(), Some(manifest.clone()));
        }
        let aimed = Manifest::from_files(&format!("{TOML}{FOR}"), None).unwrap();
        assert_eq!(Manifest::of_file(&aimed.append_to(FILES[1]).unwrap()).unwrap(), Some(aimed));
        assert_eq!(manifest.title_in(Some(&Locale::new("zh-CN").unwrap())), "九折");
        assert_eq!(manifest.title_in(None), "A tenth off");
        let marketing = Manifest::from_files(&TOML.replace("\"promotion\"", "\"marketing\""), None).unwrap();
        assert_eq!((manifest.world().unwrap(), marketing.world().unwrap()), (World::Promotion, World::Marketing));
    }

    #[test]
    fn a_manifest_within_a_module_of_a_component_is_not_the_components() {
        let inner = Manifest::from_files(TOML, None).unwrap().append_to(FILES[0]).unwrap();
        let mut outer = FILES[1].to_vec();
        outer.push(1);
        inner[..].encode(&mut outer);
        assert_eq!(Manifest::of_file(&outer).unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_rule() {
        let change = |from: &str, to: &str| Manifest::from_files(&TOML.replace(from, to), None).unwrap_err();
        for (from, to, code) in [
            ("world = \"promotion\"", "world = \"loyalty\"", "unsupported_world"),
            ("\"1.0.0\"", "\"1 0\"", "invalid_manifest"),
            ("id =", "ident =", "invalid_manifest"),
            ("A tenth off", "  ", "invalid_title"),
            ("percent = 10", "percent = 91", "settings_invalid"),
            ("percent = 10", "per_cent = 10", "settings_invalid"),
            ("\"integer\"", "\"number of things\"", "schema_invalid"),
            ("A tenth off", "x".repeat(MAX_MANIFEST_BYTES).as_str(), "invalid_title"),
        ] {
            assert_eq!(change(from, to).code(), code, "{to}");
        }
        assert_eq!(Manifest::from_files(TOML, Some("{}")).unwrap_err().code(), "two_schemas");
        let aimed = format!("{TOML}{FOR}");
        let change_for = |from: &str, to: &str| Manifest::from_files(&aimed.replace(from, to), None).unwrap_err();
        for (from, to, path, code) in [
            ("CNY = 9900", "CNY = -1", "for.when.all[1].amount.from.CNY", "amount_out_of_range"),
            ("tag =", "tags =", "for.when.all[0].contains", "unknown_kind"),
            ("from = {", "of = \"after_discounts\", from = {", "for.when.all[1].amount.of", "invalid_value"),
            ("\"fri\"", "\"friday\"", "for.schedule.weekly[0].days[0]", "unknown_kind"),
            ("Asia/Shanghai", "Asia/Shanghay", "for.schedule.time_zone", "unknown_time_zone"),
            ("[for]", "[for]\nwhom = 1", "for.whom", "unknown_field"),
            ("[\"cup\"]", &format!("[{}]", "\"a tag\",".repeat(600)), "for", "too_long"),
        ] {
            let ManifestError::Target(faults) = change_for(from, to) else { panic!("{from} became {to}") };
            assert_eq!((faults[0].field.as_str(), faults[0].code), (path, code), "{faults:?}");
        }
        let named = change("percent = 10", "percent = 91").to_string();
        assert!(named.contains("/percent") && named.contains("maximum"), "{named}");
    }
}
