//! A record on top of what the shop has, as a product that keeps every rule. Pure: the same record on the product it
//! made gives that product again, which is how an import knows that there is nothing to write.

use super::attributes;
use super::html;
use super::record::{ImageRecord, OptionRecord, ProductRecord, Text};
use super::refusal::{Field, Problem};
use super::variants;
use jiff::Timestamp;
use stoa_domain::product::{Image, Media, OptionValue, Product, ProductOption, ProductStatus};
use stoa_domain::{CategoryId, Currency, Handle, Locale, Localized, ProductId, Sku};

/// Longest plain text (a title, a brand, an option's value), in characters.
pub(super) const MAX_TEXT_CHARS: usize = 500;
/// Longest description, in bytes of HTML before cleaning.
pub(super) const MAX_HTML_BYTES: usize = 128 * 1024;
const MAX_TAGS: usize = 250;
const MAX_SOURCE_BYTES: usize = 2_048;

/// What building needs to know of the shop.
#[derive(Debug, Clone)]
pub struct Context {
    pub currency: Currency,
    pub default_locale: Locale,
    pub now: Timestamp,
}

/// What the shop already knows about the record's product.
#[derive(Debug)]
pub struct Known<'a> {
    pub id: ProductId,
    pub existing: Option<&'a Product>,
    /// The record's category, found or made: None leaves the category, Some(None) clears it.
    pub category: Option<Option<CategoryId>>,
}

/// A product to write, and stock beside it.
#[derive(Debug)]
pub struct Built {
    pub product: Product,
    /// What to set on hand.
    pub stock: Vec<(Sku, u32)>,
    /// What to set on hand where nothing was ever counted.
    pub initial_stock: Vec<(Sku, u32)>,
    /// The handle was made of the title, so another may be taken when it is not free.
    pub handle_is_made: bool,
}

/// Collects problems, so that one look at the error file is enough.
pub(super) struct Building<'a> {
    pub(super) context: &'a Context,
    pub(super) problems: Vec<Problem>,
}

/// Every problem of the record, or the product.
pub fn build(record: &ProductRecord, known: Known<'_>, context: &Context) -> Result<Built, Vec<Problem>> {
    let mut b = Building { context, problems: Vec::new() };
    let existing = known.existing;
    let old = |pick: fn(&Product) -> &Localized| existing.map(pick).cloned().unwrap_or_default();

    let title = b.text(Field::product("title"), record.title.as_ref(), &old(|p| &p.title));
    if title.is_empty() {
        b.refuse(Field::product("title"), "title_required", "a product needs a title", "");
    }
    let (handle, handle_is_made) = b.handle(record, existing, &title, &known.id);
    let options = b.options(record.options.as_deref(), existing);
    let images = b.images(record.images.as_deref(), existing);
    let made = variants::build(&mut b, record.variants.as_deref(), existing, options, &images, handle.as_ref());
    let attributes = match &record.attributes {
        Some(attributes) => attributes::build(&mut b, attributes, existing),
        None => existing.map(|p| p.attributes.clone()).unwrap_or_default(),
    };
    let created_at = b.created_at(record, existing);
    let product = handle.map(|handle| Product {
        handle,
        status: record.status.or(existing.map(|p| p.status)).unwrap_or(ProductStatus::Active),
        description_html: b.html(record.description_html.as_ref(), &old(|p| &p.description_html)),
        brand: b.plain(Field::product("brand"), record.brand.as_ref(), existing.and_then(|p| p.brand.as_ref())),
        product_type: b.plain(
            Field::product("product_type"),
            record.product_type.as_ref(),
            existing.and_then(|p| p.product_type.as_ref()),
        ),
        category: known.category.unwrap_or_else(|| existing.and_then(|p| p.category.clone())),
        tags: b.tags(record.tags.as_deref(), existing),
        attributes,
        options: made.options,
        variants: made.variants,
        images,
        seo_title: b.text(Field::product("seo_title"), record.seo_title.as_ref(), &old(|p| &p.seo_title)),
        seo_description: b.text(
            Field::product("seo_description"),
            record.seo_description.as_ref(),
            &old(|p| &p.seo_description),
        ),
        title,
        created_at,
        updated_at: existing.map_or(created_at, |p| p.updated_at),
        id: known.id,
    });
    // Whatever this file does not look at itself, the domain does.
    if let Some(product) = product.as_ref().filter(|_| b.problems.is_empty()) {
        b.problems
            .extend(product.validate().into_iter().map(|e| Field::named(&e.field).problem(e.code, e.message, "")));
    }
    match product {
        Some(product) if b.problems.is_empty() => {
            Ok(Built { product, stock: made.stock, initial_stock: made.initial_stock, handle_is_made })
        }
        _ => Err(b.problems),
    }
}

