//! A function made with Shopify's own crate, as its compiler left it, from the upload to the price of a cart.

use crate::{CART_LINES, DELIVERY, cart, cny, id, load, promotion, targeting};
use stoa_domain::promotion::{DiscountValue, Operation, Pieces};
use stoa_domain::quote::{PricedLine, quote};
use stoa_domain::shop::ShippingMethod;
use stoa_domain::{Currency, Localized, Sku};
use stoa_plugin_runtime::Engine;
use stoa_plugin_runtime::shopify::{Guest, Limits, Target, Targeting};

const FUNCTION: &[u8] = include_bytes!("../guests/discount.wasm");
const LINES: &str = include_str!("../guests/discount/src/lines.graphql");
const DELIVERIES: &str = include_str!("../guests/discount/src/delivery.graphql");
const SETTINGS: &str = r#"{"percentOff":12.5}"#;

fn both() -> [Targeting; 2] {
    [
        targeting(CART_LINES, "cart_lines_discounts_generate_run", LINES),
        targeting(DELIVERY, "cart_delivery_options_discounts_generate_run", DELIVERIES),
    ]
}

#[test]
fn it_discounts_lines_order_and_delivery_in_the_shoppers_language() {
    let id = id();
    let run = load(FUNCTION, &both()).run(promotion(&id, SETTINGS), &cart()).unwrap();
    let mug = Sku::new("mug").unwrap();
    assert_eq!(
        run.proposal.operations,
        [
            Operation::DiscountPieces {
                pieces: vec![Pieces { sku: mug, quantity: 2 }],
                value: DiscountValue::BasisPoints(1_250),
                reason: "餐具优惠".to_owned(),
            },
            Operation::DiscountOrder { value: DiscountValue::Amount(1_250), reason: "12.5 off".to_owned() },
            Operation::DiscountShipping {
                value: DiscountValue::BasisPoints(10_000),
                reason: "Free delivery".to_owned(),
            },
        ]
    );
    assert!(run.fuel_used > 10_000 && run.fuel_used < 200_000, "{}", run.fuel_used);
}

#[test]
fn the_cart_costs_what_it_says() {
    let (id, cart) = (id(), cart());
    let run = load(FUNCTION, &both()).run(promotion(&id, SETTINGS), &cart).unwrap();
    let line = |line: &stoa_plugin_runtime::InputLine| PricedLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        compare_at: None,
    };
    let lines: Vec<PricedLine> = cart.lines.iter().map(line).collect();
    let post = ShippingMethod {
        id: "post".to_owned(),
        name: Localized::default(),
        price: cny(1_200),
        free_from: None,
        promise: Localized::default(),
    };
    let quote = quote(&lines, Currency::new("CNY").unwrap(), &[run.proposal], Some((&post, "Post"))).unwrap();
    // 399.50 less 12.5 % of 300 less 12.50, and no delivery.
    assert_eq!((quote.subtotal, quote.total), (cny(39_950), cny(39_950 - 3_750 - 1_250)));
    assert_eq!(quote.refused, []);
}

#[test]
fn what_it_logs_and_uses_can_be_seen() {
    let id = id();
    let function = load(FUNCTION, &both());
    let input = function.input(Target::CartLines, promotion(&id, SETTINGS), &cart()).unwrap().unwrap();
    let guest = Guest::compile(&Engine::new().unwrap(), FUNCTION).unwrap();
    let outcome = guest.run("cart_lines_discounts_generate_run", &input, &Limits::for_input(&input));
    assert_eq!(outcome.log, "A mug of Some(\"Clay\")\n");
    assert!(outcome.memory_bytes >= 1 << 20, "{}", outcome.memory_bytes);
    let again = guest.run("cart_lines_discounts_generate_run", &input, &Limits::for_input(&input));
    assert_eq!(outcome, again);
}

#[test]
fn a_function_that_panics_costs_nothing_else() {
    let id = id();
    let function = load(FUNCTION, &both());
    // Its settings lack what it reads.
    let failed = function.run(promotion(&id, "{}"), &cart()).unwrap_err();
    assert_eq!(failed.code(), "trapped", "{failed}");
    assert!(function.run(promotion(&id, SETTINGS), &cart()).is_ok());
}

#[test]
fn a_cart_of_hundreds_of_lines_has_more_to_use() {
    let id = id();
    let mut cart = cart();
    let line = cart.lines[0].clone();
    let numbered =
        |n: u32| stoa_plugin_runtime::InputLine { sku: Sku::new(format!("mug-{n}")).unwrap(), ..line.clone() };
    cart.lines = (0..400).map(numbered).collect();
    let run = load(FUNCTION, &both()).run(promotion(&id, SETTINGS), &cart).unwrap();
    let Operation::DiscountPieces { pieces, .. } = &run.proposal.operations[0] else { panic!() };
    assert_eq!(pieces.len(), 400);
    println!("400 lines: {} instructions", run.fuel_used);
}
