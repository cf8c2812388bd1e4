//! The peers of `stoa bench plugin`, one a process: `plugin-peers extism GUEST.wasm` or `plugin-peers quickjs`.
//!
//! The first line of standard input is the promotion's input, JSON as `Input` below. From then on each line is a number:
//! so many calls are made, one after the other, each in a fresh instance or context, and one line of JSON answers with
//! what they took and what the last one proposed. A call begins and ends with values of Rust's types: making JSON of them
//! and reading it back is part of it, as converting to and from the component model's values is of ours.

mod extism;
mod quickjs;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Write};
use std::time::Instant;

#[derive(Serialize, Deserialize)]
pub struct Input {
    cart: Cart,
    shopper: Option<Shopper>,
    context: Situation,
    settings: String,
}

#[derive(Serialize, Deserialize)]
struct Cart {
    lines: Vec<Line>,
    currency: String,
    subtotal: i64,
    shipping_method: Option<String>,
    codes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    sku: String,
    product: String,
    title: String,
    quantity: u32,
    unit_price: i64,
    compare_at: Option<i64>,
    weight_grams: Option<u32>,
    brand: Option<String>,
    product_type: Option<String>,
    tags: Vec<String>,
    categories: Vec<String>,
    collections: Vec<String>,
    attributes: Vec<Attribute>,
}

#[derive(Serialize, Deserialize)]
struct Attribute {
    name: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
struct Shopper {
    groups: Vec<String>,
    orders: u32,
}

#[derive(Serialize, Deserialize)]
struct Situation {
    now: i64,
    local_time: String,
    locale: String,
    country: Option<String>,
    channel: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Operation {
    DiscountLine { sku: String, value: Value, reason: String },
    DiscountOrder { value: Value, reason: String },
    DiscountShipping { value: Value, reason: String },
    Message { text: String },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    BasisPoints(u32),
    Amount(i64),
}

/// One engine, ready to make fresh instances.
pub trait Subject {
    fn call(&self, input: &Input) -> Result<Vec<Operation>>;
}

#[derive(Serialize)]
struct Report {
    p50_ns: u64,
    p99_ns: u64,
    cpu_ns: u64,
    answer: Vec<Operation>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let subject: Box<dyn Subject> = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["extism", guest] => Box::new(extism::Extism::load(guest)?),
        ["quickjs"] => Box::new(quickjs::QuickJs::load()?),
        _ => bail!("plugin-peers extism GUEST.wasm | plugin-peers quickjs"),
    };
    let loaded = started.elapsed().as_nanos();
    let mut lines = std::io::stdin().lock().lines();
    let input: Input = serde_json::from_str(&lines.next().context("no input")??)?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{loaded}")?;
    for line in lines {
        let report = run(subject.as_ref(), &input, line?.parse()?)?;
        writeln!(output, "{}", serde_json::to_string(&report)?)?;
        output.flush()?;
    }
    Ok(())
}

fn run(subject: &dyn Subject, input: &Input, calls: usize) -> Result<Report> {
    let mut answer = Vec::new();
    let mut times = Vec::with_capacity(calls);
    let cpu = cpu_ns()?;
    for _ in 0..calls {
        let started = Instant::now();
        answer = subject.call(input)?;
        times.push(started.elapsed().as_nanos() as u64);
    }
    let cpu = cpu_ns()? - cpu;
    times.sort_unstable();
    let at = |percent: usize| times[(calls - 1) * percent / 100];
    Ok(Report { p50_ns: at(50), p99_ns: at(99), cpu_ns: cpu / calls as u64, answer })
}

/// What this thread has run so far.
fn cpu_ns() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    text.split(' ').next().context("schedstat is empty")?.parse().context("schedstat has no number")
}
