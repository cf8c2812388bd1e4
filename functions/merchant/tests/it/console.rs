//! The console in a browser's place: signing in, a form of the plugin's own schema, what is refused and where it says so.

use crate::caller::{Caller, caller};
use crate::plugins::{upload, with_manifest};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use stoa_domain::PluginId;
use tower::ServiceExt;

pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub cookies: Vec<String>,
    pub html: String,
}

/// Sends one request with these cookies; a body is a form.
async fn send(caller: &Caller, path: &str, cookies: &str, form: Option<&[(&str, &str)]>, from: &str) -> Page {
    let mut request = Request::builder().uri(path).header("sec-fetch-site", from).header(header::COOKIE, cookies);
    let body = match form {
        None => Body::empty(),
        Some(fields) => {
            request = request.method("POST").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            Body::from(serde_urlencoded::to_string(fields).unwrap())
        }
    };
    let response = caller.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let header = |name| response.headers().get_all(name).iter().map(|v| v.to_str().unwrap().to_owned());
    let (location, cookies) = (header(header::LOCATION).next(), header(header::SET_COOKIE).collect());
    let status = response.status();
    if status == StatusCode::OK {
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-store");
    }
    let html = String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
    Page { status, location, cookies, html }
}

pub async fn get(caller: &Caller, path: &str, cookies: &str) -> Page {
    send(caller, path, cookies, None, "none").await
}

pub async fn post(caller: &Caller, path: &str, cookies: &str, form: &[(&str, &str)]) -> Page {
    send(caller, path, cookies, Some(form), "same-origin").await
}

