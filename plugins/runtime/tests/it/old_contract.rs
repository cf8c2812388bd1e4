//! A plugin built for an earlier version of the contract still runs: `tests/fixtures/README.md` says how it was made.

use crate::shop::{Shop, cart, id, promotion, sku};
use stoa_domain::promotion::{DiscountValue, Operation};
use stoa_plugin_runtime::Limits;

#[test]
fn a_plugin_built_for_0_1_proposes_what_it_did_then() {
    let plugin = Shop::new().load(include_bytes!("../fixtures/free-shipping-0.1.wasm"));
    assert_eq!(plugin.contract(), "0.1");
    let ask = |cart| plugin.run(promotion(&id(), "60000"), &cart, Limits::default()).unwrap().proposal.operations;
    let reason = |text: &str| text.to_owned();
    let tenth = Operation::DiscountLine {
        sku: sku("mug"),
        value: DiscountValue::BasisPoints(1_000),
        reason: reason("A tenth off"),
    };
    let value = DiscountValue::BasisPoints(10_000);
    let free = Operation::DiscountShipping { value, reason: reason("Free shipping") };
    assert_eq!(ask(cart("en", 4)), [tenth, free]);
    assert_eq!(ask(cart("zh-CN", 1)), [Operation::Message { text: reason("Free shipping is near") }]);
    let refused = plugin.run(promotion(&id(), "{}"), &cart("en", 1), Limits::default()).unwrap_err();
    assert_eq!(refused.to_string(), "the plugin says: settings: an amount");
}
