use tantivy::schema::{FAST, Field, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};

/// Which analysis, fields and file layout this code writes and reads. Raised with every change of any of them.
pub const SCHEMA_VERSION: u32 = 2;

/// All languages share the fields: a term of one language is seldom one of another, and a shopper in a Chinese shop
/// who types an English name finds it. Values come as terms already (`analysis::terms`), hence `raw`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// The product id: a column, and a term to delete by.
    #[cfg_attr(not(feature = "build"), expect(dead_code, reason = "read through its column"))]
    pub(crate) id: Field,
    /// With positions, for phrases.
    pub(crate) title: Field,
    /// What of the title names the thing itself: not the `camera` of a camera case, nor what a cable is for.
    pub(crate) subject: Field,
    pub(crate) brand: Field,
    pub(crate) kinds: Field,
    pub(crate) attributes: Field,
    pub(crate) description: Field,
    /// SKUs, barcodes and maker's numbers, each one term without separators.
    pub(crate) codes: Field,
    /// Words of title, brand and kinds as written: prefixes and typing errors are looked up here.
    pub(crate) surface: Field,
    /// Chinese words of the same as they are pronounced, whole and by first letters: `shouji`, `sj`.
    pub(crate) sounds: Field,
}

/// How many fields count towards the score.
pub(crate) const RANKED: usize = 7;

impl Fields {
    pub(crate) fn ranked(self) -> [Field; RANKED] {
        [self.title, self.brand, self.kinds, self.attributes, self.description, self.codes, self.subject]
    }
}

pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = |record| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(record);
        TextOptions::default().set_indexing_options(indexing)
    };
    let frequencies = text(IndexRecordOption::WithFreqs);
    let bare = || {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        id: schema.add_text_field("id", STRING | FAST),
        title: schema.add_text_field("title", text(IndexRecordOption::WithFreqsAndPositions)),
        subject: schema.add_text_field("subject", bare()),
        brand: schema.add_text_field("brand", frequencies.clone()),
        kinds: schema.add_text_field("kinds", frequencies.clone()),
        attributes: schema.add_text_field("attributes", frequencies.clone()),
        description: schema.add_text_field("description", frequencies),
        codes: schema.add_text_field("codes", bare()),
        surface: schema.add_text_field("surface", bare()),
        sounds: schema.add_text_field("sounds", bare()),
    };
    (schema.build(), fields)
}
