//! What a cart costs and where it goes: taxes, shipping zones, the signed quote and its differences, what changed since
//! the cart was filled, addresses. Through the router, over the real DynamoDB API.

use crate::shop::{Shopper, TestShop, order, product, shop};
use axum::http::Method;
use serde_json::{Value, json};
use stoa_domain::checkout::CheckoutSettings;
use stoa_domain::product::{Product, Variant};
use stoa_storage::Expected;
use stoa_storage::testing::variant;

fn yuan(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "CNY" })
}

/// 13 % in Chinese prices, books 9 %; shipping by weight in China, dearer in Tibet, none to Hainan, flat to Hong Kong.
fn china() -> Value {
    json!({
        "home": { "country": "CN" },
        "taxes": { "included": true,
            "jurisdictions": [{ "places": [{ "country": "CN" }], "shipping": "standard",
                "taxes": [{ "name": { "en": "VAT", "zh-CN": "增值税" }, "rates": { "standard": 130_000, "reduced": 90_000 } }] }],
            "goods": [{ "category": "reduced", "select": { "tag": ["book"] } }] },
        "shipping": [{ "method": "standard", "zones": [
            { "places": [{ "country": "CN" }], "free_from": yuan(20_000),
              "rate": { "weight": [{ "up_to_grams": 1_000, "price": yuan(1_000) }, { "up_to_grams": 2_000, "price": yuan(1_500) }] } },
            { "places": [{ "country": "CN", "regions": ["西藏"] }], "rate": { "flat": yuan(3_000) } },
            { "places": [{ "country": "CN", "regions": ["海南省"] }], "rate": "not_offered" },
            { "places": [{ "country": "HK" }], "rate": { "flat": yuan(5_000) } }
        ] }]
    })
}

/// 8.875 % and 4 % on top.
fn america() -> Value {
    let tax = |name: &str, rate: u32| json!({ "name": { "en": name }, "rates": { "standard": rate } });
    json!({ "home": { "country": "US", "region": "NY" }, "taxes": { "included": false, "rounding": "order", "jurisdictions": [
        { "places": [{ "country": "US", "regions": ["NY"] }], "taxes": [tax("State tax", 40_000)] },
        { "places": [{ "country": "US", "regions": ["NY"], "postal_prefixes": ["100"] }], "shipping": "standard",
          "taxes": [tax("State tax", 40_000), tax("City tax", 48_750)] }
    ] } })
}

async fn shop_with(settings: Value) -> TestShop {
    let shop = shop().await;
    set(&shop, settings).await;
    shop
}
async fn set(shop: &TestShop, settings: Value) {
    let settings: CheckoutSettings = serde_json::from_value(settings).unwrap();
    shop.store.shop().put_checkout(&settings, Expected::Any).await.unwrap();
}
/// The mug again, at 600 g a piece.
async fn heavy_mug(shop: &TestShop) {
    let mug = Variant { weight_grams: Some(600), ..variant("mug", 1_250) };
    let mug = Product { variants: vec![mug], ..product("mug", 1_250) };
    shop.store.products().put(&mug, Expected::Any).await.unwrap();
}
async fn view(shopper: &Shopper, query: &str) -> (u16, Value) {
    shopper.send(Method::GET, &format!("/api/cart?locale=en&{query}"), None, None).await
}
const SUZHOU: &str = "country=CN&region=%E6%B1%9F%E8%8B%8F%E7%9C%81&shipping=standard";

fn at(quote: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut body = order(0);
    body.as_object_mut().unwrap().remove("expected_total");
    body["quote"] = quote.clone();
    change(&mut body);
    body
}
async fn place(shopper: &Shopper, body: Value, key: &str) -> (u16, Value) {
    shopper.send(Method::POST, "/api/orders", Some(body), Some(key)).await
}

