//! Whether settings are in order. Codes: `too_many`, `too_long`, `repeated`, `one_of_two`, `without_effect`,
//! `out_of_range`, `required`, `not_for_a_category`, `redirect_to_search`, `empty_time`, `invalid_language`.

use super::rule::{Boost, By, SearchRule};
use super::vocabulary::{MAX_SYNONYMS, Vocabulary};
use super::{MAX_RULES, SearchSettings};
use crate::FieldError;
use std::collections::HashSet;

const MAX_NAME_CHARS: usize = 100;
const MAX_PHRASES: usize = 20;
const MAX_PHRASE_CHARS: usize = 100;
const MAX_PINS: usize = 50;
const MAX_POSITION: u16 = 100;
const MAX_BOOSTS: usize = 20;
const MAX_PERCENT: u16 = 1_000;
const MIN_PERCENT: u16 = 10;
const MAX_VALUE_CHARS: usize = 128;
const MAX_BANNER_CHARS: usize = 300;
const MAX_WEIGHT: u8 = 100;
const MAX_GROUPS: usize = 2_000;
const MAX_STOP_WORDS: usize = 500;
const MAX_LANGUAGES: usize = 20;
const MAX_WORD_CHARS: usize = 64;

impl SearchSettings {
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        too_many(&mut errors, "rules", self.rules.len(), MAX_RULES);
        let mut seen = HashSet::new();
        for (at, rule) in self.rules.iter().take(MAX_RULES).enumerate() {
            let path = format!("rules[{at}]");
            if !seen.insert(&rule.id) {
                errors.push(FieldError::new(format!("{path}.id"), "repeated", "every rule has an id of its own"));
            }
            errors.extend(rule.validate().into_iter().map(|error| error.within(&path)));
        }
        errors.extend(self.vocabulary.validate().into_iter().map(|error| error.within("vocabulary")));
        let merit = self.merit;
        for (field, weight) in [("merit.sales", merit.sales), ("merit.stock", merit.stock), ("merit.age", merit.age)] {
            if weight > MAX_WEIGHT {
                let rule = format!("must be 0 to {MAX_WEIGHT} percent, got {weight}");
                errors.push(FieldError::new(field, "out_of_range", rule));
            }
        }
        errors
    }
}

impl SearchRule {
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut fault = |field: &str, code: &'static str, rule: String| errors.push(FieldError::new(field, code, rule));
        if self.name.chars().count() > MAX_NAME_CHARS {
            fault("name", "too_long", format!("a name has at most {MAX_NAME_CHARS} characters"));
        }
        let when = &self.when;
        if when.phrases.is_empty() == when.category.is_none() {
            let rule = "a rule is for searches with phrases or for the page of a category: exactly one of the two";
            fault("when", "one_of_two", rule.to_owned());
        }
        if when.category.is_some() && self.redirect.is_some() {
            fault("redirect", "not_for_a_category", "only a search can lead elsewhere".to_owned());
        }
        if when.category.is_some() && when.locale.is_some() {
            fault("when.locale", "not_for_a_category", "a category's rule holds in every language".to_owned());
        }
        if self.redirect.as_ref().is_some_and(super::Link::is_search) {
            let rule = "a redirect leads to a page, not to another search; synonyms are for that";
            fault("redirect", "redirect_to_search", rule.to_owned());
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| until <= from) {
            fault("until", "empty_time", "must be later than from".to_owned());
        }
        if self.pins.is_empty() && self.boosts.is_empty() && self.banner.is_none() && self.redirect.is_none() {
            fault("", "without_effect", "a rule pins, boosts, shows a banner or leads elsewhere".to_owned());
        }
        too_many(&mut errors, "when.phrases", when.phrases.len(), MAX_PHRASES);
        for (at, phrase) in when.phrases.iter().take(MAX_PHRASES).enumerate() {
            words(&mut errors, &format!("when.phrases[{at}]"), phrase, MAX_PHRASE_CHARS);
        }
        too_many(&mut errors, "pins", self.pins.len(), MAX_PINS);
        for (at, pin) in self.pins.iter().take(MAX_PINS).enumerate() {
            if !(1..=MAX_POSITION).contains(&pin.position) {
                let rule = format!("a position is 1 to {MAX_POSITION}, got {}", pin.position);
                errors.push(FieldError::new(format!("pins[{at}].position"), "out_of_range", rule));
            }
            if self.pins[..at].iter().any(|other| other.product == pin.product) {
                errors.push(FieldError::new(format!("pins[{at}].product"), "repeated", "a product is pinned once"));
            }
        }
        too_many(&mut errors, "boosts", self.boosts.len(), MAX_BOOSTS);
        for (at, boost) in self.boosts.iter().take(MAX_BOOSTS).enumerate() {
            errors.extend(boost.validate().into_iter().map(|error| error.within(&format!("boosts[{at}]"))));
        }
        if let Some(banner) = &self.banner {
            if banner.title.is_empty() {
                errors.push(FieldError::new("banner.title", "required", "a banner has a title"));
            }
            for (field, text) in [("banner.title", &banner.title), ("banner.text", &banner.text)] {
                if text.iter().any(|(_, text)| text.chars().count() > MAX_BANNER_CHARS) {
                    let rule = format!("must have at most {MAX_BANNER_CHARS} characters");
                    errors.push(FieldError::new(field, "too_long", rule));
                }
            }
        }
        errors
    }
}

