//! Running a plugin on this machine exactly as the shop does: the same compiler, engine, limits and conversion, so the same
//! verdict and the same fuel. The key that signs what is compiled lives as long as the command.

use anyhow::{Context, Result, ensure};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use stoa_domain::PromotionId;
use stoa_domain::marketing::{self, Action};
use stoa_domain::promotion::{Operation, ReasonCode, Target};
use stoa_merchant::plugins::{MAX_SETTINGS_BYTES, Manifest};
use stoa_plugin_runtime::{
    Engine, Limits, Loaded, MAX_COMPONENT_BYTES, Promotion, PromotionInput, compile, generate_keys, load, script,
    shopify,
};

const MAX_INPUT_BYTES: u64 = 4 << 20;

/// A plugin compiled for this machine.
pub(crate) struct Local {
    loaded: Loaded,
    target: Option<Target>,
    id: PromotionId,
    title: String,
}

/// What came of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Of a promotion; none where it failed, or was not run.
    pub(crate) operations: Option<Vec<Operation>>,
    /// Of a marketing plugin; none where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actions: Option<Vec<Action>>,
    pub(crate) error: Option<Failure>,
    /// Why the plugin is not for this cart: then it was not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_for_cart: Option<ReasonCode>,
    pub(crate) fuel: Option<u64>,
    pub(crate) memory_bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Local {
    /// As the file's manifest says what it is.
    pub(crate) fn compile(wasm: &[u8]) -> Result<Self> {
        let manifest = Manifest::of_file(wasm)?;
        let (signing_key, verify_key) = generate_keys().context("the system gave no key to sign with")?;
        let engine = Engine::new()?;
        let artefact = match manifest.as_ref().and_then(|manifest| manifest.shopify.as_ref()) {
            Some(targeting) => shopify::compile(&engine, wasm, targeting, &signing_key)?,
            None if script::source(wasm)?.is_some() => {
                let script_engine = script::compile_engine(&engine, &signing_key)?;
                engine.add_script_engine(&script_engine.bytes, &verify_key, &script_engine.digest)?;
                script::compile(&engine, wasm, &signing_key)?
            }
            None => compile(&engine, wasm, &signing_key)?,
        };
        let loaded = load(&engine, &artefact.bytes, &verify_key, &artefact.digest)?;
        let title = manifest.as_ref().map_or("local", |manifest| manifest.title_in(None)).to_owned();
        let target = manifest.and_then(|manifest| manifest.target);
        Ok(Self { loaded, target, id: PromotionId::new("local")?, title })
    }

    /// The promotion's name in the shop: a Shopify Function's discounts without a message bear it.
    pub(crate) fn titled(self, title: String) -> Self {
        Self { title, ..self }
    }

    pub(crate) fn digest(&self) -> &str {
        self.loaded.digest()
    }

    pub(crate) fn is_marketing(&self) -> bool {
        matches!(self.loaded, Loaded::Marketing(_))
    }

    /// `input` as JSON is a cart or, of a marketing plugin, an event.
    pub(crate) fn ask(&self, settings: &str, input: Value) -> Result<Outcome> {
        match &self.loaded {
            Loaded::Marketing(plugin) => {
                let input: marketing::Input = serde_json::from_value(input).context("reading an event")?;
                Ok(match plugin.run(settings, &input, Limits::default()) {
                    Ok(run) => Outcome {
                        actions: Some(run.actions),
                        fuel: Some(run.fuel_used),
                        memory_bytes: u64::try_from(run.memory_bytes).ok(),
                        ..Outcome::default()
                    },
                    Err(error) => Outcome::failed(error.code(), error.to_string()),
                })
            }
            _ => Ok(self.run(settings, &serde_json::from_value(input).context("reading a cart")?)),
        }
    }

    /// Nothing is run of a plugin that is not for this cart. `settings` are JSON, as the plugin reads them.
    pub(crate) fn run(&self, settings: &str, input: &PromotionInput) -> Outcome {
        if let Some(Err(reason)) = self.target.as_ref().map(|target| input.is_target_of(target, clocks(target, input)))
        {
            return Outcome { not_for_cart: Some(reason), ..Outcome::default() };
        }
        let promotion = Promotion { id: &self.id, title: &self.title, settings };
        let ran = match &self.loaded {
            Loaded::Plugin(plugin) => plugin
                .run(promotion, input, Limits::default())
                .map_err(|error| Outcome::failed(error.code(), error.to_string())),
            Loaded::Script(script) => script
                .run(promotion, input, Limits::default())
                .map_err(|error| Outcome::failed(error.code(), error.to_string())),
            Loaded::ShopifyFunction(function) => {
                function.run(promotion, input).map_err(|error| Outcome::failed(error.code(), error.to_string()))
            }
            Loaded::Marketing(_) => Err(Outcome::failed("other_world", "a marketing plugin prices no cart".to_owned())),
        };
        match ran {
            Ok(run) => Outcome {
                operations: Some(run.proposal.operations),
                fuel: Some(run.fuel_used),
                memory_bytes: u64::try_from(run.memory_bytes).ok(),
                ..Outcome::default()
            },
            Err(failed) => failed,
        }
    }
}

