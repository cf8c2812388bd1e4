//! From words to concepts: what must be found, and each way of saying it. Nothing a shopper types is ever parsed as a
//! query language.

use super::lookup;
use super::score::Corpus;
use super::segment::{CODES, FieldNo, SOUNDS, SURFACE};
use crate::Ranking;
use crate::analysis::{Stems, Word, chinese};
use crate::schema::{Fields, RANKED};
use crate::vocabulary::Meanings;
use std::ops::Range;
use tantivy::Searcher;

/// Of a run's character pairs, how many a product must have where no word of it is known.
const RUN_PERCENT: usize = 60;
const MAX_COMPLETIONS: usize = 24;
const MAX_CORRECTIONS: usize = 3;
/// Of how many syllables a word typed in pinyin may be.
const MAX_SYLLABLES: usize = 4;
/// Shorter halves of a word are too many things.
const MIN_HALF: usize = 3;
/// More are not looked for.
pub(super) const MAX_CONCEPTS: usize = 16;

/// One thing that a product must have, in any of these ways.
#[derive(Debug)]
pub(super) struct Concept {
    pub(super) ways: Vec<Way>,
    /// The word as it was typed, where other forms of it are found too.
    pub(super) exact: Option<String>,
    pub(super) weight: f32,
}

#[derive(Debug)]
pub(super) struct Way {
    /// With the number of positions each covers.
    pub(super) terms: Vec<(String, u32)>,
    /// How many of the terms a product must have.
    pub(super) enough: usize,
    pub(super) weight: f32,
    /// All that count towards the score where none is named.
    pub(super) field: Option<FieldNo>,
}

impl Way {
    fn one(term: String, weight: f32) -> Self {
        Self { terms: vec![(term, 1)], enough: 1, weight, field: None }
    }
    fn all(terms: Vec<(String, u32)>, weight: f32) -> Self {
        Self { enough: terms.len(), terms, weight, field: None }
    }
}

pub(super) struct Concepts<'a> {
    searcher: &'a Searcher,
    corpus: &'a Corpus,
    fields: Fields,
    ranking: &'a Ranking,
    meanings: &'a Meanings,
    stems: Vec<Stems>,
    language: String,
    /// Nothing is corrected or left out.
    pub(super) exact: bool,
    pub(super) concepts: Vec<Concept>,
    pub(super) corrected: Vec<(String, String)>,
}

impl<'a> Concepts<'a> {
    /// Words are stemmed in the shopper's language and in English, which names things everywhere.
    pub(super) fn new(
        searcher: &'a Searcher,
        corpus: &'a Corpus,
        fields: Fields,
        ranking: &'a Ranking,
        meanings: &'a Meanings,
        language: &str,
    ) -> Self {
        let mut stems = vec![Stems::new("en")];
        if !matches!(language, "en" | "zh") {
            stems.push(Stems::new(language));
        }
        let (concepts, corrected, language) = (Vec::new(), Vec::new(), language.to_string());
        Self { searcher, corpus, fields, ranking, meanings, stems, language, exact: false, concepts, corrected }
    }

    /// The last word is `unfinished` while it is being typed.
    pub(super) fn add(&mut self, words: Vec<Word>, unfinished: bool) -> tantivy::Result<()> {
        let words = self.cut_runs(words)?;
        let finished = words.len() - usize::from(unfinished && !words.is_empty());
        let mut at = 0;
        while at < finished && self.concepts.len() < MAX_CONCEPTS {
            let before = at.checked_sub(1).and_then(|before| words.get(before));
            let meant = self.meanings.of(&words[at..finished], &mut self.stems[0]);
            let (length, others) = meant.unwrap_or((1, &[]));
            if let (true, Some((syllables, concept))) = (length == 1, self.spelled(&words[at..finished])?) {
                self.concepts.push(concept);
                at += syllables;
                continue;
            }
            let mut concept = if length > 1 {
                let terms = words[at..at + length].iter().map(|word| self.term(word)).collect();
                Some(Concept { ways: vec![Way::all(terms, 1.0)], exact: None, weight: length as f32 })
            } else {
                self.finished(before, &words[at], words.get(at + 1))?
            };
            if let Some(concept) = &mut concept {
                for other in others {
                    let way = self.said(other)?;
                    concept.ways.push(Way { weight: way.weight * self.ranking.synonym, ..way });
                }
            }
            self.concepts.extend(concept);
            at += length;
        }
        if let Some(word) = words.get(finished) {
            let concept = self.unfinished(word)?;
            self.concepts.push(concept);
        } else if self.concepts.len() > 1
            && let Some(last) = self.concepts.last_mut()
        {
            last.weight *= self.ranking.head;
        }
        Ok(())
    }

