//! What holds of every cart under every set of rules and plugins.

use crate::reconcile::reconciles;
use jiff::Timestamp;
use proptest::prelude::*;
use stoa_domain::promotion::{
    Action, AmountIs, AmountTier, AmountTiers, Amounts, Application, Basis, Bundle, Buy, BuyGet, Choice, CombinesWith,
    Condition, Context, Discount, DiscountLines, DiscountOrder, DiscountShipping, DiscountValue, Every, Flat, Get,
    Gift, GiftStock, Limits, Line, LineFacts, Operation, Part, Pick, Pieces, Promotion, PromotionSet, Proposal,
    Proposed, QuantityIs, QuantityTier, Schedule, Selector, Tax, Terms, Usage,
};
use stoa_domain::quote::{Priced, PricedLine, Request, price};
use stoa_domain::shipping::Delivery;
use stoa_domain::shop::ShippingMethod;
use stoa_domain::{Currency, Locale, Localized, Money, PromotionId, Sku};

fn cny() -> Currency {
    Currency::new("CNY").unwrap()
}
fn yuan(minor: i64) -> Money {
    Money::new(minor, cny())
}
fn en() -> Locale {
    Locale::new("en").unwrap()
}
fn sku(i: usize) -> Sku {
    Sku::new(format!("sku-{i}")).unwrap()
}
fn amounts(range: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Amounts> {
    range.prop_map(|minor| Amounts::new([yuan(minor)]))
}

fn any_select() -> impl Strategy<Value = Option<Selector>> {
    let leaf = prop_oneof![
        prop::collection::vec(0..6_usize, 1..4).prop_map(|all| Selector::Sku(all.into_iter().map(sku).collect())),
        prop::collection::vec("[abc]", 1..3).prop_map(Selector::Tag),
        any::<bool>().prop_map(Selector::OnSale),
    ];
    let tree = leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Selector::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Selector::Any),
            inner.prop_map(|one| Selector::Not(Box::new(one))),
        ]
    });
    prop_oneof![2 => Just(None), 3 => tree.prop_map(Some)]
}

fn any_flat() -> impl Strategy<Value = Flat> {
    prop_oneof![
        (1..=10_000_u32).prop_map(Flat::BasisPoints),
        amounts(1..=30_000).prop_map(Flat::Amount),
        amounts(0..=30_000).prop_map(Flat::Price),
    ]
}

fn any_basis() -> impl Strategy<Value = Basis> {
    prop_oneof![Just(Basis::BeforeDiscounts), Just(Basis::AfterDiscounts)]
}

fn any_value() -> impl Strategy<Value = Discount> {
    let quantities = prop::collection::btree_map(1..20_u32, any_flat(), 1..4);
    let steps = prop::collection::btree_map(1..100_000_i64, any_flat(), 1..4);
    let at_most = prop::option::of(1..5_u32);
    prop_oneof![
        (1..=10_000_u32).prop_map(Discount::BasisPoints),
        amounts(1..=30_000).prop_map(Discount::Amount),
        amounts(0..=30_000).prop_map(Discount::Price),
        quantities.prop_map(|tiers| {
            Discount::QuantityTiers(tiers.into_iter().map(|(from, value)| QuantityTier { from, value }).collect())
        }),
        (any_basis(), steps).prop_map(|(of, steps)| {
            let step = |(from, value)| AmountTier { from: Amounts::new([yuan(from)]), value };
            Discount::AmountTiers(AmountTiers { of, steps: steps.into_iter().map(step).collect() })
        }),
        (any_basis(), amounts(1..=50_000), amounts(1..=5_000), at_most)
            .prop_map(|(of, spend, off, at_most)| Discount::Every(Every { of, spend, off, at_most })),
    ]
}

fn any_pick() -> impl Strategy<Value = Pick> {
    prop_oneof![Just(Pick::Cheapest), Just(Pick::MostExpensive)]
}

fn any_buy() -> impl Strategy<Value = Buy> {
    let by = prop_oneof![
        (1..4_u32).prop_map(|quantity| (Some(quantity), None)),
        amounts(1..=50_000).prop_map(|amount| (None, Some(amount))),
    ];
    (any_select(), by).prop_map(|(select, (quantity, amount))| Buy { select, quantity, amount })
}

