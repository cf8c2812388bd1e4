//! The script engines that a process has loaded: one, and for a while two when a newer one replaces it.

use crate::artefact::{self, Header};
use crate::plugin::Guard;
use crate::{ArtefactError, Engine};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::{InstancePre, Linker, Module};

/// By digest. Shared by the clones of an [`Engine`].
#[derive(Clone, Default)]
pub(crate) struct ScriptEngines(Arc<Mutex<HashMap<String, ScriptEngine>>>);

/// Ready to be instantiated; cheap to clone.
#[derive(Clone)]
pub(crate) struct ScriptEngine(pub(super) InstancePre<Guard>);

impl ScriptEngines {
    pub(super) fn get(&self, digest: &str) -> Option<ScriptEngine> {
        // Nothing panics while it holds this lock; were it so, the map would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn put(&self, digest: String, engine: ScriptEngine) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, engine);
    }
}

impl Engine {
    /// Loads the script engine `digest` for all scripts that were compiled for it. Its artefact is signed like a plugin's.
    pub fn add_script_engine(&self, artefact: &[u8], verify_key: &[u8], digest: &str) -> Result<(), ArtefactError> {
        if self.2.get(digest).is_some() {
            return Ok(());
        }
        let (header, code) = artefact::verify(artefact, verify_key, digest)?;
        let Header { plugin, kind, .. } = header;
        if kind != artefact::Kind::ScriptEngine {
            return Err(ArtefactError::NotLoaded("the artefact is no script engine".to_owned()));
        }
        #[allow(unsafe_code, reason = "the code was compiled by Stoa: `verify` has just checked the signature over it")]
        let module = unsafe { Module::deserialize(&self.0, code) };
        let module = module.map_err(|e| ArtefactError::NotLoaded(format!("{e:#}")))?;
        self.2.put(plugin, ScriptEngine::of(self, &module)?);
        Ok(())
    }
}

impl ScriptEngine {
    /// Refuses a module that imports anything.
    pub(super) fn of(engine: &Engine, module: &Module) -> Result<Self, ArtefactError> {
        let pre = Linker::new(&engine.0).instantiate_pre(module);
        Ok(Self(pre.map_err(|e| ArtefactError::NotLoaded(format!("{e:#}")))?))
    }
}
