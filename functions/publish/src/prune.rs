//! Takes old versions' objects away. What stays: all that a version of the history names (so every rollback works), all
//! that was current during the last hour (an edge may still be fetching it), and all that was written in it.
//!
//! A sweep and a publish must not meet: a publish uploads only what the version before lacks, and a sweep might be
//! removing that very object because no version named it. So a sweep marks the head first. That takes the head from
//! under every publisher that is under way (its last step, moving the head, fails and it begins anew), and who reads the
//! head while the mark stands waits. A sweep stops well before its mark ends.

use crate::PublishError;
use crate::head::{SWEEP, manifest, manifest_key, named};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::time::Duration;
use stoa_storage::{Expected, Prefix, PublishHead, Store, StoreError, StoredObject, Versioned};
use tokio::time::Instant;

/// How long an object that nothing needs any more stays nevertheless.
pub const KEEP: SignedDuration = SignedDuration::from_hours(1);
/// Most objects one sweep removes; the next one goes on.
const MAX_REMOVED: usize = 20_000;
const AT_ONCE: usize = 16;
/// No removal begins later than this after the mark was set, and none is waited for much longer.
const REMOVING: Duration = Duration::from_secs(30);
const LAST_REMOVAL: Duration = Duration::from_secs(15);
const MAX_UNMARK_ROUNDS: usize = 5;

/// What a sweep removed, or on a dry run would remove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    pub manifests: usize,
    pub objects: usize,
    pub bytes: u64,
    /// There was more than one sweep takes: run it again.
    pub more: bool,
}

/// Removes what is older than `before` and not needed; pictures and the pointer are not looked at. Whoever publishes
/// meanwhile waits some seconds. Answers zeros where nothing was published yet.
pub fn prune<'a>(store: &'a Store, before: Timestamp, dry_run: bool) -> BoxFuture<'a, Result<Pruned, PublishError>> {
    Box::pin(async move {
        let Some(head) = store.publish_head().get().await? else { return Ok(Pruned::default()) };
        let manifests = list(store, Prefix::Manifests, |_| true).await?.0;
        let recent = recent(&manifests, before);
        let needed = needed(store, &head.value, &recent).await?;
        let old = |object: &StoredObject| object.modified < before && !needed.contains(&object.key);
        let (objects, more) = list(store, Prefix::Objects, old).await?;
        // Manifests first: one that is there names only what is there.
        let mut unneeded: Vec<StoredObject> = manifests.into_iter().filter(old).chain(objects).collect();
        let more = more || unneeded.len() > MAX_REMOVED;
        unneeded.truncate(MAX_REMOVED);
        if dry_run || unneeded.is_empty() {
            return Ok(Pruned { more, ..count(&unneeded) });
        }

        let Some(marked) = mark(store).await? else { return Err(PublishError::Contended) };
        let stop = Instant::now() + REMOVING;
        // Versions that came between the listing and the mark may use what was listed.
        let since = self::needed(store, &marked, &recent).await;
        let removed = match since {
            Ok(needed) => {
                unneeded.retain(|object| !needed.contains(&object.key));
                remove(store, &unneeded, stop).await
            }
            Err(error) => Err(error),
        };
        unmark(store).await;
        let removed = removed?;
        Ok(Pruned { more: more || removed < unneeded.len(), ..count(&unneeded[..removed]) })
    })
}

fn count(objects: &[StoredObject]) -> Pruned {
    let manifests = objects.iter().filter(|o| o.key.starts_with(Prefix::Manifests.as_str())).count();
    let bytes = objects.iter().map(|o| o.bytes).sum();
    Pruned { manifests, objects: objects.len() - manifests, bytes, more: false }
}

