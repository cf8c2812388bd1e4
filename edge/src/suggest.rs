//! What the shopper may mean while typing: queries, categories, brands and products, all from the shop's own data.

use crate::snapshot::{CardNo, Snapshot};
use std::cmp::Reverse;
use std::collections::HashMap;
use stoa_domain::Locale;
use stoa_domain::category::Category;

const QUERIES: usize = 4;
const CATEGORIES: usize = 3;
const BRANDS: usize = 2;
const PRODUCTS: usize = 5;
/// How many products are looked at for phrases and categories.
pub const LOOKED_AT: usize = 80;
/// A phrase that fewer titles have is that product's name, not a thing people look for.
const MIN_TITLES: usize = 2;
/// A category that so many of the products are in is meant, whatever it is called.
const MIN_CATEGORY_PERCENT: usize = 30;
const MIN_WORD_CHARS: usize = 3;
const MAX_PHRASE_CHARS: usize = 48;
/// How far a Chinese phrase goes on after what was typed.
const MAX_MORE_CHARS: usize = 6;

#[derive(Default)]
pub struct Suggestions<'a> {
    pub queries: Vec<String>,
    pub categories: Vec<&'a Category>,
    pub brands: Vec<&'a str>,
    pub products: Vec<CardNo>,
}

/// `found` are the products for what is typed, best first.
pub fn suggestions<'a>(snapshot: &'a Snapshot, locale: &Locale, typed: &str, found: &[CardNo]) -> Suggestions<'a> {
    let needle = typed.trim().to_lowercase();
    if needle.is_empty() {
        return Suggestions::default();
    }
    Suggestions {
        queries: queries(snapshot, locale, &needle, found),
        categories: categories(snapshot, &needle, found),
        brands: brands(snapshot, &needle),
        products: found.iter().take(PRODUCTS).copied().collect(),
    }
}

/// The word being typed, finished, and with the word that follows it, as titles have it.
fn queries(snapshot: &Snapshot, locale: &Locale, needle: &str, found: &[CardNo]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for no in found {
        let title = snapshot.card(*no).title.get(locale, snapshot.default_locale()).to_lowercase();
        let mut phrases = if needle.is_ascii() { word_phrases(needle, &title) } else { run_phrases(needle, &title) };
        phrases.sort_unstable();
        phrases.dedup();
        for phrase in phrases {
            *counts.entry(phrase).or_default() += 1;
        }
    }
    let mut phrases: Vec<(String, usize)> = counts
        .into_iter()
        .filter(|(phrase, titles)| *titles >= MIN_TITLES.min(found.len()) && phrase != needle)
        .filter(|(phrase, _)| phrase.chars().count() <= MAX_PHRASE_CHARS)
        .collect();
    phrases.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    phrases.into_iter().take(QUERIES).map(|(phrase, _)| phrase).collect()
}

fn word_phrases(needle: &str, title: &str) -> Vec<String> {
    let (before, unfinished) = needle.rsplit_once(' ').map_or(("", needle), |(before, last)| (before.trim_end(), last));
    let is_word = |word: &str| word.chars().count() >= MIN_WORD_CHARS && word.chars().all(char::is_alphabetic);
    // An article or a preposition leads nowhere.
    let leads_on =
        |word: &str| is_word(word) && !matches!(word, "and" | "the" | "for" | "with" | "from" | "und" | "pour");
    let mut words = title.split_whitespace().peekable();
    let mut phrases = Vec::new();
    while let Some(word) = words.next() {
        if !word.starts_with(unfinished) || !is_word(word) {
            continue;
        }
        let phrase = if before.is_empty() { word.to_owned() } else { format!("{before} {word}") };
        if let Some(next) = words.peek().filter(|next| leads_on(next) && !before.split(' ').any(|b| b == **next)) {
            phrases.push(format!("{phrase} {next}"));
        }
        phrases.push(phrase);
    }
    phrases
}

