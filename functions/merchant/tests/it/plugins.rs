//! Plugins through the API: the real sample, what is refused and why, and what the merchant hears of failures. The sample
//! is built for wasm32 beforehand, as for the runtime's own tests; `STOA_SAMPLE_PLUGIN` names another place.

use crate::caller::{Answer, Caller, caller};
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::path::PathBuf;
use stoa_domain::PluginId;
use stoa_merchant::plugins::{Manifest, recompile};
use stoa_plugin_runtime::{Engine, Plugin, artefact_key};
use stoa_storage::{Expected, PluginFailures};

const SETTINGS: &str = r#"{"tiers":[{"spend":30000,"save":2000}]}"#;

pub(crate) fn sample() -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../../target".into(), PathBuf::from);
    let built = target.join("wasm32-unknown-unknown/guest/stoa_sample_spend_and_save.wasm");
    let path = std::env::var_os("STOA_SAMPLE_PLUGIN").map_or(built, PathBuf::from);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; `./stoa test merchant` builds it", path.display()))
}

pub(crate) async fn upload(caller: &Caller, query: &str, wasm: Vec<u8>) -> Answer {
    let path = format!("/plugins/spend-and-save?title=Spend%20and%20save&{query}");
    caller.send("PUT", &path, &[], wasm).await
}

async fn post(caller: &Caller, what: &str, body: Value) -> Answer {
    caller.json("POST", &format!("/plugins/spend-and-save/{what}"), &[], body).await
}

/// The sample with a manifest of its own in it.
pub(crate) fn with_manifest(version: &str, settings: Value, schema: Value) -> Vec<u8> {
    let manifest = json!({ "id": "spend-and-save", "version": version, "world": "promotion",
        "title": { "zh-CN": "满减", "en": "Spend and save" }, "settings": settings, "settings_schema": schema });
    serde_json::from_value::<Manifest>(manifest).unwrap().append_to(&sample()).unwrap()
}

#[tokio::test]
async fn an_uploaded_version_runs_for_nobody_until_it_is_released_and_is_signed_for_the_checkout() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let made = upload(&caller, "version=1.0.0", sample()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let (version, plugin) = (&made.body["version"], &made.body["plugin"]);
    assert_eq!((&version["percent"], &plugin["enabled"], &plugin["release"]), (&json!(0), &json!(false), &Value::Null));
    assert_eq!(version["report"]["exports"], json!(["stoa:promotion/discounts@0.2.0"]));
    assert_eq!((&version["report"]["imports"], &version["report"]["limits"]["fuel"]), (&json!([]), &json!(11_000_000)));
    assert!(version["report"]["sizes"]["artefact"].as_u64() > version["report"]["sizes"]["component"].as_u64());
    assert!(version["report"]["warnings"][0].as_str().unwrap().contains("settings_schema"), "{}", made.text);

    let released = post(&caller, "release", json!({ "version": "1.0.0", "percent": 100 })).await;
    assert_eq!(
        (released.status, &released.body["value"]["enabled"]),
        (StatusCode::OK, &json!(true)),
        "{}",
        released.text
    );
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
    let build = record.value.life.release.unwrap().build;
    let artefact = caller.shop.store.objects().private_get(&artefact_key(&build.digest)).await.unwrap();
    let engine = Engine::new().unwrap();
    assert!(Plugin::load(&engine, &artefact, &[7; 32], &build.digest).is_err());
    assert!(Plugin::load(&engine, &artefact, &caller.verify_key, &build.digest).is_ok());
    // And the bytes that came are there to be compiled again.
    let wasm = caller.send("GET", "/plugins/spend-and-save/versions/1.0.0/wasm", &[], Body::empty()).await;
    assert_eq!((wasm.status, wasm.bytes), (StatusCode::OK, sample()));
}

#[tokio::test]
async fn a_version_never_changes() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let (settings, schema) = (json!({ "tiers": [] }), json!({ "type": "object" }));
    let first = upload(&caller, "", with_manifest("1.0.0", settings.clone(), schema.clone())).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!(first.body["version"]["settings_schema"], schema);
    let again = upload(&caller, "", with_manifest("1.0.0", settings.clone(), schema.clone())).await;
    assert_eq!((again.status, &again.body["version"]), (StatusCode::OK, &first.body["version"]), "{}", again.text);
    let other = upload(&caller, "", with_manifest("1.0.0", json!({ "tiers": [1] }), schema.clone())).await;
    assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "version_exists"), "{}", other.text);
    let named = upload(&caller, "version=1.0.1", with_manifest("1.0.2", settings, schema)).await;
    assert_eq!((named.status, named.code()), (StatusCode::CONFLICT, "manifest_differs"));
    let gone = caller.send("DELETE", "/plugins/spend-and-save", &[], Body::empty()).await;
    assert_eq!((gone.status, caller.get("/plugins").await.body), (StatusCode::NO_CONTENT, json!([])));
    let taken = upload(&caller, "", with_manifest("1.0.0", json!({}), json!({}))).await;
    assert_eq!(taken.code(), "version_exists", "a removed plugin's versions keep their names");
}

