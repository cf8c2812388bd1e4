//! Text to terms: one code for what is indexed and what is asked.
//!
//! Compatibility forms, case, accents and apostrophes are folded. A Latin word is stemmed in its language. What is
//! written with inner hyphens, dots or digits (`TN-2110`, `wi-fi`, `ps4`) gives its parts and the whole without
//! separators, so `tn2110`, `TN 2110` and `tn-2110` find each other. Chinese, Japanese and Korean runs give every
//! character, every pair of neighbours, and the words of the dictionary.

pub(crate) mod chinese;

#[cfg(feature = "build")]
use tantivy::tokenizer::Token;
use tantivy::tokenizer::{Language, SimpleTokenizer, Stemmer, TextAnalyzer};
use unicode_normalization::UnicodeNormalization;

/// Longer words are cut: no shop word is longer, and terms stay far below the engine's limit.
const MAX_WORD_CHARS: usize = 40;

/// One unit of writing between separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `mug`, `2110`, `43.2`: folded, not stemmed.
    Plain(String),
    /// `TN-2110`: `whole` is `tn2110`, `parts` are `tn`, `2110`.
    Compound { whole: String, parts: Vec<String> },
    /// A run in a script without spaces, folded: `保温杯`.
    Run(Vec<char>),
}

/// As one text: a compound without its separators, a run as it is.
impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(text) | Self::Compound { whole: text, .. } => f.write_str(text),
            Self::Run(run) => run.iter().try_for_each(|c| write!(f, "{c}")),
        }
    }
}

/// Folded words of a text, in order.
pub fn words(text: &str) -> Vec<Word> {
    let folded: Vec<char> = fold(text).chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    let mut quotes = 0;
    while at < folded.len() {
        let from = at;
        if is_inch_mark(folded[at]) {
            // `65"` is 65 inches, unless the mark ends what another began: `"iphone 7"`.
            if quotes % 2 == 0 && at > 0 && folded[at - 1].is_ascii_digit() {
                words.push(Word::Plain("inch".to_string()));
            } else {
                quotes += 1;
            }
            at += 1;
            continue;
        }
        if is_run_char(folded[at]) {
            while at < folded.len() && is_run_char(folded[at]) {
                at += 1;
            }
            words.push(Word::Run(folded[from..at].to_vec()));
        } else if is_word_char(folded[at]) {
            while at < folded.len() && (is_word_char(folded[at]) || joins(&folded, at)) {
                at += 1;
            }
            words.push(word(&folded[from..at]));
        } else {
            at += 1;
        }
    }
    words
}

/// Case, width, accents and apostrophes away; control characters become spaces.
fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c) && !matches!(c, '\'' | '\u{2019}' | '\u{ad}'))
        .map(|c| if c.is_control() { ' ' } else { c })
        .flat_map(char::to_lowercase)
        .nfc()
        .map(chinese::simplified)
        .collect()
}

/// Straight, curled, and the double prime; two straight single ones are gone with the apostrophes.
fn is_inch_mark(c: char) -> bool {
    matches!(c, '"' | '\u{201d}' | '\u{2033}')
}

fn is_run_char(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}' | '々' | '〇')
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() && !is_run_char(c)
}

/// A hyphen, dot, slash, plus or underscore between two word characters holds a compound together.
fn joins(text: &[char], at: usize) -> bool {
    matches!(text[at], '-' | '\u{2010}'..='\u{2013}' | '.' | '/' | '+' | '_')
        && at > 0
        && is_word_char(text[at - 1])
        && text.get(at + 1).is_some_and(|c| is_word_char(*c))
}

fn word(written: &[char]) -> Word {
    let decimal = written.iter().all(|c| c.is_ascii_digit() || *c == '.');
    if decimal && written.iter().filter(|c| **c == '.').count() <= 1 {
        return Word::Plain(written.iter().take(MAX_WORD_CHARS).collect());
    }
    let mut parts: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for &c in written {
        if is_word_char(c) {
            let same_kind = before.is_some_and(|b| is_word_char(b) && b.is_numeric() == c.is_numeric());
            match parts.last_mut() {
                Some(part) if same_kind => part.push(c),
                _ => parts.push(c.to_string()),
            }
        }
        before = Some(c);
    }
    for part in &mut parts {
        cut(part);
    }
    let mut whole: String = parts.concat();
    cut(&mut whole);
    if parts.len() == 1 { Word::Plain(whole) } else { Word::Compound { whole, parts } }
}

fn cut(word: &mut String) {
    if let Some((end, _)) = word.char_indices().nth(MAX_WORD_CHARS) {
        word.truncate(end);
    }
}

/// The text of a maker's number, SKU or barcode as one term: `TN-2110 ` is `tn2110`.
pub fn code(text: &str) -> String {
    let mut code = fold(text).chars().filter(|c| c.is_alphanumeric()).collect();
    cut(&mut code);
    code
}

/// Stems words of one language. English also stands in for languages without a stemmer, so that `mugs` finds `mug`
/// in a Chinese shop too.
pub struct Stems {
    analyzer: TextAnalyzer,
}

