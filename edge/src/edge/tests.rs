//! What a shopper, a crawler or an attacker sees of the whole edge, natively.

mod account;

use crate::http::{Kind, Reply};
use crate::platform::{Incoming, Platform};
use crate::testing::{Browser, products, publish, request, yuan};
use serde_json::{Value, json};
use std::rc::Rc;
use stoa_domain::review::{PublishedReview, Stars};
use stoa_domain::snapshot::POINTER_KEY;

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}
fn answer(status: u16, body: Value) -> Incoming {
    Incoming { status, headers: vec![], body: body.to_string().into_bytes() }
}
fn cart(lines: usize) -> Value {
    let money = |minor: i64| json!({"minor": minor, "currency": "CNY"});
    let line = json!({
        "sku": "SKU-1-0", "product_id": "prod_1", "handle": "mug-no-1", "title": "Mug No 1", "variant_title": "Sand", "image": null,
        "quantity": 2, "available": 9, "unit_price": money(5_100), "compare_at": null, "subtotal": money(10_200),
        "discounts": [{"promotion": "p", "title": "Spend and save", "reason": "10 % off from ¥100", "amount": money(1_020)}],
        "total": money(9_180), "problem": null,
    });
    json!({
        "id": "c1", "lines": vec![line; lines], "item_count": 2 * lines, "subtotal": money(10_200), "discount": money(1_020),
        "shipping": {"method": "standard", "name": "Standard", "price": money(1_200), "discounts": [], "total": money(1_200)},
        "shipping_methods": [{"id": "standard", "name": "Standard", "price": money(1_200), "free_from": money(30_000), "promise": "In three days"}],
        "total": money(10_380), "messages": ["Spend ¥198 more to save 20 %"], "currency": "CNY",
    })
}

#[test]
fn health_is_503_before_the_first_publish_and_counts_products_after_it() {
    let shop = Browser::before_publishing();
    assert_eq!(shop.get("/healthz").status, 503);
    let waiting = shop.get("/");
    assert_eq!((waiting.status, waiting.kind), (503, Kind::Transient));
    publish(&shop.fake, 1, &products());
    shop.fake.advance(1_500);
    let health: Value = serde_json::from_slice(&shop.get("/healthz").body).unwrap();
    assert_eq!(
        (&health["status"], &health["products"], &health["version"]),
        (&json!("ok"), &json!(30), &json!("test"))
    );
}

#[test]
fn a_publish_is_taken_over_behind_a_request_and_rereads_only_what_changed() {
    let shop = Browser::new();
    assert!(shop.html("/products/mug-no-1").contains("¥51.00"));
    let objects = shop.fake.asked_for("/objects/");
    let mut dearer = products();
    dearer[1].product.variants[0].price = yuan(7_700);
    publish(&shop.fake, 2, &dearer);
    shop.fake.advance(1_500);
    // The request that notices is still answered from the version before.
    assert!(shop.html("/products/mug-no-1").contains("¥51.00"));
    shop.fake.run_deferred();
    assert!(shop.html("/products/mug-no-1").contains("¥77.00"));
    // One card shard, the index's meta and segment, one product shard.
    assert!(shop.fake.asked_for("/objects/") - objects <= 4);
}

#[test]
fn the_first_visitor_after_a_quiet_hour_sees_what_was_published_meanwhile() {
    let shop = Browser::new();
    assert!(shop.html("/products/mug-no-1").contains("¥51.00"));
    let mut dearer = products();
    dearer[1].product.variants[0].price = yuan(7_700);
    publish(&shop.fake, 2, &dearer);
    shop.fake.advance(3_600_000);
    assert!(shop.html("/products/mug-no-1").contains("¥77.00"), "nobody came before");
}

#[test]
fn a_visitor_waits_a_second_for_a_store_that_does_not_answer_and_is_then_served_what_is_there() {
    let shop = Browser::new();
    assert!(shop.html("/products/mug-no-1").contains("¥51.00"));
    shop.fake.hang(true);
    shop.fake.advance(3_600_000);
    let before = shop.fake.now_ms();
    assert!(shop.html("/products/mug-no-1").contains("¥51.00"));
    let waited = shop.fake.now_ms() - before;
    assert!((1_000..2_000).contains(&waited), "{waited} ms");
    assert!(shop.html("/products/mug-no-1").contains("¥51.00"), "and the next does not wait");
    assert_eq!(shop.fake.now_ms() - before, waited);
}

#[test]
fn a_page_asked_for_before_is_ready_at_its_address_until_the_pointer_is_due_or_another_version_came() {
    let shop = Browser::new();
    let ready = |address: &str| shop.edge.ready(shop.fake.now_ms(), &format!("https://shop.example{address}"));
    assert!(ready("/products/mug-no-1").is_none());
    for address in ["/products/mug-no-1", "/zh/products/mug-no-1", "/search?q=mug", "/robots.txt"] {
        let reply = shop.get(address);
        assert!(reply.status == 200 && ready(address).is_some_and(|ready| *ready == reply), "{address}");
    }
    // Another spelling of the same search shares the page; personal, missing and moved pages are never ready.
    shop.get("/search?q=mug&page=1");
    assert!(Rc::ptr_eq(&ready("/search?q=mug&page=1").unwrap(), &ready("/search?q=mug").unwrap()));
    for address in ["/cart", "/checkout", "/products/nothing", "/healthz", "/sitemap.xml"] {
        shop.get(address);
        assert!(ready(address).is_none(), "{address}");
    }
    shop.fake.advance(1_500);
    assert!(ready("/products/mug-no-1").is_none(), "it is time to look at the pointer");
    shop.get("/products/mug-no-1");
    shop.fake.run_deferred();
    assert!(ready("/products/mug-no-1").is_some(), "nothing new was published");
    let mut dearer = products();
    dearer[1].product.variants[0].price = yuan(7_700);
    publish(&shop.fake, 2, &dearer);
    shop.fake.advance(1_500);
    shop.get("/products/mug-no-1");
    shop.fake.run_deferred();
    assert!(ready("/products/mug-no-1").is_none(), "the page is of the version before");
}

