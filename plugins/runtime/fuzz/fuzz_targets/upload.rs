//! Any bytes as an upload, read, bounded and compiled in this process; what is taken must load, and a promotion end a run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use stoa_domain::{Currency, Locale, PromotionId};
use stoa_plugin_runtime::{
    Engine, Limits, Loaded, Promotion, PromotionContext, PromotionInput, compile, generate_keys, load,
};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new().unwrap());
static KEYS: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| generate_keys().unwrap());

fuzz_target!(|wasm: &[u8]| {
    let Ok(artefact) = compile(&ENGINE, wasm, &KEYS.0) else { return };
    let loaded = load(&ENGINE, &artefact.bytes, &KEYS.1, &artefact.digest).unwrap();
    let Loaded::Plugin(plugin) = loaded else { return };
    let context = PromotionContext::at(jiff::Timestamp::UNIX_EPOCH);
    let currency = Currency::new("CNY").unwrap();
    let input = PromotionInput::new(Vec::new(), currency, Locale::new("en").unwrap(), context).unwrap();
    let id = PromotionId::new("uploaded").unwrap();
    let limits = Limits { fuel: 1_000_000, ..Limits::default() };
    let _outcome = plugin.run(Promotion { id: &id, title: "Uploaded", settings: "{}" }, &input, limits);
});
