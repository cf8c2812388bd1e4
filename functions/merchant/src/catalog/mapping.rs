//! Foreign JSON objects to product records: which of their fields is which of ours, in a TOML file.

use super::record::{Amount, AttributeRecord, AttributeText, ImageRecord, ProductRecord, Text, VariantRecord};
use super::refusal::ImportError;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use stoa_domain::Locale;
use stoa_domain::product::ProductStatus;

/// See docs/catalog-format.md and mappings/icecat.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The language of the file's texts; the shop's default where missing.
    pub language: Option<Locale>,
    pub fields: Fields,
    #[serde(default)]
    pub defaults: Defaults,
    /// Single fields that become attributes.
    #[serde(default)]
    pub attributes: Vec<NamedAttribute>,
    /// Every field that starts so becomes an attribute.
    #[serde(default)]
    pub attribute_prefixes: Vec<AttributePrefix>,
}

/// Each names a field of the foreign object. A list of names takes the first that is filled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    pub id: Option<Names>,
    pub handle: Option<Names>,
    pub title: Names,
    /// HTML.
    pub description_html: Option<Names>,
    /// Plain text: escaped, one paragraph a line.
    pub description_text: Option<Names>,
    pub brand: Option<Names>,
    pub product_type: Option<Names>,
    /// A list of names from the root, or one text.
    pub category: Option<Names>,
    pub category_separator: Option<String>,
    pub tags: Option<Names>,
    pub sku: Option<Names>,
    /// In the shop's currency, `12.50`.
    pub price: Option<Names>,
    /// In the minor units of the shop's currency: cents, fen.
    pub price_minor: Option<Names>,
    pub barcode: Option<Names>,
    pub stock: Option<Names>,
    pub created_at: Option<Names>,
    /// Each filled one is a picture of the product.
    #[serde(default)]
    pub images: Vec<Names>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Names {
    One(String),
    FirstOf(Vec<String>),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    pub status: Option<ProductStatus>,
    /// On hand, where nothing was ever counted.
    pub stock: Option<u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedAttribute {
    pub field: String,
    pub name: String,
    /// Label by language.
    #[serde(default)]
    pub label: BTreeMap<Locale, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributePrefix {
    pub prefix: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Number,
    Flag,
}

type Refused = (&'static str, String);

impl Mapping {
    pub fn parse(toml: &str) -> Result<Self, ImportError> {
        toml::from_str(toml).map_err(|e| ImportError::Mapping(e.to_string()))
    }

    /// The mapping that comes with Stoa under this name: `icecat`.
    pub fn built_in(name: &str) -> Option<Self> {
        let toml = match name {
            "icecat" => include_str!("../../mappings/icecat.toml"),
            _ => return None,
        };
        Self::parse(toml).ok()
    }

    /// One foreign object as a record.
    pub fn apply(&self, object: &Map<String, Value>) -> Result<ProductRecord, Refused> {
        let f = &self.fields;
        let text = |names: &Option<Names>| names.as_ref().and_then(|names| names.text(object));
        let id = text(&f.id);
        let title = f.title.text(object).ok_or_else(|| ("title_required", format!("{} is empty", f.title.first())))?;
        let price = match (&f.price_minor, &f.price) {
            (Some(minor), _) => minor.find(object).map(Amount::minor).transpose()?,
            (None, price) => price.as_ref().and_then(|names| names.text(object)).map(Amount::Text),
        };
        let variant = VariantRecord {
            sku: text(&f.sku),
            price,
            barcode: text(&f.barcode),
            stock: text(&f.stock).map(|t| t.parse().map_err(|_| whole_number(&t))).transpose()?,
            initial_stock: self.defaults.stock,
            ..Default::default()
        };
        let description = text(&f.description_html).or_else(|| text(&f.description_text).map(|t| paragraphs(&t)));
        Ok(ProductRecord {
            id,
            handle: text(&f.handle),
            status: self.defaults.status,
            title: Some(self.text(title)),
            description_html: description.map(|html| self.text(html)),
            brand: text(&f.brand),
            product_type: text(&f.product_type),
            category: self.category(object),
            tags: f.tags.as_ref().map(|names| names.list(object)),
            attributes: Some(self.attributes(object)),
            variants: Some(vec![variant]),
            images: Some(f.images.iter().filter_map(|names| names.text(object)).map(ImageRecord::at).collect()),
            created_at: text(&f.created_at),
            ..Default::default()
        })
    }

    fn text(&self, text: String) -> Text {
        match &self.language {
            Some(language) => Text::Translated(BTreeMap::from([(language.clone(), text)])),
            None => Text::Plain(text),
        }
    }

    fn category(&self, object: &Map<String, Value>) -> Option<Vec<Text>> {
        let names = self.fields.category.as_ref()?.list(object);
        let parts = names.iter().flat_map(|name| match &self.fields.category_separator {
            Some(separator) if !separator.is_empty() => name.split(separator.as_str()).collect(),
            _ => vec![name.as_str()],
        });
        Some(parts.map(str::trim).filter(|p| !p.is_empty()).map(|p| self.text(p.to_owned())).collect())
    }

    fn attributes(&self, object: &Map<String, Value>) -> Vec<AttributeRecord> {
        let named = self.attributes.iter().filter_map(|attribute| {
            let value = self.text(text_of(object.get(&attribute.field)?)?);
            let label = (!attribute.label.is_empty()).then(|| Text::Translated(attribute.label.clone()));
            Some(AttributeRecord { name: attribute.name.clone(), label, value: AttributeText::Text(value), unit: None })
        });
        let prefixed = object.iter().filter_map(|(name, value)| {
            let prefix = self.attribute_prefixes.iter().find(|p| name.starts_with(&p.prefix))?;
            let value = match (prefix.kind, value) {
                (Kind::Number, Value::Number(n)) => AttributeText::Number(n.clone()),
                (Kind::Flag, Value::Bool(flag)) => AttributeText::Flag(*flag),
                (_, value) => AttributeText::Text(self.text(text_of(value)?)),
            };
            let label = Some(self.text(label(&name[prefix.prefix.len()..])));
            Some(AttributeRecord { name: name.clone(), label, value, unit: None })
        });
        named.chain(prefixed).collect()
    }
}

impl Names {
    fn first(&self) -> &str {
        match self {
            Self::One(name) => name,
            Self::FirstOf(names) => names.first().map_or("", String::as_str),
        }
    }
    fn find<'a>(&self, object: &'a Map<String, Value>) -> Option<&'a Value> {
        let filled = |name: &String| object.get(name).filter(|value| text_of(value).is_some());
        match self {
            Self::One(name) => filled(name),
            Self::FirstOf(names) => names.iter().find_map(filled),
        }
    }
    fn text(&self, object: &Map<String, Value>) -> Option<String> {
        self.find(object).and_then(text_of)
    }
    fn list(&self, object: &Map<String, Value>) -> Vec<String> {
        match self.find(object) {
            Some(Value::Array(values)) => values.iter().filter_map(text_of).collect(),
            Some(value) => text_of(value).into_iter().collect(),
            None => Vec::new(),
        }
    }
}

impl Amount {
    /// A whole number of minor units; what they are worth depends on the shop's currency.
    fn minor(value: &Value) -> Result<Self, Refused> {
        let text = text_of(value).unwrap_or_default();
        let whole = text.parse::<Decimal>().ok().filter(|d| d.fract().is_zero());
        whole.map(|d| Self::Minor { minor: d.normalize().to_string() }).ok_or_else(|| whole_number(&text))
    }
}

impl ImageRecord {
    fn at(source: String) -> Self {
        Self { source: Some(source), ..Default::default() }
    }
}

fn whole_number(text: &str) -> Refused {
    ("not_a_whole_number", format!("must be a whole number, got {text:?}"))
}

/// A filled scalar's text, or that of a list's first filled element.
fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(values) => return values.iter().find_map(text_of),
        Value::Null | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// `product_colour` as `Product colour`.
pub(super) fn label(name: &str) -> String {
    let words = name.split(['_', '-']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    letters.next().map_or_else(|| name.to_owned(), |first| first.to_uppercase().chain(letters).collect())
}

fn paragraphs(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("<p>{}</p>", ammonia::clean_text(line))).collect()
}
