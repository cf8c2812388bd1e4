//! The promotion contract as the host sees it, generated from `plugins/wit`. Nothing outside this crate names these
//! types.

wasmtime::component::bindgen!({
    path: "../wit/promotion.wit",
    world: "promotion",
});

pub(crate) use exports::stoa::promotion::discounts::{Cart, Line, Operation, Value};
