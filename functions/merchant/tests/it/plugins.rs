//! Plugins through the API: the real sample, what is refused and why, and what the merchant hears of failures. The sample
//! is built for wasm32 beforehand, as for the runtime's own tests; `STOA_SAMPLE_PLUGIN` names another place.

use crate::caller::{Caller, caller};
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::path::PathBuf;
use stoa_domain::PluginId;
use stoa_plugin_runtime::{Engine, Plugin};
use stoa_storage::PluginFailures;

const SETTINGS: &str = r#"{"tiers":[{"spend":30000,"save":2000}]}"#;

pub(crate) fn sample() -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../../target".into(), PathBuf::from);
    let built = target.join("wasm32-unknown-unknown/guest/stoa_sample_spend_and_save.wasm");
    let path = std::env::var_os("STOA_SAMPLE_PLUGIN").map_or(built, PathBuf::from);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; `./stoa test merchant` builds it", path.display()))
}

async fn upload(caller: &Caller, version: &str, headers: &[(&str, &str)], wasm: Vec<u8>) -> crate::caller::Answer {
    let path = format!("/plugins/spend-and-save?title=Spend%20and%20save&version={version}");
    caller.send("PUT", &path, headers, wasm).await
}

#[tokio::test]
async fn an_uploaded_plugin_is_on_record_and_signed_for_the_checkout() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let made = upload(&caller, "1.0.0", &[], sample()).await;
    assert_eq!((made.status, &made.body["enabled"]), (StatusCode::OK, &json!(true)), "{}", made.text);
    assert_eq!(made.body["digest"].as_str().unwrap().len(), 64);
    let settings: Value = serde_json::from_str(SETTINGS).unwrap();
    let changed = caller.json("PATCH", "/plugins/spend-and-save", &[], json!({ "settings": settings })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);

    let listed = caller.get("/plugins").await.body;
    let plugin = &listed[0]["value"];
    assert_eq!((&plugin["title"], &plugin["version"]), (&json!("Spend and save"), &json!("1.0.0")));
    assert_eq!((&plugin["settings"], &plugin["failures"]), (&settings, &Value::Null));
    assert_eq!(listed[0]["revision"].as_u64(), changed.etag.unwrap().trim_matches('"').parse().ok());

    // What was stored is what the checkout takes: under the public half of the key, and only that.
    let record = caller.shop.store.plugins().get(&PluginId::new("spend-and-save").unwrap()).await.unwrap().unwrap();
    let artefact = caller.shop.store.objects().private_get(&record.value.artefact).await.unwrap();
    let engine = Engine::new().unwrap();
    assert!(Plugin::load(&engine, &artefact, &[7; 32], &record.value.digest).is_err());
    assert!(Plugin::load(&engine, &artefact, &caller.verify_key, &record.value.digest).is_ok());
}

#[tokio::test]
async fn a_new_version_keeps_what_the_merchant_set() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let first = upload(&caller, "1.0.0", &[], sample()).await;
    let off = json!({ "enabled": false, "settings": { "tiers": [] } });
    let off = caller.json("PATCH", "/plugins/spend-and-save", &[], off).await;
    let stale = upload(&caller, "1.1.0", &[("if-match", first.etag.as_deref().unwrap())], sample()).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    let next = upload(&caller, "1.1.0", &[("if-match", off.etag.as_deref().unwrap())], sample()).await;
    assert_eq!((next.status, &next.body["enabled"]), (StatusCode::OK, &json!(false)), "{}", next.text);
    assert_eq!((&next.body["version"], &next.body["settings"]), (&json!("1.1.0"), &json!({ "tiers": [] })));
    assert_eq!(next.body["installed_at"], first.body["installed_at"]);
    let gone = caller.send("DELETE", "/plugins/spend-and-save", &[], Body::empty()).await;
    assert_eq!((gone.status, caller.get("/plugins").await.body), (StatusCode::NO_CONTENT, json!([])));
}

#[tokio::test]
async fn what_is_no_promotion_is_refused_by_its_reason() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    // An empty core module: a valid one, of no world.
    let empty = b"\0asm\x01\0\0\0".to_vec();
    // An empty component: it exports nothing.
    let other = b"\0asm\x0d\0\x01\0".to_vec();
    let mut torn = sample();
    torn.truncate(torn.len() / 2);
    for (wasm, code) in [
        (b"not wasm".to_vec(), "not_a_component"),
        (Vec::new(), "not_a_component"),
        (torn, "not_a_component"),
        (empty, "other_world"),
        (other, "other_world"),
        (vec![0; (1 << 20) + 1], "plugin_too_large"),
    ] {
        let size = wasm.len();
        let refused = upload(&caller, "1.0.0", &[], wasm).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, code),
            "{size} bytes: {}",
            refused.text
        );
    }
    let huge = upload(&caller, "1.0.0", &[], vec![0; 6 << 20]).await;
    assert_eq!((huge.status, huge.code()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
    for path in ["/plugins/p?title=T&version=", "/plugins/p?title=%20&version=1", "/plugins/p?title=T&version=1%202"] {
        let refused = caller.send("PUT", path, &[], sample()).await;
        assert_eq!(refused.code(), "validation_failed", "{path}");
    }
    assert_eq!(caller.send("PUT", "/plugins/p?version=1", &[], sample()).await.code(), "invalid_query");
    assert_eq!(caller.json("PATCH", "/plugins/p", &[], json!({ "enabled": true })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(caller.get("/plugins").await.body, json!([]), "nothing of it was installed");
}

#[tokio::test]
async fn a_shop_without_a_signing_key_takes_no_plugins() {
    let caller = caller(&["plugins:write"]).await.without_signing_key();
    let refused = upload(&caller, "1.0.0", &[], sample()).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
}

#[tokio::test]
async fn the_list_tells_how_often_a_release_failed_and_why() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let made = upload(&caller, "1.0.0", &[], sample()).await;
    let at: jiff::Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    let failures = PluginFailures {
        plugin: PluginId::new("spend-and-save").unwrap(),
        digest: made.body["digest"].as_str().unwrap().to_owned(),
        version: "1.0.0".to_owned(),
        count: 3,
        first_at: at,
        last_at: at,
        stage: "run".to_owned(),
        error: "out of fuel".to_owned(),
    };
    caller.shop.store.plugins().note_failures(&failures).await.unwrap();
    let told = caller.get("/plugins").await.body[0]["value"]["failures"].clone();
    assert_eq!((&told["count"], &told["stage"], &told["error"]), (&json!(3), &json!("run"), &json!("out of fuel")));
    // Another release has a clean slate.
    let other = PluginFailures { digest: "0".repeat(64), ..failures };
    caller.shop.store.plugins().note_failures(&other).await.unwrap();
    assert_eq!(caller.get("/plugins").await.body[0]["value"]["failures"], Value::Null);
}
