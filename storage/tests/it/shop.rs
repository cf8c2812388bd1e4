//! The things these tests put into a store.

use jiff::Timestamp;
use stoa_domain::order::OrderLine;
use stoa_domain::payment::MIN_HOLD;
use stoa_domain::product::Product;
use stoa_domain::quote::{PricedLine, quote};
use stoa_domain::{Localized, ProductId, Sku};
use stoa_storage::testing::{self, LocalStore, en, variant};
use stoa_storage::{PlaceOrder, Reservation, Store};

pub async fn shop() -> LocalStore {
    LocalStore::start().await
}

pub fn sku(text: &str) -> Sku {
    Sku::new(text).unwrap()
}

pub fn product_id(text: &str) -> ProductId {
    ProductId::new(text).unwrap()
}

pub fn now() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

/// A product whose id and handle are `name`, with these SKUs.
pub fn product(name: &str, skus: &[&str]) -> Product {
    Product {
        title: Localized::new(en(), name),
        variants: skus.iter().map(|sku| variant(sku, 1_250)).collect(),
        ..testing::product(name, 0)
    }
}

/// Stores a cart and makes the order of it: `quantity` of each SKU at ¥12.50, taken from stock.
pub async fn order(store: &Store, name: &str, skus: &[&str], quantity: u32) -> PlaceOrder {
    let mut place = testing::order(store, name).await;
    // As long in JSON whenever it is: what an order costs to write goes by its size.
    place.order.placed_at = now();
    place.order.held_until = Some(now() + MIN_HOLD);
    let line = place.order.lines.pop().unwrap();
    let price = line.unit_price;
    let priced = |text: &&str| PricedLine { sku: sku(text), quantity, unit_price: price, compare_at: None };
    let priced: Vec<PricedLine> = skus.iter().map(priced).collect();
    place.order.quote = quote(&priced, price.currency, &[], None).unwrap();
    place.payment.amount = place.order.quote.total;
    for (text, quoted) in skus.iter().zip(&place.order.quote.lines) {
        place.order.lines.push(OrderLine { sku: sku(text), quantity, total: quoted.total, ..line.clone() });
        place.reservations.push(Reservation { sku: sku(text), quantity, beyond_stock: false });
    }
    place
}
