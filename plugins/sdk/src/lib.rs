//! What the author of a Stoa plugin depends on. A promotion is one pure function from a cart to proposed operations:
//!
//! ```ignore
//! use stoa_plugin_sdk::{Cart, Discount, Operation, Value, promotion};
//!
//! fn tenth_off(cart: &Cart) -> Result<Vec<Operation>, String> {
//!     let reason = format!("10 % off {} items", cart.lines.len());
//!     Ok(vec![Operation::DiscountOrder(Discount { value: Value::BasisPoints(1_000), reason })])
//! }
//! promotion!(tenth_off);
//! ```
//!
//! The contract is `plugins/wit/promotion.wit`; these types are generated from it.

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
    });
}

pub use bindings::exports::stoa::promotion::discounts::{Cart, Discount, Line, LineDiscount, Operation, Value};

/// Makes a `fn(&Cart) -> Result<Vec<Operation>, String>` the plugin's one export.
#[macro_export]
macro_rules! promotion {
    ($run:path) => {
        #[allow(unsafe_code, reason = "generated: the component model's calling convention is raw memory")]
        const _: () = {
            struct Plugin;
            impl $crate::bindings::exports::stoa::promotion::discounts::Guest for Plugin {
                fn run(cart: $crate::Cart) -> Result<Vec<$crate::Operation>, String> {
                    $run(&cart)
                }
            }
    $crate::bindings::export_promotion!(Plugin with_types_in $crate::bindings);
        };
    };
}