impl Stems {
    /// `language` is the first part of a BCP 47 tag.
    pub fn new(language: &str) -> Self {
        let language = match language {
            "ar" => Language::Arabic,
            "da" => Language::Danish,
            "de" => Language::German,
            "el" => Language::Greek,
            "es" => Language::Spanish,
            "fi" => Language::Finnish,
            "fr" => Language::French,
            "hu" => Language::Hungarian,
            "it" => Language::Italian,
            "nl" => Language::Dutch,
            "nb" | "no" => Language::Norwegian,
            "pt" => Language::Portuguese,
            "ro" => Language::Romanian,
            "ru" => Language::Russian,
            "sv" => Language::Swedish,
            "ta" => Language::Tamil,
            "tr" => Language::Turkish,
            _ => Language::English,
        };
        Self { analyzer: TextAnalyzer::builder(SimpleTokenizer::default()).filter(Stemmer::new(language)).build() }
    }

    /// Numbers and words of up to three letters stay as they are.
    pub fn stem(&mut self, word: &str) -> String {
        if word.chars().count() <= 3 || word.chars().any(char::is_numeric) {
            return word.to_string();
        }
        let mut stream = self.analyzer.token_stream(word);
        if stream.advance() { stream.token().text.clone() } else { word.to_string() }
    }
}

/// What a term covers, from its position on: a pair of characters covers one, so that the next pair follows it.
#[cfg(feature = "build")]
type Covered = usize;

#[cfg(feature = "build")]
/// Terms of a text to index, with their positions; `from` is the first position. A compound's whole and a run's words
/// and pairs stand where they begin.
pub(crate) fn terms(text: &str, stems: &mut Stems, from: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut position = from;
    let mut push = |position: usize, text: String, covered: Covered| {
        tokens.push(Token { position, text, offset_from: 0, offset_to: 0, position_length: covered });
    };
    let words = words(text);
    for (at, word) in words.iter().enumerate() {
        match word {
            Word::Plain(plain) => {
                let after_number = at > 0 && matches!(&words[at - 1], Word::Plain(before) if is_number(before));
                if let Some(Word::Plain(next)) = words.get(at + 1)
                    && (is_name(plain, 12) && is_number(next) && !after_number || is_number(plain) && is_name(next, 3))
                {
                    push(position, format!("{plain}{next}"), 2);
                }
                push(position, stems.stem(plain), 1);
                position += 1;
            }
            Word::Compound { whole, parts } => {
                push(position, whole.clone(), parts.len());
                for part in parts {
                    push(position, stems.stem(part), 1);
                    position += 1;
                }
            }
            Word::Run(run) => {
                for word in chinese::dictionary_words(run).into_iter().filter(|word| word.len() > 1) {
                    let inner = chinese::inner_words(&run[word.clone()]);
                    for inner in inner.into_iter().map(|inner| word.start + inner.start..word.start + inner.end) {
                        push(position + inner.start, run[inner.clone()].iter().collect(), inner.len());
                    }
                    push(position + word.start, run[word.clone()].iter().collect(), word.len());
                }
                for (i, c) in run.iter().enumerate() {
                    push(position, c.to_string(), 1);
                    if let Some(next) = run.get(i + 1) {
                        push(position, chinese::pair(*c, *next), 1);
                    }
                    position += 1;
                }
            }
        }
    }
    tokens.sort_by_key(|token| token.position);
    tokens
}

/// `TN 2110`, `iPhone 11`, `2 TB` are written as one word as often: a name and a number, a number and a unit.
#[cfg(feature = "build")]
fn is_name(word: &str, most: usize) -> bool {
    word.len() <= most && word.chars().all(|c| c.is_ascii_alphabetic())
}

#[cfg(feature = "build")]
fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexed(text: &str) -> Vec<String> {
        terms(text, &mut Stems::new("en"), 0).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn words_are_folded_and_stemmed() {
        for (text, expected) in [
            ("Enamelled Mugs", vec!["enamel", "mug"]),
            ("ＭＵＧ Café crème", vec!["mug", "cafe", "creme"]),
            ("men's Levi’s", vec!["men", "levi"]),
            ("TN-2110", vec!["tn2110", "tn", "2110"]),
            ("tn2110", vec!["tn2110", "tn", "2110"]),
            ("43.2 cm (17\")", vec!["43.2cm", "43.2", "cm", "17", "inch"]),
            ("\"iphone 7\"", vec!["iphone7", "iphon", "7"]),
            ("2 TB", vec!["2tb", "2", "tb"]),
            ("保温杯", vec!["保温", "保温杯", "保", "·保温", "温", "·温杯", "杯"]),
            ("保溫", vec!["保温", "保", "·保温", "温"]),
            ("USB保温", vec!["usb", "保温", "保", "·保温", "温"]),
            ("\u{0}\u{7}- . /", vec![]),
        ] {
            assert_eq!(indexed(text), expected, "{text}");
        }
    }

    #[test]
    fn codes_lose_their_separators() {
        for (text, expected) in [("TN-2110 ", "tn2110"), ("ａｂ/1.2", "ab12"), ("0095205603217", "0095205603217")] {
            assert_eq!(code(text), expected);
        }
    }
}
