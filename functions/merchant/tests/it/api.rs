//! The API through its router, over a real table.

use crate::caller::caller;
use crate::shop::shop;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};
use stoa_merchant::tokens;

fn mug() -> Value {
    json!({ "handle": "mug", "title": "Mug", "variants": [{ "sku": "MUG", "price": "12.50", "stock": 4 }] })
}

#[tokio::test]
async fn nobody_comes_in_without_a_token_that_is_good_for_it() {
    let caller = caller(&["catalog:read"]).await;
    for token in ["", "Bearer x", &format!("Bearer stoa_{}", "0".repeat(64)), "Basic eDp5"] {
        let answer = caller.send("GET", "/catalog/products", &[("authorization", token)], Body::empty()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "unauthorized"), "{token}");
    }
    assert_eq!(caller.get("/catalog/products").await.status, StatusCode::OK);
    let answer = caller.json("POST", "/catalog/products", &[], mug()).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"));
    for path in ["/orders", "/shop", "/stock/x", "/plugins"] {
        assert_eq!(caller.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn an_expired_or_revoked_token_is_no_token() {
    let caller = caller(&["all"]).await;
    let two_days_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(48);
    let old = tokens::create(&caller.shop.store, "old", &["all".to_owned()], 1, two_days_ago).await.unwrap();
    let now = jiff::Timestamp::now();
    let lost = tokens::create(&caller.shop.store, "lost", &["all".to_owned()], 1, now).await.unwrap();
    let header = |token: &str| format!("Bearer {token}");
    let (old, gone) = (header(old.token.reveal()), header(lost.token.reveal()));
    let status =
        async |header: &str| caller.send("GET", "/shop", &[("authorization", header)], Body::empty()).await.status;
    assert_eq!((status(&old).await, status(&gone).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
    let revoked = tokens::revoke(&caller.shop.store, tokens::id(&lost.record), now).await.unwrap();
    assert_eq!((revoked.name.as_str(), status(&gone).await), ("lost", StatusCode::UNAUTHORIZED));
    assert_eq!(caller.get("/shop").await.status, StatusCode::OK, "only that one is gone");
}

#[tokio::test]
async fn a_token_is_revoked_by_the_id_that_lists_and_timelines_show() {
    let shop = shop().await;
    let now = jiff::Timestamp::now();
    let made = tokens::create(&shop.store, "till", &["orders:read".to_owned()], 1, now).await.unwrap();
    let id = tokens::id(&made.record).to_owned();
    for (named, message) in [
        ("", "8 or more"),
        ("till", "8 or more"),
        ("0123", "8 or more"),
        ("zzzzzzzz", "8 or more"),
        (&"0".repeat(64), "there is no token"),
    ] {
        let refused = tokens::revoke(&shop.store, named, now).await.unwrap_err().to_string();
        assert!(refused.contains(message), "{named}: {refused}");
    }
    let twin = stoa_storage::TokenRecord { hash: format!("{id}{}", "f".repeat(56)), ..made.record.clone() };
    shop.store.tokens().put(&twin, stoa_storage::Expected::Absent).await.unwrap();
    assert!(tokens::revoke(&shop.store, &id, now).await.unwrap_err().to_string().contains("more than one"));
    let first = tokens::revoke(&shop.store, &made.record.hash[..20].to_uppercase(), now).await.unwrap();
    let later = now + jiff::SignedDuration::from_hours(1);
    let again = tokens::revoke(&shop.store, &format!("till#{}", &made.record.hash[..20]), later).await.unwrap();
    assert_eq!((first.revoked_at, again.revoked_at), (Some(now), Some(now)), "the first time counts");
}

#[tokio::test]
async fn a_product_is_made_read_changed_and_removed() {
    let caller = caller(&["catalog:read", "catalog:write"]).await;
    let made = caller.json("POST", "/catalog/products", &[], mug()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id = made.body["product"]["id"].as_str().unwrap().to_owned();
    let path = format!("/catalog/products/{id}");
    let read = caller.get(&path).await;
    assert_eq!(read.body["product"]["title"]["en"], "Mug");
    let patched =
        caller.json("PATCH", &path, &[("if-match", read.etag.as_deref().unwrap())], json!({ "brand": "Clay" })).await;
    assert_eq!((patched.status, &patched.body["product"]["brand"]), (StatusCode::OK, &json!("Clay")));
    assert_eq!(patched.body["product"]["variants"][0]["price"], "12.50");
    let stale =
        caller.json("PATCH", &path, &[("if-match", read.etag.as_deref().unwrap())], json!({ "brand": "x" })).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    let put = caller.json("PUT", &path, &[], mug()).await;
    assert_eq!(put.body["product"]["brand"], "");
    let whole = caller.json("PUT", &path, &[], put.body["product"].clone()).await;
    assert_eq!(whole.body["product"], put.body["product"]);
    assert_eq!(caller.send("DELETE", &path, &[], Body::empty()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(caller.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_bad_product_is_refused_with_every_field() {
    let caller = caller(&["catalog:write"]).await;
    let body = json!({ "title": "", "handle": "Not A Handle", "variants": [{ "price": "x" }] });
    let answer = caller.json("POST", "/catalog/products", &[], body).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"));
    let fields = answer.body["error"]["details"]["fields"].as_array().unwrap();
    let fields: Vec<_> = fields.iter().map(|f| f["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"title") && fields.contains(&"handle"), "{fields:?}");
    caller.json("POST", "/catalog/products", &[], mug()).await;
    let twin = caller
        .json(
            "POST",
            "/catalog/products",
            &[],
            json!({ "title": "Mug", "handle": "mug", "variants": [{ "sku": "B", "price": 1 }] }),
        )
        .await;
    assert_eq!((twin.status, twin.code()), (StatusCode::CONFLICT, "handle_taken"));
}

#[tokio::test]
async fn a_retried_write_happens_once() {
    let caller = caller(&["catalog:read", "catalog:write", "stock:read", "stock:write"]).await;
    caller.json("POST", "/catalog/products", &[], mug()).await;
    let key = [("idempotency-key", "k-1")];
    let adjust = json!({ "delta": 3, "reason": "counted" });
    let first = caller.json("POST", "/stock/MUG/adjustments", &key, adjust.clone()).await;
    let again = caller.json("POST", "/stock/MUG/adjustments", &key, adjust).await;
    assert_eq!((first.body["on_hand"].as_u64(), &again.body), (Some(7), &first.body));
    assert!(again.replayed && !first.replayed);
    assert_eq!(caller.get("/stock/MUG").await.body["on_hand"], 7);
    let other = caller.json("POST", "/stock/MUG/adjustments", &key, json!({ "delta": 9, "reason": "x" })).await;
    assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "idempotency_key_reused"));
}

#[tokio::test]
async fn stock_is_set_adjusted_and_never_below_zero() {
    let caller = caller(&["catalog:write", "stock:read", "stock:write"]).await;
    caller.json("POST", "/catalog/products", &[], mug()).await;
    assert_eq!(caller.get("/stock/MUG").await.body["available"], 4);
    assert_eq!(caller.json("PUT", "/stock/MUG", &[], json!({ "on_hand": 9 })).await.body["on_hand"], 9);
    let below = caller.json("POST", "/stock/MUG/adjustments", &[], json!({ "delta": -10, "reason": "lost" })).await;
    assert_eq!(below.status, StatusCode::CONFLICT);
    let silent = caller.json("POST", "/stock/MUG/adjustments", &[], json!({ "delta": -1, "reason": " " })).await;
    assert_eq!(silent.code(), "validation_failed");
    assert_eq!(caller.json("PUT", "/stock/NONE", &[], json!({ "on_hand": 9 })).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_is_imported_and_exported_through_the_api() {
    let caller = caller(&["catalog:read", "catalog:write"]).await;
    let csv = "URL handle,Title,Price\na,A,1\nb,B,x\n";
    let dry = caller.send("POST", "/catalog/imports?dry_run=true", &[], csv).await;
    assert_eq!(
        (dry.body["summary"]["created"].as_u64(), dry.body["errors"][0]["code"].as_str()),
        (Some(1), Some("not_an_amount"))
    );
    assert_eq!(caller.get("/catalog/products").await.body["items"], json!([]));
    caller.send("POST", "/catalog/imports", &[], csv).await;
    let exported = caller.get("/catalog/export").await;
    assert!(exported.text.starts_with("Title,URL handle,Description"), "{}", exported.text);
    let again = caller.send("POST", "/catalog/imports", &[], exported.text).await;
    assert_eq!(
        (again.body["summary"]["unchanged"].as_u64(), again.body["changes"].as_array().unwrap().len()),
        (Some(1), 0)
    );
    let bad = caller.send("POST", "/catalog/imports", &[], "a,b\n1,2\n").await;
    assert_eq!((bad.status, bad.code()), (StatusCode::UNPROCESSABLE_ENTITY, "missing_columns"));
    let big = caller.send("POST", "/catalog/imports", &[], vec![b'x'; 6 << 20]).await;
    assert_eq!((big.status, big.code()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
}

#[tokio::test]
async fn categories_collections_pages_and_settings_are_saved_by_their_rules() {
    let caller = caller(&["all"]).await;
    let category =
        |parent: Option<&str>, handle: &str| json!({ "parent": parent, "handle": handle, "name": { "en": handle } });
    assert_eq!(caller.json("PUT", "/categories/home", &[], category(None, "home")).await.status, StatusCode::OK);
    assert_eq!(
        caller.json("PUT", "/categories/table", &[], category(Some("home"), "table")).await.status,
        StatusCode::OK
    );
    let looped = caller.json("PUT", "/categories/home", &[], category(Some("table"), "home")).await;
    assert_eq!(looped.code(), "validation_failed");
    assert_eq!(caller.send("DELETE", "/categories/home", &[], Body::empty()).await.code(), "category_has_children");
    let collection = json!({ "handle": "home", "title": { "en": "Home" }, "members": { "manual": [] } });
    assert_eq!(caller.json("PUT", "/collections/c1", &[], collection).await.code(), "handle_taken");
    let page = json!({ "title": { "en": "About" }, "body_html": { "en": "<p>Hi<script>x</script></p>" } });
    assert_eq!(caller.json("PUT", "/pages/page/about", &[], page).await.status, StatusCode::OK);
    assert_eq!(caller.get("/pages").await.body[0]["value"]["body_html"]["en"], "<p>Hi</p>");
    let mut shop = caller.get("/shop").await.body["value"].clone();
    caller.json("POST", "/catalog/products", &[], mug()).await;
    shop["currency"] = json!("EUR");
    assert_eq!(caller.json("PUT", "/shop", &[], shop).await.code(), "validation_failed");
}

#[tokio::test]
async fn a_picture_is_stored_in_several_widths_and_rubbish_is_not() {
    let caller = caller(&["catalog:write"]).await;
    let mut png = Vec::new();
    image::DynamicImage::new_rgb8(700, 350)
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let stored = caller.send("PUT", "/media", &[], png).await;
    assert_eq!(stored.body["widths"], json!([320, 640, 700]), "{}", stored.text);
    let key = format!("media/{}-320.webp", stored.body["digest"].as_str().unwrap());
    assert!(caller.shop.store.objects().exists(&key).await.unwrap());
    assert_eq!(caller.send("PUT", "/media", &[], "<svg/>").await.code(), "not_a_picture");
}

#[tokio::test]
async fn an_unknown_order_is_not_found_and_payments_alone_make_one_paid() {
    let caller = caller(&["all"]).await;
    assert_eq!(caller.get("/orders").await.body["items"], json!([]));
    let moved = caller.json("POST", "/orders/ord_x/transitions", &[], json!({ "to": "shipped" })).await;
    assert_eq!(moved.status, StatusCode::NOT_FOUND);
    let paid = caller.json("POST", "/orders/ord_x/transitions", &[], json!({ "to": "paid" })).await;
    assert_eq!(paid.code(), "validation_failed");
}

#[tokio::test]
async fn a_write_with_an_old_revision_is_refused_whatever_it_writes() {
    let caller = caller(&["all"]).await;
    let category = json!({ "handle": "home", "name": { "en": "Home" } });
    let collection = json!({ "handle": "new", "title": { "en": "New" }, "members": { "manual": [] } });
    let page = json!({ "title": { "en": "About" }, "body_html": { "en": "<p>Hi</p>" } });
    let shop = caller.get("/shop").await.body["value"].clone();
    for (path, body) in
        [("/categories/c", category), ("/collections/c", collection), ("/pages/page/about", page), ("/shop", shop)]
    {
        let first = caller.json("PUT", path, &[], body.clone()).await;
        let etag = first.etag.unwrap();
        let next = caller.json("PUT", path, &[("if-match", &etag)], body.clone()).await;
        assert_eq!(
            (next.status, next.body["revision"].as_u64()),
            (StatusCode::OK, etag.trim_matches('"').parse::<u64>().ok().map(|n| n + 1)),
            "{path}"
        );
        for (name, value) in [("if-match", etag.as_str()), ("if-match", "x"), ("if-none-match", "*")] {
            let refused = caller.json("PUT", path, &[(name, value)], body.clone()).await;
            assert_eq!(
                (refused.status, refused.code()),
                (StatusCode::PRECONDITION_FAILED, "revision_conflict"),
                "{path} {name}: {value}"
            );
        }
        if path != "/shop" {
            let stale = caller.send("DELETE", path, &[("if-match", &etag)], Body::empty()).await;
            assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{path}");
            let gone = caller.send("DELETE", path, &[("if-match", "*")], Body::empty()).await;
            assert_eq!(gone.status, StatusCode::NO_CONTENT, "{path}");
            assert_eq!(caller.send("DELETE", path, &[], Body::empty()).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let nothing = caller
            .json("PUT", "/categories/none", &[("if-match", "*")], json!({ "handle": "none", "name": { "en": "N" } }))
            .await;
        assert_eq!(nothing.status, StatusCode::PRECONDITION_FAILED);
    }
}