    /// How many concepts must match: all, then most, then any.
    pub(super) fn thresholds(&self) -> Vec<usize> {
        let all = self.concepts.len();
        let mut thresholds = vec![all, (all * 2).div_ceil(3), 1];
        thresholds.retain(|required| *required > 0 && (!self.exact || *required == all));
        thresholds.dedup();
        thresholds
    }

    /// A product that writes a word together with its neighbour (`flashlight` for `flash light`) has it too. None for a
    /// word that chooses nothing.
    fn finished(
        &mut self,
        before: Option<&Word>,
        word: &Word,
        after: Option<&Word>,
    ) -> tantivy::Result<Option<Concept>> {
        let mut ways = self.ways(word)?;
        let mut exact = None;
        match word {
            Word::Plain(plain) => {
                if (before.is_some() || after.is_some()) && self.meanings.is_stop_word(plain) {
                    return Ok(None);
                }
                let mut joined = false;
                for (first, second) in [(before, Some(word)), (Some(word), after)] {
                    if let (Some(Word::Plain(first)), Some(Word::Plain(second))) = (first, second) {
                        joined |= self.joined(&format!("{first}{second}"), &mut ways)?;
                    }
                }
                exact = (ways.first().is_some_and(|way| way.terms[0].0 != *plain)).then(|| plain.clone());
                self.pronounced(plain, joined, &mut ways)?;
            }
            Word::Run(run) => {
                let text: String = run.iter().collect();
                if (before.is_some() || after.is_some()) && self.meanings.is_stop_word(&text) {
                    return Ok(None);
                }
            }
            Word::Compound { .. } => {}
        }
        Ok(Some(Concept { ways, exact, weight: 1.0 }))
    }

    fn unfinished(&mut self, word: &Word) -> tantivy::Result<Concept> {
        let mut ways = self.ways(word)?;
        if let Word::Plain(typed) | Word::Compound { whole: typed, .. } = word {
            for other in lookup::beginning(self.searcher, self.fields.surface, typed, MAX_COMPLETIONS)? {
                self.stemmed(&other, self.ranking.corrected, &mut ways);
            }
            for (field, no) in [(self.fields.codes, CODES), (self.fields.sounds, SOUNDS)] {
                for term in lookup::beginning(self.searcher, field, typed, MAX_COMPLETIONS)? {
                    ways.push(Way { field: Some(no), ..Way::one(term, self.ranking.corrected) });
                }
            }
            if !self.known(typed)? {
                for other in lookup::near(self.searcher, self.fields.surface, typed, MAX_CORRECTIONS)? {
                    self.stemmed(&other, self.ranking.corrected, &mut ways);
                }
            }
        }
        Ok(Concept { ways, exact: None, weight: 1.0 })
    }

    /// The plain ways of one word.
    fn ways(&mut self, word: &Word) -> tantivy::Result<Vec<Way>> {
        let mut ways = Vec::new();
        match word {
            Word::Plain(plain) => self.stemmed(plain, 1.0, &mut ways),
            Word::Compound { whole, parts } => {
                self.stemmed(whole, 1.0, &mut ways);
                // `ps 4` is not `PS/2, 4 ports`: apart, the parts are a guess.
                if !self.known(whole)? {
                    let parts = parts.iter().map(|part| (self.stems[0].stem(part), 1)).collect();
                    ways.push(Way::all(parts, self.ranking.parts));
                }
            }
            Word::Run(run) => self.run(run, &mut ways)?,
        }
        Ok(ways)
    }

