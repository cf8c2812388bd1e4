//! Variants: found by SKU, else by their option values; SKUs made where missing; prices in the shop's currency.

use super::build::{Building, image_text};
use super::record::{Amount, VariantRecord};
use super::refusal::Field;
use stoa_domain::product::{Image, MAX_OPTIONS, MAX_VARIANTS, OptionValue, Product, ProductOption, Variant};
use stoa_domain::{Handle, Localized, Money, Sku};

pub(super) struct Made {
    pub(super) options: Vec<ProductOption>,
    pub(super) variants: Vec<Variant>,
    pub(super) stock: Vec<(Sku, u32)>,
    pub(super) initial_stock: Vec<(Sku, u32)>,
}

pub(super) fn build(
    b: &mut Building<'_>,
    records: Option<&[VariantRecord]>,
    existing: Option<&Product>,
    mut options: Vec<ProductOption>,
    images: &[Image],
    handle: Option<&Handle>,
) -> Made {
    let nothing = |options| Made { options, variants: Vec::new(), stock: Vec::new(), initial_stock: Vec::new() };
    let Some(records) = records else {
        let Some(product) = existing else {
            b.refuse(Field::product("price"), "price_required", "a new product needs a price", "");
            return nothing(options);
        };
        let mut variants = product.variants.clone();
        for variant in &mut variants {
            let text = variant.image.and_then(|i| product.images.get(usize::from(i))).and_then(image_text);
            variant.image = text.and_then(|text| index_of(images, &text));
            if variant.option_values.len() != options.len() {
                b.refuse(
                    Field::product("options"),
                    "variants_required",
                    "changing the options needs the variants too",
                    "",
                );
                break;
            }
        }
        return Made { options, variants, stock: Vec::new(), initial_stock: Vec::new() };
    };
    if options.len() > MAX_OPTIONS {
        let rule = format!("a product has at most {MAX_OPTIONS} options");
        b.refuse(Field::product("options"), "too_many_options", rule, options.len());
        return nothing(options);
    }
    if records.is_empty() || records.len() > MAX_VARIANTS {
        let rule = format!("a product has 1 to {MAX_VARIANTS} variants");
        b.refuse(Field::product("variants"), "variant_count", rule, records.len());
        return nothing(options);
    }
    let mut made = nothing(Vec::new());
    let mut seen = std::collections::HashSet::new();
    for (i, record) in records.iter().enumerate() {
        let Some(values) = option_values(b, i, record, &mut options) else { continue };
        if !seen.insert(values.clone()) {
            let rule = "every variant has option values of its own";
            b.refuse(Field::of("variants", i, "options"), "repeated_variant", rule, record.options.join(" / "));
            continue;
        }
        let old = existing.and_then(|p| known(p, record, &options, &values));
        variant(b, i, record, values, old, existing, images, handle, &mut made);
    }
    prune(&mut options, &mut made.variants);
    made.options = options;
    let mut skus = std::collections::HashSet::new();
    if let Some(twice) = made.variants.iter().position(|v| !skus.insert(v.sku.clone())) {
        let sku = made.variants[twice].sku.to_string();
        b.refuse(Field::of("variants", twice, "sku"), "duplicate_sku", "a SKU belongs to one variant", sku);
    }
    made
}

/// Indices of the record's values, new values added.
fn option_values(
    b: &mut Building<'_>,
    i: usize,
    record: &VariantRecord,
    options: &mut [ProductOption],
) -> Option<Vec<u16>> {
    let field = Field::of("variants", i, "options");
    if record.options.len() != options.len() {
        let rule = format!("a variant has one value for each of the product's {} options", options.len());
        b.refuse(field, "option_count", rule, record.options.len());
        return None;
    }
    let default = b.context.default_locale.clone();
    let mut values = Vec::with_capacity(options.len());
    for (option, name) in options.iter_mut().zip(&record.options) {
        let name = name.trim();
        if name.is_empty() {
            b.refuse(field, "option_value_required", "a variant has a value for each option", "");
            return None;
        }
        let index = option.values.iter().position(|v| v.name.get(&default, &default) == name).unwrap_or_else(|| {
            b.check_text(field, name);
            option.values.push(OptionValue { name: Localized::new(default.clone(), name), swatch: None });
            option.values.len() - 1
        });
        values.push(u16::try_from(index).ok()?);
    }
    Some(values)
}

/// The variant of that SKU, else of those option values.
fn known<'a>(
    product: &'a Product,
    record: &VariantRecord,
    options: &[ProductOption],
    values: &[u16],
) -> Option<&'a Variant> {
    if let Some(sku) = record.sku.as_deref().map(str::trim).filter(|sku| !sku.is_empty()) {
        return product.variants.iter().find(|v| v.sku.as_str() == sku);
    }
    let name = |options: &[ProductOption], values: &[u16]| -> Option<Vec<Localized>> {
        let pairs = options.iter().zip(values);
        pairs.map(|(option, i)| option.values.get(usize::from(*i)).map(|v| v.name.clone())).collect()
    };
    let wanted = name(options, values)?;
    product.variants.iter().find(|v| name(&product.options, &v.option_values).as_ref() == Some(&wanted))
}