/// Texts without spaces: what follows until the run of letters ends.
fn run_phrases(needle: &str, title: &str) -> Vec<String> {
    let end = |rest: &str| {
        let end = rest.char_indices().take(MAX_MORE_CHARS + 1).find(|(_, c)| !c.is_alphanumeric() || c.is_ascii());
        end.map_or_else(|| (rest.chars().count() <= MAX_MORE_CHARS).then_some(rest.len()), |(at, _)| Some(at))
    };
    let starts = title.match_indices(needle).map(|(at, _)| at + needle.len());
    starts.filter_map(|at| Some(format!("{needle}{}", &title[at..at + end(&title[at..])?]))).collect()
}

/// By name in any language, then those that most of the products are in.
fn categories<'a>(snapshot: &'a Snapshot, needle: &str, found: &[CardNo]) -> Vec<&'a Category> {
    let place = |category: &Category| {
        let places = category.name.iter().filter_map(|(_, name)| name.to_lowercase().find(needle));
        places.map(|at| usize::from(at > 0)).min()
    };
    let mut named: Vec<(usize, &Category)> =
        snapshot.view.categories.iter().filter_map(|category| Some((place(category)?, category))).collect();
    named.sort_by_key(|(place, category)| (*place, category.position));
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for no in found {
        if let Some(category) = &snapshot.card(*no).category {
            *counts.entry(category).or_default() += 1;
        }
    }
    let mut of_found: Vec<(&str, usize)> =
        counts.into_iter().filter(|(_, count)| count * 100 >= found.len() * MIN_CATEGORY_PERCENT).collect();
    of_found.sort_unstable_by_key(|(id, count)| (Reverse(*count), *id));
    let of_found = of_found.into_iter().filter_map(|(id, _)| snapshot.category_by_id(id));
    let mut categories: Vec<&Category> = Vec::new();
    for category in named.into_iter().map(|(_, category)| category).chain(of_found) {
        if categories.len() < CATEGORIES && !categories.iter().any(|known| known.id == category.id) {
            categories.push(category);
        }
    }
    categories
}

/// Brands that begin so, the largest first.
fn brands<'a>(snapshot: &'a Snapshot, needle: &str) -> Vec<&'a str> {
    let begins = |brand: &str| brand.to_lowercase().starts_with(needle);
    snapshot.brands.iter().map(|(brand, _)| &**brand).filter(|brand| begins(brand)).take(BRANDS).collect()
}

/// Categories whose names are spelled most like something in the text: where a search that found nothing may go on.
pub fn nearest<'a>(snapshot: &'a Snapshot, text: &str, most: usize) -> Vec<&'a Category> {
    const MIN_LIKENESS: usize = 30;
    let pairs = |text: &str| -> Vec<(char, char)> {
        let letters: Vec<char> = text.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let words: Vec<Vec<(char, char)>> = text.split_whitespace().take(8).map(pairs).collect();
    let likeness = |category: &Category| {
        let names = category.name.iter().flat_map(|(_, name)| name.split_whitespace().map(pairs).collect::<Vec<_>>());
        let alike = |a: &[(char, char)], b: &[(char, char)]| {
            a.iter().filter(|pair| b.contains(pair)).count() * 200 / (a.len() + b.len()).max(1)
        };
        names.flat_map(|name| words.iter().map(move |word| alike(&name, word)).collect::<Vec<_>>()).max().unwrap_or(0)
    };
    let mut near: Vec<(usize, &Category)> =
        snapshot.view.categories.iter().map(|category| (likeness(category), category)).collect();
    near.retain(|(likeness, _)| *likeness >= MIN_LIKENESS);
    near.sort_by_key(|(likeness, category)| (Reverse(*likeness), category.position));
    let near: Vec<&Category> = near.into_iter().map(|(_, category)| category).take(most).collect();
    if near.is_empty() { snapshot.children(None).into_iter().take(most).collect() } else { near }
}

/// What sells best; where nothing was sold yet, what is newest.
pub fn best_sellers(snapshot: &Snapshot, most: usize) -> Vec<CardNo> {
    let rank = |no: &CardNo| {
        let card = snapshot.card(*no);
        (Reverse(card.available), Reverse(if snapshot.has_sales { card.sold.into() } else { card.created_at }), *no)
    };
    let mut cards = snapshot.all().to_vec();
    if cards.len() > most && most > 0 {
        cards.select_nth_unstable_by_key(most - 1, rank);
        cards.truncate(most);
    }
    cards.sort_unstable_by_key(rank);
    cards
}
