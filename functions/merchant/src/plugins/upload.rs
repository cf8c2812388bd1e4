//! What was uploaded becomes a component (or stays the module that a script or a Shopify Function is), is compiled and
//! signed, and is on record as a version that never changes. It runs for nobody until it is released.

use super::shape::Shape;
use super::{Manifest, scripts};
use bytes::Bytes;
use jiff::Timestamp;
use stoa_domain::plugin::{Build, Version};
use stoa_plugin_runtime::compiler_process::CompilerLimits;
use stoa_plugin_runtime::{CompileError, ENGINE_VERSION, SignedArtefact, compile_apart, componentize, script, shopify};
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
        "version {version} is kept already with other bytes, settings or titles: a version never changes, raise it"
    )]
    VersionExists { version: Version },
    #[error(transparent)]
    Store(#[from] StoreError),
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
    let script = match script::source(&wasm).map_err(CompileError::from)? {
        Some(_) => Some(scripts::compiled(store, wasm.clone(), signing_key.clone()).await?),
        None => None,
    };
    let (version, artefact, wasm) =
        tokio::task::spawn_blocking(move || compiled(&manifest, wasm, script, &signing_key, by, now))
            .await
            .map_err(|e| UploadError::Interrupted(e.to_string()))??;
    let objects = store.objects();
    objects.private_put(&version.build.artefact, artefact, ARTEFACT).await?;
    objects.private_put(&version.source, wasm, WASM).await?;
    let (version, is_new) = match store.plugins().add_version(&version).await? {
        None => (version, true),
        Some(kept) if kept.same_as(&version) => (kept, false),
        Some(kept) => return Err(UploadError::VersionExists { version: kept.build.version }),
    };
    install(store, &version, now).await?;
    Ok(Uploaded { version, is_new })
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
    let limits = CompilerLimits::default();
    let (abi, artefact, component) = match (&manifest.shopify, script) {
        (Some(targeting), _) => {
            (PluginAbi::Shopify, shopify::compile_apart(&wasm, targeting, signing_key, limits)?, wasm.clone())
        }
        (None, Some(artefact)) => (PluginAbi::Script, artefact, wasm.clone()),
        (None, None) => {
            let artefact = compile_apart(&wasm, signing_key, limits)?;
            (PluginAbi::Stoa, artefact, componentize(&wasm).unwrap_or_else(|_| wasm.clone()))
        }
    };
    let shape = Shape::of(&component);
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
    // Another engine compiles other code of the same component: both stay loadable while functions are replaced.
    let artefact_key = format!("plugins/{}/{}", artefact.digest, ENGINE_VERSION.replace('+', "-"));
    let version = PluginVersion {
        plugin: manifest.id.clone(),
        abi,
        source: format!("plugins/{}/source.wasm", artefact.digest),
        build: Build { version: manifest.version.clone(), digest: artefact.digest, artefact: artefact_key },
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
    let record = PluginRecord::new(version.plugin.clone(), title, version.default_settings.clone(), changes, now);
    match plugins.put(&record, Expected::Absent).await {
        // Somebody else was faster with it.
        Ok(_) | Err(StoreError::RevisionConflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
