//! What makes a product valid: every rule has a stable code, every fault names its field.

use super::{
    Attribute, AttributeValue, MAX_ATTRIBUTES, MAX_IMAGES, MAX_OPTIONS, MAX_VARIANTS, Product, ProductOption, Variant,
};
use crate::field::FieldError;
use crate::{Localized, Money, Sku};
use std::collections::BTreeSet;

/// The highest price of a variant: the fullest cart (70 lines of 99) still fits an amount with room to spare.
pub const MAX_PRICE_MINOR: i64 = 1_000_000_000_000;

/// Twice what Shopify takes: real feeds go a little over its 255.
const MAX_TITLE_CHARS: usize = 512;
const MAX_NAME_CHARS: usize = 255;
const MAX_DESCRIPTION_CHARS: usize = 200_000;
const MAX_SEO_DESCRIPTION_CHARS: usize = 1_000;
const MAX_ATTRIBUTE_CHARS: usize = 10_000;
const MAX_SOURCE_CHARS: usize = 2_048;
const MAX_OPTION_VALUES: usize = MAX_VARIANTS;
const MAX_TAGS: usize = 250;

type Errors = Vec<FieldError>;

impl Product {
    /// Every fault; empty for a product that can be stored. Codes: `required`, `too_long`, `too_many`, `duplicate_sku`,
    /// `duplicate_combination`, `duplicate_attribute`, `option_values_mismatch`, `unknown_option_value`,
    /// `unknown_image`, `mixed_currencies`, `price_out_of_range`, `invalid_swatch`.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.title.is_empty() {
            errors.push(FieldError::new("title", "required", "a product needs a title in at least one language"));
        }
        localized(&mut errors, "title", &self.title, MAX_TITLE_CHARS);
        localized(&mut errors, "description_html", &self.description_html, MAX_DESCRIPTION_CHARS);
        localized(&mut errors, "seo_title", &self.seo_title, MAX_TITLE_CHARS);
        localized(&mut errors, "seo_description", &self.seo_description, MAX_SEO_DESCRIPTION_CHARS);
        bounded(&mut errors, "brand", self.brand.as_deref(), MAX_NAME_CHARS);
        bounded(&mut errors, "product_type", self.product_type.as_deref(), MAX_NAME_CHARS);
        count(&mut errors, "tags", self.tags.len(), MAX_TAGS);
        for (i, tag) in self.tags.iter().enumerate().take(MAX_TAGS) {
            bounded(&mut errors, &format!("tags[{i}]"), Some(tag), MAX_NAME_CHARS);
        }
        attributes(&mut errors, &self.attributes);
        options(&mut errors, &self.options);
        self.variants(&mut errors);
        count(&mut errors, "images", self.images.len(), MAX_IMAGES);
        for (i, image) in self.images.iter().enumerate().take(MAX_IMAGES) {
            bounded(&mut errors, &format!("images[{i}].source"), image.source.as_deref(), MAX_SOURCE_CHARS);
            localized(&mut errors, &format!("images[{i}].alt"), &image.alt, MAX_SEO_DESCRIPTION_CHARS);
        }
        errors
    }

    fn variants(&self, errors: &mut Errors) {
        count(errors, "variants", self.variants.len(), MAX_VARIANTS);
        let Some(first) = self.variants.first() else {
            errors.push(FieldError::new("variants", "required", "a product needs at least one variant"));
            return;
        };
        let mut skus: BTreeSet<&Sku> = BTreeSet::new();
        let mut combinations: BTreeSet<&[u16]> = BTreeSet::new();
        for (i, variant) in self.variants.iter().enumerate().take(MAX_VARIANTS) {
            let mut fault = |field: &str, code, message: String| {
                errors.push(FieldError::new(format!("variants[{i}]{field}"), code, message));
            };
            if !skus.insert(&variant.sku) {
                fault(".sku", "duplicate_sku", format!("SKU {} is used by another variant", variant.sku));
            }
            if !combinations.insert(&variant.option_values) {
                let message = "another variant has the same option values".to_owned();
                fault(".option_values", "duplicate_combination", message);
            }
            if let Some((code, message)) = self.wrong_options(variant) {
                fault(".option_values", code, message);
            }
            if variant.image.is_some_and(|at| usize::from(at) >= self.images.len()) {
                fault(".image", "unknown_image", format!("image must be below {}", self.images.len()));
            }
            let amounts =
                [(".price", Some(variant.price)), (".compare_at", variant.compare_at), (".cost", variant.cost)];
            for (field, amount) in amounts {
                if let Some((code, message)) = amount.and_then(|a| wrong_amount(a, first.price)) {
                    fault(field, code, message);
                }
            }
            bounded(errors, &format!("variants[{i}].barcode"), variant.barcode.as_deref(), MAX_NAME_CHARS);
        }
    }

    fn wrong_options(&self, variant: &Variant) -> Option<(&'static str, String)> {
        if variant.option_values.len() != self.options.len() {
            let (wanted, got) = (self.options.len(), variant.option_values.len());
            return Some(("option_values_mismatch", format!("a variant has one value an option: {wanted}, got {got}")));
        }
        let mut chosen = self.options.iter().zip(&variant.option_values);
        chosen.find(|(option, value)| usize::from(**value) >= option.values.len()).map(|(option, value)| {
            let message = format!("option value must be below {}, got {value}", option.values.len());
            ("unknown_option_value", message)
        })
    }
}

