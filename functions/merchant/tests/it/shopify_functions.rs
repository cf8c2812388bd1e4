//! Shopify Functions through the API: one made with Shopify's own crate, and what is refused and why.

use crate::caller::{Answer, Caller, caller};
use axum::body::Body;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stoa_domain::promotion::{DiscountValue, Operation};
use stoa_domain::{Currency, Handle, Locale, Money, PluginId, ProductId, PromotionId, Sku};
use stoa_merchant::plugins::Manifest;
use stoa_plugin_runtime::{Engine, InputLine, Loaded, Promotion, PromotionContext, PromotionInput, artefact_key, load};

const FUNCTION: &[u8] = include_bytes!("../../../../plugins/runtime/tests/guests/discount.wasm");
const LINES: &str = include_str!("../../../../plugins/runtime/tests/guests/discount/src/lines.graphql");
const TARGET: &str = "cart.lines.discounts.generate.run";
const EXPORT: &str = "cart_lines_discounts_generate_run";

/// What a merchant sends.
pub(crate) fn body(wasm: &[u8], target: &str, export: &str, query: &str) -> Value {
    json!({ "title": "Tableware", "version": "1.0.0", "module": STANDARD.encode(wasm),
        "targeting": [{ "target": target, "export": export, "input_query": query }] })
}

pub(crate) fn function() -> Value {
    body(FUNCTION, TARGET, EXPORT, LINES)
}

async fn upload(caller: &Caller, body: Value) -> Answer {
    caller.json("PUT", "/plugins/tableware/shopify-function", &[], body).await
}

async fn post(caller: &Caller, what: &str, body: Value) -> Answer {
    caller.json("POST", &format!("/plugins/tableware/{what}"), &[], body).await
}

#[tokio::test]
async fn an_uploaded_function_prices_carts_as_the_checkout_loads_it() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let made = upload(&caller, function()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let version = &made.body["version"];
    assert_eq!((&version["abi"], &version["percent"]), (&json!("shopify"), &json!(0)));
    assert_eq!(version["report"]["limits"]["output_bytes"], json!(20_000));
    let names = |of: &str| version["report"][of].as_array().unwrap().clone();
    assert!(names("imports").iter().all(|name| name.as_str().unwrap().starts_with("shopify_function_v")), "{version}");
    assert!(names("exports").contains(&json!(EXPORT)), "{version}");
    let released = post(&caller, "release", json!({ "version": "1.0.0", "percent": 100 })).await;
    assert_eq!(released.status, StatusCode::OK, "{}", released.text);
    let settings = json!({ "settings": { "percentOff": 15 } });
    let changed = caller.json("PATCH", "/plugins/tableware", &[], settings).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);

    let record = caller.shop.store.plugins().get(&PluginId::new("tableware").unwrap()).await.unwrap().unwrap().value;
    let build = record.life.release.unwrap().build;
    let artefact = caller.shop.store.objects().private_get(&artefact_key(&build.digest)).await.unwrap();
    let loaded = load(&Engine::new().unwrap(), &artefact, &caller.verify_key, &build.digest);
    let Ok(Loaded::ShopifyFunction(function)) = loaded else { panic!("it is no function") };
    let line = InputLine {
        sku: Sku::new("mug").unwrap(),
        product: ProductId::new("p1").unwrap(),
        handle: Handle::new("mug").unwrap(),
        title: "Mug".to_owned(),
        quantity: 1,
        unit_price: Money::new(2_000, Currency::new("CNY").unwrap()),
        compare_at: None,
        weight_grams: None,
        brand: None,
        product_type: None,
        tags: vec!["tableware".to_owned()],
        categories: Vec::new(),
        collections: Vec::new(),
        attributes: Vec::new(),
    };
    let (currency, locale) = (Currency::new("CNY").unwrap(), Locale::new("en").unwrap());
    let cart = PromotionInput::new(vec![line], currency, locale, PromotionContext::default()).unwrap();
    let id = PromotionId::new("tableware").unwrap();
    let promotion = Promotion { id: &id, title: &record.title, settings: &record.settings };
    let run = function.run(promotion, &cart).unwrap();
    let Operation::DiscountPieces { value, reason, .. } = &run.proposal.operations[0] else { panic!("{run:?}") };
    assert_eq!((*value, reason.as_str()), (DiscountValue::BasisPoints(1_500), "Tableware"));
    assert!(run.fuel_used > 0 && run.memory_bytes > 0, "{run:?}");
}

#[tokio::test]
async fn a_functions_versions_live_as_those_of_every_plugin() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let mut first = function();
    first["settings"] = json!({ "percentOff": 20 });
    first["percent"] = json!(100);
    let made = upload(&caller, first.clone()).await;
    assert_eq!((made.status, &made.body["version"]["percent"]), (StatusCode::CREATED, &json!(100)), "{}", made.text);
    assert_eq!(
        (upload(&caller, first.clone()).await.status, &made.body["plugin"]["settings"]),
        (StatusCode::OK, &first["settings"])
    );

    // Another query is another function, and needs another version.
    let mut second = function();
    second["targeting"][0]["input_query"] = json!(LINES.replace("quantity", "quantity __typename"));
    assert_eq!(upload(&caller, second.clone()).await.code(), "version_exists");
    second["version"] = json!("1.1.0");
    second["percent"] = json!(10);
    let made = upload(&caller, second).await;
    assert_eq!((made.status, &made.body["version"]["percent"]), (StatusCode::CREATED, &json!(10)), "{}", made.text);
    assert_eq!(post(&caller, "rollback", json!({})).await.status, StatusCode::OK);
    assert_eq!(caller.get("/plugins").await.body[0]["value"]["version"], json!("1.0.0"));

    // The file that is kept carries all that it takes to compile it again: it is the plugin in one file.
    let kept = caller.send("GET", "/plugins/tableware/versions/1.0.0/wasm", &[], Body::empty()).await;
    let manifest = Manifest::of_file(&kept.bytes).unwrap().unwrap();
    assert_eq!((manifest.version.as_str(), manifest.shopify.unwrap()[0].export.as_str()), ("1.0.0", EXPORT));
    let again = caller.send("PUT", "/plugins/tableware", &[], kept.bytes).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
}

#[tokio::test]
async fn what_does_not_run_here_is_refused_by_name() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    for (body, code, says) in [
        (body(b"not wasm", TARGET, EXPORT, LINES), "not_a_core_module", "module"),
        (body(FUNCTION, "cart.transform.run", EXPORT, LINES), "unsupported_target", "cart.transform.run"),
        (body(FUNCTION, TARGET, "run", LINES), "no_such_export", EXPORT),
        (body(FUNCTION, TARGET, EXPORT, "{ shop { localTime { date } } }"), "unsupported_field", "shop.localTime"),
        (body(FUNCTION, TARGET, EXPORT, "{"), "query_syntax", TARGET),
    ] {
        let refused = upload(&caller, body).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, code), "{}", refused.text);
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
    let mut torn = function();
    torn["module"] = json!("%%%");
    assert_eq!(upload(&caller, torn).await.code(), "validation_failed");
    let mut unnamed = function();
    unnamed["version"] = json!("");
    assert_eq!(upload(&caller, unnamed).await.code(), "validation_failed");
    assert_eq!(caller.get("/plugins").await.body, json!([]), "nothing of it was installed");
}
