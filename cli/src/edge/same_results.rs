//! The worker finds what the same engine finds natively: the same products in the same order with the same scores to the
//! last bit, and it reads a query as the same words.

use super::workerd::{self, Bindings};
use crate::checkout::Checkout;
use crate::demo::{catalogue, shop as demo};
use crate::dev::http::Http;
use crate::shop::{self, DataFolder, Secrets, Servers};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use stoa_domain::snapshot::{Manifest, Pointer};
use stoa_domain::{Locale, product::Product};
use stoa_search_index::{IndexBytes, Query, SearchIndex, analysis};
use stoa_storage::{Expected, PutProduct, Store};

const PATIENCE: Duration = Duration::from_secs(30);
/// What the edge takes of a query.
const MAX_Q_BYTES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_finds_what_the_engine_finds_natively_to_the_last_bit() -> Result<()> {
    let checkout = Checkout::find()?;
    let build = checkout.root.join("edge/build");
    ensure!(build.join("index_bg.wasm").is_file(), "the worker is not built: ./stoa test cli builds it first");
    let temporary = tempfile::tempdir()?;
    let folder = DataFolder::lock(&temporary.path().join("shop"))?.context("nobody else uses it")?;
    let secrets = Secrets::of(folder.path())?;
    let servers = Servers::start(&folder, &secrets).await?;
    let store = shop::store(&servers.dynamodb_url(), &servers.objects_url(), &secrets).await;
    store.create().await?;
    let products = publish_demo(&store).await?;
    let index = published_index(&store).await?;

    let address = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.to_string();
    let bindings =
        Bindings { objects_url: servers.public_url(), functions_url: "http://127.0.0.1:9".into(), limited: true };
    let log = folder.path().join("edge.log");
    let _worker = workerd::start(&checkout, &build, &folder.path().join("edge"), &address, &bindings, None, &log)?;
    let http = Http::new();
    let started = Instant::now();
    while !http.get(&format!("http://{address}/healthz"), PATIENCE).await.is_ok_and(|(status, _)| status.is_success()) {
        ensure!(started.elapsed() < PATIENCE, "the worker did not open: {}", std::fs::read_to_string(&log)?);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let queries = queries(&products);
    let (mut found, mut corrected, mut relaxed) = (0, 0, 0);
    for (prefix, tag) in [("", "en"), ("/zh", "zh-CN")] {
        let locale = Locale::new(tag)?;
        for text in &queries {
            let url = format!("http://{address}{prefix}/search.json?q={}", encoded(text));
            let (status, body) = http.get(&url, PATIENCE).await?;
            ensure!(status.is_success(), "{text:?} was answered with {status}");
            let theirs: Value = serde_json::from_slice(&body)?;
            let ours = natively(&index, text, &locale)?;
            assert_eq!(theirs, ours, "{text:?} in {tag}");
            found += usize::from(ours["total"] != 0);
            corrected += usize::from(ours["corrected"] != serde_json::json!([]));
            relaxed += usize::from(ours["relaxed"] == true);
        }
    }
    assert!(found > 400 && corrected > 50 && relaxed > 50, "{found} found, {corrected} corrected, {relaxed} relaxed");
    Ok(())
}

/// What the worker should answer. Scores go through the same text form, which keeps every bit of them.
fn natively(index: &SearchIndex, text: &str, locale: &Locale) -> Result<Value> {
    #[derive(serde::Serialize)]
    struct Hit<'a> {
        id: &'a str,
        score: f32,
    }
    let hits = index.search(&Query::new(text, locale))?;
    let id = |key| index.product(key).map_or("", |id| id.as_str());
    let shown: Vec<Hit<'_>> = hits.hits.iter().map(|hit| Hit { id: id(hit.key), score: hit.score }).collect();
    let words: Vec<String> = analysis::words(text).iter().map(ToString::to_string).collect();
    Ok(serde_json::json!({
        "total": hits.total, "relaxed": hits.relaxed, "corrected": hits.corrected, "words": words,
        "hits": serde_json::from_str::<Value>(&serde_json::to_string(&shown)?)?,
    }))
}

pub(super) async fn publish_demo(store: &Store) -> Result<Vec<Product>> {
    let furnishing = demo::load()?;
    store.shop().put_settings(&furnishing.shop, Expected::Any).await?;
    for category in &furnishing.categories {
        store.shop().put_category(category, Expected::Any).await?;
    }
    // Without pictures: they take a minute to draw and nobody searches for them.
    let products = catalogue::load()?.products;
    let puts =
        products.iter().map(|product| PutProduct { product: product.clone(), expected: Expected::Any }).collect();
    for written in store.products().put_many(puts).await {
        written?;
    }
    stoa_publish::rebuild(store, &|_| {}).await?;
    Ok(products)
}

async fn published_index(store: &Store) -> Result<SearchIndex> {
    let objects = store.objects();
    let pointer: Pointer = serde_json::from_slice(&objects.get_pointer().await?)?;
    let manifest = objects.get_public(&format!("snapshots/{}.json", pointer.manifest)).await?;
    let manifest: Manifest = serde_json::from_slice(&manifest)?;
    let meta = objects.get(&manifest.index.meta.digest).await?.to_vec();
    let mut segments = Vec::new();
    for segment in &manifest.index.segments {
        segments.push(objects.get(&segment.digest).await?.to_vec());
    }
    Ok(SearchIndex::open(IndexBytes { meta, segments })?)
}

/// Titles in both languages, parts of them, each with a typing error, their numbers; and what breaks parsers.
fn queries(products: &[Product]) -> BTreeSet<String> {
    let mut queries: BTreeSet<String> = [
        "a",
        "2",
        "43.2 cm",
        "65\" lamp",
        "½ ﬁne ＭＵＧ",
        "men's",
        "bei zi",
        "sjk",
        "杯子",
        "保温杯 mug",
        "茶",
        "椅",
        "ｶﾞ 잔",
        "\"\"\"(((",
        "*",
        "title:mug AND NOT x",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "\u{0}\u{1b}\u{202e}mug",
        "e\u{301}\u{301}\u{301}",
        "ﷺ",
        "ſtone",
        "İstanbul",
        "linen-linen-linen",
        "1,000.50",
        "-5",
        "0x1F",
        "😀杯",
        "straße STRASSE",
        "Ω ω ǅ",
    ]
    .map(str::to_owned)
    .into();
    for (at, product) in products.iter().enumerate() {
        for (_, title) in product.title.iter() {
            let words: Vec<&str> = title.split_whitespace().collect();
            queries.insert(words.join(" "));
            queries.insert(words.iter().rev().take(2).copied().collect::<Vec<_>>().join(" "));
            let mut letters: Vec<char> = title.chars().collect();
            let middle = letters.len() / 2;
            match at % 3 {
                0 => drop(letters.remove(middle)),
                1 => letters.swap(middle, middle - 1),
                _ => letters.insert(middle, 'x'),
            }
            queries.insert(letters.into_iter().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "));
        }
        queries.extend(product.variants.first().map(|variant| variant.sku.to_string()));
        queries.insert(format!("{} cm {}", at * 7, product.brand.as_deref().unwrap_or_default()).trim().to_owned());
    }
    queries.retain(|query| query.len() <= MAX_Q_BYTES);
    queries
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
