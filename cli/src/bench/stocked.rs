//! The shop that a benchmark is run on: stocked and published once a catalogue, kept in the target folder.

use crate::checkout::Checkout;
use crate::dev::{publishing, stock_up};
use crate::shop::{self, DataFolder, Secrets, Servers};
use crate::test::SHARED_CATALOGUE;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use stoa_domain::snapshot::{FORMAT, Pointer};
use stoa_storage::Store;

pub(crate) struct Stocked {
    pub(crate) folder: DataFolder,
    pub(crate) servers: Servers,
    pub(crate) store: Store,
}

/// The catalogue named, else the 19,406 products beside this checkout, else none: the demo shop.
pub(crate) fn catalogue(checkout: &Checkout, named: Option<&Path>) -> Option<PathBuf> {
    let shared = checkout.root.join(SHARED_CATALOGUE);
    named.map(Path::to_owned).or_else(|| shared.is_file().then_some(shared))
}

/// What the stocked shop was published as: another build may have done that.
async fn format_of(store: &Store) -> Result<u32> {
    let pointer: Pointer = serde_json::from_slice(&store.objects().get_pointer().await?)?;
    Ok(pointer.format)
}

impl Stocked {
    pub(crate) async fn open(checkout: &Checkout, catalogue: Option<&Path>) -> Result<Self> {
        let name = catalogue.and_then(Path::file_stem).map_or("demo".into(), |n| n.to_string_lossy().into_owned());
        let Some(folder) = DataFolder::lock(&checkout.target.join("bench").join(name))? else {
            bail!("another bench uses the same data: wait for it");
        };
        let secrets = Secrets::of(folder.path())?;
        let servers = Servers::start(&folder, &secrets).await?;
        let store = shop::store(&servers.dynamodb_url(), &servers.objects_url(), &secrets).await;
        store.create().await.context("preparing the table")?;
        if !stock_up::is_done(&folder) {
            stock_up::stock_up(&store, &folder, catalogue).await?;
            publishing::rebuild(&store).await?;
            stock_up::mark_done(&folder)?;
        } else if format_of(&store).await? != FORMAT {
            publishing::rebuild(&store).await?;
        }
        Ok(Self { folder, servers, store })
    }
}
