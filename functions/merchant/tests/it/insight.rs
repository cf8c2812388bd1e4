//! What shoppers searched for, as the API and the console show it.

use crate::caller::{Caller, caller};
use crate::console::{get, signed_in};
use axum::http::StatusCode;
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use stoa_domain::Locale;
use stoa_domain::insight::{Counts, Day, Entry, Words};
use stoa_storage::Expected;

fn entry(locale: &str, words: &str, counts: Counts) -> Entry {
    Entry { locale: Locale::new(locale).unwrap(), words: Words::new(words).ok(), counts }
}

async fn with_figures(scopes: &[&str]) -> Caller {
    let caller = caller(scopes).await;
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    for (ago, searches) in [(1, 6), (0, 8)] {
        let mut day = Day::default();
        let found = Counts { searches, clicks: 2, positions: 5, carts: 1, ..Counts::default() };
        let missed = Counts { searches: 5, without: 5, ..Counts::default() };
        let once = Counts { searches: 1, ..Counts::default() };
        day.add(
            [
                entry("en", "=mug <b>", found),
                entry("zh-CN", "茶壶", missed),
                entry("en", "once", once),
                entry("en", "a@b.example", once),
            ],
            |_, words| words.as_str().len() as u64,
        );
        caller.shop.store.insights().put(today.saturating_sub(ago.days()), &day, Expected::Absent).await.unwrap();
    }
    caller
}

#[tokio::test]
async fn the_api_tells_days_and_searches_as_json_and_as_a_table() {
    let caller = with_figures(&["catalog:read"]).await;
    let answer = caller.get("/search/insight").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.body;
    assert_eq!(body["total"]["searches"], 28);
    assert_eq!((&body["total"]["without_result"], &body["total"]["clicks_permille"]), (&10.into(), &143.into()));
    assert_eq!(body["days"].as_array().unwrap().len(), 28);
    assert_eq!(body["days"][27]["counts"]["searches"], 15);
    let words: Vec<_> = body["searches"].as_array().unwrap().iter().map(|search| search["words"].clone()).collect();
    assert_eq!(words, ["=mug <b>", "茶壶"]);
    assert_eq!(body["searches"][0]["counts"]["position_tenths"], 25);
    let table = caller.get("/search/insight?format=csv").await;
    let lines: Vec<&str> = table.text.lines().collect();
    assert_eq!(lines[0], "words,locale,searches,without_result,relaxed,corrected,clicks,mean_place,carts");
    assert_eq!(lines[1], "'=mug <b>,en,14,0,0,0,4,2.5,2");
    assert_eq!(lines[2], "茶壶,zh-CN,10,10,0,0,0,,0");
    for (query, code) in [
        ("from=2026-11-24&to=2026-11-23", "period_backwards"),
        ("from=2020-01-01&to=2026-11-23", "period_too_long"),
        ("from=yesterday", "invalid_day"),
        ("format=pdf", "unknown_format"),
    ] {
        let refused = caller.get(&format!("/search/insight?{query}")).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, code), "{query}");
    }
    let empty = caller.get("/search/insight?from=2020-01-01&to=2020-01-07").await.body;
    assert_eq!((&empty["total"]["searches"], &empty["from"]), (&0.into(), &date(2020, 1, 1).to_string().into()));
}

#[tokio::test]
async fn the_console_shows_figures_a_picture_and_what_was_not_found_in_both_languages() {
    let caller = with_figures(&["catalog:read"]).await;
    let cookies = signed_in(&caller).await;
    let page = get(&caller, "/admin/search/insight", &cookies).await;
    assert_eq!(page.status, StatusCode::OK);
    let html = page.html;
    for part in [
        "<h1>Searches</h1>",
        "=mug &lt;b&gt;",
        "14.3\u{a0}%",
        "<svg class=\"days\"",
        "Without result",
        "href=\"/zh/search?q=%E8%8C%B6%E5%A3%B6\"",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(!html.contains("once") && !html.contains("b.example"), "what one person typed stays unsaid");
    let page = get(&caller, "/admin/search/insight?lang=zh", &cookies).await;
    assert!(page.html.contains("<h1>搜索统计</h1>") && page.html.contains("茶壶"));
    let page = get(&caller, "/admin/search/insight?from=2020-01-01&to=2020-01-07", &cookies).await;
    assert!(page.html.contains("Nobody searched in this period"));
    let page = get(&caller, "/admin/search/insight?from=2026-02-01&to=2026-01-01", &cookies).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.html.contains("period_backwards"));
}

#[tokio::test]
async fn it_takes_the_scope_of_the_catalogue() {
    let caller = caller(&["orders:read"]).await;
    assert_eq!(caller.get("/search/insight").await.status, StatusCode::FORBIDDEN);
    let cookies = signed_in(&caller).await;
    assert_eq!(get(&caller, "/admin/search/insight", &cookies).await.status, StatusCode::FORBIDDEN);
}
