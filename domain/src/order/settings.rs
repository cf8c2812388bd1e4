//! What the shop decides about its orders.

use super::OrderRefusal;
use serde::{Deserialize, Serialize};

const MAX_RETURN_DAYS: u16 = 365;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OrderSettings {
    /// So many days after its parcels arrived an order may be sent back; 0: shoppers ask the shop themselves. At most 365.
    #[cfg_attr(feature = "schema", schema(maximum = 365))]
    pub return_days: u16,
}

impl Default for OrderSettings {
    fn default() -> Self {
        Self { return_days: 14 }
    }
}

impl OrderSettings {
    pub fn check(&self) -> Result<(), OrderRefusal> {
        if self.return_days > MAX_RETURN_DAYS {
            return Err(OrderRefusal::Field { field: "return_days", rule: "at most 365" });
        }
        Ok(())
    }
}