impl Boost {
    fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.percent != 0 && !(MIN_PERCENT..=MAX_PERCENT).contains(&self.percent) {
            let rule = format!("must be 0, or {MIN_PERCENT} to {MAX_PERCENT} percent, got {}", self.percent);
            errors.push(FieldError::new("percent", "out_of_range", rule));
        }
        if self.by.has_value() {
            words(&mut errors, "value", &self.value, MAX_VALUE_CHARS);
        } else if !self.value.is_empty() {
            errors.push(FieldError::new("value", "without_effect", "what is a yes or no has no value"));
        }
        if self.by == By::Attribute {
            words(&mut errors, "name", &self.name, MAX_VALUE_CHARS);
        } else if !self.name.is_empty() {
            errors.push(FieldError::new("name", "without_effect", "only an attribute has a name"));
        }
        errors
    }
}

impl Vocabulary {
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let all = self.stop_words.keys().chain(self.synonyms.keys()).chain(self.one_way.keys());
        let languages: HashSet<&str> = all.map(String::as_str).collect();
        too_many(&mut errors, "", languages.len(), MAX_LANGUAGES);
        for language in languages {
            if !(2..=3).contains(&language.len()) || !language.bytes().all(|b| b.is_ascii_lowercase()) {
                let rule = "a language is the first part of its tag, such as en or zh";
                errors.push(FieldError::new("", "invalid_language", rule));
            }
        }
        let stop_words: usize = self.stop_words.values().map(Vec::len).sum();
        too_many(&mut errors, "stop_words", stop_words, MAX_STOP_WORDS);
        let groups: usize = self.synonyms.values().map(Vec::len).sum();
        too_many(&mut errors, "synonyms", groups, MAX_GROUPS);
        let one_way: usize = self.one_way.values().map(std::collections::BTreeMap::len).sum();
        too_many(&mut errors, "one_way", one_way, MAX_GROUPS);
        if !errors.is_empty() {
            return errors;
        }
        for (language, list) in &self.stop_words {
            for (at, word) in list.iter().enumerate() {
                words(&mut errors, &format!("stop_words.{language}[{at}]"), word, MAX_WORD_CHARS);
            }
        }
        for (language, groups) in &self.synonyms {
            for (at, group) in groups.iter().enumerate() {
                let path = format!("synonyms.{language}[{at}]");
                too_many(&mut errors, &path, group.len(), MAX_SYNONYMS + 1);
                if group.len() < 2 {
                    errors.push(FieldError::new(&path, "without_effect", "words stand for each other: at least two"));
                }
                group.iter().for_each(|word| words(&mut errors, &path, word, MAX_WORD_CHARS));
            }
        }
        for (language, meant) in &self.one_way {
            for (typed, others) in meant {
                let path = format!("one_way.{language}.{typed}");
                too_many(&mut errors, &path, others.len(), MAX_SYNONYMS);
                if others.is_empty() {
                    errors.push(FieldError::new(&path, "without_effect", "says what is found too"));
                }
                others.iter().chain([typed]).for_each(|word| words(&mut errors, &path, word, MAX_WORD_CHARS));
            }
        }
        errors
    }
}

fn too_many(errors: &mut Vec<FieldError>, field: &str, count: usize, most: usize) {
    if count > most {
        errors.push(FieldError::new(field, "too_many", format!("there must be at most {most}, got {count}")));
    }
}

/// A text that says something.
fn words(errors: &mut Vec<FieldError>, field: &str, text: &str, most: usize) {
    if !text.chars().any(char::is_alphanumeric) {
        errors.push(FieldError::new(field, "required", "must have a letter or a digit"));
    } else if text.chars().count() > most || text.chars().any(char::is_control) {
        errors.push(FieldError::new(field, "too_long", format!("must be at most {most} characters in one line")));
    }
}
