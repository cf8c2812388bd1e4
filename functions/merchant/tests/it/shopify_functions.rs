//! Shopify Functions through the API: one made with Shopify's own crate, and what is refused and why.

use crate::caller::{Answer, Caller, caller};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stoa_domain::promotion::{DiscountValue, Operation};
use stoa_domain::{Currency, Handle, Locale, Money, PluginId, ProductId, PromotionId, Sku};
use stoa_plugin_runtime::{Engine, InputLine, Loaded, Promotion, PromotionInput, load};

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

#[tokio::test]
async fn an_uploaded_function_prices_carts_as_the_checkout_loads_it() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let made = upload(&caller, function()).await;
    assert_eq!((made.status, &made.body["enabled"]), (StatusCode::OK, &json!(true)), "{}", made.text);
    let settings = json!({ "settings": { "percentOff": 15 } });
    let changed = caller.json("PATCH", "/plugins/tableware", &[], settings).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);

    let record = caller.shop.store.plugins().get(&PluginId::new("tableware").unwrap()).await.unwrap().unwrap().value;
    let artefact = caller.shop.store.objects().private_get(&record.artefact).await.unwrap();
    let Ok(Loaded::ShopifyFunction(function)) = load(&Engine::new().unwrap(), &artefact, &caller.verify_key) else {
        panic!("it is no function");
    };
    let line = InputLine {
        sku: Sku::new("mug").unwrap(),
        product: ProductId::new("p1").unwrap(),
        handle: Handle::new("mug").unwrap(),
        title: "Mug".to_owned(),
        quantity: 1,
        unit_price: Money::new(2_000, Currency::new("CNY").unwrap()),
        tags: vec!["tableware".to_owned()],
        categories: Vec::new(),
        brand: None,
    };
    let cart = PromotionInput::new(vec![line], Currency::new("CNY").unwrap(), Locale::new("en").unwrap()).unwrap();
    let id = PromotionId::new("tableware").unwrap();
    let promotion = Promotion { id: &id, title: &record.title, settings: &record.settings };
    let proposed = function.run(promotion, &cart).unwrap().proposal.operations;
    let Operation::DiscountPieces { value, reason, .. } = &proposed[0] else { panic!("{proposed:?}") };
    assert_eq!((*value, reason.as_str()), (DiscountValue::BasisPoints(1_500), "Tableware"));
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
