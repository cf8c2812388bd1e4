//! A merchant's settings made ready to be asked: which rules are for a query or a category, what words mean, what speaks
//! for a product. The shop and the preview share this, so what was previewed is what is shown.

mod answer;

pub use answer::{Answer, Catalogue, Merits, Steered, arrange, category};

use crate::analysis::{self, Stems, Word};
use crate::read::query_words;
use crate::vocabulary::Meanings;
use jiff::Timestamp;
use std::collections::HashMap;
use stoa_domain::category::Category;
use stoa_domain::collection::Collection;
use stoa_domain::search::{Match, MeritWeights, Plan, Ready, SearchSettings};
use stoa_domain::{CategoryId, Locale};

pub struct Steering {
    meanings: Meanings,
    merit: MeritWeights,
    rules: Vec<Ready>,
    /// By their first term.
    phrases: HashMap<String, Vec<Phrase>>,
    by_category: HashMap<CategoryId, Vec<usize>>,
}

/// One phrase of one rule, as terms.
struct Phrase {
    terms: Vec<String>,
    rule: usize,
}

impl Steering {
    /// `locales`: in which a shopper may ask.
    pub fn new(
        settings: SearchSettings,
        categories: &[Category],
        collections: &[Collection],
        locales: &[Locale],
    ) -> Self {
        let mut phrases: HashMap<String, Vec<Phrase>> = HashMap::new();
        let mut by_category: HashMap<CategoryId, Vec<usize>> = HashMap::new();
        let mut stems = stems_of(locales.iter().map(Locale::language));
        for (at, rule) in settings.rules.iter().enumerate() {
            if let Some(category) = &rule.when.category {
                by_category.entry(category.clone()).or_default().push(at);
            }
            for phrase in &rule.when.phrases {
                let mut known: Vec<Vec<String>> = Vec::new();
                for stems in &mut stems {
                    let terms = terms(&analysis::words(phrase), stems);
                    if let Some(first) = terms.first().filter(|_| !known.contains(&terms)) {
                        let phrase = Phrase { terms: terms.clone(), rule: at };
                        phrases.entry(first.clone()).or_default().push(phrase);
                        known.push(terms);
                    }
                }
            }
        }
        let rules = settings.rules.into_iter().map(|rule| Ready::of(rule, categories, collections)).collect();
        Self { meanings: Meanings::new(&settings.vocabulary), merit: settings.merit, rules, phrases, by_category }
    }

    pub fn meanings(&self) -> &Meanings {
        &self.meanings
    }
    pub fn merit(&self) -> MeritWeights {
        self.merit
    }

    /// The rules that are for what was typed. Costs a look a word, however many rules there are.
    pub fn for_query(&self, text: &str, locale: &Locale, at: Timestamp) -> Plan<'_> {
        if self.phrases.is_empty() {
            return Plan::default();
        }
        let words = query_words(text);
        let mut found = Vec::new();
        for stems in &mut stems_of([locale.language()]) {
            let terms = terms(&words, stems);
            for from in 0..terms.len() {
                for phrase in self.phrases.get(&terms[from]).into_iter().flatten() {
                    let ready = &self.rules[phrase.rule];
                    let when = &ready.rule.when;
                    let whole = when.matches == Match::Contains || phrase.terms.len() == terms.len();
                    let spoken = when.locale.as_ref().is_none_or(|asked| asked.language() == locale.language());
                    if whole && spoken && terms[from..].starts_with(&phrase.terms) && ready.rule.holds_at(at) {
                        found.push(ready);
                    }
                }
            }
        }
        Plan::of(found)
    }

    /// The rules for a category's page.
    pub fn for_category(&self, id: &CategoryId, at: Timestamp) -> Plan<'_> {
        let rules = self.by_category.get(id).into_iter().flatten().map(|at| &self.rules[*at]);
        Plan::of(rules.filter(|ready| ready.rule.holds_at(at)))
    }

    /// When the next rule begins or ends.
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let rules = self.rules.iter().map(|ready| &ready.rule).filter(|rule| !rule.paused);
        rules.flat_map(|rule| [rule.from, rule.until]).flatten().filter(|at| *at > after).min()
    }

    /// Whether a search may lead to another site: then the pages' forms have to be allowed to.
    pub fn leaves_the_shop(&self) -> bool {
        let links = self.rules.iter().filter_map(|ready| ready.rule.redirect.as_ref());
        links.into_iter().any(stoa_domain::search::Link::leaves_the_shop)
    }
}

/// As a query's words are stemmed: in English, which names things everywhere, and in the language itself.
fn stems_of<'a>(languages: impl IntoIterator<Item = &'a str>) -> Vec<Stems> {
    let others = languages.into_iter().filter(|language| !matches!(*language, "en" | "zh"));
    std::iter::once("en").chain(others).map(Stems::new).collect()
}

/// What two texts are compared by. A run of Chinese is compared by its characters: where it is cut depends on the shop.
fn terms(words: &[Word], stems: &mut Stems) -> Vec<String> {
    let mut terms = Vec::new();
    for word in words {
        match word {
            Word::Plain(plain) => terms.push(stems.stem(plain)),
            Word::Compound { whole, .. } => terms.push(whole.clone()),
            Word::Run(run) => terms.extend(run.iter().map(ToString::to_string)),
        }
    }
    terms
}
