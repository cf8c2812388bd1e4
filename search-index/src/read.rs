//! Opens an index and searches it: no threads, no clock, no file system, so the same code answers in a worker.

mod closeness;
mod concept;
mod explain;
mod lookup;
mod score;
mod segment;

use crate::analysis::{self, Word};
use crate::directory::PackDirectory;
use crate::pack::Pack;
use crate::schema::{Fields, schema};
use crate::vocabulary::Meanings;
use crate::{IndexError, Ranking, SCHEMA_VERSION};
use concept::Concepts;
pub use explain::{ConceptPart, Explanation, FieldPart, WayPart};
use score::Corpus;
use segment::Segment;
use stoa_domain::search::Vocabulary;
use stoa_domain::{Locale, ProductId};
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, SegmentReader};

/// How much of a query is looked at.
const MAX_QUERY_CHARS: usize = 256;
const MAX_QUERY_WORDS: usize = 16;
/// `offset + limit` of a query is cut to this.
pub const MAX_WINDOW: usize = 1_000;
/// Of the best, how many are looked at closely: where in the title the words stand.
const MAX_CLOSE: usize = 1_000;

/// The published objects of one index: the meta file and every segment pack it names.
#[derive(Debug, Clone)]
pub struct IndexBytes {
    pub meta: Vec<u8>,
    pub segments: Vec<Vec<u8>>,
}

/// A document's number in this opened index: its place in [`SearchIndex::products`]. Another opening may number anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocKey(pub u32);

pub struct Query<'a> {
    /// As typed: any text is a query, none is an error. The first 256 characters and 16 words count.
    pub text: &'a str,
    /// Whose language stems the words.
    pub locale: &'a Locale,
    pub offset: usize,
    pub limit: usize,
    /// Only what was typed: no word is corrected, and all of them must be there.
    pub exact: bool,
    /// Documents it refuses are neither found nor counted. Called once a match.
    pub filter: Option<&'a dyn Fn(DocKey) -> bool>,
    /// Give the keys of all matches too, for facets and other orders.
    pub want_matching: bool,
    /// What counts how much; the default where none.
    pub ranking: Option<&'a Ranking>,
    /// What speaks for a product whatever was asked, from 0 to 1: how well it sells, that it is in stock or new. Called
    /// once a match.
    pub merit: Option<&'a dyn Fn(DocKey) -> f32>,
    /// By what a product's score is multiplied besides. Called once a match.
    pub boost: Option<&'a dyn Fn(DocKey) -> f32>,
    /// What words mean; as the index was opened where none.
    pub meanings: Option<&'a Meanings>,
}