fn any_action() -> impl Strategy<Value = Action> {
    let application = prop_oneof![Just(Application::Each), Just(Application::Across), Just(Application::Once)];
    let parts = prop::collection::vec((any_select(), 1..3_u32), 1..5);
    let parts = parts.prop_map(|all| all.into_iter().map(|(select, quantity)| Part { select, quantity }).collect());
    prop_oneof![
        3 => (any_select(), any_value(), application, prop::option::of(1..8_u32), any_pick(), any::<bool>()).prop_map(
            |(select, value, application, at_most, pick, skip_discounted)| {
                Action::DiscountLines(DiscountLines { select, value, application, at_most, pick, skip_discounted })
            }
        ),
        2 => (any_select(), any_value())
            .prop_map(|(select, value)| Action::DiscountOrder(DiscountOrder { select, value })),
        1 => any_flat().prop_map(|value| Action::DiscountShipping(DiscountShipping { value })),
        3 => (any_buy(), any_select(), 1..3_u32, any_pick(), any_flat(), 1..5_u32).prop_map(
            |(buy, select, quantity, pick, value, repeat)| {
                Action::BuyGet(BuyGet { buy, get: Get { select, quantity, pick }, value, repeat })
            }
        ),
        2 => (parts, any_flat(), 1..5_u32)
            .prop_map(|(parts, value, repeat)| Action::Bundle(Bundle { parts, value, repeat })),
        1 => (prop::collection::vec(0..4_usize, 1..3), 1..3_u32, prop::option::of(any_buy()), 1..4_u32).prop_map(
            |(any_of, quantity, buy, repeat)| {
                Action::Gift(Gift { any_of: any_of.into_iter().map(sku).collect(), quantity, buy, repeat })
            }
        ),
    ]
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let amount = (any_select(), amounts(0..=50_000), any_basis());
    let leaf = prop_oneof![
        (any_select(), 0..6_u32)
            .prop_map(|(select, from)| { Condition::Quantity(QuantityIs { select, from: Some(from), to: None }) }),
        amount.prop_map(|(select, from, of)| Condition::Amount(AmountIs { select, from: Some(from), to: None, of })),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::Any),
            inner.prop_map(|one| Condition::Not(Box::new(one))),
        ]
    })
}

fn any_combines() -> impl Strategy<Value = CombinesWith> {
    any::<[bool; 3]>().prop_map(|[product, order, shipping]| CombinesWith { product, order, shipping })
}

fn any_promotions() -> impl Strategy<Value = Vec<Promotion>> {
    let limits = (prop::option::weighted(0.3, amounts(1..=20_000)), prop::option::weighted(0.3, amounts(1..=20_000)))
        .prop_map(|(budget, max_discount)| Limits { budget, max_discount, ..Limits::default() });
    let terms = (-2..3_i32, any_combines(), prop::option::weighted(0.2, "[gh]"), limits);
    let one = (terms, prop::option::weighted(0.4, any_condition()), prop::collection::vec(any_action(), 1..3));
    prop::collection::vec(one, 0..7).prop_map(|all| {
        let promotion = |(i, ((priority, combines_with, exclusive_group, limits), conditions, actions))| Promotion {
            id: PromotionId::new(format!("rule-{i}")).unwrap(),
            title: Localized::new(en(), "a rule"),
            reason: Localized::default(),
            enabled: true,
            priority,
            combines_with,
            exclusive_group,
            schedule: Schedule::default(),
            code_required: false,
            limits,
            conditions,
            actions,
        };
        all.into_iter().enumerate().map(promotion).collect()
    })
}

