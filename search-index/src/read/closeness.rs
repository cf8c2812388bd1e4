//! Where in the title the words stand: side by side as in the query, and with how much beside them. Looked at
//! for the best only, since positions are dear to read.

use super::concept::Concept;
use super::score::Corpus;
use super::segment::{self, TITLE};
use crate::Ranking;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, postings::Postings};

/// Where a concept stands: from, and up to.
type Places = Vec<(u32, u32)>;

/// A factor of at least one for each of `keys`, which ascend.
pub(super) fn factors(
    corpus: &Corpus,
    concepts: &[Concept],
    keys: &[u32],
    ranking: &Ranking,
) -> tantivy::Result<Vec<f32>> {
    let mut places: Vec<Vec<Places>> = vec![vec![Vec::new(); concepts.len()]; keys.len()];
    let mut positions = Vec::new();
    for segment in &corpus.segments {
        let from = keys.partition_point(|key| *key < segment.base);
        for (no, concept) in concepts.iter().enumerate() {
            for (term, covered) in concept.ways.iter().filter(|way| way.field.is_none()).flat_map(|way| &way.terms) {
                let record = IndexRecordOption::WithFreqsAndPositions;
                let Some(mut postings) = segment.postings(TITLE, term, record)? else { continue };
                for (at, key) in keys.iter().enumerate().skip(from) {
                    let doc = key - segment.base;
                    if postings.doc() < doc {
                        postings.seek(doc);
                    }
                    if postings.doc() == TERMINATED {
                        break;
                    }
                    if postings.doc() == doc {
                        postings.positions(&mut positions);
                        places[at][no].extend(positions.iter().map(|from| (*from, from + covered)));
                    }
                }
            }
        }
    }
    let mut factors = Vec::with_capacity(keys.len());
    for (key, places) in keys.iter().zip(&places) {
        factors.push(factor(places, title_length(corpus, *key), ranking));
    }
    Ok(factors)
}

fn title_length(corpus: &Corpus, key: u32) -> u32 {
    let at = corpus.segments.partition_point(|segment| segment.base <= key) - 1;
    let segment = &corpus.segments[at];
    segment::length(segment.length_code(TITLE, key - segment.base)).max(1)
}

fn factor(places: &[Places], title_length: u32, ranking: &Ranking) -> f32 {
    let follows = |pair: &[Places]| pair[0].iter().any(|(_, to)| pair[1].iter().any(|(from, _)| from == to));
    let pairs = places.windows(2).filter(|pair| follows(pair)).count();
    let phrase = if places.len() < 2 { 0.0 } else { pairs as f32 / (places.len() - 1) as f32 };
    let mut covered: Vec<u32> = places.iter().flatten().flat_map(|(from, to)| *from..*to).collect();
    covered.sort_unstable();
    covered.dedup();
    let coverage = (covered.len() as f32 / title_length as f32).min(1.0);
    1.0 + ranking.phrase * phrase + ranking.coverage * coverage
}
