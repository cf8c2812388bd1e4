//! {{title}}: some percent off the order, from a subtotal on.

use serde::Deserialize;
use stoa_plugin_sdk::{Answer, Discount, Input, Operation, Value, promotion};

/// See `plugin.toml`.
#[derive(Deserialize)]
struct Settings {
    percent: u32,
    /// Minor units.
    from: i64,
}

promotion!(discounts);

fn discounts(input: &Input, settings: &Settings) -> Answer {
    if input.cart.subtotal < settings.from {
        return Ok(Vec::new());
    }
    let reason = format!("{} % off", settings.percent);
    Ok(vec![Operation::DiscountOrder(Discount { value: Value::percent(settings.percent), reason })])
}