/// What the clocks of the target's zone show at the cart's moment: none where nobody knows the zone.
fn clocks(target: &Target, input: &PromotionInput) -> BTreeMap<String, jiff::civil::DateTime> {
    let clock = |name: &str| Some((name.to_owned(), TimeZone::get(name).ok()?.to_datetime(input.context.now)));
    target.time_zone().and_then(clock).into_iter().collect()
}

impl Outcome {
    fn failed(code: &str, message: String) -> Self {
        Self { error: Some(Failure { code: code.to_owned(), message }), ..Self::default() }
    }

    /// What was proposed, as JSON; none where it failed.
    pub(crate) fn proposed(&self) -> Result<Option<Value>> {
        Ok(match (&self.operations, &self.actions) {
            (Some(operations), _) => Some(serde_json::to_value(operations)?),
            (None, Some(actions)) => Some(serde_json::to_value(actions)?),
            (None, None) => None,
        })
    }

    /// `3 operations, 28,569 fuel, 1 MiB` or `trapped: …`
    pub(crate) fn in_words(&self) -> String {
        if let Some(reason) = self.not_for_cart {
            return format!("not for this cart: {} ({})", reason.rule(), reason.as_str());
        }
        let proposed = match (&self.operations, &self.actions, &self.error) {
            (Some(operations), _, _) => format!("{} operation(s)", operations.len()),
            (None, Some(actions), _) => format!("{} action(s)", actions.len()),
            (None, None, Some(error)) => return format!("{}: {}", error.code, error.message),
            (None, None, None) => return "nothing".to_owned(),
        };
        let (fuel, memory) = (self.fuel.unwrap_or(0), self.memory_bytes.unwrap_or(0) / 1_024);
        format!("{proposed}, {fuel} fuel, {memory} kB of memory")
    }
}

pub(crate) fn wasm(file: &Path) -> Result<Vec<u8>> {
    let length = fs::metadata(file).with_context(|| format!("reading {}", file.display()))?.len();
    let most = MAX_COMPONENT_BYTES as u64;
    ensure!(length <= most, "{} has {length} bytes, a plugin has at most {most}", file.display());
    fs::read(file).with_context(|| format!("reading {}", file.display()))
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    let length = fs::metadata(file).with_context(|| format!("reading {}", file.display()))?.len();
    ensure!(length <= MAX_INPUT_BYTES, "{} has more than {MAX_INPUT_BYTES} bytes", file.display());
    let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display()))
}

/// Those of a file, else the author's defaults, under the author's schema.
pub(crate) fn settings(file: Option<&Path>, manifest: Option<&Manifest>) -> Result<String> {
    let own = match (file, manifest) {
        (Some(file), _) => json::<Value>(file)?,
        (None, Some(manifest)) => Value::from(manifest.settings.clone()),
        (None, None) => Value::Object(serde_json::Map::new()),
    };
    checked(own, manifest)
}

/// As the plugin reads them, if its schema takes them.
pub(crate) fn checked(settings: Value, manifest: Option<&Manifest>) -> Result<String> {
    let schema = manifest.and_then(|manifest| manifest.settings_schema.as_ref()).map(ToString::to_string);
    stoa_merchant::plugins::settings::check(schema.as_deref(), &settings)?;
    let text = settings.to_string();
    ensure!(text.len() <= MAX_SETTINGS_BYTES, "settings are at most {MAX_SETTINGS_BYTES} bytes of JSON");
    Ok(text)
}
