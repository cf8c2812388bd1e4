//! A payment of one order with one provider.

use crate::{Money, OrderId, PaymentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    /// `sandbox`.
    pub provider: String,
    pub amount: Money,
    pub state: PaymentState,
    /// The provider's own id, once it gave one.
    pub provider_reference: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    Pending,
    Succeeded,
    Failed,
    /// The provider's word does not match the order: a person must look, nothing is fulfilled.
    Held,
}
