//! What a merchant changes, as the console and the importer write it, and what a shopper then sees of it.

use crate::bench::search::queries::path;
use crate::dev::http::Http;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::time::{Duration, Instant};
use stoa_domain::product::{Product, ProductStatus};
use stoa_domain::stock::StockLevel;
use stoa_domain::{Handle, Localized, Money, ProductId, Sku};
use stoa_storage::{Expected, PutProduct, Store};

/// How often a shopper looks.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Prices that no product of a catalogue has.
const STRANGE_PRICE_MINOR: i64 = 9_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Price,
    Stock,
    Title,
    Added,
    Removed,
}

impl Kind {
    /// In this order each leaves what the next needs.
    pub(crate) const ALL: [Self; 5] = [Self::Price, Self::Stock, Self::Title, Self::Added, Self::Removed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Stock => "stock",
            Self::Title => "title",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// What a search by an address is to find, or no longer to find.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    query: String,
    id: ProductId,
    handle: Handle,
    shown: bool,
}

/// Changes one product after the other.
pub(crate) struct Editor<'a> {
    store: &'a Store,
    /// Products that are sold by the piece and have some left.
    products: Vec<ProductId>,
}

impl<'a> Editor<'a> {
    /// Chooses among these products.
    pub(crate) async fn new(store: &'a Store, candidates: impl IntoIterator<Item = ProductId>) -> Result<Self> {
        let mut products = Vec::new();
        for id in candidates {
            let Some(read) = store.products().get(&id).await? else { continue };
            let product = read.value;
            let counted = product.variants.iter().all(|variant| variant.track_stock && !variant.backorder);
            let skus: Vec<Sku> = product.variants.iter().map(|variant| variant.sku.clone()).collect();
            let left = store.stock().get_many(&skus).await?.values().map(StockLevel::available).sum::<u32>();
            if product.status == ProductStatus::Active && counted && left > 0 {
                products.push(id);
            }
        }
        ensure!(!products.is_empty(), "no product of the catalogue is sold by the piece and in stock");
        Ok(Self { store, products })
    }

    /// Makes the `n`th change of a kind.
    pub(crate) async fn make(&self, kind: Kind, n: usize) -> Result<Sight> {
        let id = &self.products[n % self.products.len()];
        let word = format!("fresh{}x{n}", kind.name());
        match kind {
            Kind::Price => {
                let price_minor = STRANGE_PRICE_MINOR + 100 * i64::try_from(n)?;
                let product = self
                    .change(id, |product| {
                        for variant in &mut product.variants {
                            variant.price = Money::new(price_minor, variant.price.currency);
                            variant.compare_at = None;
                        }
                    })
                    .await?;
                let price = product.variants.first().context("a product has a variant")?.price.to_decimal();
                let filters = [("filter.price.gte", price.as_str()), ("filter.price.lte", &price)];
                Ok(Sight::of(&product, &first_sku(&product)?, &filters, true))
            }
            Kind::Stock => {
                let product = self.store.products().get(id).await?.context("the product is gone")?.value;
                let none: Vec<(Sku, u32)> = product.variants.iter().map(|v| (v.sku.clone(), 0)).collect();
                self.store.stock().set_many(&none).await?;
                Ok(Sight::of(&product, &first_sku(&product)?, &[("filter.available", "1")], false))
            }
            Kind::Title => {
                let product = self.change(id, |product| product.title = with_word(&product.title, &word)).await?;
                Ok(Sight::of(&product, &word, &[], true))
            }
            Kind::Added => {
                let like = self.store.products().get(id).await?.context("the product is gone")?.value;
                let product = added(like, n)?;
                self.store.products().put(&product, Expected::Absent).await?;
                Ok(Sight::of(&product, &added_word(n), &[], true))
            }
            Kind::Removed => {
                let id = added_id(n)?;
                let product = self.store.products().get(&id).await?.context("it was not added")?.value;
                self.store.products().delete(&id, Expected::Any).await?;
                Ok(Sight::of(&product, &added_word(n), &[], false))
            }
        }
    }

    /// One piece fewer of something with many: nothing that anyone can see.
    pub(crate) async fn sell_one_of_many(&self, n: usize) -> Result<()> {
        let id = &self.products[n % self.products.len()];
        let product = self.store.products().get(id).await?.context("the product is gone")?.value;
        let sku = first_sku(&product)?;
        self.store.stock().adjust(&Sku::new(sku)?, -1).await?;
        Ok(())
    }