#[tokio::test]
async fn a_release_grows_is_rolled_back_paused_and_resumed_and_the_history_says_who() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    for version in ["1.0.0", "1.1.0"] {
        let made = upload(&caller, "", with_manifest(version, json!({}), json!({}))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let release = |version: &str, percent: u8| json!({ "version": version, "percent": percent });
    assert_eq!(post(&caller, "rollback", json!({})).await.code(), "nothing_to_roll_back");
    assert_eq!(post(&caller, "release", release("9.9.9", 100)).await.code(), "unknown_version");
    assert_eq!(post(&caller, "release", release("1.0.0", 0)).await.code(), "percent_out_of_range");
    post(&caller, "release", release("1.0.0", 100)).await;
    let ten = post(&caller, "release", release("1.1.0", 10)).await;
    assert_eq!(ten.body["value"]["release"], json!({ "version": "1.1.0", "percent": 10, "rest": "1.0.0" }));
    let shares = caller.get("/plugins/spend-and-save/versions").await.body;
    assert_eq!((&shares[0]["percent"], &shares[1]["percent"]), (&json!(10), &json!(90)), "{shares}");
    let paused = post(&caller, "pause", json!({ "reason": "stock-taking" })).await;
    assert_eq!((&paused.body["value"]["status"], &paused.body["value"]["enabled"]), (&json!("paused"), &json!(false)));
    assert_eq!(paused.body["value"]["stopped"]["reason"], "stock-taking");
    assert_eq!(post(&caller, "pause", json!({})).await.code(), "already_paused");
    let resumed = post(&caller, "resume", json!({})).await;
    assert_eq!((&resumed.body["value"]["status"], &resumed.body["value"]["stopped"]), (&json!("active"), &Value::Null));
    let back = post(&caller, "rollback", json!({})).await;
    assert_eq!(back.body["value"]["release"], json!({ "version": "1.0.0", "percent": 100, "rest": null }));
    let history = caller.get("/plugins/spend-and-save/events").await.body;
    let told: Vec<_> = history.as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["rollback", "resume", "pause", "release", "release"]);
    assert_eq!((&history[2]["reason"], &history[0]["reason"]), (&json!("stock-taking"), &Value::Null));
    assert!(history[0]["by"].as_str().unwrap().starts_with("tests#"), "{history}");
    let readers = crate::caller::caller(&["plugins:read"]).await;
    for (what, body) in
        [("release", release("1.0.0", 100)), ("rollback", json!({})), ("pause", json!({})), ("resume", json!({}))]
    {
        assert_eq!(post(&readers, what, body).await.status, StatusCode::FORBIDDEN, "{what}");
    }
}

#[tokio::test]
async fn settings_that_break_the_schema_are_refused_with_the_path_and_the_rule() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let schema = |most: u32| {
        json!({ "type": "object", "additionalProperties": false,
            "properties": { "percent": { "type": "integer", "maximum": most } } })
    };
    let wrong = upload(&caller, "", with_manifest("1.0.0", json!({ "percent": 91 }), schema(90))).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "settings_invalid"), "{}", wrong.text);
    upload(&caller, "percent=100", with_manifest("1.0.0", json!({ "percent": 90 }), schema(90))).await;
    let set = |settings: Value| {
        let body = json!({ "settings": settings });
        async { caller.json("PATCH", "/plugins/spend-and-save", &[], body).await }
    };
    let refused = set(json!({ "percent": 95 })).await;
    let fault = &refused.body["error"]["details"]["faults"][0];
    assert_eq!((refused.code(), &fault["path"]), ("settings_invalid", &json!("/percent")), "{}", refused.text);
    assert_eq!(fault["rule"], "/properties/percent/maximum");
    assert_eq!(set(json!({ "percent": 60 })).await.status, StatusCode::OK);
    // A version that does not take the settings as they are is not released.
    upload(&caller, "", with_manifest("2.0.0", json!({ "percent": 10 }), schema(50))).await;
    let held = post(&caller, "release", json!({ "version": "2.0.0", "percent": 10 })).await;
    assert_eq!((held.status, held.code()), (StatusCode::UNPROCESSABLE_ENTITY, "settings_invalid"), "{}", held.text);
    let budget = json!({ "error_budget": { "percent": 20, "runs": 10, "minutes": 5 }, "sample_percent": 100 });
    assert_eq!(caller.json("PATCH", "/plugins/spend-and-save", &[], budget).await.status, StatusCode::OK);
    let budget = json!({ "error_budget": { "percent": 0, "runs": 10, "minutes": 5 } });
    let refused = caller.json("PATCH", "/plugins/spend-and-save", &[], budget).await;
    assert_eq!(refused.code(), "budget_out_of_range");
}

