//! The versions of the promotion contract that run: what each is told, and what each may answer. A plugin speaks the
//! version that it was built for; what an older one does not know of a cart it is not told.

use crate::bindings::{v0_1, v0_2};
use crate::plugin::Guard;
use crate::{PromotionInput, RunError};
use stoa_domain::Sku;
use stoa_domain::promotion::{DiscountValue, Operation, Pieces};
use wasmtime::component::InstancePre;
use wasmtime::{AsContextMut, Result, Store};

/// A plugin under the contract that it exports.
#[derive(Clone)]
pub(crate) enum Contract {
    V0_2(v0_2::PromotionPre<Guard>),
    V0_1(v0_1::PromotionPre<Guard>),
}

/// What a plugin said: operations, or why it gives none.
pub(crate) type Answer = std::result::Result<Vec<v0_2::Operation>, String>;

impl Contract {
    /// The newest that the component exports; the error is of the newest there is.
    pub(crate) fn of(pre: &InstancePre<Guard>) -> Result<Self> {
        let newest = v0_2::PromotionPre::new(pre.clone()).map(Self::V0_2);
        newest.or_else(|error| v0_1::PromotionPre::new(pre.clone()).map(Self::V0_1).map_err(|_| error))
    }

    pub(crate) fn version(&self) -> &'static str {
        match self {
            Self::V0_2(_) => "0.2",
            Self::V0_1(_) => "0.1",
        }
    }

    /// A fresh instance answers one cart.
    pub(crate) fn call(&self, store: &mut Store<Guard>, input: &PromotionInput, settings: &str) -> Result<Answer> {
        match self {
            Self::V0_2(pre) => {
                let instance = pre.instantiate(store.as_context_mut())?;
                lend(input, settings, |input| instance.stoa_promotion_discounts().call_run(store, input))
            }
            Self::V0_1(pre) => {
                let instance = pre.instantiate(store.as_context_mut())?;
                let cart = |cart: v0_1::Cart<'_>| instance.stoa_promotion_discounts().call_run(store, cart);
                let answer = lend_v0_1(input, settings, cart)?;
                Ok(answer.map(|operations| operations.into_iter().map(upgrade).collect()))
            }
        }
    }
}

/// The texts of all lines, one after the other, and where each list of them ends: what is lent has to lie somewhere.
#[derive(Default)]
struct Texts<'a> {
    texts: Vec<&'a str>,
    ends: Vec<usize>,
}

impl<'a> Texts<'a> {
    fn list(&mut self, texts: impl Iterator<Item = &'a str>) {
        self.texts.extend(texts);
        self.ends.push(self.texts.len());
    }

    /// The lists in the order in which they were put.
    fn lists(&self) -> impl Iterator<Item = &[&'a str]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.texts[start..*end])
    }
}

fn texts(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().map(String::as_str)
}

