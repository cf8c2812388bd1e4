//! `stoa promo`: promotions tried on a cart without a shop, and those of a shop (`shop`). Thin: stoa-domain prices, and
//! stoa-merchant checks and stores as its API does.

mod shop;

use crate::shop::Which;
use anyhow::{Context, Result, bail, ensure};
use jiff::tz::TimeZone;
use std::io::Read;
use std::path::{Path, PathBuf};
use stoa_domain::FieldError;
use stoa_domain::promotion::{Scenario, read};
use stoa_domain::quote::Priced;

const MAX_FILE_BYTES: u64 = 4 << 20;
/// A test of stoa-domain holds it to the types.
const SCHEMA: &str = include_str!("../../docs/promotions.schema.json");

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Price a cart under promotions: prints the quote with its trail as JSON, or {"errors": …}
    Eval {
        /// Promotions, cart and context as JSON (docs/promotions.md); - for standard input
        file: PathBuf,
    },
    /// Print the JSON Schema of such a file
    Schema,
    #[command(flatten)]
    Shop(shop::Command),
}

pub(crate) async fn promo(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::Shop(command) => {
            let shop = arguments.which.open().await?;
            let done = shop::run(command, &shop.store).await;
            shop.close().await;
            return done;
        }
        Command::Schema => print!("{SCHEMA}"),
        Command::Eval { file } => match eval(&text(file)?) {
            Ok(priced) => println!("{}", serde_json::to_string_pretty(&priced)?),
            Err(errors) => {
                println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "errors": errors }))?);
                let first = errors.first().map(FieldError::to_string).unwrap_or_default();
                bail!("{} cannot be priced: {} to correct, the first is {first}", file.display(), errors.len());
            }
        },
    }
    Ok(())
}

fn text(file: &Path) -> Result<String> {
    let mut text = String::new();
    let from: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).with_context(|| format!("opening {}", file.display()))?)
    };
    from.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).with_context(|| format!("reading {}", file.display()))?;
    ensure!(text.len() as u64 <= MAX_FILE_BYTES, "{} has more than {MAX_FILE_BYTES} bytes", file.display());
    Ok(text)
}

/// The domain knows no time zones: the clocks of those that the promotions name are read here.
fn eval(text: &str) -> Result<Priced, Vec<FieldError>> {
    let mut from = serde_json::Deserializer::from_str(text);
    let mut scenario: Scenario = read(&mut from).map_err(|error| vec![error])?;
    from.end().map_err(|error| vec![FieldError::new("", "invalid_value", error.to_string())])?;
    for name in scenario.time_zones() {
        let now = scenario.context.now;
        match TimeZone::get(&name) {
            Ok(zone) => {
                let clocks = &mut scenario.context.local_times;
                clocks.entry(name).or_insert_with(|| now.to_zoned(zone).datetime());
            }
            Err(error) => return Err(vec![FieldError::new("promotions", "unknown_time_zone", error.to_string())]),
        }
    }
    scenario.evaluate()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(schedule: &str) -> String {
        format!(
            r#"{{
                "promotions": [{{
                    "id": "p", "title": {{ "en": "p" }}, "schedule": {schedule},
                    "actions": [{{ "discount_order": {{ "value": {{ "basis_points": 1000 }} }} }}]
                }}],
                "cart": {{ "currency": "CNY", "lines": [{{ "sku": "mug", "quantity": 1, "unit_price": 1000 }}] }},
                "context": {{ "now": "2026-11-13T20:00:00+08:00" }}
            }}"#
        )
    }
    fn discount(schedule: &str) -> Result<i64, &'static str> {
        eval(&document(schedule)).map(|priced| priced.quote.discount.minor).map_err(|errors| errors[0].code)
    }

    #[test]
    fn windows_open_by_the_clocks_of_their_zone() {
        let friday =
            |zone: &str| format!(r#"{{ "time_zone": "{zone}", "weekly": [{{ "days": ["fri"], "from": "18:00" }}] }}"#);
        assert_eq!(discount(&friday("Asia/Shanghai")), Ok(100));
        assert_eq!(discount(&friday("Europe/Berlin")), Ok(0));
        assert_eq!(discount(&friday("Europe/Atlantis")), Err("unknown_time_zone"));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_path() {
        let errors = eval(&document(r#"{ "starts": "2026-11-13" }"#)).unwrap_err();
        assert_eq!((errors[0].field.as_str(), errors[0].code), ("promotions[0].schedule.starts", "unknown_field"));
        assert_eq!(eval(&format!("{} x", document("{}"))).unwrap_err()[0].code, "invalid_value");
    }
}
