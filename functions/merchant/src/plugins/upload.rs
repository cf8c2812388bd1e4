//! What was uploaded becomes a component (or stays the module that a script or a Shopify Function is), is compiled and
//! signed, and is on record as a version that never changes. It runs for nobody until it is released.

use super::recompile::{self, Source};
use super::scripts::{self, ScriptError};
use super::shape::Shape;
use super::{Manifest, ManifestError};
use bytes::Bytes;
use jiff::Timestamp;
use stoa_domain::PluginId;
use stoa_domain::plugin::{Build, Version, World};
use stoa_plugin_runtime::{CompileError, SignedArtefact, artefact_key, componentize, script};
use stoa_storage::{Expected, PluginAbi, PluginRecord, PluginVersion, Store, StoreError, UploadReport, UploadSizes};

const WASM: &str = "application/wasm";
/// Media type of compiled code.
pub(super) const ARTEFACT: &str = "application/octet-stream";

/// What is uploaded. `wasm` is a component, a core module built with the SDK, a script in an empty module, or a Shopify
/// Function.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The file's own ([`Manifest::of_file`]), or what was said beside it.
    pub manifest: Manifest,
    pub wasm: Vec<u8>,
    /// The token or the part that does it.
    pub by: String,
}

/// What is kept of it.
#[derive(Debug)]
pub struct Uploaded {
    pub version: PluginVersion,
    /// False: the same version with the same bytes was there already.
    pub is_new: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("the compiler stopped: {0}")]
    Interrupted(String),
    #[error(
        "version {version} is kept already with other bytes, carts, settings or titles: a version never changes, raise it"
    )]
    VersionExists { version: Version },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("the manifest says world {said}, what the file exports is of {}", .found.map_or("no one world", World::as_str))]
    OtherWorld { said: World, found: Option<World> },
    #[error("this plugin is of the world {was}, and stays of it: a plugin of {now} needs another id")]
    WorldChanged { was: World, now: World },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ScriptError> for UploadError {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::Compile(error) => Self::Compile(error),
            ScriptError::Interrupted(why) => Self::Interrupted(why),
            ScriptError::Store(error) => Self::Store(error),
        }
    }
}

/// Compiles, signs and keeps a version; a plugin that is new gets a record with the manifest's title and settings.
/// `signing_key` is Ed25519 PKCS#8.
pub async fn upload(
    store: &Store,
    signing_key: Vec<u8>,
    upload: Upload,
    now: Timestamp,
) -> Result<Uploaded, UploadError> {
    let Upload { manifest, wasm, by } = upload;
    let now_of = manifest.world()?;
    if let Some(was) = world_of(store, &manifest.id).await?.filter(|was| *was != now_of) {
        return Err(UploadError::WorldChanged { was, now: now_of });
    }
    let script = match script::source(&wasm).map_err(CompileError::from)? {
        Some(_) => Some(scripts::compiled(store, wasm.clone(), signing_key.clone()).await?),
        None => None,
    };
    let (version, artefact, wasm) =
        tokio::task::spawn_blocking(move || compiled(&manifest, wasm, script, &signing_key, by, now))
            .await
            .map_err(|e| UploadError::Interrupted(e.to_string()))??;
    let objects = store.objects();
    objects.private_put(&artefact_key(&version.build.digest), artefact, ARTEFACT).await?;
    objects.private_put(&version.source, wasm, WASM).await?;
    let (version, is_new) = match store.plugins().add_version(&version).await? {
        None => (version, true),
        Some(kept) if kept.same_as(&version) => (kept, false),
        Some(kept) => return Err(UploadError::VersionExists { version: kept.build.version }),
    };
    install(store, &version, now).await?;
    Ok(Uploaded { version, is_new })
}

/// Of what was ever uploaded under the id.
async fn world_of(store: &Store, id: &PluginId) -> Result<Option<World>, StoreError> {
    Ok(store.plugins().versions(id).await?.first().map(|version| version.world))
}

type Compiled = (PluginVersion, Bytes, Bytes);

fn compiled(
    manifest: &Manifest,
    wasm: Vec<u8>,
    script: Option<SignedArtefact>,
    signing_key: &[u8],
    by: String,
    now: Timestamp,
) -> Result<Compiled, UploadError> {
    let (abi, artefact, component) = match (&manifest.shopify, script) {
        (None, Some(artefact)) => (PluginAbi::Script, artefact, wasm.clone()),
        (targeting, _) => {
            let artefact = recompile::compiled(Source { wasm: &wasm, targeting: targeting.as_deref() }, signing_key)?;
            match targeting {
                Some(_) => (PluginAbi::Shopify, artefact, wasm.clone()),
                None => (PluginAbi::Stoa, artefact, componentize(&wasm).unwrap_or_else(|_| wasm.clone())),
            }
        }
    };
    let shape = Shape::of(&component);
    let world = manifest.world()?;
    let found = World::exported(shape.exports.iter().map(String::as_str));
    if abi == PluginAbi::Stoa && found != Some(world) {
        return Err(UploadError::OtherWorld { said: world, found });
    }
    let mut warnings = shape.warnings();
    if manifest.settings_schema.is_none() {
        warnings.push("there is no settings_schema: any JSON is taken as settings".to_owned());
    }
    let bytes = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let sizes = UploadSizes {
        uploaded: bytes(wasm.len()),
        component: bytes(component.len()),
        artefact: bytes(artefact.bytes.len()),
    };
    let version = PluginVersion {
        plugin: manifest.id.clone(),
        abi,
        world,
        source: format!("plugins/{}/source.wasm", artefact.digest),
        targeting: manifest.shopify.as_ref().and_then(|targeting| serde_json::to_string(targeting).ok()),
        build: Build { version: manifest.version.clone(), digest: artefact.digest, target: manifest.target.clone() },
        title: manifest.title.iter().map(|(locale, title)| (locale.to_string(), title.clone())).collect(),
        default_settings: manifest.default_settings(),
        settings_schema: manifest.settings_schema.as_ref().map(ToString::to_string),
        report: UploadReport { imports: shape.imports, exports: shape.exports, sizes, warnings },
        uploaded_at: now,
        uploaded_by: by,
    };
    Ok((version, Bytes::from(artefact.bytes), Bytes::from(wasm)))
}

/// A record for a plugin that has none. Its history goes on where one that was removed left it.
async fn install(store: &Store, version: &PluginVersion, now: Timestamp) -> Result<(), UploadError> {
    let plugins = store.plugins();
    if plugins.get(&version.plugin).await?.is_some() {
        return Ok(());
    }
    let locale = store.shop().settings().await?.map(|shop| shop.value.default_locale.to_string());
    let own = locale.and_then(|locale| version.title.get(&locale));
    let title = own.or_else(|| version.title.values().next()).cloned().unwrap_or_else(|| version.plugin.to_string());
    let changes = plugins.events(&version.plugin).await?.first().map_or(0, |event| event.number);
    let new = PluginRecord::new(version.plugin.clone(), title, version.default_settings.clone(), changes, now);
    let record = PluginRecord { world: version.world, ..new };
    match plugins.put(&record, Expected::Absent).await {
        // Somebody else was faster with it.
        Ok(_) | Err(StoreError::RevisionConflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
