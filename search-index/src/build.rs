//! Writes an index, whole or by small additions. Native only: the writer uses threads.

mod merging;
mod sounds;
mod subject;

use crate::analysis::{self, Stems, Word};
use crate::pack;
use crate::read::IndexBytes;
use crate::schema::{Fields, schema};
use crate::{IndexError, SearchDocument};
use merging::Size;
use std::collections::HashMap;
use std::path::Path;
use stoa_domain::{Localized, ProductId};
use subject::Subjects;
use tantivy::directory::RamDirectory;
use tantivy::index::SegmentComponent;
use tantivy::merge_policy::NoMergePolicy;
use tantivy::schema::Field;
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Directory, Index, IndexSettings, IndexWriter, TantivyDocument, Term};

/// Room for a segment of about 100,000 products before the writer starts a second one.
const WRITER_BYTES: usize = 256 << 20;
/// Nobody searches for the tail of a novel.
const MAX_TEXT_BYTES: usize = 32 << 10;
/// Between the locales of one field, so that no phrase spans two of them.
const POSITION_GAP: usize = 16;

const IMMUTABLE: [SegmentComponent; 6] = [
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FastFields,
    SegmentComponent::FieldNorms,
    SegmentComponent::Terms,
    SegmentComponent::Store,
];

pub struct IndexBuilder {
    directory: RamDirectory,
    writer: IndexWriter,
    fields: Fields,
    /// Packs that came with the existing index, by segment id: they go out again as the same bytes.
    packs: HashMap<String, Vec<u8>>,
    stems: HashMap<String, Stems>,
    subjects: Subjects,
}

/// What to publish: `meta` always, of `segments` those that are new.
#[derive(Debug, Clone)]
pub struct Built {
    pub meta: Vec<u8>,
    pub segments: Vec<BuiltSegment>,
}

#[derive(Debug, Clone)]
pub struct BuiltSegment {
    pub pack: Vec<u8>,
    /// False: byte for byte a pack that was given to [`IndexBuilder::open`].
    pub is_new: bool,
}

impl Built {
    pub fn into_bytes(self) -> IndexBytes {
        IndexBytes { meta: self.meta, segments: self.segments.into_iter().map(|segment| segment.pack).collect() }
    }
}