fn any_proposals() -> impl Strategy<Value = Vec<(Proposal, Terms)>> {
    let value = || {
        prop_oneof![
            any::<u32>().prop_map(DiscountValue::BasisPoints),
            (1..=10_000_u32).prop_map(DiscountValue::BasisPoints),
            (-5..20_000_i64).prop_map(DiscountValue::Amount),
            (-5..20_000_i64).prop_map(DiscountValue::PriceEach),
        ]
    };
    let pieces = || {
        prop::collection::vec((0..7_usize, 0..4_u32), 0..3)
            .prop_map(|all| all.into_iter().map(|(i, quantity)| Pieces { sku: sku(i), quantity }).collect::<Vec<_>>())
    };
    let reason = || Just("a reason".to_owned());
    let operation = prop_oneof![
        (0..7_usize, value(), reason()).prop_map(|(i, value, reason)| Operation::DiscountLine {
            sku: sku(i),
            value,
            reason
        }),
        (pieces(), value(), reason()).prop_map(|(pieces, value, reason)| Operation::Bundle { pieces, value, reason }),
        (pieces(), pieces(), value(), reason()).prop_map(|(buy, get, value, reason)| Operation::BuyGet {
            buy,
            get,
            value,
            reason
        }),
        (value(), reason()).prop_map(|(value, reason)| Operation::DiscountOrder { value, reason }),
        (value(), reason()).prop_map(|(value, reason)| Operation::DiscountShipping { value, reason }),
        (0..4_usize, 0..9_u32, reason()).prop_map(|(i, quantity, reason)| Operation::AddGift {
            sku: sku(i),
            quantity,
            reason
        }),
    ];
    let terms = (-2..3_i32, any_combines()).prop_map(|(priority, combines_with)| Terms {
        priority,
        combines_with,
        exclusive_group: None,
    });
    prop::collection::vec((prop::collection::vec(operation, 0..4), terms), 0..4).prop_map(|all| {
        let proposal = |(i, (operations, terms))| {
            let promotion = PromotionId::new(format!("plugin-{i}")).unwrap();
            (Proposal { promotion, title: "a plugin".to_owned(), operations }, terms)
        };
        all.into_iter().enumerate().map(proposal).collect()
    })
}

fn any_lines(
    prices: impl Strategy<Value = i64>,
    quantities: impl Strategy<Value = u32>,
) -> impl Strategy<Value = Vec<Line>> {
    let one = (quantities, prices, any::<bool>(), prop::collection::vec("[abc]", 0..3), 0..300_000_u32);
    prop::collection::vec(one, 0..6).prop_map(|all| {
        let line = |(i, (quantity, minor, sale, tags, tax_millionths)): (usize, (u32, i64, bool, Vec<String>, u32))| {
            let compare_at = sale.then(|| yuan(minor.saturating_add(1)));
            Line {
                priced: PricedLine { sku: sku(i), quantity, unit_price: yuan(minor), compare_at },
                facts: LineFacts { tags, tax_millionths, ..LineFacts::default() },
            }
        };
        all.into_iter().enumerate().map(line).collect()
    })
}

fn any_context() -> impl Strategy<Value = Context> {
    let tax = (any::<bool>(), 0..300_000_u32)
        .prop_map(|(included, shipping_millionths)| Tax { included, shipping_millionths });
    let choice = prop_oneof![Just(Choice::BestDeal), Just(Choice::Priority)];
    let gifts = prop::collection::btree_map((0..4_usize).prop_map(sku), (0..5_u32, 0..9_000_i64), 0..4);
    let usage = prop::collection::btree_map(0..7_usize, 0..30_000_i64, 0..7);
    (prop::option::of(tax), choice, gifts, usage).prop_map(|(tax, choice, gifts, usage)| {
        let stock = |(sku, (available, price))| (sku, GiftStock { available, price: yuan(price) });
        let spent = |(i, minor)| {
            let usage = Usage { spent: Amounts::new([yuan(minor)]), ..Usage::default() };
            (PromotionId::new(format!("rule-{i}")).unwrap(), usage)
        };
        Context {
            tax: tax.map(Into::into),
            choice,
            gifts: gifts.into_iter().map(stock).collect(),
            usage: usage.into_iter().map(spent).collect(),
            ..Context::new(cny(), Timestamp::UNIX_EPOCH, en(), en())
        }
    })
}

fn standard(price: i64, free_from: Option<i64>) -> ShippingMethod {
    ShippingMethod {
        id: "standard".into(),
        name: Localized::default(),
        price: yuan(price),
        free_from: free_from.map(yuan),
        promise: Localized::default(),
    }
}