    /// A Chinese word: itself, the words in it anywhere in the product, its characters side by side.
    fn run(&mut self, run: &[char], ways: &mut Vec<Way>) -> tantivy::Result<()> {
        let text = |range: Range<usize>| run[range].iter().collect::<String>();
        let length = run.len() as u32;
        ways.push(Way { terms: vec![(text(0..run.len()), length)], ..Way::one(String::new(), 1.0) });
        if run.len() == 1 {
            return Ok(());
        }
        let known = self.is_word(&text(0..run.len()))?;
        if run.len() > 2 {
            let inner =
                chinese::cut(
                    run,
                    |word| {
                        if word.chars().count() == run.len() { Ok(None) } else { self.commonness(word) }
                    },
                )?;
            if inner.iter().any(|piece| piece.len() > 1) {
                let terms = inner.into_iter().map(|piece| (text(piece.clone()), piece.len() as u32)).collect();
                ways.push(Way::all(terms, self.ranking.parts));
            }
        }
        let pairs: Vec<(String, u32)> = run.windows(2).map(|pair| (chinese::pair(pair[0], pair[1]), 2)).collect();
        let enough = if known { pairs.len() } else { (pairs.len() * RUN_PERCENT).div_ceil(100) };
        ways.push(Way { enough, ..Way::all(pairs, self.ranking.pairs) });
        Ok(())
    }

    /// Runs as the words that the index has; characters between them stay together.
    fn cut_runs(&mut self, words: Vec<Word>) -> tantivy::Result<Vec<Word>> {
        let mut cut = Vec::new();
        for word in words {
            let Word::Run(run) = word else {
                cut.push(word);
                continue;
            };
            let pieces = chinese::cut(&run, |word| self.commonness(word))?;
            let mut alone: Vec<char> = Vec::new();
            for piece in pieces {
                if piece.len() == 1 {
                    alone.push(run[piece.start]);
                    continue;
                }
                cut.extend((!alone.is_empty()).then(|| Word::Run(std::mem::take(&mut alone))));
                cut.push(Word::Run(run[piece].to_vec()));
            }
            cut.extend((!alone.is_empty()).then_some(Word::Run(alone)));
        }
        cut.truncate(MAX_CONCEPTS);
        Ok(cut)
    }

    /// What else a word that the shop does not have can mean: Chinese by its sound, two words written as one, the
    /// beginning of a longer word, a typing error.
    fn pronounced(&mut self, word: &str, joined: bool, ways: &mut Vec<Way>) -> tantivy::Result<()> {
        let known = self.known(word)?;
        if !known || self.language == "zh" {
            let sounds = self.sounds(word, ways)?;
            if sounds || joined {
                return Ok(());
            }
        }
        if known || self.exact {
            return Ok(());
        }
        if let Some((first, second)) = self.halves(word)? {
            let terms = [first, second].map(|half| (self.stems[0].stem(&half), 1));
            ways.push(Way::all(terms.into(), self.ranking.joined));
            return Ok(());
        }
        for other in self.alternatives(word)? {
            self.stemmed(&other, self.ranking.corrected, ways);
            self.corrected.push((word.to_string(), other));
        }
        Ok(())
    }

