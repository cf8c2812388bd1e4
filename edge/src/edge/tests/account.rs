//! What a shopper sees of their account, and what is never kept of it.

use super::{answer, text};
use crate::http::Kind;
use crate::platform::Incoming;
use crate::testing::{Browser, request};
use serde_json::{Value, json};

fn account() -> Value {
    json!({
        "email": "wang.li@example.com", "created_at": "2026-11-01T08:00:00Z", "offers": true,
        "addresses": [{ "name": "王莉 <b>", "phone": "139", "country": "CN", "region": "江苏省", "city": "苏州市", "district": "姑苏区",
            "subdistrict": "", "street": "平江路 12 号", "postal_code": "215000" }],
        "orders": [{ "order_id": "ord_1", "number": "S-4F7K-2M9Q", "state": "shipped", "placed_at": "2026-11-02T08:00:00Z", "pieces": 3,
            "total": { "minor": 10_380, "currency": "CNY" }, "url": "/orders/ord_1?token=abc" }],
        "sessions": [
            { "id": "0011223344556677", "browser": "", "created_at": "2026-11-02T08:00:00Z", "seen_at": "2026-11-02T08:00:00Z", "current": true },
            { "id": "8899aabbccddeeff", "browser": "Phone", "created_at": "2026-11-02T08:00:00Z", "seen_at": "2026-11-02T08:00:00Z", "current": false }
        ],
    })
}

#[test]
fn signing_in_takes_an_address_then_a_code_and_needs_no_script() {
    let shop = Browser::new();
    shop.fake.answer(|asked| {
        let body: Value = serde_json::from_slice(asked.body.as_deref().unwrap_or(b"null")).unwrap();
        match (asked.url.as_str(), body["email"].as_str(), body["code"].as_str()) {
            ("http://checkout.test/api/account/codes", Some("wang.li@example.com"), _) => {
                assert_eq!(body["locale"], "zh-CN");
                answer(202, json!({ "sign_in": "abc123", "expires_in": 600 }))
            }
            ("http://checkout.test/api/account/codes", ..) => answer(
                429,
                json!({ "error": { "code": "too_many_codes_asked", "message": "later" }, "request_id": "r" }),
            ),
            ("http://checkout.test/api/account/sessions", _, Some("1234 5678")) => Incoming {
                headers: vec![
                    ("set-cookie".into(), "__Host-stoa_session=s; Path=/".into()),
                    ("set-cookie".into(), "stoa_cart=; Max-Age=0".into()),
                ],
                ..answer(201, json!({ "email": "wang.li@example.com" }))
            },
            _ => answer(422, json!({ "error": { "code": "code_wrong", "message": "wrong" }, "request_id": "r" })),
        }
    });
    let page = shop.get("/zh/account/sign-in");
    assert_eq!((page.status, page.kind), (200, Kind::Private));
    assert!(text(&page).contains("action=\"/zh/account/sign-in\"") && text(&page).contains("name=\"email\""));
    let sent = shop.post("/zh/account/sign-in", &[("email", " wang.li@example.com ")]);
    let page = text(&sent);
    assert!(
        sent.kind == Kind::Private && page.contains("value=\"abc123\"") && page.contains("one-time-code"),
        "{page}"
    );
    let wrong =
        shop.post("/zh/account/sign-in", &[("email", "wang.li@example.com"), ("sign_in", "abc123"), ("code", "0")]);
    assert!(
        wrong.status == 422 && text(&wrong).contains("role=\"alert\"") && text(&wrong).contains("value=\"abc123\"")
    );
    let right = shop.post("/zh/account/sign-in", &[("sign_in", "abc123"), ("code", "1234 5678")]);
    assert_eq!((right.status, right.location.as_deref()), (303, Some("/zh/account")));
    assert_eq!(right.set_cookies.len(), 2);
    let often = shop.post("/account/sign-in", &[("email", "other@example.com")]);
    assert_eq!(often.status, 429);
    let hostile = shop.post("/account/sign-in", &[("email", "\"><script>alert(1)</script>")]);
    assert!(!text(&hostile).contains("<script>alert"), "{}", text(&hostile));
}

