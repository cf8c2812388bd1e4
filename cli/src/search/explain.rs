//! `stoa search explain`: the engine's sums for one product, taken apart.

use crate::search::parse_locale;
use crate::shop::Which;
use anyhow::{Context, Result};
use jiff::Timestamp;
use std::io::{Write, stdout};
use stoa_domain::{Locale, ProductId};
use stoa_merchant::search::Published;
use stoa_search_index::Explanation;
use stoa_search_index::steer::Steered;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    query: String,
    product_id: String,
    /// A version of `stoa publish status`; without it, the one that is shown now
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
    /// By the draft of the search settings instead of what that version was steered by
    #[arg(long)]
    draft: bool,
    /// Whose language the search is in; without it, the shop's default
    #[arg(long, value_parser = parse_locale)]
    locale: Option<Locale>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    which: Which,
}

pub(super) async fn explain(arguments: &Arguments) -> Result<()> {
    let product = ProductId::new(arguments.product_id.as_str())?;
    let shop = arguments.which.open().await?;
    let read = async {
        let draft = if arguments.draft { shop.store.search().draft().await? } else { None };
        Ok::<_, anyhow::Error>((Published::read(&shop.store, arguments.version).await?, draft))
    };
    let read = read.await;
    shop.close().await;
    let (published, draft) = read?;
    let settings = draft.map_or_else(|| published.settings.clone(), |draft| draft.value);
    let locale = arguments.locale.clone().unwrap_or_else(|| published.view.shop.default_locale.clone());
    let (merits, steering) = (published.merits(settings.merit), published.steering(settings));
    let steered = Steered { index: published.index(), steering: &steering, merits: &merits, catalogue: &published };
    let plan = steering.for_query(&arguments.query, &locale, Timestamp::now());
    let explained = steered.explain(&arguments.query, &locale, &plan, &product)?;
    let explained = explained.with_context(|| format!("version {} has no product {product}", published.version))?;
    let mut out = stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&explained)?)?;
        return Ok(());
    }
    let rules: Vec<&str> = plan.rules().map(|rule| rule.id.as_str()).collect();
    print(&mut out, &explained, &rules)
}

fn print(out: &mut impl Write, explained: &Explanation, rules: &[&str]) -> Result<()> {
    match explained.place {
        Some(place) => writeln!(out, "place {place} of {} by score", explained.found)?,
        None => writeln!(out, "not among the {} found; {} words are required", explained.found, explained.required)?,
    }
    for (typed, taken) in &explained.corrected {
        writeln!(out, "{typed} was taken for {taken}")?;
    }
    for concept in &explained.concepts {
        writeln!(
            out,
            "\n{:>8.3}  {}: rarity {:.3} ({} products) × weight {:.2} × {:.3}",
            concept.score, concept.words, concept.rarity, concept.products, concept.weight, concept.saturated
        )?;
        for way in concept.ways.iter().take(1) {
            let exact = if concept.exact > 1.0 { format!(" × {:.2} as typed", concept.exact) } else { String::new() };
            writeln!(out, "          by {} × {:.2}{exact}:", way.terms.join(" "), way.weight)?;
            for field in &way.fields {
                writeln!(
                    out,
                    "          {:<12} {} × {:.2} × {:.3} for its length = {:.3}",
                    field.field, field.occurrences, field.weight, field.length, field.strength
                )?;
            }
        }
    }
    let words: f32 = explained.concepts.iter().map(|concept| concept.score).sum();
    writeln!(out, "\n{words:>8.3}  the words together")?;
    writeln!(out, " × {:>5.3}  merit: sales, stock, age", explained.merit)?;
    writeln!(out, " × {:>5.3}  rules{}", explained.boost, said(rules))?;
    writeln!(out, " × {:>5.3}  closeness: words side by side, a title with little else", explained.closeness)?;
    writeln!(out, " = {:>5.3}", explained.score)?;
    Ok(())
}

fn said(rules: &[&str]) -> String {
    if rules.is_empty() { String::new() } else { format!(": {}", rules.join(", ")) }
}