    /// Words that are the syllables of one Chinese word: `bao wen bei`.
    fn spelled(&mut self, words: &[Word]) -> tantivy::Result<Option<(usize, Concept)>> {
        let is_syllable =
            |word: &&Word| matches!(word, Word::Plain(plain) if plain.bytes().all(|b| b.is_ascii_lowercase()));
        let most = words.iter().take(MAX_SYLLABLES).take_while(is_syllable).count();
        for length in (2..=most).rev() {
            let terms: Vec<(String, u32)> = words[..length].iter().map(|word| self.term(word)).collect();
            let joined: String = words[..length]
                .iter()
                .filter_map(|word| if let Word::Plain(plain) = word { Some(plain.as_str()) } else { None })
                .collect();
            if !self.corpus.has(SOUNDS, &joined)? {
                continue;
            }
            let together = Way { field: Some(SOUNDS), ..Way::one(joined, self.ranking.sounds) };
            return Ok(Some((
                length,
                Concept { ways: vec![Way::all(terms, 1.0), together], exact: None, weight: 1.0 },
            )));
        }
        Ok(None)
    }

    /// Two words as one. Whether the shop has it.
    fn joined(&mut self, word: &str, ways: &mut Vec<Way>) -> tantivy::Result<bool> {
        self.stemmed(word, self.ranking.joined, ways);
        Ok(self.sounds(word, ways)? || self.known(word)?)
    }

    fn sounds(&mut self, word: &str, ways: &mut Vec<Way>) -> tantivy::Result<bool> {
        let sounds = word.len() > 1 && self.corpus.has(SOUNDS, word)?;
        if sounds {
            ways.push(Way { field: Some(SOUNDS), ..Way::one(word.to_string(), self.ranking.sounds) });
        }
        Ok(sounds)
    }

    /// Two words that the product's name writes apart, the longest first half that will do.
    fn halves(&self, word: &str) -> tantivy::Result<Option<(String, String)>> {
        if !word.chars().all(|c| c.is_ascii_alphabetic()) {
            return Ok(None);
        }
        for at in (MIN_HALF..(word.len() + 1).saturating_sub(MIN_HALF)).rev() {
            let (first, second) = word.split_at(at);
            if self.corpus.has(SURFACE, first)? && self.corpus.has(SURFACE, second)? {
                return Ok(Some((first.to_string(), second.to_string())));
            }
        }
        Ok(None)
    }

    /// Another way of saying it.
    fn said(&mut self, text: &str) -> tantivy::Result<Way> {
        let words = crate::analysis::words(text);
        if let [Word::Run(run)] = words.as_slice() {
            let mut ways = Vec::new();
            self.run(run, &mut ways)?;
            return Ok(ways.remove(0));
        }
        let terms = words.iter().map(|word| self.term(word)).collect();
        Ok(Way::all(terms, 1.0))
    }

    fn term(&mut self, word: &Word) -> (String, u32) {
        match word {
            Word::Plain(plain) => (self.stems[0].stem(plain), 1),
            Word::Compound { whole, parts } => (whole.clone(), parts.len() as u32),
            Word::Run(run) => (run.iter().collect(), run.len() as u32),
        }
    }

    /// The word in each of its stems.
    fn stemmed(&mut self, word: &str, weight: f32, ways: &mut Vec<Way>) {
        for stems in &mut self.stems {
            let stem = stems.stem(word);
            if !ways.iter().any(|way| way.terms.len() == 1 && way.terms[0].0 == stem) {
                ways.push(Way::one(stem, weight));
            }
        }
    }

    fn known(&mut self, word: &str) -> tantivy::Result<bool> {
        for stems in &mut self.stems {
            let stem = stems.stem(word);
            for field in 0..RANKED {
                if self.corpus.has(field, &stem)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn is_word(&self, word: &str) -> tantivy::Result<bool> {
        Ok(self.commonness(word)?.is_some())
    }

    /// The index is the dictionary, and so is the merchant's vocabulary.
    fn commonness(&self, word: &str) -> tantivy::Result<Option<f32>> {
        let documents = self.corpus.frequency(word)?;
        if documents > 0 {
            return Ok(Some(((f64::from(documents) + 1.0).log2() / 1.6) as f32));
        }
        Ok(self.meanings.knows(word).then_some(1.0))
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