fn wrong_amount(amount: Money, like: Money) -> Option<(&'static str, String)> {
    if amount.currency != like.currency {
        let message = format!("a product has one currency, got {} and {}", like.currency, amount.currency);
        Some(("mixed_currencies", message))
    } else if !(0..=MAX_PRICE_MINOR).contains(&amount.minor) {
        let message = format!("an amount must be between 0 and {MAX_PRICE_MINOR} minor units, got {}", amount.minor);
        Some(("price_out_of_range", message))
    } else {
        None
    }
}

fn attributes(errors: &mut Errors, attributes: &[Attribute]) {
    count(errors, "attributes", attributes.len(), MAX_ATTRIBUTES);
    let mut names = BTreeSet::new();
    for (i, attribute) in attributes.iter().enumerate().take(MAX_ATTRIBUTES) {
        let field = format!("attributes[{i}]");
        if attribute.name.trim().is_empty() {
            errors.push(FieldError::new(format!("{field}.name"), "required", "an attribute needs a name"));
        } else if !names.insert(attribute.name.as_str()) {
            let message = format!("attribute {:?} is there twice", attribute.name.chars().take(80).collect::<String>());
            errors.push(FieldError::new(format!("{field}.name"), "duplicate_attribute", message));
        }
        bounded(errors, &format!("{field}.name"), Some(&attribute.name), MAX_NAME_CHARS);
        localized(errors, &format!("{field}.label"), &attribute.label, MAX_NAME_CHARS);
        match &attribute.value {
            AttributeValue::Text(text) => localized(errors, &format!("{field}.value"), text, MAX_ATTRIBUTE_CHARS),
            AttributeValue::Number { unit, .. } => {
                bounded(errors, &format!("{field}.unit"), unit.as_deref(), MAX_NAME_CHARS);
            }
            AttributeValue::Flag(_) => {}
        }
    }
}

fn options(errors: &mut Errors, options: &[ProductOption]) {
    count(errors, "options", options.len(), MAX_OPTIONS);
    for (i, option) in options.iter().enumerate().take(MAX_OPTIONS) {
        let field = format!("options[{i}]");
        if option.name.is_empty() || option.values.is_empty() {
            errors.push(FieldError::new(&field, "required", "an option needs a name and at least one value"));
        }
        localized(errors, &format!("{field}.name"), &option.name, MAX_NAME_CHARS);
        count(errors, &format!("{field}.values"), option.values.len(), MAX_OPTION_VALUES);
        for (j, value) in option.values.iter().enumerate().take(MAX_OPTION_VALUES) {
            let field = format!("{field}.values[{j}]");
            if value.name.is_empty() {
                errors.push(FieldError::new(&field, "required", "an option value needs a name"));
            }
            localized(errors, &field, &value.name, MAX_NAME_CHARS);
            if value.swatch.as_deref().is_some_and(|swatch| !is_colour(swatch)) {
                let field = format!("{field}.swatch");
                errors.push(FieldError::new(field, "invalid_swatch", "a swatch must be a colour such as #c2a27c"));
            }
        }
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn count(errors: &mut Errors, field: &str, got: usize, most: usize) {
    if got > most {
        errors.push(FieldError::new(field, "too_many", format!("at most {most} {field}, got {got}")));
    }
}

fn bounded(errors: &mut Errors, field: &str, text: Option<&str>, most: usize) {
    if text.is_some_and(|t| t.chars().nth(most).is_some()) {
        errors.push(FieldError::new(field, "too_long", format!("{field} must have at most {most} characters")));
    }
}

fn localized(errors: &mut Errors, field: &str, text: &Localized, most: usize) {
    let longest = text.iter().map(|(_, t)| t).max_by_key(|t| t.len());
    bounded(errors, field, longest, most);
}
