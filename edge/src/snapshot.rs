//! One published version of the shop, held in memory: plain data, shared by every request of the isolate.

use crate::cards::Card;
use crate::facets::Facets;
use crate::search::Index;
use hashbrown::HashMap;
use std::cell::{OnceCell, Ref, RefCell};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::rc::Rc;
use stoa_domain::collection::{Collection, Members};
use stoa_domain::product::Media;
use stoa_domain::review::Score;
use stoa_domain::shop::{ContentPage, PageKind};
use stoa_domain::snapshot::{Manifest, ObjectRef, ShopView};
use stoa_domain::{Locale, category::Category};
use stoa_search_index::steer::{Merits, Steered, Steering};
use stoa_search_index::{DocKey, SearchIndex};

/// As many values that no card has are no reason to read all cards again.
const IDLE_VALUES: usize = 1_000;

/// One shard of cards, kept across versions as long as its digest stays.
#[derive(Debug)]
pub struct CardShard {
    pub digest: String,
    pub cards: Vec<Card>,
}

/// A card by its shard and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CardNo(u32);

pub struct Snapshot {
    pub digest: String,
    pub version: u64,
    pub manifest: Manifest,
    pub view: Rc<ShopView>,
    shards: Vec<Rc<CardShard>>,
    facets: Rc<RefCell<Facets>>,
    /// More than twice as many values are in the table as cards have.
    idle_values: bool,
    /// Whether any product was sold lately: else there is no best seller.
    pub has_sales: bool,
    /// Of all reviews: nothing is sorted by ratings before there are any.
    pub score: Score,
    /// Brands with how many products each has, the largest first.
    pub brands: Vec<(Rc<str>, u32)>,
    pub index: Option<Rc<Index>>,
    pub steering: Rc<Steering>,
    /// Made when something is first searched for.
    merits: OnceCell<Merits>,
    /// Sorted by id, and by handle once somebody asks for one.
    by_id: Vec<CardNo>,
    by_handle: OnceCell<Vec<CardNo>>,
    in_category: HashMap<Rc<str>, Vec<CardNo>>,
    in_collection: HashMap<Rc<str>, Vec<CardNo>>,
    /// By the index's key; made when a search is first filtered.
    by_key: OnceCell<Vec<Option<CardNo>>>,
    /// Places in the view's categories, by id.
    category_at: HashMap<String, usize>,
}

impl Snapshot {
    pub fn new(
        digest: String,
        version: u64,
        manifest: Manifest,
        view: Rc<ShopView>,
        (shards, facets): (Vec<Rc<CardShard>>, Rc<RefCell<Facets>>),
        index: Option<Rc<Index>>,
        steering: Rc<Steering>,
    ) -> Self {
        let mut by_id = Vec::with_capacity(manifest.products as usize);
        for (shard, cards) in shards.iter().enumerate() {
            by_id.extend((0..cards.cards.len()).map(|at| CardNo((shard as u32) << 20 | at as u32)));
        }
        let mut this = Self {
            digest,
            version,
            manifest,
            view,
            shards,
            facets,
            idle_values: false,
            has_sales: false,
            score: Score::default(),
            brands: Vec::new(),
            index,
            steering,
            merits: OnceCell::new(),
            by_handle: OnceCell::new(),
            by_id,
            in_category: HashMap::new(),
            in_collection: HashMap::new(),
            by_key: OnceCell::new(),
            category_at: HashMap::new(),
        };
        let categories = this.view.categories.iter().enumerate();
        this.category_at = categories.map(|(at, category)| (category.id.as_str().to_owned(), at)).collect();
        let mut by_id = std::mem::take(&mut this.by_id);
        // Each shard is in order already: the stable sort joins such runs.
        by_id.sort_by_key(|no| &*this.card(*no).id);
        let mut lives = vec![false; this.facets().values().len()];
        let mut brands = HashMap::<Rc<str>, u32>::new();
        let (mut has_sales, mut score) = (false, Score::default());
        let (mut in_category, mut in_collection) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for no in &by_id {
            let card = this.card(*no);
            if let Some(category) = &card.category {
                in_category.entry(category.clone()).or_default().push(*no);
            }
            card.facets.iter().for_each(|value| lives[*value as usize] = true);
            has_sales |= card.sold > 0;
            score = score.and(card.score);
            if let Some(brand) = &card.brand {
                *brands.entry(brand.clone()).or_default() += 1;
            }
            for collection in &card.collections {
                in_collection.entry(collection.clone()).or_default().push(*no);
            }
        }
        // Those of the base are published whether or not a card still has them.
        let own = &lives[this.facets().own()];
        let (own, living) = (own.len(), own.iter().filter(|lives| **lives).count());
        let mut brands: Vec<_> = brands.into_iter().collect();
        brands.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        (this.has_sales, this.score, this.brands) = (has_sales, score, brands);
        this.idle_values = own > 2 * living + IDLE_VALUES;
        this.by_id = by_id;
        (this.in_category, this.in_collection) = (in_category, in_collection);
        this
    }

