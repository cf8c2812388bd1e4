//! `stoa pay`: payments from the operator's side: what became of one, asking the providers, a transfer that a person saw
//! arrive; and on this machine what a provider would say next.

use crate::dev::http::Http;
use crate::shop::Which;
use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use stoa_domain::order::{Order, Refund, RefundId, order_id, read_order_number};
use stoa_domain::payment::Payment;
use stoa_domain::{Money, OrderId, PaymentId};
use stoa_endpoint::config::PublicUrl;
use stoa_merchant::orders::{self, Change};
use stoa_payments::simulators::{Delivery, MAX_DELAY_SECONDS, MAX_DUPLICATES, Tamper, Trigger, TriggerEvent};
use stoa_payments::{ProviderSettings, Providers, Receiving, Reconciled, Swept};
use stoa_payments::{received_by_hand, reconcile, settle, sweep_unpaid};
use stoa_storage::{OrderAndPayment, Store};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    which: Which,
    /// Answer as one JSON value
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Let a simulated provider decide a payment and tell the running shop, as wrongly as you like
    Trigger(TriggerArgs),
    /// Ask the providers about every open payment of the last week that is older than two minutes
    Reconcile,
    /// Cancel the orders that nobody paid in time, after asking the providers: their stock is for others then
    Sweep,
    /// A bank transfer arrived: say so
    Confirm {
        /// The order's number or id
        order: String,
        /// What arrived, in the order's currency: 128.00
        #[arg(long)]
        amount: String,
        /// The bank's own name for the transfer; the same one counts once
        #[arg(long)]
        reference: String,
    },
    /// A refund was given back by a person: of a bank transfer, or one that failed
    Refunded {
        /// The order's number or id
        order: String,
        /// The refund's id
        #[arg(long)]
        refund: String,
        /// The bank's or the provider's own name for what was given back
        #[arg(long)]
        reference: String,
    },
    /// What became of an order's payment
    Show {
        /// An order's number or id, or a payment's id
        order: String,
    },
}

#[derive(Debug, clap::Args)]
struct TriggerArgs {
    /// What happens at the provider
    #[arg(value_parser = ["payment.succeeded", "payment.failed"])]
    event: String,
    #[arg(long, value_parser = ["wechat", "alipay", "stripe"])]
    provider: String,
    /// Which payment; without it the last one whose page was opened
    #[arg(long, value_name = "ID")]
    payment: Option<String>,
    /// Say it so many times more
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_DUPLICATES)))]
    duplicate: u32,
    /// Seconds between the decision and the word
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=MAX_DELAY_SECONDS))]
    delay: u64,
    /// Say it wrongly
    #[arg(long, value_parser = ["amount", "currency", "order", "signature"])]
    tamper: Option<String>,
    /// Say nothing: only asking the provider tells
    #[arg(long)]
    never: bool,
}

pub(crate) async fn pay(arguments: &Arguments) -> Result<()> {
    let json = arguments.json;
    if let Command::Trigger(args) = &arguments.command {
        return trigger(&arguments.which, args, json).await;
    }
    let shop = arguments.which.open().await?;
    let done = match &arguments.command {
        Command::Reconcile => ask(&arguments.which, &shop.store, json).await,
        Command::Sweep => sweep(&arguments.which, &shop.store, json).await,
        Command::Confirm { order, amount, reference } => confirm(&shop.store, order, amount, reference, json).await,
        Command::Refunded { order, refund, reference } => refunded(&shop.store, order, refund, reference, json).await,
        Command::Show { order } => show(&shop.store, order, json).await,
        Command::Trigger(_) => Ok(()),
    };
    shop.close().await;
    done
}

async fn trigger(which: &Which, args: &TriggerArgs, json: bool) -> Result<()> {
    let Some(url) = which.running()?.and_then(|running| running.simulators_url) else {
        bail!("no shop with simulated providers runs over {}: start ./stoa dev", which.data().display());
    };
    let trigger = Trigger {
        provider: args.provider.clone(),
        payment: args.payment.clone(),
        event: serde_json::from_value::<TriggerEvent>(args.event.as_str().into())?,
        duplicate: args.duplicate,
        delay_seconds: args.delay,
        tamper: args.tamper.as_deref().map(|what| serde_json::from_value::<Tamper>(what.into())).transpose()?,
        silent: args.never,
    };
    // Each delivery has the provider's own patience, and the delay comes on top.
    let patience = Duration::from_secs(args.delay + 30 * (u64::from(args.duplicate) + 1));
    let answer = post(&format!("{url}/_simulators/trigger"), &serde_json::to_value(&trigger)?, patience).await?;
    if json {
        println!("{answer}");
        return Ok(());
    }
    let deliveries: Vec<Delivery> = serde_json::from_value(answer)?;
    if deliveries.is_empty() {
        println!("{} knows, and says nothing", args.provider);
    }
    for delivery in deliveries {
        let status = delivery.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        println!("{status}  {}", delivery.answer.trim_end());
    }
    Ok(())
}

async fn ask(which: &Which, store: &Store, json: bool) -> Result<()> {
    let done: Reconciled = match of_running(which, "/_reconcile").await? {
        Some(done) => done,
        None => reconcile(store, &providers()?, Timestamp::now()).await?,
    };
    if json {
        println!("{}", serde_json::to_string(&done)?);
    } else {
        let Reconciled { asked, repaired, held, open, failed } = done;
        println!(
            "{asked} asked about: {repaired} repaired, {held} held for a person, {open} open, {failed} not answered"
        );
    }
    Ok(())
}

