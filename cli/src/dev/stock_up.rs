//! The first start: a catalogue and a plugin, so that there is a shop to see.

use crate::catalog;
use crate::demo;
use crate::shop::DataFolder;
use crate::steps::Bar;
use anyhow::{Context, Result};
use std::path::Path;
use stoa_storage::{Expected, Store};

const MARK: &str = "stocked";

/// Whether an earlier start came to its end. One that was stopped before is done again: every write in it is repeatable.
pub(crate) fn is_done(folder: &DataFolder) -> bool {
    folder.path().join(MARK).exists()
}

pub(crate) fn mark_done(folder: &DataFolder) -> Result<()> {
    std::fs::write(folder.path().join(MARK), "").context("marking the shop as stocked")
}

/// The demo shop, or the merchant's own catalogue from `file` with the demo shop's settings and pages.
pub(crate) async fn stock_up(store: &Store, folder: &DataFolder, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else {
        let bar = Bar::new("demo shop");
        let shown = bar.clone();
        let seeded = demo::seed(store, move |done, total| shown.at(done as u64, total as u64, "pictures")).await;
        bar.finish(seeded)?;
        return Ok(());
    };
    let furnishing = demo::shop::load()?;
    store.shop().put_settings(&furnishing.shop, Expected::Any).await?;
    for page in &furnishing.pages {
        store.shop().put_page(page, Expected::Any).await?;
    }
    catalog::import_file(store, file, folder.path().join("import.errors.csv")).await
}
