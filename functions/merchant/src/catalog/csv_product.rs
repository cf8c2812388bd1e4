//! The rows of one product of a Shopify CSV as a record: the first row says what the product is, each row may add a
//! variant, a picture, or both. An absent column leaves what the shop has, a blank cell clears it.

use super::csv_columns::{Column as C, Columns};
use super::csv_file::Row;
use super::record::{Amount, ImageRecord, OptionRecord, ProductRecord, Text, VariantRecord};
use super::refusal::{Field, RowError, short};
use super::source::{Item, Place, Sourced};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use stoa_domain::Locale;
use stoa_domain::product::{MAX_OPTIONS, ProductStatus};

/// What Shopify's columns cannot hold: other languages, attributes, swatches, stored pictures, more than one hand-picked
/// collection. The columns win.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extra {
    /// The language that the columns are written in.
    pub(super) language: Option<Locale>,
    pub(super) product: ProductRecord,
}

pub(super) fn error(columns: &Columns, row: u64, field: Field, code: &str, message: String, value: &str) -> RowError {
    RowError { row, column: columns.name_of(field), code: code.to_owned(), message, value: short(value) }
}

/// `rows` is not empty and holds no broken row.
pub(super) fn item(columns: &Arc<Columns>, rows: &[Row]) -> Item {
    let mut reading = Reading { columns, errors: Vec::new() };
    let (record, variants, images) = reading.product(rows);
    if reading.errors.is_empty() {
        let place = Place::Rows { first: rows[0].line, variants, images, columns: columns.clone() };
        Item::Record(Sourced { record, place })
    } else {
        Item::Refused(reading.errors)
    }
}

struct Reading<'a> {
    columns: &'a Columns,
    errors: Vec<RowError>,
}

