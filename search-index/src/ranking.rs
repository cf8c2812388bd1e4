use crate::schema::RANKED;
use serde::{Deserialize, Serialize};

/// What counts how much. The default was tuned on a shop of electronics and is meant for any; docs/search.md says what
/// each number gained and how to measure another choice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ranking {
    pub title: FieldRanking,
    pub brand: FieldRanking,
    pub kinds: FieldRanking,
    pub attributes: FieldRanking,
    pub description: FieldRanking,
    /// What of the title names the thing itself, not what it belongs to or is for.
    pub subject: FieldRanking,
    /// A whole SKU, barcode or maker's number.
    pub codes: FieldRanking,
    /// How soon more of the same word stops counting (BM25's k1).
    pub saturation: f32,
    /// Of words that follow each other in the query and in the title too.
    pub phrase: f32,
    /// Of titles that are about little else.
    pub coverage: f32,
    /// Of the query's last word, which in most languages names the thing (`camera CASE`).
    pub head: f32,
    /// Of the word just as it was typed, against its other forms.
    pub exact: f32,
    /// The parts of a compound apart, against the compound whole.
    pub parts: f32,
    /// Two neighbouring words that the product writes as one.
    pub joined: f32,
    /// Chinese characters side by side that the dictionary cut in another way.
    pub pairs: f32,
    /// A Chinese word by its pronunciation.
    pub sounds: f32,
    pub synonym: f32,
    /// A word taken instead of one the shop does not know.
    pub corrected: f32,
    /// Of a product's own merit, see [`crate::Query::merit`].
    pub merit: f32,
}

/// A field's part in the score (BM25F).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRanking {
    pub weight: f32,
    /// How much long texts count less: 0 not at all, 1 by their whole length (BM25's b).
    pub length: f32,
}

const fn field(weight: f32, length: f32) -> FieldRanking {
    FieldRanking { weight, length }
}

impl Ranking {
    /// In the order of `schema::Fields::ranked`.
    pub(crate) fn fields(&self) -> [FieldRanking; RANKED] {
        [self.title, self.brand, self.kinds, self.attributes, self.description, self.codes, self.subject]
    }
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            title: field(1.5, 0.3),
            brand: field(1.5, 0.0),
            kinds: field(4.0, 0.3),
            attributes: field(0.3, 0.7),
            description: field(0.5, 0.5),
            subject: field(0.75, 0.0),
            codes: field(6.0, 0.0),
            saturation: 2.0,
            phrase: 0.15,
            coverage: 0.2,
            head: 1.3,
            exact: 0.2,
            parts: 0.7,
            joined: 0.5,
            pairs: 0.6,
            sounds: 0.8,
            synonym: 0.8,
            corrected: 0.7,
            merit: 0.3,
        }
    }
}
