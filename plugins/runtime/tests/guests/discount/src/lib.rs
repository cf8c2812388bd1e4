//! Tableware costs less by the percentage of the settings, the order a little less, and delivery nothing from 300 on.

use shopify_function::Result;
use shopify_function::prelude::*;

#[typegen("schema.graphql")]
mod schema {
    #[query("src/lines.graphql", custom_scalar_overrides = {
        "Input.discount.metafield.jsonValue" => super::Settings
    })]
    pub mod lines {}
    #[query("src/delivery.graphql")]
    pub mod delivery {}
}

#[derive(Deserialize, PartialEq)]
#[shopify_function(rename_all = "camelCase")]
struct Settings {
    percent_off: f64,
}

#[shopify_function]
fn cart_lines_discounts_generate_run(
    input: schema::lines::Input,
) -> Result<schema::CartLinesDiscountsGenerateRunResult> {
    use schema::lines::input::cart::lines::Merchandise;
    let settings = input.discount().metafield().ok_or("no settings")?.json_value();
    let mut targets = Vec::new();
    for line in input.cart().lines() {
        let Merchandise::ProductVariant(variant) = line.merchandise() else { continue };
        if *variant.product().on_sale() {
            log!("{} of {:?}", variant.product().title(), variant.product().vendor());
            let target = schema::CartLineTarget { id: line.id().clone(), quantity: None };
            targets.push(schema::ProductDiscountCandidateTarget::CartLine(target));
        }
    }
    let chinese = input.localization().language().iso_code() == "ZH";
    let message = if chinese { "餐具优惠" } else { "Tableware" };
    Ok(schema::CartLinesDiscountsGenerateRunResult {
        operations: vec![
            schema::CartOperation::ProductDiscountsAdd(schema::ProductDiscountsAddOperation {
                selection_strategy: schema::SelectionStrategy::First,
                candidates: vec![schema::ProductDiscountCandidate {
                    message: Some(message.to_owned()),
                    targets,
                    value: schema::Value::Percentage(schema::Percentage { value: Decimal(settings.percent_off) }),
                }],
            }),
            schema::CartOperation::OrderDiscountsAdd(schema::OrderDiscountsAddOperation {
                selection_strategy: schema::SelectionStrategy::Maximum,
                candidates: vec![order("5 off", 5.0), order("12.5 off", 12.5)],
            }),
        ],
    })
}

#[shopify_function]
fn cart_delivery_options_discounts_generate_run(
    input: schema::delivery::Input,
) -> Result<schema::CartDeliveryOptionsDiscountsGenerateRunResult> {
    let group = input.cart().delivery_groups().first().ok_or("no delivery group")?;
    let free = input.cart().cost().subtotal_amount().amount().0 >= 300.0;
    let candidate = schema::DeliveryDiscountCandidate {
        message: Some("Free delivery".to_owned()),
        targets: vec![schema::DeliveryDiscountCandidateTarget::DeliveryGroup(schema::DeliveryGroupTarget {
            id: group.id().clone(),
        })],
        value: schema::Value::Percentage(schema::Percentage { value: Decimal(100.0) }),
    };
    let add = schema::DeliveryDiscountsAddOperation {
        selection_strategy: schema::SelectionStrategy::All,
        candidates: if free { vec![candidate] } else { vec![] },
    };
    Ok(schema::CartDeliveryOptionsDiscountsGenerateRunResult {
        operations: vec![schema::DeliveryOperation::DeliveryDiscountsAdd(add)],
    })
}

fn order(message: &str, amount: f64) -> schema::OrderDiscountCandidate {
    let whole = schema::OrderSubtotalTarget { excluded_cart_line_ids: vec![] };
    schema::OrderDiscountCandidate {
        message: Some(message.to_owned()),
        targets: vec![schema::OrderDiscountCandidateTarget::OrderSubtotal(whole)],
        value: schema::Value::FixedAmount(schema::FixedAmount { amount: Decimal(amount) }),
    }
}
