//! What the columns of Shopify's product CSV mean, under the names of both dialects: the older one
//! (`Handle, Title, Body (HTML), …, Variant SKU`) and the current one (`Title, URL handle, Description, …, SKU`).

use super::refusal::Field;

/// A column that has a meaning here. Options count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Handle,
    Title,
    Description,
    Vendor,
    Category,
    ProductType,
    Tags,
    Published,
    Status,
    Collection,
    OptionName(usize),
    OptionValue(usize),
    Sku,
    Barcode,
    Price,
    CompareAt,
    Cost,
    Taxable,
    Tracker,
    Quantity,
    Backorder,
    Grams,
    RequiresShipping,
    ImageSource,
    ImagePosition,
    ImageAlt,
    VariantImage,
    SeoTitle,
    SeoDescription,
    /// `… (product.metafields.stoa.record)`: what Shopify's columns cannot hold, as a native record in JSON.
    Record,
}

use Column as C;

/// Column, older name, current name. An empty name: the dialect has none.
pub(super) const NAMES: &[(Column, &str, &str)] = &[
    (C::Title, "Title", "Title"),
    (C::Handle, "Handle", "URL handle"),
    (C::Description, "Body (HTML)", "Description"),
    (C::Vendor, "Vendor", "Vendor"),
    (C::Category, "Product Category", "Product category"),
    (C::ProductType, "Type", "Type"),
    (C::Tags, "Tags", "Tags"),
    (C::Published, "Published", "Published on online store"),
    (C::Status, "Status", "Status"),
    (C::Collection, "Collection", "Collection"),
    (C::Sku, "Variant SKU", "SKU"),
    (C::Barcode, "Variant Barcode", "Barcode"),
    (C::OptionName(0), "Option1 Name", "Option1 name"),
    (C::OptionValue(0), "Option1 Value", "Option1 value"),
    (C::OptionName(1), "Option2 Name", "Option2 name"),
    (C::OptionValue(1), "Option2 Value", "Option2 value"),
    (C::OptionName(2), "Option3 Name", "Option3 name"),
    (C::OptionValue(2), "Option3 Value", "Option3 value"),
    (C::Price, "Variant Price", "Price"),
    (C::CompareAt, "Variant Compare At Price", "Compare-at price"),
    (C::Cost, "Cost per item", "Cost per item"),
    (C::Taxable, "Variant Taxable", "Charge tax"),
    (C::Tracker, "Variant Inventory Tracker", "Inventory tracker"),
    (C::Quantity, "Variant Inventory Qty", "Inventory quantity"),
    (C::Backorder, "Variant Inventory Policy", "Continue selling when out of stock"),
    (C::Grams, "Variant Grams", "Weight value (grams)"),
    (C::RequiresShipping, "Variant Requires Shipping", "Requires shipping"),
    (C::ImageSource, "Image Src", "Product image URL"),
    (C::ImagePosition, "Image Position", "Image position"),
    (C::ImageAlt, "Image Alt Text", "Image alt text"),
    (C::VariantImage, "Variant Image", "Variant image URL"),
    (C::SeoTitle, "SEO Title", "SEO title"),
    (C::SeoDescription, "SEO Description", "SEO description"),
    (C::Record, "", "Stoa record (product.metafields.stoa.record)"),
];

const RECORD_SUFFIX: &str = "(product.metafields.stoa.record)";

impl Column {
    /// By either dialect's name; capitals and outer white space do not matter.
    fn named(header: &str) -> Option<Self> {
        let header = header.trim();
        if header.ends_with(RECORD_SUFFIX) {
            return Some(C::Record);
        }
        let same = |name: &str| !name.is_empty() && header.eq_ignore_ascii_case(name);
        NAMES.iter().find(|(_, older, current)| same(older) || same(current)).map(|(column, ..)| *column)
    }

    /// Whether a filled cell of it makes the row a variant.
    pub(super) fn is_variant(self) -> bool {
        matches!(self, C::OptionValue(_) | C::Sku | C::Barcode | C::Price | C::CompareAt | C::Cost | C::Quantity)
    }
}

/// A file's header, read.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    headers: Vec<String>,
    meanings: Vec<Option<Column>>,
}

