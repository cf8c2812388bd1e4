//! What two ways of answering show for one question, side by side: two drafts over one version, or two versions.

use super::published::{CardNo, Published};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use stoa_domain::search::{Link, Plan};
use stoa_domain::{CategoryId, Locale, ProductId};
use stoa_search_index::IndexError;
use stoa_search_index::steer::{self, Catalogue, Merits, Steered, Steering};
use utoipa::ToSchema;

/// A search, or a category's page.
#[derive(Debug, Clone)]
pub struct Question {
    pub text: String,
    pub locale: Locale,
    /// Where there is one, the text plays no role.
    pub category: Option<CategoryId>,
    /// For rules that begin and end.
    pub at: Timestamp,
}

/// One way of answering.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SearchSide)]
pub struct Side {
    /// The published version.
    pub version: u64,
    pub total: usize,
    /// Nothing has all words; these have some.
    pub relaxed: bool,
    /// (typed, taken instead).
    pub corrected: Vec<(String, String)>,
    /// Ids of the rules that have a say.
    pub rules: Vec<String>,
    pub redirect: Option<String>,
    /// Titles in the question's language.
    pub banners: Vec<String>,
    /// In the order that a shopper sees, without filters.
    #[serde(skip)]
    pub products: Vec<ProductId>,
}

/// Two of them, with the products that either shows first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SearchCompared)]
pub struct Compared {
    pub before: Side,
    pub after: Side,
    /// In the order of `after`; those that it no longer shows come last.
    pub products: Vec<Row>,
}

/// Places count from 1, over everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SearchComparedRow)]
pub struct Row {
    pub id: String,
    pub title: String,
    pub before: Option<usize>,
    pub after: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Same,
    Up(usize),
    Down(usize),
    New,
    Gone,
}

impl Row {
    pub fn change(&self) -> Change {
        match (self.before, self.after) {
            (Some(before), Some(after)) if after < before => Change::Up(before - after),
            (Some(before), Some(after)) if after > before => Change::Down(after - before),
            (Some(_), Some(_)) => Change::Same,
            (None, _) => Change::New,
            (_, None) => Change::Gone,
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Same => f.write_str("="),
            Self::Up(by) => write!(f, "▲{by}"),
            Self::Down(by) => write!(f, "▼{by}"),
            Self::New => f.write_str("new"),
            Self::Gone => f.write_str("gone"),
        }
    }
}

/// What a shopper would see.
pub fn ask(
    published: &Published,
    steering: &Steering,
    merits: &Merits,
    question: &Question,
) -> Result<Side, IndexError> {
    let steered = Steered { index: published.index(), steering, merits, catalogue: published };
    let Question { text, locale, category, at } = question;
    let (plan, mut items, relaxed, corrected) = match category {
        Some(category) => {
            let plan = steering.for_category(category, *at);
            let mut items = members(published, category);
            steer::category(published, &plan, &mut items);
            (plan, items, false, Vec::new())
        }
        None => {
            let plan = steering.for_query(text, locale, *at);
            let found = steered.search(text, locale, false, &plan, None)?;
            (plan, found.items, found.relaxed, found.corrected)
        }
    };
    steered.arrange(&plan, &mut items);
    let products: Vec<ProductId> = items.iter().map(|no| published.card(*no).id.clone()).collect();
    Ok(Side {
        version: published.version,
        total: products.len(),
        relaxed,
        corrected,
        rules: plan.rules().map(|rule| rule.id.to_string()).collect(),
        redirect: plan.redirect().map(Link::as_str).map(str::to_owned),
        banners: banners(published, &plan, locale),
        products,
    })
}

fn banners(published: &Published, plan: &Plan<'_>, locale: &Locale) -> Vec<String> {
    let fallback = &published.view.shop.default_locale;
    plan.banners().map(|banner| banner.title.get(locale, fallback).to_owned()).collect()
}

/// The products of a category and all below it.
fn members(published: &Published, category: &CategoryId) -> Vec<CardNo> {
    let categories = &published.view.categories;
    let mut within: HashSet<&CategoryId> = HashSet::from([category]);
    while let Some(below) = categories
        .iter()
        .find(|c| !within.contains(&c.id) && c.parent.as_ref().is_some_and(|parent| within.contains(parent)))
    {
        within.insert(&below.id);
    }
    let is_in = |no: &CardNo| published.card(*no).category.as_ref().is_some_and(|at| within.contains(at));
    published.numbers().filter(is_in).collect()
}

/// The first `shown` of either side, with the places that they have on both. Titles are `after`'s where it has them.
pub fn compare(before: (&Published, Side), after: (&Published, Side), locale: &Locale, shown: usize) -> Compared {
    let places = |side: &Side| -> HashMap<ProductId, usize> { side.products.iter().cloned().zip(1..).collect() };
    let (was, is) = (places(&before.1), places(&after.1));
    let first = |side: &Side| side.products.iter().take(shown).cloned().collect::<Vec<_>>();
    let (old, new) = (first(&before.1), first(&after.1));
    let known: HashSet<&ProductId> = new.iter().collect();
    let mut left: Vec<&ProductId> = old.iter().filter(|id| !known.contains(id)).collect();
    // What only fell behind the page comes before what is gone.
    left.sort_by_key(|id| is.get(id).copied().unwrap_or(usize::MAX));
    let title = |id: &ProductId| {
        let of = |published: &Published| {
            let card = published.card(published.find(id)?);
            Some(card.title.get(locale, &published.view.shop.default_locale).to_owned())
        };
        of(after.0).or_else(|| of(before.0)).unwrap_or_default()
    };
    let row = |id: &ProductId| Row {
        id: id.to_string(),
        title: title(id),
        before: was.get(id).copied(),
        after: is.get(id).copied(),
    };
    let products = new.iter().chain(left).map(row).collect();
    Compared { before: before.1, after: after.1, products }
}
