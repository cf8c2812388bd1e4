//! What is asked: the judged queries, the same with typing errors, the same with filters. Made by rule, so every run and
//! every subject gets the same.

use super::native::Native;
use std::collections::{BTreeMap, BTreeSet};
use stoa_search_index::Judgement;

/// The paths of each case; the first is the judged queries as they are.
pub(crate) fn cases(judgements: &[Judgement], engine: &Native) -> [(&'static str, Vec<String>); 3] {
    let queries = given(judgements);
    let plain = queries.iter().map(|query| path(query, &[])).collect();
    let wrong = queries.iter().enumerate().filter_map(|(at, query)| mistyped(query, at)).map(|q| path(&q, &[]));
    let narrowed = queries.iter().enumerate().filter_map(|(at, query)| narrowed(query, at, engine));
    [("search", plain), ("typos", wrong.collect()), ("filters", narrowed.collect())]
}

pub(crate) fn given(judgements: &[Judgement]) -> BTreeSet<&str> {
    judgements.iter().map(|judgement| judgement.query.as_str()).collect()
}

pub(crate) fn path(query: &str, filters: &[(&str, &str)]) -> String {
    let mut path = format!("/search.json?q={}", encoded(query));
    for (name, value) in filters {
        path.push_str(&format!("&{name}={}", encoded(value)));
    }
    path
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// One error in the middle of the longest word: a letter left out, two exchanged, or the next in the alphabet. None where
/// no word is long enough to be corrected.
fn mistyped(query: &str, at: usize) -> Option<String> {
    let is_word = |word: &&str| word.len() >= 5 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let word = query.split(' ').filter(is_word).max_by_key(|word| word.len())?;
    let mut letters: Vec<u8> = word.bytes().collect();
    let middle = letters.len() / 2;
    match at % 3 {
        0 => drop(letters.remove(middle)),
        1 => letters.swap(middle, middle - 1),
        _ => letters[middle] = if letters[middle] == b'z' { b'a' } else { letters[middle] + 1 },
    }
    Some(query.replacen(word, &String::from_utf8(letters).ok()?, 1))
}

/// By turns the most frequent brand of what is found, or at most its median price. None where nothing is found.
fn narrowed(query: &str, at: usize, engine: &Native) -> Option<String> {
    let found = engine.first_of(query);
    if at.is_multiple_of(2) {
        let mut brands: BTreeMap<&str, usize> = BTreeMap::new();
        for brand in found.iter().filter_map(|product| product.brand.as_deref()) {
            *brands.entry(brand).or_default() += 1;
        }
        let (brand, _) = brands.into_iter().max_by_key(|(_, count)| *count)?;
        return Some(path(query, &[("filter.brand", brand)]));
    }
    let mut prices: Vec<_> = found.iter().map(|product| product.price).collect();
    prices.sort_by_key(|price| price.minor);
    let median = prices.get(prices.len() / 2)?.to_decimal();
    Some(path(query, &[("filter.price.lte", &median)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_gets_one_typing_error() {
        for (query, at, expected) in [
            ("laser printer", 0, Some("laser priter")),
            ("laser printer", 1, Some("laser prniter")),
            ("laser printer", 2, Some("laser prioter")),
            ("ps4", 0, None),
        ] {
            assert_eq!(mistyped(query, at).as_deref(), expected);
        }
        assert_eq!(path("65\" tv", &[("filter.brand", "A&B")]), "/search.json?q=65%22%20tv&filter.brand=A%26B");
    }
}
