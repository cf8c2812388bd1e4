//! `stoa crm`: customers, what marketing plugins did for them, and the messages that wait to be sent. What is read and changed
//! goes through the merchant API, as `stoa plugin` does; a sweep and catching up are the CRM function's own work, done here.

use crate::plugin::api::{Api, Target, segment, text};
use crate::shop::Secrets;
use anyhow::{Context, Result, ensure};
use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use stoa_crm::{Config, Crm, MailConfig, Swept};
use stoa_storage::{Store, customer_key};

/// Of one command: the next one goes on.
const SWEEP_PATIENCE: Duration = Duration::from_secs(3_600);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    target: Target,
    /// Answer as one JSON value
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// A page of the shop's customers
    Customers {
        /// `next` of the page before
        #[arg(long)]
        cursor: Option<String>,
        /// Most of them
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// One customer, and what plugins proposed for them and what became of it
    Customer {
        /// Their address, or their id
        who: String,
        /// Keep their birthday, a month and a day: 05-17; empty to forget it
        #[arg(long)]
        birthday: Option<String>,
        /// Write down whether they want messages, as they told the shop
        #[arg(long)]
        messages: Option<bool>,
        /// Everything the shop has of them, as one JSON value, for who asks for it
        #[arg(long, conflicts_with_all = ["birthday", "messages", "forget"])]
        export: bool,
        /// Forget them, as they ask for, but for what the law wants kept of their orders; cannot be taken back
        #[arg(long, conflicts_with_all = ["birthday", "messages"])]
        forget: bool,
    },
    /// Messages that wait to be sent, filled in
    Outbox {
        /// Those that were sent, instead
        #[arg(long)]
        sent: bool,
        /// Those that were given up, and why, instead
        #[arg(long, conflicts_with = "sent")]
        failed: bool,
        /// `next` of the page before
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Write down that messages were sent
    Sent {
        /// Their ids, as `outbox` shows them
        #[arg(required = true)]
        messages: Vec<String>,
    },
    /// What holds for all marketing plugins; with options, change it
    Settings {
        /// To one customer within 7 days: 0 to 14
        #[arg(long)]
        messages_per_week: Option<u8>,
        /// The shop's, by its IANA name: Asia/Shanghai
        #[arg(long)]
        time_zone: Option<String>,
        /// Customers are gone through from this hour of each day on: 0 to 23
        #[arg(long)]
        hour: Option<u8>,
        /// The address that mail comes from; empty for the shop's own
        #[arg(long)]
        sender: Option<String>,
        /// Mail of all kinds in one day
        #[arg(long)]
        mail_per_day: Option<u32>,
    },
    /// Send what is due now, by the mail server that STOA_SMTP names, as the schedule does every minute
    Send,
    /// Go through the customers now, whatever the hour, as the schedule does once a day
    Sweep,
    /// Go through all orders, of a shop that had some before it had a CRM
    CatchUp,
}

pub(crate) async fn crm(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::Sweep | Command::CatchUp | Command::Send => return here(arguments).await,
        _ => {}
    }
    let api = Api::open(&arguments.target).await?;
    let done = through(&api, &arguments.command).await;
    api.close().await;
    let (answer, told) = done?;
    if arguments.json {
        println!("{answer}")
    } else {
        print!("{told}")
    }
    Ok(())
}

