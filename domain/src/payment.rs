//! A payment of one order with one provider.

use crate::{Currency, Money, OrderId, PaymentId};
use jiff::Timestamp;
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
