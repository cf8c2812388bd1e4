//! `/search.json`: what a search finds, as data. The same engine and the same filters as the page, by relevance only.

use super::catalogue::now;
use crate::http::{JSON, Kind, Reply, Request};
use crate::listing::{self, ListQuery, PAGE_SIZE};
use crate::platform::Platform;
use crate::snapshot::{CardNo, Snapshot};
use crate::view::View;
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use stoa_domain::search::{Link, Plan, RuleId};
use stoa_search_index::steer::Steered;
use stoa_search_index::{DocKey, IndexError, Query, analysis};

#[derive(Serialize)]
struct Results<'a> {
    /// Of all matches, whatever the page.
    total: usize,
    /// Nothing had all words and fits the filters, so these have some.
    relaxed: bool,
    /// (typed, taken instead).
    corrected: Vec<(String, String)>,
    /// What was looked for, folded: for marking it in a text.
    words: Vec<String>,
    hits: Vec<Product<'a>>,
    /// The merchant's rules that had a say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<&'a RuleId>,
    /// Where the search page leads instead: a path without language, or an address elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    banners: Vec<Banner<'a>>,
}

#[derive(Serialize)]
struct Product<'a> {
    id: &'a str,
    /// None: it was not found but pinned.
    score: Option<f32>,
}

#[derive(Serialize)]
struct Banner<'a> {
    title: &'a str,
    text: &'a str,
    link: Option<&'a str>,
}

/// What one page of results is made of.
struct Page<'a> {
    total: usize,
    relaxed: bool,
    corrected: Vec<(String, String)>,
    hits: Vec<Product<'a>>,
}

/// One page of a search, best first.
pub(super) fn render(platform: &impl Platform, view: &View<'_>, query: &ListQuery, request: &Request) -> Reply {
    let Some(steered) = view.snapshot.steered() else {
        return refusal("search_unavailable", "this shop has no search index just now; try again in a minute");
    };
    let plan = steered.steering.for_query(&query.q, &view.locale, now(platform));
    let page =
        if plan.arranges() { arranged(&steered, view, query, &plan) } else { by_score(&steered, view, query, &plan) };
    match page.map(|page| body(view, &query.q, page, &plan)) {
        Ok(Ok(body)) => Reply::new(200, Kind::Catalogue, JSON, body),
        Ok(Err(error)) => failed(platform, request, &error),
        Err(error) => failed(platform, request, &error),
    }
}

/// The engine's own window: no more is looked at than is shown.
fn by_score<'a>(
    steered: &Steered<'a, Snapshot>,
    view: &View<'a>,
    query: &ListQuery,
    plan: &Plan<'_>,
) -> Result<Page<'a>, IndexError> {
    let index = steered.index;
    let filter = listing::filter(query, view.snapshot);
    let fits = |key: DocKey| view.snapshot.card_of(index, key).is_some_and(&filter);
    let filter = (query.narrowed_by() > 0).then_some(&fits as &dyn Fn(DocKey) -> bool);
    let offset = (query.page - 1) * PAGE_SIZE;
    let hits = steered.with(&query.q, &view.locale, plan, |asked| {
        index.search(&Query { offset, limit: PAGE_SIZE, filter, ..asked })
    })?;
    let product = |key| index.product(key).map_or("", |id| id.as_str());
    let (total, relaxed, corrected) = (hits.total, hits.relaxed, hits.corrected);
    let hits = hits.hits.iter().map(|hit| Product { id: product(hit.key), score: Some(hit.score) }).collect();
    Ok(Page { total, relaxed, corrected, hits })
}

/// Where rules move products, a page is cut from all that was found.
fn arranged<'a>(
    steered: &Steered<'a, Snapshot>,
    view: &View<'a>,
    query: &ListQuery,
    plan: &Plan<'_>,
) -> Result<Page<'a>, IndexError> {
    let snapshot = view.snapshot;
    let filter = listing::filter(query, snapshot);
    let fits = (query.narrowed_by() > 0).then_some(&filter as &dyn Fn(CardNo) -> bool);
    let mut found = steered.search(&query.q, &view.locale, false, plan, fits)?;
    steered.arrange(plan, &mut found.items);
    let scores: HashMap<CardNo, f32> = found.scored.into_iter().collect();
    let page = found.items.iter().skip((query.page - 1) * PAGE_SIZE).take(PAGE_SIZE);
    let hits = page.map(|no| Product { id: &snapshot.card(*no).id, score: scores.get(no).copied() }).collect();
    Ok(Page { total: found.items.len(), relaxed: found.relaxed, corrected: found.corrected, hits })
}

fn body(view: &View<'_>, text: &str, page: Page<'_>, plan: &Plan<'_>) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Results {
        total: page.total,
        relaxed: page.relaxed,
        corrected: page.corrected,
        words: analysis::words(text).into_iter().map(|word| word.to_string()).collect(),
        hits: page.hits,
        rules: plan.rules().map(|rule| &rule.id).collect(),
        redirect: plan.redirect().map(Link::as_str),
        banners: banners(view, plan),
    })
}

