//! `stoa search compare` and `explain`, on the published versions of a shop on this machine.

use crate::plugin_guide::{Here, Opened};
use serde_json::json;
use stoa_domain::Localized;
use stoa_domain::promotion::read;
use stoa_storage::testing::{en, product, settings};
use stoa_storage::{Expected, LiveSearch, PutProduct};

/// Three versions: bowls; a pinned jug; and a bowl that is called a basin.
async fn versions(here: &Here) {
    here.run("./stoa crm customers");
    let shop = Opened::open(&here.data()).await;
    let store = &shop.store;
    store.shop().put_settings(&settings(), Expected::Any).await.unwrap();
    let put = |name: &str| {
        let mut product = product(name, 1_000);
        product.title = Localized::new(en(), format!("{name} of clay"));
        PutProduct { product, expected: Expected::Any }
    };
    let products = ["bowl", "cup", "jug"].map(put);
    assert!(store.products().put_many(products.into()).await.iter().all(Result::is_ok));
    stoa_publish::rebuild(store, &|_| {}).await.unwrap();
    let rules = json!({ "merit": { "stock": 50 }, "rules": [{ "id": "clay", "when": { "phrases": ["clay"] },
        "pins": [{ "product": "jug", "position": 1 }], "boosts": [{ "by": "product", "value": "cup", "percent": 200 }] }] });
    let live = LiveSearch { settings: read(rules).unwrap(), since: jiff::Timestamp::now(), by: "tests".to_owned() };
    store.search().make_live(&live, &None).await.unwrap();
    stoa_publish::rebuild(store, &|_| {}).await.unwrap();
    let mut bowl = put("bowl").product;
    bowl.title = Localized::new(en(), "basin");
    store.products().put(&bowl, Expected::Any).await.unwrap();
    stoa_publish::rebuild(store, &|_| {}).await.unwrap();
    shop.close().await;
}

#[tokio::test]
async fn versions_are_compared_and_places_explained() {
    let here = Here::new();
    versions(&here).await;
    let told = here.run("./stoa search compare --query clay --query jug --from 1 --to 2");
    for line in [
        "clay: 3 products, 3 before",
        "    1  ▲2     jug  jug of clay",
        "    3  ▼2     bowl  bowl of clay",
        "1 of 2 searches changed from version 1 to 2",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    let last = here.json("./stoa search compare --query clay --json");
    let products = &last["compared"]["products"];
    assert_eq!(
        (&products[2]["id"], &products[2]["after"], &products[2]["before"]),
        (&json!("bowl"), &json!(null), &json!(3))
    );
    assert_eq!((&last["compared"]["before"]["version"], &last["compared"]["after"]["version"]), (&json!(2), &json!(3)));

    let why = here.json("./stoa search explain clay cup --json");
    assert_eq!((&why["place"], &why["boost"]), (&json!(1), &json!(2.0)), "{why}");
    let concepts: f64 = why["concepts"].as_array().unwrap().iter().map(|c| c["score"].as_f64().unwrap()).sum();
    let factor = |name: &str| why[name].as_f64().unwrap();
    let product = concepts * factor("merit") * factor("boost") * factor("closeness");
    assert!((product - factor("score")).abs() < 1e-4 * factor("score"), "{why}");
    let told = here.run("./stoa search explain clay cup");
    for line in ["place 1 of 2 by score", "× 2.000  rules: clay", "title        1 × 1.50"] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
}
