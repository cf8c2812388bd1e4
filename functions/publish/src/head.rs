//! The published head: reading the snapshot it names, moving it, and the pointer that follows it.

use crate::{OnProgress, Progress, PublishError, Published, Stage};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use std::collections::HashSet;
use std::time::Duration;
use stoa_domain::snapshot::{FORMAT, Manifest, ObjectRef, Pointer};
use stoa_storage::{Expected, Objects, Prefix, PublishHead, PublishedVersion, Store, StoreError, Versioned};

const UPLOADS_AT_ONCE: usize = 16;
const CONTENT_TYPE: &str = "application/octet-stream";
const MAX_POINTER_ROUNDS: usize = 5;
/// How long a sweep may keep publishers waiting: see [`crate::prune`].
pub(crate) const SWEEP: Duration = Duration::from_secs(60);
const SWEEP_POLL: Duration = Duration::from_millis(500);

/// An object that a manifest names.
pub(crate) struct Upload {
    pub(crate) object: ObjectRef,
    pub(crate) bytes: Bytes,
}

/// Names bytes for a manifest.
pub(crate) fn upload(uploads: &mut Vec<Upload>, bytes: Vec<u8>) -> ObjectRef {
    let object = Objects::name(&bytes);
    uploads.push(Upload { object: object.clone(), bytes: Bytes::from(bytes) });
    object
}

/// The published snapshot a new one is built on.
pub(crate) struct Base {
    pub(crate) head: Versioned<PublishHead>,
    pub(crate) manifest: Manifest,
}

impl Base {
    /// Waits until no sweep is under way: what a sweep removes must not be taken for something that is there.
    pub(crate) async fn read(store: &Store) -> Result<Option<Self>, PublishError> {
        let started = tokio::time::Instant::now();
        let head = loop {
            let Some(head) = store.publish_head().get().await? else { return Ok(None) };
            let swept = head.value.sweeping_until.is_some_and(|until| until > jiff::Timestamp::now());
            // No sweep is longer, whatever another machine's clock wrote.
            if !swept || started.elapsed() > SWEEP {
                break head;
            }
            tokio::time::sleep(SWEEP_POLL).await;
        };
        let manifest = manifest(store, &head.value.manifest).await?;
        Ok(Some(Self { head, manifest }))
    }
    pub(crate) fn version(&self) -> u64 {
        self.head.value.version
    }

    /// A rollback holds this version. Not where another release of ours wrote it: no edge could read it any more.
    pub(crate) fn is_pinned(&self) -> bool {
        self.head.value.pinned && self.manifest.format == FORMAT
    }
}

pub(crate) async fn manifest(store: &Store, digest: &str) -> Result<Manifest, PublishError> {
    let bytes = store.objects().get_public(&manifest_key(digest)).await?;
    serde_json::from_slice(&bytes).map_err(|e| PublishError::Manifest { digest: digest.to_owned(), why: e.to_string() })
}

pub(crate) fn manifest_key(digest: &str) -> String {
    format!("{}{digest}.json", Prefix::Manifests.as_str())
}

/// The digests of all objects that a manifest names.
pub(crate) fn named(manifest: &Manifest) -> HashSet<String> {
    let shards = manifest.card_shards.iter().chain(&manifest.product_shards).flatten();
    let index = std::iter::once(&manifest.index.meta).chain(&manifest.index.segments);
    let others = [&manifest.shop].into_iter().chain(&manifest.facets).chain(&manifest.search);
    shards.chain(index).chain(others).map(|object| object.digest.clone()).collect()
}

