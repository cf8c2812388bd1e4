//! The OpenAPI document against the API itself: every documented operation is called once on a shop that has one of each
//! thing, and must answer its documented status with a body of its documented schema.

use crate::caller::{Answer, Caller, answer, caller};
use crate::plugins::sample;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use stoa_domain::PluginId;
use stoa_domain::order::{
    Act, Decision, LinePieces, OrderState, Parcel, RefundId, RefundRequest, ReturnReason, ReturnRequest, ReturnWish,
};
use stoa_domain::plugin::Version;
use stoa_storage::testing::{order, place_order};
use stoa_storage::{PluginRun, RunOutcome, Store};
use tower::ServiceExt;

/// Method, documented path, what stands for its parameters and its query, body.
type Call<'a> = (&'a str, &'a str, &'a str, Option<Value>);

/// In an order in which each finds what it needs.
fn calls() -> Vec<Call<'static>> {
    let product = json!({ "id": "p1", "handle": "mug", "title": { "en": "Mug", "zh-CN": "杯子" }, "brand": "Clay",
        "tags": ["kitchen"], "category": ["Home", "Table"], "collections": ["Favourites"],
        "attributes": [{ "name": "watts", "value": 7.5, "unit": "W" }, { "name": "dimmable", "value": true }],
        "options": [{ "name": "Colour", "values": [{ "name": "Sand", "swatch": "#c2a27c" }] }],
        "variants": [{ "sku": "MUG", "options": ["Sand"], "price": "12.50", "compare_at": "15", "stock": 4 }],
        "images": [{ "source": "https://pictures.example/mug.jpg", "alt": "A mug" }] });
    let category = json!({ "parent": null, "handle": "light", "name": { "en": "Light" }, "position": 2 });
    let rule = json!({ "rule": { "all": true, "conditions": [{ "tag": "kitchen" }, "on_sale",
        { "price_below": { "minor": 5000, "currency": "CNY" } }, { "attribute_is": { "name": "a", "value": "b" } }] } });
    let collection = json!({ "handle": "deals", "title": { "en": "Deals" }, "members": rule });
    let page = json!({ "title": { "en": "About" }, "body_html": { "en": "<p>Hi</p>" } });
    let shop = json!({ "name": { "en": "Stoa" }, "tagline": {}, "announcement": {}, "description": {}, "email": "a@b.example",
        "currency": "CNY", "default_locale": "en", "locales": ["en", "zh-CN"], "facets": ["watts"], "notices": [{ "en": "ICP" }],
        "main_menu": [{ "label": { "en": "All" }, "path": "/collections" }], "footer_menu": [],
        "shipping_methods": [{ "id": "standard", "name": { "en": "Standard" }, "promise": { "en": "Soon" },
            "price": { "minor": 1000, "currency": "CNY" }, "free_from": { "minor": 20000, "currency": "CNY" } }] });
    let checkout = json!({ "home": { "country": "CN" },
        "taxes": { "included": false, "rounding": "order",
            "jurisdictions": [{ "places": [{ "country": "US", "regions": ["NY"], "postal_prefixes": ["100"] }], "shipping": "standard",
                "taxes": [{ "name": { "en": "Sales tax" }, "rates": { "standard": 88750, "clothing": 0 } }] }],
            "goods": [{ "category": "clothing", "select": { "all": [{ "tag": ["clothing"] }, { "unit_price": { "to": { "CNY": 9999 } } }] } }] },
        "shipping": [{ "method": "standard", "zones": [
            { "places": [{ "country": "CN" }], "free_from": { "minor": 20000, "currency": "CNY" },
              "rate": { "weight": [{ "up_to_grams": 1000, "price": { "minor": 1000, "currency": "CNY" } }] } },
            { "places": [{ "country": "HK" }], "rate": { "goods_total": [{ "from": { "minor": 0, "currency": "CNY" }, "price": { "minor": 1, "currency": "CNY" } }] } },
            { "places": [{ "country": "SG" }], "rate": { "flat": { "minor": 5, "currency": "CNY" } } },
            { "places": [{ "country": "TW" }], "rate": "not_offered" }] }] });
    let promotion = json!({ "id": "tenth", "title": { "en": "A tenth" }, "code_required": true,
        "limits": { "uses": 9, "budget": { "CNY": 90000 } },
        "conditions": { "all": [{ "amount": { "from": { "CNY": 1000 } } }, { "not": { "channel": ["market"] } }] },
        "schedule": { "time_zone": "Asia/Shanghai", "weekly": [{ "days": ["fri"], "from": "18:00" }, {}] },
        "actions": [{ "discount_lines": { "select": { "tag": ["cup"] }, "value": { "basis_points": 1000 } } }] });
    let cart = json!({ "cart": { "currency": "CNY",
            "lines": [{ "sku": "MUG", "quantity": 2, "unit_price": 5000, "facts": { "tags": ["cup"] } }] },
        "context": { "now": "2026-11-13T20:00:00+08:00", "codes": [{ "code": "hello" }, { "code": "nothing" }] } });
    let refund = json!({ "lines": [{ "line": 0, "quantity": 1 }], "goodwill": { "minor": 100, "currency": "CNY" },
        "restock": true, "reason": "chipped" });
    let search = json!({ "merit": { "sales": 20 }, "vocabulary": { "synonyms": { "en": [["bowl", "basin"]] } },
        "rules": [{ "id": "bowls", "name": "Bowls", "when": { "phrases": ["bowl"], "matches": "contains", "locale": "en" },
            "from": "2026-01-01T00:00:00Z", "pins": [{ "product": "bowl", "position": 1 }],
            "boosts": [{ "by": "attribute", "name": "watts", "value": "5", "percent": 150 }, { "by": "sold_out", "percent": 0 }],
            "banner": { "title": { "en": "Bowls" }, "text": {}, "link": "/collections/bowls" }, "redirect": "https://a.example/" }] });
    vec![
        ("put", "/admin/api/shop", "", Some(shop)),
        ("get", "/admin/api/shop", "", None),
        ("put", "/admin/api/checkout", "", Some(checkout)),
        ("get", "/admin/api/checkout", "", None),
        ("post", "/admin/api/catalog/products", "", Some(product.clone())),
        ("get", "/admin/api/catalog/products", "?limit=10", None),
        ("put", "/admin/api/catalog/products/{id}", "p1", Some(product)),
        ("patch", "/admin/api/catalog/products/{id}", "p1", Some(json!({ "brand": "Stone" }))),
        ("get", "/admin/api/catalog/products/{id}", "p1", None),
        ("get", "/admin/api/catalog/export", "?limit=10", None),
        ("post", "/admin/api/catalog/imports", "?dry_run=true", Some(json!("URL handle,Title,Price\na,A,1\nb,B,x\n"))),
        ("put", "/admin/api/categories/{id}", "c1", Some(category)),
        ("get", "/admin/api/categories", "", None),
        ("delete", "/admin/api/categories/{id}", "c1", None),
        ("put", "/admin/api/collections/{id}", "k1", Some(collection)),
        ("get", "/admin/api/collections", "", None),
        ("delete", "/admin/api/collections/{id}", "k1", None),
        ("put", "/admin/api/pages/{kind}/{handle}", "page/about", Some(page)),
        ("get", "/admin/api/pages", "", None),
        ("delete", "/admin/api/pages/{kind}/{handle}", "page/about", None),
        ("put", "/admin/api/stock/{sku}", "MUG", Some(json!({ "on_hand": 9 }))),
        ("get", "/admin/api/stock/{sku}", "MUG", None),
        ("post", "/admin/api/stock/{sku}/adjustments", "MUG", Some(json!({ "delta": -1, "reason": "broken" }))),
        ("get", "/admin/api/orders", "?state=payment_pending", None),
        ("get", "/admin/api/orders/{id}", "ord_1", None),
        ("post", "/admin/api/orders/{id}/transitions", "ord_1", Some(json!({ "to": "cancelled", "why": "asked" }))),
        ("post", "/admin/api/orders/{id}/refunds/preview", "ord_2", Some(json!({ "everything": true }))),
        ("put", "/admin/api/orders/{id}/refunds/{refund}", "ord_2/r1", Some(refund)),
        ("get", "/admin/api/refunds", "?state=pending", None),
        (
            "post",
            "/admin/api/orders/{id}/refunds/{refund}/by-hand",
            "ord_2/r1",
            Some(json!({ "reference": "transfer 42" })),
        ),
        ("post", "/admin/api/orders/{id}/refunds/{refund}/retry", "ord_3/f1", None),
        (
            "post",
            "/admin/api/orders/{id}/shipments",
            "ord_2",
            Some(json!({ "lines": [{ "line": 0, "quantity": 1 }], "carrier": "zto", "tracking_number": "ZT1" })),
        ),
        ("post", "/admin/api/orders/{id}/shipments/{number}/delivered", "ord_2/1", None),
        (
            "post",
            "/admin/api/orders/{id}/returns/{number}/steps",
            "ord_4/1",
            Some(json!({ "step": "approve", "why": "of course" })),
        ),
        ("put", "/admin/api/order-settings", "", Some(json!({ "return_days": 30 }))),
        ("get", "/admin/api/order-settings", "", None),
        ("get", "/admin/api/invoices", "?state=requested", None),
        ("post", "/admin/api/orders/{id}/invoice", "ord_6", Some(json!({ "number": "24442000000012345678" }))),
        ("get", "/admin/api/reviews", "?state=waiting", None),
        ("get", "/admin/api/reviews/{id}", "rev_5-0", None),
        ("post", "/admin/api/reviews/{id}/decision", "rev_5-0", Some(json!({ "to": "published", "why": "" }))),
        ("put", "/admin/api/reviews/{id}/answer", "rev_5-0", Some(json!({ "text": "Thank you." }))),
        ("put", "/admin/api/media", "", Some(json!("picture"))),
        ("put", "/admin/api/plugins/{id}", "p?title=T&version=1.0.0", Some(json!("plugin"))),
        ("patch", "/admin/api/plugins/{id}", "p", Some(json!({ "enabled": false }))),
        ("get", "/admin/api/plugins", "", None),
        ("get", "/admin/api/plugins/{id}/versions", "p", None),
        ("get", "/admin/api/plugins/{id}/versions/{version}/wasm", "p/1.0.0", None),
        ("post", "/admin/api/plugins/{id}/release", "p", Some(json!({ "version": "1.0.0", "percent": 100 }))),
        ("put", "/admin/api/plugins/{id}", "p?title=T&version=1.1.0&percent=10", Some(json!("plugin"))),
        ("post", "/admin/api/plugins/{id}/resume", "p", None),
        ("post", "/admin/api/plugins/{id}/pause", "p", Some(json!({ "reason": "stock-taking" }))),
        ("post", "/admin/api/plugins/{id}/rollback", "p", None),
        ("get", "/admin/api/plugins/{id}/events", "p", None),
        ("get", "/admin/api/plugins/{id}/runs", "p?failed=false&limit=10", None),
        ("get", "/admin/api/plugins/{id}/runs/{run}", "p/run_1", None),
        ("get", "/admin/api/plugins", "", None),
        ("delete", "/admin/api/plugins/{id}", "p", None),
        ("put", "/admin/api/plugins/{id}/shopify-function", "f", Some(crate::shopify_functions::function())),
        ("put", "/admin/api/promotions/{id}", "tenth", Some(promotion)),
        ("patch", "/admin/api/promotions/{id}", "tenth", Some(json!({ "enabled": true }))),
        (
            "post",
            "/admin/api/promotions/{id}/codes",
            "tenth",
            Some(json!({ "count": 2, "prefix": "X-", "max_uses": 1 })),
        ),
        ("post", "/admin/api/promotions/{id}/codes", "tenth", Some(json!({ "code": "HELLO" }))),
        ("patch", "/admin/api/promotions/{id}/codes/{code}", "tenth/hello", Some(json!({ "enabled": true }))),
        ("get", "/admin/api/promotions/{id}/codes", "tenth?limit=2", None),
        ("get", "/admin/api/promotions/{id}", "tenth", None),
        ("get", "/admin/api/promotions", "", None),
        ("post", "/admin/api/promotions/try", "", Some(cart)),
        ("delete", "/admin/api/promotions/{id}", "tenth", None),
        ("get", "/admin/api/customers", "?limit=10", None),
        ("patch", "/admin/api/customers/{id}", "cus_1", Some(json!({ "birthday": "05-17", "messages": true }))),
        ("get", "/admin/api/customers/{id}", "cus_1", None),
        ("get", "/admin/api/messages", "?limit=10", None),
        ("get", "/admin/api/search/insight", "?from=2026-11-01&to=2026-11-24", None),
        ("post", "/admin/api/messages/{id}/sent", "msg_1", None),
        (
            "put",
            "/admin/api/marketing",
            "",
            Some(json!({ "messages_per_week": 3, "time_zone": "Asia/Shanghai", "hour": 10 })),
        ),
        ("get", "/admin/api/marketing", "", None),
        ("get", "/admin/api/customers/{id}/data", "cus_1", None),
        ("delete", "/admin/api/customers/{id}", "cus_1", None),
        ("get", "/admin/api/publish", "", None),
        ("put", "/admin/api/search/draft", "", Some(search)),
        ("get", "/admin/api/search/draft", "", None),
        ("post", "/admin/api/search/live", "", None),
        ("get", "/admin/api/search/live", "", None),
        ("post", "/admin/api/search/undo", "", None),
        ("post", "/admin/api/search/preview", "", Some(json!({ "q": "bowl", "locale": "en", "shown": 10 }))),
        ("post", "/admin/api/search/explain", "", Some(json!({ "q": "bowl", "product": "bowl", "draft": true }))),
        ("delete", "/admin/api/catalog/products/{id}", "p1", None),
    ]
}

