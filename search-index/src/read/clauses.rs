//! From words to the engine's query: one clause a word, over all fields by their weights. Nothing a shopper types is
//! ever parsed as a query language.

use super::lookup;
use crate::analysis::{Stems, Word};
use crate::schema::Fields;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query};
use tantivy::query::{TermQuery, TermSetQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

const TITLE: f32 = 4.0;
const BRAND: f32 = 3.0;
const KINDS: f32 = 3.0;
const ATTRIBUTES: f32 = 1.0;
const DESCRIPTION: f32 = 0.6;
/// A whole maker's number leaves no doubt.
const CODE: f32 = 8.0;
/// What the fields other than a word's best add.
const OTHER_FIELDS: f32 = 0.2;
/// Neighbours in the query that are neighbours in the title.
const PHRASE: f32 = 2.0;
/// The parts of a compound apart, against the compound whole.
const PARTS: f32 = 0.7;
/// Of a run's character pairs, how many a product must have.
const RUN_PERCENT: usize = 60;
const MAX_COMPLETIONS: usize = 24;
const MAX_CORRECTIONS: usize = 3;

/// Left out where there are other words: they choose nothing.
const FILLERS: [&str; 16] =
    ["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "la", "de"];

type Clause = Box<dyn Query>;

pub(super) struct Clauses<'a> {
    searcher: &'a Searcher,
    fields: Fields,
    stems: Vec<Stems>,
    clauses: Vec<Clause>,
    bonuses: Vec<Clause>,
    corrected: Vec<(String, String)>,
}

impl<'a> Clauses<'a> {
    /// Words are stemmed in the shopper's language and in English, which names things everywhere.
    pub(super) fn new(searcher: &'a Searcher, fields: Fields, language: &str) -> Self {
        let mut stems = vec![Stems::new("en")];
        if language != "en" {
            stems.push(Stems::new(language));
        }
        Self { searcher, fields, stems, clauses: Vec::new(), bonuses: Vec::new(), corrected: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.clauses.len()
    }

    pub(super) fn corrected(&self) -> Vec<(String, String)> {
        self.corrected.clone()
    }

    /// How many clauses must match: all, then most, then any.
    pub(super) fn thresholds(&self) -> Vec<usize> {
        let all = self.clauses.len();
        let mut thresholds = vec![all, (all * 2).div_ceil(3), 1];
        thresholds.retain(|required| *required > 0);
        thresholds.dedup();
        thresholds
    }

    pub(super) fn query(&self, required: usize) -> Clause {
        let occur = if required == self.clauses.len() { Occur::Must } else { Occur::Should };
        let words = self.clauses.iter().map(|clause| (occur, clause.box_clone())).collect();
        let words: Clause = match occur {
            Occur::Must => Box::new(BooleanQuery::new(words)),
            _ => Box::new(BooleanQuery::with_minimum_required_clauses(words, required)),
        };
        let bonuses = self.bonuses.iter().map(|bonus| (Occur::Should, bonus.box_clone()));
        Box::new(BooleanQuery::new(std::iter::once((Occur::Must, words)).chain(bonuses).collect()))
    }

    /// One finished word. A product that writes it together with a neighbour (`flashlight` for `flash light`) has it too.
    pub(super) fn add(&mut self, before: Option<&Word>, word: &Word, after: Option<&Word>) -> tantivy::Result<()> {
        let Word::Plain(plain) = word else {
            let clause = self.word(word);
            self.clauses.push(clause);
            return Ok(());
        };
        if (before.is_some() || after.is_some()) && FILLERS.contains(&plain.as_str()) {
            return Ok(());
        }
        let mut ways = vec![self.word(word)];
        for (first, second) in [(before, Some(word)), (Some(word), after)] {
            if let (Some(Word::Plain(first)), Some(Word::Plain(second))) = (first, second) {
                ways.push(self.anywhere(&format!("{first}{second}")));
            }
        }
        if !self.known(plain)? {
            for other in self.alternatives(plain)? {
                ways.push(self.anywhere(&other));
                self.corrected.push((plain.clone(), other));
            }
        }
        self.clauses.push(best_of(ways));
        Ok(())
    }

    /// The last word while it is being typed.
    pub(super) fn add_unfinished(&mut self, word: &Word) -> tantivy::Result<()> {
        let mut ways = vec![self.word(word)];
        if let Word::Plain(typed) | Word::Compound { whole: typed, .. } = word {
            for field in [self.fields.surface, self.fields.codes] {
                let words = lookup::beginning(self.searcher, field, typed, MAX_COMPLETIONS)?;
                let terms = words.iter().map(|word| Term::from_field_text(field, word));
                ways.push(Box::new(ConstScoreQuery::new(Box::new(TermSetQuery::new(terms)), TITLE)));
            }
            if !self.known(typed)? {
                for other in lookup::near(self.searcher, self.fields.surface, typed, MAX_CORRECTIONS)? {
                    ways.push(self.anywhere(&other));
                }
            }
        }
        self.clauses.push(best_of(ways));
        Ok(())
    }

    /// Words that follow each other in the title too count more.
    pub(super) fn add_neighbours(&mut self, words: &[Word]) {
        for pair in words.windows(2) {
            if let [Word::Plain(first), Word::Plain(second)] = pair {
                let terms = [first, second].map(|word| self.term(self.fields.title, word));
                self.bonuses.push(boosted(Box::new(PhraseQuery::new(terms.to_vec())), PHRASE));
            }
        }
    }

    fn word(&mut self, word: &Word) -> Clause {
        match word {
            Word::Plain(plain) => self.anywhere(plain),
            Word::Compound { whole, parts } => {
                let apart = parts.iter().map(|part| (Occur::Must, self.anywhere(part))).collect();
                best_of(vec![self.anywhere(whole), boosted(Box::new(BooleanQuery::new(apart)), PARTS)])
            }
            Word::Run(run) => {
                let pairs: Vec<String> = match run.as_slice() {
                    [one] => vec![one.to_string()],
                    more => more.windows(2).map(|pair| pair.iter().collect()).collect(),
                };
                let required = (pairs.len() * RUN_PERCENT).div_ceil(100);
                let pairs = pairs.iter().map(|pair| (Occur::Should, self.anywhere(pair))).collect();
                Box::new(BooleanQuery::with_minimum_required_clauses(pairs, required))
            }
        }
    }

    /// One folded word in any field, stemmed; as a code where it has a digit.
    fn anywhere(&mut self, word: &str) -> Clause {
        let fields = self.fields;
        let mut stems: Vec<String> = self.stems.iter_mut().map(|stems| stems.stem(word)).collect();
        stems.dedup();
        let mut ways: Vec<Clause> = Vec::new();
        for stem in &stems {
            for (field, weight) in [
                (fields.title, TITLE),
                (fields.brand, BRAND),
                (fields.kinds, KINDS),
                (fields.attributes, ATTRIBUTES),
                (fields.description, DESCRIPTION),
            ] {
                let term = TermQuery::new(Term::from_field_text(field, stem), IndexRecordOption::WithFreqs);
                ways.push(boosted(Box::new(term), weight));
            }
        }
        if word.chars().any(char::is_numeric) {
            let term = TermQuery::new(Term::from_field_text(fields.codes, word), IndexRecordOption::Basic);
            ways.push(boosted(Box::new(term), CODE));
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, OTHER_FIELDS))
    }

    fn term(&mut self, field: Field, word: &str) -> Term {
        Term::from_field_text(field, &self.stems[0].stem(word))
    }

    fn known(&mut self, word: &str) -> tantivy::Result<bool> {
        let fields = self.fields;
        for stems in &mut self.stems {
            let stem = stems.stem(word);
            for field in [fields.title, fields.brand, fields.kinds, fields.attributes, fields.description, fields.codes]
            {
                if self.searcher.doc_freq(&Term::from_field_text(field, &stem))? > 0 {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn alternatives(&self, word: &str) -> tantivy::Result<Vec<String>> {
        if word.chars().count() >= 3 {
            let longer = lookup::beginning(self.searcher, self.fields.surface, word, MAX_CORRECTIONS)?;
            if !longer.is_empty() {
                return Ok(longer);
            }
        }
        lookup::near(self.searcher, self.fields.surface, word, MAX_CORRECTIONS)
    }
}

fn boosted(clause: Clause, weight: f32) -> Clause {
    Box::new(BoostQuery::new(clause, weight))
}

fn best_of(mut ways: Vec<Clause>) -> Clause {
    match ways.len() {
        1 => ways.remove(0),
        _ => Box::new(DisjunctionMaxQuery::new(ways)),
    }
}