#[tokio::test]
async fn a_shop_that_says_nothing_of_taxes_shows_none() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let cart = shopper.cart().await;
    assert_eq!((&cart["tax"], &cart["unavailable_shipping_methods"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn vat_in_the_price_is_shown_on_cart_and_order_and_kept_with_it() {
    let shop = shop_with(china()).await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    let before = shopper.cart().await;
    assert_eq!((&before["tax"]["estimated"], &before["country"]), (&json!(true), &json!("CN")), "nobody said where");
    let (_, cart) = view(&shopper, SUZHOU).await;
    // 25.00 and 10.00 of shipping hold 2.88 and 1.15 of tax.
    let row = json!({ "name": "VAT", "millionths": 130_000, "net": yuan(3_097), "tax": yuan(403) });
    assert_eq!(cart["tax"], json!({ "included": true, "estimated": false, "rows": [row], "total": yuan(403) }));
    assert_eq!(cart["total"], yuan(3_500));
    let (status, placed) = place(&shopper, at(&cart["quote"], |_| {}), "key-1").await;
    assert_eq!(status, 201, "{placed}");
    let status_url = placed["status_url"].as_str().unwrap();
    let (_, view) = shopper.send(Method::GET, &format!("/api{status_url}"), None, None).await;
    assert_eq!((&view["tax"]["rows"], &view["total"]), (&json!([row]), &yuan(3_500)));
    let id = stoa_domain::OrderId::new(placed["order_id"].as_str().unwrap()).unwrap();
    let tax = shop.store.orders().get(&id).await.unwrap().unwrap().value.quote.tax.unwrap();
    let line = &tax.lines[0];
    assert_eq!((line.millionths, line.net.minor, line.tax.minor), (130_000, 2_212, 288), "a refund is made of this");
    assert_eq!(tax.shipping.unwrap().tax.minor, 115);
}

#[tokio::test]
async fn goods_are_taxed_by_what_they_are() {
    let shop = shop_with(china()).await;
    let atlas = Product { tags: vec!["Book".into()], ..product("bowl", 8_000) };
    shop.store.products().put(&atlas, Expected::Any).await.unwrap();
    let free = Variant { taxable: false, ..variant("mug", 1_250) };
    shop.store.products().put(&Product { variants: vec![free], ..product("mug", 1_250) }, Expected::Any).await.unwrap();
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    shopper.add("bowl", 1).await;
    let (_, cart) = view(&shopper, "country=CN").await;
    assert_eq!(
        cart["tax"]["rows"],
        json!([{ "name": "VAT", "millionths": 90_000, "net": yuan(7_339), "tax": yuan(661) }])
    );
}

#[tokio::test]
async fn sales_tax_is_added_when_the_address_is_known_and_estimated_before() {
    let shop = shop_with(america()).await;
    let shopper = shop.shopper();
    shopper.add("bowl", 1).await;
    for (query, total, estimated) in [
        ("", 8_320, true),
        ("country=US", 8_000, true),
        ("country=US&region=New%20York", 8_320, true),
        ("country=US&region=NY&postal_code=12207", 8_320, false),
        ("country=US&region=NY&postal_code=10025", 8_710, false),
        ("country=US&region=OR&postal_code=97201", 8_000, false),
        ("country=DE", 8_000, false),
    ] {
        let (_, cart) = view(&shopper, query).await;
        assert_eq!((&cart["total"], &cart["tax"]["estimated"]), (&yuan(total), &json!(estimated)), "{query}");
    }
    let (_, cart) = view(&shopper, "country=US&region=NY&postal_code=10025&shipping=standard").await;
    let names: Vec<&Value> = cart["tax"]["rows"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!((names, &cart["tax"]["total"]), (vec![&json!("City tax"), &json!("State tax")], &yuan(799)));
    assert_eq!(cart["total"], yuan(9_799));
}

#[tokio::test]
async fn shipping_follows_zone_and_weight_and_what_is_not_offered_is_told_and_refused() {
    let shop = shop_with(china()).await;
    heavy_mug(&shop).await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    for (query, price) in [(SUZHOU, 1_000), ("country=CN&region=Xizang", 3_000), ("country=HK", 5_000)] {
        let (_, cart) = view(&shopper, query).await;
        assert_eq!(cart["shipping_methods"][0]["price"], yuan(price), "{query}");
    }
    shopper.add("mug", 1).await;
    assert_eq!(view(&shopper, SUZHOU).await.1["shipping"]["price"], yuan(1_500), "1,200 g");
    shopper.add("mug", 2).await;
    let (_, cart) = view(&shopper, "country=CN").await;
    let told = json!([{ "id": "standard", "name": "Standard", "code": "parcel_too_heavy", "most_grams": 2_000 }]);
    assert_eq!((&cart["shipping_methods"], &cart["unavailable_shipping_methods"]), (&json!([]), &told));
    let (status, refusal) = view(&shopper, SUZHOU).await;
    assert_eq!((status, &refusal["error"]["code"]), (409, &json!("parcel_too_heavy")));
    assert_eq!(refusal["error"]["details"], json!({ "grams": 2_400, "most_grams": 2_000 }));
    for (query, code) in
        [("country=CN&region=海南", "shipping_not_available"), ("country=SG", "shipping_not_available")]
    {
        let query = query.replace("海南", "%E6%B5%B7%E5%8D%97");
        let (_, cart) = view(&shopper, &query).await;
        assert_eq!(cart["unavailable_shipping_methods"][0]["code"], code, "{query}");
    }
    let mut body = order(1);
    body["address"]["region"] = json!("海南省");
    assert_eq!(place(&shopper, body, "key-1").await.1["error"]["code"], "shipping_not_available");
}

#[tokio::test]
async fn an_order_takes_the_quote_or_is_refused_with_what_changed() {
    let shop = shop_with(china()).await;
    let shopper = shop.shopper();
    shopper.add("mug", 2).await;
    let quote = view(&shopper, SUZHOU).await.1["quote"].clone();
    let changes = |answer: &Value| -> Vec<(String, Value, Value)> {
        let all = answer["error"]["details"]["changes"].as_array().unwrap().clone();
        let text = |v: &Value| v["minor"].clone();
        all.iter().map(|c| (c["what"].as_str().unwrap().to_owned(), text(&c["before"]), text(&c["now"]))).collect()
    };
    let change = |what: &str, before: i64, now: i64| (what.to_owned(), json!(before), json!(now));

    // A dearer mug.
    shop.store.products().put(&product("mug", 1_300), Expected::Any).await.unwrap();
    let (status, answer) = place(&shopper, at(&quote, |_| {}), "a").await;
    assert_eq!((status, &answer["error"]["code"]), (409, &json!("quote_changed")), "{answer}");
    let wanted = [change("unit_price", 1_250, 1_300), change("tax", 403, 414), change("total", 3_500, 3_600)];
    assert_eq!(changes(&answer), wanted);
    assert_eq!(answer["error"]["details"]["changes"][0]["sku"], "mug");
    assert_eq!(answer["error"]["details"]["total"], yuan(3_600));

    // The same price by another way is another quote: nothing changes silently.
    shop.store.products().put(&product("mug", 1_250), Expected::Any).await.unwrap();
    let mut other = china();
    other["taxes"]["jurisdictions"][0]["taxes"][0]["rates"]["standard"] = json!(60_000);
    set(&shop, other).await;
    assert_eq!(changes(&place(&shopper, at(&quote, |_| {}), "b").await.1), [change("tax", 403, 199)]);
    set(&shop, china()).await;

    // Elsewhere than it was quoted for.
    let tibet = |body: &mut Value| body["address"]["region"] = json!("西藏自治区");
    let (_, answer) = place(&shopper, at(&quote, tibet), "c").await;
    assert_eq!(
        changes(&answer),
        [change("shipping", 1_000, 3_000), change("tax", 403, 633), change("total", 3_500, 5_500)]
    );

    // Another cart than the page showed.
    shopper.add("bowl", 1).await;
    let (_, answer) = place(&shopper, at(&quote, |_| {}), "d").await;
    assert_eq!(answer["error"]["details"]["changes"][0]["what"], "line_added");
    shopper.send(Method::DELETE, "/api/cart/lines/bowl", None, None).await;

    // As it was shown, it is taken; a retry is the same order.
    let (status, placed) = place(&shopper, at(&quote, |_| {}), "e").await;
    assert_eq!(status, 201, "{placed}");
    assert_eq!(place(&shopper, at(&quote, |_| {}), "e").await, (201, placed));
}

#[tokio::test]
async fn a_quote_is_the_carts_own_and_one_of_quote_and_total_is_needed() {
    let shop = shop_with(china()).await;
    let (one, other) = (shop.shopper(), shop.shopper());
    one.add("mug", 1).await;
    other.add("mug", 1).await;
    let quote = view(&one, SUZHOU).await.1["quote"].clone();
    let code = |answer: (u16, Value)| (answer.0, answer.1["error"]["code"].clone());
    assert_eq!(code(place(&other, at(&quote, |_| {}), "a").await), (400, json!("quote_invalid")));
    let forged = json!(quote.as_str().unwrap().replacen("3", "4", 1));
    assert_eq!(code(place(&one, at(&forged, |_| {}), "b").await), (400, json!("quote_invalid")));
    let neither = at(&Value::Null, |_| {});
    assert_eq!(code(place(&one, neither, "c").await), (422, json!("validation_failed")));
    assert_eq!(view(&one, "country=CN").await.1["quote"], Value::Null, "no shipping is chosen");
}

#[tokio::test]
async fn the_cart_shows_a_price_that_changed_until_the_shopper_has_seen_it() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    assert_eq!(shopper.cart().await["lines"][0]["price_before"], Value::Null);
    shop.store.products().put(&product("mug", 1_300), Expected::Any).await.unwrap();
    for _ in 0..2 {
        assert_eq!(shopper.cart().await["lines"][0]["price_before"], yuan(1_250), "looking alone is not seeing");
    }
    let (status, seen) = shopper.send(Method::POST, "/api/cart/seen", None, None).await;
    assert_eq!((status, &seen["lines"][0]["price_before"]), (200, &Value::Null));
    assert_eq!(shopper.cart().await["lines"][0]["price_before"], Value::Null);
    shop.store.products().put(&product("mug", 1_250), Expected::Any).await.unwrap();
    assert_eq!(shopper.cart().await["lines"][0]["price_before"], yuan(1_300));
    shopper.add("mug", 1).await;
    assert_eq!(shopper.cart().await["lines"][0]["price_before"], Value::Null, "who adds another has seen the price");
}

#[tokio::test]
async fn a_cart_is_named_by_a_signed_cookie_only() {
    let shop = shop().await;
    let shopper = shop.shopper();
    shopper.add("mug", 1).await;
    let cookie = shopper.cookie().unwrap();
    let pair = cookie.split(';').next().unwrap();
    let (id, token) = pair.strip_prefix("stoa_cart=").unwrap().split_once('.').unwrap();
    assert_eq!((id.len(), token.len()), (32, 64));
    for forged in [
        format!("stoa_cart={id}"),
        format!("stoa_cart={id}.{}", "0".repeat(64)),
        format!("stoa_cart={}.{token}", "0".repeat(32)),
    ] {
        let stranger = shop.shopper_with(&forged);
        assert_eq!(stranger.cart().await["item_count"], 0, "{forged}");
    }
    assert_eq!(shop.shopper_with(pair).cart().await["item_count"], 1);
}

/// What people and machines type into forms.
fn naughty() -> Vec<String> {
    let long = |piece: &str, times: usize| piece.repeat(times);
    let mut all: Vec<String> = [
        "王莉",
        "Zoë O’Brien-Ünal",
        "'; DROP TABLE orders; --",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "{{7*7}} ${7*7} <%= 7*7 %>",
        "../../etc/passwd",
        "%00%0d%0a",
        "&amp;&lt;&#x41;",
        "NULL",
        "undefined",
        "0",
        "-1",
        "1e309",
        "NaN",
        "true",
        "\\",
        "\\u0000",
        "`",
        "a\u{301}\u{323}",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
        "👩‍👩‍👧‍👦🏳️‍🌈🇨🇳",
        "1️⃣",
        "שלום עולם",
        "مرحبا ٣",
        "\u{200f}abc\u{200e}",
        "ﷺ",
        "Ｆｕｌｌ　ｗｉｄｔｈ",
        "𠮷野家",
        "ᚠᛇᚻ",
        "ｶﾀｶﾅ",
        "a\u{200b}b",
        "a\u{200d}b",
        "a\u{feff}b",
        "ﬀ ß İ ı",
        "\u{fdfd}",
        "¯\\_(ツ)_/¯",
        "田中さんにあげて下さい",
        "\u{e000}",
        "\u{10ffff}",
        "\u{fffd}",
        "line\u{a0}break",
        "tail\u{301}",
        // Refused.
        "a\u{202e}b",
        "\u{2066}a\u{2069}",
        "a\u{2028}b",
        "a\nb",
        "a\r\nX: y",
        "a\tb",
        "a\u{0}b",
        "a\u{7f}b",
        "a\u{9f}b",
        "\u{200b}",
        "\u{feff}\u{2060}",
        " \u{3000} ",
        "",
    ]
    .map(str::to_owned)
    .into();
    all.extend([long("长", 200), long("长", 201), long("👩‍👩‍👧‍👦", 100), long("a", 40_000)]);
    all
}

#[tokio::test]
async fn every_text_comes_back_exactly_or_is_refused_with_the_rule() {
    let shop = shop().await;
    shop.store.stock().set(&stoa_domain::Sku::new("mug").unwrap(), 10_000).await.unwrap();
    let codes = [
        "required",
        "too_long",
        "control_characters",
        "unknown_region",
        "unknown_country",
        "invalid_phone",
        "invalid_postal_code",
        "invalid_email",
    ];
    let (mut kept, mut refused) = (0, 0);
    for (i, text) in naughty().into_iter().enumerate() {
        let shopper = shop.shopper();
        shopper.add("mug", 1).await;
        for field in ["name", "city", "district", "subdistrict", "street", "region", "phone", "postal_code", "country"]
        {
            let mut body = order(2_250);
            body["address"][field] = json!(text);
            let (status, answer) = place(&shopper, body, &format!("{i}-{field}")).await;
            if status == 201 {
                let url = answer["status_url"].as_str().unwrap();
                let (_, view) = shopper.send(Method::GET, &format!("/api{url}"), None, None).await;
                assert_eq!(view["address"][field], json!(text.trim()), "{field}: {text:?}");
                shopper.add("mug", 1).await;
                kept += 1;
            } else {
                let faults = answer["error"]["details"]["fields"]
                    .as_array()
                    .unwrap_or_else(|| panic!("{field} {text:?}: {answer}"));
                // A country that is another asks for other fields, too.
                let of = |f: &&Value| field == "country" || f["field"] == json!(format!("address.{field}"));
                let fault = faults.iter().find(of).unwrap_or_else(|| panic!("{field} {text:?}: {answer}"));
                assert!(
                    codes.contains(&fault["code"].as_str().unwrap()) && !fault["message"].as_str().unwrap().is_empty()
                );
                assert_eq!(status, 422);
                refused += 1;
            }
        }
    }
    assert!(kept > 150 && refused > 150, "{kept} kept, {refused} refused");
}
