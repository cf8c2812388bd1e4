//! One opened segment: the dictionaries, postings and lengths of its fields, at hand without a lock.

use crate::schema::{Fields, RANKED};
use std::sync::Arc;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::InvertedIndexReader;
use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, SegmentReader};

/// Which of [`Fields::ranked`], or one of those below.
pub(super) type FieldNo = usize;
pub(super) const TITLE: FieldNo = 0;
pub(super) const CODES: FieldNo = 5;
pub(super) const SURFACE: FieldNo = RANKED;
pub(super) const SOUNDS: FieldNo = RANKED + 1;

pub(super) struct Segment {
    reader: SegmentReader,
    /// The key of its first document.
    pub(super) base: u32,
    fields: Vec<Field>,
    deleted: Vec<DocId>,
}

struct Field {
    index: Arc<InvertedIndexReader>,
    lengths: Option<FieldNormReader>,
}

impl Segment {
    pub(super) fn open(reader: &SegmentReader, base: u32, fields: Fields) -> tantivy::Result<Self> {
        let field = |field| {
            let lengths = reader.fieldnorms_readers().get_field(field)?;
            Ok(Field { index: reader.inverted_index(field)?, lengths })
        };
        let all = fields.ranked().into_iter().chain([fields.surface, fields.sounds]);
        let fields = all.map(field).collect::<tantivy::Result<_>>()?;
        let deleted = match reader.alive_bitset() {
            Some(alive) => (0..reader.max_doc()).filter(|doc| !alive.is_alive(*doc)).collect(),
            None => Vec::new(),
        };
        Ok(Self { reader: reader.clone(), base, fields, deleted })
    }

    pub(super) fn is_alive(&self, doc: DocId) -> bool {
        self.reader.alive_bitset().is_none_or(|alive| alive.is_alive(doc))
    }

    /// Terms of the field in the living documents: what is counted when a segment is written holds those deleted since.
    pub(super) fn tokens(&self, field: FieldNo) -> u64 {
        let deleted = self.deleted.iter().map(|doc| u64::from(length(self.length_code(field, *doc)))).sum();
        self.fields[field].index.total_num_tokens().saturating_sub(deleted)
    }

    /// A code for the length of the field in a document, see [`length`].
    pub(super) fn length_code(&self, field: FieldNo, doc: DocId) -> u8 {
        self.fields[field].lengths.as_ref().map_or(0, |lengths| lengths.fieldnorm_id(doc))
    }

    /// How many documents have the term in the field.
    pub(super) fn frequency(&self, field: FieldNo, term: &str) -> tantivy::Result<u32> {
        Ok(self.fields[field].index.terms().get(term)?.map_or(0, |term| term.doc_freq))
    }

    /// Documents with the term in the field, with how often, and with where if asked.
    pub(super) fn postings(
        &self,
        field: FieldNo,
        term: &str,
        record: IndexRecordOption,
    ) -> tantivy::Result<Option<SegmentPostings>> {
        let index = &self.fields[field].index;
        match index.terms().get(term)? {
            Some(term) => Ok(Some(index.read_postings_from_terminfo(&term, record)?)),
            None => Ok(None),
        }
    }
}

pub(super) fn length(code: u8) -> u32 {
    FieldNormReader::id_to_fieldnorm(code)
}

/// Mean length of each field in the living documents of `documents`.
pub(super) fn mean_lengths(segments: &[Segment], documents: u32) -> [f32; RANKED] {
    let deleted: usize = segments.iter().map(|segment| segment.deleted.len()).sum();
    let living = documents.saturating_sub(deleted as u32);
    std::array::from_fn(|field| {
        let tokens: u64 = segments.iter().map(|segment| segment.tokens(field)).sum();
        (tokens as f32 / living.max(1) as f32).max(1.0)
    })
}
