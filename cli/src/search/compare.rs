//! `stoa search compare`: what a shopper saw, and what they see since.

use crate::search::parse_locale;
use crate::shop::Which;
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use std::io::{Write, stdout};
use std::path::PathBuf;
use stoa_domain::Locale;
use stoa_merchant::search::{Change, Compared, Published, Question, Side, ask, compare as side_by_side};

const MAX_SHOWN: i64 = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A search; may be given several times
    #[arg(long, value_name = "QUERY")]
    query: Vec<String>,
    /// A file with a search a line
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// A version of `stoa publish status`; without it, the one before `--to`
    #[arg(long, value_name = "VERSION")]
    from: Option<u64>,
    /// A version; without it, the one that is shown now
    #[arg(long, value_name = "VERSION")]
    to: Option<u64>,
    /// Whose language the searches are in; without it, the shop's default
    #[arg(long, value_parser = parse_locale)]
    locale: Option<Locale>,
    /// How many products of either version
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=MAX_SHOWN))]
    shown: u16,
    /// One JSON object a search, on a line of its own
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

pub(super) async fn compare(arguments: &Arguments) -> Result<()> {
    let mut queries = arguments.query.clone();
    if let Some(file) = &arguments.queries {
        let name = file.display();
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot open {name}"))?;
        queries.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    ensure!(!queries.is_empty(), "give --query or --queries");
    let shop = arguments.which.open().await?;
    let read = async {
        let to = Published::read(&shop.store, arguments.to).await?;
        let before = arguments.from.unwrap_or(to.version.saturating_sub(1));
        Ok::<_, anyhow::Error>((Published::read(&shop.store, Some(before)).await?, to))
    };
    let read = read.await;
    shop.close().await;
    let (from, to) = read?;
    let locale = arguments.locale.clone().unwrap_or_else(|| to.view.shop.default_locale.clone());
    let at = Timestamp::now();
    let mut out = stdout().lock();
    let mut changed = 0;
    let sides = (Steered::of(&from), Steered::of(&to));
    for text in &queries {
        let question = Question { text: text.clone(), locale: locale.clone(), category: None, at };
        let (before, after) = (sides.0.ask(&question)?, sides.1.ask(&question)?);
        let compared = side_by_side((&from, before), (&to, after), &locale, usize::from(arguments.shown));
        changed += usize::from(differs(&compared));
        if arguments.json {
            let line = serde_json::json!({ "query": text, "compared": compared });
            writeln!(out, "{line}")?;
        } else {
            print(&mut out, text, &compared)?;
        }
    }
    if !arguments.json {
        writeln!(
            out,
            "{changed} of {} searches changed from version {} to {}",
            queries.len(),
            from.version,
            to.version
        )?;
    }
    Ok(())
}

/// A version as it was steered.
struct Steered<'a> {
    published: &'a Published,
    steering: stoa_search_index::Steering,
    merits: stoa_search_index::steer::Merits,
}

impl<'a> Steered<'a> {
    fn of(published: &'a Published) -> Self {
        let settings = published.settings.clone();
        Self { published, merits: published.merits(settings.merit), steering: published.steering(settings) }
    }
    fn ask(&self, question: &Question) -> Result<Side> {
        Ok(ask(self.published, &self.steering, &self.merits, question)?)
    }
}

fn differs(compared: &Compared) -> bool {
    let (before, after) = (&compared.before, &compared.after);
    compared.products.iter().any(|row| row.change() != Change::Same)
        || before.redirect != after.redirect
        || before.banners != after.banners
}

fn print(out: &mut impl Write, text: &str, compared: &Compared) -> Result<()> {
    let (before, after) = (&compared.before, &compared.after);
    writeln!(out, "{text}: {} products, {} before", after.total, before.total)?;
    if before.redirect != after.redirect {
        let link = |side: &Side| side.redirect.clone().unwrap_or_else(|| "the results".to_owned());
        writeln!(out, "  leads to {}, to {} before", link(after), link(before))?;
    }
    for row in &compared.products {
        let place = row.after.map_or_else(|| "-".to_owned(), |place| place.to_string());
        writeln!(out, "{place:>5}  {:<5}  {}  {}", row.change().to_string(), row.id, row.title)?;
    }
    writeln!(out)?;
    Ok(())
}
