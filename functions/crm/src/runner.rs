//! The shop's marketing plugins: loaded once a process, run within the limits that every plugin has, counted against their
//! error budget, and recorded as promotions are.

mod counted;
mod records;

use crate::Crm;
use counted::Counts;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use stoa_domain::CustomerId;
use stoa_domain::marketing::{Action, Input};
use stoa_domain::plugin::{BUCKETS, Build, Release};
use stoa_plugin_runtime::{Engine, Limits, Loaded, MarketingPlugin, artefact_key, load};
use stoa_storage::{PluginRecord, Store};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Longest that a round waits for an artefact nobody has loaded yet.
const FETCH_DEADLINE: Duration = Duration::from_secs(5);
/// More artefacts than any shop runs.
const MAX_LOADED: usize = 256;

/// Artefacts that were loaded, by their digest. The engine starts with the first of them.
#[derive(Debug)]
pub(crate) struct Loader {
    verify_key: Option<Vec<u8>>,
    engine: OnceLock<Engine>,
    loaded: Mutex<HashMap<String, MarketingPlugin>>,
}

impl Loader {
    pub(crate) fn new(verify_key: Option<Vec<u8>>) -> Self {
        Self { verify_key, engine: OnceLock::new(), loaded: Mutex::default() }
    }

    async fn get(&self, store: &Store, build: &Build) -> Result<MarketingPlugin, Failure> {
        if let Some(known) = self.known().get(&build.digest) {
            return Ok(known.clone());
        }
        let key = self.verify_key.as_ref().ok_or("STOA_PLUGIN_VERIFY_KEY is not set: no plugin can be trusted")?;
        let objects = store.objects();
        let bytes = tokio::time::timeout(FETCH_DEADLINE, objects.private_get(&artefact_key(&build.digest))).await??;
        let engine = match self.engine.get() {
            Some(engine) => engine,
            None => {
                let new = Engine::new()?;
                self.engine.get_or_init(|| new)
            }
        };
        let Loaded::Marketing(plugin) = load(engine, &bytes, key, &build.digest)? else {
            return Err("it is no marketing plugin".into());
        };
        let mut known = self.known();
        if known.len() >= MAX_LOADED {
            known.clear();
        }
        known.insert(build.digest.clone(), plugin.clone());
        Ok(plugin)
    }

    /// Nothing panics while it holds this lock; were it so, the map would still be whole.
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, MarketingPlugin>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One plugin with every version of it that was released for anybody.
pub(crate) struct Runner {
    pub(crate) plugin: PluginRecord,
    versions: Vec<(Build, MarketingPlugin)>,
    counts: Counts,
    /// Its errors stopped it in this round.
    stopped: AtomicBool,
}

impl Runner {
    /// None: it was never released, or nothing of it loads; then the merchant is told.
    pub(crate) async fn ready(crm: &Crm, plugin: PluginRecord, now: Timestamp) -> Option<Self> {
        let release = plugin.life.release.clone()?;
        let mut versions = Vec::new();
        for build in release.builds() {
            match crm.loader.get(&crm.store, build).await {
                Ok(loaded) => versions.push((build.clone(), loaded)),
                Err(error) => counted::note(&crm.store, &plugin.id, build, "load", 1, &error, now).await,
            }
        }
        let (counts, stopped) = (Counts::default(), AtomicBool::new(false));
        (!versions.is_empty()).then_some(Self { plugin, versions, counts, stopped })
    }

    /// Which version a customer has: the same at every event, and another draw for another plugin.
    pub(crate) fn for_customer(&self, customer: &CustomerId) -> Option<&(Build, MarketingPlugin)> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let bucket = bucket(self.plugin.id.as_str(), customer);
        let build = self.plugin.life.release.as_ref().and_then(|release: &Release| release.for_bucket(bucket))?;
        self.versions.iter().find(|(own, _)| own == build)
    }

    /// What it proposes. None: it failed, which is on record.
    pub(crate) async fn run(
        &self,
        store: &Store,
        (build, loaded): &(Build, MarketingPlugin),
        input: &Input,
    ) -> Option<Vec<Action>> {
        let (plugin, settings, told) = (loaded.clone(), self.plugin.settings.clone(), input.clone());
        // Off the async threads, and a panic in the host stays there.
        let ran = tokio::task::spawn_blocking(move || plugin.run(&settings, &told, Limits::default())).await;
        let outcome = match ran {
            Ok(Ok(run)) => Ok(run),
            Ok(Err(error)) => Err((error.code(), error.to_string())),
            Err(error) => Err(("not_run", error.to_string())),
        };
        let failed = outcome.as_ref().err();
        if let Some((code, message)) = failed {
            let (plugin, version) = (&self.plugin.id, &build.version);
            tracing::error!(%plugin, %version, code, message, stage = "run", "marketing plugin failed");
        }
        records::keep(store, &self.plugin, build, input, &outcome).await;
        if self.counts.add(build, failed.map(|(_, message)| message.as_str())) {
            self.tell(store, input.moment.now).await;
        }
        outcome.ok().map(|run| run.actions)
    }

    /// Tells the table of the runs that it has not heard of, and stops what failed too much.
    pub(crate) async fn tell(&self, store: &Store, now: Timestamp) {
        for (build, _) in &self.versions {
            match self.counts.tell(store, &self.plugin, build, now).await {
                Ok(false) => {}
                Ok(true) => self.stopped.store(true, Ordering::Relaxed),
                Err(error) => {
                    tracing::warn!(plugin = %self.plugin.id, version = %build.version, %error, "runs were not counted");
                }
            }
        }
    }
}

/// Below [`BUCKETS`]. What was drawn yesterday must be drawn today: this never changes.
fn bucket(plugin: &str, customer: &CustomerId) -> u8 {
    let hash = Sha256::new().chain_update(plugin).chain_update([0]).chain_update(customer.as_str()).finalize();
    let number = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    u8::try_from(number % u64::from(BUCKETS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn shares_of_customers_are_even_and_stay() {
        let customers: Vec<CustomerId> =
            (0..10_000).map(|n| CustomerId::new(format!("cus_{n:032x}")).unwrap()).collect();
        let first = customers.iter().filter(|customer| bucket("one", customer) < 10).count();
        assert!((850..1_150).contains(&first), "{first} of 10000 are in at 10 %");
        let both = customers.iter().filter(|c| bucket("one", c) < 10 && bucket("other", c) < 10).count();
        assert!((50..150).contains(&both), "{both} of 10000 are in at 10 % of both");
    }
}
