//! Three rules: three pieces of a tag get some percent off, the highest reached tier takes an amount off the order, and
//! shipping is free from an amount on. Below the next tier it says how much is missing.

use serde::Deserialize;
use stoa_plugin_sdk::{Answer, Cart, Discount, Input, Line, LineDiscount, Operation, Value, money, promotion};

/// See `plugin.toml`. Whatever is left out is off.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    tiers: Vec<Tier>,
    bundle: Option<Bundle>,
    free_shipping_from: Option<i64>,
}

/// From `spend` on, `save` is taken off: minor units.
#[derive(Deserialize)]
struct Tier {
    spend: i64,
    save: i64,
}

/// At least `quantity` pieces tagged `tag` get `percent` off.
#[derive(Deserialize)]
struct Bundle {
    tag: String,
    quantity: u32,
    percent: u32,
}

promotion!(spend_and_save);

fn spend_and_save(input: &Input, settings: &Settings) -> Answer {
    let cart = &input.cart;
    let chinese = input.context.in_chinese();
    let bundle = settings.bundle.as_ref();
    let mut operations = bundle.map_or_else(Vec::new, |bundle| bundle_discounts(cart, bundle, chinese));
    let reached = settings.tiers.iter().filter(|t| cart.subtotal >= t.spend).max_by_key(|t| t.spend);
    if let Some(tier) = reached {
        let (spend, save) = (money(tier.spend, &cart.currency), money(tier.save, &cart.currency));
        let reason = if chinese { format!("满 {spend} 减 {save}") } else { format!("Spend {spend}, save {save}") };
        operations.push(Operation::DiscountOrder(Discount { value: Value::Amount(tier.save), reason }));
    }
    let next = settings.tiers.iter().filter(|t| cart.subtotal < t.spend).min_by_key(|t| t.spend);
    if let (Some(tier), false) = (next, cart.lines.is_empty()) {
        let missing = money(tier.spend.saturating_sub(cart.subtotal), &cart.currency);
        let save = money(tier.save, &cart.currency);
        operations.push(Operation::Message(if chinese {
            format!("再买 {missing} 即可减 {save}")
        } else {
            format!("Add {missing} more to save {save}")
        }));
    }
    if settings.free_shipping_from.is_some_and(|from| cart.subtotal >= from) {
        let reason = if chinese { "满额免运费" } else { "Free shipping on this order" }.to_owned();
        operations.push(Operation::DiscountShipping(Discount { value: Value::BasisPoints(10_000), reason }));
    }
    Ok(operations)
}

fn bundle_discounts(cart: &Cart, bundle: &Bundle, chinese: bool) -> Vec<Operation> {
    let belongs = |line: &&Line| line.tags.contains(&bundle.tag);
    let pieces = cart.lines.iter().filter(belongs).fold(0_u32, |sum, line| sum.saturating_add(line.quantity));
    if pieces < bundle.quantity {
        return Vec::new();
    }
    let (quantity, percent) = (bundle.quantity, bundle.percent);
    let reason = if chinese {
        format!("任选 {quantity} 件减 {percent}%")
    } else {
        format!("{percent} % off for {quantity} or more")
    };
    let value = Value::percent(percent);
    let discount = |line: &Line| LineDiscount { sku: line.sku.clone(), value, reason: reason.clone() };
    cart.lines.iter().filter(belongs).map(|line| Operation::DiscountLine(discount(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            tiers: vec![Tier { spend: 30_000, save: 2_000 }, Tier { spend: 60_000, save: 6_000 }],
            bundle: Some(Bundle { tag: "tableware".into(), quantity: 3, percent: 10 }),
            free_shipping_from: Some(60_000),
        }
    }

    fn proposed(mugs: u32) -> Vec<Operation> {
        let lines = vec![Line::new("mug", mugs, 15_000).tagged("tableware"), Line::new("lamp", 1, 10_000)];
        spend_and_save(&Input::new("CNY", lines), &settings()).unwrap_or_default()
    }

    #[test]
    fn below_the_first_tier_the_cart_says_what_is_missing() {
        assert_eq!(proposed(1), [Operation::Message("Add ¥50 more to save ¥20".into())]);
    }

    #[test]
    fn the_highest_tier_counts_and_shipping_is_free_from_there() {
        let reason = "Free shipping on this order".to_owned();
        let free = Operation::DiscountShipping(Discount { value: Value::percent(100), reason });
        let saved = Discount { value: Value::Amount(6_000), reason: "Spend ¥600, save ¥60".into() };
        let bundle =
            LineDiscount { sku: "mug".into(), value: Value::percent(10), reason: "10 % off for 3 or more".into() };
        assert_eq!(proposed(4), [Operation::DiscountLine(bundle), Operation::DiscountOrder(saved), free]);
    }
}