#[test]
fn a_version_with_a_damaged_object_is_refused_and_the_last_good_one_goes_on() {
    let shop = Browser::new();
    assert_eq!(shop.get("/").status, 200);
    let mut other = products();
    other.pop();
    publish(&shop.fake, 2, &other);
    let health = || -> Value { serde_json::from_slice(&shop.get("/healthz").body).unwrap() };
    let pointer: Value = json!({"format": stoa_domain::snapshot::FORMAT, "version": 3, "manifest": "0".repeat(64)});
    shop.fake.put(POINTER_KEY, pointer.to_string().into_bytes());
    shop.fake.put(&format!("snapshots/{}.json", "0".repeat(64)), b"{}".to_vec());
    shop.fake.advance(1_500);
    health();
    shop.fake.run_deferred();
    assert_eq!(health()["products"], 30);
    assert!(shop.fake.log_lines().iter().any(|line| line.contains("does not have the bytes")));
    shop.fake.remove(POINTER_KEY);
    shop.fake.advance(1_500);
    shop.get("/");
    shop.fake.run_deferred();
    assert_eq!(shop.get("/collections/mugs").status, 200);
}

#[test]
fn merchants_and_shoppers_texts_are_escaped() {
    let shop = Browser::new();
    let page = shop.html("/products/salt-script-sea-mug");
    assert!(page.contains("<h1>Salt &lt;script&gt; &amp; Sea mug</h1>"));
    let data = page.split("application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(!data.contains('<'));
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["name"], "Salt <script> & Sea mug");
    assert_eq!(data["offers"][1]["price"], "55.00");
    let search = shop.html("/search?q=%22%3E%3Cimg%20src%3Dx%3E");
    assert!(!search.contains("<img src=x"));
}

#[test]
fn a_variant_is_chosen_by_a_link_and_its_price_is_shown() {
    let shop = Browser::new();
    let page = shop.html("/products/mug-no-1?variant=SKU-1-1");
    assert!(page.contains("<ins>¥56.00</ins>") && page.contains("<del>¥101.00</del>"), "{page}");
    assert!(page.contains("name=\"sku\" value=\"SKU-1-1\""));
    assert!(page.contains("Only 2 left"));
    assert!(page.contains("href=\"/products/mug-no-1?variant=SKU-1-0\""));
    assert!(page.contains("rel=\"canonical\" href=\"https://shop.example/products/mug-no-1\""));
    // Neither a page of its own nor a place of its own in the cache.
    for gone in ["nonsense", "", &"x".repeat(2_000)] {
        let reply = shop.get(&format!("/products/mug-no-1?variant={gone}"));
        assert_eq!((reply.status, reply.location.as_deref()), (302, Some("/products/mug-no-1")));
    }
}

#[test]
fn a_list_is_filtered_sorted_and_paged_by_its_address() {
    let shop = Browser::new();
    let page = shop.html("/collections/table");
    assert!(page.contains("30 products") && page.contains("Page 1 of 2"));
    let page = shop.html("/collections/mugs?filter.brand=Aule&filter.f.material=Stoneware&sort_by=price-descending");
    assert!(page.contains("5 products"));
    let at = |title: &str| page.find(title).unwrap();
    assert!(at("Mug No 24") < at("Mug No 18") && at("Mug No 18") < at("Mug No 6"));
    assert!(page.contains("noindex"));
    assert!(shop.html("/collections/mugs?filter.price.gte=79&filter.price.lte=100").contains("6 products"));
    assert!(shop.html("/collections/mugs?page=99999&filter.price.gte=cheap").contains("30 products"));
    assert!(shop.html("/collections/mugs?filter.brand=Nobody").contains("Nothing here fits"));
    let picks = shop.html("/collections/picks");
    assert!(picks.find("Mug No 7") < picks.find("Mug No 2<"));
    assert_eq!(shop.get("/collections/none").status, 404);
}

#[test]
fn search_finds_in_both_languages_and_suggests_while_one_types() {
    let shop = Browser::new();
    assert!(shop.html("/search?q=stoneware+mug").contains("Salt &lt;script&gt;"));
    assert!(shop.html("/zh/search?q=%E7%9B%90%E4%B8%8E%E6%B5%B7").contains("盐与海杯"));
    assert!(shop.html("/search/suggest?q=sal").contains("href=\"/products/salt-script-sea-mug\""));
    assert!(shop.html("/search/suggest?q=mu").contains("/collections/mugs"));
    assert!(shop.html("/search?q=zzzzqqqq").contains("We found nothing"));
}

#[test]
fn every_language_has_its_own_pages_and_names_the_others() {
    let shop = Browser::new();
    let page = shop.html("/zh/collections/mugs");
    assert!(page.contains("<html lang=\"zh-CN\"") && page.contains("杯子") && page.contains("30 件商品"));
    assert!(page.contains("hreflang=\"en\" href=\"https://shop.example/collections/mugs\""));
    assert!(page.contains("href=\"/collections/mugs\" lang=\"en\""));
    assert_eq!(shop.get("/en/collections").location.as_deref(), Some("/collections"));
    assert_eq!(shop.get("/en//elsewhere.example").location.as_deref(), Some("/elsewhere.example"));
}

