//! The demo shop's data files (`cli/demo/*.toml`) read into the domain's types. Texts are `[English, Chinese]`.

use super::drawings::{self, Kind, Look, Pattern};
use super::paint::Colour;
use super::scene::View;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use stoa_domain::product::{
    Attribute, AttributeValue, Image, OptionValue, Product, ProductOption, ProductStatus, Variant,
};
use stoa_domain::{CategoryId, Currency, Handle, Locale, Localized, Money, ProductId, Sku};
use stoa_merchant::catalog::html;

type Texts = [String; 2];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vocabulary {
    brand: BTreeMap<String, Brand>,
    colour: BTreeMap<String, Tone>,
    material: BTreeMap<String, Material>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Brand {
    name: String,
    about: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tone {
    name: Texts,
    hex: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Material {
    name: Texts,
    care: Texts,
    #[serde(default)]
    dishwasher: Option<bool>,
    /// Colour of wooden parts in pictures, where the material says so.
    #[serde(default)]
    wood: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductFile {
    product: Vec<Entry>,
}

/// One product as its file says it. Prices in whole yuan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    handle: String,
    brand: String,
    category: String,
    title: Texts,
    text: Texts,
    price: i64,
    was: Option<i64>,
    material: String,
    colours: Vec<String>,
    /// `["S", "小号", 0]`: name and what it adds to the price.
    #[serde(default)]
    sizes: Vec<(String, String, i64)>,
    /// A further choice, as `sizes`.
    #[serde(default)]
    sets: Vec<(String, String, i64)>,
    draw: String,
    #[serde(default)]
    pattern: Option<Pattern>,
    accent: Option<String>,
    #[serde(default)]
    shape: Option<[f32; 2]>,
    #[serde(default)]
    seed: u32,
    ml: Option<u32>,
    cm: Option<String>,
    grams: Option<u32>,
    #[serde(default)]
    tags: Vec<String>,
    /// On hand by variant, repeated as needed; a plausible number where missing.
    #[serde(default)]
    stock: Vec<u32>,
    #[serde(default)]
    backorder: bool,
}

/// A picture to draw for image `image` of product `product`.
pub(crate) struct Picture {
    pub(crate) product: usize,
    pub(crate) image: usize,
    pub(crate) kind: &'static Kind,
    pub(crate) look: Look,
    pub(crate) view: View,
}

pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
    pub(crate) stock: Vec<(Sku, u32)>,
    pub(crate) pictures: Vec<Picture>,
}

const FILES: [(&str, &str); 4] = [
    ("kitchen.toml", include_str!("../../demo/products/kitchen.toml")),
    ("living.toml", include_str!("../../demo/products/living.toml")),
    ("bed-bath.toml", include_str!("../../demo/products/bed-bath.toml")),
    ("garden-desk.toml", include_str!("../../demo/products/garden-desk.toml")),
];

/// `en` and `zh-CN`, the shop's two languages.
pub(super) fn locales() -> Result<[Locale; 2]> {
    Ok([Locale::new("en")?, Locale::new("zh-CN")?])
}

pub(super) fn both([en, zh]: [&str; 2]) -> Result<Localized> {
    let [english, chinese] = locales()?;
    Ok(Localized::new(english, en).with(chinese, zh))
}

/// HTML as the shop keeps it, whoever brings it.
pub(super) fn both_html([en, zh]: [&str; 2]) -> Result<Localized> {
    both([&html::clean(en), &html::clean(zh)])
}

fn texts(pair: &Texts) -> Result<Localized> {
    both([&pair[0], &pair[1]])
}

/// All products with their stock and the pictures they need. An error names the file and the product.
pub(crate) fn load() -> Result<Catalogue> {
    let vocabulary: Vocabulary =
        toml::from_str(include_str!("../../demo/vocabulary.toml")).context("demo/vocabulary.toml")?;
    let mut catalogue = Catalogue { products: Vec::new(), stock: Vec::new(), pictures: Vec::new() };
    for (name, text) in FILES {
        let file: ProductFile = toml::from_str(text).with_context(|| format!("demo/products/{name}"))?;
        for entry in file.product {
            let at_table = name == "kitchen.toml";
            add(&mut catalogue, &vocabulary, &entry, at_table)
                .with_context(|| format!("{name}: product {}", entry.handle))?;
        }
    }
    Ok(catalogue)
}

/// How a lamp or a planter is kept clean, whatever its clay would stand.
const WIPE: [&str; 2] = ["Wipe with a soft, damp cloth.", "用柔软湿布擦拭即可。"];

/// `at_table`: it is eaten or cooked from, so it is washed.
fn add(catalogue: &mut Catalogue, words: &Vocabulary, entry: &Entry, at_table: bool) -> Result<()> {
    let brand = words.brand.get(&entry.brand).with_context(|| format!("unknown brand {}", entry.brand))?;
    let material =
        words.material.get(&entry.material).with_context(|| format!("unknown material {}", entry.material))?;
    let tones: Vec<&Tone> = entry.colours.iter().map(|c| tone(words, c)).collect::<Result<_>>()?;
    let at = catalogue.products.len();
    let created: jiff::Timestamp = "2026-01-05T02:00:00Z".parse()?;
    let created_at = created + jiff::SignedDuration::from_hours(i64::try_from(at)? * 41 % 3_500);
    let images = pictures(catalogue, at, words, entry, material, &tones)?;
    let variants = variants(entry, tones.len())?;
    for (i, variant) in variants.iter().enumerate() {
        let on_hand = match entry.stock.as_slice() {
            [] => 8 + u32::try_from(at * 7 + i * 11)? % 46,
            given => given[i % given.len()],
        };
        catalogue.stock.push((variant.sku.clone(), on_hand));
    }
    let washed = material.dishwasher.filter(|_| at_table);
    let care = match material.dishwasher {
        Some(_) if !at_table => WIPE,
        _ => [material.care[0].as_str(), material.care[1].as_str()],
    };
    let tone_names = |i: usize| tones.iter().map(|t| t.name[i].as_str()).collect::<Vec<_>>();
    let description = |i: usize| format!("<p>{}</p><p>{}</p><p>{}</p>", entry.text[i], care[i], brand.about[i]);
    let mut attributes = vec![
        attribute("material", ["Material", "材质"], AttributeValue::Text(texts(&material.name)?))?,
        attribute(
            "colour",
            ["Colour", "颜色"],
            AttributeValue::Text(both([&tone_names(0).join(", "), &tone_names(1).join("、")])?),
        )?,
        attribute("care", ["Care", "护理"], AttributeValue::Text(both(care)?))?,
    ];
    if let Some(ml) = entry.ml {
        attributes.push(attribute("capacity", ["Capacity", "容量"], number(ml, "ml"))?);
    }
    if let Some(cm) = &entry.cm {
        let sizes = format!("{cm} cm");
        attributes.push(attribute(
            "dimensions",
            ["Dimensions", "尺寸"],
            AttributeValue::Text(both([&sizes, &sizes])?),
        )?);
    }
    if let Some(grams) = entry.grams {
        attributes.push(attribute("weight", ["Weight", "重量"], number(grams, "g"))?);
    }
    if let Some(safe) = washed {
        attributes.push(attribute("dishwasher_safe", ["Dishwasher safe", "可用洗碗机"], AttributeValue::Flag(safe))?);
    }
    catalogue.products.push(Product {
        id: ProductId::new(format!("prod_{}", entry.handle))?,
        handle: Handle::new(entry.handle.clone())?,
        status: ProductStatus::Active,
        title: texts(&entry.title)?,
        description_html: both_html([&description(0), &description(1)])?,
        brand: Some(brand.name.clone()),
        product_type: Some(entry.draw.replace('_', " ")),
        category: Some(CategoryId::new(format!("cat_{}", entry.category))?),
        tags: entry.tags.clone(),
        attributes,
        options: options(entry, &tones)?,
        variants,
        images,
        seo_title: Localized::default(),
        seo_description: texts(&entry.text)?,
        created_at,
        updated_at: created_at,
    });
    Ok(())
}

fn tone<'a>(words: &'a Vocabulary, key: &str) -> Result<&'a Tone> {
    words.colour.get(key).with_context(|| format!("unknown colour {key}"))
}