/// What lies under a prefix and is wanted, up to what one sweep takes; whether there is more.
async fn list(
    store: &Store,
    prefix: Prefix,
    wanted: impl Fn(&StoredObject) -> bool,
) -> Result<(Vec<StoredObject>, bool), PublishError> {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let (page, after) = store.objects().list_published(prefix, next).await?;
        found.extend(page.into_iter().filter(&wanted));
        if prefix == Prefix::Objects && found.len() >= MAX_REMOVED {
            return Ok((found, true));
        }
        match after {
            Some(after) => next = Some(after),
            None => return Ok((found, false)),
        }
    }
}

/// The digests of the manifests written since `before`, and of the one that was current then: of several written in the
/// second before that, any may have been, for a store tells seconds.
fn recent(manifests: &[StoredObject], before: Timestamp) -> Vec<String> {
    let last = manifests.iter().map(|m| m.modified).filter(|modified| *modified < before).max();
    let current = manifests.iter().filter(|m| Some(m.modified) == last);
    let written = manifests.iter().filter(|m| m.modified >= before);
    let digest = |m: &StoredObject| {
        let name = m.key.strip_prefix(Prefix::Manifests.as_str())?;
        name.strip_suffix(".json").map(str::to_owned)
    };
    written.chain(current).filter_map(digest).collect()
}

/// The keys of everything that the history and `recent` name. A manifest that cannot be read ends the sweep: nobody
/// knows then what it needs.
async fn needed(store: &Store, head: &PublishHead, recent: &[String]) -> Result<HashSet<String>, PublishError> {
    let history = head.history.iter().map(|version| &version.manifest);
    let digests: HashSet<String> = history.chain([&head.manifest]).chain(recent).cloned().collect();
    let mut keys: HashSet<String> = digests.iter().map(|digest| manifest_key(digest)).collect();
    let mut read = futures::stream::iter(digests)
        .map(|digest| async move { manifest(store, &digest).await })
        .buffer_unordered(AT_ONCE);
    while let Some(manifest) = read.try_next().await? {
        keys.extend(named(&manifest).into_iter().map(|digest| format!("{}{digest}", Prefix::Objects.as_str())));
    }
    Ok(keys)
}

/// How many of them were removed before the time was over; those are the first.
async fn remove(store: &Store, objects: &[StoredObject], stop: Instant) -> Result<usize, PublishError> {
    let mut removed = 0;
    for some in objects.chunks(AT_ONCE) {
        if Instant::now() >= stop {
            break;
        }
        let each = some.iter().map(|object| async move { store.objects().delete_published(&object.key).await });
        match tokio::time::timeout_at(stop + LAST_REMOVAL, futures::future::try_join_all(each)).await {
            Ok(done) => drop(done?),
            Err(_) => break,
        }
        removed += some.len();
    }
    Ok(removed)
}

/// The head with a sweep's mark on it. None: other publishers kept moving it, or another sweep is under way.
async fn mark(store: &Store) -> Result<Option<PublishHead>, PublishError> {
    for _ in 0..crate::apply::MAX_ROUNDS {
        let Some(read) = store.publish_head().get().await? else { return Ok(None) };
        let now = Timestamp::now();
        if read.value.sweeping_until.is_some_and(|until| until > now) {
            return Ok(None);
        }
        let until = now + SignedDuration::try_from(SWEEP).unwrap_or_default();
        let head = PublishHead { sweeping_until: Some(until), ..read.value.clone() };
        match store.publish_head().put(head.clone(), read.unchanged()).await {
            Ok(_) => return Ok(Some(head)),
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Lets publishers go on. Where that fails, the mark ends by itself.
async fn unmark(store: &Store) {
    for _ in 0..MAX_UNMARK_ROUNDS {
        let Ok(Some(Versioned { value, revision })) = store.publish_head().get().await else { continue };
        if value.sweeping_until.is_none() {
            return;
        }
        let head = PublishHead { sweeping_until: None, ..value };
        if store.publish_head().put(head, Expected::Revision(revision)).await.is_ok() {
            return;
        }
    }
    tracing::warn!("the sweep's mark could not be taken off the head: publishers wait until it ends");
}
