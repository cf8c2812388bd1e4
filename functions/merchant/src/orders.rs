//! What staff do to an order: the API and the console's pages both end here. The order itself says what may be done; here it
//! is read, changed and written with everything that changes with it.

use crate::State;
use crate::store_error;
use axum::http::StatusCode;
use jiff::Timestamp;
use stoa_domain::OrderId;
use stoa_domain::order::{
    Act, Decision, Order, OrderRefusal, OrderState, Parcel, RefundId, RefundRequest, RefundState, Requested, ReturnStep,
};
use stoa_endpoint::{ApiError, FieldError, random};
use stoa_storage::{Revision, StockEffect, Store, UpdateOrder, Versioned};

/// The provider whose refunds a person makes from the start.
const BY_HAND: &str = "bank_transfer";
const MAX_REFERENCE_CHARS: usize = 120;

/// One thing done to an order.
#[derive(Debug, Clone)]
pub enum Change {
    /// Pieces leave the house.
    Ship(Parcel),
    /// One parcel arrived.
    ParcelArrived(u32),
    /// Everything arrived.
    Deliver,
    Complete,
    /// Ends an order of which nothing was shipped; what was paid is given back.
    Cancel,
    Refund {
        id: RefundId,
        asked: RefundRequest,
    },
    /// A failed refund is tried again.
    RetryRefund(RefundId),
    /// A person gave the money back; `reference` is the bank's or the provider's own name for it.
    RefundedByHand {
        id: RefundId,
        reference: String,
    },
    /// The invoice was made, or made anew.
    IssueInvoice {
        number: String,
        link: String,
    },
    /// A return goes one step on.
    Return {
        number: u32,
        step: ReturnStep,
    },
}

/// Does it, if the order is still at `expected`; without that, at whatever it is. What was done before changes nothing and
/// answers the order as it is.
pub async fn change(
    state: &State,
    id: &OrderId,
    expected: Option<Revision>,
    change: &Change,
    by: &str,
    why: &str,
) -> Result<Versioned<Order>, ApiError> {
    let read = find(&state.store, id).await?;
    let revision = expected.unwrap_or(read.revision);
    let mut order = read.value;
    let act = Act { at: Timestamp::now(), by, why: why.trim() };
    if why.chars().count() > 500 || why.chars().any(char::is_control) {
        return Err(ApiError::validation(vec![FieldError::new("why", "too_long", "must be at most 500 characters")]));
    }
    let Some(stock) = apply(state, &mut order, change, act).await? else {
        return Ok(Versioned { value: order, revision: read.revision });
    };
    let update = UpdateOrder { order: order.clone(), revision, payment: None, stock };
    let revision = state.store.orders().update(update).await.map_err(store_error)?;
    tracing::info!(order = %id, by, state = %order.state, "an order changed");
    Ok(Versioned { value: order, revision })
}

/// What the change does to the stock; None: nothing changed.
async fn apply(
    state: &State,
    order: &mut Order,
    change: &Change,
    act: Act<'_>,
) -> Result<Option<StockEffect>, ApiError> {
    let kept = |changed: bool| changed.then_some(StockEffect::Keep);
    Ok(match change {
        Change::Ship(parcel) => Some(StockEffect::Pieces(order.ship(parcel, act).map_err(refused)?)),
        Change::ParcelArrived(number) => kept(order.deliver_shipment(*number, act).map_err(refused)?),
        Change::Deliver => {
            order.deliver(act).map_err(refused)?;
            Some(StockEffect::Keep)
        }
        Change::Complete => {
            order.transition(OrderState::Completed, act.at, act.by, act.why).map_err(|e| refused(e.into()))?;
            Some(StockEffect::Keep)
        }
        Change::Cancel => {
            order.cancel(&new_refund_id()?, act).map_err(refused)?;
            Some(StockEffect::Release)
        }
        Change::Refund { id, asked } => match order.refund(id, asked, act).map_err(refused)? {
            Requested::New(moves) => Some(StockEffect::Pieces(moves)),
            Requested::Known => None,
        },
        Change::IssueInvoice { number, link } => kept(order.issue_invoice(number, link, act).map_err(refused)?),
        Change::Return { number, step } => {
            Some(StockEffect::Pieces(order.step_return(*number, step, act).map_err(refused)?))
        }
        Change::RetryRefund(id) => kept(order.decide_refund(id, &Decision::Retry, act).map_err(refused)?),
        Change::RefundedByHand { id, reference } => {
            may_be_by_hand(state, order, id).await?;
            let reference = checked_reference(reference)?;
            kept(order.decide_refund(id, &Decision::Succeeded { reference }, act).map_err(refused)?)
        }
    })
}

/// While a provider is being asked, nobody gives the same money back a second time.
async fn may_be_by_hand(state: &State, order: &Order, id: &RefundId) -> Result<(), ApiError> {
    let pending = order.refunds.iter().any(|refund| refund.id == *id && refund.state == RefundState::Pending);
    let payment = state.store.payments().get(&order.payment).await.map_err(store_error)?;
    if pending && payment.is_none_or(|payment| payment.value.provider != BY_HAND) {
        let rule = "the payment's provider is being asked for this refund; only one that failed is made good by hand";
        return Err(ApiError::conflict("refund_in_progress", rule));
    }
    Ok(())
}

fn checked_reference(reference: &str) -> Result<String, ApiError> {
    let reference = reference.trim();
    let fits = !reference.is_empty()
        && reference.chars().count() <= MAX_REFERENCE_CHARS
        && !reference.chars().any(char::is_control);
    let rule = "must be 1 to 120 characters: the bank's or the provider's own name for the transfer";
    fits.then(|| reference.to_owned())
        .ok_or_else(|| ApiError::validation(vec![FieldError::new("reference", "invalid_reference", rule)]))
}

pub(crate) async fn find(store: &Store, id: &OrderId) -> Result<Versioned<Order>, ApiError> {
    store.orders().get(id).await.map_err(store_error)?.ok_or_else(|| ApiError::not_found("order"))
}

/// An id that no other refund has.
pub(crate) fn new_refund_id() -> Result<RefundId, ApiError> {
    RefundId::new(format!("ref_{}", random::hex::<16>()?)).map_err(ApiError::internal)
}

pub(crate) fn refused(refusal: OrderRefusal) -> ApiError {
    let (code, message) = (refusal.code(), refusal.to_string());
    match refusal {
        OrderRefusal::Unknown { what } => ApiError::not_found(what),
        OrderRefusal::Field { field, rule } => {
            ApiError::validation(vec![FieldError::new(field, "invalid", format!("must be {rule}"))])
        }
        OrderRefusal::UnknownLine { .. }
        | OrderRefusal::RepeatedLine { .. }
        | OrderRefusal::Nothing
        | OrderRefusal::NegativeAmount
        | OrderRefusal::Money(_) => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message),
        _ => ApiError::conflict(code, message),
    }
}