    /// So many pieces of every variant of the `n`th product.
    pub(crate) async fn restock(&self, n: usize, pieces: u32) -> Result<()> {
        let id = &self.products[n % self.products.len()];
        let product = self.store.products().get(id).await?.context("the product is gone")?.value;
        let all: Vec<(Sku, u32)> = product.variants.iter().map(|v| (v.sku.clone(), pieces)).collect();
        Ok(self.store.stock().set_many(&all).await?)
    }

    /// A new title for the `n`th product.
    pub(crate) async fn retitle_one(&self, n: usize) -> Result<ProductId> {
        let id = &self.products[n % self.products.len()];
        self.change(id, |product| product.title = with_word(&product.title, &format!("again{n}x"))).await?;
        Ok(id.clone())
    }

    /// New titles for all of these in one go.
    pub(crate) async fn retitle(&self, ids: &[ProductId], round: usize) -> Result<Sight> {
        let word = format!("freshround{round}x");
        let mut puts = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(100) {
            for read in self.store.products().get_many(chunk).await?.into_values() {
                let expected = read.unchanged();
                let title = with_word(&read.value.title, &word);
                puts.push(PutProduct { product: Product { title, ..read.value }, expected });
            }
        }
        let last = puts.last().context("nothing to change")?.product.clone();
        for written in self.store.products().put_many(puts).await {
            written?;
        }
        Ok(Sight::of(&last, &format!("{word} {}", first_sku(&last)?), &[], true))
    }

    async fn change(&self, id: &ProductId, change: impl FnOnce(&mut Product)) -> Result<Product> {
        let mut read = self.store.products().get(id).await?.context("the product is gone")?;
        let expected = read.unchanged();
        change(&mut read.value);
        self.store.products().put(&read.value, expected).await?;
        Ok(read.value)
    }
}

fn first_sku(product: &Product) -> Result<String> {
    Ok(product.variants.first().context("a product has a variant")?.sku.to_string())
}

fn with_word(title: &Localized, word: &str) -> Localized {
    let mut new = title.clone();
    for (locale, text) in title.iter() {
        new.set(locale.clone(), format!("{word} {text}"));
    }
    new
}

fn added_id(n: usize) -> Result<ProductId> {
    Ok(ProductId::new(format!("fresh-{n}"))?)
}

fn added_word(n: usize) -> String {
    format!("freshadded{n}x")
}

fn added(like: Product, n: usize) -> Result<Product> {
    let mut product = Product {
        id: added_id(n)?,
        handle: Handle::new(format!("fresh-{n}"))?,
        title: with_word(&like.title, &added_word(n)),
        ..like
    };
    for (at, variant) in product.variants.iter_mut().enumerate() {
        variant.sku = Sku::new(format!("FRESH-{n}-{at}"))?;
    }
    Ok(product)
}

#[derive(Deserialize)]
struct Results {
    hits: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    id: ProductId,
}

impl Sight {
    fn of(product: &Product, words: &str, filters: &[(&str, &str)], shown: bool) -> Self {
        let query = path(words, &[filters, &[("exact", "1")]].concat()).replace("/search.json", "");
        Self { query, id: product.id.clone(), handle: product.handle.clone(), shown }
    }

    /// Looks until the search as data and the filtered list both say it; how long that took from `since`.
    pub(crate) async fn wait(&self, http: &Http, address: &str, since: Instant, most: Duration) -> Result<Duration> {
        loop {
            if self.is_seen(http, address).await? {
                return Ok(since.elapsed());
            }
            ensure!(since.elapsed() < most, "{} was not seen within {most:?}", self.query);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn is_seen(&self, http: &Http, address: &str) -> Result<bool> {
        let (status, body) = http.get(&format!("http://{address}/search.json{}", self.query), ANSWER_WITHIN).await?;
        ensure!(status.is_success(), "/search.json{} answered {status}", self.query);
        let results: Results = serde_json::from_slice(&body).context("/search.json does not answer as agreed")?;
        if results.hits.iter().any(|hit| hit.id == self.id) != self.shown {
            return Ok(false);
        }
        let (status, page) = http.get(&format!("http://{address}/search{}", self.query), ANSWER_WITHIN).await?;
        ensure!(status.is_success(), "/search{} answered {status}", self.query);
        let link = format!("/products/{}\"", self.handle);
        Ok(String::from_utf8_lossy(&page).contains(&link) == self.shown)
    }
}