pub async fn signed_in(caller: &Caller) -> String {
    let page = post(caller, "/admin/sign-in", "", &[("token", &caller.token)]).await;
    assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some("/admin/plugins")));
    let cookie = page.cookies[0].clone();
    assert!(cookie.contains("HttpOnly; SameSite=Strict; Secure") && cookie.contains("Path=/admin"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

/// Spend and save with one tier, released to everybody; the page's cookie.
async fn with_plugin(scopes: &[&str]) -> (Caller, String) {
    let caller = caller(scopes).await;
    let tier = json!({ "type": "object", "required": ["spend"], "properties": {
        "spend": { "type": "integer", "minimum": 1, "title": "From" }, "save": { "type": "integer" } } });
    let schema = json!({ "type": "object", "properties": {
        "tiers": { "type": "array", "title": "Steps", "items": tier }, "free_shipping_from": { "type": "integer" } } });
    let settings = json!({ "tiers": [{ "spend": 30_000, "save": 2_000 }] });
    let made = upload(&caller, "percent=100", with_manifest("1.0.0", settings, schema)).await;
    if scopes.contains(&"plugins:write") {
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let cookie = signed_in(&caller).await;
    (caller, cookie)
}

const PLUGIN: &str = "/admin/plugins/spend-and-save";

async fn settings(caller: &Caller) -> Value {
    let record = caller.shop.store.plugins().get(&PluginId::new("spend-and-save").unwrap()).await.unwrap().unwrap();
    serde_json::from_str(&record.value.settings).unwrap()
}

fn revision(page: &Page) -> String {
    let at = page.html.find("name=\"revision\" value=\"").unwrap() + 23;
    page.html[at..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_and_no_wrong_token_gets_in() {
    let caller = caller(&["plugins:read"]).await;
    for path in ["/admin/plugins", PLUGIN] {
        for cookies in ["", "stoa_console=x", "stoa_console=stoa_0000", "other=1; stoa_console="] {
            let page = get(&caller, path, cookies).await;
            assert_eq!((page.status, page.location.as_deref()), (StatusCode::SEE_OTHER, Some("/admin/sign-in")));
        }
    }
    let unknown = format!("stoa_{}", "0".repeat(64));
    for token in ["", "<script>", unknown.as_str()] {
        let page = post(&caller, "/admin/sign-in", "", &[("token", token)]).await;
        assert_eq!((page.status, page.cookies.len()), (StatusCode::UNPROCESSABLE_ENTITY, 0));
        assert!(page.html.contains("role=\"alert\"") && !page.html.contains("<script>"), "{}", page.html);
    }
    let cookie = signed_in(&caller).await;
    assert_eq!(get(&caller, "/admin/plugins", &cookie).await.status, StatusCode::OK);
    let out = post(&caller, "/admin/sign-out", &cookie, &[]).await;
    assert!(out.cookies[0].starts_with("stoa_console=;") && out.cookies[0].contains("Max-Age=0"), "{:?}", out.cookies);
    // A page of one's own machine came without TLS, and so may its cookie.
    let plain = Request::post("/admin/sign-in").header(header::ORIGIN, "http://127.0.0.1:8787");
    let plain = plain.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = Body::from(format!("token={}", caller.token));
    let answer = caller.router.clone().oneshot(plain.body(body).unwrap()).await.unwrap();
    assert!(!answer.headers()[header::SET_COOKIE].to_str().unwrap().contains("Secure"));
}

#[tokio::test]
async fn settings_are_changed_in_a_form_of_their_schema_and_undone() {
    let (caller, cookie) = with_plugin(&["plugins:read", "plugins:write"]).await;
    let page = get(&caller, PLUGIN, &cookie).await;
    for shown in ["name=\"/tiers/0/spend\" value=\"30000\"", "<legend>Steps</legend>", "min=\"1\"", "Add to Steps"] {
        assert!(page.html.contains(shown), "{shown}: {}", page.html);
    }
    let revision = revision(&page);
    let change: Vec<(&str, &str)> =
        vec![("revision", &revision), ("n/tiers", "2"), ("/tiers/0/spend", "30000"), ("/tiers/0/save", "2500")];
    let second = [("/tiers/1/spend", "60000"), ("/tiers/1/save", "6000"), ("do", "save")];
    let saved = post(&caller, PLUGIN, &cookie, &[change.clone(), second.to_vec()].concat()).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.html);
    let now = json!({ "tiers": [{ "spend": 30_000, "save": 2_500 }, { "spend": 60_000, "save": 6_000 }] });
    assert_eq!(settings(&caller).await, now);

    // The same form again was made before that change: nothing is overwritten, and what was typed is still there.
    let late = post(&caller, PLUGIN, &cookie, &[change, vec![("do", "save")]].concat()).await;
    assert_eq!((late.status, settings(&caller).await), (StatusCode::CONFLICT, now));
    assert!(late.html.contains("value=\"2500\""), "{}", late.html);

    let undo = [("do", "undo"), ("settings", "{\"tiers\":[{\"save\":2000,\"spend\":30000}]}")];
    assert!(saved.html.contains("value=\"undo\""), "{}", saved.html);
    assert_eq!(post(&caller, PLUGIN, &cookie, &undo).await.status, StatusCode::OK);
    assert_eq!(settings(&caller).await, json!({ "tiers": [{ "spend": 30_000, "save": 2_000 }] }));
}

#[tokio::test]
async fn what_the_schema_refuses_is_marked_where_it_stands_and_not_saved() {
    let (caller, cookie) = with_plugin(&["plugins:read", "plugins:write"]).await;
    let revision = revision(&get(&caller, PLUGIN, &cookie).await);
    let form = [
        ("revision", revision.as_str()),
        ("n/tiers", "2"),
        ("/tiers/0/spend", "0"),
        ("/tiers/1/save", "x"),
        ("do", "save"),
    ];
    let refused = post(&caller, PLUGIN, &cookie, &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for marked in ["id=\"fault/tiers/0/spend\"", "id=\"fault/tiers/1/save\"", "value=\"x\""] {
        assert!(refused.html.contains(marked), "{marked}: {}", refused.html);
    }
    assert_eq!(settings(&caller).await, json!({ "tiers": [{ "spend": 30_000, "save": 2_000 }] }));

    // Buttons of the list change what is shown, and nothing else.
    let added = [("n/tiers", "1"), ("/tiers/0/spend", "5"), ("do", "add:/tiers")];
    let page = post(&caller, PLUGIN, &cookie, &added).await;
    assert!(page.html.contains("name=\"/tiers/1/spend\"") && page.html.contains("value=\"5\""), "{}", page.html);
    assert_eq!(settings(&caller).await, json!({ "tiers": [{ "spend": 30_000, "save": 2_000 }] }));
}

#[tokio::test]
async fn a_plugin_is_paused_resumed_and_released_by_its_buttons() {
    let (caller, cookie) = with_plugin(&["plugins:read", "plugins:write"]).await;
    let next = with_manifest("1.1.0", json!({}), json!({ "type": "object" }));
    assert_eq!(upload(&caller, "", next).await.status, StatusCode::CREATED);
    let steps: [(&[(&str, &str)], &str); 4] = [
        (&[("do", "pause"), ("reason", "<b>sale</b> over")], "&lt;b&gt;sale&lt;/b&gt; over"),
        (&[("do", "resume")], "class=\"pill on\""),
        (&[("do", "release"), ("version", "1.1.0"), ("percent", "30")], "<progress max=\"100\" value=\"30\""),
        (&[("do", "rollback")], "Rolled back"),
    ];
    for (form, shown) in steps {
        let done = post(&caller, PLUGIN, &cookie, form).await;
        assert_eq!((done.status, done.location.as_deref()), (StatusCode::SEE_OTHER, Some(PLUGIN)), "{}", done.html);
        let page = get(&caller, PLUGIN, &cookie).await;
        assert!(page.html.contains(shown), "{shown}: {}", page.html);
    }
    for wrong in [("percent", "0"), ("percent", "101"), ("percent", "x"), ("version", "9.9.9")] {
        let form = [("do", "release"), ("version", "1.1.0"), ("percent", "50"), wrong];
        let refused = post(&caller, PLUGIN, &cookie, &form).await;
        assert!(refused.status.is_client_error(), "{wrong:?}: {}", refused.status);
    }
}

#[tokio::test]
async fn scopes_hold_and_no_other_site_sends_forms() {
    let (caller, cookie) = with_plugin(&["plugins:read", "plugins:write"]).await;
    let form: &[(&str, &str)] = &[("do", "pause")];
    for from in ["cross-site", "same-site"] {
        let refused = send(&caller, PLUGIN, &cookie, Some(form), from).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{from}");
    }
    let scopes = ["plugins:read".to_owned()];
    let reads = stoa_merchant::tokens::create(&caller.shop.store, "reads", &scopes, 1, jiff::Timestamp::now());
    let reads = format!("stoa_console={}", reads.await.unwrap().token.reveal());
    assert_eq!(get(&caller, PLUGIN, &reads).await.status, StatusCode::OK);
    assert_eq!(post(&caller, PLUGIN, &reads, form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(get(&caller, "/admin/plugins/none", &cookie).await.status, StatusCode::NOT_FOUND);
    let chinese = get(&caller, "/admin/plugins?lang=zh-CN", &cookie).await;
    assert!(chinese.html.contains("<html lang=\"zh-CN\">") && chinese.cookies[0].starts_with("stoa_lang=zh"));
    let kept = get(&caller, "/admin/plugins", &format!("{cookie}; stoa_lang=zh")).await;
    assert!(kept.html.contains("插件"), "{}", kept.html);
}