#[test]
fn catalogue_pages_are_public_and_answer_304() {
    let shop = Browser::new();
    let page = shop.get("/products/mug-no-1");
    assert_eq!(page.kind, Kind::Catalogue);
    let mut again = request("GET", "/products/mug-no-1");
    again.headers.push(("if-none-match".into(), format!("W/{}", page.etag.clone().unwrap())));
    let again = shop.send(again);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert!(page.headers().iter().any(|(n, v)| *n == "content-security-policy" && v.contains("form-action 'self';")));
    let head = shop.send(request("HEAD", "/products/mug-no-1"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(shop.send(request("POST", "/products/mug-no-1")).status, 405);
    assert_eq!(shop.get("/nowhere").status, 404);
    assert_eq!(shop.get(&format!("/search?q={}", "a".repeat(17_000))).status, 414);
}

#[test]
fn robots_and_sitemap_list_every_page_in_every_language() {
    let shop = Browser::new();
    assert!(shop.html("/robots.txt").contains("Sitemap: https://shop.example/sitemap.xml"));
    assert!(shop.html("/sitemap.xml").contains("<loc>https://shop.example/sitemap-1.xml</loc>"));
    let chunk = shop.html("/sitemap-1.xml");
    assert!(chunk.contains("<loc>https://shop.example/zh/products/mug-no-7</loc>"));
    assert!(chunk.contains("/policies/returns"));
    assert_eq!(shop.get("/sitemap-2.xml").status, 404);
    assert_eq!(shop.get("/sitemap-0.xml").status, 404);
}

#[test]
fn the_catalogue_goes_on_when_the_functions_are_down_and_the_cart_says_so() {
    let shop = Browser::new();
    for address in ["/", "/collections", "/products/mug-no-3", "/search?q=mug", "/policies/returns"] {
        assert_eq!(shop.get(address).status, 200, "{address}");
    }
    for address in ["/cart", "/checkout", "/orders/ord_1?token=t"] {
        let page = shop.get(address);
        assert_eq!((page.status, page.kind), (503, Kind::Transient), "{address}");
        assert!(text(&page).contains("your cart is kept"));
    }
    let added = shop.post("/cart/add", &[("sku", "SKU-1-0"), ("quantity", "1")]);
    assert_eq!(added.status, 503);
}

#[test]
fn forms_of_other_sites_are_refused() {
    let shop = Browser::new();
    shop.fake.answer(|_| answer(200, cart(1)));
    let foreign = |name: &str, value: &str| {
        let mut request = request("POST", "/cart/add");
        request.headers.push((name.into(), value.into()));
        request.body = b"sku=SKU-1-0".to_vec();
        shop.send(request).status
    };
    assert_eq!(foreign("origin", "https://evil.example"), 403);
    assert_eq!(foreign("sec-fetch-site", "cross-site"), 403);
    assert_eq!(foreign("x-nothing", ""), 403);
    assert_eq!(foreign("origin", "https://shop.example"), 303);
}

#[test]
fn adding_to_the_cart_passes_the_cookie_on_and_explains_a_refusal() {
    let shop = Browser::new();
    shop.fake.answer(|asked| {
        assert_eq!((asked.method, asked.url.as_str()), ("POST", "http://checkout.test/api/cart/lines?locale=en"));
        assert_eq!(asked.body.as_deref(), Some(br#"{"quantity":2,"sku":"SKU-1-0"}"#.as_slice()));
        assert!(asked.headers.contains(&("x-forwarded-host", "shop.example".into())));
        let mut answer = answer(200, cart(1));
        answer.headers.push(("set-cookie".into(), "stoa_cart=c1; HttpOnly".into()));
        answer
    });
    let added = shop.post("/cart/add", &[("sku", "SKU-1-0"), ("quantity", "2")]);
    assert_eq!((added.status, added.location.as_deref(), added.kind), (303, Some("/cart"), Kind::Private));
    assert_eq!(added.set_cookies, ["stoa_cart=c1; HttpOnly"]);
    shop.fake.answer(|_| answer(409, json!({"error": {"code": "out_of_stock", "message": "only 1 left"}})));
    let refused = shop.post("/zh/cart/add", &[("sku", "SKU-1-0"), ("quantity", "2")]);
    assert_eq!(refused.location.as_deref(), Some("/zh/cart?problem=out_of_stock"));
}

#[test]
fn the_cart_shows_discounts_with_their_reason_and_only_known_problems() {
    let shop = Browser::new();
    shop.fake.answer(|_| answer(200, cart(1)));
    let page = shop.html("/cart?problem=out_of_stock");
    assert!(page.contains("10 % off from ¥100") && page.contains("−¥10.20") && page.contains("¥103.80"));
    assert!(page.contains("There is not enough"));
    assert!(!shop.html("/cart?problem=%3Cb%3E").contains("role=\"alert\""));
    shop.fake.answer(|_| {
        answer(
            200,
            json!({"lines": [], "item_count": 0, "subtotal": yuan(0), "discount": yuan(0),
        "shipping": null, "total": yuan(0)}),
        )
    });
    assert!(shop.html("/cart").contains("Your cart is empty"));
    assert_eq!(shop.get("/checkout").location.as_deref(), Some("/cart"));
}

/// [`cart`] with a code that applies, three that do not, and a gift.
fn promoted() -> Value {
    let mut promoted = cart(1);
    let why = |key: &str, amount: Value, count: Value, said: Value| json!({"text_key": key, "missing_amount": amount, "missing_quantity": count, "said": said});
    promoted["codes"] = json!([
        {"code": "HELLO-10", "promotion": "p", "title": "Welcome", "why_not": null},
        {"code": "RICH", "promotion": "q", "title": "Rich", "why_not": why("promotion.amount_too_low", json!(yuan(4_000)), Value::Null, Value::Null)},
        {"code": "<b>", "promotion": null, "title": "", "why_not": why("promotion.code_unknown", Value::Null, Value::Null, Value::Null)},
        {"code": "PLUG", "promotion": "r", "title": "", "why_not": why("promotion.code_rejected", Value::Null, Value::Null, json!("Only on <Mondays>"))},
    ]);
    promoted["gifts"] = json!([{"sku": "TOTE", "handle": "tote", "title": "Tote", "variant_title": "", "image": null, "quantity": 1,
        "promotion": "g", "promotion_title": "A tote from ¥100", "reason": "You bought for ¥100", "value": yuan(3_000)}]);
    promoted
}

#[test]
fn every_code_stands_on_the_cart_with_what_it_brings_or_why_not_in_the_shoppers_language() {
    let shop = Browser::new();
    shop.fake.answer(|asked| {
        assert_eq!(
            asked.url,
            format!("http://checkout.test/api/cart?locale={}", if asked.url.contains("zh") { "zh-CN" } else { "en" })
        );
        answer(200, promoted())
    });
    let page = shop.html("/cart");
    for said in [
        "HELLO-10",
        "Welcome",
        "¥40.00 more of what it is for",
        "We do not know this code",
        "&lt;b&gt;",
        "Only on &lt;Mondays&gt;",
        "A tote from ¥100",
        "You bought for ¥100",
        "action=\"/cart/codes/add\"",
        "Remove the code HELLO-10",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("promotion.amount") && !page.contains("<b>\"") && !page.contains("<Mondays>"));
    let chinese = shop.html("/zh/cart");
    assert!(chinese.contains("再买 ¥40.00 的适用商品即可使用。") && chinese.contains("没有这个优惠码"), "{chinese}");
    shop.fake.answer(|_| answer(200, promoted()));
    let checkout = shop.html("/checkout");
    assert!(
        checkout.contains("HELLO-10") && checkout.contains("We do not know this code") && checkout.contains("Tote × 1")
    );
    assert!(!checkout.contains("/cart/codes/add"), "the checkout shows the codes, the cart changes them");
}

#[test]
fn a_code_is_added_and_removed_by_a_plain_form_and_a_refusal_is_explained() {
    let shop = Browser::new();
    shop.fake.answer(|asked| {
        assert_eq!((asked.method, asked.url.as_str()), ("POST", "http://checkout.test/api/cart/codes?locale=en"));
        assert_eq!(asked.body.as_deref(), Some(br#"{"code":"HELLO 10"}"#.as_slice()));
        answer(200, promoted())
    });
    let added = shop.post("/cart/codes/add", &[("code", " HELLO 10 ")]);
    assert_eq!((added.status, added.location.as_deref(), added.kind), (303, Some("/cart#codes"), Kind::Private));
    shop.fake.answer(|asked| {
        assert_eq!(
            (asked.method, asked.url.as_str()),
            ("DELETE", "http://checkout.test/api/cart/codes/a%2F%3Fb?locale=zh-CN")
        );
        answer(200, promoted())
    });
    assert_eq!(shop.post("/zh/cart/codes/remove", &[("code", "a/?b")]).location.as_deref(), Some("/zh/cart#codes"));
    shop.fake.answer(|_| answer(409, json!({"error": {"code": "too_many_codes", "message": "…"}})));
    let refused = shop.post("/cart/codes/add", &[("code", "one more")]);
    assert_eq!(refused.location.as_deref(), Some("/cart?problem=too_many_codes#codes"));
    for empty in ["", "  ", &"x".repeat(513)] {
        let refused = shop.post("/cart/codes/add", &[("code", empty)]);
        assert_eq!(refused.location.as_deref(), Some("/cart?problem=invalid_code#codes"), "{empty:?}");
    }
    assert_eq!(shop.get("/cart/codes/add").status, 405);
    shop.fake.answer(|_| answer(200, promoted()));
    assert!(shop.html("/cart?problem=too_many_codes").contains("at most 10 codes"));
}

#[test]
fn taxes_stand_below_a_total_that_holds_them_and_above_one_they_are_added_to() {
    let shop = Browser::new();
    let taxed = |included: bool| {
        let mut taxed = cart(1);
        taxed["tax"] = json!({"included": included, "estimated": !included, "total": yuan(403),
            "rows": [{"name": "VAT <b>", "millionths": 88_750, "net": yuan(3_097), "tax": yuan(403)}]});
        taxed
    };
    shop.fake.answer(move |_| answer(200, taxed(true)));
    let page = shop.html("/cart");
    let (row, total) = (page.find("VAT &lt;b&gt; 8.875 % included").unwrap(), page.find("Taxes included").unwrap());
    assert!(row > total && page.contains("¥4.03") && !page.contains("an estimate"));
    shop.fake.answer(move |_| answer(200, taxed(false)));
    let page = shop.html("/cart");
    assert!(page.contains("VAT &lt;b&gt; 8.875 %") && !page.contains("Taxes included") && page.contains("an estimate"));
}

#[test]
fn a_price_that_changed_is_marked_until_the_shopper_says_they_saw_it() {
    let shop = Browser::new();
    shop.fake.answer(|_| {
        let mut changed = cart(1);
        changed["lines"][0]["price_before"] = json!(yuan(9_900));
        answer(200, changed)
    });
    let page = shop.html("/cart");
    assert!(page.contains("¥99.00 when you last looked") && page.contains("action=\"/cart/seen\""));
    shop.fake.answer(|asked| {
        assert_eq!((asked.method, asked.url.as_str()), ("POST", "http://checkout.test/api/cart/seen?locale=zh-CN"));
        answer(200, cart(1))
    });
    let seen = shop.post("/zh/cart/seen", &[]);
    assert_eq!((seen.status, seen.location.as_deref()), (303, Some("/zh/cart")));
    assert_eq!(shop.get("/cart/seen").status, 405);
}

/// The names of the form's fields, in its order.
fn fields(page: &str) -> Vec<String> {
    let form = page.split("<form class=\"checkout\"").nth(1).unwrap();
    form.split("id=\"f-").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn the_form_asks_for_what_the_country_needs_and_the_shops_own_country_first() {
    let shop = Browser::new();
    shop.fake.answer(|_| answer(200, cart(1)));
    let china =
        ["email", "phone", "name", "country", "region", "city", "district", "subdistrict", "street", "postal_code"];
    let page = shop.html("/checkout");
    assert_eq!(fields(&page), china);
    assert!(page.contains("<option value=\"江苏省\">Jiangsu</option>"));
    assert!(shop.html("/zh/checkout").contains("<option value=\"江苏省\">江苏省</option>"));
    shop.fake.answer(|_| {
        let mut at_home = cart(1);
        at_home["country"] = json!("JP");
        answer(200, at_home)
    });
    assert_eq!(
        fields(&shop.html("/checkout")),
        ["email", "phone", "name", "country", "postal_code", "region", "city", "street"]
    );
    shop.fake.answer(|asked| {
        assert!(asked.url.contains("country=US&region=NY&postal_code=10025"), "{}", asked.url);
        answer(200, cart(1))
    });
    let form = [
        ("country", "US"),
        ("region", "NY"),
        ("postal_code", "10025"),
        ("district", "left over"),
        ("intent", "country"),
    ];
    let page = text(&shop.post("/checkout", &form));
    assert_eq!(fields(&page), ["email", "phone", "name", "country", "street", "city", "region", "postal_code"]);
    assert!(page.contains("ZIP code") && page.contains("<option value=\"NY\" selected>New York</option>"));
    shop.fake.answer(|asked| match asked.method {
        "GET" => answer(200, cart(1)),
        _ => {
            let body: Value = serde_json::from_slice(asked.body.as_deref().unwrap()).unwrap();
            let sent: Vec<&String> = body["address"].as_object().unwrap().keys().collect();
            assert_eq!(sent, ["city", "country", "name", "phone", "postal_code", "region", "street"], "no district");
            answer(
                422,
                json!({"error": {"code": "validation_failed", "message": "…", "details": {"fields": [
                {"field": "address.postal_code", "code": "invalid_postal_code", "message": "…"},
                {"field": "address.region", "code": "required", "message": "…"}]}}}),
            )
        }
    });
    let order =
        [("key", "key-0123456789abcdef"), ("expected_total", "10380"), ("country", "US"), ("district", "left over")];
    let page = text(&shop.post("/checkout", &order));
    assert!(page.contains("ZIP code: this is not one of the country") && page.contains("State: please fill this in"));
}

#[test]
fn an_order_sends_the_quote_and_a_refusal_shows_old_and_new() {
    let shop = Browser::new();
    let quoted = || {
        let mut quoted = cart(1);
        quoted["quote"] = json!("7b7d.1.abc");
        quoted["unavailable_shipping_methods"] =
            json!([{"id": "x", "name": "Express", "code": "parcel_too_heavy", "most_grams": 20_500}]);
        quoted
    };
    shop.fake.answer(move |asked| match asked.method {
        "GET" => answer(200, quoted()),
        _ => {
            let body: Value = serde_json::from_slice(asked.body.as_deref().unwrap()).unwrap();
            assert_eq!(body["quote"], "7b7d.0.old");
            let change = |what: &str, sku: Value| json!({"what": what, "sku": sku, "before": yuan(1_250), "now": yuan(1_300), "quantity_before": 1, "quantity_now": 2});
            answer(409, json!({"error": {"code": "quote_changed", "message": "…", "details": {
                "changes": [change("unit_price", json!("SKU-1-0")), change("quantity", json!("<gone>")), change("total", Value::Null), change("unheard_of", Value::Null)]}}}))
        }
    });
    assert!(shop.html("/checkout").contains("name=\"quote\" value=\"7b7d.1.abc\""));
    let page = shop
        .post("/checkout", &[("key", "key-0123456789abcdef"), ("expected_total", "10380"), ("quote", "7b7d.0.old")]);
    let page = (page.status, text(&page));
    assert_eq!(page.0, 409);
    for said in [
        "nothing was ordered",
        "¥12.50 before, ¥13.00 now",
        "&lt;gone&gt;: quantity 1 before, 2 now",
        "Total: ¥12.50 before",
        "value=\"7b7d.1.abc\"",
        "takes at most 20.5 kg",
    ] {
        assert!(page.1.contains(said), "{said}");
    }
}

#[test]
fn an_order_is_placed_once_with_the_forms_own_key() {
    let shop = Browser::new();
    shop.fake.answer(|_| answer(200, cart(1)));
    let page = shop.html("/checkout");
    let key = page.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(page.contains(r#"<input type="checkbox" name="offers" value="yes">"#), "nobody ticks it for the shopper");
    let wanted = key.clone();
    shop.fake.answer(move |asked| {
        if asked.method == "GET" {
            return answer(200, cart(1));
        }
        assert!(asked.headers.contains(&("idempotency-key", wanted.clone())));
        let body: Value = serde_json::from_slice(asked.body.as_deref().unwrap()).unwrap();
        assert_eq!(body["marketing_consent"], json!(false));
        assert_eq!((&body["expected_total"]["minor"], &body["address"]["city"]), (&json!(10_380), &json!("Hangzhou")));
        answer(
            201,
            json!({"order_id": "ord_1", "number": "S-1", "status_url": "/orders/ord_1?token=t",
            "payment": {"id": "pay_1", "provider": "sandbox", "redirect_url": "/payments/sandbox/pay_1"}}),
        )
    });
    let placed = shop.post(
        "/checkout",
        &[("key", &key), ("expected_total", "10380"), ("city", " Hangzhou "), ("shipping", "standard")],
    );
    assert_eq!((placed.status, placed.location.as_deref()), (303, Some("/payments/sandbox/pay_1")));
}

#[test]
fn an_orders_page_shows_its_parcels_refunds_and_what_happened() {
    let shop = Browser::new();
    let cny = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
    let order = json!({ "order_id": "ord_1", "number": "S-1", "state": "partly_shipped", "email": "a@b.example",
        "lines": [{ "handle": "mug", "title": "Mug", "quantity": 2, "total": cny(2_500) },
            { "handle": "cup", "title": "Cup", "quantity": 1, "total": cny(900) }],
        "subtotal": cny(3_400), "discount": cny(0), "shipping": null, "total": cny(3_400),
        "address": { "name": "Wang Li", "phone": "", "country": "CN", "region": "", "city": "苏州市", "district": "",
            "street": "平江路 12 号", "postal_code": "" },
        "timeline": [{ "at": "2026-11-24T08:00:00Z", "state": "paid", "what": "state", "amount": null },
            { "at": "2026-11-24T09:00:00Z", "state": "partly_shipped", "what": "shipment_sent", "amount": null },
            { "at": "2026-11-24T10:00:00Z", "state": "partly_shipped", "what": "refund_succeeded", "amount": cny(900) },
            { "at": "2026-11-24T11:00:00Z", "state": "partly_shipped", "what": "of a later version", "amount": null }],
        "payment": { "state": "succeeded", "redirect_url": null },
        "shipments": [{ "number": 1, "carrier": "sf-express", "tracking_number": "SF1",
            "lines": [{ "line": 0, "quantity": 1 }], "sent_at": "2026-11-24T09:00:00Z", "delivered_at": null },
            { "number": 2, "carrier": "A neighbour", "tracking_number": "", "lines": [{ "line": 7, "quantity": 1 }],
            "sent_at": "2026-11-24T09:00:00Z", "delivered_at": "2026-11-24T10:00:00Z" }],
        "refunds": [{ "amount": cny(900), "done": true, "reason": "chipped <b>", "requested_at": "2026-11-24T10:00:00Z" }] });
    let shown = order.clone();
    shop.fake.answer(move |_| answer(200, shown.clone()));
    let page = shop.html("/orders/ord_1?token=t");
    for said in [
        "Partly shipped",
        "SF Express",
        "waybill-detail/SF1",
        "Mug × 1",
        "A neighbour",
        "Sent back to you",
        "¥9.00 was sent back to you",
        "chipped &lt;b&gt;",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let page = shop.html("/zh/orders/ord_1?token=t");
    for said in ["部分发货", "顺丰速运", "查看物流", "已退款 ¥9.00"] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

#[test]
fn pieces_are_asked_to_be_sent_back_on_the_orders_page() {
    let shop = Browser::new();
    let cny = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
    let order = json!({ "number": "S-1", "state": "delivered", "subtotal": cny(2_500), "discount": cny(0),
        "lines": [{ "handle": "mug", "title": "Mug", "quantity": 2, "total": cny(2_500), "returnable": 1 }],
        "shipping": null, "total": cny(2_500), "payment": { "state": "succeeded", "redirect_url": null },
        "address": { "name": "Wang Li", "phone": "", "country": "CN", "region": "", "city": "苏州市", "district": "",
            "street": "平江路 12 号", "postal_code": "" },
        "returnable_until": "2026-12-08T08:00:00Z",
        "returns": [{ "number": 1, "state": "approved", "lines": [{ "line": 0, "quantity": 1 }], "wish": "refund",
            "requested_at": "2026-11-24T08:00:00Z" }] });
    let shown = order.clone();
    shop.fake.answer(move |_| answer(200, shown.clone()));
    let page = shop.html("/orders/ord_1?token=t");
    for said in ["Mug × 1", "Agreed: please send it.", "action=\"/orders/ord_1/returns?token=t\"", "max=\"1\""] {
        assert!(page.contains(said), "{said}: {page}");
    }
    shop.fake.answer(move |asked| {
        assert!(asked.method == "POST" && asked.url.ends_with("/api/orders/ord_1/returns?token=t"));
        let body: Value = serde_json::from_slice(asked.body.as_deref().unwrap()).unwrap();
        assert_eq!(body["lines"], json!([{ "line": 0, "quantity": 1 }]));
        answer(200, order.clone())
    });
    let typed = [("line-0", "1"), ("line-1", "0"), ("line-x", "1"), ("reason", "damaged"), ("wish", "refund")];
    let sent = shop.post("/orders/ord_1/returns?token=t", &typed);
    assert_eq!((sent.status, sent.location.as_deref()), (303, Some("/orders/ord_1?token=t#returns")));
    let refusal = json!({ "error": { "code": "not_returnable", "message": "over" } });
    shop.fake.answer(move |_| answer(409, refusal.clone()));
    let refused = shop.post("/orders/ord_1/returns?token=t", &typed);
    assert_eq!(refused.location.as_deref(), Some("/orders/ord_1?token=t&refused=return#returns"));
    assert_eq!(shop.get("/orders/ord_1/returns?token=t").status, 405);
}

#[test]
fn an_invoice_is_asked_for_on_the_orders_page_and_a_parcels_way_is_shown() {
    let shop = Browser::new();
    let cny = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
    let event = |state: &str, at: &str| json!({ "at": at, "state": state, "place": "苏州", "said": "<i>到达</i>" });
    let order = |invoice: Value, open: bool| {
        json!({ "number": "S-1", "state": "shipped", "email": "a@b.example", "subtotal": cny(2_500), "discount": cny(0),
        "shipping": null, "tax": null, "total": cny(2_500), "payment": { "state": "succeeded", "redirect_url": null },
        "address": { "name": "A", "phone": "", "country": "CN", "region": "", "city": "", "district": "", "street": "", "postal_code": "" },
        "lines": [{ "handle": "mug", "title": "Mug", "quantity": 1, "total": cny(2_500) }],
        "shipments": [{ "number": 1, "carrier": "simulated", "tracking_number": "S1", "lines": [], "sent_at": "2026-11-20T08:00:00Z", "delivered_at": null,
            "tracking": [event("picked_up", "2026-11-20T09:00:00Z"), event("out_for_delivery", "2026-11-21T09:00:00Z")] }],
        "invoice": invoice, "invoice_open": open })
    };
    let shown = order(Value::Null, true);
    shop.fake.answer(move |_| answer(200, shown.clone()));
    let page = shop.html("/orders/ord_1?token=t");
    for said in [
        "Ask for an invoice",
        "action=\"/orders/ord_1/invoice?token=t\"",
        "value=\"a@b.example\"",
        "<details open>",
        "&lt;i&gt;到达&lt;/i&gt;",
        "Picked up",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.find("Out for delivery").unwrap() < page.find("Picked up").unwrap(), "the newest first");
    let asked =
        json!({ "kind": "company", "title": "<b>A</b>", "tax_number": "914403001922038216", "email": "t@b.example" });
    let shown = order(
        json!({ "state": "issued", "asked": asked, "number": "2444", "link": "https://tax.example/1.pdf" }),
        false,
    );
    shop.fake.answer(move |_| answer(200, shown.clone()));
    let page = shop.html("/zh/orders/ord_1?token=t");
    for said in ["已开具：", "2444", "href=\"https://tax.example/1.pdf\"", "&lt;b&gt;A&lt;/b&gt;", "派送中"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("/invoice?token"), "it was made");
    let sent = order(Value::Null, true);
    shop.fake.answer(move |call| {
        assert_eq!((call.method, call.url.ends_with("/api/orders/ord_1/invoice?token=t")), ("PUT", true));
        let body: Value = serde_json::from_slice(call.body.as_ref().unwrap()).unwrap();
        assert_eq!(body, json!({ "kind": "personal", "title": "Lin", "tax_number": "", "email": "l@b.example" }));
        answer(200, sent.clone())
    });
    let typed = [("kind", "personal"), ("title", " Lin "), ("email", "l@b.example")];
    let reply = shop.post("/orders/ord_1/invoice?token=t", &typed);
    assert_eq!((reply.status, reply.location.as_deref()), (303, Some("/orders/ord_1?token=t#invoice")));
    shop.fake.answer(|_| {
        answer(422, json!({ "error": { "code": "validation_failed", "message": "please correct: tax_number" } }))
    });
    let refused = shop.post("/orders/ord_1/invoice?token=t", &typed);
    assert_eq!(refused.location.as_deref(), Some("/orders/ord_1?token=t&refused=invoice#invoice"));
}

#[test]
fn what_arrived_is_reviewed_on_the_orders_page() {
    let shop = Browser::new();
    let cny = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
    let written = json!({ "state": "waiting", "stars": 4, "title": "<b>Good</b>", "text": "A\nB", "name": "Lin", "why": "", "answer": "" });
    let order = json!({ "number": "S-1", "state": "delivered", "subtotal": cny(2_500), "discount": cny(0),
        "shipping": null, "tax": null, "total": cny(2_500), "payment": { "state": "succeeded", "redirect_url": null },
        "address": { "name": "A", "phone": "", "country": "CN", "region": "", "city": "", "district": "", "street": "", "postal_code": "" },
        "lines": [{ "handle": "mug", "title": "Mug", "quantity": 1, "total": cny(2_500) }, { "handle": "bowl", "title": "Bowl", "quantity": 1, "total": cny(0) }],
        "reviews": [{ "line": 0, "written": written }, { "line": 1, "written": null }] });
    let shown = order.clone();
    shop.fake.answer(move |_| answer(200, shown.clone()));
    let page = shop.html("/orders/ord_1?token=t");
    for said in [
        "Review Bowl",
        "&lt;b&gt;Good&lt;/b&gt;",
        "We read it before everybody can.",
        "value=\"take-back\"",
        "action=\"/orders/ord_1/reviews?token=t\"",
        ">A\nB</textarea>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let sent = order.clone();
    shop.fake.answer(move |asked| {
        assert_eq!((asked.method, asked.url.ends_with("/api/orders/ord_1/reviews/1?token=t")), ("PUT", true));
        let body: Value = serde_json::from_slice(asked.body.as_ref().unwrap()).unwrap();
        assert_eq!(body, json!({ "stars": 5, "title": "", "text": "Fine", "name": "Lin" }));
        answer(200, sent.clone())
    });
    let typed = [("line", "1"), ("stars", "5"), ("text", " Fine "), ("name", "Lin")];
    let reply = shop.post("/orders/ord_1/reviews?token=t", &typed);
    assert_eq!((reply.status, reply.location.as_deref()), (303, Some("/orders/ord_1?token=t#reviews")));
    let sent = order.clone();
    shop.fake.answer(move |asked| {
        assert_eq!(asked.method, "DELETE");
        answer(200, sent.clone())
    });
    let gone = shop.post("/orders/ord_1/reviews?token=t", &[("line", "0"), ("intent", "take-back")]);
    assert_eq!(gone.status, 303);
    shop.fake.answer(|_| answer(409, json!({ "error": { "code": "review_decided", "message": "read" } })));
    let refused = shop.post("/orders/ord_1/reviews?token=t", &typed);
    assert_eq!(refused.location.as_deref(), Some("/orders/ord_1?token=t&refused=review#reviews"));
    assert_eq!(shop.get("/orders/ord_1/reviews?token=t").status, 405);
}

#[test]
fn ratings_are_on_tiles_and_the_products_page_and_lists_are_sorted_by_them() {
    let shop = Browser::new();
    assert!(!shop.html("/collections/mugs").contains("sort_by=rating"), "nobody reviewed anything");
    let review = |stars: u8, text: &str| PublishedReview {
        stars: Stars::new(stars).unwrap(),
        title: String::new(),
        text: text.to_owned(),
        name: "Lin <Wu>".to_owned(),
        locale: stoa_domain::Locale::new("en").unwrap(),
        written_at: 1_763_625_600,
        answer: "Thank you.".to_owned(),
    };
    let mut rated = products();
    rated[3].reviews.rating.stars = [0, 0, 0, 40, 160];
    rated[3].reviews.newest = vec![review(5, "The best\nmug </script>"), review(4, "")];
    rated[7].reviews.rating.stars = [0, 0, 0, 0, 1];
    rated[9].reviews.rating.stars = [3, 1, 0, 0, 0];
    publish(&shop.fake, 2, &rated);
    shop.fake.advance(1_500);
    shop.get("/");
    shop.fake.run_deferred();
    let page = shop.html("/products/mug-no-3");
    for said in [
        "★ 4.8 (200)",
        "Rated 4.8 out of 5 stars by 200 buyers",
        "The best",
        "★★★★☆",
        "Lin &lt;Wu&gt;",
        "20 November 2025",
        "The shop answers:",
        "\"reviewCount\":200",
        "\"ratingValue\":\"4.8\"",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.matches("</script>").count() == page.matches("<script").count(), "{page}");
    assert!(shop.html("/zh/products/mug-no-3").contains("200 位买家评分 4.8"));
    let list = shop.html("/collections/mugs?sort_by=rating");
    assert!(list.contains("value=\"rating\" selected"), "{list}");
    let at = |handle: &str| list.find(&format!("href=\"/products/{handle}\"")).unwrap_or(usize::MAX);
    assert!(
        at("mug-no-3") < at("mug-no-7") && at("mug-no-7") < at("mug-no-9"),
        "one five does not beat two hundred of 4.8"
    );
    assert!(at("mug-no-9") < at("mug-no-1"), "what nobody reviewed comes last");
    let found = shop.html("/search?q=mug&sort_by=rating");
    let first = found.find("href=\"/products/mug-no-3\"").unwrap();
    assert!(first < found.find("href=\"/products/mug-no-7\"").unwrap(), "{found}");
}

#[test]
fn a_refused_order_keeps_what_was_typed_and_points_at_the_fields() {
    let shop = Browser::new();
    shop.fake.answer(|asked| match asked.method {
        "GET" => answer(200, cart(1)),
        _ => answer(422, json!({"error": {"code": "validation_failed", "message": "…", "details": {"fields": [
            {"field": "address.postal_code", "code": "invalid", "message": "…"}, {"field": "email", "code": "required", "message": "…"}]}}})),
    });
    let form = [
        ("key", "key-0123456789abcdef"),
        ("expected_total", "10380"),
        ("name", "Li \"Ada\" Wei"),
        ("postal_code", "x"),
        ("offers", "yes"),
    ];
    let page = shop.post("/checkout", &form);
    assert_eq!(page.status, 422);
    let page = text(&page);
    assert!(page.contains(r#"name="offers" value="yes" checked"#));
    assert!(page.contains("value=\"Li &quot;Ada&quot; Wei\"") && page.contains("href=\"#f-postal_code\""));
    assert!(page.contains("Email: please fill this in") && !page.contains("value=\"key-0123456789abcdef\""));
    shop.fake.answer(|asked| match asked.method {
        "GET" => answer(200, cart(1)),
        _ => answer(409, json!({"error": {"code": "total_changed", "message": "…", "details": {}}})),
    });
    let page = shop.post("/checkout", &form);
    assert!(page.status == 409 && text(&page).contains("The total has changed"));
    shop.fake.answer(|asked| match asked.method {
        "GET" => answer(200, cart(1)),
        _ => answer(500, json!({})),
    });
    let page = shop.post("/checkout", &form);
    assert!(page.status == 503 && text(&page).contains("can not be ordered twice"));
}

#[test]
fn nobody_is_sent_to_a_foreign_scheme_or_host_by_accident() {
    for (target, safe) in [
        ("/payments/sandbox/p", true),
        ("https://pay.example/p", true),
        ("//evil.example", false),
        ("/\\evil.example", false),
        ("javascript:alert(1)", false),
        ("http://evil.example", false),
        ("/a\r\nset-cookie: x", false),
    ] {
        assert_eq!(super::safe_redirect(target).is_some(), safe, "{target}");
    }
}
