//! Steering the search: a draft, what it would show beside what is live, going live and back; by the API and by the
//! console's forms.

use crate::caller::{Caller, caller};
use crate::console::{get, post, signed_in};
use axum::http::StatusCode;
use serde_json::{Value, json};
use stoa_domain::category::Category;
use stoa_domain::search::SearchSettings;
use stoa_domain::{CategoryId, Handle, Localized, ProductId};
use stoa_publish::{ChangeSet, Published, apply, rebuild};
use stoa_storage::testing::{en, product, zh};
use stoa_storage::{Expected, PutProduct, Store};

/// Puts products with these names on sale, under `Tableware`, and publishes them.
pub async fn publish(store: &Store, names: &[&str]) {
    let category = Category {
        id: CategoryId::new("tableware").unwrap(),
        parent: None,
        handle: Handle::new("tableware").unwrap(),
        name: Localized::new(en(), "Tableware"),
        description_html: Localized::default(),
        position: 0,
    };
    store.shop().put_category(&category, Expected::Absent).await.unwrap();
    let put = |name: &&str| {
        let mut product = product(name, 1_000);
        product.title = Localized::new(en(), format!("{name} of clay")).with(zh(), format!("陶 {name}"));
        product.category = Some(category.id.clone());
        PutProduct { product, expected: Expected::Absent }
    };
    assert!(store.products().put_many(names.iter().map(put).collect()).await.iter().all(Result::is_ok));
    assert!(matches!(rebuild(store, &|_| {}).await.unwrap(), Published::New { .. }));
}

const NAMES: [&str; 4] = ["bowl", "cup", "jug", "plate"];

async fn shop() -> Caller {
    let caller = caller(&["settings:read", "settings:write"]).await;
    publish(&caller.shop.store, &NAMES).await;
    caller
}

/// What the stream's function does once something went live.
async fn follow(caller: &Caller) -> Published {
    let changes = ChangeSet { shop: true, ..ChangeSet::default() };
    apply(&caller.shop.store, &changes, &|_| {}).await.unwrap()
}

fn pinned(product: &str) -> Value {
    json!({ "rules": [{ "id": "clay", "when": { "phrases": ["clay"] }, "pins": [{ "product": product, "position": 1 }] }] })
}

