//! What the console previews is what the shop shows: the edge and the merchant's function over the same published version,
//! steered alike, answer every search and category with the same products in the same order.

use futures::future::LocalBoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use stoa_domain::category::Category;
use stoa_domain::product::{Attribute, AttributeValue, Product};
use stoa_domain::promotion::read;
use stoa_domain::search::SearchSettings;
use stoa_domain::{CategoryId, Handle, Locale, Localized, ProductId};
use stoa_edge::config::Config;
use stoa_edge::edge::Edge;
use stoa_edge::http::Request;
use stoa_edge::platform::{CallError, Incoming, Outgoing, Platform};
use stoa_merchant::search::{Published, Question, ask};
use stoa_storage::testing::{LocalStore, en, product, zh};
use stoa_storage::{Expected, LiveSearch, PutProduct, Store};

/// The published objects, as the edge gets them.
#[derive(Clone, Default)]
struct Bucket(Rc<RefCell<HashMap<String, Vec<u8>>>>);

impl Platform for Bucket {
    fn now_ms(&self) -> u64 {
        u64::try_from(Timestamp::now().as_millisecond()).unwrap()
    }
    async fn call(&self, outgoing: Outgoing) -> Result<Incoming, CallError> {
        let key = outgoing.url.strip_prefix("http://objects.test/").unwrap();
        let body = self.0.borrow().get(key).cloned();
        Ok(body.map_or(Incoming { status: 404, ..Incoming::default() }, |body| Incoming {
            status: 200,
            body,
            ..Incoming::default()
        }))
    }
    async fn sha256(&self, bytes: &[u8]) -> Option<[u8; 32]> {
        Some(Sha256::digest(bytes).into())
    }
    async fn sleep(&self, _: u32) {}
    fn defer(&self, _: LocalBoxFuture<'static, ()>) {}
    fn random_key(&self) -> String {
        "0123456789abcdef0123456789abcdef".to_owned()
    }
    fn log(&self, line: &str) {
        panic!("{line}");
    }
}

/// Everything that the bucket holds, by its key.
async fn bucket(store: &Store) -> Bucket {
    let objects = store.objects();
    let bucket = Bucket::default();
    let mut keys = vec!["current.json".to_owned()];
    for prefix in [stoa_storage::Prefix::Manifests, stoa_storage::Prefix::Objects] {
        let (page, next) = objects.list_published(prefix, None).await.unwrap();
        assert!(next.is_none());
        keys.extend(page.into_iter().map(|object| object.key));
    }
    for key in keys {
        let bytes = objects.get_public(&key).await.unwrap().to_vec();
        bucket.0.borrow_mut().insert(key, bytes);
    }
    bucket
}

const THINGS: [(&str, &str); 6] = [
    ("mug", "杯子"),
    ("travel cup", "保温杯"),
    ("teapot", "茶壶"),
    ("bowl", "碗"),
    ("camera bag", "相机包"),
    ("camera", "相机"),
];

fn products() -> Vec<Product> {
    let made = |at: usize| {
        let mut made = product(&format!("p{at}"), 1_000 + at as i64);
        let (english, chinese) = THINGS[at % THINGS.len()];
        let kind = ["Speckled", "Plain", "Blue"][at % 3];
        made.title = Localized::new(en(), format!("{kind} {english} no {at}")).with(zh(), format!("{chinese} {at} 号"));
        made.brand = Some(if at.is_multiple_of(2) { "Aule" } else { "Pottery & Co" }.to_owned());
        made.category = Some(CategoryId::new(["table", "cups"][at % 2]).unwrap());
        let glaze =
            AttributeValue::Text(Localized::new(en(), ["Matt", "Gloss"][at % 2]).with(zh(), ["哑光", "亮光"][at % 2]));
        made.attributes.push(Attribute { name: "glaze".into(), label: Localized::new(en(), "Glaze"), value: glaze });
        made.created_at = Timestamp::from_second(1_760_000_000 + (at as i64 * 7_919) % 5_000_000).unwrap();
        made
    };
    (0..150).map(made).collect()
}

fn settings() -> SearchSettings {
    let rule = |id: &str, when: Value, what: Value| {
        let mut rule = json!({ "id": id, "when": when });
        rule.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        rule
    };
    let pins = json!([{ "product": "p3", "position": 2 }, { "product": "p100", "position": 1 }, { "product": "p4", "position": 40 }]);
    let boosts = json!([{ "by": "brand", "value": "AULE", "percent": 250 }, { "by": "attribute", "name": "Glaze", "value": "亮光", "percent": 60 },
        { "by": "category", "value": "cups", "percent": 130 }, { "by": "product", "value": "p9", "percent": 0 }]);
    let settings = json!({ "merit": { "sales": 10, "stock": 30, "age": 60 },
        "vocabulary": { "synonyms": { "en": [["mug", "beaker"]] }, "stop_words": { "en": ["please"] } },
        "rules": [
            rule("a", json!({ "phrases": ["mug", "相机"], "matches": "contains" }), json!({ "pins": pins })),
            rule("b", json!({ "phrases": ["speckled mug", "camera"], "matches": "contains" }), json!({ "boosts": boosts })),
            rule("c", json!({ "category": "table" }), json!({ "pins": pins, "boosts": boosts })),
        ] });
    read(settings).unwrap()
}

/// The products of the page's tiles, by handle.
fn tiles(edge: &Rc<Edge>, bucket: &Bucket, address: &str) -> Vec<String> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let request =
        Request { method: "GET".into(), path, query, origin: "https://shop.example".into(), ..Request::default() };
    let reply = futures::executor::block_on(edge.handle(bucket, &request));
    assert_eq!(reply.status, 200, "{address}");
    let html = String::from_utf8(reply.body.clone()).unwrap();
    let tiles = html.split("<li class=\"tile\">").skip(1).filter_map(|tile| tile.split("/products/").nth(1));
    tiles.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_preview_and_the_shop_show_the_same_products_in_the_same_order() {
    let shop = LocalStore::with_settings().await;
    let store = &shop.store;
    for (id, parent) in [("table", None), ("cups", Some("table"))] {
        let category = Category {
            id: CategoryId::new(id).unwrap(),
            parent: parent.map(|parent| CategoryId::new(parent).unwrap()),
            handle: Handle::new(id).unwrap(),
            name: Localized::new(en(), id),
            description_html: Localized::default(),
            position: 0,
        };
        store.shop().put_category(&category, Expected::Absent).await.unwrap();
    }
    let put = products().into_iter().map(|product| PutProduct { product, expected: Expected::Absent }).collect();
    assert!(store.products().put_many(put).await.iter().all(Result::is_ok));
    let stocked: Vec<_> = products().iter().step_by(4).map(|p| (p.variants[0].sku.clone(), 9)).collect();
    store.stock().set_many(&stocked).await.unwrap();
    let live = LiveSearch { settings: settings(), since: Timestamp::now(), by: "tests".to_owned() };
    store.search().make_live(&live, &None).await.unwrap();
    stoa_publish::rebuild(store, &|_| {}).await.unwrap();

    let published = Published::read(store, None).await.unwrap();
    let steering = published.steering(settings());
    let merits = published.merits(settings().merit);
    let handles: HashMap<ProductId, String> =
        products().into_iter().map(|product| (product.id, product.handle.to_string())).collect();
    let (edge, bucket) = (Edge::new(Config::for_testing()), bucket(store).await);
    let previewed = |text: &str, locale: Locale, category: Option<&str>| -> Vec<String> {
        let category = category.map(|id| CategoryId::new(id).unwrap());
        let question = Question { text: text.to_owned(), locale, category, at: Timestamp::now() };
        let side = ask(&published, &steering, &merits, &question).unwrap();
        side.products.iter().map(|id| handles[id].clone()).collect()
    };
    let mut pages = 0;
    for (prefix, locale) in [("", en()), ("/zh", zh())] {
        for text in [
            "mug",
            "beaker please",
            "speckled mug",
            "camera",
            "相机",
            "保温杯",
            "blue",
            "no 12",
            "teapto",
            "nothing such",
        ] {
            let expected = previewed(text, locale.clone(), None);
            for (at, shown) in expected.chunks(24).enumerate().take(4) {
                let query: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
                let address = format!("{prefix}/search?q={query}&page={}", at + 1);
                assert_eq!(tiles(&edge, &bucket, &address), shown, "{address}");
                pages += 1;
            }
        }
        for category in ["table", "cups"] {
            for (at, shown) in previewed("", locale.clone(), Some(category)).chunks(24).enumerate() {
                let address = format!("{prefix}/collections/{category}?page={}", at + 1);
                assert_eq!(tiles(&edge, &bucket, &address), shown, "{address}");
                pages += 1;
            }
        }
    }
    assert!(pages > 40, "{pages}");
}
