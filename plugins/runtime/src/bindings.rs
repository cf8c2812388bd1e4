//! The contracts as the host sees them, generated from `plugins/wit`: those that plugins are written against now, and the
//! promotion contract before, which those built for it still speak. Nothing outside this crate names these types.

pub(crate) mod v0_2 {
    wasmtime::component::bindgen!({
        path: "../wit/promotion.wit",
        world: "promotion",
        // What goes in is lent: nothing of a cart is copied but into the plugin's own memory.
        ownership: Borrowing { duplicate_if_necessary: true },
    });
    pub(crate) use exports::stoa::promotion::discounts::{
        Attribute, Cart, Context, Discount, Input, Line, LineDiscount, Operation, Pieces, Shopper, Value,
    };
}

pub(crate) mod v0_1 {
    wasmtime::component::bindgen!({
        path: "../wit/promotion-0.1.wit",
        world: "promotion",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
    pub(crate) use exports::stoa::promotion::discounts::{Cart, Discount, Line, Operation, Value};
}

pub(crate) mod marketing_v0_1 {
    wasmtime::component::bindgen!({
        path: "../wit/marketing.wit",
        world: "marketing",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
    pub(crate) use exports::stoa::marketing::campaigns::{Action, Event, Input, Moment, Order, Profile};
}
