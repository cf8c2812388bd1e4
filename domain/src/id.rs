//! Newtype ids. Prefixed ULIDs (`ord_01J…`) for what the shop makes itself; the merchant's own text for [`Sku`].

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not an id: `{kind} must be 1 to {max} characters of {alphabet}, got …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be 1 to {max} printable characters without spaces at the ends or control characters, got {got:?}")]
pub struct InvalidId {
    pub kind: &'static str,
    pub max: usize,
    pub got: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepts 1 to the kind's maximum of characters; refuses control characters and outer white space.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let fits = !text.is_empty()
                    && text.len() <= $max
                    && text.trim() == text
                    && !text.chars().any(char::is_control);
                if fits {
                    Ok(Self(text))
                } else {
                    Err(InvalidId { kind: $kind, max: $max, got: text.chars().take(80).collect() })
                }
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id!(
    /// One product, whatever its handle becomes. `prod_…` or the id a merchant's file brings.
    ProductId, "product id", 64);
id!(
    /// One sellable variant, unique in the shop: the merchant's stock-keeping unit.
    Sku, "sku", 128);
id!(CategoryId, "category id", 64);
id!(CollectionId, "collection id", 64);
id!(
    /// 128 random bits or more: knowing it is owning the cart.
    CartId, "cart id", 64);
id!(OrderId, "order id", 64);
id!(PaymentId, "payment id", 64);
id!(PromotionId, "promotion id", 64);
id!(PluginId, "plugin id", 64);
id!(CustomerId, "customer id", 64);

const ORDER: &str = "ord_";
const PAYMENT: &str = "pay_";

impl OrderId {
    /// The id of the order's one payment: `pay_` for `ord_`, the rest alike. None: this is no id of the shop's making.
    pub fn payment(&self) -> Option<PaymentId> {
        self.0.strip_prefix(ORDER).map(|rest| PaymentId(format!("{PAYMENT}{rest}")))
    }
}

impl PaymentId {
    /// The id of the order that it pays.
    pub fn order(&self) -> Option<OrderId> {
        self.0.strip_prefix(PAYMENT).map(|rest| OrderId(format!("{ORDER}{rest}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_order_and_its_payment_are_known_by_each_other() {
        let order = OrderId::new("ord_01J").unwrap();
        let payment = order.payment().unwrap();
        assert_eq!((payment.as_str(), payment.order()), ("pay_01J", Some(order)));
        assert_eq!((OrderId::new("pay_1").unwrap().payment(), PaymentId::new("1").unwrap().order()), (None, None));
    }
}
