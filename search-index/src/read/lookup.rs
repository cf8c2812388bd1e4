//! Words of the shop that begin like, or are spelled nearly like, what was typed.

use std::collections::BTreeMap;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

/// How many dictionary entries a prefix may visit a segment: `a` in a large shop begins tens of thousands.
const MAX_VISITED: usize = 2_000;

/// Words with this beginning, the most frequent first.
pub(crate) fn beginning(searcher: &Searcher, field: Field, prefix: &str, limit: usize) -> tantivy::Result<Vec<String>> {
    let mut found = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut stream = index.terms().range().ge(prefix).into_stream()?;
        for _ in 0..MAX_VISITED {
            if !stream.advance() || !stream.key().starts_with(prefix.as_bytes()) {
                break;
            }
            note(&mut found, stream.key(), stream.value().doc_freq);
        }
    }
    Ok(most_frequent(found, limit))
}

/// Words at an edit distance of one, or for longer words two, the most frequent of the nearest. None for short words
/// and for anything with digits: another number is another thing.
pub(crate) fn near(searcher: &Searcher, field: Field, word: &str, limit: usize) -> tantivy::Result<Vec<String>> {
    let letters = word.chars().count();
    let most = match letters {
        _ if word.chars().any(char::is_numeric) => 0,
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    for distance in 1..=most {
        let mut found = BTreeMap::new();
        for segment in searcher.segment_readers() {
            let index = segment.inverted_index(field)?;
            let automaton = FuzzyTermQuery::new(Term::from_field_text(field, word), distance, true).automaton()?;
            let mut stream = index.terms().search(automaton).into_stream()?;
            while stream.advance() {
                note(&mut found, stream.key(), stream.value().doc_freq);
            }
        }
        if !found.is_empty() {
            return Ok(most_frequent(found, limit));
        }
    }
    Ok(Vec::new())
}

fn note(found: &mut BTreeMap<String, u32>, key: &[u8], documents: u32) {
    if let Ok(word) = std::str::from_utf8(key) {
        *found.entry(word.to_string()).or_default() += documents;
    }
}

fn most_frequent(found: BTreeMap<String, u32>, limit: usize) -> Vec<String> {
    let mut words: Vec<(String, u32)> = found.into_iter().collect();
    words.sort_by_key(|(_, documents)| std::cmp::Reverse(*documents));
    words.into_iter().take(limit).map(|(word, _)| word).collect()
}