#[tokio::test]
async fn a_plugin_that_was_switched_off_stays_off_whatever_is_uploaded_and_released() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let first = upload(&caller, "version=1.0.0&percent=100", sample()).await;
    assert_eq!(first.body["plugin"]["enabled"], json!(true), "{}", first.text);
    let off = json!({ "enabled": false, "settings": { "tiers": [] } });
    let off = caller.json("PATCH", "/plugins/spend-and-save", &[], off).await;
    let stale = [("if-match", "\"1\"")];
    let on = json!({ "enabled": true });
    let stale = caller.json("PATCH", "/plugins/spend-and-save", &stale, on.clone()).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    let next = upload(&caller, "version=1.1.0&percent=100", sample()).await;
    let plugin = &next.body["plugin"];
    assert_eq!((&plugin["status"], &plugin["version"]), (&json!("paused"), &json!("1.1.0")), "{}", next.text);
    assert_eq!(
        (&plugin["settings"], &plugin["installed_at"]),
        (&json!({ "tiers": [] }), &first.body["plugin"]["installed_at"])
    );
    assert_eq!(off.status, StatusCode::OK);
    assert_eq!(caller.json("PATCH", "/plugins/spend-and-save", &[], on).await.status, StatusCode::OK);
    assert_eq!(caller.get("/plugins").await.body[0]["value"]["enabled"], json!(true));
}

/// Another sample, with a manifest that says it is of `world`.
fn win_back(world: &str, id: &str) -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../../target".into(), PathBuf::from);
    let built = target.join("wasm32-unknown-unknown/guest/stoa_sample_win_back_coupon.wasm");
    let wasm = std::fs::read(&built).unwrap_or_else(|e| panic!("{}: {e}", built.display()));
    let manifest = json!({ "id": id, "version": "2.0.0", "world": world, "title": { "en": "Win-back coupon" } });
    serde_json::from_value::<Manifest>(manifest).unwrap().append_to(&wasm).unwrap()
}