fn colour(hex: &str) -> Result<Colour> {
    Colour::parse(hex).with_context(|| format!("a colour must be #rrggbb, got {hex}"))
}

fn attribute(name: &str, label: [&str; 2], value: AttributeValue) -> Result<Attribute> {
    Ok(Attribute { name: name.to_owned(), label: both(label)?, value })
}

fn number(value: u32, unit: &str) -> AttributeValue {
    AttributeValue::Number { value: value.into(), unit: Some(unit.to_owned()) }
}

fn options(entry: &Entry, tones: &[&Tone]) -> Result<Vec<ProductOption>> {
    let mut options = Vec::new();
    if tones.len() > 1 {
        let values = tones.iter().map(|t| Ok(OptionValue { name: texts(&t.name)?, swatch: Some(t.hex.clone()) }));
        options.push(ProductOption { name: both(["Colour", "颜色"])?, values: values.collect::<Result<_>>()? });
    }
    for (name, choices) in [(["Size", "尺寸"], &entry.sizes), (["Set", "套装"], &entry.sets)] {
        if !choices.is_empty() {
            let values = choices.iter().map(|(en, zh, _)| Ok(OptionValue { name: both([en, zh])?, swatch: None }));
            options.push(ProductOption { name: both(name)?, values: values.collect::<Result<_>>()? });
        }
    }
    Ok(options)
}

