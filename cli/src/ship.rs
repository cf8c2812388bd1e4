//! `stoa ship`: parcels from the operator's side: what became of them, asking their carriers, and on this machine what the
//! simulated carrier says next.

use crate::pay::{find, of_running, post};
use crate::shop::Which;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;
use stoa_domain::order::{Order, Shipment, TrackingState};
use stoa_endpoint::config::PublicUrl;
use stoa_payments::carrier::Carriers;
use stoa_payments::simulators::{CARRIER, Delivery, MAX_DELAY_SECONDS, MAX_DUPLICATES, ShipTamper, ShipTrigger};
use stoa_payments::{Config, Providers, State, Tracked, track_parcels};
use stoa_storage::Store;

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
    /// Let something happen to a parcel of the simulated carrier and tell the running shop, as wrongly as you like
    Trigger(TriggerArgs),
    /// Ask the carriers about the parcels whose turn it is
    Track,
    /// What became of an order's parcels
    Show {
        /// The order's number or id
        order: String,
    },
}

#[derive(Debug, clap::Args)]
struct TriggerArgs {
    /// What happens to it
    #[arg(value_parser = ["label_made", "picked_up", "in_transit", "out_for_delivery", "exception", "delivered", "returned"])]
    event: String,
    /// The order's number or id
    #[arg(long)]
    order: String,
    /// Which of its parcels; without it the last one that the simulated carrier has
    #[arg(long, value_name = "NUMBER")]
    parcel: Option<u32>,
    /// Say it so many times more
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_DUPLICATES)))]
    duplicate: u32,
    /// Seconds between the event and the word
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=MAX_DELAY_SECONDS))]
    delay: u64,
    /// Say it wrongly
    #[arg(long, value_parser = ["signature", "time", "number"])]
    tamper: Option<String>,
    /// Say nothing: only asking the carrier tells
    #[arg(long)]
    never: bool,
}

pub(crate) async fn ship(arguments: &Arguments) -> Result<()> {
    let json = arguments.json;
    let shop = arguments.which.open().await?;
    let done = match &arguments.command {
        Command::Trigger(args) => trigger(&arguments.which, &shop.store, args, json).await,
        Command::Track => track(&arguments.which, &shop.store, json).await,
        Command::Show { order } => show(&shop.store, order, json).await,
    };
    shop.close().await;
    done
}

async fn trigger(which: &Which, store: &Store, args: &TriggerArgs, json: bool) -> Result<()> {
    let Some(url) = which.running()?.and_then(|running| running.simulators_url) else {
        bail!("no shop with a simulated carrier runs over {}: start ./stoa dev", which.data().display());
    };
    let (order, _) = find(store, &args.order).await?;
    let parcel = chosen(&order, args.parcel).with_context(|| {
        let rule = format!("ship it with the carrier {CARRIER} and any tracking number first");
        format!("{} has no such parcel with the simulated carrier: {rule}", order.number)
    })?;
    let trigger = ShipTrigger {
        tracking_number: parcel.tracking_number.clone(),
        event: serde_json::from_value::<TrackingState>(args.event.as_str().into())?,
        duplicate: args.duplicate,
        delay_seconds: args.delay,
        tamper: args.tamper.as_deref().map(|what| serde_json::from_value::<ShipTamper>(what.into())).transpose()?,
        silent: args.never,
    };
    let patience = Duration::from_secs(args.delay + 30 * (u64::from(args.duplicate) + 1));
    let answer = post(&format!("{url}/_simulators/ship"), &serde_json::to_value(&trigger)?, patience).await?;
    if json {
        println!("{answer}");
        return Ok(());
    }
    let deliveries: Vec<Delivery> = serde_json::from_value(answer)?;
    if deliveries.is_empty() {
        println!("the carrier knows, and says nothing");
    }
    for delivery in deliveries {
        let status = delivery.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        println!("{status}  {}", delivery.answer.trim_end());
    }
    Ok(())
}

fn chosen(order: &Order, number: Option<u32>) -> Option<&Shipment> {
    let simulated = |parcel: &&Shipment| parcel.carrier == CARRIER && !parcel.tracking_number.is_empty();
    let wanted = |parcel: &&Shipment| number.is_none_or(|number| number == parcel.number);
    order.shipments.iter().rev().find(|parcel| simulated(parcel) && wanted(parcel))
}

async fn track(which: &Which, store: &Store, json: bool) -> Result<()> {
    let done: Tracked = match of_running(which, "/_track").await? {
        Some(done) => done,
        None => track_parcels(&state(store)?, Timestamp::now()).await?,
    };
    if json {
        println!("{}", serde_json::to_string(&done)?);
        return Ok(());
    }
    let Tracked { asked, moved, failed, ended, more } = done;
    let rest = if more { "; run it again for the rest" } else { "" };
    println!("{asked} asked about: {moved} moved, {failed} not answered, {ended} no longer asked about{rest}");
    Ok(())
}

/// Carriers only: nobody pays here.
fn state(store: &Store) -> Result<State> {
    let config = Config {
        public_url: PublicUrl::from_env()?,
        link_key: stoa_endpoint::LinkKey::from_env()?,
        sandbox_secret: None,
        providers: Providers::default(),
        carriers: Carriers::from_env()?,
    };
    Ok(State::new(store.clone(), config))
}

async fn show(store: &Store, order: &str, json: bool) -> Result<()> {
    let (order, _) = find(store, order).await?;
    if json {
        println!("{}", json!({ "number": order.number, "state": order.state, "shipments": order.shipments }));
        return Ok(());
    }
    println!("{}  {}", order.number, order.state);
    for parcel in &order.shipments {
        println!("parcel {}  {} {}", parcel.number, parcel.carrier_name(false), parcel.tracking_number);
        for event in &parcel.tracking {
            println!("{}  {:<18} {} {}", event.at, event.state.as_str(), event.place, event.said);
        }
    }
    Ok(())
}
