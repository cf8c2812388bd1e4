//! Putting a built sample into a shop of this machine, released to everybody: how `stoa dev` stocks up.

use super::{local, project};
use anyhow::Result;
use jiff::Timestamp;
use std::path::Path;
use stoa_merchant::plugins::{Change, Upload, change, upload};
use stoa_storage::Store;

const BY: &str = "stoa dev";

pub(crate) async fn install(store: &Store, signing_key: &[u8], file: &Path, manifest: &Path) -> Result<()> {
    let manifest = project::manifest(manifest)?;
    let wasm = manifest.append_to(&local::wasm(file)?)?;
    let (id, version) = (manifest.id.clone(), manifest.version.clone());
    let now = Timestamp::now();
    upload(store, signing_key.to_vec(), Upload { manifest, wasm, by: BY.to_owned() }, now).await?;
    change(store, &id, &Change::Release { version, percent: 100 }, BY, now).await?;
    Ok(())
}