/// Every combination of colour, size and set, in the options' order.
fn variants(entry: &Entry, tones: usize) -> Result<Vec<Variant>> {
    let yuan = |amount: i64| Ok::<_, anyhow::Error>(Money::new(amount * 100, Currency::new("CNY")?));
    let mut variants = Vec::new();
    for tone in 0..tones {
        for size in 0..entry.sizes.len().max(1) {
            for set in 0..entry.sets.len().max(1) {
                let more = entry.sizes.get(size).map_or(0, |s| s.2) + entry.sets.get(set).map_or(0, |s| s.2);
                let mut sku = entry.handle.to_uppercase();
                let mut option_values = Vec::new();
                let axes = [(tones > 1, tone), (!entry.sizes.is_empty(), size), (!entry.sets.is_empty(), set)];
                for (_, index) in axes.into_iter().filter(|axis| axis.0) {
                    sku.push_str(&format!("-{}", index + 1));
                    option_values.push(u16::try_from(index)?);
                }
                variants.push(Variant {
                    sku: Sku::new(sku)?,
                    option_values,
                    price: yuan(entry.price + more)?,
                    compare_at: entry.was.map(|was| yuan(was + more)).transpose()?,
                    cost: Some(yuan((entry.price + more) * 2 / 5)?),
                    barcode: None,
                    weight_grams: entry.grams,
                    image: Some(u16::try_from(tone)?),
                    requires_shipping: true,
                    taxable: true,
                    track_stock: true,
                    backorder: entry.backorder,
                });
            }
        }
    }
    Ok(variants)
}

/// Plans one picture on the mat a colour, then one in the niche, then a close view of what has a pattern.
fn pictures(
    catalogue: &mut Catalogue,
    product: usize,
    words: &Vocabulary,
    entry: &Entry,
    material: &Material,
    tones: &[&Tone],
) -> Result<Vec<Image>> {
    let Some(kind) = drawings::kind(&entry.draw) else { bail!("unknown drawing {}", entry.draw) };
    let accent = entry.accent.as_deref().map(|key| colour(&tone(words, key)?.hex)).transpose()?;
    let wood = material.wood.as_deref().map(colour).transpose()?.unwrap_or(Colour(178, 132, 88));
    let [wide, tall] = entry.shape.unwrap_or([1.0, 1.0]);
    let mut images = Vec::new();
    let mut add = |tone: &Tone, view: View, place: [&str; 2]| -> Result<()> {
        let base = colour(&tone.hex)?;
        let look = Look {
            colour: base,
            accent: accent.unwrap_or_else(|| base.light(0.6)),
            wood,
            metal: Colour(176, 146, 92),
            pattern: entry.pattern.unwrap_or(Pattern::Plain),
            tall,
            wide,
            seed: entry.seed,
        };
        let alt = [0, 1].map(|i| match i {
            0 => format!("{}, {}{}", entry.title[0], tone.name[0].to_lowercase(), place[0]),
            _ => format!("{},{}{}", entry.title[1], tone.name[1], place[1]),
        });
        catalogue.pictures.push(Picture { product, image: images.len(), kind, look, view });
        images.push(Image { source: None, media: None, alt: texts(&alt)? });
        Ok(())
    };
    for tone in tones {
        add(tone, View::Mat, ["", ""])?;
    }
    if let Some(tone) = tones.first() {
        add(tone, View::Niche, [", in a stone arcade", ",石廊之中"])?;
        if entry.pattern.is_some() {
            add(tone, View::Detail, [", close up", ",近看细节"])?;
        }
    }
    Ok(images)
}