/// `/a/{id}/b` with `x?q` is `/a/x/b?q`.
fn address(path: &str, values: &str) -> String {
    let (values, query) = values.split_once('?').map_or((values, String::new()), |(v, q)| (v, format!("?{q}")));
    let mut values = values.split('/');
    let parts = path.trim_start_matches("/admin/api").split('/');
    let filled = parts.map(|part| if part.starts_with('{') { values.next().unwrap() } else { part });
    format!("{}{query}", filled.collect::<Vec<_>>().join("/"))
}

async fn call(caller: &Caller, (method, path, values, body): &Call<'_>) -> Answer {
    let (method, address) = (method.to_uppercase(), address(path, values));
    let file = match body {
        Some(Value::String(name)) if name == "plugin" => sample(),
        Some(Value::String(name)) if name == "picture" => png(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(body) => return caller.json(&method, &address, &[], body.clone()).await,
        None => Vec::new(),
    };
    caller.send(&method, &address, &[], file).await
}

/// Paid by bank transfer; `failed`: with a refund that failed.
async fn place_paid(store: &Store, name: &str, failed: bool) {
    let mut place = order(store, name).await;
    let act = Act { at: jiff::Timestamp::now(), by: "tests", why: "" };
    place.order.transition(OrderState::Paid, act.at, act.by, act.why).unwrap();
    place.payment.provider = "bank_transfer".to_owned();
    if failed {
        let id = RefundId::new("f1").unwrap();
        let everything = RefundRequest { everything: true, ..RefundRequest::default() };
        place.order.refund(&id, &everything, act).unwrap();
        place.order.decide_refund(&id, &Decision::Failed { problem: "NOT_ENOUGH".to_owned() }, act).unwrap();
    }
    store.orders().place(place).await.unwrap();
}

/// Shipped, and one piece is to be sent back.
async fn place_returned(store: &Store, name: &str) {
    let mut place = order(store, name).await;
    let act = Act { at: jiff::Timestamp::now(), by: "tests", why: "" };
    place.order.transition(OrderState::Paid, act.at, act.by, act.why).unwrap();
    place.order.ship(&Parcel::default(), act).unwrap();
    let lines = vec![LinePieces { line: 0, quantity: 1 }];
    let (reason, wish) = (ReturnReason::Damaged, ReturnWish::Replacement);
    let asked = ReturnRequest { lines, reason, note: "a crack".to_owned(), wish };
    place.order.request_return(&asked, 14, act).unwrap();
    store.orders().place(place).await.unwrap();
}

fn png() -> Vec<u8> {
    let mut png = Vec::new();
    let picture = image::DynamicImage::new_rgb8(20, 10);
    picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    png
}

#[tokio::test]
async fn every_documented_operation_answers_as_documented() {
    let caller = caller(&["all"]).await;
    place_order(&caller.shop.store, "1").await;
    place_paid(&caller.shop.store, "2", false).await;
    place_paid(&caller.shop.store, "3", true).await;
    place_returned(&caller.shop.store, "4").await;
    place_paid(&caller.shop.store, "6", false).await;
    crate::orders::with_invoice(&caller, "ord_6").await;
    crate::reviews::written(&caller.shop.store, "5").await;
    crate::search::publish(&caller.shop.store, &["bowl"]).await;
    let run = PluginRun {
        id: "run_1".to_owned(),
        plugin: PluginId::new("p").unwrap(),
        version: Version::new("1.0.0").unwrap(),
        digest: "d".repeat(64),
        at: jiff::Timestamp::now(),
        input: "{}".to_owned(),
        input_format: 1,
        settings: "{}".to_owned(),
        outcome: RunOutcome::Failed { code: "trapped".to_owned(), message: "unreachable".to_owned() },
        fuel: None,
        memory_bytes: None,
    };
    caller.shop.store.plugins().put_run(&run, 1).await.unwrap();
    crate::customers::written_to(&caller.shop.store, "cus_1", "msg_1").await;
    let document = caller.get("/openapi.json").await.body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let mut called = BTreeSet::new();
    for one in calls() {
        let (method, path, ..) = one;
        let operation = &document["paths"][path][method];
        let documented =
            operation["responses"].as_object().unwrap_or_else(|| panic!("{method} {path}: not documented"));
        let got = call(&caller, &one).await;
        let status = got.status.as_u16().to_string();
        let response = documented.get(&status).unwrap_or_else(|| panic!("{method} {path}: {status} {}", got.text));
        assert!(got.status.is_success(), "{method} {path}: {status} {}", got.text);
        if let Some(schema) = response["content"].get("application/json").map(|content| &content["schema"]) {
            let mut faults = Vec::new();
            Schemas(&document).check(schema, &got.body, "$", &mut faults);
            assert!(faults.is_empty(), "{method} {path}: {faults:#?}\n{}", got.text);
        }
        if let Some(content) = operation["requestBody"]["content"].get("application/json") {
            let mut faults = Vec::new();
            Schemas(&document).check(&content["schema"], one.3.as_ref().unwrap(), "$", &mut faults);
            assert!(faults.is_empty(), "{method} {path}, its body: {faults:#?}");
        }
        called.insert((path.to_owned(), method.to_owned()));
    }
    let paths = document["paths"].as_object().unwrap();
    let documented: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, operations)| operations.as_object().unwrap().keys().map(|m| (path.clone(), m.clone())))
        .collect();
    assert_eq!(called, documented);
}