/// What the API answered, and the same in words.
async fn through(api: &Api, command: &Command) -> Result<(Value, String)> {
    let page = |cursor: &Option<String>| {
        cursor.as_ref().map_or(String::new(), |cursor| format!("&cursor={}", segment(cursor)))
    };
    match command {
        Command::Customers { cursor, limit } => {
            let answer: Value = api.get(&format!("/customers?limit={limit}{}", page(cursor))).await?;
            let told = lines(&answer, "no customers yet", |customer| {
                let consent = if customer["consent"].is_null() { "no messages" } else { "messages" };
                let orders = customer["orders"].as_u64().unwrap_or(0);
                format!(
                    "{}  {:<32} {orders:>4} orders  {consent:<11} {}\n",
                    text(&customer["id"]),
                    text(&customer["email"]),
                    segments(customer)
                )
            });
            Ok((answer, told))
        }
        Command::Customer { who, birthday, messages, export, forget } => {
            let path = format!("/customers/{}", segment(&id(who)?));
            if *export {
                let answer: Value = api.get(&format!("{path}/data")).await?;
                let told = format!("{answer:#}\n");
                return Ok((answer, told));
            }
            if *forget {
                let answer: Value = api.json(Method::DELETE, &path, &json!({})).await?;
                let (orders, under_way) = (&answer["orders"], &answer["under_way"]);
                let told = format!(
                    "forgotten, with {orders} orders; {under_way} under way are dealt with when they are done\n"
                );
                return Ok((answer, told));
            }
            if birthday.is_some() || messages.is_some() {
                let mut change = serde_json::Map::new();
                change.extend(birthday.as_ref().map(|birthday| ("birthday".to_owned(), json!(birthday))));
                change.extend(messages.map(|messages| ("messages".to_owned(), json!(messages))));
                api.json::<Value>(Method::PATCH, &path, &change.into()).await?;
            }
            let answer: Value = api.get(&path).await?;
            let told = details(&answer);
            Ok((answer, told))
        }
        Command::Outbox { sent, failed, cursor } => {
            let answer: Value =
                api.get(&format!("/messages?sent={sent}&failed={failed}&limit=50{}", page(cursor))).await?;
            let told = lines(&answer, "the outbox is empty", |message| {
                let (id, at, kind) = (text(&message["id"]), text(&message["written_at"]), text(&message["kind"]));
                let why = message["failure"].as_str().map_or(String::new(), |why| format!("  {why}"));
                if kind != "offer" {
                    return format!("{id}  {at}  {kind} {}{why}\n", message["order"].as_str().unwrap_or_default());
                }
                let to = message["to"].as_str().unwrap_or("nobody: they want no messages any more");
                let (subject, body) = (text(&message["subject"]), text(&message["body"]).replace('\n', "\n    "));
                format!("{id}  {at}  {}{why}\n  to {to}\n  {subject}\n\n    {body}\n\n", text(&message["plugin"]))
            });
            Ok((answer, told))
        }
        Command::Sent { messages } => {
            let mut done = Vec::new();
            for message in messages {
                done.push(
                    api.json::<Value>(Method::POST, &format!("/messages/{}/sent", segment(message)), &json!({}))
                        .await?,
                );
            }
            let told = done.iter().map(|message| format!("{} is sent\n", text(&message["id"]))).collect();
            Ok((done.into(), told))
        }
        Command::Settings { messages_per_week, time_zone, hour, sender, mail_per_day } => {
            let mut settings: Value = api.get::<Value>("/marketing").await?["value"].take();
            let changes = [("messages_per_week", messages_per_week.map(Value::from)), ("hour", hour.map(Value::from))];
            let sender = sender.as_ref().map(|sender| if sender.is_empty() { Value::Null } else { json!(sender) });
            let mail_per_day = mail_per_day.map(Value::from);
            let others =
                [("time_zone", time_zone.clone().map(Value::from)), ("sender", sender), ("mail_per_day", mail_per_day)];
            let changes = changes.into_iter().chain(others);
            let mut changed = false;
            for (name, value) in changes.filter_map(|(name, value)| Some((name, value?))) {
                settings[name] = value;
                changed = true;
            }
            if changed {
                api.json::<Value>(Method::PUT, "/marketing", &settings).await?;
            }
            let told = format!(
                "at most {} messages a week, days begin at {}:00 in {}\nmail comes from {}, at most {} a day\n",
                settings["messages_per_week"],
                settings["hour"],
                text(&settings["time_zone"]),
                settings["sender"].as_str().unwrap_or("the shop's own address"),
                settings["mail_per_day"]
            );
            Ok((settings, told))
        }
        Command::Sweep | Command::CatchUp | Command::Send => anyhow::bail!("that is done here"),
    }
}

fn lines(answer: &Value, none: &str, line: impl Fn(&Value) -> String) -> String {
    let items = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut told: String = items.iter().map(line).collect();
    if items.is_empty() {
        told = format!("{none}\n");
    }
    if let Some(next) = answer["next"].as_str() {
        told += &format!("more: --cursor {next}\n");
    }
    told
}

fn segments(customer: &Value) -> String {
    let names = customer["segments"].as_array().into_iter().flatten().map(text);
    names.collect::<Vec<_>>().join(", ")
}