/// Uploads what is new, then moves the head. None: another publisher was faster.
pub(crate) async fn publish(
    store: &Store,
    base: Option<&Base>,
    manifest: Manifest,
    uploads: Vec<Upload>,
    progress: OnProgress<'_>,
) -> Result<Option<Published>, PublishError> {
    if let Some(base) = base {
        let before = Manifest { published_at: manifest.published_at.clone(), ..base.manifest.clone() };
        if before == manifest && !base.head.value.pinned {
            point(store).await?;
            return Ok(Some(Published::Unchanged { version: base.version() }));
        }
    }
    crate::size::check(&manifest)?;
    let mut there: HashSet<String> = base.map(|base| named(&base.manifest)).unwrap_or_default();
    let uploads: Vec<Upload> = uploads.into_iter().filter(|u| there.insert(u.object.digest.clone())).collect();
    let (total, bytes) = (uploads.len(), uploads.iter().map(|u| u.object.bytes).sum());
    let mut done = 0;
    let mut sent = futures::stream::iter(uploads)
        .map(|u| async move { store.objects().put_immutable_as(&u.object, u.bytes, CONTENT_TYPE).await })
        .buffer_unordered(UPLOADS_AT_ONCE);
    while sent.try_next().await?.is_some() {
        done += 1;
        progress(Progress { stage: Stage::Uploading, done, total });
    }
    let products = manifest.products;
    let json = serde_json::to_vec(&manifest)
        .map_err(|e| PublishError::Manifest { digest: String::new(), why: e.to_string() })?;
    let digest = Objects::name(&json).digest;
    store.objects().put_public(&manifest_key(&digest), Bytes::from(json), "application/json").await?;
    let version = move_head(store, base.map(|b| &b.head), digest, products, None).await?;
    Ok(version.map(|version| Published::New { version, products, objects: total, bytes }))
}

/// None: the head is not where it was read.
async fn move_head(
    store: &Store,
    before: Option<&Versioned<PublishHead>>,
    manifest: String,
    products: u32,
    rolled_back_to: Option<u64>,
) -> Result<Option<u64>, PublishError> {
    let version = before.map_or(0, |b| b.value.version) + 1;
    let published_at = jiff::Timestamp::now();
    let this = PublishedVersion { version, manifest: manifest.clone(), published_at, products, rolled_back_to };
    let mut history = vec![this];
    history.extend(before.into_iter().flat_map(|b| b.value.history.iter().cloned()));
    // A rollback may come while a sweep is under way; it needs nothing that a sweep removes, and must not end it.
    let sweeping_until = before.and_then(|b| b.value.sweeping_until);
    let head = PublishHead { version, manifest, pinned: rolled_back_to.is_some(), history, sweeping_until };
    let expected = before.map_or(Expected::Absent, Versioned::unchanged);
    match store.publish_head().put(head, expected).await {
        Ok(_) => {}
        Err(StoreError::RevisionConflict { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    point(store).await?;
    Ok(Some(version))
}

/// Writes the pointer until it says what the head says: of two publishers the slower one must not win.
async fn point(store: &Store) -> Result<(), PublishError> {
    let mut written = store.objects().get_pointer().await.ok().and_then(|b| serde_json::from_slice(&b).ok());
    for _ in 0..MAX_POINTER_ROUNDS {
        let Some(head) = store.publish_head().get().await? else { return Ok(()) };
        let pointer = Pointer { format: FORMAT, version: head.value.version, manifest: head.value.manifest };
        if written.as_ref() == Some(&pointer) {
            return Ok(());
        }
        let json = serde_json::to_vec(&pointer)
            .map_err(|e| PublishError::Manifest { digest: pointer.manifest.clone(), why: e.to_string() })?;
        store.objects().put_pointer(Bytes::from(json)).await?;
        written = Some(pointer);
    }
    Err(PublishError::Contended)
}

/// Which version to show again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Version(u64),
    /// 1: the version before the published one.
    Steps(usize),
}

/// Shows an earlier version again, as a new version, and pins it: until [`crate::resume`], changes in the table are
/// not published. What the history names is never removed, so this takes one write and one pointer.
/// A version that another release of ours wrote is refused: the edge of this one cannot read it.
pub fn rollback<'a>(store: &'a Store, target: Target) -> BoxFuture<'a, Result<Published, PublishError>> {
    Box::pin(async move {
        let head = store.publish_head().get().await?.ok_or(PublishError::NothingPublished)?;
        let history = &head.value.history;
        let oldest = history.last().map_or(head.value.version, |v| v.version);
        let found = match target {
            Target::Version(version) => history.iter().find(|v| v.version == version).ok_or(version),
            Target::Steps(steps) => {
                history.get(steps).ok_or(head.value.version.saturating_sub(u64::try_from(steps).unwrap_or(u64::MAX)))
            }
        };
        let found = found.map_err(|version| PublishError::UnknownVersion { version, oldest })?;
        let format = manifest(store, &found.manifest).await?.format;
        if format != FORMAT {
            return Err(PublishError::OldFormat { version: found.version, format });
        }
        let moved = move_head(store, Some(&head), found.manifest.clone(), found.products, Some(found.version)).await?;
        let version = moved.ok_or(PublishError::Contended)?;
        Ok(Published::New { version, products: found.products, objects: 0, bytes: 0 })
    })
}
