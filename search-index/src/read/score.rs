//! BM25F over the concepts of a query, one concept after the other, into one cell a document: what is found is counted
//! and filtered as a whole anyway, so nothing is gained by skipping.

use super::concept::Concept;
use super::segment::{self, FieldNo, SURFACE, Segment, TITLE};
use crate::Ranking;
use crate::schema::RANKED;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, postings::Postings};

/// The engine's side of an opened index.
pub(super) struct Corpus {
    pub(super) segments: Vec<Segment>,
    mean_lengths: [f32; RANKED],
    /// Cells: living and deleted documents of all segments.
    size: usize,
    /// Documents that can be found.
    living: u32,
    /// Between two queries. As many as there ever were queries at once; one in a worker.
    idle: Mutex<Vec<Scratch>>,
}

/// One cell a document, by key.
#[derive(Default)]
pub(super) struct Scores {
    pub(super) score: Vec<f32>,
    /// How many concepts the document has.
    pub(super) matched: Vec<u8>,
    /// Which cells are not zero.
    pub(super) touched: Vec<u32>,
}

/// What a query writes into: its cells are zero again after it. To make it anew would cost more than most queries.
#[derive(Default)]
struct Scratch {
    scores: Scores,
    /// Of one way, of the concept's other ways, of a way of several terms.
    one: Strength,
    whole: Strength,
    all: Strength,
    /// How many of a way's terms a document has.
    had: Vec<u8>,
}

/// The scores of one query, until it is dropped.
pub(super) struct Scored<'a> {
    scratch: Scratch,
    corpus: &'a Corpus,
}

impl Deref for Scored<'_> {
    type Target = Scores;
    fn deref(&self) -> &Scores {
        &self.scratch.scores
    }
}

impl Drop for Scored<'_> {
    fn drop(&mut self) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        self.corpus.idle.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

impl Scratch {
    fn new(size: usize) -> Self {
        let scores = Scores { score: vec![0.0; size], matched: vec![0; size], touched: Vec::new() };
        let strength = || Strength { cells: vec![0.0; size], touched: Vec::new() };
        Self { scores, one: strength(), whole: strength(), all: strength(), had: vec![0; size] }
    }
    fn clear(&mut self) {
        let Self { scores, one, whole, all, had } = self;
        for key in scores.touched.drain(..) {
            (scores.score[key as usize], scores.matched[key as usize]) = (0.0, 0);
        }
        // Nothing is left in these but where a query failed.
        for strength in [one, whole, all] {
            for key in strength.touched.drain(..) {
                (strength.cells[key as usize], had[key as usize]) = (0.0, 0);
            }
        }
    }
}

/// More of the same counts less and less.
pub(super) fn saturated(strength: f32, ranking: &Ranking) -> f32 {
    strength * (ranking.saturation + 1.0) / (strength + ranking.saturation)
}

/// How strongly documents have something; most cells are zero.
#[derive(Default)]
struct Strength {
    cells: Vec<f32>,
    touched: Vec<u32>,
}

impl Strength {
    fn add(&mut self, key: u32, strength: f32) {
        let cell = &mut self.cells[key as usize];
        if *cell == 0.0 {
            self.touched.push(key);
        }
        *cell += strength;
    }
    /// Moves everything out, weighed, keeping the stronger of two.
    fn fold_into(&mut self, whole: &mut Self, weight: f32) {
        for key in self.touched.drain(..) {
            let strength = std::mem::take(&mut self.cells[key as usize]) * weight;
            let cell = &mut whole.cells[key as usize];
            if *cell == 0.0 {
                whole.touched.push(key);
            }
            *cell = cell.max(strength);
        }
    }
}

impl Corpus {
    /// `size` counts deleted documents too, `living` does not.
    pub(super) fn new(segments: Vec<Segment>, size: usize, living: u32) -> Self {
        let mean_lengths = segment::mean_lengths(&segments, size as u32);
        Self { segments, mean_lengths, size, living, idle: Mutex::default() }
    }

