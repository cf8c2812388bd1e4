//! `stoa plugin` against a shop elsewhere: its merchant API over HTTP, with a token. The sample is built for wasm32
//! beforehand, as for the merchant's own tests; `STOA_SAMPLE_PLUGIN` names another place.

use crate::plugin_guide::Here;
use std::path::PathBuf;
use stoa_merchant::{Config, State, router, tokens};
use stoa_storage::testing::LocalStore;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/samples/spend-and-save/plugin.toml");

fn sample() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../target".into(), PathBuf::from);
    let built = target.join("wasm32-unknown-unknown/guest/stoa_sample_spend_and_save.wasm");
    let path = std::env::var_os("STOA_SAMPLE_PLUGIN").map_or(built, PathBuf::from);
    path.canonicalize().unwrap_or_else(|e| panic!("{}: {e}; `./stoa test cli` builds it", path.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_shop_takes_plugins_by_its_api_and_only_with_a_token() {
    let local = LocalStore::with_settings().await;
    let scopes = ["plugins:read", "plugins:write"].map(str::to_owned);
    let token = tokens::create(&local.store, "ci", &scopes, 1, jiff::Timestamp::now()).await.unwrap();
    // This program's own `main` is the test harness's.
    stoa_plugin_runtime::compiler_process::use_program(env!("CARGO_BIN_EXE_stoa").into());
    let (signing_key, _) = stoa_plugin_runtime::generate_keys().unwrap();
    let api = router(State::new(local.store.clone(), Config { plugin_signing_key: Some(signing_key) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shop = format!("--shop http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, api).await });

    let here = Here::new();
    let with = |command: &str| format!("STOA_TOKEN={} ./stoa plugin {command} {shop}", token.token.reveal());
    let publish = format!("publish {} --manifest {MANIFEST} --percent 10 --json", sample().display());
    let made = here.json(&with(&publish));
    assert_eq!((&made["version"]["version"], &made["version"]["percent"]), (&"0.2.0".into(), &10.into()), "{made}");
    assert!(here.run(&with("list")).contains("0.2.0 for 10 %, nothing for the rest"));
    assert!(here.run(&with("versions spend-and-save")).contains("by ci#"));
    assert!(here.run(&format!("! {}", with("release spend-and-save 9.9.9"))).contains("(unknown_version)"));
    let stranger = here.run(&format!("! STOA_TOKEN=stoa_{} ./stoa plugin list {shop}", "0".repeat(64)));
    assert!(stranger.contains("(unauthorized)"), "{stranger}");
    let clear = here.run("! STOA_TOKEN=x ./stoa plugin list --shop http://shop.example");
    assert!(clear.contains("a token is not sent in clear"), "{clear}");
    server.abort();
}