impl Building<'_> {
    pub(super) fn refuse(&mut self, field: Field, code: &'static str, rule: impl Into<String>, value: impl ToString) {
        self.problems.push(field.problem(code, rule, value));
    }

    /// A plain text in its languages: bounded, without control characters.
    pub(super) fn text(&mut self, field: Field, text: Option<&Text>, current: &Localized) -> Localized {
        let Some(text) = text else { return current.clone() };
        let mut text = text.clone();
        text.map(|t| t.trim().to_owned());
        let text = text.over(current, &self.context.default_locale);
        for (_, t) in text.iter() {
            self.check_text(field, t);
        }
        text
    }

    pub(super) fn check_text(&mut self, field: Field, text: &str) {
        if text.chars().count() > MAX_TEXT_CHARS {
            self.refuse(field, "too_long", format!("must be at most {MAX_TEXT_CHARS} characters"), text);
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.refuse(field, "control_character", "must not hold control characters", text.escape_debug());
        }
    }

    /// None where the text is blank.
    pub(super) fn plain(&mut self, field: Field, text: Option<&String>, current: Option<&String>) -> Option<String> {
        let Some(text) = text else { return current.cloned() };
        let text = text.trim();
        self.check_text(field, text);
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn html(&mut self, text: Option<&Text>, current: &Localized) -> Localized {
        let Some(text) = text else { return current.clone() };
        let mut text = text.clone();
        let mut longest = 0;
        text.map(|t| {
            longest = longest.max(t.len());
            if t.len() > MAX_HTML_BYTES { String::new() } else { html::clean(t.trim()) }
        });
        if longest > MAX_HTML_BYTES {
            let rule = format!("must be at most {MAX_HTML_BYTES} bytes");
            self.refuse(Field::product("description_html"), "too_long", rule, longest);
        }
        text.over(current, &self.context.default_locale)
    }

    /// The record's, else the product's own, else one made of the title.
    fn handle(
        &mut self,
        record: &ProductRecord,
        existing: Option<&Product>,
        title: &Localized,
        id: &ProductId,
    ) -> (Option<Handle>, bool) {
        let field = Field::product("handle");
        match (&record.handle, existing) {
            (Some(text), _) if !text.is_empty() => match Handle::new(text.as_str()) {
                Ok(handle) => (Some(handle), false),
                Err(e) => {
                    self.refuse(field, "invalid_handle", e.to_string(), text);
                    (None, false)
                }
            },
            (_, Some(product)) => (Some(product.handle.clone()), false),
            _ => {
                let made =
                    made_handle(title, &self.context.default_locale).or_else(|| Handle::from_text(id.as_str()).ok());
                if made.is_none() && !title.is_empty() {
                    self.refuse(field, "handle_required", "no handle can be made of this title: give one", "");
                }
                (made, true)
            }
        }
    }

    fn tags(&mut self, tags: Option<&[String]>, existing: Option<&Product>) -> Vec<String> {
        let Some(tags) = tags else { return existing.map(|p| p.tags.clone()).unwrap_or_default() };
        let mut all: Vec<String> = Vec::new();
        for tag in tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
            self.check_text(Field::product("tags"), tag);
            if !all.iter().any(|known| known == tag) {
                all.push(tag.to_owned());
            }
        }
        if all.len() > MAX_TAGS {
            self.refuse(Field::product("tags"), "too_many_tags", format!("at most {MAX_TAGS} tags"), all.len());
            all.truncate(MAX_TAGS);
        }
        all
    }

    fn options(&mut self, options: Option<&[OptionRecord]>, existing: Option<&Product>) -> Vec<ProductOption> {
        let Some(options) = options else { return existing.map(|p| p.options.clone()).unwrap_or_default() };
        let default = &self.context.default_locale.clone();
        let mut built = Vec::new();
        for (i, option) in options.iter().take(stoa_domain::product::MAX_OPTIONS + 1).enumerate() {
            let old = existing.and_then(|p| p.options.get(i));
            let name = self.text(
                Field::of("options", i, "name"),
                Some(&option.name),
                &old.map(|o| o.name.clone()).unwrap_or_default(),
            );
            if name.is_empty() {
                self.refuse(Field::of("options", i, "name"), "option_name_required", "an option needs a name", "");
            }
            // Not listed here does not mean gone: the variants say which values there are.
            let mut values = old.map(|o| o.values.clone()).unwrap_or_default();
            let mut listed = Vec::with_capacity(option.values.len());
            for value in &option.values {
                let plain = match &value.name {
                    Text::Plain(text) => text.trim().to_owned(),
                    Text::Translated(texts) => {
                        texts.get(default).or(texts.values().next()).cloned().unwrap_or_default()
                    }
                };
                let at = values.iter().position(|v| v.name.get(default, default) == plain.trim());
                let known = at.map(|at| values.remove(at));
                let name = self.text(
                    Field::of("options", i, "values"),
                    Some(&value.name),
                    &known.as_ref().map(|k| k.name.clone()).unwrap_or_default(),
                );
                let swatch = value.swatch.clone().or_else(|| known.and_then(|k| k.swatch)).filter(|s| !s.is_empty());
                if swatch.as_ref().is_some_and(|s| !is_colour(s)) {
                    self.refuse(
                        Field::of("options", i, "values"),
                        "invalid_swatch",
                        "a swatch is a colour such as #c2a27c",
                        swatch.as_deref().unwrap_or_default(),
                    );
                }
                listed.push(OptionValue { name, swatch });
            }
            listed.append(&mut values);
            built.push(ProductOption { name, values: listed });
        }
        built
    }

    fn images(&mut self, images: Option<&[ImageRecord]>, existing: Option<&Product>) -> Vec<Image> {
        let old = existing.map(|p| p.images.as_slice()).unwrap_or_default();
        let Some(images) = images else { return old.to_vec() };
        if images.len() > stoa_domain::product::MAX_IMAGES {
            let rule = format!("a product has at most {} images", stoa_domain::product::MAX_IMAGES);
            self.refuse(Field::product("images"), "too_many_images", rule, images.len());
            return Vec::new();
        }
        let mut built: Vec<Image> = Vec::with_capacity(images.len());
        for (i, image) in images.iter().enumerate() {
            let Some(image) = self.image(i, image, old) else { continue };
            // Files and variants name a picture by its text: a second one of the same text could not be meant.
            if !built.iter().any(|known| image_text(known) == image_text(&image)) {
                built.push(image);
            }
        }
        built
    }

    fn image(&mut self, index: usize, image: &ImageRecord, old: &[Image]) -> Option<Image> {
        let source = image.source.as_deref().map(str::trim).filter(|source| !source.is_empty());
        if source.is_some_and(|s| s.len() > MAX_SOURCE_BYTES || s.chars().any(char::is_control)) {
            let rule = format!("an image's address has at most {MAX_SOURCE_BYTES} bytes and no control characters");
            self.refuse(Field::of("images", index, "source"), "invalid_source", rule, source.unwrap_or_default());
            return None;
        }
        if image.media.as_ref().is_some_and(|media| !is_media(media)) {
            let rule = "media is what storing a picture answered";
            self.refuse(Field::of("images", index, "media"), "invalid_media", rule, "");
            return None;
        }
        let same = |old: &&Image| match (source, &image.media) {
            (Some(source), _) => image_text(old).as_deref() == Some(source),
            (None, media) => media.is_some() && old.media == *media,
        };
        let known = old.iter().find(same);
        let media = image.media.clone().or_else(|| known.and_then(|k| k.media.clone()));
        // A stored picture is written as its object's name where it has no source of its own.
        let source = source.filter(|s| media.as_ref().is_none_or(|m| media_text(m) != *s)).map(str::to_owned);
        let alt = self.text(
            Field::of("images", index, "alt"),
            image.alt.as_ref(),
            &known.map(|k| k.alt.clone()).unwrap_or_default(),
        );
        (source.is_some() || media.is_some()).then_some(Image { source, media, alt })
    }

    fn created_at(&mut self, record: &ProductRecord, existing: Option<&Product>) -> Timestamp {
        let known = existing.map_or(self.context.now, |p| p.created_at);
        let Some(text) = record.created_at.as_deref().filter(|t| !t.is_empty()) else { return known };
        text.parse().unwrap_or_else(|_| {
            self.refuse(
                Field::product("created_at"),
                "invalid_time",
                "must be a time such as 2026-01-31T00:00:00Z",
                text,
            );
            known
        })
    }
}

/// The handle that a title makes; None where it holds no letter or digit.
pub(super) fn made_handle(title: &Localized, default: &Locale) -> Option<Handle> {
    Handle::from_text(title.get(default, default)).ok()
}

/// How files name an image: its source, else its stored object.
pub(super) fn image_text(image: &Image) -> Option<String> {
    image.source.clone().or_else(|| image.media.as_ref().map(media_text))
}

fn media_text(media: &Media) -> String {
    crate::media::key(&media.digest, media.width)
}

fn is_media(media: &Media) -> bool {
    media.digest.len() == 64
        && media.digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && (1..=8).contains(&media.widths.len())
        && media.widths.is_sorted_by(|a, b| a < b)
        && media.widths.last() == Some(&media.width)
        && media.widths[0] > 0
        && media.height > 0
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}