#[tokio::test]
async fn only_what_is_documented_is_served() {
    let caller = caller(&["all"]).await;
    let document = caller.get("/openapi.json").await.body;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let operations = operations.as_object().unwrap();
        for method in ["get", "put", "post", "patch", "delete"].into_iter().filter(|m| !operations.contains_key(*m)) {
            let refused = call(&caller, &(method, path.as_str(), "a/b", None)).await;
            assert_eq!(refused.code(), "method_not_allowed", "{method} {path}: {}", refused.text);
        }
    }
    for path in ["/nothing", "/catalog", "/catalog/products/a/b", "/orders/x/y"] {
        assert_eq!(caller.get(path).await.body["error"]["message"], "there is no such page", "{path}");
    }
}

#[tokio::test]
async fn bodies_of_the_domain_are_described_and_not_just_objects() {
    let caller = caller(&["catalog:read"]).await;
    let document = caller.get("/openapi.json").await.body;
    let text = document.to_string();
    assert!(!text.contains(r#""schema":{"type":"object"}"#), "a body is described as a plain object");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in
        ["ProductRecord", "Category", "Collection", "Order", "Quote", "Shop", "PluginBody", "Money", "ErrorBody"]
    {
        let described = &schemas[name]["properties"];
        assert!(described.as_object().is_some_and(|p| !p.is_empty()), "{name}: {}", schemas[name]);
    }
    // The operation each scope opens is named where it is needed.
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let said = format!("{} {}", operation["summary"], operation["description"]);
            assert!(said.contains("Scope: "), "{method} {path}: {said}");
        }
    }
}

