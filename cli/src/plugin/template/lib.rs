//! {{title}}: some percent off the order, from a subtotal on.

use serde::Deserialize;
use stoa_plugin_sdk::{Cart, Discount, Operation, Value, promotion};

/// See `plugin.toml`.
#[derive(Deserialize)]
struct Settings {
    percent: u32,
    /// Minor units.
    from: i64,
}

promotion!(discounts);

fn discounts(cart: &Cart) -> Result<Vec<Operation>, String> {
    let settings: Settings = serde_json::from_str(&cart.settings).map_err(|e| format!("settings: {e}"))?;
    if cart.subtotal < settings.from {
        return Ok(Vec::new());
    }
    let reason = format!("{} % off", settings.percent);
    let value = Value::BasisPoints(settings.percent * 100);
    Ok(vec![Operation::DiscountOrder(Discount { value, reason })])
}
