//! Opens an index and searches it: no threads, no clock, no file system, so the same code answers in a worker.

mod clauses;
mod lookup;

use crate::analysis::{self, Word};
use crate::directory::PackDirectory;
use crate::pack::Pack;
use crate::schema::{Fields, schema};
use crate::{IndexError, SCHEMA_VERSION};
use clauses::Clauses;
use stoa_domain::{Locale, ProductId};
use tantivy::query::{EnableScoring, Query as EngineQuery};
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, SegmentReader};

/// How much of a query is looked at.
const MAX_QUERY_CHARS: usize = 256;
const MAX_QUERY_WORDS: usize = 16;
/// `offset + limit` of a query is cut to this.
pub const MAX_WINDOW: usize = 1_000;

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
    /// Documents it refuses are neither found nor counted. Called once a match.
    pub filter: Option<&'a dyn Fn(DocKey) -> bool>,
    /// Give the keys of all matches too, for facets and other orders.
    pub want_matching: bool,
}

impl<'a> Query<'a> {
    /// The first 24 hits, unfiltered.
    pub fn new(text: &'a str, locale: &'a Locale) -> Self {
        Self { text, locale, offset: 0, limit: 24, filter: None, want_matching: false }
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
    fields: Fields,
    /// By key; none where the document is deleted.
    ids: Vec<Option<ProductId>>,
    /// The first key of each segment.
    bases: Vec<u32>,
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
        let mut bases = Vec::new();
        for segment in searcher.segment_readers() {
            bases.push(ids.len() as u32);
            ids.extend(ids_of(segment)?);
        }
        Ok(Self { searcher, fields, ids, bases })
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
        let words = query_words(query.text);
        let mut clauses = Clauses::new(&self.searcher, self.fields, query.locale.language());
        for (at, word) in words.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| words.get(before));
            clauses.add(before, word, words.get(at + 1))?;
        }
        clauses.add_neighbours(&words);
        let mut hits = Hits { corrected: clauses.corrected(), ..Hits::default() };
        for required in clauses.thresholds() {
            let found = self.run(&*clauses.query(required), query.filter)?;
            if !found.is_empty() {
                hits.relaxed = required < clauses.len();
                hits.total = found.len();
                if query.want_matching {
                    hits.matching = found.iter().map(|hit| hit.key).collect();
                }
                hits.hits = self.best(found, query.offset, query.limit);
                break;
            }
        }
        Ok(hits)
    }

    /// Products for a text still being typed: its last word may be unfinished. At most `limit`, best first.
    pub fn suggest(
        &self,
        text: &str,
        locale: &Locale,
        limit: usize,
        filter: Option<&dyn Fn(DocKey) -> bool>,
    ) -> Result<Vec<Hit>, IndexError> {
        let words = query_words(text);
        let mut clauses = Clauses::new(&self.searcher, self.fields, locale.language());
        for (at, word) in words.iter().enumerate() {
            if at + 1 == words.len() && !text.ends_with(char::is_whitespace) {
                clauses.add_unfinished(word)?;
            } else {
                let before = at.checked_sub(1).and_then(|before| words.get(before));
                clauses.add(before, word, words.get(at + 1))?;
            }
        }
        if clauses.len() == 0 {
            return Ok(Vec::new());
        }
        let found = self.run(&*clauses.query(clauses.len()), filter)?;
        Ok(self.best(found, 0, limit))
    }

    /// Every match with its score.
    fn run(&self, query: &dyn EngineQuery, filter: Option<&dyn Fn(DocKey) -> bool>) -> Result<Vec<Hit>, IndexError> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(&self.searcher))?;
        let mut found = Vec::new();
        for (segment, base) in self.searcher.segment_readers().iter().zip(&self.bases) {
            let alive = segment.alive_bitset();
            weight.for_each(segment, &mut |doc, score| {
                let key = DocKey(base + doc);
                if alive.is_none_or(|alive| alive.is_alive(doc)) && filter.is_none_or(|allows| allows(key)) {
                    found.push(Hit { key, score });
                }
            })?;
        }
        Ok(found)
    }

    fn best(&self, mut found: Vec<Hit>, offset: usize, limit: usize) -> Vec<Hit> {
        let better =
            |a: &Hit, b: &Hit| b.score.total_cmp(&a.score).then_with(|| self.product(a.key).cmp(&self.product(b.key)));
        let end = offset.saturating_add(limit).min(MAX_WINDOW);
        if end < found.len() {
            found.select_nth_unstable_by(end, better);
            found.truncate(end);
        }
        found.sort_unstable_by(better);
        found.drain(..offset.min(found.len()));
        found
    }
}

fn query_words(text: &str) -> Vec<Word> {
    let end = text.char_indices().nth(MAX_QUERY_CHARS).map_or(text.len(), |(end, _)| end);
    let mut words = analysis::words(&text[..end]);
    words.truncate(MAX_QUERY_WORDS);
    words
}

fn ids_of(segment: &SegmentReader) -> Result<Vec<Option<ProductId>>, IndexError> {
    let column = segment.fast_fields().str("id")?;
    let mut text = String::new();
    let mut ids = Vec::with_capacity(segment.max_doc() as usize);
    for doc in 0..segment.max_doc() {
        let id = match &column {
            Some(column) if !segment.is_deleted(doc) => match column.ords().first(doc) {
                Some(ord) => {
                    column.ord_to_str(ord, &mut text).map_err(tantivy::TantivyError::from)?;
                    ProductId::new(text.as_str()).ok()
                }
                None => None,
            },
            _ => None,
        };
        ids.push(id);
    }
    Ok(ids)
}