#[tokio::test]
async fn a_plugin_is_of_the_world_that_its_file_exports_and_stays_of_it() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let wrong = caller.send("PUT", "/plugins/win-back", &[], win_back("promotion", "win-back")).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "other_world"), "{}", wrong.text);
    assert!(wrong.text.contains("the manifest says world promotion, what the file exports is of marketing"));
    let none = caller.send("PUT", "/plugins/win-back", &[], win_back("loyalty", "win-back")).await;
    assert_eq!(none.code(), "unsupported_world", "{}", none.text);
    let made = caller.send("PUT", "/plugins/win-back?percent=100", &[], win_back("marketing", "win-back")).await;
    assert_eq!(
        (made.status, &made.body["plugin"]["world"]),
        (StatusCode::CREATED, &json!("marketing")),
        "{}",
        made.text
    );
    assert_eq!(made.body["version"]["report"]["exports"], json!(["stoa:marketing/campaigns@0.1.0"]));

    upload(&caller, "version=1.0.0", sample()).await;
    let changed = caller.send("PUT", "/plugins/spend-and-save", &[], win_back("marketing", "spend-and-save")).await;
    assert_eq!((changed.status, changed.code()), (StatusCode::CONFLICT, "world_changed"), "{}", changed.text);
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
        let refused = upload(&caller, "version=1.0.0", wasm).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, code),
            "{size} bytes: {}",
            refused.text
        );
    }
    let huge = upload(&caller, "version=1.0.0", vec![0; 6 << 20]).await;
    assert_eq!((huge.status, huge.code()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
    for path in [
        "/plugins/p?title=T&version=",
        "/plugins/p?title=%20&version=1",
        "/plugins/p?title=T&version=1%202",
        "/plugins/p",
    ] {
        let refused = caller.send("PUT", path, &[], sample()).await;
        assert_eq!(refused.code(), "validation_failed", "{path}");
    }
    assert_eq!(caller.send("PUT", "/plugins/p?percent=many", &[], sample()).await.code(), "invalid_query");
    assert_eq!(caller.json("PATCH", "/plugins/p", &[], json!({ "enabled": true })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(caller.get("/plugins").await.body, json!([]), "nothing of it was installed");
}

#[tokio::test]
async fn a_shop_without_a_signing_key_takes_no_plugins() {
    let caller = caller(&["plugins:write"]).await.without_signing_key();
    let refused = upload(&caller, "version=1.0.0", sample()).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
}

#[tokio::test]
async fn the_list_tells_how_often_a_version_failed_and_why() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    let made = upload(&caller, "version=1.0.0&percent=100", sample()).await;
    let at: jiff::Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    let failures = PluginFailures {
        plugin: PluginId::new("spend-and-save").unwrap(),
        digest: made.body["version"]["digest"].as_str().unwrap().to_owned(),
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
    // Another version has a clean slate.
    let other = PluginFailures { digest: "0".repeat(64), ..failures };
    caller.shop.store.plugins().note_failures(&other).await.unwrap();
    assert_eq!(caller.get("/plugins").await.body[0]["value"]["failures"], Value::Null);
}

#[tokio::test]
async fn what_another_engine_compiled_is_compiled_again_from_what_was_uploaded() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    for version in ["1.0.0", "2.0.0"] {
        let file = with_manifest(version, json!({}), json!({ "type": "object" }));
        assert_eq!(upload(&caller, "percent=100", file).await.status, StatusCode::CREATED);
    }
    let (store, id) = (&caller.shop.store, PluginId::new("spend-and-save").unwrap());
    let unchanged = recompile(store, &caller.signing_key).await.unwrap();
    assert_eq!(
        (unchanged.looked_at, unchanged.compiled, unchanged.failed),
        (2, 0, 0),
        "what runs and what it would go back to"
    );

    // The same shop as an engine of a later release finds it: versions and their bytes, and no artefact of its own.
    let later = crate::caller::caller(&["plugins:read", "plugins:write"]).await;
    let moved = &later.shop.store;
    let record = store.plugins().get(&id).await.unwrap().unwrap().value;
    for version in store.plugins().versions(&id).await.unwrap() {
        let wasm = store.objects().private_get(&version.source).await.unwrap();
        moved.objects().private_put(&version.source, wasm, "application/wasm").await.unwrap();
        moved.plugins().add_version(&version).await.unwrap();
    }
    moved.plugins().put(&record, Expected::Absent).await.unwrap();
    let digest = record.life.release.clone().unwrap().build.digest;
    assert!(moved.objects().private_get(&artefact_key(&digest)).await.is_err());
    let done = recompile(moved, &later.signing_key).await.unwrap();
    assert_eq!((done.looked_at, done.compiled, done.failed), (2, 2, 0));
    let artefact = moved.objects().private_get(&artefact_key(&digest)).await.unwrap();
    assert!(Plugin::load(&Engine::new().unwrap(), &artefact, &later.verify_key, &digest).is_ok());
    assert_eq!(moved.plugins().get(&id).await.unwrap().unwrap().value, record, "nothing that a person set has changed");

    // Bytes that are not those of the version are compiled for nobody.
    let version = moved.plugins().versions(&id).await.unwrap().remove(0);
    let mut stranger = version.clone();
    stranger.build.digest = "c".repeat(64);
    stranger.build.version = stoa_domain::plugin::Version::new("3.0.0").unwrap();
    stranger.source = "plugins/other/source.wasm".to_owned();
    moved.objects().private_put(&stranger.source, sample().into(), "application/wasm").await.unwrap();
    moved.plugins().add_version(&stranger).await.unwrap();
    let mut record = moved.plugins().get(&id).await.unwrap().unwrap().value;
    record.life.release(stranger.build.clone(), 50).unwrap();
    moved.plugins().put(&record, Expected::Any).await.unwrap();
    let done = recompile(moved, &later.signing_key).await.unwrap();
    assert_eq!((done.looked_at, done.compiled, done.failed), (3, 0, 1));
    assert!(!moved.objects().private_exists(&artefact_key(&stranger.build.digest)).await.unwrap());
}

#[tokio::test]
async fn a_version_that_an_older_engine_took_is_compiled_when_it_is_released() {
    let caller = caller(&["plugins:read", "plugins:write"]).await;
    assert_eq!(upload(&caller, "version=1.0.0", sample()).await.status, StatusCode::CREATED);
    let later = crate::caller::caller(&["plugins:read", "plugins:write"]).await;
    let (old, new) = (&caller.shop.store, &later.shop.store);
    let id = PluginId::new("spend-and-save").unwrap();
    let version = old.plugins().versions(&id).await.unwrap().remove(0);
    let wasm = old.objects().private_get(&version.source).await.unwrap();
    new.objects().private_put(&version.source, wasm, "application/wasm").await.unwrap();
    new.plugins().add_version(&version).await.unwrap();
    new.plugins().put(&old.plugins().get(&id).await.unwrap().unwrap().value, Expected::Absent).await.unwrap();
    let released = post(&later, "release", json!({ "version": "1.0.0", "percent": 100 })).await;
    assert_eq!(released.status, StatusCode::OK, "{}", released.text);
    assert!(new.objects().private_exists(&artefact_key(&version.build.digest)).await.unwrap());
}
