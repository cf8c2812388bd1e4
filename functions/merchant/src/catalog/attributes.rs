//! Attributes: flags, numbers and texts under a stable name.

use super::build::Building;
use super::mapping::label;
use super::record::{AttributeRecord, AttributeText, Text};
use super::refusal::Field;
use rust_decimal::Decimal;
use stoa_domain::Localized;
use stoa_domain::product::{Attribute, AttributeValue, MAX_ATTRIBUTES, Product};

const MAX_NAME_BYTES: usize = 128;

pub(super) fn build(b: &mut Building<'_>, records: &[AttributeRecord], existing: Option<&Product>) -> Vec<Attribute> {
    if records.len() > MAX_ATTRIBUTES {
        let rule = format!("a product has at most {MAX_ATTRIBUTES} attributes");
        b.refuse(Field::product("attributes"), "too_many_attributes", rule, records.len());
        return Vec::new();
    }
    let mut built: Vec<Attribute> = Vec::with_capacity(records.len());
    for (i, record) in records.iter().enumerate() {
        let at = |name| Field::of("attributes", i, name);
        let name = record.name.trim();
        if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            let rule = format!("an attribute's name has 1 to {MAX_NAME_BYTES} bytes and no white space");
            b.refuse(at("name"), "invalid_attribute_name", rule, name);
            continue;
        }
        let old = existing.and_then(|p| p.attributes.iter().find(|a| a.name == name));
        let made = || Localized::new(b.context.default_locale.clone(), label(name));
        let current = old.map_or_else(made, |o| o.label.clone());
        let text = b.text(at("label"), record.label.as_ref(), &current);
        let Some(value) = value(b, i, record, old) else { continue };
        built.push(Attribute { name: name.to_owned(), label: if text.is_empty() { current } else { text }, value });
    }
    let mut names: Vec<&str> = built.iter().map(|a| a.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned()) {
        b.refuse(Field::product("attributes"), "repeated_attribute", "an attribute's name is there once", twice);
    }
    built
}

/// None drops the attribute: a blank text, or a refused number.
fn value(b: &mut Building<'_>, i: usize, record: &AttributeRecord, old: Option<&Attribute>) -> Option<AttributeValue> {
    let field = Field::of("attributes", i, "value");
    match &record.value {
        AttributeText::Flag(flag) => Some(AttributeValue::Flag(*flag)),
        AttributeText::Number(number) => {
            let text = number.to_string();
            let Ok(value) = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)) else {
                b.refuse(field, "not_a_number", "must be a number of at most 28 digits", text);
                return None;
            };
            let unit = record.unit.as_deref().map(str::trim).filter(|u| !u.is_empty()).map(str::to_owned);
            if let Some(unit) = &unit {
                b.check_text(Field::of("attributes", i, "unit"), unit);
            }
            Some(AttributeValue::Number { value: value.normalize(), unit })
        }
        AttributeText::Text(text) => {
            let current = match (text, old.map(|o| &o.value)) {
                (Text::Plain(_), Some(AttributeValue::Text(current))) => current.clone(),
                _ => Localized::default(),
            };
            let text = long_text(b, field, text, &current);
            (!text.is_empty()).then_some(AttributeValue::Text(text))
        }
    }
}

/// Feeds put whole lists into attributes: longer than a title may be.
fn long_text(b: &mut Building<'_>, field: Field, text: &Text, current: &Localized) -> Localized {
    const MAX_CHARS: usize = 10_000;
    let mut text = text.clone();
    text.map(|t| t.trim().to_owned());
    let text = text.over(current, &b.context.default_locale);
    for (_, t) in text.iter() {
        if t.chars().count() > MAX_CHARS {
            b.refuse(field, "too_long", format!("must be at most {MAX_CHARS} characters"), t);
        }
    }
    text
}
