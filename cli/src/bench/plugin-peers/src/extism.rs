//! Extism: a guest built with its PDK, compiled once, a plugin of its own for each call, with the same fuel.

use crate::{Input, Operation, Subject};
use anyhow::Result;
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

const FUEL: u64 = 11_000_000;

pub struct Extism(CompiledPlugin);

impl Extism {
    pub fn load(guest: &str) -> Result<Self> {
        let manifest = Manifest::new([Wasm::data(std::fs::read(guest)?)]);
        let builder = PluginBuilder::new(manifest).with_wasi(false).with_fuel_limit(FUEL).with_cache_disabled();
        Ok(Self(builder.compile()?))
    }
}

impl Subject for Extism {
    fn call(&self, input: &Input) -> Result<Vec<Operation>> {
        let mut plugin = Plugin::new_from_compiled(&self.0)?;
        let answer: &str = plugin.call("run", serde_json::to_string(input)?)?;
        Ok(serde_json::from_str(answer)?)
    }
}
