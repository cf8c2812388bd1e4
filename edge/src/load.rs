//! Reads a published version by plain GETs: the pointer, its manifest, and every object that the version before did not
//! already hold. A byte that does not match its digest refuses the whole version; the one before goes on serving.

use crate::cards::Interner;
use crate::facets::Facets;
use crate::platform::{CallError, Incoming, Outgoing, Platform};
use crate::search::Index;
use crate::snapshot::{CardShard, Snapshot};
use futures::future::{join, try_join3};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::cell::RefCell;
use std::rc::Rc;
use stoa_domain::search::SearchSettings;
use stoa_domain::snapshot::{CardShardRef, FORMAT, Manifest, ObjectRef, POINTER_KEY, Pointer, ShopView};
use stoa_search_index::{Pack, Steering};

/// Workers may hold six connections that wait for their headers.
const PARALLEL_GETS: usize = 6;
const MAX_OBJECT_BYTES: usize = 64 << 20;
const MAX_SHARDS: usize = 4_096;
/// What a card's number has room for.
const MAX_CARDS_PER_SHARD: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{key} answered {status}")]
    Status { key: String, status: u16 },
    #[error("{key} does not have the bytes its name promises")]
    Digest { key: String },
    #[error("{key} cannot be read: {why}")]
    Decode { key: String, why: String },
    #[error("the snapshot has format {got}, this edge reads {FORMAT}")]
    Format { got: u32 },
}

/// GETs one key under `base`. 200 or an error.
pub async fn get(platform: &impl Platform, base: &str, key: &str, max_bytes: usize) -> Result<Vec<u8>, LoadError> {
    let Incoming { status, body, .. } = platform
        .call(Outgoing {
            method: "GET",
            url: format!("{base}/{key}"),
            max_bytes,
            timeout_ms: 20_000,
            ..Default::default()
        })
        .await?;
    if status == 200 { Ok(body) } else { Err(LoadError::Status { key: key.into(), status }) }
}

/// GETs an object and holds it against its name.
pub async fn get_object(platform: &impl Platform, base: &str, object: &ObjectRef) -> Result<Vec<u8>, LoadError> {
    let max_bytes = usize::try_from(object.bytes).unwrap_or(usize::MAX).min(MAX_OBJECT_BYTES);
    get_addressed(platform, base, format!("objects/{}", object.digest), &object.digest, max_bytes).await
}

async fn get_addressed(
    platform: &impl Platform,
    base: &str,
    key: String,
    digest: &str,
    max_bytes: usize,
) -> Result<Vec<u8>, LoadError> {
    let bytes = get(platform, base, &key, max_bytes).await?;
    let is_what_it_says = platform.sha256(&bytes).await.is_some_and(|found| hex::encode(found) == digest);
    if is_what_it_says { Ok(bytes) } else { Err(LoadError::Digest { key }) }
}

fn json<T: serde::de::DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, LoadError> {
    serde_json::from_slice(bytes).map_err(|e| LoadError::Decode { key: key.into(), why: e.to_string() })
}

fn postcard<'a, T: serde::Deserialize<'a>>(object: &ObjectRef, bytes: &'a [u8]) -> Result<T, LoadError> {
    postcard::from_bytes(bytes).map_err(|e| LoadError::Decode { key: object.digest.clone(), why: e.to_string() })
}

/// Which version is published now.
pub async fn pointer(platform: &impl Platform, base: &str) -> Result<Pointer, LoadError> {
    let pointer: Pointer = json(POINTER_KEY, &get(platform, base, POINTER_KEY, 4_096).await?)?;
    if pointer.format == FORMAT { Ok(pointer) } else { Err(LoadError::Format { got: pointer.format }) }
}