impl Reading<'_> {
    fn refuse(&mut self, row: &Row, field: Field, code: &str, rule: &str, value: &str) {
        self.errors.push(error(self.columns, row.line, field, code, rule.to_owned(), value));
    }

    /// The record, and the lines its variants and its images come from.
    fn product(&mut self, rows: &[Row]) -> (ProductRecord, Vec<u64>, Vec<u64>) {
        let first = &rows[0];
        let text = |column| first.cell(self.columns, column).map(str::to_owned);
        let (handle, title) = (text(C::Handle), text(C::Title));
        let extra = self.extra(first);
        let language = extra.language;
        let more = extra.product;
        let on_top = |column: Option<String>, more: Option<Text>| overlay(column, more, language.as_ref());

        let mut record = ProductRecord {
            title: on_top(title, more.title),
            description_html: on_top(text(C::Description), more.description_html),
            seo_title: on_top(text(C::SeoTitle), more.seo_title),
            seo_description: on_top(text(C::SeoDescription), more.seo_description),
            handle: handle.filter(|handle| !handle.is_empty()),
            brand: text(C::Vendor),
            product_type: text(C::ProductType),
            // A tag with a comma in it comes back whole, as long as nobody touched the column.
            tags: text(C::Tags)
                .map(|tags| more.tags.filter(|t| t.join(", ") == tags).unwrap_or_else(|| list(&tags, ','))),
            category: text(C::Category).map(|path| list(&path, '>').into_iter().map(Text::Plain).collect()),
            collections: text(C::Collection)
                .map(|title| title.is_empty().then(Vec::new).unwrap_or_else(|| vec![title]))
                .or(more.collections),
            id: more.id,
            created_at: more.created_at,
            attributes: more.attributes,
            status: self.status(first),
            ..Default::default()
        };
        if record.handle.is_none() && record.title.as_ref().is_none_or(|title| *title == Text::from("")) {
            self.refuse(
                first,
                Field::product("title"),
                "title_or_handle_required",
                "the first row of a product has a title or a handle",
                "",
            );
        }

        let mut variant_lines = Vec::new();
        if self.columns.has_any(C::is_variant) {
            let names = self.option_names(first);
            let variant_rows = rows.iter().enumerate().filter(|(i, row)| *i == 0 || self.is_variant(row));
            let variant_rows: Vec<&Row> = variant_rows.map(|(_, row)| row).collect();
            variant_lines = variant_rows.iter().map(|row| row.line).collect();
            record.variants =
                Some(variant_rows.iter().enumerate().map(|(i, row)| self.variant(row, i, names.len())).collect());
            if self.columns.has(C::OptionValue(0)) {
                record.options = Some(options(names, more.options.unwrap_or_default(), language.as_ref()));
            }
        }
        let mut image_lines = Vec::new();
        if self.columns.has(C::ImageSource) {
            let images = self.images(rows, &more.images.unwrap_or_default(), language.as_ref());
            image_lines = images.iter().map(|(line, _)| *line).collect();
            record.images = Some(images.into_iter().map(|(_, image)| image).collect());
        }
        (record, variant_lines, image_lines)
    }

    fn extra(&mut self, row: &Row) -> Extra {
        let Some(json) = row.filled(self.columns, C::Record) else { return Extra::default() };
        serde_json::from_str(json).unwrap_or_else(|e| {
            let rule = format!("must be the JSON that an export wrote: {e}");
            self.refuse(row, Field::product("record"), "invalid_record", &rule, json);
            Extra::default()
        })
    }

    fn status(&mut self, row: &Row) -> Option<ProductStatus> {
        let hidden = self.flag(row, Field::product("published"), C::Published, true).map(|published| !published);
        match row.cell(self.columns, C::Status).map(str::to_ascii_lowercase).as_deref() {
            Some("active" | "") if hidden == Some(true) => Some(ProductStatus::Draft),
            Some("active" | "") => Some(ProductStatus::Active),
            Some("draft" | "unlisted") => Some(ProductStatus::Draft),
            Some("archived") => Some(ProductStatus::Archived),
            Some(other) => {
                self.refuse(
                    row,
                    Field::product("status"),
                    "invalid_status",
                    "a status is active, draft or archived",
                    other,
                );
                None
            }
            None => hidden.map(|hidden| if hidden { ProductStatus::Draft } else { ProductStatus::Active }),
        }
    }

    /// Names of the product's options; `Title` with the only value `Default Title` is Shopify's word for none.
    fn option_names(&mut self, first: &Row) -> Vec<String> {
        let value = first.filled(self.columns, C::OptionValue(0));
        if value == Some("Default Title") {
            return Vec::new();
        }
        let mut names = Vec::new();
        for i in 0..MAX_OPTIONS {
            let name = first.filled(self.columns, C::OptionName(i)).unwrap_or_default().to_owned();
            let value = first.filled(self.columns, C::OptionValue(i)).unwrap_or_default().to_owned();
            match (name.is_empty(), value.is_empty()) {
                (true, true) => {}
                (true, false) => {
                    self.refuse(
                        first,
                        Field::of("options", i, "name"),
                        "option_name_required",
                        "an option with a value needs a name",
                        &value,
                    );
                }
                _ if names.len() < i => {
                    self.refuse(
                        first,
                        Field::of("options", i, "name"),
                        "option_gap",
                        "options are filled from the first on",
                        &name,
                    );
                }
                _ => names.push(name),
            }
        }
        names
    }

    fn is_variant(&self, row: &Row) -> bool {
        self.columns.meanings().any(|(i, column)| column.is_variant() && !row.cells[i].trim().is_empty())
    }

    fn variant(&mut self, row: &Row, index: usize, options: usize) -> VariantRecord {
        let at = |name| Field::of("variants", index, name);
        let text = |column| row.cell(self.columns, column).map(str::to_owned);
        let backorder = match text(C::Backorder).map(|t| t.to_ascii_lowercase()).as_deref() {
            None => None,
            Some("deny" | "") => Some(false),
            Some("continue") => Some(true),
            Some(_) => self.flag(row, at("backorder"), C::Backorder, false),
        };
        VariantRecord {
            sku: text(C::Sku).filter(|sku| !sku.is_empty()),
            options: (0..options).map(|i| text(C::OptionValue(i)).unwrap_or_default()).collect(),
            price: text(C::Price).map(Amount::Text),
            compare_at: text(C::CompareAt).map(Amount::Text),
            cost: text(C::Cost).map(Amount::Text),
            barcode: text(C::Barcode).map(|code| code.trim_start_matches('\'').to_owned()),
            weight_grams: self.whole(row, at("weight_grams"), C::Grams, false).map(|grams| grams.unwrap_or(0)),
            image: text(C::VariantImage),
            requires_shipping: self.flag(row, at("requires_shipping"), C::RequiresShipping, false),
            taxable: self.flag(row, at("taxable"), C::Taxable, false),
            track_stock: text(C::Tracker).map(|tracker| !tracker.is_empty()),
            backorder,
            stock: self.whole(row, at("stock"), C::Quantity, true).flatten(),
            initial_stock: None,
        }
    }

    /// None: no such column. Some(None): blank. Below zero (sold beyond what was there) counts as none left.
    fn whole(&mut self, row: &Row, field: Field, column: C, negative: bool) -> Option<Option<u32>> {
        let cell = row.cell(self.columns, column)?;
        if cell.is_empty() {
            return Some(None);
        }
        let number = cell.parse::<Decimal>().ok().map(|n| n.round());
        let number = number.map(|n| if negative { n.max(Decimal::ZERO) } else { n });
        match number.and_then(|n| n.to_u32()) {
            Some(whole) => Some(Some(whole)),
            None => {
                self.refuse(row, field, "not_a_whole_number", "must be a number from 0 to 4294967295", cell);
                Some(None)
            }
        }
    }

    fn flag(&mut self, row: &Row, field: Field, column: C, blank: bool) -> Option<bool> {
        let cell = row.cell(self.columns, column)?;
        match cell.to_ascii_lowercase().as_str() {
            "" => Some(blank),
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => {
                self.refuse(row, field, "not_a_flag", "must be TRUE or FALSE", cell);
                None
            }
        }
    }

    /// By position where it is given, else in the rows' order; a picture of a variant that is nowhere else comes last.
    fn images(&mut self, rows: &[Row], known: &[ImageRecord], language: Option<&Locale>) -> Vec<(u64, ImageRecord)> {
        let mut found: Vec<(u32, u64, ImageRecord)> = Vec::new();
        for row in rows {
            let Some(source) = row.filled(self.columns, C::ImageSource) else { continue };
            let field = Field::of("images", found.len(), "position");
            let position = self.whole(row, field, C::ImagePosition, false).flatten();
            if found.iter().any(|(_, _, image)| image.source.as_deref() == Some(source)) {
                continue;
            }
            let alt = row.cell(self.columns, C::ImageAlt).map(str::to_owned);
            found.push((position.unwrap_or(u32::MAX), row.line, image(source, alt, known, language)));
        }
        found.sort_by_key(|(position, ..)| *position);
        for row in rows {
            let Some(source) = row.filled(self.columns, C::VariantImage) else { continue };
            if !found.iter().any(|(_, _, image)| image.source.as_deref() == Some(source)) {
                found.push((u32::MAX, row.line, image(source, None, known, language)));
            }
        }
        found.into_iter().map(|(_, line, image)| (line, image)).collect()
    }
}

