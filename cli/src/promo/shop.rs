//! The shop's own promotions and their codes: what `/admin/api/promotions` does, from the command line.

use super::text;
use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{Write, stdout};
use std::path::PathBuf;
use stoa_domain::promotion::{Promotion, read};
use stoa_domain::{Localized, PromotionId};
use stoa_merchant::promotions::{self, NewCodes, PromotionError};
use stoa_storage::{Expected, MAX_CODES_AT_ONCE, MAX_CODES_PAGE, PromotionCode, Store, Versioned};

/// Codes that one command makes: a print run, in several goes.
const MAX_COUNT: u32 = 100_000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Put a promotion, or a list of them, into the shop: carts are priced with it from then on
    Put {
        /// JSON as docs/promotions.md has it; - for standard input
        file: PathBuf,
        /// One JSON array on standard output
        #[arg(long)]
        json: bool,
    },
    /// Which promotions the shop has
    List {
        /// One JSON array on standard output
        #[arg(long)]
        json: bool,
    },
    /// One promotion as it is stored, with what was used of it
    Show {
        id: String,
        /// The same in one line
        #[arg(long)]
        json: bool,
    },
    /// Remove a promotion; its codes bring nothing from then on
    Delete {
        id: String,
        /// One JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Switch a promotion on
    Enable {
        id: String,
        /// One JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Switch a promotion off
    Disable {
        id: String,
        /// One JSON object on standard output
        #[arg(long)]
        json: bool,
    },
    /// Codes of a promotion: list them, give one out, or make a batch of random ones
    Codes(CodesArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct CodesArgs {
    id: String,
    /// Make so many random codes, of letters and digits that are not taken for others
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_COUNT)))]
    count: Option<u32>,
    /// Give out this code
    #[arg(long, conflicts_with_all = ["count", "prefix"])]
    code: Option<String>,
    /// Before each random code
    #[arg(long, requires = "count")]
    prefix: Option<String>,
    /// Orders with each of the new codes
    #[arg(long)]
    limit: Option<u32>,
    /// One JSON array on standard output
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: &Command, store: &Store) -> Result<()> {
    let (said, as_json) = match command {
        Command::Put { file, json } => (put(store, &text(file)?, file).await?, *json),
        Command::List { json } => (list(store).await?, *json),
        Command::Show { id, json } => (show(store, id).await?, *json),
        Command::Delete { id, json } => (delete(store, id).await?, *json),
        Command::Enable { id, json } => (switch(store, id, true).await?, *json),
        Command::Disable { id, json } => (switch(store, id, false).await?, *json),
        Command::Codes(args) => (codes(store, args).await?, args.json),
    };
    let text = if as_json { said.json.to_string() + "\n" } else { said.text };
    Ok(stdout().lock().write_all(text.as_bytes())?)
}

/// An answer for people and for programs.
#[derive(Debug)]
struct Said {
    text: String,
    json: Value,
}

async fn put(store: &Store, text: &str, file: &std::path::Path) -> Result<Said> {
    let promotions = parse(text).with_context(|| format!("{} is not put", file.display()))?;
    let mut said = Said { text: String::new(), json: json!([]) };
    for promotion in &promotions {
        promotions::check(promotion).with_context(|| format!("{} is not put", promotion.id))?;
    }
    for promotion in &promotions {
        let known = store.promotions().get(&promotion.id).await?;
        let revision = promotions::put(store, promotion, Expected::from(&known)).await?;
        let state = if promotion.enabled { "on" } else { "off" };
        said.text += &format!("{} is {state}\n", promotion.id);
        said.json.as_array_mut().context("an array")?.push(json!({ "id": promotion.id, "revision": revision }));
    }
    Ok(said)
}

/// One promotion, or a list.
fn parse(text: &str) -> Result<Vec<Promotion>> {
    let mut from = serde_json::Deserializer::from_str(text);
    let promotions = if text.trim_start().starts_with('[') { read(&mut from)? } else { vec![read(&mut from)?] };
    from.end().context("after the promotion there is more")?;
    ensure!(!promotions.is_empty(), "the list is empty");
    Ok(promotions)
}

async fn list(store: &Store) -> Result<Said> {
    let all = store.promotions().list().await?;
    let mut text = String::new();
    for Versioned { value: promotion, .. } in &all {
        let state = if promotion.enabled { "on" } else { "off" };
        let by_code = if promotion.code_required { "by code" } else { "" };
        text += &format!("{:<32} {state:<4} {by_code:<8} {}\n", promotion.id, any_text(&promotion.title));
    }
    if all.is_empty() {
        text += "none: `stoa promo put FILE.json` makes one\n";
    }
    let shown = |read: &Versioned<Promotion>| json!({ "revision": read.revision, "value": read.value });
    Ok(Said { text, json: all.iter().map(shown).collect() })
}

/// In English where there is any.
fn any_text(text: &Localized) -> &str {
    text.iter().find(|(locale, _)| locale.language() == "en").or_else(|| text.iter().next()).map_or("", |(_, t)| t)
}

async fn show(store: &Store, id: &str) -> Result<Said> {
    let read = find(store, id).await?;
    let standing = store.promotions().standing(std::slice::from_ref(&read.value.id), &[], None).await?;
    let limits = &read.value.limits;
    let used = standing.usage(&read.value.id);
    let usage =
        (limits.uses.is_some() || limits.budget.is_some()).then(|| json!({ "uses": used.uses, "spent": used.spent }));
    let json = json!({ "revision": read.revision, "value": read.value, "usage": usage });
    Ok(Said { text: serde_json::to_string_pretty(&json)? + "\n", json })
}