#[test]
fn an_account_shows_what_is_its_owners_and_is_kept_by_nobody() {
    let shop = Browser::new();
    shop.fake.answer(|asked| match asked.url.as_str() {
        "http://checkout.test/api/account" => answer(200, account()),
        _ => answer(204, Value::Null),
    });
    let reply = shop.get("/account");
    let page = text(&reply);
    assert!(reply.headers().contains(&("cache-control", "private, no-store")) && reply.etag.is_none());
    for part in [
        "wang.li@example.com",
        "S-4F7K-2M9Q",
        "/orders/ord_1?token=abc",
        "¥103.80",
        "3 pieces",
        "王莉 &lt;b&gt;",
        "Phone",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("value=\"8899aabbccddeeff\"") && !page.contains("value=\"0011223344556677\""));
    assert!(page.contains("noindex"));
    assert!(shop.edge.ready(1_000_000, "https://shop.example/account").is_none());
    for (path, form) in [
        ("/account/offers", ("offers", "no")),
        ("/account/addresses/remove", ("at", "0")),
        ("/account/sessions/end", ("id", "8899aabbccddeeff")),
        ("/account/addresses/remove", ("at", "-1")),
        ("/account/sessions/end", ("id", "../../orders")),
    ] {
        assert_eq!(shop.post(path, &[form]).location.as_deref(), Some("/account"), "{path}");
        let mut foreign = request("POST", path);
        foreign.headers.push(("sec-fetch-site".into(), "cross-site".into()));
        assert_eq!(shop.send(foreign).status, 403, "{path}");
        assert_eq!(shop.get(path).status, 405, "{path}");
    }
    assert_eq!(shop.fake.asked_for("/api/account/sessions/..%2F..%2Forders"), 1);
    assert_eq!(shop.get("/account/nothing").status, 404);
}

#[test]
fn who_is_not_signed_in_is_led_to_sign_in() {
    let shop = Browser::new();
    let refusal = json!({ "error": { "code": "not_signed_in", "message": "sign in first" }, "request_id": "r" });
    shop.fake.answer(move |_| answer(401, refusal.clone()));
    for path in ["/account", "/account/data", "/account/delete"] {
        let reply = shop.get(path);
        assert_eq!((reply.status, reply.location.as_deref()), (303, Some("/account/sign-in")), "{path}");
    }
    assert_eq!(shop.post("/zh/account/offers", &[]).location.as_deref(), Some("/zh/account/sign-in"));
}

#[test]
fn offers_are_ended_by_the_links_button_or_by_the_mail_program_itself() {
    let shop = Browser::new();
    shop.fake.answer(|asked| {
        assert_eq!((asked.method, asked.url.as_str()), ("POST", "http://checkout.test/api/unsubscribe"));
        let body: Value = serde_json::from_slice(asked.body.as_deref().unwrap()).unwrap();
        match body["token"].as_str() {
            Some("good") => answer(204, Value::Null),
            _ => answer(404, json!({ "error": { "code": "not_found", "message": "no" }, "request_id": "r" })),
        }
    });
    let page = shop.html("/zh/unsubscribe?customer=cus_1&token=good");
    assert!(page.contains("action=\"/zh/unsubscribe?customer=cus_1&amp;token=good\""), "{page}");
    assert_eq!(shop.fake.asked_for("/api/unsubscribe"), 0, "a link that is opened changes nothing");
    // RFC 8058: no cookie, no origin.
    let mut one_click = request("POST", "/unsubscribe?customer=cus_1&token=good");
    one_click.body = b"List-Unsubscribe=One-Click".to_vec();
    assert_eq!(shop.send(one_click).status, 200);
    assert_eq!(shop.post("/unsubscribe?customer=cus_1&token=bad", &[]).status, 404);
    assert_eq!(shop.get("/unsubscribe").status, 404);
    assert_eq!(shop.fake.asked_for("/api/unsubscribe"), 2);
}
