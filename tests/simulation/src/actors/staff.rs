//! Staff ship what is paid, hand it over, and cancel what a shopper does not want any more.

use super::Stage;
use crate::shop::move_order;
use fastrand::Rng;
use stoa_domain::order::OrderState;
use stoa_storage::MAX_ORDERS_PAGE;

const LOOKS: usize = 8;

pub(super) async fn works(stage: Stage, mut rng: Rng) {
    use OrderState::{Cancelled, Completed, Delivered, Paid, PaymentPending, Shipped};
    for _ in 0..LOOKS {
        stage.shop.schedule.pause("looks at the orders").await;
        let (from, to, what) = match rng.u8(..10) {
            0..4 => (Paid, Shipped, "shipped"),
            4..6 => (Shipped, Delivered, "delivered"),
            6..7 => (Delivered, Completed, "completed"),
            _ => (PaymentPending, Cancelled, "cancelled by staff"),
        };
        let (store, which) = (stage.shop.store.clone(), rng.usize(..8));
        let work = async move {
            let page = store.orders().list(Some(from), None, MAX_ORDERS_PAGE).await?;
            let Some(order) = page.items.get(which % page.items.len().max(1)) else { return Ok(None) };
            move_order(&store, order.value.id.clone(), to, "staff:sim").await
        };
        if let Ok(Ok(Some(()))) = stage.shop.schedule.invoke(what, work).await {
            stage.witness.happened(what);
        }
    }
}
