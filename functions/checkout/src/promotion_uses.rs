//! What an order counts of the promotions that it got: only where something limits them (see `stoa_storage`'s usage).

use crate::price_cart::PricedCart;
use stoa_domain::promotion::code_key;
use stoa_domain::{CustomerId, Money};
use stoa_storage::{CodeUse, CustomerUse, PromotionUse, Spent, Uses};

pub(crate) fn uses(priced: &PricedCart, customer: CustomerId) -> Uses {
    let given = priced.quote.given();
    let mut uses = Uses::default();
    let mut by_customer = Vec::new();
    for promotion in priced.setup.promotions.iter() {
        let Some(amount) = given.get(&promotion.id).copied() else { continue };
        let limits = &promotion.limits;
        let budget = limits.budget.as_ref().and_then(|budget| budget.get(amount.currency));
        if limits.uses.is_some() || budget.is_some() {
            let spent = |Money { minor, .. }: Money| Spent { amount, budget_minor: minor };
            let (promotion, max_uses) = (promotion.id.clone(), limits.uses);
            uses.promotions.push(PromotionUse { promotion, max_uses, spent: budget.map(spent) });
        }
        by_customer.extend(limits.uses_per_customer.map(|most| (promotion.id.clone(), most)));
        if let Some(code) = priced.quote.code_of(&promotion.id) {
            let own = priced.standing.codes.get(&code_key(code)).and_then(|known| known.max_uses);
            let most = own.into_iter().chain(limits.uses_per_code).min();
            uses.codes.extend(most.map(|max_uses| CodeUse { code: code.to_owned(), max_uses }));
        }
    }
    // Which order of the customer it is matters only where there are promotions to ask.
    let orders = (!priced.setup.promotions.is_empty()).then_some(priced.standing.customer_orders);
    uses.customer = Some(CustomerUse { customer, orders, promotions: by_customer });
    uses
}