fn lend<R>(input: &PromotionInput, settings: &str, to: impl FnOnce(v0_2::Input<'_>) -> R) -> R {
    let mut lists = Texts::default();
    let mut attributes = Vec::new();
    let mut attributes_end = Vec::with_capacity(input.lines.len());
    for line in &input.lines {
        lists.list(texts(&line.tags));
        lists.list(line.categories.iter().map(stoa_domain::Handle::as_str));
        lists.list(line.collections.iter().map(stoa_domain::Handle::as_str));
        attributes.extend(line.attributes.iter().map(|(name, value)| v0_2::Attribute { name, value }));
        attributes_end.push(attributes.len());
    }
    let mut lists = lists.lists();
    let mut next = || lists.next().unwrap_or_default();
    let mut lines = Vec::with_capacity(input.lines.len());
    let mut start = 0;
    for (line, end) in input.lines.iter().zip(&attributes_end) {
        lines.push(v0_2::Line {
            sku: line.sku.as_str(),
            product: line.product.as_str(),
            title: &line.title,
            quantity: line.quantity,
            unit_price: line.unit_price.minor,
            compare_at: line.compare_at.map(|before| before.minor),
            weight_grams: line.weight_grams,
            brand: line.brand.as_deref(),
            product_type: line.product_type.as_deref(),
            tags: next(),
            categories: next(),
            collections: next(),
            attributes: &attributes[start..*end],
        });
        start = *end;
    }
    let context = &input.context;
    let codes: Vec<&str> = texts(&context.codes).collect();
    let groups: Vec<&str> = context.shopper.iter().flat_map(|shopper| texts(&shopper.groups)).collect();
    let shopper = context.shopper.as_ref().map(|who| v0_2::Shopper { groups: &groups, orders: who.orders });
    to(v0_2::Input {
        cart: v0_2::Cart {
            lines: &lines,
            currency: input.currency.code(),
            subtotal: input.subtotal.minor,
            shipping_method: context.shipping_method.as_deref(),
            codes: &codes,
        },
        shopper,
        context: v0_2::Context {
            now: context.now.as_second(),
            local_time: &context.local_text(),
            locale: input.locale.as_str(),
            country: context.country.as_deref(),
            channel: context.channel.as_deref(),
        },
        settings,
    })
}

fn lend_v0_1<R>(input: &PromotionInput, settings: &str, to: impl FnOnce(v0_1::Cart<'_>) -> R) -> R {
    let mut lists = Texts::default();
    for line in &input.lines {
        lists.list(texts(&line.tags));
        lists.list(line.categories.iter().map(stoa_domain::Handle::as_str));
    }
    let mut lists = lists.lists();
    let mut next = || lists.next().unwrap_or_default();
    let mut lines = Vec::with_capacity(input.lines.len());
    for line in &input.lines {
        lines.push(v0_1::Line {
            sku: line.sku.as_str(),
            product: line.product.as_str(),
            handle: line.handle.as_str(),
            title: &line.title,
            quantity: line.quantity,
            unit_price: line.unit_price.minor,
            tags: next(),
            categories: next(),
            brand: line.brand.as_deref(),
        });
    }
    to(v0_1::Cart {
        lines: &lines,
        currency: input.currency.code(),
        subtotal: input.subtotal.minor,
        locale: input.locale.as_str(),
        settings,
    })
}

/// What 0.1 could propose, 0.2 can.
fn upgrade(operation: v0_1::Operation) -> v0_2::Operation {
    let value = |value| match value {
        v0_1::Value::BasisPoints(points) => v0_2::Value::BasisPoints(points),
        v0_1::Value::Amount(minor) => v0_2::Value::Amount(minor),
    };
    let discount = |d: v0_1::Discount| v0_2::Discount { value: value(d.value), reason: d.reason };
    match operation {
        v0_1::Operation::DiscountLine(d) => {
            v0_2::Operation::DiscountLine(v0_2::LineDiscount { sku: d.sku, value: value(d.value), reason: d.reason })
        }
        v0_1::Operation::DiscountOrder(d) => v0_2::Operation::DiscountOrder(discount(d)),
        v0_1::Operation::DiscountShipping(d) => v0_2::Operation::DiscountShipping(discount(d)),
        v0_1::Operation::Message(text) => v0_2::Operation::Message(text),
    }
}

/// Form only; what a proposal does to the cart is the domain's decision.
pub(crate) fn to_domain(operation: v0_2::Operation) -> std::result::Result<Operation, RunError> {
    Ok(match operation {
        v0_2::Operation::DiscountLine(d) => {
            Operation::DiscountLine { sku: sku(d.sku)?, value: value(d.value), reason: d.reason }
        }
        v0_2::Operation::DiscountPieces(d) => {
            Operation::DiscountPieces { pieces: pieces(d.pieces)?, value: value(d.value), reason: d.reason }
        }
        v0_2::Operation::BuyGet(d) => {
            Operation::BuyGet { buy: pieces(d.buy)?, get: pieces(d.get)?, value: value(d.value), reason: d.reason }
        }
        v0_2::Operation::Bundle(d) => {
            Operation::Bundle { pieces: pieces(d.pieces)?, value: value(d.value), reason: d.reason }
        }
        v0_2::Operation::DiscountOrder(d) => Operation::DiscountOrder { value: value(d.value), reason: d.reason },
        v0_2::Operation::DiscountShipping(d) => Operation::DiscountShipping { value: value(d.value), reason: d.reason },
        v0_2::Operation::AddGift(gift) => {
            Operation::AddGift { sku: sku(gift.sku)?, quantity: gift.quantity, reason: gift.reason }
        }
        v0_2::Operation::Message(text) => Operation::Message { text },
        v0_2::Operation::AcceptCode(code) => Operation::AcceptCode { code },
        v0_2::Operation::RejectCode(no) => Operation::RejectCode { code: no.code, reason: no.reason },
    })
}

fn value(value: v0_2::Value) -> DiscountValue {
    match value {
        v0_2::Value::BasisPoints(points) => DiscountValue::BasisPoints(points),
        v0_2::Value::Amount(minor) => DiscountValue::Amount(minor),
        v0_2::Value::AmountEach(minor) => DiscountValue::AmountEach(minor),
        v0_2::Value::Price(minor) => DiscountValue::Price(minor),
        v0_2::Value::PriceEach(minor) => DiscountValue::PriceEach(minor),
    }
}

fn pieces(named: Vec<v0_2::Pieces>) -> std::result::Result<Vec<Pieces>, RunError> {
    named.into_iter().map(|named| Ok(Pieces { sku: sku(named.sku)?, quantity: named.quantity })).collect()
}

fn sku(text: String) -> std::result::Result<Sku, RunError> {
    Sku::new(text).map_err(|e| RunError::BadOutput(e.to_string()))
}