impl IndexBuilder {
    /// With an existing index, only what [`IndexBuilder::apply`] brings is written. `IndexError::SchemaVersion` says
    /// that it must be built anew: then open with `None` and apply every product.
    pub fn open(existing: Option<IndexBytes>) -> Result<Self, IndexError> {
        let directory = RamDirectory::create();
        let (schema, fields) = schema();
        let mut packs = HashMap::new();
        let index = match existing {
            Some(bytes) => {
                unpack(&directory, &bytes.meta)?;
                for bytes in bytes.segments {
                    let id = unpack(&directory, &bytes)?;
                    packs.insert(id, bytes);
                }
                Index::open(directory.clone())?
            }
            None => Index::create(directory.clone(), schema, IndexSettings::default())?,
        };
        let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self { directory, writer, fields, packs, stems: HashMap::new(), subjects: Subjects::new() })
    }

    /// A document replaces the one with the same id. Deleting what is not there is fine.
    pub fn apply<'a>(
        &mut self,
        upserts: impl IntoIterator<Item = &'a SearchDocument>,
        deletes: &[ProductId],
    ) -> Result<(), IndexError> {
        for id in deletes {
            self.writer.delete_term(Term::from_field_text(self.fields.id, id.as_str()));
        }
        for document in upserts {
            self.writer.delete_term(Term::from_field_text(self.fields.id, document.id.as_str()));
            let document = self.document(document);
            self.writer.add_document(document)?;
        }
        Ok(())
    }

    /// Waits until everything is written, merges where it pays, and packs.
    pub fn commit(mut self) -> Result<Built, IndexError> {
        self.writer.commit()?;
        self.merge()?;
        let index = self.writer.index().clone();
        self.writer.wait_merging_threads()?;
        let mut meta = vec![file(&self.directory, Path::new("meta.json"))?];
        let mut segments = Vec::new();
        for segment in index.searchable_segment_metas()? {
            if segment.has_deletes() {
                meta.push(file(&self.directory, &segment.relative_path(SegmentComponent::Delete))?);
            }
            if let Some(pack) = self.packs.remove(&segment.id().uuid_string()) {
                segments.push(BuiltSegment { pack, is_new: false });
                continue;
            }
            let mut files = Vec::new();
            for component in IMMUTABLE {
                let path = segment.relative_path(component);
                if self.directory.exists(&path).map_err(tantivy::TantivyError::from)? {
                    files.push(file(&self.directory, &path)?);
                }
            }
            segments.push(BuiltSegment { pack: pack::write(&files)?, is_new: true });
        }
        Ok(Built { meta: pack::write(&meta)?, segments })
    }

    fn merge(&mut self) -> Result<(), IndexError> {
        let segments = self.writer.index().searchable_segment_metas()?;
        let sizes: Vec<Size> =
            segments.iter().map(|s| Size { living: s.num_docs(), deleted: s.num_deleted_docs() }).collect();
        let together: Vec<_> = merging::together(&sizes).into_iter().map(|at| segments[at].id()).collect();
        if !together.is_empty() {
            self.writer.merge(&together).wait()?;
        }
        Ok(())
    }

    fn document(&mut self, from: &SearchDocument) -> TantivyDocument {
        let fields = self.fields;
        let mut document = TantivyDocument::new();
        document.add_text(fields.id, from.id.as_str());
        let brand = from.brand.iter().map(|brand| ("", brand.as_str()));
        let localized =
            |texts: &'_ [Localized]| -> Vec<(String, String)> { texts.iter().flat_map(texts_by_language).collect() };
        let kinds = localized(&from.kinds);
        let attributes = localized(&from.attributes);
        let title: Vec<_> = texts_by_language(&from.title).collect();
        let description: Vec<_> = texts_by_language(&from.description).collect();
        let mut surface: Vec<String> = Vec::new();
        let mut sounds: Vec<String> = Vec::new();
        for text in title.iter().chain(&kinds).map(|(_, text)| text.as_str()).chain(from.brand.as_deref()) {
            for word in analysis::words(cut(text)) {
                match word {
                    Word::Plain(plain) => surface.push(plain),
                    Word::Compound { whole, .. } => surface.push(whole),
                    Word::Run(run) => sounds.extend(sounds::sounds(&run)),
                }
            }
        }
        let tokens = self.tokens(borrowed(&title));
        let mut subject = self.subjects.of(&tokens);
        subject.sort_unstable();
        subject.dedup();
        for term in subject {
            document.add_text(fields.subject, term);
        }
        add(&mut document, fields.title, tokens);
        add(&mut document, fields.brand, self.tokens(brand));
        add(&mut document, fields.kinds, self.tokens(borrowed(&kinds)));
        add(&mut document, fields.attributes, self.tokens(borrowed(&attributes)));
        add(&mut document, fields.description, self.tokens(borrowed(&description)));
        for (field, mut words) in [(fields.surface, surface), (fields.sounds, sounds)] {
            words.sort_unstable();
            words.dedup();
            for word in words {
                document.add_text(field, word);
            }
        }
        for code in from.codes.iter().map(|text| analysis::code(text)).filter(|code| !code.is_empty()) {
            document.add_text(fields.codes, code);
        }
        document
    }

    fn tokens<'a>(&mut self, texts: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        for (language, text) in texts {
            if !self.stems.contains_key(language) {
                self.stems.insert(language.to_string(), Stems::new(language));
            }
            if let Some(stems) = self.stems.get_mut(language) {
                let from = tokens.last().map_or(0, |last| last.position + POSITION_GAP);
                tokens.extend(analysis::terms(cut(text), stems, from));
            }
        }
        tokens
    }
}

fn add(document: &mut TantivyDocument, field: Field, tokens: Vec<Token>) {
    if !tokens.is_empty() {
        document.add_pre_tokenized_text(field, PreTokenizedString { text: String::new(), tokens });
    }
}

fn texts_by_language(text: &Localized) -> impl Iterator<Item = (String, String)> {
    text.iter().map(|(locale, text)| (locale.language().to_string(), text.to_string()))
}

fn borrowed(texts: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    texts.iter().map(|(language, text)| (language.as_str(), text.as_str()))
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

fn file(directory: &RamDirectory, path: &Path) -> Result<(String, Vec<u8>), IndexError> {
    let bytes = directory.open_read(path).map_err(tantivy::TantivyError::from)?;
    let bytes = bytes.read_bytes().map_err(tantivy::TantivyError::from)?;
    Ok((path.to_string_lossy().into_owned(), bytes.to_vec()))
}

/// Gives the segment's id: what its files' names begin with.
fn unpack(directory: &RamDirectory, bytes: &[u8]) -> Result<String, IndexError> {
    let mut id = String::new();
    for (path, range) in pack::read(bytes)? {
        directory.atomic_write(&path, &bytes[range]).map_err(tantivy::TantivyError::from)?;
        id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    }
    Ok(id)
}