fn banners<'a>(view: &View<'_>, plan: &Plan<'a>) -> Vec<Banner<'a>> {
    let shown = plan.banners().map(|banner| Banner {
        title: view.text(&banner.title),
        text: view.text(&banner.text),
        link: banner.link.as_ref().map(Link::as_str),
    });
    shown.collect()
}

/// The query itself stays out of the log: people type names and numbers of their own.
fn failed(platform: &impl Platform, request: &Request, error: &dyn std::fmt::Display) -> Reply {
    platform.log(&format!("{}: search failed: {error}", request.path));
    refusal("search_failed", "the search could not be answered")
}

fn refusal(code: &str, message: &str) -> Reply {
    let body = json!({"error": {"code": code, "message": message}}).to_string();
    Reply::new(503, Kind::Transient, JSON, body).with("retry-after", "5")
}

#[cfg(test)]
mod tests {
    use crate::http::{Kind, Reply};
    use crate::testing::Browser;
    use serde_json::{Value, json};
    use std::time::{Duration, Instant};

    fn read(reply: &Reply) -> Value {
        serde_json::from_slice(&reply.body).unwrap()
    }

    #[test]
    fn the_search_as_data_says_what_was_found_and_pages_through_it() {
        let shop = Browser::new();
        let reply = shop.get("/search.json?q=Stoneware+MUGS");
        assert_eq!((reply.status, reply.kind, reply.content_type), (200, Kind::Catalogue, "application/json"));
        let all = read(&reply);
        assert_eq!(all["words"], json!(["stoneware", "mugs"]));
        assert_eq!((&all["relaxed"], &all["corrected"]), (&json!(false), &json!([])));
        let ids = |results: &Value| -> Vec<String> {
            results["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
        };
        let (first, second) = (read(&shop.get("/search.json?q=mug")), read(&shop.get("/search.json?q=mug&page=2")));
        assert_eq!((&first["total"], ids(&first).len(), ids(&second).len()), (&json!(30), 24, 6));
        assert!(ids(&second).iter().all(|id| !ids(&first).contains(id)));
        assert_eq!(read(&shop.get("/search.json?q=mgu"))["corrected"].as_array().map(Vec::len), Some(0), "too short");
        assert_eq!(read(&shop.get("/zh/search.json?q=%E7%9B%90%E4%B8%8E%E6%B5%B7"))["total"], json!(1));
        assert_eq!(read(&shop.get("/search.json"))["total"], json!(0));
    }

    #[test]
    fn the_pages_filters_narrow_it() {
        let shop = Browser::new();
        let total = |filters: &str| read(&shop.get(&format!("/search.json?q=mug{filters}")))["total"].clone();
        assert_eq!(total("&filter.brand=Aule&filter.f.material=Stoneware"), json!(5));
        assert_eq!(total("&filter.price.gte=79&filter.price.lte=100"), json!(6));
        assert_eq!(total("&filter.brand=Nobody"), json!(0));
    }

    #[test]
    fn hostile_queries_get_an_answer_or_a_refusal_in_bounded_time() {
        let shop = Browser::new();
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let many = |n: usize| (0..n).map(|at| format!("&filter.f.material=v{at}")).collect::<String>();
        let started = Instant::now();
        for (query, status) in [
            (format!("q={}", "a".repeat(10_240)), 200),
            (format!("q={}", "a".repeat(20_480)), 414),
            (format!("q={}", "mug+".repeat(900)), 200),
            (format!("q={}", encoded(&"*?~".repeat(300))), 200),
            (format!("q={}", encoded(&"\"(".repeat(200))), 200),
            (format!("q={}", encoded("title:mug AND NOT brand:* OR [a TO z]^9 \\ /.*/")), 200),
            (format!("q={}", encoded(&"👩‍👩‍👧‍👦🏳️‍🌈".repeat(20))), 200),
            (format!("q={}", encoded("\u{0}\u{1b}[2J\u{202e}mug\u{fffe}\r\n")), 200),
            (format!("q={}", encoded(&"\u{fdfa}".repeat(60))), 200),
            ("q=%ff%fe%80mug".to_owned(), 200),
            (format!("q=mug{}", many(100)), 200),
            (format!("q=mug{}", many(1_000)), 414),
            ("q=mug&page=99999999999999999999&filter.price.lte=-1&sort_by=';--".to_owned(), 200),
            ("q=mug&page=10000".to_owned(), 200),
        ] {
            let shown: String = query.chars().take(60).collect();
            for path in ["/search.json", "/search", "/search/suggest"] {
                assert_eq!(shop.get(&format!("{path}?{query}")).status, status, "{path} {shown}");
            }
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        assert!(shop.fake.log_lines().is_empty(), "{:?}", shop.fake.log_lines());
    }
}
