//! A product in its native wire form: applied to the product again it changes nothing.

use super::build::image_text;
use super::record::{
    Amount, AttributeRecord, AttributeText, ImageRecord, OptionRecord, OptionValueRecord, ProductRecord, Text,
    VariantRecord,
};
use std::collections::BTreeMap;
use stoa_domain::category::Category;
use stoa_domain::product::{Attribute, AttributeValue, Image, Product, ProductOption, Variant};
use stoa_domain::{CategoryId, Locale, Localized};

/// Names of categories from the root, for export.
#[derive(Debug, Default)]
pub struct CategoryPaths(BTreeMap<CategoryId, Category>);

impl CategoryPaths {
    pub fn new(categories: impl IntoIterator<Item = Category>) -> Self {
        Self(categories.into_iter().map(|c| (c.id.clone(), c)).collect())
    }
    pub fn path(&self, id: Option<&CategoryId>) -> Vec<&Localized> {
        let mut path = Vec::new();
        let mut next = id.and_then(|id| self.0.get(id));
        while let Some(category) = next.filter(|_| path.len() < stoa_domain::category::MAX_DEPTH) {
            path.push(&category.name);
            next = category.parent.as_ref().and_then(|id| self.0.get(id));
        }
        path.reverse();
        path
    }
}

/// Without stock: it is not the product's.
pub fn to_record(product: &Product, categories: &CategoryPaths, default: &Locale) -> ProductRecord {
    let path = categories.path(product.category.as_ref());
    ProductRecord {
        id: Some(product.id.to_string()),
        handle: Some(product.handle.to_string()),
        status: Some(product.status),
        title: Some(Text::all(&product.title)),
        description_html: Some(Text::all(&product.description_html)),
        brand: Some(product.brand.clone().unwrap_or_default()),
        product_type: Some(product.product_type.clone().unwrap_or_default()),
        // A category that is gone leaves the field out rather than clearing it.
        category: (!path.is_empty() || product.category.is_none()).then(|| path.into_iter().map(Text::all).collect()),
        tags: Some(product.tags.clone()),
        attributes: Some(product.attributes.iter().filter_map(attribute).collect()),
        options: Some(product.options.iter().map(option).collect()),
        variants: Some(product.variants.iter().map(|v| variant(product, v, default)).collect()),
        images: Some(product.images.iter().map(image).collect()),
        seo_title: Some(Text::all(&product.seo_title)),
        seo_description: Some(Text::all(&product.seo_description)),
        collections: None,
        created_at: Some(product.created_at.to_string()),
    }
}

fn attribute(attribute: &Attribute) -> Option<AttributeRecord> {
    let (value, unit) = match &attribute.value {
        AttributeValue::Flag(flag) => (AttributeText::Flag(*flag), None),
        AttributeValue::Number { value, unit } => {
            (AttributeText::Number(value.to_string().parse().ok()?), unit.clone())
        }
        AttributeValue::Text(text) => (AttributeText::Text(Text::all(text)), None),
    };
    Some(AttributeRecord { name: attribute.name.clone(), label: Some(Text::all(&attribute.label)), value, unit })
}

fn option(option: &ProductOption) -> OptionRecord {
    let value = |value: &stoa_domain::product::OptionValue| OptionValueRecord {
        name: Text::all(&value.name),
        swatch: value.swatch.clone(),
    };
    OptionRecord { name: Text::all(&option.name), values: option.values.iter().map(value).collect() }
}

fn variant(product: &Product, variant: &Variant, default: &Locale) -> VariantRecord {
    let names = product.options.iter().zip(&variant.option_values);
    let names = names.filter_map(|(option, i)| option.values.get(usize::from(*i)));
    let amount = |money: stoa_domain::Money| Amount::Text(money.to_decimal());
    let blank = || Amount::Text(String::new());
    VariantRecord {
        sku: Some(variant.sku.to_string()),
        options: names.map(|value| value.name.get(default, default).to_owned()).collect(),
        price: Some(amount(variant.price)),
        compare_at: Some(variant.compare_at.map_or_else(blank, amount)),
        cost: Some(variant.cost.map_or_else(blank, amount)),
        barcode: Some(variant.barcode.clone().unwrap_or_default()),
        weight_grams: Some(variant.weight_grams.unwrap_or(0)),
        image: Some(
            variant.image.and_then(|i| product.images.get(usize::from(i))).and_then(image_text).unwrap_or_default(),
        ),
        requires_shipping: Some(variant.requires_shipping),
        taxable: Some(variant.taxable),
        track_stock: Some(variant.track_stock),
        backorder: Some(variant.backorder),
        stock: None,
        initial_stock: None,
    }
}

fn image(image: &Image) -> ImageRecord {
    ImageRecord { source: image_text(image), alt: Some(Text::all(&image.alt)), media: image.media.clone() }
}
