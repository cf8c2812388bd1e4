//! One published version as the edge holds it: its index, its cards, and how it is steered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use stoa_domain::ProductId;
use stoa_domain::search::{Listed, MeritWeights, SearchSettings, same};
use stoa_domain::snapshot::{
    Card, FORMAT, FacetTable, FacetValue, Manifest, ObjectRef, ShopView, SnapshotError, decode,
};
use stoa_search_index::steer::{Catalogue, Merits, Steering};
use stoa_search_index::{DocKey, IndexBytes, IndexError, SCHEMA_VERSION, SearchIndex};
use stoa_storage::{Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("a published object cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("version {version} has format {format}, this release reads {FORMAT}")]
    Format { version: u64, format: u32 },
    #[error("nothing was published yet")]
    Nothing,
    #[error("version {version} is not in the history of published versions")]
    UnknownVersion { version: u64 },
}

impl PublishedError {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing_published",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::Store(_) | Self::Snapshot(_) | Self::Index(_) | Self::Json(_) | Self::Format { .. } => {
                "version_unreadable"
            }
        }
    }
}

pub struct Published {
    pub version: u64,
    pub view: ShopView,
    /// As this version is steered.
    pub settings: SearchSettings,
    index: SearchIndex,
    shards: Vec<Vec<Card>>,
    facets: FacetTable,
    by_id: HashMap<ProductId, CardNo>,
    /// By the index's key.
    by_key: Vec<Option<CardNo>>,
    /// Seconds since 1970.
    published_at: i64,
}

/// Shard and place, in the order in which the edge numbers them.
pub(super) type CardNo = (u32, u32);

impl Published {
    /// A version of the history; the one that is shown now where none is named.
    pub async fn read(store: &Store, version: Option<u64>) -> Result<Self, PublishedError> {
        let (version, manifest) = named(store, version).await?;
        Self::load(store, version, &manifest).await
    }

    async fn load(store: &Store, version: u64, manifest: &str) -> Result<Self, PublishedError> {
        let objects = store.objects();
        let get = async |object: &ObjectRef| objects.get(&object.digest).await;
        let manifest: Manifest =
            serde_json::from_slice(&objects.get_public(&format!("snapshots/{manifest}.json")).await?)?;
        if manifest.format != FORMAT {
            return Err(PublishedError::Format { version, format: manifest.format });
        }
        if manifest.index.schema_version != SCHEMA_VERSION {
            let found = manifest.index.schema_version;
            return Err(IndexError::SchemaVersion { found, expected: SCHEMA_VERSION }.into());
        }
        let view: ShopView = decode(&get(&manifest.shop).await?)?;
        let settings = match &manifest.search {
            Some(object) => serde_json::from_slice(&get(object).await?)?,
            None => SearchSettings::default(),
        };
        let mut facets = match &manifest.facets {
            Some(object) => FacetTable::after(decode(&get(object).await?)?),
            None => FacetTable::default(),
        };
        let mut shards: Vec<Vec<Card>> = Vec::new();
        for object in manifest.card_shards.iter().flatten() {
            shards.push(facets.unpack(&get(object).await?)?);
        }
        let meta = get(&manifest.index.meta).await?.to_vec();
        let mut segments = Vec::new();
        for segment in &manifest.index.segments {
            segments.push(get(segment).await?.to_vec());
        }
        let index = SearchIndex::open(IndexBytes { meta, segments })?;
        let numbered = shards.iter().zip(0..).flat_map(|(cards, no)| cards.iter().zip((0..).map(move |at| (no, at))));
        let by_id: HashMap<ProductId, CardNo> = numbered.map(|(card, no)| (card.id.clone(), no)).collect();
        let by_key = index.products().iter().map(|id| by_id.get(id.as_ref()?).copied()).collect();
        let published_at = manifest.published_at.parse().map_or(0, jiff::Timestamp::as_second);
        Ok(Self { version, view, settings, index, shards, facets, by_id, by_key, published_at })
    }