    pub(super) fn has(&self, field: FieldNo, term: &str) -> tantivy::Result<bool> {
        for segment in &self.segments {
            if segment.frequency(field, term)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// In how many fields of documents the term is found.
    pub(super) fn frequency(&self, term: &str) -> tantivy::Result<u32> {
        let mut frequency = 0;
        for segment in &self.segments {
            for field in 0..RANKED {
                frequency += segment.frequency(field, term)?;
            }
        }
        Ok(frequency)
    }

    pub(super) fn score(&self, concepts: &[Concept], ranking: &Ranking) -> tantivy::Result<Scored<'_>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut scored = Scored { scratch: idle.unwrap_or_else(|| Scratch::new(self.size)), corpus: self };
        let Scratch { scores, one, whole, all, had } = &mut scored.scratch;
        let lengths = self.length_factors(ranking);
        for concept in concepts {
            for way in &concept.ways {
                match way.terms.as_slice() {
                    [(term, _)] => {
                        self.term(term, way.field, ranking, &lengths, one)?;
                        one.fold_into(whole, way.weight);
                    }
                    terms => {
                        self.every(terms, way.enough, ranking, &lengths, (one, had), all)?;
                        all.fold_into(whole, way.weight);
                    }
                }
            }
            if let Some(exact) = &concept.exact {
                self.prefer(exact, 1.0 + ranking.exact, whole)?;
            }
            let rarity = self.rarity(whole.touched.len()) * concept.weight;
            for key in whole.touched.drain(..) {
                let strength = std::mem::take(&mut whole.cells[key as usize]);
                let score = rarity * saturated(strength, ranking);
                if scores.matched[key as usize] == 0 {
                    scores.touched.push(key);
                }
                scores.score[key as usize] += score;
                scores.matched[key as usize] += 1;
            }
        }
        Ok(scored)
    }

    /// Of what so many documents have.
    pub(super) fn rarity(&self, having: usize) -> f32 {
        // In double precision, so that a last bit in which machines' logarithms differ changes no order.
        let (living, having) = (f64::from(self.living), having as f64);
        (1.0 + (living - having + 0.5).max(0.5) / (having + 0.5)).ln() as f32
    }

    /// Strengthens documents that have the word just as it was typed.
    fn prefer(&self, word: &str, factor: f32, strength: &mut Strength) -> tantivy::Result<()> {
        for segment in &self.segments {
            let Some(mut postings) = segment.postings(SURFACE, word, IndexRecordOption::Basic)? else { continue };
            while postings.doc() != TERMINATED {
                strength.cells[(segment.base + postings.doc()) as usize] *= factor;
                postings.advance();
            }
        }
        Ok(())
    }

    /// Documents with the term in the field, or in any.
    fn term(
        &self,
        term: &str,
        field: Option<FieldNo>,
        ranking: &Ranking,
        lengths: &[[f32; 256]; RANKED],
        into: &mut Strength,
    ) -> tantivy::Result<()> {
        let weights = ranking.fields();
        for segment in &self.segments {
            for field in field.map_or(0..RANKED, |field| field..field + 1) {
                let Some(mut postings) = segment.postings(field, term, IndexRecordOption::WithFreqs)? else { continue };
                let weight = weights.get(field).map_or(weights[TITLE].weight, |field| field.weight);
                let lengths = lengths.get(field).unwrap_or(&[1.0; 256]);
                loop {
                    let doc = postings.doc();
                    if doc == TERMINATED {
                        break;
                    }
                    if segment.is_alive(doc) {
                        let length = lengths[usize::from(segment.length_code(field, doc))];
                        into.add(segment.base + doc, weight * postings.term_freq() as f32 * length);
                    }
                    postings.advance();
                }
            }
        }
        Ok(())
    }

    /// Documents with `enough` of the terms, as strong as those are on average over all.
    fn every(
        &self,
        terms: &[(String, u32)],
        enough: usize,
        ranking: &Ranking,
        lengths: &[[f32; 256]; RANKED],
        (scratch, had): (&mut Strength, &mut [u8]),
        into: &mut Strength,
    ) -> tantivy::Result<()> {
        for (term, _) in terms {
            self.term(term, None, ranking, lengths, scratch)?;
            for key in &scratch.touched {
                had[*key as usize] += 1;
            }
            for key in scratch.touched.drain(..) {
                into.add(key, std::mem::take(&mut scratch.cells[key as usize]) / terms.len() as f32);
            }
        }
        into.touched.retain(|key| {
            let stays = usize::from(std::mem::take(&mut had[*key as usize])) >= enough;
            if !stays {
                into.cells[*key as usize] = 0.0;
            }
            stays
        });
        Ok(())
    }

    /// What one occurrence counts, by field and length code.
    pub(super) fn length_factors(&self, ranking: &Ranking) -> [[f32; 256]; RANKED] {
        let fields = ranking.fields();
        std::array::from_fn(|field: FieldNo| {
            std::array::from_fn(|code| {
                let by_length = fields[field].length;
                let relative = segment::length(code as u8) as f32 / self.mean_lengths[field];
                1.0 / (1.0 - by_length + by_length * relative).max(0.05)
            })
        })
    }
}
