//! Which carts a plugin runs for: what is not for a cart costs it nothing, and what is said of it counts from the next quote
//! on.

use crate::shop::{Shopper, TestShop, order, shop};
use axum::http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stoa_checkout::{Config, LoadPromotion, RunPromotion, State};
use stoa_domain::PluginId;
use stoa_domain::plugin::{Build, Version};
use stoa_domain::promotion::{Operation, Proposal};
use stoa_endpoint::config::PublicUrl;
use stoa_plugin_runtime::{Promotion, PromotionInput, Run, artefact_key};
use stoa_storage::meter::Meter;
use stoa_storage::{Expected, PluginRecord, Store};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Counts what is loaded and run; each run says its plugin's name.
#[derive(Default, Clone)]
struct Counted {
    loads: Arc<AtomicUsize>,
    runs: Arc<AtomicUsize>,
}

impl Counted {
    fn take(&self) -> (usize, usize) {
        (self.loads.swap(0, Ordering::SeqCst), self.runs.swap(0, Ordering::SeqCst))
    }
}

impl LoadPromotion for Counted {
    fn load(&self, _: &[u8], _: &str) -> Result<Arc<dyn RunPromotion>, Failure> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        Ok(Arc::new(self.clone()))
    }
}

impl RunPromotion for Counted {
    fn propose(&self, promotion: Promotion<'_>, input: &PromotionInput) -> Result<Run, Failure> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let orders = input.context.shopper.as_ref().map_or(0, |shopper| shopper.orders);
        let operations = vec![Operation::Message { text: format!("{} after {orders}", promotion.id) }];
        let proposal = Proposal { promotion: promotion.id.clone(), title: promotion.title.to_owned(), operations };
        Ok(Run { proposal, fuel_used: 1, memory_bytes: 65_536 })
    }
}

/// A plugin for everybody. `there`: whether its artefact is in the object store.
async fn install(shop: &TestShop, name: &str, target: Value, there: bool) -> PluginRecord {
    if there {
        let key = artefact_key(&format!("digest-of-{name}"));
        shop.store.objects().private_put(&key, name.to_owned().into(), "application/wasm").await.unwrap();
    }
    let now = jiff::Timestamp::now();
    let mut plugin = PluginRecord::new(PluginId::new(name).unwrap(), name.into(), "{}".into(), 0, now);
    plugin.sample_percent = 0;
    let target = (!target.is_null()).then(|| serde_json::from_value(target).unwrap());
    let version = Version::new("1").unwrap();
    let build = Build { version, digest: format!("digest-of-{name}"), target };
    plugin.life.release(build, 100).unwrap();
    shop.store.plugins().put(&plugin, Expected::Absent).await.unwrap();
    plugin
}

fn bowls() -> Value {
    json!({ "when": { "contains": { "tag": ["bowl"] } } })
}

/// A checkout of its own, what its plugins cost, and what it reads.
async fn checkout(shop: &TestShop) -> (State, Counted, Meter) {
    let (store, meter) = Store::metered(shop.store.config()).await;
    let counted = Counted::default();
    let url = PublicUrl::new("https://shop.example").unwrap();
    let state = State::new(store, Config::for_testing(url)).with_promotions(Arc::new(counted.clone()));
    (state, counted, meter)
}

