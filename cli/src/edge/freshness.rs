//! What a merchant changes is found by shoppers without a restart: through the table's stream, the publisher and the
//! worker in workerd, while searches go on. How long it takes is `stoa bench freshness`'s to say.

use super::same_results::publish_demo;
use super::workerd::{self, Bindings};
use crate::bench::freshness::asking::Asking;
use crate::bench::freshness::edits::{Editor, Kind};
use crate::checkout::Checkout;
use crate::dev::http::Http;
use crate::dev::stream::Stream;
use crate::dev::{publishing, ready};
use crate::shop::{self, DataFolder, Secrets, Servers};
use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};
use stoa_domain::Sku;
use stoa_domain::snapshot::{Manifest, Pointer};
use stoa_storage::Store;

const PATIENCE: Duration = Duration::from_secs(60);
const ROUNDS: usize = 4;
const MOST_SEGMENTS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn edits_are_found_no_search_fails_meanwhile_and_segments_stay_few() -> Result<()> {
    let checkout = Checkout::find()?;
    let build = checkout.root.join("edge/build");
    ensure!(build.join("index_bg.wasm").is_file(), "the worker is not built: ./stoa test cli builds it first");
    let temporary = tempfile::tempdir()?;
    let folder = DataFolder::lock(&temporary.path().join("shop"))?.context("nobody else uses it")?;
    let secrets = Secrets::of(folder.path())?;
    let servers = Servers::start(&folder, &secrets).await?;
    let store = shop::store(&servers.dynamodb_url(), &servers.objects_url(), &secrets).await;
    store.create().await?;
    let mut products = publish_demo(&store).await?;
    let skus: Vec<(Sku, u32)> = products.iter().flat_map(|p| &p.variants).map(|v| (v.sku.clone(), 40)).collect();
    store.stock().set_many(&skus).await?;
    stoa_publish::rebuild(&store, &|_| {}).await?;

    let address = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.to_string();
    let bindings =
        Bindings { objects_url: servers.public_url(), functions_url: "http://127.0.0.1:9".into(), limited: true };
    let log = folder.path().join("edge.log");
    let mut worker = workerd::start(&checkout, &build, &folder.path().join("edge"), &address, &bindings, None, &log)?;
    ready::wait(&format!("http://{address}"), &mut worker, &log).await?;

    let mut stream = Stream::open(servers.dynamodb_url(), store.table_name(), folder.path().join(shop::STREAM)).await?;
    stream.skip_to_end().await?;
    products.truncate(24);
    let editor = Editor::new(&store, products.into_iter().map(|product| product.id)).await?;
    let paths = ["/search.json?q=mug", "/search?q=bowl", "/zh/search?q=%E6%9D%AF", "/search/suggest?q=te"];
    let asking = Asking::start(&address, &paths.map(str::to_owned), 60);
    let follow = stream.follow(|batch| publishing::handle(&store, batch));
    tokio::select! {
        never = follow => match never {},
        edited = edit(&store, &editor, &address) => edited?,
    }
    let asked = asking.stop().await;
    assert_eq!(asked.failed, Vec::<String>::new());
    assert!(asked.took_ms.len() > 100, "{} searches", asked.took_ms.len());
    Ok(())
}

async fn edit(store: &Store, editor: &Editor<'_>, address: &str) -> Result<()> {
    let http = Http::new();
    for n in 0..ROUNDS {
        for kind in Kind::ALL {
            let since = Instant::now();
            let sight = editor.make(kind, n).await?;
            let seen = sight.wait(&http, address, since, PATIENCE).await;
            seen.with_context(|| format!("the {} of round {n}", kind.name()))?;
            let segments = published(store).await?.1.index.segments.len();
            assert!(segments <= MOST_SEGMENTS, "{segments} segments after the {} of round {n}", kind.name());
        }
    }
    // Of many pieces one is sold, and then something that everyone sees is changed: one version, not two.
    let before = published(store).await?.0.version;
    editor.sell_one_of_many(ROUNDS + 1).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(published(store).await?.0.version, before, "39 of 40 left is nothing that anyone can see");
    let since = Instant::now();
    editor.make(Kind::Price, ROUNDS + 1).await?.wait(&http, address, since, PATIENCE).await?;
    assert_eq!(published(store).await?.0.version, before + 1);
    Ok(())
}

async fn published(store: &Store) -> Result<(Pointer, Manifest)> {
    let pointer: Pointer = serde_json::from_slice(&store.objects().get_pointer().await?)?;
    let manifest = store.objects().get_public(&format!("snapshots/{}.json", pointer.manifest)).await?;
    Ok((pointer, serde_json::from_slice(&manifest)?))
}
