//! How fast a catalogue is stored, published whole, and published again after one price changed, on this machine:
//! `cargo run --release -p stoa-publish --example throughput -- 19406`
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Instant;
use stoa_domain::product::{Attribute, AttributeValue, Product};
use stoa_domain::{Locale, Localized, Money};
use stoa_publish::{ChangeSet, apply, rebuild};
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Config, Expected, Keys, PutProduct, Store};

const WORDS: [&str; 24] = [
    "celadon",
    "walnut",
    "linen",
    "copper",
    "matte",
    "folding",
    "wireless",
    "ceramic",
    "outdoor",
    "stacking",
    "glass",
    "oak",
    "steel",
    "compact",
    "quiet",
    "double",
    "travel",
    "insulated",
    "round",
    "tall",
    "soft",
    "bright",
    "heavy",
    "light",
];

/// About 6 kB of JSON with 30 attributes, as a computer shop's products are.
fn product(n: usize) -> Product {
    let en = Locale::new("en").unwrap();
    let word = |i: usize| WORDS[(n.wrapping_mul(31) ^ (i * 17 + n / 24)) % WORDS.len()];
    let text = |count: usize, from: usize| (0..count).map(|i| word(i + from)).collect::<Vec<_>>().join(" ");
    let attributes = (0..30).map(|i| Attribute {
        name: format!("attr_{i}"),
        label: Localized::new(en.clone(), format!("Property {i}")),
        value: AttributeValue::Text(Localized::new(en.clone(), text(3, i))),
    });
    let json = serde_json::json!({
        "id": format!("p{n}"), "handle": format!("p{n}"), "status": "active",
        "title": {"en": format!("{} {n}", text(5, 0))}, "description_html": {"en": format!("<p>{}</p>", text(150, 9))},
        "brand": word(3), "product_type": null, "category": null, "tags": [word(1), word(2)], "attributes": [],
        "options": [], "images": [], "seo_title": {}, "seo_description": {},
        "variants": [{"sku": format!("SKU-{n}"), "option_values": [], "price": {"minor": 1000 + n, "currency": "CNY"},
            "compare_at": null, "cost": null, "barcode": null, "weight_grams": null, "image": null,
            "requires_shipping": true, "taxable": true, "track_stock": true, "backorder": false}],
        "created_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-20T08:00:00Z",
    });
    let mut product: Product = serde_json::from_value(json).unwrap();
    product.attributes = attributes.collect();
    product
}

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().nth(1).map_or(19_406, |n| n.parse().unwrap());
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let keys = Keys { access_key: "local".to_owned(), secret_key: "local-secret".to_owned() };
    let folder = tempfile::tempdir().unwrap();
    let dynamo = DynamoServer::start(Some(&folder.path().join("table.db")), any).await.unwrap();
    let objects = ObjectServer::start(&folder.path().join("objects"), any, "stoa-public", &keys).await.unwrap();
    let store = Store::open(&Config::local(dynamo.url(), objects.url(), keys)).await;
    store.create().await.unwrap();
    let shop = serde_json::json!({
        "name": {"en": "Stoa"}, "tagline": {}, "announcement": {}, "description": {}, "email": "a@b.cn",
        "currency": "CNY", "default_locale": "en", "locales": ["en"], "main_menu": [], "footer_menu": [],
        "shipping_methods": [], "notices": [], "facets": ["attr_1", "attr_2"],
    });
    store.shop().put_settings(&serde_json::from_value(shop).unwrap(), Expected::Absent).await.unwrap();

    let at = Instant::now();
    let mut refused = 0;
    for chunk in (0..count).collect::<Vec<_>>().chunks(1_000) {
        let puts = chunk.iter().map(|n| PutProduct { product: product(*n), expected: Expected::Absent }).collect();
        refused += store.products().put_many(puts).await.iter().filter(|r| r.is_err()).count();
    }
    let seconds = at.elapsed().as_secs_f64();
    println!("stored {count} products ({refused} refused) in {seconds:.2} s: {:.0}/s", count as f64 / seconds);
    let at = Instant::now();
    let levels: Vec<_> = (0..count).map(|n| (product(n).variants[0].sku.clone(), 40)).collect();
    store.stock().set_many(&levels).await.unwrap();
    println!("set their stock in {:.2} s", at.elapsed().as_secs_f64());
    let at = Instant::now();
    let done = rebuild(&store, &|_| {}).await.unwrap();
    println!("published all in {:.2} s: {done:?}", at.elapsed().as_secs_f64());
    let mut read = store.products().get(&product(7).id).await.unwrap().unwrap();
    read.value.variants[0].price = Money::new(1, read.value.variants[0].price.currency);
    store.products().put(&read.value, read.unchanged()).await.unwrap();
    let at = Instant::now();
    let done = apply(&store, &ChangeSet::of_products([read.value.id]), &|_| {}).await.unwrap();
    println!("published one price in {:.3} s: {done:?}", at.elapsed().as_secs_f64());
}