fn messages(cart: &Value) -> Vec<&str> {
    cart["messages"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn a_hundred_plugins_that_are_for_other_carts_are_neither_fetched_nor_loaded_nor_run() {
    let shop = shop().await;
    let (state, counted, meter) = checkout(&shop).await;
    let shopper = Shopper::of(state);
    shopper.add("mug", 2).await;
    let read = async || {
        meter.take();
        let cart = shopper.cart().await;
        (cart["total"]["minor"].as_i64().unwrap(), meter.take())
    };
    let (total, none) = read().await;
    for n in 0..100 {
        // Nobody put their artefacts anywhere: a fetch would fail, and be noted.
        install(&shop, &format!("for-bowls-{n}"), bowls(), false).await;
    }
    let (_, first) = read().await;
    let (with_hundred, again) = read().await;
    println!("no plugin: {none:?}; 100 for other carts, read anew: {first:?}, known: {again:?}");
    assert_eq!((with_hundred, counted.take()), (total, (0, 0)));
    assert_eq!(again, none, "what a cart reads does not grow with the plugins that are not for it");
    // Settings, promotions and plugins have one edition together.
    assert!(first.read > none.read && first.requests == none.requests + 6, "each was read, once: {first:?}");
    assert_eq!(shop.store.plugins().failures().await.unwrap(), [], "nothing was fetched in vain");
    // The order is priced by the same rule.
    assert_eq!(shopper.place(total, "key-1").await.0, 201);
    assert_eq!(counted.take(), (0, 0));
}

#[tokio::test]
async fn of_many_plugins_those_run_that_are_for_the_cart_or_for_every_cart() {
    let shop = shop().await;
    let dear = json!({ "when": { "amount": { "from": { "CNY": 2_000 } } } });
    let over = json!({ "schedule": { "ends_at": "2020-01-01T00:00:00Z" } });
    for (name, target) in [
        ("always", Value::Null),
        ("dear", dear),
        ("bowls", bowls()),
        ("over", over),
        ("standard", json!({ "when": { "shipping_method": ["standard"] } })),
        ("abroad", json!({ "when": { "country": ["US"] } })),
        ("code", json!({ "when": { "code": ["staff"] } })),
        ("now", json!({ "schedule": { "time_zone": "Asia/Shanghai", "weekly": [{}] } })),
    ] {
        install(&shop, name, target, true).await;
    }
    let (state, counted, _) = checkout(&shop).await;
    let shopper = Shopper::of(state);
    shopper.add("mug", 1).await;
    counted.take();
    assert_eq!(messages(&shopper.cart().await), ["always after 0", "now after 0", "standard after 0"]);
    assert_eq!(counted.take(), (1, 3), "two of them were loaded for the cart before, without a method");
    shopper.add("mug", 1).await;
    counted.take();
    let codes = json!({ "code": "STAFF" });
    assert_eq!(shopper.send(Method::POST, "/api/cart/codes", Some(codes), None).await.0, 200);
    let cart = shopper.cart().await;
    assert_eq!(
        messages(&cart),
        ["always after 0", "code after 0", "dear after 0", "now after 0", "standard after 0"],
        "{cart}"
    );
}

#[tokio::test]
async fn what_a_target_asks_about_a_line_is_looked_up() {
    use stoa_domain::category::Category;
    use stoa_domain::collection::{Collection, Members};
    use stoa_domain::{CategoryId, CollectionId, Handle, Localized, ProductId};
    use stoa_storage::testing::en;
    let shop = shop().await;
    let name = |text: &str| Localized::new(en(), text);
    let (kitchen, gifts) = (CategoryId::new("cat_kitchen").unwrap(), CollectionId::new("col_gifts").unwrap());
    let mug = stoa_domain::product::Product {
        category: Some(kitchen.clone()),
        brand: Some("Agora".into()),
        ..crate::shop::product("mug", 1_250)
    };
    let id: ProductId = mug.id.clone();
    shop.store.products().put(&mug, Expected::Any).await.unwrap();
    let category = Category {
        id: kitchen.clone(),
        parent: None,
        handle: Handle::new("kitchen").unwrap(),
        name: name("Kitchen"),
        description_html: Localized::default(),
        position: 0,
    };
    shop.store.shop().put_category(&category, Expected::Any).await.unwrap();
    let collection = Collection {
        id: gifts.clone(),
        handle: Handle::new("gifts").unwrap(),
        title: name("Gifts"),
        description_html: Localized::default(),
        members: Members::Manual(vec![id]),
        position: 0,
    };
    shop.store.shop().put_collection(&collection, Expected::Any).await.unwrap();
    install(&shop, "category", json!({ "when": { "contains": { "category": [kitchen] } } }), true).await;
    install(&shop, "collection", json!({ "when": { "contains": { "collection": [gifts] } } }), true).await;
    install(&shop, "brand", json!({ "when": { "contains": { "brand": ["agora"] } } }), true).await;
    let (state, _, _) = checkout(&shop).await;
    let shopper = Shopper::of(state);
    shopper.add("bowl", 1).await;
    assert_eq!(messages(&shopper.cart().await), [""; 0]);
    shopper.add("mug", 1).await;
    assert_eq!(messages(&shopper.cart().await), ["brand after 0", "category after 0", "collection after 0"]);
}

#[tokio::test]
async fn a_plugin_for_the_second_order_knows_the_shopper_when_they_order() {
    let shop = shop().await;
    install(&shop, "second", json!({ "when": { "nth_order": { "from": 2 } } }), true).await;
    let (state, counted, _) = checkout(&shop).await;
    for (n, runs) in [(1, 0), (2, 1)] {
        let shopper = Shopper::of(state.clone());
        shopper.add("mug", 1).await;
        let total = shopper.cart().await["total"]["minor"].as_i64().unwrap();
        counted.take();
        let (status, placed) =
            shopper.send(Method::POST, "/api/orders", Some(order(total)), Some(&format!("key-{n}"))).await;
        assert_eq!((status, counted.take().1), (201, runs), "{placed}");
    }
}

#[tokio::test]
async fn pausing_resuming_and_another_version_count_from_the_next_quote_on_in_every_process() {
    let shop = shop().await;
    let mut plugin = install(&shop, "always", Value::Null, true).await;
    let (one, other) = (checkout(&shop).await.0, checkout(&shop).await.0);
    let shoppers = [Shopper::of(one), Shopper::of(other)];
    let mut said = Vec::new();
    for shopper in &shoppers {
        shopper.add("mug", 1).await;
    }
    for round in 0..3 {
        for shopper in &shoppers {
            said.push(messages(&shopper.cart().await).len());
        }
        match round {
            0 => plugin.life.pause(jiff::Timestamp::now(), "stock-taking".into()).unwrap(),
            1 => plugin.life.resume().unwrap(),
            _ => break,
        }
        shop.store.plugins().put(&plugin, Expected::Any).await.unwrap();
    }
    assert_eq!(said, [1, 1, 0, 0, 1, 1]);
    shop.store.plugins().delete(&plugin.id, Expected::Any).await.unwrap();
    assert_eq!(messages(&shoppers[0].cart().await), [""; 0]);
}