fn image(source: &str, alt: Option<String>, known: &[ImageRecord], language: Option<&Locale>) -> ImageRecord {
    let known = known.iter().find(|image| image.source.as_deref() == Some(source)).cloned().unwrap_or_default();
    ImageRecord { source: Some(source.to_owned()), alt: overlay(alt, known.alt, language), media: known.media }
}

/// The column's text in its language on top of the other languages' texts.
fn overlay(column: Option<String>, more: Option<Text>, language: Option<&Locale>) -> Option<Text> {
    match (column, more, language) {
        (Some(column), Some(Text::Translated(mut texts)), Some(language)) => {
            texts.insert(language.clone(), column);
            Some(Text::Translated(texts))
        }
        (Some(column), _, _) => Some(Text::Plain(column)),
        (None, more, _) => more,
    }
}

fn options(names: Vec<String>, known: Vec<OptionRecord>, language: Option<&Locale>) -> Vec<OptionRecord> {
    let mut known = known.into_iter();
    let options = names.into_iter().map(|name| {
        let known = known.next();
        let (name, values) = match known {
            Some(option) => (overlay(Some(name), Some(option.name), language), option.values),
            None => (Some(Text::Plain(name)), Vec::new()),
        };
        OptionRecord { name: name.unwrap_or_else(|| Text::from("")), values }
    });
    options.collect()
}

fn list(text: &str, separator: char) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for part in text.split(separator).map(str::trim).filter(|part| !part.is_empty()) {
        if separator == '>' || !all.iter().any(|known| known == part) {
            all.push(part.to_owned());
        }
    }
    all
}
