//! QuickJS: the promotion as bytecode, a fresh context for each call in one runtime.

use crate::{Input, Operation, Subject};
use anyhow::{Result, anyhow};
use rquickjs::module::WriteOptions;
use rquickjs::{Context, Function, Module, Runtime};

/// The promotion, and what it is told and answers as text.
const SOURCE: &str = concat!(
    include_str!("promotion.js"),
    "export function answer(json) { const input = JSON.parse(json); return JSON.stringify(run(input, JSON.parse(input.settings))); }"
);

pub struct QuickJs {
    runtime: Runtime,
    bytecode: Vec<u8>,
}

impl QuickJs {
    pub fn load() -> Result<Self> {
        let runtime = Runtime::new()?;
        let compile =
            |ctx: rquickjs::Ctx<'_>| Module::declare(ctx, "promotion", SOURCE)?.write(WriteOptions::default());
        let bytecode = Context::full(&runtime)?.with(compile)?;
        Ok(Self { runtime, bytecode })
    }
}

impl Subject for QuickJs {
    fn call(&self, input: &Input) -> Result<Vec<Operation>> {
        let input = serde_json::to_string(input)?;
        let answer = Context::full(&self.runtime)?.with(|ctx| -> rquickjs::Result<String> {
            // SAFETY: the bytes are what the same engine has written.
            let module = unsafe { Module::load(ctx.clone(), &self.bytecode)? };
            let (module, _done) = module.eval()?;
            module.get::<_, Function<'_>>("answer")?.call((input,))
        });
        Ok(serde_json::from_str(&answer.map_err(|e| anyhow!("{e}"))?)?)
    }
}
