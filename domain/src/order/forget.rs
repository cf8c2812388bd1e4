//! What stays of an order when its buyer wants to be forgotten. An order is a record of a sale, which the law has a shop keep; what
//! of it only served to reach the buyer goes as soon as nothing is left to be done. docs/privacy.md has the rule in words.

use super::{Order, OrderState, RefundState, ReturnState};

impl Order {
    /// Whether something is still to be paid, sent, brought back or given back, or an invoice to be made: then its buyer must be
    /// reached.
    pub fn is_under_way(&self) -> bool {
        use OrderState::{Cancelled, Completed, Delivered, Refunded};
        let closed = matches!(self.state, Delivered | Completed | Cancelled | Refunded);
        let refund = self.refunds.iter().any(|refund| refund.state != RefundState::Succeeded);
        let open = |state| !matches!(state, ReturnState::Declined | ReturnState::Refunded | ReturnState::Replaced);
        !closed || refund || self.invoice_waits().is_some() || self.returns.iter().any(|ret| open(ret.state))
    }

    /// The order without what the shop may not keep of a buyer who wants to be forgotten. None: nothing of it has to change.
    pub fn forgotten(&self) -> Option<Self> {
        let mut order = self.clone();
        order.marketing_consent = false;
        order.forget = true;
        if !self.is_under_way() {
            order.email.clear();
            order.shipping_address.phone.clear();
            order.invoice.iter_mut().for_each(|invoice| invoice.asked.email.clear());
            order.returns.iter_mut().for_each(|ret| ret.note.clear());
            // Nothing was sold: there is nothing to keep an account of. Where it would have gone stays, as a figure.
            if self.was_never_paid() {
                let address = &mut order.shipping_address;
                for text in [
                    &mut address.name,
                    &mut address.city,
                    &mut address.district,
                    &mut address.subdistrict,
                    &mut address.street,
                    &mut address.postal_code,
                ] {
                    text.clear();
                }
            }
        }
        (order != *self).then_some(order)
    }

    fn was_never_paid(&self) -> bool {
        let paid = |state| matches!(state, OrderState::Paid | OrderState::PartlyShipped | OrderState::Shipped);
        !self.timeline.iter().any(|event| paid(event.to))
    }
}