impl<'a> Query<'a> {
    /// The first 24 hits, unfiltered.
    pub fn new(text: &'a str, locale: &'a Locale) -> Self {
        Self {
            text,
            locale,
            offset: 0,
            limit: 24,
            exact: false,
            filter: None,
            want_matching: false,
            ranking: None,
            merit: None,
            boost: None,
            meanings: None,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Hits {
    /// Best first; equal scores by product id.
    pub hits: Vec<Hit>,
    /// Of all matches, whatever the window.
    pub total: usize,
    /// Nothing matched all words, so these match some.
    pub relaxed: bool,
    /// What was searched for instead of words the shop does not know: `(typed, taken)`.
    pub corrected: Vec<(String, String)>,
    /// Empty unless asked for; in no order.
    pub matching: Vec<DocKey>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub key: DocKey,
    pub score: f32,
}

/// An opened index. Its memory is the packs' own bytes and one id a document.
pub struct SearchIndex {
    searcher: Searcher,
    corpus: Corpus,
    fields: Fields,
    meanings: Meanings,
    /// By key; none where the document is deleted.
    ids: Vec<Option<ProductId>>,
}

impl SearchIndex {
    /// Reads from the given bytes without copying them. Refuses another schema version and missing segments.
    pub fn open(bytes: IndexBytes) -> Result<Self, IndexError> {
        Self::open_shared(bytes.meta, bytes.segments.into_iter().map(Pack::from))
    }

    /// The same with packs that the caller keeps too: the next version's opening shares those that did not change.
    pub fn open_shared(meta: Vec<u8>, segments: impl IntoIterator<Item = Pack>) -> Result<Self, IndexError> {
        let directory = PackDirectory::new(std::iter::once(Pack::from(meta)).chain(segments))?;
        let index = Index::open(directory)?;
        let (schema, fields) = schema();
        if index.schema() != schema {
            return Err(IndexError::SchemaVersion { found: 0, expected: SCHEMA_VERSION });
        }
        let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let searcher = reader.searcher();
        let mut ids = Vec::new();
        let mut segments = Vec::new();
        for segment in searcher.segment_readers() {
            segments.push(Segment::open(segment, ids.len() as u32, fields)?);
            ids.extend(ids_of(segment)?);
        }
        let corpus = Corpus::new(segments, ids.len(), searcher.num_docs() as u32);
        Ok(Self { corpus, searcher, fields, meanings: Meanings::new(&Vocabulary::default()), ids })
    }

    /// The same index with the merchant's words instead of those that come with Stoa.
    #[must_use]
    pub fn with_vocabulary(mut self, vocabulary: &Vocabulary) -> Self {
        self.meanings = Meanings::new(vocabulary);
        self
    }

    /// Products that can be found.
    pub fn len(&self) -> usize {
        self.searcher.num_docs() as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The product of every key, by key; none where it was deleted. For a table from keys to the caller's own things.
    pub fn products(&self) -> &[Option<ProductId>] {
        &self.ids
    }

    pub fn product(&self, key: DocKey) -> Option<&ProductId> {
        self.ids.get(key.0 as usize)?.as_ref()
    }

    /// Products with all words, best first; where there are none, products with most of them, then with any.
    /// A word the shop does not know stands for those it begins, else for those that are spelled nearly like it.
    pub fn search(&self, query: &Query<'_>) -> Result<Hits, IndexError> {
        let ranking = query.ranking.copied().unwrap_or_default();
        let words = query_words(query.text);
        let mut concepts = self.concepts(&ranking, query);
        concepts.exact = query.exact;
        concepts.add(words, false)?;
        let mut hits = Hits { corrected: std::mem::take(&mut concepts.corrected), ..Hits::default() };
        let window = window(query.offset, query.limit);
        if let Some((required, found)) = self.run(&concepts, &concepts.thresholds(), &ranking, query, window)? {
            hits.relaxed = required < concepts.concepts.len();
            hits.total = found.len();
            if query.want_matching {
                hits.matching = found.iter().map(|hit| hit.key).collect();
            }
            hits.hits = self.best(found, query.offset, query.limit);
        }
        Ok(hits)
    }

    /// Products for a text still being typed: its last word may be unfinished. Best first, from the query's window.
    pub fn suggest(&self, query: &Query<'_>) -> Result<Vec<Hit>, IndexError> {
        let ranking = query.ranking.copied().unwrap_or_default();
        let words = query_words(query.text);
        let mut concepts = self.concepts(&ranking, query);
        concepts.add(words, !query.text.ends_with(char::is_whitespace))?;
        let thresholds = [concepts.concepts.len()];
        let found = self.run(&concepts, &thresholds, &ranking, query, window(query.offset, query.limit))?;
        Ok(found.map_or_else(Vec::new, |(_, found)| self.best(found, query.offset, query.limit)))
    }

    fn concepts<'a>(&'a self, ranking: &'a Ranking, query: &Query<'a>) -> Concepts<'a> {
        let meanings = query.meanings.unwrap_or(&self.meanings);
        Concepts::new(&self.searcher, &self.corpus, self.fields, ranking, meanings, query.locale.language())
    }

    /// Every match of the first of `thresholds` that has any: `(concepts required, matches)`. The best `window` of them
    /// have their whole score.
    fn run(
        &self,
        concepts: &Concepts<'_>,
        thresholds: &[usize],
        ranking: &Ranking,
        query: &Query<'_>,
        window: usize,
    ) -> Result<Option<(usize, Vec<Hit>)>, IndexError> {
        let scores = self.corpus.score(&concepts.concepts, ranking)?;
        let allowed = |key: &u32| query.filter.is_none_or(|allows| allows(DocKey(*key)));
        let mut keys: Vec<u32> = scores.touched.iter().copied().filter(allowed).collect();
        let matched = |key: &u32| usize::from(scores.matched[*key as usize]);
        let Some(required) = thresholds.iter().copied().find(|n| *n > 0 && keys.iter().any(|key| matched(key) >= *n))
        else {
            return Ok(None);
        };
        keys.retain(|key| matched(key) >= required);
        let mut found: Vec<Hit> =
            keys.iter().map(|key| Hit { key: DocKey(*key), score: scores.score[*key as usize] }).collect();
        if query.merit.is_some() || query.boost.is_some() {
            for hit in &mut found {
                hit.score *= merit_factor(query, ranking, hit.key) * boost_factor(query, hit.key);
            }
        }
        if found.len() > MAX_CLOSE {
            found.select_nth_unstable_by(MAX_CLOSE, |a, b| self.better(a, b));
        }
        let close = found.len().min(MAX_CLOSE);
        let close = self.contenders(&mut found[..close], window, ranking);
        found[..close].sort_unstable_by_key(|hit| hit.key);
        let keys: Vec<u32> = found[..close].iter().map(|hit| hit.key.0).collect();
        let factors = closeness::factors(&self.corpus, &concepts.concepts, &keys, ranking)?;
        for (hit, factor) in found.iter_mut().zip(factors) {
            hit.score *= factor;
        }
        Ok(Some((required, found)))
    }

    /// Closeness only raises a score, and by no more than a known factor: what could not rise into the window needs no
    /// look. Moves the others to the front and answers how many they are.
    fn contenders(&self, found: &mut [Hit], window: usize, ranking: &Ranking) -> usize {
        /// Above every rounding of the factor.
        const MARGIN: f32 = 1.0001;
        if window == 0 || window >= found.len() || ranking.phrase < 0.0 || ranking.coverage < 0.0 {
            return found.len();
        }
        found.select_nth_unstable_by(window - 1, |a, b| self.better(a, b));
        let least = found[window - 1].score / ((1.0 + ranking.phrase + ranking.coverage) * MARGIN);
        let mut contenders = window;
        for at in window..found.len() {
            if found[at].score >= least {
                found.swap(at, contenders);
                contenders += 1;
            }
        }
        contenders
    }

    fn better(&self, a: &Hit, b: &Hit) -> std::cmp::Ordering {
        b.score.total_cmp(&a.score).then_with(|| self.product(a.key).cmp(&self.product(b.key)))
    }

    fn best(&self, mut found: Vec<Hit>, offset: usize, limit: usize) -> Vec<Hit> {
        let better = |a: &Hit, b: &Hit| self.better(a, b);
        let end = window(offset, limit);
        if end < found.len() {
            found.select_nth_unstable_by(end, better);
            found.truncate(end);
        }
        found.sort_unstable_by(better);
        found.drain(..offset.min(found.len()));
        found
    }
}

fn merit_factor(query: &Query<'_>, ranking: &Ranking, key: DocKey) -> f32 {
    query.merit.map_or(1.0, |merit| 1.0 + ranking.merit * merit(key).clamp(0.0, 1.0))
}

fn boost_factor(query: &Query<'_>, key: DocKey) -> f32 {
    query.boost.map_or(1.0, |boost| boost(key))
}

fn window(offset: usize, limit: usize) -> usize {
    offset.saturating_add(limit).min(MAX_WINDOW)
}

pub(crate) fn query_words(text: &str) -> Vec<Word> {
    let end = text.char_indices().nth(MAX_QUERY_CHARS).map_or(text.len(), |(end, _)| end);
    let mut words = analysis::words(&text[..end]);
    words.truncate(MAX_QUERY_WORDS);
    words
}

/// The column's texts lie in order, each as what differs from the one before: read one after the other once.
fn ids_of(segment: &SegmentReader) -> Result<Vec<Option<ProductId>>, IndexError> {
    let Some(column) = segment.fast_fields().str("id")? else {
        return Ok(vec![None; segment.max_doc() as usize]);
    };
    let mut texts = Vec::with_capacity(column.num_terms());
    let mut stream = column.dictionary().stream().map_err(tantivy::TantivyError::from)?;
    while stream.advance() {
        texts.push(std::str::from_utf8(stream.key()).ok().and_then(|text| ProductId::new(text).ok()));
    }
    let id = |doc| {
        let ord = column.ords().first(doc).filter(|_| !segment.is_deleted(doc))?;
        texts.get(usize::try_from(ord).ok()?)?.clone()
    };
    Ok((0..segment.max_doc()).map(id).collect())
}