#[allow(clippy::too_many_arguments)] // one variant of many, built in one place
fn variant(
    b: &mut Building<'_>,
    i: usize,
    record: &VariantRecord,
    option_values: Vec<u16>,
    old: Option<&Variant>,
    product: Option<&Product>,
    images: &[Image],
    handle: Option<&Handle>,
    made: &mut Made,
) {
    let at = |name| Field::of("variants", i, name);
    let Some(sku) = sku(b, i, record, old, handle) else { return };
    let price = match (&record.price, old) {
        (None, Some(old)) => Some(old.price),
        (price, _) => price.as_ref().and_then(|price| amount(b, at("price"), price)),
    };
    if price.is_none() && !b.problems.iter().any(|p| p.field == at("price")) {
        b.refuse(at("price"), "price_required", "a variant needs a price", "");
    }
    let compare_at = or_old(b, at("compare_at"), record.compare_at.as_ref(), old.and_then(|v| v.compare_at));
    let cost = or_old(b, at("cost"), record.cost.as_ref(), old.and_then(|v| v.cost));
    let image = match record.image.as_deref().map(str::trim) {
        None => {
            let of_old = old.and_then(|v| v.image).and_then(|i| product?.images.get(usize::from(i)));
            of_old.and_then(image_text).and_then(|text| index_of(images, &text))
        }
        Some("") => None,
        Some(text) => {
            let index = index_of(images, text);
            if index.is_none() {
                b.refuse(at("image"), "unknown_image", "must be one of the product's images", text);
            }
            index
        }
    };
    let weight_grams =
        record.weight_grams.map_or(old.and_then(|v| v.weight_grams), |grams| (grams > 0).then_some(grams));
    let barcode = b.plain(at("barcode"), record.barcode.as_ref(), old.and_then(|v| v.barcode.as_ref()));
    let flag = |new: Option<bool>, old: Option<bool>, default| new.or(old).unwrap_or(default);
    if let Some(stock) = record.stock {
        made.stock.push((sku.clone(), stock));
    } else if let Some(stock) = record.initial_stock {
        made.initial_stock.push((sku.clone(), stock));
    }
    let Some(price) = price else { return };
    made.variants.push(Variant {
        sku,
        option_values,
        price,
        compare_at,
        cost,
        barcode,
        weight_grams,
        image,
        requires_shipping: flag(record.requires_shipping, old.map(|v| v.requires_shipping), true),
        taxable: flag(record.taxable, old.map(|v| v.taxable), true),
        track_stock: flag(record.track_stock, old.map(|v| v.track_stock), true),
        backorder: flag(record.backorder, old.map(|v| v.backorder), false),
    });
}

/// The record's, else the known variant's, else the handle with the option values.
fn sku(
    b: &mut Building<'_>,
    i: usize,
    record: &VariantRecord,
    old: Option<&Variant>,
    handle: Option<&Handle>,
) -> Option<Sku> {
    let text = match (record.sku.as_deref().map(str::trim).filter(|sku| !sku.is_empty()), old) {
        (Some(sku), _) => sku.to_owned(),
        (None, Some(old)) => return Some(old.sku.clone()),
        (None, None) => {
            let parts = std::iter::once(handle?.as_str()).chain(record.options.iter().map(String::as_str));
            let mut text = Handle::from_text(&parts.collect::<Vec<_>>().join("-")).ok()?.to_string();
            while text.len() > 128 {
                text.pop();
            }
            text.trim_end_matches('-').to_owned()
        }
    };
    Sku::new(text.as_str())
        .map_err(|e| b.refuse(Field::of("variants", i, "sku"), "invalid_sku", e.to_string(), &text))
        .ok()
}

/// An amount of zero or more. None when it is blank or refused.
fn amount(b: &mut Building<'_>, field: Field, amount: &Amount) -> Option<Money> {
    let currency = b.context.currency;
    let text = amount.to_string();
    if text.trim().is_empty() {
        return None;
    }
    let money = match amount {
        Amount::Minor { minor } => minor
            .parse()
            .map(|minor| Money::new(minor, currency))
            .map_err(|_| format!("must be a whole number of {currency}'s minor units")),
        _ => Money::parse(&text, currency).map_err(|e| e.to_string()),
    };
    match money {
        Ok(money) if !money.is_negative() => Some(money),
        Ok(_) => {
            b.refuse(field, "negative_amount", "an amount is not below zero", text);
            None
        }
        Err(rule) => {
            b.refuse(field, "not_an_amount", rule, text);
            None
        }
    }
}

fn or_old(b: &mut Building<'_>, field: Field, new: Option<&Amount>, old: Option<Money>) -> Option<Money> {
    new.map_or(old, |new| amount(b, field, new))
}

fn index_of(images: &[Image], text: &str) -> Option<u16> {
    images.iter().position(|image| image_text(image).as_deref() == Some(text)).and_then(|i| u16::try_from(i).ok())
}

/// Takes out option values that no variant has: nobody could buy them.
fn prune(options: &mut [ProductOption], variants: &mut [Variant]) {
    for (o, option) in options.iter_mut().enumerate() {
        let used: Vec<bool> = (0..option.values.len())
            .map(|i| variants.iter().any(|v| v.option_values.get(o).is_some_and(|value| usize::from(*value) == i)))
            .collect();
        let before = |i: usize| used[..i].iter().filter(|used| **used).count();
        for variant in variants.iter_mut() {
            if let Some(value) = variant.option_values.get_mut(o) {
                *value = u16::try_from(before(usize::from(*value))).unwrap_or(*value);
            }
        }
        let mut keep = used.iter();
        option.values.retain(|_| *keep.next().unwrap_or(&true));
    }
}
