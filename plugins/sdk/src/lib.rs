//! What the author of a Stoa plugin depends on. A promotion is one pure function from a cart and the merchant's settings
//! to proposed operations:
//!
//! ```
//! use stoa_plugin_sdk::{Discount, Input, Operation, Value, promotion};
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     percent: u32,
//! }
//!
//! fn some_off(input: &Input, settings: &Settings) -> Result<Vec<Operation>, String> {
//!     let reason = format!("{} % off {} items", settings.percent, input.cart.lines.len());
//!     Ok(vec![Operation::DiscountOrder(Discount { value: Value::percent(settings.percent), reason })])
//! }
//! promotion!(some_off);
//! # fn main() {
//!
//! // It is a function like any other: tests call it, and need no WebAssembly.
//! let input = Input::new("CNY", vec![stoa_plugin_sdk::Line::new("mug", 2, 4_500)]);
//! let proposed = some_off(&input, &Settings { percent: 10 }).unwrap();
//! assert_eq!(proposed[0], Operation::DiscountOrder(Discount { value: Value::BasisPoints(1_000), reason: "10 % off 1 items".into() }));
//! # }
//! ```
//!
//! The contract is `plugins/wit/promotion.wit`; these types are generated from it. [`mod@marketing`] has the other kind of plugin,
//! which is asked about customers instead of carts.

#[cfg(target_family = "wasm")]
mod memory;
pub mod testing;
mod text;

pub mod marketing;

#[doc(hidden)]
#[allow(unsafe_code, reason = "generated: the component model's calling convention is raw memory")]
#[allow(unreachable_pub, clippy::all, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit/promotion.wit",
        world: "promotion",
        pub_export_macro: true,
        export_macro_name: "export_promotion",
        default_bindings_module: "stoa_plugin_sdk::bindings",
        additional_derives: [PartialEq, Eq],
    });
}

pub use bindings::exports::stoa::promotion::discounts::{
    Attribute, BuyGet, Cart, CodeRejection, Context, Discount, Gift, Input, Line, LineDiscount, Operation, Pieces,
    PiecesDiscount, Shopper, Value,
};

pub use text::money;

use serde::de::DeserializeOwned;

/// What a promotion answers: operations, or a sentence for the merchant.
pub type Answer = Result<Vec<Operation>, String>;

/// Makes a `fn(&Input, &Settings) -> Answer` the plugin's one export. Its settings are whatever serde can read.
#[macro_export]
macro_rules! promotion {
    ($run:path) => {
        #[allow(unsafe_code, reason = "generated: the component model's calling convention is raw memory")]
        const _: () = {
            struct Plugin;
            impl $crate::bindings::exports::stoa::promotion::discounts::Guest for Plugin {
                fn run(input: $crate::Input) -> $crate::Answer {
                    // Its memory ends with the answer: piece by piece would take as long as the promotion itself.
                    let input = ::core::mem::ManuallyDrop::new(input);
                    $crate::answer($run, &input)
                }
            }
    $crate::bindings::export_promotion!(Plugin with_types_in $crate::bindings);
        };
    };
}

/// Reads the settings and asks the promotion: what the shop does with the plugin, for tests too.
pub fn answer<Settings: DeserializeOwned>(run: fn(&Input, &Settings) -> Answer, input: &Input) -> Answer {
    let settings = serde_json::from_str(&input.settings).map_err(|e| format!("settings: {e}"))?;
    run(input, &settings)
}

impl Value {
    /// Whole percents.
    pub fn percent(percent: u32) -> Self {
        Self::BasisPoints(percent.saturating_mul(100))
    }
}

impl Input {
    /// A cart that nothing else is known of, in English, at the beginning of 1970; with empty settings.
    pub fn new(currency: &str, lines: Vec<Line>) -> Self {
        let total = |line: &Line| line.unit_price.saturating_mul(i64::from(line.quantity));
        let subtotal = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(total(line)));
        Self {
            cart: Cart { lines, currency: currency.to_owned(), subtotal, shipping_method: None, codes: Vec::new() },
            shopper: None,
            context: Context {
                now: 0,
                local_time: "1970-01-01T00:00:00".to_owned(),
                locale: "en".to_owned(),
                country: None,
                channel: None,
            },
            settings: "{}".to_owned(),
        }
    }
}

impl Line {
    /// A product of its own, in no category.
    pub fn new(sku: &str, quantity: u32, unit_price: i64) -> Self {
        Self {
            sku: sku.to_owned(),
            product: sku.to_owned(),
            title: sku.to_owned(),
            quantity,
            unit_price,
            compare_at: None,
            weight_grams: None,
            brand: None,
            product_type: None,
            tags: Vec::new(),
            categories: Vec::new(),
            collections: Vec::new(),
            attributes: Vec::new(),
        }
    }

    pub fn tagged(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }
}