impl Columns {
    /// The rule that is broken otherwise: a column is there once, and `Title` or a handle is there.
    pub(super) fn read(headers: Vec<String>) -> Result<Self, (&'static str, String)> {
        let meanings: Vec<_> = headers.iter().map(|header| Column::named(header)).collect();
        for (i, meaning) in meanings.iter().enumerate() {
            if meaning.is_some() && meanings[..i].contains(meaning) {
                return Err(("repeated_column", format!("the column {} is there twice", headers[i].trim())));
            }
        }
        let columns = Self { headers, meanings };
        if !columns.has(C::Title) && !columns.has(C::Handle) {
            let rule = "the first line must name columns, among them Title or Handle (URL handle)";
            return Err(("missing_columns", rule.to_owned()));
        }
        Ok(columns)
    }
    pub(super) fn len(&self) -> usize {
        self.headers.len()
    }
    pub(super) fn has(&self, column: Column) -> bool {
        self.meanings.contains(&Some(column))
    }
    pub(super) fn has_any(&self, wanted: impl Fn(Column) -> bool) -> bool {
        self.meanings.iter().flatten().any(|column| wanted(*column))
    }
    pub(super) fn position(&self, column: Column) -> Option<usize> {
        self.meanings.iter().position(|meaning| *meaning == Some(column))
    }
    pub(super) fn meanings(&self) -> impl Iterator<Item = (usize, Column)> {
        self.meanings.iter().enumerate().filter_map(|(i, column)| column.map(|c| (i, c)))
    }
    pub(super) fn is_current(&self) -> bool {
        self.headers.iter().any(|h| h.trim().eq_ignore_ascii_case("URL handle"))
            || !self.has(C::Handle) && !self.headers.iter().any(|h| h.trim().eq_ignore_ascii_case("Body (HTML)"))
    }
    pub(super) fn ignored(&self) -> Vec<String> {
        let unknown = self.headers.iter().zip(&self.meanings).filter(|(_, meaning)| meaning.is_none());
        unknown.map(|(header, _)| header.trim().to_owned()).filter(|header| !header.is_empty()).collect()
    }
    /// The header over what a record's field came from, as the file spells it.
    pub(super) fn name_of(&self, field: Field) -> String {
        let column = match (field.list.map(|(list, _)| list), field.name) {
            (None, "handle") => C::Handle,
            (None, "title") => C::Title,
            (None, "description_html") => C::Description,
            (None, "brand") => C::Vendor,
            (None, "category") => C::Category,
            (None, "product_type") => C::ProductType,
            (None, "tags") => C::Tags,
            (None, "status") => C::Status,
            (None, "seo_title") => C::SeoTitle,
            (None, "seo_description") => C::SeoDescription,
            (None, "collections") => C::Collection,
            (None, "record" | "id" | "created_at") | (Some("attributes"), _) => C::Record,
            (Some("options"), _) => C::OptionName(field.list.map_or(0, |(_, i)| i)),
            (Some("images"), "alt") => C::ImageAlt,
            (Some("images"), "position") => C::ImagePosition,
            (Some("images"), _) => C::ImageSource,
            (_, "sku") => C::Sku,
            (_, "options") => C::OptionValue(0),
            (_, "price") => C::Price,
            (_, "compare_at") => C::CompareAt,
            (_, "cost") => C::Cost,
            (_, "barcode") => C::Barcode,
            (_, "weight_grams") => C::Grams,
            (_, "image") => C::VariantImage,
            (_, "stock") => C::Quantity,
            (_, "taxable") => C::Taxable,
            (_, "requires_shipping") => C::RequiresShipping,
            (_, "backorder") => C::Backorder,
            (_, "published") => C::Published,
            _ => return field.to_string(),
        };
        self.name(column).unwrap_or_else(|| field.to_string())
    }
    pub(super) fn header(&self, index: usize) -> String {
        self.headers.get(index).map_or_else(String::new, |header| header.trim().to_owned())
    }
    pub(super) fn name(&self, column: Column) -> Option<String> {
        self.position(column).map(|i| self.headers[i].trim().to_owned())
    }
}
