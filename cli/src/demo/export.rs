//! The demo shop as files: what `PUT /admin/api/…` and `stoa catalog import` take. For a shop that is deployed, and as
//! an example to start a catalogue from.

use super::catalogue::{self, Picture};
use super::scene;
use super::seed::png;
use super::shop;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use stoa_domain::Locale;
use stoa_merchant::catalog::{CategoryPaths, to_record};

/// Writes `shop.json`, `categories.json`, `collections.json`, `pages.json`, `products.jsonl` and `pictures/*.png`.
/// `pictures` of each product are drawn, from its first. Answers how many products and pictures there are.
pub(crate) fn export(folder: &Path, pictures: usize) -> Result<(usize, usize)> {
    let mut catalogue = catalogue::load()?;
    let furnishing = shop::load()?;
    fs::create_dir_all(folder.join("pictures")).with_context(|| format!("making {}", folder.display()))?;
    let mut wanted = std::mem::take(&mut catalogue.pictures);
    wanted.retain(|picture| picture.image < pictures);
    for picture in &wanted {
        let handle = &catalogue.products[picture.product].handle;
        let name = format!("pictures/{handle}-{}.png", picture.image + 1);
        catalogue.products[picture.product].images[picture.image].source = Some(name);
    }
    draw(folder, &catalogue.products, &wanted)?;
    let stock: BTreeMap<_, _> = catalogue.stock.iter().cloned().collect();
    let categories = CategoryPaths::new(furnishing.categories.iter().cloned());
    let default = Locale::new("en")?;
    let mut lines = fs::File::create(folder.join("products.jsonl"))?;
    for product in &mut catalogue.products {
        let kept: Vec<bool> = product.images.iter().map(|image| image.source.is_some()).collect();
        let position = |at: u16| {
            let before = kept.iter().take(usize::from(at)).filter(|k| **k).count();
            kept.get(usize::from(at)).copied().unwrap_or(false).then(|| u16::try_from(before).ok()).flatten()
        };
        for variant in &mut product.variants {
            variant.image = variant.image.and_then(position);
        }
        product.images.retain(|image| image.source.is_some());
        let mut record = to_record(product, &categories, &default);
        for variant in record.variants.iter_mut().flatten() {
            let counted = variant.sku.as_ref().and_then(|sku| stock.iter().find(|(s, _)| s.as_str() == sku));
            variant.initial_stock = counted.map(|(_, on_hand)| *on_hand);
        }
        writeln!(lines, "{}", serde_json::to_string(&record)?)?;
    }
    let json = |name: &str, text: String| fs::write(folder.join(name), text).with_context(|| format!("writing {name}"));
    json("shop.json", serde_json::to_string_pretty(&furnishing.shop)?)?;
    json("categories.json", serde_json::to_string_pretty(&furnishing.categories)?)?;
    json("collections.json", serde_json::to_string_pretty(&furnishing.collections)?)?;
    json("pages.json", serde_json::to_string_pretty(&furnishing.pages)?)?;
    Ok((catalogue.products.len(), wanted.len()))
}

/// On all cores: drawing is what takes the time.
fn draw(folder: &Path, products: &[stoa_domain::product::Product], pictures: &[Picture]) -> Result<()> {
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let draws: Vec<_> = (0..lanes)
            .map(|lane| {
                scope.spawn(move || -> Result<()> {
                    for picture in pictures.iter().skip(lane).step_by(lanes) {
                        let image = &products[picture.product].images[picture.image];
                        let name = image.source.as_deref().context("a picture to draw has a name")?;
                        fs::write(folder.join(name), png(&scene::picture(picture.kind, &picture.look, picture.view))?)?;
                    }
                    Ok(())
                })
            })
            .collect();
        draws.into_iter().try_for_each(|d| d.join().map_err(|_| anyhow::anyhow!("drawing a picture failed"))?)
    })
}
