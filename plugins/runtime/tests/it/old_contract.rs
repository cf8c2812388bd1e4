//! A plugin built for an earlier version of the contract still runs: `tests/fixtures/README.md` says how it was made.

use crate::shop::{SETTINGS, Shop, cart, id, promotion, proposed_for_four};
use stoa_plugin_runtime::Limits;

#[test]
fn a_plugin_built_for_0_1_proposes_what_it_did_then() {
    let plugin = Shop::new().load(include_bytes!("../fixtures/spend-and-save-0.1.0.wasm"));
    assert_eq!(plugin.contract(), "0.1");
    let run = plugin.run(promotion(&id(), SETTINGS), &cart("en", 4), Limits::default()).unwrap();
    assert_eq!(run.proposal.operations, proposed_for_four());
}
