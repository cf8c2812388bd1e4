//! What happened in the demo shop before it opened: orders that arrived, what their buyers say (`cli/demo/reviews.toml`), and an
//! order on its way with the simulated carrier.

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use stoa_domain::cart::Cart;
use stoa_domain::order::{Act, Address, Order, OrderLine, OrderState, Parcel, order_id, order_number};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::product::Product;
use stoa_domain::quote::{PricedLine, quote};
use stoa_domain::review::{Review, ReviewState, ReviewText, Stars};
use stoa_domain::{CartId, Locale, ProductId};
use stoa_payments::simulators::CARRIER;
use stoa_storage::{Expected, PlaceOrder, StockEffect, Store, UpdateOrder, Uses};

const UNDER_WAY: &str = "ripple-tumbler";
const BY: &str = "system";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) review: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Its handle.
    pub(super) product: String,
    pub(super) stars: u8,
    name: String,
    lang: String,
    day: Date,
    title: String,
    text: String,
    #[serde(default)]
    answer: String,
    /// Nobody has read it yet.
    #[serde(default)]
    waits: bool,
}

pub(super) fn load() -> Result<File> {
    toml::from_str(include_str!("../../demo/reviews.toml")).context("demo/reviews.toml")
}

/// Writes those that are not there.
pub(super) async fn seed(store: &Store) -> Result<()> {
    for (number, entry) in (1_u8..).zip(load()?.review) {
        let written_at = entry.day.at(9, 30, 0, 0).to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        let sold = Sold {
            number,
            handle: &entry.product,
            locale: Locale::new(entry.lang.as_str())?,
            at: written_at - days(6),
        };
        if let Some(order) = sell(store, &sold).await? {
            let order = send(store, order, "", written_at - days(5), Some(written_at - days(3))).await?;
            say(store, &order, entry, written_at).await?;
        }
    }
    let now = Timestamp::now();
    let sold = Sold { number: 0, handle: UNDER_WAY, locale: Locale::new("en")?, at: now - days(1) };
    if let Some(order) = sell(store, &sold).await? {
        send(store, order, CARRIER, now - SignedDuration::from_hours(2), None).await?;
    }
    Ok(())
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

struct Sold<'a> {
    /// Each order of the demo has its own.
    number: u8,
    handle: &'a str,
    locale: Locale,
    at: Timestamp,
}

/// A paid order of one piece. None: it is there already.
async fn sell(store: &Store, sold: &Sold<'_>) -> Result<Option<Order>> {
    let number = order_number([0xDE, 0x30, 0, 0, sold.number]);
    let id = order_id(&number).context("a number is an order's id")?;
    if store.orders().get(&id).await?.is_some() {
        return Ok(None);
    }
    let product = store.products().get(&ProductId::new(format!("prod_{}", sold.handle))?).await?;
    let product: Product = product.with_context(|| format!("the demo shop sells {}", sold.handle))?.value;
    let variant = product.variants.first().context("a product has variants")?;
    let cart = Cart::new(CartId::new(format!("cart_demo_{}", sold.number))?, sold.locale.clone(), sold.at);
    let revision = store.carts().put(&cart, Expected::Any).await?;
    let priced = PricedLine { sku: variant.sku.clone(), quantity: 1, unit_price: variant.price, compare_at: None };
    let payment = id.payment().context("an order has a payment")?;
    let mut order = Order {
        id,
        number,
        state: OrderState::PaymentPending,
        locale: sold.locale.clone(),
        email: format!("buyer-{}@example.com", sold.number),
        marketing_consent: false,
        shipping_address: address(),
        lines: vec![OrderLine {
            sku: variant.sku.clone(),
            product: product.id.clone(),
            handle: product.handle.to_string(),
            title: product.title.get(&sold.locale, &sold.locale).to_owned(),
            variant_title: String::new(),
            quantity: 1,
            unit_price: variant.price,
            total: variant.price,
            gift: None,
        }],
        quote: quote(&[priced], variant.price.currency, &[], None)?,
        cart: cart.id.clone(),
        payment: payment.clone(),
        placed_at: sold.at,
        held_until: None,
        timeline: Vec::new(),
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        invoice: None,
        forget: false,
    };
    order.transition(OrderState::Paid, sold.at, "provider:sandbox", "payment succeeded")?;
    let payment = Payment {
        id: payment,
        order: order.id.clone(),
        provider: "sandbox".to_owned(),
        amount: order.quote.total,
        state: PaymentState::Succeeded,
        provider_reference: None,
        created_at: sold.at,
        updated_at: sold.at,
    };
    let place = PlaceOrder {
        order: order.clone(),
        payment,
        reservations: Vec::new(),
        uses: Uses::default(),
        cart: (cart.id, revision),
        key: format!("demo {}", sold.number),
        request_hash: "demo".to_owned(),
        shop_locale: Locale::new("en")?,
    };
    store.orders().place(place).await?;
    Ok(Some(order))
}

/// It leaves, and arrives where `arrived` says when.
async fn send(
    store: &Store,
    order: Order,
    carrier: &str,
    left: Timestamp,
    arrived: Option<Timestamp>,
) -> Result<Order> {
    let read = store.orders().get(&order.id).await?.context("it was placed")?;
    let mut order = read.value;
    let tracking_number = if carrier.is_empty() { String::new() } else { order.number.clone() };
    order.ship(
        &Parcel { lines: None, carrier: carrier.to_owned(), tracking_number },
        Act { at: left, by: BY, why: "" },
    )?;
    if let Some(at) = arrived {
        order.deliver(Act { at, by: BY, why: "" })?;
    }
    let update = UpdateOrder { order: order.clone(), revision: read.revision, payment: None, stock: StockEffect::Keep };
    store.orders().update(update).await?;
    Ok(order)
}

async fn say(store: &Store, order: &Order, entry: Entry, at: Timestamp) -> Result<()> {
    let Entry { stars, name, title, text, answer, waits, .. } = entry;
    let written = ReviewText { stars: Stars::new(stars)?, title, text, name };
    let mut review = Review::write(order, 0, None, &written, at)?.context("it is new")?;
    if !waits {
        review.decide(ReviewState::Published, Act { at, by: BY, why: "" })?;
        review.answer(&answer)?;
    }
    store.reviews().add(&review).await?;
    Ok(())
}

fn address() -> Address {
    Address {
        name: "王莉".to_owned(),
        phone: "+86 139 0000 0000".to_owned(),
        country: "CN".to_owned(),
        region: "江苏省".to_owned(),
        city: "苏州市".to_owned(),
        district: "姑苏区".to_owned(),
        subdistrict: String::new(),
        street: "平江路 12 号".to_owned(),
        postal_code: "215000".to_owned(),
    }
}
