//! Which facets a list shows, and what is in each: those the merchant marked, options, and of the others those that are
//! frequent in what was found and split it well.

use super::buckets::{Bucket, ranges};
use super::query::{ListQuery, Range};
use super::{Choice, choices};
use crate::facets::{Facet, Facets};
use crate::snapshot::Snapshot;
use rust_decimal::Decimal;
use std::cmp::Reverse;
use stoa_domain::Locale;
use stoa_domain::snapshot::{FacetKind, FacetSource};

/// Marked by the merchant.
const MAX_MARKED: usize = 24;
/// Found in the data. Of numbers fewer: weights and widths are many, and seldom what people choose by.
const MAX_FOUND: usize = 6;
const MAX_FOUND_NUMBERS: usize = 2;
/// A facet that the data suggests is had by at least this share of what was found.
const MIN_COVER_PERCENT: usize = 25;
/// Its most frequent values, as many as are shown, are had by at least this share of those: else it is no choice.
const MIN_SHOWN_PERCENT: usize = 60;
/// A value that nearly all have splits nothing.
const MAX_ONE_PERCENT: usize = 95;

pub struct FacetGroup {
    pub facet: u16,
    pub what: What,
}

pub enum What {
    Choices(Vec<Choice>),
    Numbers { buckets: Vec<Bucket>, least: Decimal, most: Decimal, unit: Option<String> },
    Flag { count: usize, chosen: bool },
}

/// Kind, place among the marked, score.
type Rank = (usize, usize, Reverse<u64>);

/// How often each facet and value was met among what fits.
pub(super) struct Tally {
    pub values: Vec<u32>,
    /// A facet: (products that have it, sum of its places among their values).
    pub facets: Vec<(u32, u32)>,
}

impl Tally {
    pub(super) fn new(facets: &Facets) -> Self {
        Self { values: vec![0; facets.values().len()], facets: vec![(0, 0); facets.facets().len()] }
    }
    /// One product's values; of one facet only where `only` says so.
    pub(super) fn count(&mut self, facets: &Facets, values: &[u32], only: Option<u16>) {
        let mut last = None;
        for (place, no) in values.iter().enumerate() {
            let Some(facet) = facets.value(*no).map(|value| value.facet) else { continue };
            if only.is_some_and(|only| only != facet) {
                continue;
            }
            self.values[*no as usize] += 1;
            // An option's values stand together.
            if last != Some(facet) {
                let (products, places) = &mut self.facets[usize::from(facet)];
                *products += 1;
                *places += place as u32;
                last = Some(facet);
            }
        }
    }
}

pub(super) fn groups(
    snapshot: &Snapshot,
    locale: &Locale,
    query: &ListQuery,
    tally: &Tally,
    total: usize,
) -> Vec<FacetGroup> {
    let facets = &*snapshot.facets();
    let marked = |facet: &Facet| {
        let names = &snapshot.view.shop.facets;
        names.iter().position(|name| facet.source == FacetSource::Attribute && **name == *facet.name)
    };
    // Marked ones in the merchant's order, then options, then what the data suggests, then what is only chosen.
    let mut wanted: Vec<(Rank, u16)> = Vec::new();
    for (no, facet) in (0_u16..).zip(facets.facets()) {
        let (products, _) = tally.facets[usize::from(no)];
        let chosen = is_chosen(query, no);
        if (products == 0 && !chosen) || !facets.is_named(no) {
            continue;
        }
        let score = score(facet, no, tally, total);
        let rank = match marked(facet) {
            Some(at) => (0, at, Reverse(0)),
            None if facet.source == FacetSource::Option => (1, 0, Reverse(u64::from(products))),
            None if score > 0 => (2, 0, Reverse(score)),
            None if chosen => (3, 0, Reverse(0)),
            None => continue,
        };
        wanted.push((rank, no));
    }
    wanted.sort();
    let (mut found, mut numbers, mut marked) = (0, 0, 0);
    let mut groups = Vec::new();
    for ((rank, ..), no) in wanted {
        let Some(facet) = facets.facet(no) else { continue };
        let chosen = is_chosen(query, no);
        let is_number = matches!(facet.kind, FacetKind::Number { .. });
        let full = match rank {
            0 => marked >= MAX_MARKED,
            2 => found >= MAX_FOUND || (is_number && numbers >= MAX_FOUND_NUMBERS),
            _ => rank == 1 && found >= MAX_FOUND,
        };
        if full && !chosen {
            continue;
        }
        if let Some(what) = what(snapshot, locale, query, facets, no, facet, tally) {
            marked += usize::from(rank == 0);
            found += usize::from(rank > 0);
            numbers += usize::from(rank == 2 && is_number);
            groups.push(FacetGroup { facet: no, what });
        }
    }
    groups
}