fn details(answer: &Value) -> String {
    let customer = &answer["customer"];
    let consent = match customer["consent"].as_object() {
        Some(_) => format!("since {} ({})", text(&customer["consent"]["at"]), text(&customer["consent"]["by"])),
        None => "no".to_owned(),
    };
    let mut told = format!(
        "{}  {}\n  orders    {}, the last one {}\n  points    {}\n  segments  {}\n  birthday  {}\n  messages  {consent}\n",
        text(&customer["email"]),
        text(&customer["id"]),
        customer["orders"],
        customer["last_order_at"].as_str().unwrap_or("never"),
        customer["points"],
        segments(customer),
        customer["birthday"].as_str().unwrap_or("not known"),
    );
    for follow_up in customer["follow_ups"].as_array().into_iter().flatten() {
        let (due, plugin, tag) = (text(&follow_up["due"]), text(&follow_up["plugin"]), text(&follow_up["tag"]));
        told += &format!("  due       {due}: {tag} ({plugin})\n");
    }
    for answer in answer["answers"].as_array().into_iter().flatten() {
        told += &format!(
            "  {}  {} {}  {}\n",
            text(&answer["at"]),
            text(&answer["plugin"]),
            text(&answer["version"]),
            text(&answer["event"])
        );
        for action in answer["done"].as_array().into_iter().flatten() {
            told += &format!("      done     {}\n", text(&action["kind"]));
        }
        for refused in answer["refused"].as_array().into_iter().flatten() {
            let (kind, code, why) = (text(&refused["kind"]), text(&refused["code"]), text(&refused["message"]));
            told += &format!("      refused  {kind}: {why} ({code})\n");
        }
    }
    told
}

/// Of an address, which is not sent anywhere.
fn id(who: &str) -> Result<String> {
    if who.contains('@') { Ok(customer_key(who)?.to_string()) } else { Ok(who.to_owned()) }
}

/// The CRM function's work, on the shop's own table.
async fn here(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.target.is_here(), "the shop's own table is needed for this: set STOA_TABLE instead of --shop");
    let which = arguments.target.which();
    let shop = which.open().await?;
    let done = async {
        let crm = Crm::new(
            shop.store.clone(),
            Config { plugin_verify_key: verify_key(which.data())?, mail: MailConfig::from_env()? },
        );
        match arguments.command {
            Command::Sweep => swept(&shop.store, &crm).await,
            Command::Send => sent(&crm).await,
            _ => {
                let orders = stoa_crm::catch_up(&crm, None, Timestamp::now()).await?;
                Ok((json!({ "orders": orders }), format!("{orders} orders were gone through")))
            }
        }
    };
    let done = done.await;
    shop.close().await;
    let (answer, told) = done?;
    if arguments.json {
        println!("{answer}")
    } else {
        println!("{told}")
    }
    Ok(())
}

async fn sent(crm: &Crm) -> Result<(Value, String)> {
    let done = stoa_crm::send(crm, Timestamp::now(), SWEEP_PATIENCE).await?;
    let Some(done) = done else {
        anyhow::bail!("nothing is sent: set STOA_SMTP, STOA_PUBLIC_URL and STOA_LINK_KEY, and the shop's sender")
    };
    let stoa_crm::Sending { sent, failed, later, over_bound } = done;
    let told = format!("{sent} sent, {failed} given up, {later} put off, {over_bound} over the day's bound");
    Ok((json!({ "sent": sent, "failed": failed, "later": later, "over_bound": over_bound }), told))
}

async fn swept(store: &Store, crm: &Crm) -> Result<(Value, String)> {
    let swept = stoa_crm::sweep(crm, Timestamp::now(), SWEEP_PATIENCE, true).await?;
    Ok(match swept {
        Swept::Done { customers } => {
            let earlier = customers == 0 && store.crm().sweep().await?.is_some();
            let more = if earlier { ": today's sweep is done" } else { "" };
            (json!({ "customers": customers, "done": true }), format!("{customers} customers were gone through{more}"))
        }
        Swept::Unfinished { customers } => (
            json!({ "customers": customers, "done": false }),
            format!("{customers} customers were gone through, not all"),
        ),
        Swept::NotDue => (json!({ "customers": 0, "done": false }), "no marketing plugin runs in this shop".to_owned()),
    })
}

fn verify_key(data: &std::path::Path) -> Result<Option<Vec<u8>>> {
    match std::env::var("STOA_PLUGIN_VERIFY_KEY") {
        Ok(key) => hex::decode(key).context("STOA_PLUGIN_VERIFY_KEY must be hex").map(Some),
        Err(_) if std::env::var_os("STOA_TABLE").is_some() => Ok(None),
        Err(_) => Ok(Some(hex::decode(&Secrets::of(data)?.plugin_verify_key)?)),
    }
}