async fn sweep(which: &Which, store: &Store, json: bool) -> Result<()> {
    let done: Swept = match of_running(which, "/_sweep").await? {
        Some(done) => done,
        None => sweep_unpaid(store, &providers()?, Timestamp::now()).await?,
    };
    if json {
        println!("{}", serde_json::to_string(&done)?);
    } else {
        let Swept { overdue, cancelled, settled, waiting, failed, more } = done;
        println!(
            "{overdue} not paid in time: {cancelled} cancelled, {settled} settled, {waiting} wait for a person or a bank, \
             {failed} not answered{}",
            if more { "; run it again for the rest" } else { "" }
        );
    }
    Ok(())
}

/// Only the running shop has the keys of its simulated providers: it does it, where there is one.
pub(crate) async fn of_running<T: DeserializeOwned>(which: &Which, path: &str) -> Result<Option<T>> {
    let Some(url) = which.running()?.and_then(|running| running.simulators_url) else { return Ok(None) };
    let answer = post(&format!("{url}{path}"), &json!({}), Duration::from_secs(600)).await?;
    Ok(Some(serde_json::from_value(answer)?))
}

fn providers() -> Result<Providers> {
    let settings = ProviderSettings::from_env()?;
    let settings = settings.context("STOA_PAYMENT_PROVIDERS is not set: it names the providers to ask")?;
    Ok(Providers::new(&settings, &PublicUrl::from_env()?)?)
}

async fn confirm(store: &Store, order: &str, amount: &str, reference: &str, json: bool) -> Result<()> {
    const PROVIDER: &str = "bank_transfer";
    let (order, payment) = find(store, order).await?;
    if payment.provider != PROVIDER {
        bail!("{} is paid through {}, not by bank transfer", order.number, payment.provider);
    }
    let amount = Money::parse(amount, payment.amount.currency).context("--amount")?;
    let event = received_by_hand(&payment.id, amount, reference).context("--reference")?;
    let done = settle(store, PROVIDER, &event).await?;
    if json {
        println!("{}", json!({ "result": done, "order": order.number, "payment": payment.id }));
        return Ok(());
    }
    match done {
        Receiving::Recorded => println!("{} is paid", order.number),
        Receiving::Held => {
            println!("{} is held: what arrived is not what was ordered, or it no longer waits", order.number)
        }
        Receiving::PaidTwice => println!("{} was paid before: give this transfer back", order.number),
        Receiving::Ignored => println!("{}: nothing changed, this was known", order.number),
    }
    Ok(())
}

async fn refunded(store: &Store, order: &str, refund: &str, reference: &str, json: bool) -> Result<()> {
    let (order, _) = find(store, order).await?;
    let change = Change::RefundedByHand { id: RefundId::new(refund)?, reference: reference.to_owned() };
    let state = stoa_merchant::State::new(store.clone(), stoa_merchant::Config { plugin_signing_key: None });
    let changed = orders::change(&state, &order.id, None, &change, "operator", "").await;
    let order = changed.map_err(|refusal| anyhow::anyhow!("{}", refusal.message))?.value;
    if json {
        println!("{}", json!({ "order": order.number, "state": order.state, "refunds": order.refunds }));
    } else {
        println!("{} is {}", order.number, order.state);
    }
    Ok(())
}

async fn show(store: &Store, order: &str, json: bool) -> Result<()> {
    let (order, payment) = find(store, order).await?;
    if json {
        println!(
            "{}",
            json!({ "order": order.id, "number": order.number, "state": order.state, "refunds": order.refunds, "timeline": order.timeline, "payment": payment })
        );
        return Ok(());
    }
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    println!("{}  {}", order.number, word(serde_json::to_value(order.state)?));
    println!(
        "{}  {} {} through {}: {}",
        payment.id,
        payment.amount.to_decimal(),
        payment.amount.currency.code(),
        payment.provider,
        word(serde_json::to_value(payment.state)?),
    );
    if let Some(reference) = &payment.provider_reference {
        println!("the provider's own id  {reference}");
    }
    for refund in &order.refunds {
        let Refund { id, state, amount, problem, .. } = refund;
        let problem = problem.as_deref().unwrap_or_default();
        println!("refund {id}  {} {}  {state} {problem}", amount.to_decimal(), amount.currency);
    }
    for event in &order.timeline {
        println!("{}  {:<20} {}: {}", event.at, word(serde_json::to_value(event.to)?), event.by, event.why);
    }
    Ok(())
}

/// By the order's id or number, or by its payment's id.
pub(crate) async fn find(store: &Store, text: &str) -> Result<(Order, Payment)> {
    let id = if text.starts_with("ord_") {
        OrderId::new(text).ok()
    } else if text.starts_with("pay_") {
        PaymentId::new(text).ok().and_then(|id| id.order())
    } else {
        read_order_number(text).and_then(|number| order_id(&number))
    };
    let found = match id {
        Some(id) => store.orders().with_payment(&id).await?,
        None => None,
    };
    let OrderAndPayment { order, payment, .. } = found.with_context(|| format!("there is no order {text}"))?;
    Ok((order, payment))
}

pub(crate) async fn post(url: &str, body: &Value, patience: Duration) -> Result<Value> {
    let request = Request::post(url).header("content-type", "application/json").body(Body::from(body.to_string()))?;
    let (status, answer) = Http::new().send(request, patience).await?;
    if !status.is_success() {
        bail!("{}", String::from_utf8_lossy(&answer));
    }
    serde_json::from_slice(&answer).with_context(|| format!("{url} answered no JSON"))
}