fn is_chosen(query: &ListQuery, no: u16) -> bool {
    query.facets.iter().any(|(facet, _)| *facet == no) || query.range(no).is_some()
}

/// How well a facet that nobody marked divides what was found, 0 where not: its share of the products, how evenly its
/// values part them, and how early the products name it.
fn score(facet: &Facet, no: u16, tally: &Tally, total: usize) -> u64 {
    const WHOLE: u64 = 1_000;
    let (products, places) = tally.facets[usize::from(no)];
    let (products, total) = (u64::from(products), total as u64);
    if total < 4 || products == 0 {
        return 0;
    }
    let mut counts: Vec<u64> = facet.values.iter().map(|no| u64::from(tally.values[*no as usize])).collect();
    counts.retain(|count| *count > 0);
    if facet.kind == FacetKind::Flag {
        counts.push(total.saturating_sub(products));
    }
    counts.sort_unstable_by_key(|count| Reverse(*count));
    let of_all: u64 = counts.iter().sum();
    let percent = |part: u64, of: u64| (part * 100 / of.max(1)) as usize;
    let shown: u64 = counts.iter().take(super::MAX_SHOWN_VALUES).sum();
    let is_number = matches!(facet.kind, FacetKind::Number { .. });
    let is_flag = facet.kind == FacetKind::Flag;
    if counts.len() < 2
        || (!is_flag && percent(products, total) < MIN_COVER_PERCENT)
        || (!is_number && percent(shown, of_all) < MIN_SHOWN_PERCENT)
        || percent(counts[0], of_all) > MAX_ONE_PERCENT
    {
        return 0;
    }
    let same: u64 = counts.iter().map(|count| (count * WHOLE / of_all) * (count * WHOLE / of_all)).sum();
    let evenness = WHOLE - same / WHOLE;
    let cover = if is_flag { WHOLE / 2 } else { products * WHOLE / total };
    let early = WHOLE * 8 / (8 + u64::from(places) / products);
    cover * evenness / WHOLE * early / if is_number { 2 * WHOLE } else { WHOLE }
}

/// None where there is nothing to choose.
fn what(
    snapshot: &Snapshot,
    locale: &Locale,
    query: &ListQuery,
    facets: &Facets,
    no: u16,
    facet: &Facet,
    tally: &Tally,
) -> Option<What> {
    let count = |value: u32| tally.values[value as usize] as usize;
    match &facet.kind {
        FacetKind::Flag => {
            let count = facet.values.first().map_or(0, |value| count(*value));
            Some(What::Flag { count, chosen: is_chosen(query, no) })
        }
        FacetKind::Number { unit } => {
            let range = query.range(no);
            let mut numbers: Vec<(Decimal, usize)> = facet
                .values
                .iter()
                .filter(|value| count(**value) > 0)
                .filter_map(|value| Some((facets.value(*value)?.number()?, count(*value))))
                .collect();
            numbers.sort_unstable_by_key(|(number, _)| *number);
            let (least, most) = (numbers.first().map(|n| n.0), numbers.last().map(|n| n.0));
            if least == most && range.is_none() {
                return None;
            }
            let buckets = ranges(&numbers).into_iter().map(|bounds| {
                let within = numbers.iter().filter(|(number, _)| holds(bounds, *number));
                Bucket { range: bounds, count: within.map(|n| n.1).sum(), chosen: range == Some(bounds) }
            });
            Some(What::Numbers {
                buckets: buckets.filter(|bucket| bucket.count > 0 || bucket.chosen).collect(),
                least: least.unwrap_or_default(),
                most: most.unwrap_or_default(),
                unit: unit.clone(),
            })
        }
        FacetKind::Text => {
            let chosen = |key: &str| query.facets.iter().any(|(facet, value)| *facet == no && value == key);
            let fallback = snapshot.default_locale();
            let values = facet.values.iter().filter_map(|at| {
                let value = facets.value(*at)?;
                let (count, chosen) = (count(*at), chosen(&value.key));
                (count > 0 || chosen).then(|| Choice {
                    value: value.key.to_string(),
                    label: value.shown(locale, fallback).to_owned(),
                    count,
                    chosen,
                    swatch: value.swatch().map(str::to_owned),
                })
            });
            let values = choices(values.collect());
            (values.len() > 1 || is_chosen(query, no)).then_some(What::Choices(values))
        }
    }
}

pub(super) fn holds(range: Range, number: Decimal) -> bool {
    range.from.is_none_or(|from| number >= from) && range.to.is_none_or(|to| number <= to)
}