    pub fn index(&self) -> &SearchIndex {
        &self.index
    }
    pub fn card(&self, (shard, at): CardNo) -> &Card {
        &self.shards[shard as usize][at as usize]
    }
    pub(super) fn numbers(&self) -> impl Iterator<Item = CardNo> {
        self.shards.iter().zip(0..).flat_map(|(cards, no)| (0..cards.len() as u32).map(move |at| (no, at)))
    }
    /// The settings made ready for this version.
    pub fn steering(&self, settings: SearchSettings) -> Steering {
        Steering::new(settings, &self.view.categories, &self.view.collections, &self.view.shop.locales)
    }
    pub fn merits(&self, weights: MeritWeights) -> Merits {
        Merits::of(&self.index, self, weights, self.published_at)
    }
}

/// Version and manifest.
async fn named(store: &Store, version: Option<u64>) -> Result<(u64, String), PublishedError> {
    let head = store.publish_head().get().await?.ok_or(PublishedError::Nothing)?.value;
    let Some(version) = version else { return Ok((head.version, head.manifest)) };
    let found = head.history.into_iter().find(|known| known.version == version);
    found.map(|known| (version, known.manifest)).ok_or(PublishedError::UnknownVersion { version })
}

impl Catalogue for Published {
    type Item = CardNo;
    type Product<'a> = ListedCard<'a>;

    fn item(&self, key: DocKey) -> Option<CardNo> {
        self.by_key.get(key.0 as usize).copied().flatten()
    }
    fn find(&self, id: &ProductId) -> Option<CardNo> {
        self.by_id.get(id).copied()
    }
    fn product(&self, no: CardNo) -> ListedCard<'_> {
        ListedCard { card: self.card(no), facets: &self.facets }
    }
}

/// A card with the table that its facets point into.
pub struct ListedCard<'a> {
    card: &'a Card,
    facets: &'a FacetTable,
}

impl Listed for ListedCard<'_> {
    fn id(&self) -> &str {
        self.card.id.as_str()
    }
    fn brand(&self) -> Option<&str> {
        self.card.brand.as_deref()
    }
    fn category(&self) -> Option<&str> {
        self.card.category.as_ref().map(|id| id.as_str())
    }
    fn is_in(&self, collection: &str) -> bool {
        self.card.collections.iter().any(|id| id.as_str() == collection)
    }
    fn has(&self, attribute: &str, value: &str) -> bool {
        let mut values = self.card.facets.iter().filter_map(|at| self.facets.value(*at));
        values.any(|(facet, known)| {
            let says = match known {
                FacetValue::Text { text, .. } => text.iter().any(|(_, text)| same(text, value)),
                FacetValue::Number(number) => number.to_string() == value,
                FacetValue::Flag => value == "1",
            };
            says && same(&facet.name, attribute)
        })
    }
    fn sells(&self) -> bool {
        self.card.available
    }
    fn on_sale(&self) -> bool {
        self.card.compare_at.is_some()
    }
    fn sold(&self) -> u32 {
        self.card.sold
    }
    fn created_at(&self) -> i64 {
        self.card.created_at
    }
}

/// The version that was looked at last: one is enough, and two might not fit.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Option<(String, Arc<Published>)>>);

impl Cache {
    /// The version that is shown now.
    pub(crate) async fn now(&self, store: &Store) -> Result<Arc<Published>, PublishedError> {
        let (version, manifest) = named(store, None).await?;
        let held = self.0.lock().ok().and_then(|held| held.clone());
        if let Some((_, published)) = held.filter(|(known, _)| *known == manifest) {
            return Ok(published);
        }
        let published = Arc::new(Published::load(store, version, &manifest).await?);
        if let Ok(mut held) = self.0.lock() {
            *held = Some((manifest, published.clone()));
        }
        Ok(published)
    }
}