/// Everything the pointer names. `alive` is called after each object, so that others see the work go on.
pub async fn snapshot(
    platform: &impl Platform,
    base: &str,
    pointer: &Pointer,
    previous: Option<Rc<Snapshot>>,
    alive: impl Fn(),
) -> Result<Snapshot, LoadError> {
    let key = format!("snapshots/{}.json", pointer.manifest);
    let bytes = get_addressed(platform, base, key.clone(), &pointer.manifest, 4 << 20).await?;
    let manifest: Manifest = json(&key, &bytes)?;
    if manifest.format != FORMAT {
        return Err(LoadError::Format { got: manifest.format });
    }
    if manifest.card_shards.len() > MAX_SHARDS || manifest.product_shards.len() > MAX_SHARDS {
        return Err(LoadError::Decode { key, why: format!("more than {MAX_SHARDS} shards") });
    }
    alive();
    let view: Rc<ShopView> = match &previous {
        Some(old) if old.manifest.shop == manifest.shop => old.view.clone(),
        _ => Rc::new(postcard(&manifest.shop, &get_object(platform, base, &manifest.shop).await?)?),
    };
    // Keys are texts in the default language; a table mostly of values that no card has any more begins anew.
    let keeps = |old: &&Rc<Snapshot>| {
        old.view.shop.default_locale == view.shop.default_locale
            && old.manifest.facets == manifest.facets
            && !old.has_idle_values()
    };
    let cards_before = previous.as_ref().filter(keeps);
    let interner = Interner::new(view.shop.currency);
    let cards = async {
        let locale = &view.shop.default_locale;
        let facets = async {
            let Some(old) = cards_before else {
                let Some(object) = &manifest.facets else { return Ok::<_, LoadError>(Rc::default()) };
                let bytes = get_object(platform, base, object).await?;
                let facets = Facets::new(&postcard(object, &bytes)?, &interner, locale);
                return Ok(Rc::new(RefCell::new(facets)));
            };
            Ok(old.facets_shared())
        };
        // Read side by side, taken over in order: the same version always has the same numbers.
        let mut read = stream::iter(manifest.card_shards.iter().flatten())
            .map(|object| {
                let known = cards_before.and_then(|old| old.shard(&object.digest));
                async move {
                    match known {
                        Some(known) => Ok((object, Err(known))),
                        None => Ok((object, Ok(get_object(platform, base, object).await?))),
                    }
                }
            })
            .buffered(PARALLEL_GETS);
        let (facets, mut next) = join(facets, read.try_next()).await;
        let facets = facets?;
        let mut shards = Vec::new();
        while let Some((object, bytes)) = next.map_err(|e: LoadError| e)? {
            shards.push(match bytes {
                Err(known) => known,
                Ok(bytes) => {
                    let shard: CardShardRef<'_> = postcard(object, &bytes)?;
                    let decode = |why| LoadError::Decode { key: object.digest.clone(), why };
                    if shard.cards.len() > MAX_CARDS_PER_SHARD {
                        return Err(decode(format!("more than {MAX_CARDS_PER_SHARD} cards")));
                    }
                    let own = facets.borrow_mut().add(&shard, &interner, locale);
                    let value = |called| facets.borrow().number(called, &own);
                    let cards: Option<_> = shard.cards.iter().map(|card| interner.card(card, value)).collect();
                    let cards = cards.ok_or_else(|| decode("a price is in no currency".into()))?;
                    Rc::new(CardShard { digest: object.digest.clone(), cards })
                }
            });
            alive();
            next = read.try_next().await;
        }
        Ok((shards, facets))
    };
    let index = async {
        match &previous {
            Some(old) if old.manifest.index == manifest.index => Ok(old.index.clone()),
            _ => index(platform, base, &manifest, previous.as_ref().and_then(|old| old.index.as_deref()), &alive).await,
        }
    };
    let steering = async {
        match &previous {
            Some(old) if old.manifest.search == manifest.search && old.manifest.shop == manifest.shop => {
                Ok(old.steering.clone())
            }
            _ => Ok(Rc::new(steering(platform, base, &manifest, &view).await?)),
        }
    };
    // The index is on its way while cards are unpacked.
    let (index, cards, steering) = try_join3(index, cards, steering).await?;
    Ok(Snapshot::new(pointer.manifest.clone(), pointer.version, manifest, view, cards, index, steering))
}

/// How the search is steered. Settings that this edge cannot read (its publisher is newer) steer nothing.
async fn steering(
    platform: &impl Platform,
    base: &str,
    manifest: &Manifest,
    view: &ShopView,
) -> Result<Steering, LoadError> {
    let settings = match &manifest.search {
        None => SearchSettings::default(),
        Some(object) => {
            let bytes = get_object(platform, base, object).await?;
            serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                platform.log(&format!("the search settings {} steer nothing: {error}", object.digest));
                SearchSettings::default()
            })
        }
    };
    Ok(Steering::new(settings, &view.categories, &view.collections, &view.shop.locales))
}

/// Opens the index, taking over the packs that the version before holds. Another schema (an edge older or newer than
/// its publisher) leaves the shop without search, not without a shop.
async fn index(
    platform: &impl Platform,
    base: &str,
    manifest: &Manifest,
    previous: Option<&Index>,
    alive: &impl Fn(),
) -> Result<Option<Rc<Index>>, LoadError> {
    let named = &manifest.index;
    if named.schema_version != stoa_search_index::SCHEMA_VERSION {
        platform.log(&format!("the index has schema {}, this edge reads another: no search", named.schema_version));
        return Ok(None);
    }
    let meta = get_object(platform, base, &named.meta).await?;
    let packs = stream::iter(&named.segments)
        .map(|object| async move {
            let pack = match previous.and_then(|old| old.pack(&object.digest)) {
                Some(pack) => pack,
                None => Pack::from(get_object(platform, base, object).await?),
            };
            alive();
            Ok::<_, LoadError>((object.digest.clone(), pack))
        })
        .buffered(PARALLEL_GETS)
        .try_collect()
        .await?;
    let decode = |why: String| LoadError::Decode { key: named.meta.digest.clone(), why };
    Index::open(meta, packs).map(|index| Some(Rc::new(index))).map_err(|e| decode(e.to_string()))
}