async fn delete(store: &Store, id: &str) -> Result<Said> {
    let read = find(store, id).await?;
    store.promotions().delete(&read.value.id, read.unchanged()).await?;
    Ok(Said { text: format!("{id} is gone\n"), json: json!({ "id": id, "deleted": true }) })
}

async fn switch(store: &Store, id: &str, enabled: bool) -> Result<Said> {
    let read = find(store, id).await?;
    let expected = read.unchanged();
    let revision = store.promotions().put(&Promotion { enabled, ..read.value }, expected).await?;
    let state = if enabled { "on" } else { "off" };
    Ok(Said { text: format!("{id} is {state}\n"), json: json!({ "id": id, "enabled": enabled, "revision": revision }) })
}

async fn find(store: &Store, id: &str) -> Result<Versioned<Promotion>> {
    let found = store.promotions().get(&PromotionId::new(id)?).await?;
    found.with_context(|| format!("the shop has no promotion {id}: `stoa promo list` shows those it has"))
}

async fn codes(store: &Store, args: &CodesArgs) -> Result<Said> {
    let promotion = find(store, &args.id).await?.value;
    let codes = match (&args.code, args.count) {
        (None, None) => {
            ensure!(args.limit.is_none(), "--limit is for new codes: say --count or --code");
            all_codes(store, &promotion.id).await?
        }
        (code, count) => make(store, &promotion.id, code.clone(), count.unwrap_or(1), args).await?,
    };
    let mut said = Said { text: String::new(), json: json!([]) };
    for code in &codes {
        said.text += &if code.enabled { format!("{}\n", code.code) } else { format!("{} (off)\n", code.code) };
    }
    if codes.is_empty() {
        said.text += "none: --count N makes some, --code TEXT gives one out\n";
    }
    let shown = |code: &PromotionCode| json!({ "code": code.code, "batch": code.batch, "enabled": code.enabled, "max_uses": code.max_uses });
    said.json = codes.iter().map(shown).collect();
    Ok(said)
}

/// A batch larger than one call takes is made in several, under one name.
async fn make(
    store: &Store,
    promotion: &PromotionId,
    code: Option<String>,
    count: u32,
    args: &CodesArgs,
) -> Result<Vec<PromotionCode>> {
    let mut made: Vec<PromotionCode> = Vec::new();
    let most = u32::try_from(MAX_CODES_AT_ONCE)?;
    let mut left = count;
    while left > 0 {
        let now = left.min(most);
        let new = NewCodes {
            count: code.is_none().then_some(now),
            code: code.clone(),
            prefix: args.prefix.clone().unwrap_or_default(),
            batch: made.first().and_then(|first| first.batch.clone()),
            max_uses: args.limit,
            ..NewCodes::default()
        };
        match new.make(store, promotion, Timestamp::now()).await {
            Ok(codes) => made.extend(codes),
            Err(PromotionError::Store(error)) if !made.is_empty() => {
                bail!("{} codes were made and are listed; then: {error}", made.len())
            }
            Err(error) => return Err(error.into()),
        }
        left -= now;
    }
    Ok(made)
}

async fn all_codes(store: &Store, promotion: &PromotionId) -> Result<Vec<PromotionCode>> {
    let (mut codes, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.promotions().codes(promotion, cursor.as_ref(), MAX_CODES_PAGE).await?;
        codes.extend(page.items.into_iter().map(|read| read.value));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(codes);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use stoa_storage::testing::LocalStore;

    const TENTH: &str = r#"{ "id": "tenth", "title": { "en": "A tenth", "zh-CN": "九折" }, "code_required": true,
        "actions": [{ "discount_order": { "value": { "basis_points": 1000 } } }] }"#;

    #[tokio::test]
    async fn a_promotion_is_put_listed_switched_and_given_codes() {
        let shop = LocalStore::start().await;
        let store = &shop.store;
        let file = std::path::Path::new("tenth.json");
        assert_eq!(put(store, TENTH, file).await.unwrap().text, "tenth is on\n");
        assert_eq!(put(store, &format!("[{TENTH}]"), file).await.unwrap().json[0]["revision"], 2);
        assert!(list(store).await.unwrap().text.contains("by code"));
        assert_eq!(switch(store, "tenth", false).await.unwrap().text, "tenth is off\n");
        assert_eq!(show(store, "tenth").await.unwrap().json["value"]["enabled"], false);
        let args = |count, code: Option<&str>| CodesArgs {
            id: "tenth".to_owned(),
            count,
            code: code.map(str::to_owned),
            prefix: count.map(|_| "X-".to_owned()),
            limit: count,
            json: true,
        };
        let made = codes(store, &args(Some(1_001), None)).await.unwrap().json;
        let batch = &made[0]["batch"];
        assert!(made.as_array().unwrap().len() == 1_001 && batch.is_string() && made[1_000]["batch"] == *batch);
        codes(store, &args(None, Some("HELLO"))).await.unwrap();
        let all = codes(store, &args(None, None)).await.unwrap().json;
        assert_eq!(all.as_array().unwrap().len(), 1_002);
        assert!(codes(store, &args(None, Some("hello"))).await.unwrap_err().to_string().contains("exists already"));
        delete(store, "tenth").await.unwrap();
        assert!(find(store, "tenth").await.unwrap_err().to_string().contains("stoa promo list"));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_path() {
        let fault = parse(&TENTH.replace("discount_order", "discount")).unwrap_err().to_string();
        assert!(fault.starts_with("actions[0]"), "{fault}");
        assert!(parse(&format!("{TENTH} x")).is_err() && parse("[]").is_err());
    }
}