fn priced(
    lines: &[Line],
    context: &Context,
    promotions: &[Promotion],
    proposals: &[(Proposal, Terms)],
    method: &ShippingMethod,
) -> Result<Priced, stoa_domain::quote::QuoteError> {
    let promotions = PromotionSet::new(promotions.to_vec()).unwrap();
    let proposed = |(proposal, terms): &'_ (Proposal, Terms)| (proposal.clone(), terms.clone());
    let owned: Vec<(Proposal, Terms)> = proposals.iter().map(proposed).collect();
    let proposals: Vec<Proposed<'_>> =
        owned.iter().map(|(proposal, terms)| Proposed { proposal, terms: terms.clone() }).collect();
    price(&Request {
        lines,
        context,
        promotions: &promotions,
        proposals: &proposals,
        shipping: Some(&Delivery::everywhere(method, "Standard", context.currency)),
    })
}

/// What a promotion took off, over all lines and shipping.
fn given(priced: &Priced, id: &PromotionId) -> i64 {
    let shipping = priced.quote.shipping.iter().flat_map(|shipping| &shipping.allocations);
    let all = priced.quote.lines.iter().flat_map(|line| &line.allocations).chain(shipping);
    all.filter(|allocation| &allocation.promotion == id).map(|allocation| allocation.amount.minor).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn quotes_reconcile_under_both_kinds_of_tax(
        lines in any_lines(0..200_000_i64, 1..=12_u32),
        context in any_context(),
        promotions in any_promotions(),
        proposals in any_proposals(),
        (fee, free_from) in (0..5_000_i64, prop::option::of(0..300_000_i64)),
    ) {
        let priced = priced(&lines, &context, &promotions, &proposals, &standard(fee, free_from)).unwrap();
        reconciles(&priced.quote);
        prop_assert_eq!(priced.quote.tax.is_some(), context.tax.is_some());
        // Every rule either gave something or says why not, never both.
        let gave = |id: &PromotionId| given(&priced, id) > 0 || priced.quote.gifts.iter().any(|g| &g.promotion == id);
        for promotion in &promotions {
            let told = priced.not_applied.iter().filter(|n| n.promotion == promotion.id).count();
            prop_assert_eq!(told, usize::from(!gave(&promotion.id)), "{:?}", promotion.id);
        }
        // No limit and no stock is passed.
        for promotion in &promotions {
            let off = given(&priced, &promotion.id);
            let gifts: i64 = priced.quote.gifts.iter().filter(|g| g.promotion == promotion.id).map(|g| g.value.minor).sum();
            let most = promotion.limits.max_discount.as_ref().and_then(|most| most.minor(cny()));
            prop_assert!(most.is_none_or(|most| off <= most));
            let spent = context.usage.get(&promotion.id).and_then(|usage| usage.spent.minor(cny())).unwrap_or(0);
            let budget = promotion.limits.budget.as_ref().and_then(|budget| budget.minor(cny()));
            prop_assert!(budget.is_none_or(|budget| off + gifts <= (budget - spent).max(0)));
        }
        for (sku, stock) in &context.gifts {
            let pieces: u32 = priced.quote.gifts.iter().filter(|gift| &gift.sku == sku).map(|gift| gift.quantity).sum();
            prop_assert!(pieces <= stock.available);
        }
        // Of a group at most one.
        for group in ["g", "h"] {
            let members = promotions.iter().filter(|p| p.exclusive_group.as_deref() == Some(group));
            prop_assert!(members.filter(|p| gave(&p.id)).count() <= 1);
        }
    }

    #[test]
    fn the_order_in_which_promotions_are_stored_does_not_matter(
        lines in any_lines(0..200_000_i64, 1..=12_u32),
        context in any_context(),
        (promotions, shuffled) in any_promotions().prop_flat_map(|p| (Just(p.clone()), Just(p).prop_shuffle())),
        (proposals, mixed) in any_proposals().prop_flat_map(|p| (Just(p.clone()), Just(p).prop_shuffle())),
    ) {
        let method = standard(1_200, Some(50_000));
        prop_assert_eq!(
            priced(&lines, &context, &promotions, &proposals, &method),
            priced(&lines, &context, &shuffled, &mixed, &method)
        );
    }

    #[test]
    fn no_amount_makes_pricing_panic(
        lines in any_lines(any::<i64>(), any::<u32>()),
        context in any_context(),
        promotions in any_promotions(),
        proposals in any_proposals(),
        (fee, free_from) in (any::<i64>(), any::<Option<i64>>()),
    ) {
        if let Ok(priced) = priced(&lines, &context, &promotions, &proposals, &standard(fee, free_from)) {
            reconciles(&priced.quote);
        }
    }
}
