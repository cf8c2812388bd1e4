//! Promotions and codes through the API.

use crate::caller::caller;
use axum::http::StatusCode;
use serde_json::{Value, json};

fn tenth() -> Value {
    json!({ "id": "tenth", "title": { "en": "A tenth", "zh-CN": "九折" }, "code_required": true,
        "actions": [{ "discount_order": { "value": { "basis_points": 1000 } } }] })
}

fn cart(codes: &[&str]) -> Value {
    let codes: Vec<Value> = codes.iter().map(|code| json!({ "code": code })).collect();
    json!({ "cart": { "currency": "CNY", "lines": [{ "sku": "MUG", "quantity": 2, "unit_price": 5000 }] },
        "context": { "now": "2026-11-13T20:00:00+08:00", "codes": codes } })
}

#[tokio::test]
async fn a_promotion_is_put_read_switched_off_and_removed_under_its_revision() {
    let caller = caller(&["promotions:read", "promotions:write"]).await;
    let path = "/promotions/tenth";
    let made = caller.json("PUT", path, &[("if-none-match", "*")], tenth()).await;
    assert_eq!((made.status, made.etag.as_deref()), (StatusCode::OK, Some("\"1\"")), "{}", made.text);
    let twice = caller.json("PUT", path, &[("if-none-match", "*")], tenth()).await;
    assert_eq!((twice.status, twice.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    let read = caller.get(path).await;
    assert_eq!((&read.body["value"]["title"]["zh-CN"], &read.body["usage"]), (&json!("九折"), &Value::Null));
    let off = caller.json("PATCH", path, &[("if-match", "\"1\"")], json!({ "enabled": false })).await;
    assert_eq!(off.status, StatusCode::OK, "{}", off.text);
    let stale = caller.json("PATCH", path, &[("if-match", "\"1\"")], json!({ "enabled": true })).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(caller.get("/promotions").await.body[0]["value"]["enabled"], false);
    assert_eq!(caller.send("DELETE", path, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(caller.get(path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_a_promotion_is_said_with_its_path_and_rule() {
    let caller = caller(&["promotions:write"]).await;
    let faults = async |body: Value| {
        let refused = caller.json("PUT", "/promotions/tenth", &[], body).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"));
        let fields = refused.body["error"]["details"]["fields"].as_array().unwrap().clone();
        assert!(fields.iter().all(|f| !f["message"].as_str().unwrap().is_empty()));
        let text = |f: &Value, name: &str| f[name].as_str().unwrap().to_owned();
        fields.iter().map(|f| (text(f, "field"), text(f, "code"))).collect::<Vec<_>>()
    };
    let with = |field: &str, value: Value| {
        let mut promotion = tenth();
        promotion[field] = value;
        promotion
    };
    let is = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    let over = json!([{ "discount_order": { "value": { "basis_points": 20000 } } }]);
    assert_eq!(
        faults(with("actions", over)).await,
        is("actions[0].discount_order.value.basis_points", "percent_out_of_range")
    );
    assert_eq!(faults(with("limits", json!({ "use": 1 }))).await, is("limits.use", "unknown_field"));
    let zone = json!({ "time_zone": "Europe/Atlantis", "weekly": [{}] });
    assert_eq!(faults(with("schedule", zone)).await, is("schedule.time_zone", "unknown_time_zone"));
    assert_eq!(faults(with("id", json!("another"))).await, is("id", "another_id"));
    let broken = caller.send("PUT", "/promotions/tenth", &[], "{").await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", broken.text);
}

#[tokio::test]
async fn codes_are_given_out_made_in_batches_listed_and_switched_off() {
    let caller = caller(&["promotions:read", "promotions:write"]).await;
    let codes = "/promotions/tenth/codes";
    let lost = caller.json("POST", codes, &[], json!({ "code": "HELLO" })).await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    caller.json("PUT", "/promotions/tenth", &[], tenth()).await;
    assert_eq!(caller.json("POST", codes, &[], json!({ "code": "Hello" })).await.status, StatusCode::CREATED);
    let twin = caller.json("POST", codes, &[], json!({ "code": "HELLO" })).await;
    assert_eq!((twin.status, twin.code()), (StatusCode::CONFLICT, "code_taken"));
    let body = json!({ "count": 150, "prefix": "AUTUMN-", "max_uses": 1, "customer_email": "li@example.com" });
    let made = caller.json("POST", codes, &[("idempotency-key", "k")], body.clone()).await;
    let again = caller.json("POST", codes, &[("idempotency-key", "k")], body).await;
    assert_eq!((made.status, &again.body), (StatusCode::CREATED, &made.body), "{}", made.text);
    assert!(made.body["codes"].as_array().unwrap().iter().all(|code| code.as_str().unwrap().starts_with("AUTUMN-")));
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{codes}?limit=100{next}")).await.body;
        seen.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(seen.len(), 151);
    assert!(!seen.iter().any(|code| code.to_string().contains("li@example.com")), "an address is not kept");
    let one = seen.iter().find(|code| code["code"] != "Hello").unwrap();
    assert_eq!((&one["max_uses"], &one["uses"], &one["owned"]), (&json!(1), &json!(0), &json!(true)));
    let off = caller.json("PATCH", &format!("{codes}/hello"), &[], json!({ "enabled": false })).await;
    assert_eq!(off.status, StatusCode::OK, "{}", off.text);
    let tried = caller.json("POST", "/promotions/try", &[], cart(&["HELLO"])).await.body;
    assert_eq!(tried["quote"]["codes"][0]["why_not"]["code"], "code_disabled");
    for wrong in [
        json!({}),
        json!({ "code": "a", "count": 1 }),
        json!({ "count": 1001 }),
        json!({ "count": 1, "customer_email": "x" }),
    ] {
        assert_eq!(caller.json("POST", codes, &[], wrong).await.code(), "validation_failed");
    }
}

#[tokio::test]
async fn a_cart_is_tried_under_the_shops_promotions_and_drafts() {
    let caller = caller(&["promotions:read", "promotions:write"]).await;
    caller.json("PUT", "/promotions/tenth", &[], tenth()).await;
    caller.json("POST", "/promotions/tenth/codes", &[], json!({ "code": "HELLO" })).await;
    let tried = caller.json("POST", "/promotions/try", &[], cart(&["hello", "nope"])).await;
    let quote = &tried.body["quote"];
    assert_eq!((tried.status, &quote["discount"]["minor"]), (StatusCode::OK, &json!(1_000)), "{}", tried.text);
    assert_eq!(quote["codes"][1]["why_not"]["code"], "code_unknown");
    let mut draft = cart(&["hello"]);
    draft["promotions"] = json!([tenth()]);
    draft["promotions"][0]["actions"][0]["discount_order"]["value"]["basis_points"] = json!(5_000);
    let tried = caller.json("POST", "/promotions/try", &[], draft).await;
    assert_eq!(tried.body["quote"]["discount"]["minor"], 5_000);
    let stored = caller.get("/promotions/tenth").await.body;
    let off = &stored["value"]["actions"][0]["discount_order"]["value"]["basis_points"];
    assert_eq!(off, 1_000, "a draft is not kept");
    let mut wrong = cart(&[]);
    wrong["cart"]["lines"][0]["quantity"] = json!(0);
    assert_eq!(caller.json("POST", "/promotions/try", &[], wrong).await.code(), "validation_failed");
}

#[tokio::test]
async fn promotions_have_scopes_of_their_own() {
    let reader = caller(&["promotions:read", "plugins:write"]).await;
    let refused = reader.json("PUT", "/promotions/tenth", &[], tenth()).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
    assert_eq!(reader.get("/promotions").await.status, StatusCode::OK);
}
