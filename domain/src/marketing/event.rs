//! What a marketing rule is asked about.

use crate::order::Order;
use crate::{Money, ProductId};
use serde::{Deserialize, Serialize};

/// One thing that happened, or a day that began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MarketingEvent))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    OrderPlaced(OrderFacts),
    OrderPaid(OrderFacts),
    /// Before it was paid.
    OrderCancelled(OrderFacts),
    OrderRefunded(OrderFacts),
    /// Once a day for every customer.
    Day,
    /// What the same plugin scheduled earlier comes due.
    FollowUp {
        tag: String,
    },
}

/// What is told of an order: nothing of who ordered and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MarketingOrder))]
pub struct OrderFacts {
    pub total: Money,
    pub pieces: u32,
    /// Each once, in the order of the lines.
    #[serde(default)]
    pub products: Vec<ProductId>,
}

impl OrderFacts {
    pub fn of(order: &Order) -> Self {
        let mut products: Vec<ProductId> = Vec::new();
        for line in &order.lines {
            if !products.contains(&line.product) {
                products.push(line.product.clone());
            }
        }
        let pieces = order.lines.iter().fold(0_u32, |sum, line| sum.saturating_add(line.quantity));
        Self { total: order.quote.total, pieces, products }
    }
}