/// `before after id` of each row.
async fn preview(caller: &Caller, body: Value) -> Vec<String> {
    let shown = caller.json("POST", "/search/preview", &[], body).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    let rows = shown.body["products"].as_array().unwrap().clone();
    rows.iter().map(|row| format!("{} {} {}", row["before"], row["after"], row["id"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_draft_is_previewed_made_live_published_and_taken_back() {
    let caller = shop().await;
    assert_eq!(
        caller.get("/search/draft").await.body,
        json!({ "revision": 0, "value": { "rules": [], "merit":
        { "sales": 0, "stock": 0, "age": 0 }, "vocabulary": { "stop_words": {}, "synonyms": {}, "one_way": {}, "own_only": false } } })
    );
    assert_eq!(caller.get("/search/live").await.status, StatusCode::NOT_FOUND);
    let put = caller.json("PUT", "/search/draft", &[("if-none-match", "*")], pinned("jug")).await;
    assert_eq!((put.status, put.etag.as_deref()), (StatusCode::OK, Some("\"1\"")), "{}", put.text);
    let stale = caller.json("PUT", "/search/draft", &[("if-match", "\"9\"")], pinned("cup")).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));

    let steps = ["3 1 jug", "1 2 bowl", "2 3 cup", "4 4 plate"];
    assert_eq!(preview(&caller, json!({ "q": "clay" })).await, steps);
    assert_eq!(preview(&caller, json!({ "q": "clay", "shown": 1 })).await, ["3 1 jug", "1 2 bowl"]);
    assert!(matches!(follow(&caller).await, Published::Unchanged { .. }), "a draft is nobody's business");

    let early = caller.send("POST", "/search/live", &[("if-match", "\"2\"")], "").await;
    assert_eq!((early.status, early.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    let live = caller.send("POST", "/search/live", &[("if-match", "\"1\"")], "").await;
    assert_eq!(live.status, StatusCode::OK, "{}", live.text);
    assert!(matches!(follow(&caller).await, Published::New { objects: 1, version: 2, .. }));
    assert!(matches!(follow(&caller).await, Published::Unchanged { .. }));
    assert_eq!(preview(&caller, json!({ "q": "clay" })).await[0], "1 1 jug");

    caller.json("PUT", "/search/draft", &[], pinned("plate")).await;
    caller.send("POST", "/search/live", &[], "").await;
    let undone = caller.send("POST", "/search/undo", &[], "").await;
    assert_eq!(undone.body["value"]["settings"]["rules"][0]["pins"][0]["product"], "jug", "{}", undone.text);
    let again = caller.send("POST", "/search/undo", &[], "").await;
    assert_eq!(again.body["value"]["settings"]["rules"][0]["pins"][0]["product"], "plate");
    assert!(matches!(follow(&caller).await, Published::New { .. }));
    assert_eq!(preview(&caller, json!({ "q": "clay" })).await[0], "1 1 plate");
    // Other changes and publishing anew keep what is live.
    let store = &caller.shop.store;
    let mut dearer = store.products().get(&ProductId::new("bowl").unwrap()).await.unwrap().unwrap();
    dearer.value.variants[0].price.minor += 1;
    store.products().put(&dearer.value, dearer.unchanged()).await.unwrap();
    let price = ChangeSet::of_products([dearer.value.id.clone()]);
    assert!(matches!(apply(store, &price, &|_| {}).await.unwrap(), Published::New { objects: 2, .. }));
    assert_eq!(preview(&caller, json!({ "q": "clay" })).await[0], "1 1 plate");
    rebuild(store, &|_| {}).await.unwrap();
    assert_eq!(preview(&caller, json!({ "q": "clay" })).await[0], "1 1 plate");
}

#[tokio::test]
async fn words_weights_categories_and_redirects_are_previewed_too() {
    let caller = shop().await;
    let settings = json!({ "merit": { "stock": 50 }, "vocabulary": { "synonyms": { "en": [["cup", "beaker"]] } }, "rules": [
        { "id": "cat", "when": { "category": "tableware" }, "boosts": [{ "by": "product", "value": "cup", "percent": 0 }] },
        { "id": "go", "when": { "phrases": ["jug"] }, "redirect": "/collections/tableware", "banner": { "title": { "en": "Jugs" } } },
    ] });
    let put = caller.json("PUT", "/search/draft", &[], settings).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text);
    assert_eq!(preview(&caller, json!({ "q": "beaker" })).await, ["null 1 cup"]);
    let category = preview(&caller, json!({ "category": "tableware" })).await;
    assert_eq!((category.len(), category[3].split_once(' ').unwrap().1), (4, "4 cup"), "{category:?}");
    let jug = caller.json("POST", "/search/preview", &[], json!({ "q": "jug" })).await.body;
    assert_eq!(
        (&jug["before"]["redirect"], &jug["after"]["redirect"]),
        (&Value::Null, &json!("/collections/tableware"))
    );
    assert_eq!((&jug["after"]["banners"], &jug["after"]["rules"]), (&json!(["Jugs"]), &json!(["go"])));

    let explain = json!({ "q": "beaker", "product": "cup", "draft": true });
    let why = caller.json("POST", "/search/explain", &[], explain).await;
    assert_eq!((why.status, &why.body["place"]), (StatusCode::OK, &json!(1)), "{}", why.text);
    let parts: f64 = why.body["concepts"].as_array().unwrap().iter().map(|c| c["score"].as_f64().unwrap()).sum();
    let factor = |name: &str| why.body[name].as_f64().unwrap();
    let product = parts * factor("merit") * factor("boost") * factor("closeness");
    assert!((product - factor("score")).abs() < 1e-4 * factor("score"), "{}", why.text);
    let unknown = caller.json("POST", "/search/explain", &[], json!({ "q": "x", "product": "nothing" })).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place_and_scopes_hold() {
    let caller = shop().await;
    let wrong = json!({ "rules": [{ "id": "a", "when": {}, "redirect": "/pages/a" }], "merit": { "age": 200 } });
    let refused = caller.json("PUT", "/search/draft", &[], wrong).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"));
    let fields = refused.body["error"]["details"]["fields"].as_array().unwrap().clone();
    let said: Vec<&str> = fields.iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(said, ["rules[0].when", "merit.age"]);
    let nothing = caller.send("POST", "/search/live", &[], "").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND, "there is no draft");
    let reader = crate::caller::caller(&["catalog:read"]).await;
    for (method, path) in
        [("GET", "/search/draft"), ("GET", "/search/live"), ("POST", "/search/live"), ("POST", "/search/undo")]
    {
        assert_eq!(reader.send(method, path, &[], "").await.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    let unpublished = crate::caller::caller(&["settings:read"]).await;
    let nothing = unpublished.json("POST", "/search/preview", &[], json!({ "q": "x" })).await;
    assert_eq!((nothing.status, nothing.code()), (StatusCode::CONFLICT, "nothing_published"));
}

const SEARCH: &str = "/admin/search";

async fn draft(caller: &Caller) -> SearchSettings {
    caller.shop.store.search().draft().await.unwrap().unwrap().value
}

#[tokio::test]
async fn a_merchant_writes_a_rule_in_a_form_looks_at_it_and_makes_it_live() {
    let caller = shop().await;
    let cookie = signed_in(&caller).await;
    let page = get(&caller, &format!("{SEARCH}/rules/new"), &cookie).await;
    for shown in
        ["name=\"/when/phrases/0\"", "value=\"contains\"", "name=\"/banner/title/zh-CN\"", "value=\"tableware\""]
    {
        assert!(page.html.contains(shown), "{shown}: {}", page.html);
    }
    let at = |name: &str| page.html.find(&format!("name=\"{name}\"")).unwrap();
    assert!(at("/id") < at("/when/phrases/0") && at("/when/phrases/0") < at("/banner/title/en"), "as people read");
    let typed = [
        ("revision", "0"),
        ("/id", "clay"),
        ("/name", "Clay"),
        ("n/when/phrases", "2"),
        ("/when/phrases/0", "clay"),
        ("/when/phrases/1", "陶"),
        ("/when/matches", "contains"),
        ("/when/category", ""),
    ];
    let rows =
        post(&caller, &format!("{SEARCH}/rules/new"), &cookie, &[&typed[..], &[("do", "add:/pins")]].concat()).await;
    assert!(rows.html.contains("name=\"/pins/0/product\"") && rows.html.contains("value=\"陶\""), "{}", rows.html);

    let pin = [("n/pins", "2"), ("/pins/0/product", "jug"), ("/pins/0/position", "0"), ("do", "save")];
    let refused = post(&caller, &format!("{SEARCH}/rules/new"), &cookie, &[&typed[..], &pin].concat()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("id=\"fault/pins/0/position\""), "{}", refused.html);
    let pin = [("n/pins", "2"), ("/pins/0/product", "jug"), ("/pins/0/position", "1"), ("do", "save")];
    let saved = post(&caller, &format!("{SEARCH}/rules/new"), &cookie, &[&typed[..], &pin].concat()).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.html);

    let shown = get(&caller, &saved.location.unwrap(), &cookie).await;
    assert!(shown.html.contains("▲2") && shown.html.contains("▼1"), "{}", shown.html);
    assert!(shown.html.contains(">Clay</a>") && shown.html.contains("Make the draft live"), "{}", shown.html);
    assert_eq!(draft(&caller).await.rules[0].when.phrases, ["clay", "陶"]);
    // The same form again was made before there was a draft.
    let late = [&[typed[0], ("/id", "other")], &typed[2..], &pin].concat();
    assert_eq!(post(&caller, &format!("{SEARCH}/rules/new"), &cookie, &late).await.status, StatusCode::CONFLICT);

    let live = post(&caller, SEARCH, &cookie, &[("do", "live"), ("revision", "1")]).await;
    assert_eq!(live.status, StatusCode::SEE_OTHER, "{}", live.html);
    follow(&caller).await;
    let after = get(&caller, &format!("{SEARCH}?q=clay"), &cookie).await;
    assert!(!after.html.contains('▲') && after.html.contains("The draft is what is live."), "{}", after.html);
    let edit = get(&caller, &format!("{SEARCH}/rules/clay"), &cookie).await;
    assert!(edit.html.contains("value=\"jug\"") && !edit.html.contains("name=\"/id\""), "{}", edit.html);
    let gone = post(&caller, &format!("{SEARCH}/rules/clay"), &cookie, &[("revision", "1"), ("do", "delete")]).await;
    assert_eq!((gone.status, draft(&caller).await.rules.len()), (StatusCode::SEE_OTHER, 0));
    let undo = [("do", "undo"), ("live", "1")];
    let shown = get(&caller, SEARCH, &cookie).await;
    assert!(shown.html.contains("name=\"live\" value=\"1\""), "{}", shown.html);
    assert_eq!(post(&caller, SEARCH, &cookie, &undo).await.status, StatusCode::SEE_OTHER);
    let twice = post(&caller, SEARCH, &cookie, &undo).await.status;
    assert_eq!(twice, StatusCode::PRECONDITION_FAILED, "pressed twice it does not take itself back");
    let live = caller.shop.store.search().live().await.unwrap().unwrap().value;
    assert_eq!(live.settings, SearchSettings::default());
}

#[tokio::test]
async fn words_and_weights_are_lines_of_a_form_and_a_place_is_explained() {
    let caller = shop().await;
    let cookie = signed_in(&caller).await;
    let page = get(&caller, &format!("{SEARCH}/words"), &cookie).await;
    assert!(page.html.contains("name=\"synonyms.zh\"") && page.html.contains("name=\"one_way.en\""), "{}", page.html);
    let form = [
        ("revision", "0"),
        ("synonyms.en", "cup, beaker\njug, pitcher ,  ewer"),
        ("synonyms.zh", "碗，盅、钵"),
        ("one_way.en", "crockery > cup, plate"),
        ("stop_words.en", "please, cheap"),
        ("sales", "20"),
        ("stock", ""),
        ("age", "5"),
    ];
    let saved = post(&caller, &format!("{SEARCH}/words"), &cookie, &form).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.html);
    let kept = draft(&caller).await;
    assert_eq!(kept.vocabulary.synonyms["en"], [vec!["cup", "beaker"], vec!["jug", "pitcher", "ewer"]]);
    assert_eq!(kept.vocabulary.synonyms["zh"], [["碗", "盅", "钵"]]);
    assert_eq!(kept.vocabulary.one_way["en"]["crockery"], ["cup", "plate"]);
    assert_eq!((kept.merit.sales, kept.merit.stock, kept.merit.age), (20, 0, 5));
    let page = get(&caller, &format!("{SEARCH}/words"), &cookie).await;
    assert!(page.html.contains("crockery &gt; cup, plate") && page.html.contains("please, cheap"), "{}", page.html);
    let wrong =
        post(&caller, &format!("{SEARCH}/words"), &cookie, &[("revision", "1"), ("synonyms.en", "alone")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.html.contains("at least two"), "{}", wrong.html);
    let over = post(&caller, &format!("{SEARCH}/words"), &cookie, &[("revision", "1"), ("sales", "101")]).await;
    assert_eq!(over.status, StatusCode::BAD_REQUEST);

    let why = get(&caller, &format!("{SEARCH}/explain?q=beaker&product=cup&draft=1"), &cookie).await;
    assert_eq!(why.status, StatusCode::OK, "{}", why.html);
    assert!(why.html.contains("cup of clay") && why.html.contains("<code>cup</code> × 0.80"), "{}", why.html);
    let chinese = get(&caller, &format!("{SEARCH}/explain?q=cup&product=cup&locale=zh-CN&lang=zh"), &cookie).await;
    assert!(chinese.html.contains("陶 cup") && chinese.html.contains("为何是这个名次"), "{}", chinese.html);
    assert_eq!(
        get(&caller, &format!("{SEARCH}/explain?q=x&product=none"), &cookie).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(get(&caller, &format!("{SEARCH}/rules/none"), &cookie).await.status, StatusCode::NOT_FOUND);
}
