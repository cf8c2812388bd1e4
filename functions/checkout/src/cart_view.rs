//! What a shopper (or an agent) reads of a cart. Money is `{"minor":1250,"currency":"CNY"}`.

use crate::Config;
use crate::price_cart::{Item, Offer, PricedCart, Problem};
use crate::signed_quote;
use serde::{Deserialize, Serialize};
use stoa_domain::product::{Media, Product, Variant};
use stoa_domain::promotion::ReasonCode;
use stoa_domain::quote::{Allocation, CodeOutcome, GiftLine, QuoteLine, Source, TaxQuote, TaxRow};
use stoa_domain::shipping::NotOffered;
use stoa_domain::{CartId, Currency, Locale, Money};
use stoa_endpoint::ApiError;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartView {
    /// None: nothing was ever added.
    pub id: Option<String>,
    pub lines: Vec<LineView>,
    /// Sum of the quantities.
    pub item_count: u32,
    pub subtotal: Money,
    pub discount: Money,
    /// Where a method was chosen.
    pub shipping: Option<ShippingView>,
    /// Those that take this cart to this address.
    pub shipping_methods: Vec<ShippingMethodView>,
    /// Those that do not, and why.
    pub unavailable_shipping_methods: Vec<UnavailableMethodView>,
    /// None: the shop says nothing of taxes.
    pub tax: Option<TaxView>,
    /// What it is priced for, as far as it is known: ISO 3166-1 alpha-2; empty where nobody said.
    pub country: String,
    pub region: String,
    /// Names of payment providers, the one to propose first.
    pub payment_methods: Vec<String>,
    /// What would be paid: `subtotal - discount + shipping.total`, and `tax.total` where prices do not include it.
    pub total: Money,
    /// Signed: an order that sends it takes this total or is refused with what changed. None while no shipping is
    /// chosen, or while a line cannot be ordered.
    pub quote: Option<String>,
    /// What promotions have to say.
    pub messages: Vec<String>,
    /// Pieces that cost nothing, beside the lines.
    pub gifts: Vec<GiftView>,
    /// Every code that the cart has, and what came of it.
    pub codes: Vec<CodeView>,
    pub currency: Currency,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    pub sku: String,
    pub product_id: String,
    /// Empty when the product is gone, as are the titles.
    pub handle: String,
    pub title: String,
    pub variant_title: String,
    pub image: Option<ImageView>,
    pub quantity: u32,
    /// How many the cart may hold, at most 99.
    pub available: u32,
    pub unit_price: Money,
    pub compare_at: Option<Money>,
    pub subtotal: Money,
    pub discounts: Vec<DiscountView>,
    pub total: Money,
    pub problem: Option<Problem>,
    /// What one piece cost when the shopper last saw it, where that was another price.
    pub price_before: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageView {
    pub digest: String,
    pub widths: Vec<u16>,
    pub width: u16,
    pub height: u16,
    pub alt: String,
}

/// How much one promotion takes off, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountView {
    pub promotion: String,
    pub title: String,
    pub reason: String,
    pub amount: Money,
    /// `rule` or `plugin`.
    pub source: Source,
    /// What the promotion did: `discount_lines`, `buy_get`, …
    pub action: String,
    /// How many pieces of the line it is for; none for the line as a whole.
    pub pieces: Option<u32>,
    /// The code that brought the promotion in.
    pub code: Option<String>,
    /// The promotion's limit, or its budget, made it less.
    pub limited: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftView {
    pub sku: String,
    pub handle: String,
    pub title: String,
    pub variant_title: String,
    pub image: Option<ImageView>,
    pub quantity: u32,
    /// The promotion that gives it.
    pub promotion: String,
    pub promotion_title: String,
    pub reason: String,
    /// What the pieces are worth.
    pub value: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeView {
    /// As the shopper typed it.
    pub code: String,
    /// The promotion that it brought in, or would have; its title as shoppers read it, empty for a plugin's.
    pub promotion: Option<String>,
    pub title: String,
    /// None: it applied.
    pub why_not: Option<WhyNotView>,
}

/// The text key and no more of the reason: that a code is somebody else's is nobody's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyNotView {
    /// docs/promotions.md has them all: `promotion.amount_too_low`.
    pub text_key: String,
    pub missing_amount: Option<Money>,
    pub missing_quantity: Option<u64>,
    /// In the words of the plugin that rejected the code.
    pub said: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingView {
    pub method: String,
    pub name: String,
    pub price: Money,
    pub discounts: Vec<DiscountView>,
    pub total: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingMethodView {
    pub id: String,
    pub name: String,
    /// For this cart and address: zero once `free_from` is reached.
    pub price: Money,
    pub free_from: Option<Money>,
    pub promise: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnavailableMethodView {
    pub id: String,
    pub name: String,
    /// `shipping_not_available` or `parcel_too_heavy`.
    pub code: String,
    /// What it takes at most, where the cart is too heavy.
    pub most_grams: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxView {
    /// In the prices already; else it is added.
    pub included: bool,
    /// The rest of the address may change it.
    pub estimated: bool,
    pub rows: Vec<TaxRowView>,
    pub total: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRowView {
    pub name: String,
    /// 130000 is 13 %.
    pub millionths: u32,
    /// What bears it, without tax.
    pub net: Money,
    pub tax: Money,
}

impl TaxView {
    pub(crate) fn of(tax: &TaxQuote) -> Self {
        let row = |row: &TaxRow| TaxRowView {
            name: row.name.clone(),
            millionths: row.millionths,
            net: row.net,
            tax: row.tax,
        };
        Self {
            included: tax.included,
            estimated: tax.estimated,
            rows: tax.rows.iter().map(row).collect(),
            total: tax.total,
        }
    }
}

impl CartView {
    pub(crate) fn new(id: Option<&CartId>, cart: &PricedCart, config: &Config) -> Result<Self, ApiError> {
        let PricedCart { shop, locale, items, quote, to, deliveries, .. } = cart;
        let text = |texts: &stoa_domain::Localized| texts.get(locale, &shop.default_locale).to_owned();
        let goods = quote.goods_total().unwrap_or(quote.total);
        let money = |minor| Money::new(minor, shop.currency);
        let (mut methods, mut unavailable) = (Vec::new(), Vec::new());
        for (method, delivery) in shop.shipping_methods.iter().zip(deliveries) {
            let (id, name) = (method.id.clone(), text(&method.name));
            match delivery {
                Ok(delivery) => methods.push(ShippingMethodView {
                    id,
                    name,
                    price: money(delivery.price(goods.minor)),
                    free_from: delivery.free_from().map(money),
                    promise: text(&method.promise),
                }),
                Err(why) => {
                    let most_grams = match why {
                        NotOffered::TooHeavy { most_grams, .. } => Some(*most_grams),
                        NotOffered::Elsewhere => None,
                    };
                    unavailable.push(UnavailableMethodView { id, name, code: why.code().to_owned(), most_grams });
                }
            }
        }
        let orderable = quote.shipping.is_some() && items.iter().all(|item| item.problem().is_none());
        let signed = id.filter(|_| orderable).map(|id| signed_quote::sign(&config.link_key, id, quote)).transpose()?;
        Ok(Self {
            id: id.map(ToString::to_string),
            lines: items.iter().map(|item| LineView::new(item, cart)).collect(),
            item_count: items.iter().map(|i| i.line.quantity).sum(),
            subtotal: quote.subtotal,
            discount: quote.discount,
            shipping: quote.shipping.as_ref().map(|shipping| ShippingView {
                method: shipping.method.clone(),
                name: shipping.name.clone(),
                price: shipping.price,
                discounts: discounts(&shipping.allocations),
                total: shipping.total,
            }),
            shipping_methods: methods,
            unavailable_shipping_methods: unavailable,
            tax: quote.tax.as_ref().map(TaxView::of),
            country: to.country.clone(),
            region: to.region.clone(),
            payment_methods: config.payment_methods.offered(shop.currency).map(str::to_owned).collect(),
            total: quote.total,
            quote: signed,
            messages: quote.messages.iter().map(|m| m.text.clone()).collect(),
            gifts: quote.gifts.iter().map(|gift| GiftView::new(gift, cart)).collect(),
            codes: quote.codes.iter().map(|code| CodeView::new(code, cart)).collect(),
            currency: shop.currency,
        })
    }
}

impl LineView {
    fn new(item: &Item, cart: &PricedCart) -> Self {
        let zero = Money::zero(cart.shop.currency);
        let quoted = cart.quote.lines.iter().find(|l| l.sku == item.line.sku);
        let (locale, fallback) = (&cart.locale, &cart.shop.default_locale);
        let offer = item.offer.as_ref();
        let titles = offer.and_then(|offer| Some(titles(&offer.product, offer.variant()?, locale, fallback)));
        let (title, variant_title) = titles.unwrap_or_default();
        Self {
            sku: item.line.sku.to_string(),
            product_id: item.line.product.to_string(),
            handle: offer.map(|o| o.product.handle.to_string()).unwrap_or_default(),
            title,
            variant_title,
            image: offer.and_then(|offer| image(offer, locale, fallback)),
            quantity: item.line.quantity,
            available: offer.map_or(0, |o| o.available),
            unit_price: quoted.map_or(zero, |l| l.unit_price),
            compare_at: quoted.and_then(|l| l.compare_at),
            subtotal: quoted.map_or(zero, |l| l.subtotal),
            discounts: quoted.map(|l: &QuoteLine| discounts(&l.allocations)).unwrap_or_default(),
            total: quoted.map_or(zero, |l| l.total),
            problem: item.problem(),
            price_before: item.price_before(),
        }
    }
}

impl GiftView {
    fn new(gift: &GiftLine, cart: &PricedCart) -> Self {
        let (locale, fallback) = (&cart.locale, &cart.shop.default_locale);
        let offer = cart.gifts.get(&gift.sku);
        let named = offer.and_then(|offer| Some(titles(&offer.product, offer.variant()?, locale, fallback)));
        let (title, variant_title) = named.unwrap_or_default();
        Self {
            sku: gift.sku.to_string(),
            handle: offer.map(|o| o.product.handle.to_string()).unwrap_or_default(),
            title,
            variant_title,
            image: offer.and_then(|offer| image(offer, locale, fallback)),
            quantity: gift.quantity,
            promotion: gift.promotion.to_string(),
            promotion_title: gift.title.clone(),
            reason: gift.reason.clone(),
            value: gift.value,
        }
    }
}

impl CodeView {
    fn new(outcome: &CodeOutcome, cart: &PricedCart) -> Self {
        let rule = outcome.promotion.as_ref().and_then(|id| cart.setup.promotions.get(id));
        let why_not = outcome.why_not.as_ref().map(|why| WhyNotView {
            text_key: why.text_key.clone(),
            missing_amount: why.missing_amount,
            missing_quantity: why.missing_quantity,
            said: (why.code == ReasonCode::CodeRejected).then(|| why.message.clone()),
        });
        Self {
            code: outcome.code.clone(),
            promotion: outcome.promotion.as_ref().map(ToString::to_string),
            title: rule.map(|r| r.title.get(&cart.locale, &cart.shop.default_locale).to_owned()).unwrap_or_default(),
            why_not,
        }
    }
}

/// The product's title, and its variant's: `Sand / Large`, empty where there is no choice.
pub(crate) fn titles(product: &Product, variant: &Variant, locale: &Locale, fallback: &Locale) -> (String, String) {
    let chosen = product.options.iter().zip(&variant.option_values);
    let names = chosen.filter_map(|(option, value)| option.values.get(usize::from(*value)));
    let variant_title = names.map(|value| value.name.get(locale, fallback)).collect::<Vec<_>>().join(" / ");
    (product.title.get(locale, fallback).to_owned(), variant_title)
}

/// The variant's picture, or else the product's first that we hold.
fn image(offer: &Offer, locale: &Locale, fallback: &Locale) -> Option<ImageView> {
    let images = &offer.product.images;
    let own = offer.variant().and_then(|v| v.image).and_then(|i| images.get(usize::from(i)));
    let chosen = own.into_iter().chain(images).find(|image| image.media.is_some())?;
    let Media { digest, widths, width, height } = chosen.media.clone()?;
    Some(ImageView { digest, widths, width, height, alt: chosen.alt.get(locale, fallback).to_owned() })
}

pub(crate) fn discounts(allocations: &[Allocation]) -> Vec<DiscountView> {
    let view = |a: &Allocation| DiscountView {
        promotion: a.promotion.to_string(),
        title: a.title.clone(),
        reason: a.reason.clone(),
        amount: a.amount,
        source: a.source,
        action: a.action.clone(),
        pieces: a.pieces,
        code: a.code.clone(),
        limited: a.limited,
    };
    allocations.iter().map(view).collect()
}