    pub fn card(&self, no: CardNo) -> &Card {
        &self.shards[(no.0 >> 20) as usize].cards[(no.0 & 0xf_ffff) as usize]
    }
    pub fn facets(&self) -> Ref<'_, Facets> {
        self.facets.borrow()
    }
    pub fn facets_shared(&self) -> Rc<RefCell<Facets>> {
        self.facets.clone()
    }
    pub fn has_idle_values(&self) -> bool {
        self.idle_values
    }
    pub fn len(&self) -> usize {
        self.by_id.len()
    }
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
    /// Every card, by id.
    pub fn all(&self) -> &[CardNo] {
        &self.by_id
    }
    pub fn find_id(&self, id: &str) -> Option<CardNo> {
        self.by_id.binary_search_by_key(&id, |no| &*self.card(*no).id).ok().map(|at| self.by_id[at])
    }
    /// The card of what this version's index found.
    pub fn card_of(&self, index: &SearchIndex, key: DocKey) -> Option<CardNo> {
        let make = || index.products().iter().map(|id| self.find_id(id.as_ref()?.as_str())).collect();
        self.by_key.get_or_init(make).get(key.0 as usize).copied().flatten()
    }
    /// The index with what steers it. None where there is no index.
    pub fn steered(&self) -> Option<Steered<'_, Self>> {
        let index = self.index.as_deref()?.engine();
        let merits = self.merits.get_or_init(|| {
            let published = self.manifest.published_at.parse().map_or(0, jiff::Timestamp::as_second);
            Merits::of(index, self, self.steering.merit(), published)
        });
        Some(Steered { index, steering: &self.steering, merits, catalogue: self })
    }
    pub fn find_handle(&self, handle: &str) -> Option<CardNo> {
        let by_handle = self.by_handle.get_or_init(|| {
            let mut all = self.by_id.clone();
            all.sort_unstable_by_key(|no| &*self.card(*no).handle);
            all
        });
        by_handle.binary_search_by_key(&handle, |no| &*self.card(*no).handle).ok().map(|at| by_handle[at])
    }
    pub fn shard(&self, digest: &str) -> Option<Rc<CardShard>> {
        self.shards.iter().find(|s| s.digest == digest).cloned()
    }
    /// The object that holds the product's page data.
    pub fn product_shard(&self, id: &stoa_domain::ProductId) -> Option<&ObjectRef> {
        let shards = &self.manifest.product_shards;
        shards.get(stoa_domain::snapshot::shard_of(id, shards.len()))?.as_ref()
    }

    pub fn default_locale(&self) -> &Locale {
        &self.view.shop.default_locale
    }
    pub fn category(&self, handle: &str) -> Option<&Category> {
        self.view.categories.iter().find(|c| c.handle.as_str() == handle)
    }
    pub fn category_by_id(&self, id: &str) -> Option<&Category> {
        self.category_at.get(id).and_then(|at| self.view.categories.get(*at))
    }
    pub fn collection(&self, handle: &str) -> Option<&Collection> {
        self.view.collections.iter().find(|c| c.handle.as_str() == handle)
    }
    pub fn page(&self, kind: PageKind, handle: &str) -> Option<&ContentPage> {
        self.view.pages.iter().find(|p| p.kind == kind && p.handle.as_str() == handle)
    }
    /// Direct children (of the root for None) in the merchant's order.
    pub fn children(&self, parent: Option<&str>) -> Vec<&Category> {
        let mut children: Vec<_> =
            self.view.categories.iter().filter(|c| c.parent.as_ref().map(|p| p.as_str()) == parent).collect();
        children.sort_by(|a, b| (a.position, &a.id).cmp(&(b.position, &b.id)));
        children
    }
    /// From the root down to the category itself; a loop in the data ends it.
    pub fn path_to<'a>(&'a self, id: &str) -> Vec<&'a Category> {
        let mut path = Vec::new();
        let mut at = self.category_by_id(id);
        while let Some(category) = at.filter(|_| path.len() < stoa_domain::category::MAX_DEPTH) {
            path.push(category);
            at = category.parent.as_ref().and_then(|p| self.category_by_id(p.as_str()));
        }
        path.reverse();
        path
    }
    /// The category's id and those of all below it.
    pub fn within_category<'a>(&'a self, id: &'a str) -> Vec<&'a str> {
        let (mut seen, mut queue, mut within) = (HashSet::new(), vec![id], Vec::new());
        while let Some(id) = queue.pop() {
            if seen.insert(id) {
                within.push(id);
                let below = self.view.categories.iter().filter(|c| c.parent.as_ref().is_some_and(|p| p.as_str() == id));
                queue.extend(below.map(|c| c.id.as_str()));
            }
        }
        within
    }
    /// The cards in the category and all below it.
    pub fn cards_in_category(&self, id: &str) -> Vec<CardNo> {
        self.within_category(id).into_iter().filter_map(|id| self.in_category.get(id)).flatten().copied().collect()
    }
    /// A manual collection's cards in the merchant's order; a rule's by id.
    pub fn cards_in_collection(&self, collection: &Collection) -> Vec<CardNo> {
        match &collection.members {
            Members::Manual(ids) => ids.iter().filter_map(|id| self.find_id(id.as_str())).collect(),
            Members::Rule(_) => self.in_collection.get(collection.id.as_str()).cloned().unwrap_or_default(),
        }
    }
    /// The first picture found among the cards, for a tile.
    pub fn picture_of(&self, cards: &[CardNo]) -> Option<&Media> {
        cards.iter().find_map(|no| self.card(*no).image.as_ref().map(|image| &image.0))
    }
}
