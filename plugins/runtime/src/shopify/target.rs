//! The places in a checkout that a function can be made for, as far as Stoa has them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    #[serde(rename = "cart.lines.discounts.generate.run")]
    CartLines,
    #[serde(rename = "cart.delivery-options.discounts.generate.run")]
    DeliveryOptions,
    #[serde(rename = "purchase.product-discount.run")]
    ProductDiscount,
    #[serde(rename = "purchase.order-discount.run")]
    OrderDiscount,
    #[serde(rename = "purchase.shipping-discount.run")]
    ShippingDiscount,
}

const ALL: [(Target, &str); 5] = [
    (Target::CartLines, "cart.lines.discounts.generate.run"),
    (Target::DeliveryOptions, "cart.delivery-options.discounts.generate.run"),
    (Target::ProductDiscount, "purchase.product-discount.run"),
    (Target::OrderDiscount, "purchase.order-discount.run"),
    (Target::ShippingDiscount, "purchase.shipping-discount.run"),
];

impl Target {
    /// As `shopify.extension.toml` writes it; None for a place that Stoa has not.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known)| *known == name).map(|(target, _)| *target)
    }

    pub fn name(self) -> &'static str {
        ALL.iter().find(|(target, _)| *target == self).map_or("", |(_, name)| name)
    }

    /// Of the two targets that replaced the other three.
    pub(super) fn is_current(self) -> bool {
        matches!(self, Target::CartLines | Target::DeliveryOptions)
    }
}

/// All of them, for a message.
pub(super) fn names() -> String {
    ALL.map(|(_, name)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_its_name_in_text_and_in_json() {
        for (target, name) in ALL {
            assert_eq!((Target::named(name), target.name()), (Some(target), name));
            assert_eq!(serde_json::to_value(target).ok(), Some(name.into()));
        }
        assert_eq!(Target::named("cart.lines.discounts.generate.fetch"), None);
    }
}
