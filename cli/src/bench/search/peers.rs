//! The peers: a worker each, with an index made beforehand from the documents that ours was made from.

use super::made_in;
use crate::bench::hono::Published;
use crate::checkout::{Checkout, run};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use stoa_domain::category::CategoryTree;
use stoa_domain::{Locale, Localized};
use stoa_search_index::SearchDocument;
use stoa_storage::Store;

const WORKER: &str = include_str!("worker.js");
const BUILD: &str = include_str!("build.js");
const ENGINES: [(&str, &str); 2] = [("minisearch", include_str!("minisearch.js")), ("orama", include_str!("orama.js"))];

pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What workerd is given.
    pub(crate) build: PathBuf,
    pub(crate) index_bytes: u64,
}

/// Makes each peer's index, stores it where workers fetch published objects, and bundles the worker.
pub(crate) async fn build(
    checkout: &Checkout,
    folder: &Path,
    store: &Store,
    published: &Published,
) -> Result<Vec<Peer>> {
    let documents = serde_json::to_vec(&documents(published)?)?;
    let mut peers = Vec::new();
    for (name, engine) in ENGINES {
        let source = made_in(folder, name, "source")?;
        let build = made_in(folder, name, "build")?;
        fs::write(source.join("documents.json"), &documents)?;
        for (file, text) in [("engine.js", engine), ("worker.js", WORKER), ("build.js", BUILD)] {
            fs::write(source.join(file), text)?;
        }
        let builder = source.join("build.cjs");
        bundle(checkout, &source.join("build.js"), &builder, "cjs")?;
        run(Command::new("node").arg(&builder).arg(source.join("documents.json")).arg(source.join("index.json")))?;
        let index = fs::read(source.join("index.json"))?;
        let object = store.objects().put_immutable(index.into(), "application/json").await?;
        fs::write(source.join("index.js"), format!("export const index = \"objects/{}\";\n", object.digest))?;
        bundle(checkout, &source.join("worker.js"), &build.join("index.js"), "esm")?;
        peers.push(Peer { name, build, index_bytes: object.bytes });
    }
    Ok(peers)
}

fn bundle(checkout: &Checkout, from: &Path, to: &Path, format: &str) -> Result<()> {
    let modules = checkout.root.join("edge/node_modules");
    let platform = if format == "cjs" { "node" } else { "neutral" };
    let mut esbuild = Command::new(modules.join(".bin/esbuild"));
    esbuild.arg(from).args([
        "--bundle",
        "--minify",
        "--target=es2022",
        "--log-level=error",
        "--main-fields=module,main",
    ]);
    esbuild.args([
        format!("--format={format}"),
        format!("--platform={platform}"),
        format!("--outfile={}", to.display()),
    ]);
    run(esbuild.args(["--conditions=import"]).env("NODE_PATH", &modules))
}

/// The texts that ours is made from, each field as one, and what the cases filter by.
fn documents(published: &Published) -> Result<Vec<Value>> {
    let locale = &published.shop.shop.default_locale;
    let tree = CategoryTree::new(published.shop.categories.clone())?;
    let views = published.views.values();
    let document = |view: &stoa_domain::snapshot::ProductView| {
        let product = &view.product;
        let above = product.category.as_ref().map(|id| tree.breadcrumbs(id)).unwrap_or_default();
        let document = SearchDocument::of(product, &above, locale);
        let cheapest = product.variants.iter().map(|variant| variant.price).min_by_key(|price| price.minor);
        let price = cheapest.context("a product has a variant")?.to_decimal().parse::<f64>()?;
        Ok(json!({
            "id": document.id, "title": document.title.get(locale, locale), "brand": document.brand.clone().unwrap_or_default(),
            "kinds": joined(&document.kinds, locale), "attributes": joined(&document.attributes, locale),
            "description": document.description.get(locale, locale), "codes": document.codes.join(" "),
            "maker": document.brand.unwrap_or_default(), "price": price,
        }))
    };
    views.map(document).collect()
}

fn joined(texts: &[Localized], locale: &Locale) -> String {
    texts.iter().map(|text| text.get(locale, locale)).collect::<Vec<_>>().join("\n")
}
