//! What an order's buyer is told: that it is paid, that a parcel left, that money was sent back. Each once, whatever the stream
//! repeats: the message's id is the news.

use crate::CrmError;
use jiff::{SignedDuration, Timestamp};
use stoa_domain::CustomerId;
use stoa_domain::order::{Happened, Order, OrderState};
use stoa_storage::{MessageContent, OrderNews, OutboxMessage, Store};

/// News that could not be sent for so long are none any more, and what is older is not written.
const NEWS: SignedDuration = SignedDuration::from_hours(3 * 24);

pub(crate) async fn write(store: &Store, customer: &CustomerId, order: &Order, now: Timestamp) -> Result<(), CrmError> {
    for (at, news) in news(order) {
        if now.duration_since(at) >= NEWS {
            continue;
        }
        let id = match &news {
            OrderNews::Confirmed => format!("msg_{}-confirmed", order.id),
            OrderNews::Shipped(number) => format!("msg_{}-shipped-{number}", order.id),
            OrderNews::Refunded(refund) => format!("msg_{}-refunded-{refund}", order.id),
        };
        let content = MessageContent::Order { order: order.id.clone(), news };
        let message = OutboxMessage::new(id, customer.clone(), content, order.locale.clone(), now);
        store.messages().add(&OutboxMessage { useless_at: at.saturating_add(NEWS).ok(), ..message }).await?;
    }
    Ok(())
}

fn news(order: &Order) -> Vec<(Timestamp, OrderNews)> {
    let told = order.timeline.iter().filter_map(|event| {
        let news = match &event.what {
            Happened::State if event.to == OrderState::Paid => OrderNews::Confirmed,
            Happened::ShipmentSent { shipment, .. } => OrderNews::Shipped(*shipment),
            Happened::RefundSucceeded { refund, amount } if !amount.is_zero() => OrderNews::Refunded(refund.clone()),
            _ => return None,
        };
        Some((event.at, news))
    });
    told.collect()
}
