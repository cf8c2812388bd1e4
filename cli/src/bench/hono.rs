//! The peer: a Hono worker, bundled with the products it is asked for.

use crate::checkout::{Checkout, run};
use anyhow::{Context, Result};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use stoa_domain::snapshot::{IndexRef, Manifest, Pointer, ProductShard, ProductView, ShopView, decode};
use stoa_domain::{CategoryId, Locale, ProductId};
use stoa_storage::Store;

const WORKER: &str = include_str!("hono.js");

/// What is published, decoded.
pub(crate) struct Published {
    pub(crate) shop: ShopView,
    pub(crate) views: BTreeMap<ProductId, ProductView>,
    pub(crate) index: IndexRef,
}

impl Published {
    pub(crate) async fn read(store: &Store) -> Result<Self> {
        let objects = store.objects();
        let pointer: Pointer = serde_json::from_slice(&objects.get_pointer().await?)?;
        let manifest = objects.get_public(&format!("snapshots/{}.json", pointer.manifest)).await?;
        let manifest: Manifest = serde_json::from_slice(&manifest)?;
        let shop = decode(&objects.get(&manifest.shop.digest).await?)?;
        let mut views = BTreeMap::new();
        for shard in manifest.product_shards.iter().flatten() {
            for entry in ProductShard::decode(&objects.get(&shard.digest).await?)?.entries {
                views.insert(entry.id.clone(), entry.decode()?);
            }
        }
        Ok(Self { shop, views, index: manifest.index })
    }

    /// `count` products' handles, evenly over the catalogue.
    pub(crate) fn sample(&self, count: usize) -> Vec<String> {
        let step = (self.views.len() / count).max(1);
        self.views.values().step_by(step).take(count).map(|v| v.product.handle.to_string()).collect()
    }

    /// What the peer's worker imports as `data.json`. `page` is one of our own pages, for the frame around `<main>`, and
    /// `headers` are its own, but for those that the runtime sets.
    fn data(&self, handles: &[String], headers: &HeaderMap, page: &str) -> Result<Value> {
        let headers: BTreeMap<&str, &str> = headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "content-length" | "transfer-encoding" | "date"))
            .map(|(name, value)| Ok((name.as_str(), value.to_str()?)))
            .collect::<Result<_>>()?;
        let (head, rest) = page.split_once("<title>").context("a page has a title")?;
        let after_title = rest.split_once("</title>").context("a title ends")?.1;
        let without_data = match after_title.split_once("<script type=\"application/ld+json\">") {
            Some((before, rest)) => format!("{before}{}", rest.split_once("</script>").context("a script ends")?.1),
            None => after_title.to_owned(),
        };
        let (before_main, inside) = without_data.split_once("<main").context("a page has a main part")?;
        let (main_tag, _) = inside.split_once('>').context("a tag ends")?;
        let (_, after) = page.split_once("</main>").context("the main part ends")?;
        let shapes = page.split("href=\"").find(|h| h.starts_with("/static/shapes.")).and_then(|h| h.split('#').next());
        let products: BTreeMap<&str, Value> = self
            .views
            .values()
            .filter(|v| handles.iter().any(|h| h == v.product.handle.as_str()))
            .map(|v| (v.product.handle.as_str(), self.product(v)))
            .collect();
        Ok(json!({
            "headers": headers,
            "currency": self.shop.shop.currency,
            "frame": {
                "before": head, "main": format!("{before_main}<main{main_tag}>"), "after": format!("</main>{after}"),
                "shapes": shapes.unwrap_or_default(),
            },
            "products": products,
        }))
    }

    fn product(&self, view: &ProductView) -> Value {
        let locale = &self.shop.shop.default_locale;
        let related: Vec<Value> =
            view.related.iter().filter_map(|id| self.views.get(id)).take(4).map(|v| card(v, locale)).collect();
        json!({"product": view.product, "crumbs": self.crumbs(view.product.category.as_ref(), locale), "related": related})
    }

    fn crumbs(&self, category: Option<&CategoryId>, locale: &Locale) -> Vec<Value> {
        let mut crumbs = Vec::new();
        let mut next = category;
        while let Some(found) = next.and_then(|id| self.shop.categories.iter().find(|c| c.id == *id)) {
            crumbs.insert(0, json!({"handle": found.handle, "name": found.name.get(locale, locale)}));
            next = found.parent.as_ref();
        }
        crumbs
    }
}

fn card(view: &ProductView, locale: &Locale) -> Value {
    let product = &view.product;
    json!({
        "handle": product.handle, "title": product.title.get(locale, locale), "brand": product.brand,
        "price": product.variants.iter().map(|v| v.price).min_by_key(|p| p.minor),
    })
}

/// Writes and bundles the peer's worker; answers the folder that workerd is given.
pub(crate) fn build(
    checkout: &Checkout,
    folder: &Path,
    published: &Published,
    handles: &[String],
    headers: &HeaderMap,
    page: &str,
) -> Result<PathBuf> {
    let source = folder.join("hono-source");
    let built = folder.join("hono-build");
    fs::create_dir_all(&source)?;
    fs::create_dir_all(&built)?;
    fs::write(source.join("worker.js"), WORKER)?;
    fs::write(source.join("data.json"), serde_json::to_vec(&published.data(handles, headers, page)?)?)?;
    let modules = checkout.root.join("edge/node_modules");
    let mut esbuild = Command::new(modules.join(".bin/esbuild"));
    esbuild.arg(source.join("worker.js")).args([
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--log-level=error",
    ]);
    esbuild.arg(format!("--outfile={}", built.join("index.js").display())).env("NODE_PATH", &modules);
    run(&mut esbuild)?;
    Ok(built)
}
