//! What the publish function does with the table's stream, in this process.

use crate::steps::Bar;
use anyhow::{Context, Result};
use serde_json::Value;
use stoa_publish::{Event, Progress, Published, Stage};
use stoa_storage::Store;

/// Publishes everything, with a bar.
pub(crate) async fn rebuild(store: &Store) -> Result<Published> {
    with_bar("publishing", async |on_progress| Ok(stoa_publish::rebuild(store, on_progress).await?)).await
}

/// Runs a publish and shows how far it has come.
pub(crate) async fn with_bar(
    title: &str,
    work: impl AsyncFnOnce(stoa_publish::OnProgress<'_>) -> Result<Published>,
) -> Result<Published> {
    let bar = Bar::new(title);
    let shown = bar.clone();
    let on_progress = move |Progress { stage, done, total }: Progress| {
        let what = match stage {
            Stage::Reading => "products read",
            Stage::Indexing => "products indexed",
            Stage::Uploading => "objects written",
        };
        shown.at(done as u64, total as u64, what);
    };
    let published = work(&on_progress).await;
    bar.finish(published)
}

/// One batch, in the shape in which Lambda delivers it.
pub(crate) async fn handle(store: &Store, batch: Value) -> Result<()> {
    let event: Event = serde_json::from_value(batch).context("a stream batch is not in Lambda's shape")?;
    stoa_publish::handle(store, &event).await?;
    Ok(())
}
