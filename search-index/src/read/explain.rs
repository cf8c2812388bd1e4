//! Why a product has the score it has: the engine's own sums, taken apart. The concepts' scores add up, merit, boost and
//! closeness multiply.

use super::concept::{Concept, Way};
use super::score::saturated;
use super::segment::{FieldNo, SURFACE, Segment, TITLE};
use super::{DocKey, MAX_WINDOW, Query, SearchIndex, boost_factor, closeness, merit_factor, query_words};
use crate::schema::RANKED;
use crate::{IndexError, Ranking};
use serde::Serialize;
use stoa_domain::ProductId;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, postings::Postings};

const FIELDS: [&str; RANKED + 2] =
    ["title", "brand", "kinds", "attributes", "description", "codes", "subject", "surface", "sounds"];

/// `score` is the sum of the concepts' scores times merit, boost and closeness.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Explanation {
    pub score: f32,
    /// From 1, among everything found, by score alone. None: it is not among what was found.
    pub place: Option<usize>,
    pub found: usize,
    /// How many of the concepts a product had to have.
    pub required: usize,
    pub concepts: Vec<ConceptPart>,
    pub merit: f32,
    pub boost: f32,
    /// Words side by side in the title as in the query, and titles with little else.
    pub closeness: f32,
    /// (typed, taken instead).
    pub corrected: Vec<(String, String)>,
}

/// `score` is rarity times weight times `saturated`, which is what is left of `strength`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConceptPart {
    pub words: String,
    pub score: f32,
    /// How many products have it.
    pub products: usize,
    pub rarity: f32,
    pub weight: f32,
    /// Of the strongest way, times `exact`.
    pub strength: f32,
    pub saturated: f32,
    /// Above 1 where the product has the word just as it was typed.
    pub exact: f32,
    /// Each way of saying it that the product has, the strongest first.
    pub ways: Vec<WayPart>,
}

/// `strength` is the sum of the fields' strengths over the number of terms, times the way's weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WayPart {
    pub terms: Vec<String>,
    pub weight: f32,
    pub strength: f32,
    pub fields: Vec<FieldPart>,
}

/// `strength` is weight times occurrences times length.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldPart {
    pub field: &'static str,
    pub term: String,
    pub occurrences: u32,
    pub weight: f32,
    /// Below 1 in a field that is longer than usual.
    pub length: f32,
    pub strength: f32,
}

impl SearchIndex {
    /// Why `product` has its place for the query. None: the index does not have it. The query's window plays no role.
    pub fn explain(&self, query: &Query<'_>, product: &ProductId) -> Result<Option<Explanation>, IndexError> {
        let Some(at) = self.ids.iter().position(|id| id.as_ref() == Some(product)) else { return Ok(None) };
        let key = DocKey(at as u32);
        let ranking = query.ranking.copied().unwrap_or_default();
        let mut concepts = self.concepts(&ranking, query);
        concepts.exact = query.exact;
        concepts.add(query_words(query.text), false)?;
        let corrected = std::mem::take(&mut concepts.corrected);
        let found = self.run(&concepts, &concepts.thresholds(), &ranking, query, MAX_WINDOW)?;
        let (required, found) = found.unwrap_or((0, Vec::new()));
        let hit = found.iter().find(|hit| hit.key == key).copied();
        let place = hit.map(|hit| 1 + found.iter().filter(|other| self.better(other, &hit).is_lt()).count());

        let lengths = self.corpus.length_factors(&ranking);
        let parts = concepts.concepts.iter().map(|concept| self.part(concept, key, &ranking, &lengths));
        let parts = parts.collect::<Result<Vec<_>, IndexError>>()?;
        let words: f32 = parts.iter().map(|part| part.score).sum();
        let (merit, boost) = (merit_factor(query, &ranking, key), boost_factor(query, key));
        let near = closeness::factors(&self.corpus, &concepts.concepts, &[key.0], &ranking)?;
        // Behind the best thousand nobody looks at closeness.
        let counts =
            |near: &f32| hit.is_none_or(|hit| (hit.score - words * merit * boost * near).abs() <= hit.score * 1e-3);
        let closeness = near.first().copied().filter(counts).unwrap_or(1.0);
        Ok(Some(Explanation {
            score: hit.map_or(words * merit * boost * closeness, |hit| hit.score),
            place,
            found: found.len(),
            required,
            concepts: parts,
            merit,
            boost,
            closeness,
            corrected,
        }))
    }

