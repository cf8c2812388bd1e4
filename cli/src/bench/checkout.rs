//! `stoa bench checkout`: what one purchase costs, step by step: add to the cart, see its price, place the order, take the
//! provider's callback. Through the functions' routers and the real DynamoDB API of an embedded table; how it grows with
//! the lines of the cart, and with the orders that the table holds already. In turn, A B A B.

use super::clock::{Laps, pin_this_thread};
use super::report::Report;
use super::till::{Site, Till, beside_the_servers};
use crate::steps::{step, step_async};
use anyhow::{Context, Result, ensure};
use std::array;
use stoa_domain::cart::MAX_LINES;
use stoa_storage::meter::Units;

/// What is asked of the platform's budget: docs/access-patterns.md.
const CASE: &str = "checkout_3_lines";
const CASE_LINES: usize = 3;
const MORE_LINES: [usize; 3] = [1, 20, MAX_LINES];
const STEPS: [&str; 4] = ["add", "quote", "place", "callback"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One JSON object on standard output instead of a table
    #[arg(long)]
    json: bool,
    /// How often each case is run
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Purchases in one run
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    purchases: u32,
    /// Orders that the table holds before, in a case each; 100000 take a quarter of an hour to place
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1_000, 10_000])]
    orders: Vec<u32>,
}

/// One run's purchases: a step each.
struct Run {
    laps: [Laps; 4],
    units: [Units; 4],
}

pub(crate) async fn bench(arguments: &Arguments) -> Result<()> {
    ensure!(!arguments.orders.is_empty(), "--orders needs a number");
    let site = step_async("the demo shop", Site::open()).await?;
    let mut filled = Vec::new();
    for orders in &arguments.orders {
        filled.push((*orders, step_async(&format!("a shop for {orders} orders"), Site::open()).await?));
    }
    let mut report = Report::new("checkout");
    beside_the_servers(|| measure(arguments, &site, &filled, &mut report))?;
    report.finish();
    report.print(arguments.json)
}

fn measure(arguments: &Arguments, site: &Site, filled: &[(u32, Site)], report: &mut Report) -> Result<()> {
    pin_this_thread()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let till = runtime.block_on(Till::open(site, None))?;
    let mut tills = Vec::new();
    for (orders, site) in filled {
        let till = runtime.block_on(Till::open(site, None))?;
        step(&format!("{orders} orders"), || runtime.block_on(purchases(&till, site, 1, *orders, "stored")))?;
        tills.push((*orders, site, till));
    }
    for round in 0..arguments.rounds {
        step(&format!("round {} of {}", round + 1, arguments.rounds), || {
            for lines in [CASE_LINES].into_iter().chain(MORE_LINES) {
                let key = format!("lines-{lines}-{round}");
                let run = runtime.block_on(purchases(&till, site, lines, arguments.purchases, &key))?;
                sample(report, &lines_case(lines), run, arguments.purchases)?;
            }
            for (orders, site, till) in &tills {
                let key = format!("round-{round}");
                let run = runtime.block_on(purchases(till, site, CASE_LINES, arguments.purchases, &key))?;
                sample(report, &orders_case(*orders), run, arguments.purchases)?;
            }
            Ok(())
        })?;
    }
    for step in STEPS {
        for lines in MORE_LINES {
            report.ratio("latency_p50", (&lines_case(lines), step), (CASE, step));
        }
        for orders in &arguments.orders[1..] {
            report.ratio("latency_p50", (&orders_case(*orders), step), (&orders_case(arguments.orders[0]), step));
        }
    }
    Ok(())
}

/// So many shoppers in turn, each with a cart of so many lines, from an empty cart to a paid order. Only the last line's
/// adding is counted: it is to a cart of that size.
async fn purchases(till: &Till<'_>, site: &Site, lines: usize, purchases: u32, key: &str) -> Result<Run> {
    let skus = site.skus.get(..lines).context("the demo shop has as many variants as a cart has lines")?;
    let (last, before) = skus.split_last().context("a cart has lines")?;
    let mut run = Run { laps: array::from_fn(|_| Laps::default()), units: [Units::default(); 4] };
    let [add, quote, place, callback] = &mut run.laps;
    for number in 0..purchases {
        let mut shopper = till.shopper();
        for sku in before {
            shopper.add(sku).await?;
        }
        till.meter().take();
        add.lap(shopper.add(last)).await?;
        count(&mut run.units[0], till);
        let quoted = quote.lap(shopper.quote()).await?;
        count(&mut run.units[1], till);
        let placed = place.lap(shopper.place(&quoted, &format!("{key}-{number}"))).await?;
        count(&mut run.units[2], till);
        let paid = shopper.callback(&placed)?;
        callback.lap(shopper.deliver(paid)).await?;
        count(&mut run.units[3], till);
    }
    Ok(run)
}

fn count(units: &mut Units, till: &Till<'_>) {
    let used = till.meter().take();
    units.requests += used.requests;
    units.read += used.read;
    units.write += used.write;
}

/// Each step by itself; and as `purchase` the units from the price that was shown to the order that is paid.
fn sample(report: &mut Report, case: &str, run: Run, purchases: u32) -> Result<()> {
    let each = |units: f64| units / f64::from(purchases);
    let (mut read, mut write) = (0.0, 0.0);
    for (at, ((step, mut laps), units)) in STEPS.into_iter().zip(run.laps).zip(run.units).enumerate() {
        report.sample(case, step, "latency_p50", "µs", laps.percentile(50).context("a run has purchases")?);
        report.sample(case, step, "latency_p99", "µs", laps.percentile(99).context("a run has purchases")?);
        report.sample(case, step, "cpu_per_request", "µs", laps.cpu_us());
        report.sample(case, step, "requests", "", each(f64::from(units.requests)));
        report.sample(case, step, "read_units", "", each(units.read));
        report.sample(case, step, "write_units", "", each(units.write));
        if at > 0 {
            read += each(units.read);
            write += each(units.write);
        }
    }
    report.sample(case, "purchase", "read_units", "", read);
    report.sample(case, "purchase", "write_units", "", write);
    Ok(())
}

fn lines_case(lines: usize) -> String {
    if lines == CASE_LINES { CASE.to_owned() } else { format!("lines_{lines}") }
}

fn orders_case(orders: u32) -> String {
    format!("orders_{orders}")
}