#[tokio::test]
async fn the_reference_shows_every_operation_in_both_languages() {
    let caller = caller(&["all"]).await;
    let document = caller.get("/openapi.json").await.body;
    let paths = document["paths"].as_object().unwrap();
    for (language, words) in [("en", "Merchant API"), ("zh", "商家接口")] {
        let request = Request::get("/admin").header("accept-language", language).body(Body::empty()).unwrap();
        let page = answer(caller.router.clone().oneshot(request).await.unwrap()).await;
        assert!(page.text.contains(words) && paths.keys().all(|path| page.text.contains(path)));
        assert!(!page.text.contains("http://") && !page.text.contains("https://"), "a page asks no third party");
    }
}

/// As much of JSON Schema as the document uses. A property that is sent and not described is a fault.
struct Schemas<'a>(&'a Value);

impl Schemas<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            let found = self.0.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name} leads nowhere"));
            return self.check(found, value, at, faults);
        }
        for each in schema["allOf"].as_array().into_iter().flatten() {
            self.check(each, value, at, faults);
        }
        if let Some(any) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            let fits = |one: &Value| {
                let mut inner = Vec::new();
                self.check(one, value, at, &mut inner);
                inner.is_empty()
            };
            if !any.iter().any(fits) {
                faults.push(format!("{at}: {value} is none of {}", Value::from(any.clone())));
            }
            return;
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        let is = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(n) if n.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = types.contains(&is) || (is == "integer" && types.contains(&"number"));
        if !fits {
            return faults.push(format!("{at}: {value} is not {types:?}"));
        }
        if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
            faults.push(format!("{at}: {value} is none of {allowed:?}"));
        }
        for (i, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{at}[{i}]"), faults);
        }
        let Some(object) = value.as_object() else { return };
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(required) {
                faults.push(format!("{at}.{required} is missing"));
            }
        }
        for (name, inner) in object {
            match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Value::Null, Value::Null) if schema["properties"].is_null() => {}
                (Value::Null, Value::Null | Value::Bool(false)) => faults.push(format!("{at}.{name} is not described")),
                (Value::Null, additional) => self.check(additional, inner, &format!("{at}.{name}"), faults),
                (property, _) => self.check(property, inner, &format!("{at}.{name}"), faults),
            }
        }
    }
}
