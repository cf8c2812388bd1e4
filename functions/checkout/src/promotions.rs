//! Runs the merchant's promotion plugins over a cart: those that are for it, and of each the version that was released for
//! this shopper ([`candidates`]). They can only propose, and one that cannot be fetched, loaded or run costs the shopper nothing: the quote goes on without it, and
//! the merchant is told which and why, in the log (`promotion failed`, with the plugin's id and the stage), in the table
//! ([`crate::plugin_failures`]), and in a record of the run ([`records`]). One that fails too often stops ([`budget`]).

mod assignment;
mod budget;
mod candidates;
mod installed;
mod records;

pub use candidates::Candidates;

use crate::plugin_failures::FailureNotes;
use axum::body::Bytes;
use budget::Budgets;
use candidates::Chosen;
use installed::Installed;
use records::RunRecords;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use stoa_domain::plugin::Build;
use stoa_domain::promotion::Proposal;
use stoa_domain::{PluginId, PromotionId};
use stoa_plugin_runtime::script::Script;
use stoa_plugin_runtime::{
    ArtefactError, Engine, Limits, Loaded, Plugin, Promotion, PromotionInput, Run, RunError, artefact_key, load,
    shopify,
};
use stoa_storage::{PluginRecord, Store};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Longest that a quote waits for an artefact nobody has loaded yet.
const FETCH_DEADLINE: Duration = Duration::from_secs(2);
/// How long a plugin that could not be loaded is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A plugin ready to run, bounded in time and memory by who loaded it.
pub trait RunPromotion: Send + Sync {
    /// What it proposes for a cart, as `promotion` is set up by the merchant, and what that took.
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure>;
}

/// Turns a stored artefact into a plugin, refusing what Stoa did not sign or what is not the component `digest`.
pub trait LoadPromotion: Send + Sync {
    fn load(&self, artefact: &[u8], digest: &str) -> Result<Arc<dyn RunPromotion>, Failure>;

    /// Makes the engine that scripts need ready for all of them: `load` says with
    /// [`ArtefactError::NeedsScriptEngine`] that it is missing.
    fn add_script_engine(&self, _artefact: &[u8], digest: &str) -> Result<(), Failure> {
        Err(format!("nothing here runs scripts for the engine {digest}").into())
    }
}

/// The WebAssembly runtime. Its engine starts with the first plugin: a shop without plugins does not wait for it.
pub(crate) struct Runtime {
    pub(crate) verify_key: Vec<u8>,
    engine: OnceLock<Engine>,
}

impl Runtime {
    /// `verify_key`: raw Ed25519 public key.
    pub(crate) fn new(verify_key: Vec<u8>) -> Self {
        Self { verify_key, engine: OnceLock::new() }
    }

    fn engine(&self) -> Result<&Engine, Failure> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        let new = Engine::new()?;
        Ok(self.engine.get_or_init(|| new))
    }
}

impl LoadPromotion for Runtime {
    fn load(&self, artefact: &[u8], digest: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        Ok(match load(self.engine()?, artefact, &self.verify_key, digest)? {
            Loaded::Plugin(plugin) => Arc::new(plugin),
            Loaded::ShopifyFunction(function) => Arc::new(function),
            Loaded::Marketing(_) => return Err("a marketing plugin prices no cart".into()),
            Loaded::Script(script) => Arc::new(script),
        })
    }

    fn add_script_engine(&self, artefact: &[u8], digest: &str) -> Result<(), Failure> {
        Ok(self.engine()?.add_script_engine(artefact, &self.verify_key, digest)?)
    }
}

impl RunPromotion for Script {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        Ok(self.run(promotion, input, Limits::default())?)
    }
}

impl RunPromotion for Plugin {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        Ok(self.run(promotion, input, Limits::default())?)
    }
}

/// The active plugins of the table, each version loaded once a process.
#[derive(Clone)]
pub(crate) struct Promotions {
    store: Store,
    installed: Installed,
    loader: Option<Arc<dyn LoadPromotion>>,
    /// By digest: another version has another.
    loaded: Arc<Mutex<HashMap<String, Slot>>>,
    failures: FailureNotes,
    budgets: Budgets,
    records: RunRecords,
}

#[derive(Clone)]
enum Slot {
    Ready(Arc<dyn RunPromotion>),
    Broken { since: Instant },
}

/// Why a run gave nothing.
struct Failed {
    code: &'static str,
    message: String,
}

impl Promotions {
    /// Without a loader no plugin runs.
    pub(crate) fn new(store: Store, loader: Option<Arc<dyn LoadPromotion>>) -> Self {
        let failures = FailureNotes::new(store.clone());
        let (budgets, records) = (Budgets::new(store.clone()), RunRecords::new(store.clone()));
        let installed = Installed::new(store.clone());
        Self { store, installed, loader, loaded: Arc::default(), failures, budgets, records }
    }

