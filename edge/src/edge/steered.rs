//! What a shopper sees of the merchant's rules, words and weights.

use crate::http::{Kind, Reply};
use crate::testing::{Browser, products, publish_with};
use serde_json::{Value, json};
use stoa_domain::promotion::read;
use stoa_domain::search::SearchSettings;

fn shop(settings: Value) -> Browser {
    let shop = Browser::before_publishing();
    steer(&shop, 1, settings);
    shop
}

fn steer(shop: &Browser, version: u64, settings: Value) {
    let settings: SearchSettings = read(settings).unwrap();
    assert_eq!(settings.validate(), []);
    publish_with(&shop.fake, version, &products(), Some(&settings));
    look(shop);
}

/// Long enough for the edge to see another version.
fn look(shop: &Browser) {
    shop.fake.advance(1_500);
    shop.get("/");
    shop.fake.run_deferred();
}

fn rules(rules: Value) -> Browser {
    shop(json!({ "rules": rules }))
}

fn results(shop: &Browser, address: &str) -> Value {
    let reply = shop.get(address);
    assert_eq!(reply.status, 200, "{address}");
    serde_json::from_slice(&reply.body).unwrap()
}

fn ids(results: &Value) -> Vec<&str> {
    results["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

/// The products of a page's tiles, in their order.
fn tiles(shop: &Browser, address: &str) -> Vec<String> {
    let html = shop.html(address);
    let tiles = html.split("<li class=\"tile\">").skip(1).filter_map(|tile| tile.split("/products/").nth(1));
    tiles.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn handle(id: &str) -> String {
    let at: usize = id.strip_prefix("prod_").unwrap().parse().unwrap();
    products()[at].product.handle.to_string()
}

#[test]
fn pinned_products_stand_in_their_places_on_the_page_and_in_the_data() {
    let pins = json!([{ "product": "prod_20", "position": 1 }, { "product": "prod_5", "position": 3 }]);
    let shop = rules(json!([{ "id": "mugs", "when": { "phrases": ["MUGS", "cups of clay"] }, "pins": pins }]));
    let plain = results(&shop, "/search.json?q=mug+no");
    assert_eq!((&plain["rules"], plain["hits"].as_array().unwrap().len()), (&Value::Null, 24));
    let pinned = results(&shop, "/search.json?q=mug");
    assert_eq!((ids(&pinned)[0], ids(&pinned)[2], &pinned["rules"]), ("prod_20", "prod_5", &json!(["mugs"])));
    assert!(pinned["hits"][0]["score"].is_number(), "it was found too");
    for page in [1, 2] {
        let data = results(&shop, &format!("/search.json?q=mug&page={page}"));
        let shown: Vec<String> = ids(&data).into_iter().map(handle).collect();
        assert_eq!(tiles(&shop, &format!("/search?q=mug&page={page}")), shown);
    }
    let second = results(&shop, "/search.json?q=mug&page=2");
    let mut all: Vec<&str> = ids(&pinned).into_iter().chain(ids(&second)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!((all.len(), &pinned["total"]), (30, &json!(30)), "pages join without gap");
    assert_eq!(
        tiles(&shop, "/search?q=mug&sort_by=price-ascending")[0],
        handle("prod_0"),
        "another order is the shopper's"
    );
}

#[test]
fn what_was_not_found_is_added_by_a_pin_counted_and_filtered_as_the_rest() {
    let pins = json!([{ "product": "prod_1", "position": 2 }, { "product": "prod_nowhere", "position": 1 }]);
    let shop = rules(json!([{ "id": "s", "when": { "phrases": ["stoneware"] }, "pins": pins }]));
    let found = results(&shop, "/search.json?q=stoneware");
    assert_eq!((&found["total"], ids(&found)[1], &found["hits"][1]["score"]), (&json!(11), "prod_1", &Value::Null));
    let html = shop.html("/search?q=stoneware");
    assert!(html.contains("11 products"), "{html}");
    let porcelain = results(&shop, "/search.json?q=stoneware&filter.f.material=Porcelain");
    assert_eq!(ids(&porcelain), ["prod_1"]);
    let others = results(&shop, "/search.json?q=stoneware&filter.brand=Aule");
    assert!(!ids(&others).contains(&"prod_1") && others["total"] == json!(5), "{others}");
    assert_eq!(tiles(&shop, "/search?q=stoneware&filter.f.material=Porcelain"), [handle("prod_1")]);
}

#[test]
fn boosts_and_burials_change_the_order_and_nothing_else() {
    let boosts = json!([
        { "by": "brand", "value": "pottery & co", "percent": 300 },
        { "by": "attribute", "name": "glaze", "value": "哑光", "percent": 50 },
        { "by": "sold_out", "percent": 0 },
    ]);
    let shop = rules(json!([{ "id": "b", "when": { "phrases": ["mug"], "matches": "contains" }, "boosts": boosts }]));
    let found = results(&shop, "/search.json?q=mug");
    let brands: Vec<bool> =
        ids(&found).iter().map(|id| id.strip_prefix("prod_").unwrap().parse::<usize>().unwrap() % 2 == 1).collect();
    assert!(brands[..5].iter().all(|odd| *odd), "{:?}", ids(&found));
    assert_eq!(ids(&results(&shop, "/search.json?q=mug&page=2")).last(), Some(&"prod_5"), "sold out");
    assert_eq!(tiles(&shop, "/search?q=mug&page=2").last(), Some(&handle("prod_5")));
    assert_eq!(found["total"], json!(30));
}

#[test]
fn a_category_has_its_own_rules_and_banner() {
    let rule = json!({ "id": "c", "when": { "category": "table" },
        "pins": [{ "product": "prod_3", "position": 1 }], "boosts": [{ "by": "category", "value": "espresso", "percent": 200 }],
        "banner": { "title": { "en": "<Clay> week", "zh-CN": "陶器周" }, "text": { "en": "Ten days only" }, "link": "/collections/mugs" } });
    let shop = rules(json!([rule]));
    let order = tiles(&shop, "/collections/table");
    let espresso: Vec<String> =
        ["prod_3", "prod_29", "prod_24", "prod_19", "prod_14", "prod_9", "prod_4", "prod_28"].map(handle).into();
    assert_eq!(order[..8], espresso);
    let html = shop.html("/collections/table");
    assert!(html.contains("&lt;Clay&gt; week") && html.contains("href=\"/collections/mugs\">Learn more"), "{html}");
    assert!(shop.html("/zh/collections/table").contains("陶器周"));
    assert!(
        !shop.html("/collections/mugs").contains("week") && !shop.html("/collections/table?page=2").contains("week")
    );
    let last = tiles(&shop, "/collections/table?page=2").pop();
    assert_eq!(last, Some(handle("prod_5")), "sold out goes last");
}

fn location(reply: &Reply) -> (u16, Option<&str>, Kind) {
    (reply.status, reply.location.as_deref(), reply.kind)
}

#[test]
fn a_redirect_leads_to_its_page_and_may_be_kept_as_long_as_a_page() {
    let shop = rules(json!([
        { "id": "returns", "when": { "phrases": ["send back", "退货"] }, "redirect": "/policies/returns" },
        { "id": "friends", "when": { "phrases": ["friends"] }, "redirect": "https://friends.example/?a=b" },
    ]));
    let moved = shop.get("/search?q=Sends+BACK");
    assert_eq!(location(&moved), (302, Some("/policies/returns"), Kind::Catalogue));
    let page = shop.get("/search?q=mug");
    let kept = |reply: &Reply| {
        reply.headers().into_iter().find(|(name, _)| *name == "cache-control").map(|(_, how)| how.to_owned())
    };
    assert!(kept(&page).is_some_and(|how| how.starts_with("public, ")));
    assert_eq!(kept(&moved), kept(&page));
    assert_eq!(location(&shop.get("/zh/search?q=%E9%80%80%E8%B2%A8")).1, Some("/zh/policies/returns"));
    assert_eq!(location(&shop.get("/search?q=friends")).1, Some("https://friends.example/?a=b"));
    for stays in ["/search?q=send+back&exact=1", "/search?q=send+it+back", "/search?q=send+back&filter.brand=Aule"] {
        assert_eq!(shop.get(stays).status, 200, "{stays}");
    }
    assert_eq!(results(&shop, "/search.json?q=friends")["redirect"], json!("https://friends.example/?a=b"));
    for page in ["/", "/cart", "/collections/table"] {
        assert!(shop.get(page).policy.contains("form-action 'self' https:;"), "browsers hold forms against redirects");
    }
    assert!(rules(json!([])).get("/").policy.contains("form-action 'self';"));
}

#[test]
fn the_merchants_words_and_weights_take_part() {
    let merit = |sales: u8, age: u8| json!({ "merit": { "sales": sales, "age": age } });
    let plain = shop(json!({}));
    assert_eq!(results(&plain, "/search.json?q=tumbler")["total"], json!(0));
    let words = shop(json!({ "vocabulary": { "one_way": { "en": { "tumbler": ["mug"] } } } }));
    assert_eq!(results(&words, "/search.json?q=tumbler")["total"], json!(30));
    assert_eq!(tiles(&words, "/search?q=tumbler").len(), 24);
    assert!(words.html("/search/suggest?q=tumbler+").contains("/products/"));

    // The seventh, thirteenth … of these products sold most, six of each.
    let selling = shop(merit(100, 0));
    let found = results(&selling, "/search.json?q=mug+no");
    let sold: Vec<usize> =
        ids(&found).iter().map(|id| id.strip_prefix("prod_").unwrap().parse::<usize>().unwrap() % 7).collect();
    assert!(sold[..4].iter().all(|sold| *sold == 6) && sold.is_sorted_by(|a, b| a >= b), "{sold:?}");
    let score = |shop: &Browser| results(shop, "/search.json?q=mug+no")["hits"][0]["score"].as_f64().unwrap();
    assert!((score(&selling) / score(&plain) - 2.0).abs() < 1e-3, "the best seller counts twice");
    assert_eq!(tiles(&selling, "/search?q=mug+no"), ids(&found).into_iter().map(handle).collect::<Vec<_>>());
}

#[test]
fn what_is_typed_brings_the_pinned_product_first() {
    let pin = json!([{ "product": "prod_17", "position": 1 }]);
    let shop = rules(json!([{ "id": "m", "when": { "phrases": ["mug"] }, "pins": pin }]));
    let html = shop.html("/search/suggest?q=mug");
    let first = html.split("/products/").nth(1).unwrap();
    assert!(first.starts_with(&format!("{}\"", handle("prod_17"))), "{html}");
}

#[test]
fn a_rule_begins_and_ends_on_time_though_pages_are_kept() {
    let banner = json!({ "title": { "en": "Tea time" } });
    let shop = rules(json!([{ "id": "t", "when": { "phrases": ["mug"] }, "banner": banner,
        "from": "1970-01-01T00:18:20Z", "until": "1970-01-01T00:20:00Z" }]));
    let seen = |ms: u64| {
        shop.fake.advance(ms);
        // Twice: the second comes from memory.
        let (first, second) = (shop.html("/search?q=mug"), shop.html("/search?q=mug"));
        assert_eq!(first, second);
        first.contains("Tea time")
    };
    assert!(!seen(0), "not yet");
    assert!(!seen(90_000), "not yet");
    assert!(seen(10_000), "it began");
    assert!(seen(80_000), "still on");
    assert!(!seen(20_000), "it is over");
}

#[test]
fn a_change_of_rules_alone_is_taken_over_and_settings_of_a_newer_publisher_steer_nothing() {
    let shop = rules(json!([]));
    assert_eq!(shop.get("/search?q=mug").status, 200);
    steer(
        &shop,
        2,
        json!({ "rules": [{ "id": "m", "when": { "phrases": ["mug"] }, "redirect": "/collections/mugs" }] }),
    );
    assert_eq!(shop.get("/search?q=mug").status, 302);
    let unread = br#"{"rules":[{"id":"m","when":{"weather":"rain"}}]}"#;
    shop.fake.replace_search_settings(3, unread);
    look(&shop);
    assert_eq!(shop.get("/search?q=mug").status, 200);
    assert!(shop.fake.log_lines()[0].contains("steer nothing"), "{:?}", shop.fake.log_lines());
}

#[test]
fn what_is_pinned_counts_when_it_is_chosen() {
    let pins = json!([{ "product": "prod_3", "position": 1 }]);
    let shop = rules(json!([{ "id": "vessel", "when": { "phrases": ["xyloqqq"] }, "pins": pins }]));
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let into = told.clone();
    shop.fake.answer(move |outgoing| {
        into.borrow_mut().extend(outgoing.body.clone());
        crate::platform::Incoming { status: 204, ..Default::default() }
    });
    assert_eq!(ids(&results(&shop, "/search.json?q=xyloqqq")), ["prod_3"]);
    for product in [None, Some("mug-no-3"), Some("mug-no-4")] {
        let mut note = vec![("q", "xyloqqq")];
        note.extend(product.into_iter().flat_map(|handle| [("product", handle), ("place", "1")]));
        assert_eq!(shop.post("/insight", &note).status, 204);
    }
    shop.fake.run_deferred();
    let batch: Value = serde_json::from_slice(&told.borrow()[0]).unwrap();
    let counted = json!({ "locale": "en", "words": "xyloqqq", "searches": 1, "clicks": 1, "positions": 1 });
    assert_eq!(batch["entries"], json!([counted]), "and the other was not there to choose");
}
