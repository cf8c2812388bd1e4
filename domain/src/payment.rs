//! A payment of one order with one provider.

use crate::{Currency, Money, OrderId, PaymentId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Every provider that Stoa knows, by its name in addresses, records and settings.
pub const PROVIDERS: [&str; 5] = ["wechat", "alipay", "stripe", "bank_transfer", "sandbox"];

/// Whether a provider can take this currency at all. WeChat Pay's and Alipay's domestic products take yuan only; which
/// of the others' currencies an account has, its provider says.
pub fn takes(provider: &str, currency: Currency) -> bool {
    match provider {
        "wechat" | "alipay" => currency.code() == "CNY",
        _ => PROVIDERS.contains(&provider),
    }
}

/// Providers close a trade only some minutes after it was begun.
pub const MIN_HOLD: SignedDuration = SignedDuration::from_mins(5);
/// A week, the longest that money needs from bank to bank.
pub const MAX_HOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long an order waits for its payment where the shop says nothing else: half an hour at a provider's page, and as
/// long as a transfer may take.
pub fn usual_hold(provider: &str) -> SignedDuration {
    if provider == "bank_transfer" { MAX_HOLD } else { SignedDuration::from_mins(30) }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    /// One of [`PROVIDERS`].
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