    /// What the shopper has of the active plugins. `shopper` is the cart's id: it decides which version runs, and no plugin is
    /// told of it. Never fails.
    pub(crate) async fn candidates(&self, shopper: &str, edition: u64) -> Candidates {
        if self.loader.is_none() {
            return Candidates::default();
        }
        match self.installed.active(edition).await {
            Ok(active) => {
                if active.is_new {
                    self.forget_others(&active.plugins);
                }
                Candidates::of(&active.plugins, shopper)
            }
            Err(error) => {
                tracing::error!(%error, stage = "list", "promotion failed");
                Candidates::default()
            }
        }
    }

    /// What they propose for a cart, in their order. Never fails.
    pub(crate) async fn propose(&self, chosen: &Candidates, input: PromotionInput) -> Vec<Proposal> {
        let Some(loader) = &self.loader else { return Vec::new() };
        let input = Arc::new(input);
        let mut proposals = Vec::new();
        for one in chosen.iter() {
            proposals.extend(self.run(loader, one, input.clone()).await);
        }
        proposals
    }

    async fn run(
        &self,
        loader: &Arc<dyn LoadPromotion>,
        chosen: &Chosen,
        input: Arc<PromotionInput>,
    ) -> Option<Proposal> {
        let (plugin, build) = (&chosen.plugin, chosen.build()?);
        let ready = self.ready(loader, &plugin.id, build).await?;
        let (id, title, settings) =
            (PromotionId::new(plugin.id.as_str()).ok()?, plugin.title.clone(), plugin.settings.clone());
        let told = input.clone();
        // Off the async threads, and a panic in the host stays there.
        let ran = tokio::task::spawn_blocking(move || {
            ready.propose(Promotion { id: &id, title: &title, settings: &settings }, &told)
        });
        let outcome = ran.await.map_err(Failure::from).and_then(|answer| answer).map_err(Failed::of);
        self.budgets.count(plugin, build, outcome.is_err());
        self.records.keep(plugin, build, &input, outcome.as_ref());
        match outcome {
            Ok(run) => Some(run.proposal),
            Err(failed) => {
                self.failures.note(&plugin.id, build, "run", &failed.message);
                None
            }
        }
    }

    async fn ready(
        &self,
        loader: &Arc<dyn LoadPromotion>,
        plugin: &PluginId,
        build: &Build,
    ) -> Option<Arc<dyn RunPromotion>> {
        let known = self.slots().get(&build.digest).cloned();
        match known {
            Some(Slot::Ready(plugin)) => return Some(plugin),
            Some(Slot::Broken { since }) if since.elapsed() < RETRY_AFTER => return None,
            Some(Slot::Broken { .. }) | None => {}
        }
        let loaded = self.load(loader.clone(), build).await;
        let slot = match &loaded {
            Ok(plugin) => Slot::Ready(plugin.clone()),
            Err(error) => {
                self.failures.note(plugin, build, "load", &error);
                Slot::Broken { since: Instant::now() }
            }
        };
        self.slots().insert(build.digest.clone(), slot);
        loaded.ok()
    }

    async fn load(&self, loader: Arc<dyn LoadPromotion>, build: &Build) -> Result<Arc<dyn RunPromotion>, Failure> {
        let bytes = self.fetch(&artefact_key(&build.digest)).await?;
        let load = |loader: Arc<dyn LoadPromotion>| {
            let (bytes, digest) = (bytes.clone(), build.digest.clone());
            tokio::task::spawn_blocking(move || loader.load(&bytes, &digest))
        };
        let error = match load(loader.clone()).await? {
            Ok(plugin) => return Ok(plugin),
            Err(error) => error,
        };
        let Some(ArtefactError::NeedsScriptEngine { digest }) = error.downcast_ref() else { return Err(error) };
        self.add_script_engine(loader.clone(), digest.clone()).await?;
        load(loader).await?
    }

    /// Once a process, whatever number of scripts there are.
    async fn add_script_engine(&self, loader: Arc<dyn LoadPromotion>, digest: String) -> Result<(), Failure> {
        let bytes = self.fetch(&artefact_key(&digest)).await?;
        tokio::task::spawn_blocking(move || loader.add_script_engine(&bytes, &digest)).await?
    }

    async fn fetch(&self, key: &str) -> Result<Bytes, Failure> {
        Ok(tokio::time::timeout(FETCH_DEADLINE, self.store.objects().private_get(key)).await??)
    }

    /// Keeps what is released for anybody, not only for this shopper.
    fn forget_others(&self, active: &[Arc<PluginRecord>]) {
        let released = active.iter().filter_map(|plugin| plugin.life.release.as_ref());
        let keep: HashSet<&str> = released.flat_map(|r| r.builds()).map(|build| build.digest.as_str()).collect();
        self.slots().retain(|digest, _| keep.contains(digest.as_str()));
    }

    /// Nothing panics while it holds this lock; were it so, the map would still be whole.
    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failed {
    fn of(error: Failure) -> Self {
        let code = match (error.downcast_ref::<RunError>(), error.downcast_ref::<shopify::Failure>()) {
            (Some(error), _) => error.code(),
            (None, Some(failure)) => failure.code(),
            (None, None) => "not_run",
        };
        Self { code, message: error.to_string() }
    }
}
