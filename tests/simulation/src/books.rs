//! The check of the books: what the table says, what the provider charged, and what shoppers and callers were answered
//! have to fit together.

use crate::bank::Charge;
use crate::shop::{CODE, GOODS, MAX_USES, Shop};
use crate::told::Told;
use crate::witness::Witness;
use std::collections::{BTreeMap, BTreeSet};
use stoa_checkout::place_order::PlacedOrder;
use stoa_domain::order::{Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::{CartId, Sku};
use stoa_storage::embedded::memory::{Reply, Request, Wire};
use stoa_storage::{Cursor, MAX_ORDERS_PAGE, StoreError, customer_key};

/// Hex digits of a cart's id.
const CART_ID_LENGTH: usize = 32;

/// Writes what does not hold into the witness.
pub(crate) async fn check(shop: &Shop, witness: &Witness, told: &Told) {
    let read = async {
        let orders = orders(shop).await?;
        let mut payments = BTreeMap::new();
        for order in &orders {
            if let Some(payment) = shop.store.payments().get(&order.payment).await? {
                payments.insert(order.payment.to_string(), payment.value);
            }
        }
        stock(shop, &orders, witness).await?;
        carts(shop, &orders, witness).await?;
        uses(shop, &orders, witness).await?;
        Ok::<_, StoreError>((orders, payments))
    };
    match read.await {
        Ok((orders, payments)) => {
            timelines(&orders, witness);
            money(&orders, &payments, &shop.bank.charges(), told, witness);
            answers(&orders, witness);
        }
        Err(error) => witness.violation(format!("the table cannot be read: {error}")),
    }
}

async fn orders(shop: &Shop) -> Result<Vec<Order>, StoreError> {
    let (mut all, mut cursor): (Vec<Order>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = shop.store.orders().list(None, cursor.as_ref(), MAX_ORDERS_PAGE).await?;
        all.extend(page.items.into_iter().map(|order| order.value));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// Holds its pieces of the stock.
fn is_open(order: &Order) -> bool {
    matches!(order.state, OrderState::PaymentPending | OrderState::Paid)
}

fn pieces<'a>(orders: impl Iterator<Item = &'a Order>, sku: &str) -> u32 {
    orders.flat_map(|order| &order.lines).filter(|line| line.sku.as_str() == sku).map(|line| line.quantity).sum()
}

/// Sold, reserved and on hand are what came in.
async fn stock(shop: &Shop, orders: &[Order], witness: &Witness) -> Result<(), StoreError> {
    for (name, _, came_in) in GOODS {
        let Ok(sku) = Sku::new(name) else { continue };
        let Some(level) = shop.store.stock().get(&sku).await? else {
            witness.violation(format!("{name} has no stock any more"));
            continue;
        };
        let held = pieces(orders.iter().filter(|order| is_open(order)), name);
        let gone = |order: &&Order| order.timeline.iter().any(|event| event.to == OrderState::Shipped);
        let shipped = pieces(orders.iter().filter(gone), name);
        if level.reserved != held {
            witness.violation(format!("{name}: {} are reserved, open orders hold {held}", level.reserved));
        }
        if level.on_hand + shipped != came_in {
            witness.violation(format!("{name}: {} on hand and {shipped} shipped, of {came_in}", level.on_hand));
        }
        if level.reserved > level.on_hand {
            witness.violation(format!("{name} is oversold: {} reserved of {}", level.reserved, level.on_hand));
        }
        if let Some(available) = stored_available(shop, name).await
            && i64::from(level.on_hand) - i64::from(level.reserved) != available
        {
            let (on_hand, reserved) = (level.on_hand, level.reserved);
            witness.violation(format!("{name}: {on_hand} on hand less {reserved} reserved are not {available}"));
        }
    }
    Ok(())
}

/// The count that reserving compares with, as it is stored.
async fn stored_available(shop: &Shop, sku: &str) -> Option<i64> {
    let body = serde_json::json!({
        "TableName": shop.store.table_name(), "ConsistentRead": true,
        "Key": { "pk": { "S": format!("SKU#{sku}") }, "sk": { "S": "STOCK" } },
    });
    let Reply::Answer(200, body) = shop.schedule.send(Request { operation: "GetItem".to_owned(), body }).await else {
        return None;
    };
    let read: serde_json::Value = serde_json::from_str(&body).ok()?;
    read["Item"]["available"]["N"].as_str()?.parse().ok()
}

/// A promotion, its code and its customers count the orders that hold them.
async fn uses(shop: &Shop, orders: &[Order], witness: &Witness) -> Result<(), StoreError> {
    let Some(promotion) = Shop::promotion() else { return Ok(()) };
    let held: Vec<&Order> = orders.iter().filter(|order| order.state != OrderState::Cancelled).collect();
    let with = held.iter().filter(|order| order.quote.given().contains_key(&promotion)).count();
    let standing = shop.store.promotions().standing(std::slice::from_ref(&promotion), &[CODE.to_owned()], None).await?;
    let counted = standing.usage(&promotion).uses;
    if counted as usize != with {
        witness.violation(format!("the promotion counts {counted} uses, {with} orders hold it"));
    }
    if with > MAX_USES as usize {
        witness.violation(format!("{with} orders hold a promotion that {MAX_USES} may have"));
    }
    let emails: BTreeSet<&str> = orders.iter().map(|order| order.email.as_str()).collect();
    for email in emails {
        let Ok(customer) = customer_key(email) else { continue };
        let counted = shop.store.promotions().standing(&[], &[], Some(&customer)).await?.customer_orders;
        let theirs = held.iter().filter(|order| order.email == email).count();
        if counted as usize != theirs {
            witness.violation(format!("a customer of {theirs} orders is counted {counted}"));
        }
    }
    Ok(())
}

/// Each is a path through the table of transitions, paid at most once, and ends where the order is.
fn timelines(orders: &[Order], witness: &Witness) {
    for order in orders {
        let states: Vec<OrderState> = order.timeline.iter().map(|event| event.to).collect();
        let legal = states.windows(2).all(|pair| pair[0].may_become(pair[1]));
        let whole = states.first() == Some(&OrderState::PaymentPending) && states.last() == Some(&order.state);
        if !legal || !whole {
            witness.violation(format!("an order that is {} went through {states:?}", order.state));
        }
        if states.iter().filter(|state| **state == OrderState::Paid).count() > 1 {
            witness.violation("an order was paid twice");
        }
    }
}

/// Orders are paid with money that moved, and money that moved is somewhere.
fn money(orders: &[Order], payments: &BTreeMap<String, Payment>, charges: &[Charge], told: &Told, witness: &Witness) {
    for order in orders {
        let Some(payment) = payments.get(order.payment.as_str()) else {
            witness.violation("an order has no payment");
            continue;
        };
        let was_paid = order.timeline.iter().any(|event| event.to == OrderState::Paid);
        if was_paid != (payment.state == PaymentState::Succeeded) {
            witness.violation(format!("an order that is {} has a payment that is {:?}", order.state, payment.state));
        }
        let covers = |charge: &&Charge| {
            charge.payment == order.payment
                && charge.amount == order.quote.total
                && payment.provider_reference.as_ref() == Some(&charge.reference)
        };
        if was_paid && !charges.iter().any(|charge| covers(&charge)) {
            witness.violation("an order is paid, and no charge covers it");
        }
    }
    for charge in charges {
        let Some(payment) = payments.get(charge.payment.as_str()) else {
            witness.violation("money came for a payment that the shop does not have");
            continue;
        };
        let pays =
            payment.state == PaymentState::Succeeded && payment.provider_reference.as_ref() == Some(&charge.reference);
        let is_held = payment.state == PaymentState::Held;
        if !pays && !is_held && !told.to_give_back(&charge.reference) {
            witness.violation(format!("money is lost: a charge of a payment that is {:?}", payment.state));
        }
    }
}

/// A cart is ordered once, and does not vanish without an order.
async fn carts(shop: &Shop, orders: &[Order], witness: &Witness) -> Result<(), StoreError> {
    let cookies: BTreeSet<String> = witness.orders().into_iter().map(|asked| asked.cookie).collect();
    for cookie in cookies {
        // `stoa_cart={id}.{signature}`
        let id = cookie.split(['=', '.']).nth(1).and_then(|id| CartId::new(id).ok());
        let Some(id) = id.filter(|id| id.as_str().len() == CART_ID_LENGTH) else {
            witness.violation(format!("{cookie} names no cart"));
            continue;
        };
        let ordered = orders.iter().filter(|order| order.cart == id).count();
        if ordered > 1 {
            witness.violation("a cart was ordered twice");
        }
        if ordered == 0 && shop.store.carts().get(&id).await?.is_none() {
            witness.violation("a cart is gone, and there is no order of it");
        }
    }
    Ok(())
}

/// One order a key, every answer under a key the same, every acknowledged order there, and every order known to
/// who asked for it.
fn answers(orders: &[Order], witness: &Witness) {
    let mut known = BTreeSet::new();
    for asked in witness.orders() {
        let mut placed: Vec<&String> =
            asked.answers.iter().filter(|(status, _)| *status == 201).map(|(_, body)| body).collect();
        let last = asked.answers.last().is_some_and(|(status, _)| *status == 201);
        if !placed.is_empty() && !last {
            witness.violation(format!("{} was answered with an order, and at last with none", asked.key));
        }
        placed.dedup();
        if placed.len() > 1 {
            witness.violation(format!("{} was answered with {} different orders", asked.key, placed.len()));
        }
        for body in placed {
            let order = serde_json::from_str::<PlacedOrder>(body).ok().map(|placed| placed.order_id);
            match order.filter(|id| orders.iter().any(|order| order.id == *id)) {
                Some(id) => {
                    if !known.insert(id) {
                        witness.violation("one order was given to two requests");
                    }
                }
                None => witness.violation(format!("the order that {} was answered with does not exist", asked.key)),
            }
        }
    }
    if orders.iter().any(|order| !known.contains(&order.id)) {
        witness.violation("there is an order that nobody was told of");
    }
}
