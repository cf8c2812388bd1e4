//! `stoa plugin dry-run ID --version 1.1.0 --last 100`: what another version would have made of real carts. The goods are
//! priced by [`stoa_domain::quote`] with this plugin alone: shipping, other promotions and codes are left out.

use super::api::{Api, Target, path, segment};
use super::local::{self, Local, Outcome};
use super::logs::Recorded;
use anyhow::{Context, Result, ensure};
use serde::Serialize;
use std::path::PathBuf;
use stoa_domain::promotion::{Proposal, ReasonCode};
use stoa_domain::quote::{PricedLine, quote};
use stoa_domain::{Money, PromotionId};
use stoa_plugin_runtime::PromotionInput;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The plugin whose recorded carts are priced
    id: String,
    /// With this version of it
    #[arg(long, required_unless_present = "file", conflicts_with = "file")]
    version: Option<String>,
    /// With this wasm file
    #[arg(long)]
    file: Option<PathBuf>,
    /// With these settings as JSON, instead of those of each run
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// As many carts, the newest first
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=100))]
    last: u16,
}

#[derive(Debug, Serialize)]
struct Report {
    carts: Vec<Cart>,
    /// Carts whose total changes.
    changed: usize,
    /// Carts that it is not for.
    not_for: usize,
    /// Carts with which it failed.
    failed: usize,
    /// Records that this program does not read.
    unread: usize,
    /// One sum a currency.
    totals: Vec<Totals>,
}

#[derive(Debug, Serialize)]
struct Cart {
    run: String,
    version: String,
    pieces: u32,
    before: Money,
    after: Money,
    /// Why the version is not for this cart: then it was not run.
    not_for_cart: Option<ReasonCode>,
    /// Why the plugin gave nothing to this cart.
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Totals {
    before: Money,
    after: Money,
}

pub(crate) async fn dry_run(arguments: &Arguments, target: &Target, json: bool) -> Result<()> {
    let base = path(&arguments.id);
    let api = Api::open(target).await?;
    let read = async {
        let runs = api.get::<Vec<Recorded>>(&format!("{base}/runs?limit={}", arguments.last)).await?;
        let wasm = match (&arguments.version, &arguments.file) {
            (Some(version), _) => api.bytes(&format!("{base}/versions/{}/wasm", segment(version))).await?.to_vec(),
            (None, Some(file)) => local::wasm(file)?,
            (None, None) => anyhow::bail!("give --version or --file"),
        };
        anyhow::Ok((runs, wasm))
    };
    let done = read.await;
    api.close().await;
    let (runs, wasm) = done?;
    let settings = arguments.settings.as_ref().map(|file| local::json::<serde_json::Value>(file)).transpose()?;
    let local = Local::compile(&wasm)?;
    ensure!(!local.is_marketing(), "dry-run prices carts, and a marketing plugin prices none: see `replay`");
    let report = report(&runs, settings.as_ref(), |settings, input| local.run(settings, input))?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        tell(&report);
    }
    Ok(())
}

/// `run` is the new version.
fn report(
    runs: &[Recorded],
    settings: Option<&serde_json::Value>,
    run: impl Fn(&str, &PromotionInput) -> Outcome,
) -> Result<Report> {
    let mut report = Report { carts: Vec::new(), changed: 0, not_for: 0, failed: 0, unread: 0, totals: Vec::new() };
    for recorded in runs {
        let Some(input) = recorded.input() else {
            report.unread += 1;
            continue;
        };
        let now = run(&settings.unwrap_or(&recorded.settings).to_string(), &input);
        let cart = Cart {
            run: recorded.id.clone(),
            version: recorded.version.clone(),
            pieces: input.lines.iter().fold(0, |sum, line| sum.saturating_add(line.quantity)),
            before: total(&input, &recorded.outcome())?,
            after: total(&input, &now)?,
            not_for_cart: now.not_for_cart,
            error: now.error.map(|error| format!("{}: {}", error.code, error.message)),
        };
        report.changed += usize::from(cart.before != cart.after);
        report.not_for += usize::from(cart.not_for_cart.is_some());
        report.failed += usize::from(cart.error.is_some());
        add(&mut report.totals, &cart)?;
        report.carts.push(cart);
    }
    Ok(report)
}

fn total(input: &PromotionInput, outcome: &Outcome) -> Result<Money> {
    let line = |line: &stoa_plugin_runtime::InputLine| PricedLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        compare_at: None,
    };
    let lines: Vec<PricedLine> = input.lines.iter().map(line).collect();
    let operations = outcome.operations.clone().unwrap_or_default();
    let proposal = Proposal { promotion: PromotionId::new("plugin")?, title: "plugin".to_owned(), operations };
    Ok(quote(&lines, input.currency, &[proposal], None).context("pricing a recorded cart")?.total)
}

fn add(totals: &mut Vec<Totals>, cart: &Cart) -> Result<()> {
    let currency = cart.before.currency;
    match totals.iter_mut().find(|sum| sum.before.currency == currency) {
        Some(sum) => *sum = Totals { before: sum.before.add(cart.before)?, after: sum.after.add(cart.after)? },
        None => totals.push(Totals { before: cart.before, after: cart.after }),
    }
    Ok(())
}

fn tell(report: &Report) {
    for cart in &report.carts {
        let note = match (cart.not_for_cart, &cart.error) {
            (Some(reason), _) => format!("  not for this cart: {}", reason.as_str()),
            (None, Some(error)) => format!("  {error}"),
            (None, None) => String::new(),
        };
        println!("{}  {:>3} pieces  {}{note}", cart.run, cart.pieces, change(cart.before, cart.after));
    }
    let Report { changed, not_for, failed, unread, .. } = report;
    let carts = report.carts.len();
    println!("{carts} carts: {changed} change, {not_for} are left out, {failed} failed, {unread} could not be read");
    for sum in &report.totals {
        println!("in all  {}", change(sum.before, sum.after));
    }
}

/// `240.00 → 216.00 CNY (-24.00)`
fn change(before: Money, after: Money) -> String {
    let difference = after.sub(before).map_or_else(|_| "?".to_owned(), |money| money.to_decimal().to_string());
    format!("{} → {} {} ({difference})", before.to_decimal(), after.to_decimal(), before.currency.code())
}