    fn part(
        &self,
        concept: &Concept,
        key: DocKey,
        ranking: &Ranking,
        lengths: &[[f32; 256]; RANKED],
    ) -> Result<ConceptPart, IndexError> {
        let scores = self.corpus.score(std::slice::from_ref(concept), ranking)?;
        let mut ways = Vec::new();
        for way in &concept.ways {
            ways.extend(self.way(way, key, ranking, lengths)?);
        }
        ways.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        let (segment, doc) = self.place_of(key);
        let exactly = match &concept.exact {
            Some(word) => occurrences(segment, SURFACE, word, doc, IndexRecordOption::Basic)?.is_some(),
            None => false,
        };
        let exact = if exactly && !ways.is_empty() { 1.0 + ranking.exact } else { 1.0 };
        let strength = ways.first().map_or(0.0, |way| way.strength) * exact;
        let products = scores.touched.len();
        Ok(ConceptPart {
            words: concept.ways.first().map(said).unwrap_or_default().join(" "),
            score: scores.score[key.0 as usize],
            products,
            rarity: self.corpus.rarity(products),
            weight: concept.weight,
            strength,
            saturated: saturated(strength, ranking),
            exact,
            ways,
        })
    }

    /// None where the product has too few of the way's terms.
    fn way(
        &self,
        way: &Way,
        key: DocKey,
        ranking: &Ranking,
        lengths: &[[f32; 256]; RANKED],
    ) -> Result<Option<WayPart>, IndexError> {
        let (segment, doc) = self.place_of(key);
        let weights = ranking.fields();
        let mut fields = Vec::new();
        let mut had = 0;
        for (term, _) in &way.terms {
            let before = fields.len();
            for field in way.field.map_or(0..RANKED, |field| field..field + 1) {
                let record = IndexRecordOption::WithFreqs;
                let Some(occurrences) = occurrences(segment, field, term, doc, record)? else { continue };
                let weight = weights.get(field).unwrap_or(&weights[TITLE]).weight;
                let length = lengths.get(field).map_or(1.0, |by| by[usize::from(segment.length_code(field, doc))]);
                let strength = weight * occurrences as f32 * length;
                let (field, term) = (FIELDS[field], term.clone());
                fields.push(FieldPart { field, term, occurrences, weight, length, strength });
            }
            had += usize::from(fields.len() > before);
        }
        if had == 0 || had < way.enough {
            return Ok(None);
        }
        let sum: f32 = fields.iter().map(|field| field.strength).sum();
        let strength = sum / way.terms.len() as f32 * way.weight;
        Ok(Some(WayPart { terms: said(way), weight: way.weight, strength, fields }))
    }

    fn place_of(&self, key: DocKey) -> (&Segment, u32) {
        let at = self.corpus.segments.partition_point(|segment| segment.base <= key.0) - 1;
        let segment = &self.corpus.segments[at];
        (segment, key.0 - segment.base)
    }
}

/// A pair of Chinese characters is a term with a mark before it.
fn said(way: &Way) -> Vec<String> {
    way.terms.iter().map(|(term, _)| term.trim_start_matches('·').to_owned()).collect()
}

fn occurrences(
    segment: &Segment,
    field: FieldNo,
    term: &str,
    doc: u32,
    record: IndexRecordOption,
) -> tantivy::Result<Option<u32>> {
    let Some(mut postings) = segment.postings(field, term, record)? else { return Ok(None) };
    if postings.doc() < doc {
        postings.seek(doc);
    }
    Ok((postings.doc() == doc).then(|| postings.term_freq()))
}
