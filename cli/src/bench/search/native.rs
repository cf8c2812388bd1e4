//! The limit: the same engine and the same filters compiled for this machine, asked directly and behind a native server.

use crate::bench::hono::Published;
use crate::bench::load::{Run, cpu_seconds, free_address, until_ready};
use crate::bench::serve::pin;
use anyhow::{Context, Result};
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stoa_domain::{Currency, Locale, Money, ProductId};
use stoa_search_index::{DocKey, Hits, IndexBytes, SearchIndex};
use stoa_storage::Store;

#[derive(Clone)]
pub(crate) struct Native {
    index: Arc<SearchIndex>,
    bytes: IndexBytes,
    /// By the index's key.
    products: Arc<Vec<Option<Product>>>,
    locale: Locale,
    currency: Currency,
    pub(crate) index_bytes: usize,
}

#[derive(Clone)]
pub(crate) struct Product {
    pub(crate) brand: Option<String>,
    /// The lowest of its variants'.
    pub(crate) price: Money,
}

/// The part of the edge's query that the cases use.
#[derive(Debug, Deserialize)]
struct Asked {
    q: String,
    #[serde(rename = "filter.brand")]
    brand: Option<String>,
    #[serde(rename = "filter.price.lte")]
    price_lte: Option<String>,
}

impl Native {
    pub(crate) async fn open(store: &Store, published: &Published) -> Result<Self> {
        let objects = store.objects();
        let meta = objects.get(&published.index.meta.digest).await?.to_vec();
        let mut segments = Vec::new();
        for segment in &published.index.segments {
            segments.push(objects.get(&segment.digest).await?.to_vec());
        }
        let index_bytes = meta.len() + segments.iter().map(Vec::len).sum::<usize>();
        let bytes = IndexBytes { meta, segments };
        let index = SearchIndex::open(bytes.clone())?;
        let product = |id: &ProductId| {
            let product = &published.views.get(id)?.product;
            let price = product.variants.iter().map(|variant| variant.price).min_by_key(|price| price.minor)?;
            Some(Product { brand: product.brand.clone(), price })
        };
        let products = index.products().iter().map(|id| product(id.as_ref()?)).collect();
        let shop = &published.shop.shop;
        Ok(Self {
            index: Arc::new(index),
            bytes,
            products: Arc::new(products),
            locale: shop.default_locale.clone(),
            currency: shop.currency,
            index_bytes,
        })
    }

    /// The first 24 for a query.
    pub(crate) fn first_of(&self, query: &str) -> Vec<&Product> {
        let query = stoa_search_index::Query::new(query, &self.locale);
        let hits = self.index.search(&query).map(|hits| hits.hits).unwrap_or_default();
        hits.iter().filter_map(|hit| self.products.get(hit.key.0 as usize)?.as_ref()).collect()
    }

    fn search(&self, asked: &Asked) -> Result<Hits> {
        let most = asked.price_lte.as_deref().map(|price| Money::parse(price, self.currency)).transpose()?;
        let fits = |key: DocKey| {
            self.products.get(key.0 as usize).and_then(Option::as_ref).is_some_and(|product| {
                asked.brand.is_none() || asked.brand == product.brand
            } && most.is_none_or(|most| product.price.minor <= most.minor))
        };
        let filter = (asked.brand.is_some() || most.is_some()).then_some(&fits as &dyn Fn(DocKey) -> bool);
        Ok(self
            .index
            .search(&stoa_search_index::Query { filter, ..stoa_search_index::Query::new(&asked.q, &self.locale) })?)
    }

    /// From the published bytes to the first results.
    pub(crate) fn first_answer(&self, path: &str) -> Result<Duration> {
        let bytes = self.bytes.clone();
        let started = Instant::now();
        let cold = Self { index: Arc::new(SearchIndex::open(bytes)?), ..self.clone() };
        std::hint::black_box(cold.search(&parse(path)?)?);
        Ok(started.elapsed())
    }

    /// The engine without a server: one query after the other in this thread.
    pub(crate) fn run(&self, paths: &[String], seconds: u32) -> Result<Run> {
        let asked = paths.iter().map(|path| parse(path)).collect::<Result<Vec<_>>>()?;
        let (started, cpu) = (Instant::now(), cpu_seconds(std::process::id())?);
        let mut times = Vec::new();
        while started.elapsed() < Duration::from_secs(seconds.into()) {
            for asked in &asked {
                let begun = Instant::now();
                std::hint::black_box(self.search(asked)?);
                times.push(begun.elapsed().as_secs_f64() * 1e6);
            }
        }
        let count = times.len() as f64;
        let cpu = cpu_seconds(std::process::id())? - cpu;
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((count - 1.0) * share) as usize];
        Ok(Run {
            requests_per_s: count / started.elapsed().as_secs_f64(),
            latency_p50_us: at(0.5),
            latency_p99_us: at(0.99),
            cpu_us: cpu / count * 1e6,
        })
    }
}

fn parse(path: &str) -> Result<Asked> {
    let uri = path.parse().with_context(|| format!("{path} is no address"))?;
    Ok(Query::try_from_uri(&uri)?.0)
}

async fn answer(State(engine): State<Native>, Query(asked): Query<Asked>) -> Json<Value> {
    let hits = engine.search(&asked).unwrap_or_default();
    let found = hits.hits.iter().filter_map(|hit| Some((engine.index.product(hit.key)?, hit.score)));
    let found: Vec<Value> = found.map(|(id, score)| json!({"id": id, "score": score})).collect();
    Json(json!({"total": hits.total, "relaxed": hits.relaxed, "corrected": hits.corrected, "hits": found}))
}

/// Serves from one thread on the first core, as the workers are; answers the address.
pub(crate) fn serve(engine: &Native) -> Result<String> {
    let address = free_address()?;
    let (engine, listen_on) = (engine.clone(), address.clone());
    let serve = move || -> Result<()> {
        // `{pid}/task/{tid}`.
        let thread = std::fs::read_link("/proc/thread-self").context("asking for this thread's number")?;
        pin("", &thread.file_name().context("a thread has a number")?.to_string_lossy())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(&listen_on).await?;
            let router = Router::new().route("/search.json", get(answer)).with_state(engine);
            axum::serve(listener, router).await
        })?;
        Ok(())
    };
    std::thread::spawn(move || {
        if let Err(error) = serve() {
            eprintln!("the native server ended: {error:#}");
        }
    });
    until_ready(&address, "/search.json?q=a", 20)?;
    Ok(address)
}
