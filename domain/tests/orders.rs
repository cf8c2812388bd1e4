//! What happens to an order after it is placed: shipped in parts, given back in parts, cancelled; and that no order of doing
//! it gives back more than was paid or ships more than was ordered.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use proptest::prelude::*;
use stoa_domain::order::{
    Act, Address, Decision, Inspection, InspectionResult, InvoiceKind, InvoiceRequest, InvoiceState, LinePieces,
    MAX_TRACKING_EVENTS, Order, OrderLine, OrderRefusal, OrderState, Parcel, RefundId, RefundRequest, RefundState,
    RefundStatus, Requested, ReturnReason, ReturnRequest, ReturnState, ReturnStep, ReturnWish, StockMove,
    StockMoveKind, TrackingEvent, TrackingState, check_timeline,
};
use stoa_domain::quote::{LineTax, Quote, QuoteLine, ShippingQuote, TaxQuote};
use stoa_domain::{CartId, Currency, Locale, Money, OrderId, PaymentId, ProductId, PromotionId, Sku};

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}

const ACT: Act<'_> = Act { at: Timestamp::UNIX_EPOCH, by: "staff:1", why: "" };

fn id(text: &str) -> RefundId {
    RefundId::new(text).unwrap()
}

fn pieces(line: u32, quantity: u32) -> LinePieces {
    LinePieces { line, quantity }
}

fn sku(line: usize) -> Sku {
    Sku::new(format!("SKU-{line}")).unwrap()
}

/// A paid order: lines of pieces and what they cost together, then shipping.
fn paid(lines: &[(u32, i64)], shipping: i64) -> Order {
    let mut order = placed(lines, shipping);
    order.transition(OrderState::Paid, ACT.at, "provider:sandbox", "payment succeeded").unwrap();
    order
}

fn placed(lines: &[(u32, i64)], shipping: i64) -> Order {
    let quoted = |(i, (quantity, total)): (usize, &(u32, i64))| QuoteLine {
        sku: sku(i),
        quantity: *quantity,
        unit_price: cny(*total),
        compare_at: None,
        subtotal: cny(*total),
        allocations: vec![],
        total: cny(*total),
    };
    let line = |(i, (quantity, total)): (usize, &(u32, i64))| OrderLine {
        sku: sku(i),
        product: ProductId::new("p").unwrap(),
        handle: "p".into(),
        title: "A thing".into(),
        variant_title: String::new(),
        quantity: *quantity,
        unit_price: cny(*total),
        total: cny(*total),
        gift: None,
    };
    let goods: i64 = lines.iter().map(|(_, total)| total).sum();
    Order {
        id: OrderId::new("ord_1").unwrap(),
        number: "S-0000-0001".into(),
        state: OrderState::PaymentPending,
        locale: Locale::new("en").unwrap(),
        email: "a@b.example".into(),
        marketing_consent: false,
        shipping_address: Address {
            name: "Wang Li".into(),
            phone: String::new(),
            country: "CN".into(),
            region: String::new(),
            city: "苏州市".into(),
            district: String::new(),
            subdistrict: String::new(),
            street: "平江路 12 号".into(),
            postal_code: String::new(),
        },
        lines: lines.iter().enumerate().map(line).collect(),
        quote: Quote {
            lines: lines.iter().enumerate().map(quoted).collect(),
            subtotal: cny(goods),
            discount: cny(0),
            shipping: Some(ShippingQuote {
                method: "standard".into(),
                name: "Standard".into(),
                price: cny(shipping),
                allocations: vec![],
                total: cny(shipping),
            }),
            total: cny(goods + shipping),
            messages: vec![],
            refused: vec![],
            gifts: vec![],
            codes: vec![],
            tax: None,
        },
        cart: CartId::new("cart_1").unwrap(),
        payment: PaymentId::new("pay_1").unwrap(),
        placed_at: Timestamp::UNIX_EPOCH,
        held_until: None,
        timeline: vec![],
        shipments: vec![],
        refunds: vec![],
        returns: vec![],
        invoice: None,
        forget: false,
    }
}

fn of_lines(lines: &[LinePieces]) -> RefundRequest {
    RefundRequest { lines: lines.to_vec(), restock: true, ..RefundRequest::default() }
}

fn everything() -> RefundRequest {
    RefundRequest { everything: true, ..RefundRequest::default() }
}

fn moved(line: usize, quantity: u32, kind: StockMoveKind) -> StockMove {
    StockMove { sku: sku(line), quantity, kind }
}

fn succeed(order: &mut Order, refund: &str) {
    let succeeded = Decision::Succeeded { reference: "re_1".into() };
    assert!(order.decide_refund(&id(refund), &succeeded, ACT).unwrap());
}

#[test]
fn an_order_leaves_in_two_parcels_and_arrives() {
    let mut order = paid(&[(2, 1_000), (1, 500)], 100);
    let parcel =
        Parcel { lines: Some(vec![pieces(0, 1)]), carrier: "sf-express".into(), tracking_number: " SF123 ".into() };
    assert_eq!(order.ship(&parcel, ACT).unwrap(), [moved(0, 1, StockMoveKind::Consume)]);
    assert_eq!((order.state, order.to_ship(0), order.to_ship(1)), (OrderState::PartlyShipped, 1, 1));
    let shown = order.shipments[0].tracking_url().unwrap();
    assert!(shown.starts_with("https://www.sf-express.com/") && shown.ends_with("/SF123"), "{shown}");
    let rest = order.ship(&Parcel::default(), ACT).unwrap();
    assert_eq!(rest, [moved(0, 1, StockMoveKind::Consume), moved(1, 1, StockMoveKind::Consume)]);
    assert_eq!(order.state, OrderState::Shipped);
    assert!(order.deliver_shipment(1, ACT).unwrap());
    assert_eq!(order.state, OrderState::Shipped);
    assert!(!order.deliver_shipment(1, ACT).unwrap(), "said twice");
    assert!(order.deliver_shipment(2, ACT).unwrap());
    assert_eq!(order.state, OrderState::Delivered);
    order.transition(OrderState::Completed, ACT.at, "system", "").unwrap();
    check_timeline(&order.timeline).unwrap();
    let states: Vec<_> = order.changes_of_state().map(|event| event.to).collect();
    use OrderState::{Completed, Delivered, Paid, PartlyShipped, Shipped};
    assert_eq!(states, [Paid, PartlyShipped, Shipped, Delivered, Completed]);
}

#[test]
fn a_parcel_holds_only_what_is_left_of_the_order() {
    let mut order = paid(&[(2, 1_000)], 0);
    let ship = |order: &mut Order, lines: Vec<LinePieces>| {
        order.ship(&Parcel { lines: Some(lines), ..Parcel::default() }, ACT).unwrap_err().code()
    };
    assert_eq!(ship(&mut order, vec![pieces(0, 3)]), "more_than_is_left");
    assert_eq!(ship(&mut order, vec![pieces(0, 0)]), "more_than_is_left");
    assert_eq!(ship(&mut order, vec![pieces(7, 1)]), "unknown_line");
    assert_eq!(ship(&mut order, vec![pieces(0, 1), pieces(0, 1)]), "repeated_line");
    assert_eq!(ship(&mut order, vec![]), "nothing_to_ship");
    let spelled = Parcel { tracking_number: "javascript:alert(1)".into(), ..Parcel::default() };
    assert_eq!(order.ship(&spelled, ACT).unwrap_err().code(), "validation_failed");
    let mut unpaid = placed(&[(1, 100)], 0);
    assert_eq!(unpaid.ship(&Parcel::default(), ACT).unwrap_err().code(), "illegal_transition");
    assert!(order.shipments.is_empty() && unpaid.timeline.is_empty(), "refusals change nothing");
}

#[test]
fn a_refund_of_one_piece_leaves_the_rest_to_be_shipped() {
    let mut order = paid(&[(3, 1_000), (1, 500)], 100);
    let moves = order.refund(&id("a"), &of_lines(&[pieces(0, 1)]), ACT).unwrap();
    assert_eq!(moves, Requested::New(vec![moved(0, 1, StockMoveKind::Release)]));
    let refund = &order.refunds[0];
    assert_eq!((refund.amount, refund.lines[0].dropped, refund.state), (cny(334), 1, RefundState::Pending));
    assert_eq!((order.state, order.refund_status()), (OrderState::Paid, RefundStatus::RefundPending));
    order.ship(&Parcel::default(), ACT).unwrap();
    assert_eq!((order.state, order.shipments[0].lines[0].quantity), (OrderState::Shipped, 2));
    succeed(&mut order, "a");
    assert_eq!((order.state, order.refund_status()), (OrderState::Shipped, RefundStatus::PartlyRefunded));
    // Two of three pieces left the house: what comes back goes to the shelf.
    let moves = order.refund(&id("b"), &of_lines(&[pieces(0, 2)]), ACT).unwrap();
    assert_eq!(moves, Requested::New(vec![moved(0, 2, StockMoveKind::Restock)]));
    assert_eq!(order.refunds[1].amount, cny(666), "a line's pieces sum to the line");
}

#[test]
fn a_refund_is_one_for_its_id() {
    let mut order = paid(&[(2, 1_000)], 0);
    order.refund(&id("a"), &of_lines(&[pieces(0, 1)]), ACT).unwrap();
    assert_eq!(order.refund(&id("a"), &of_lines(&[pieces(0, 1)]), ACT).unwrap(), Requested::Known);
    let other = order.refund(&id("a"), &of_lines(&[pieces(0, 2)]), ACT).unwrap_err();
    assert_eq!(other.code(), "refund_id_reused");
    assert_eq!((order.refunds.len(), order.timeline.len()), (1, 2));
}

#[test]
fn no_more_than_was_paid_is_given_back() {
    let mut order = paid(&[(2, 1_000)], 100);
    let goodwill = |minor| RefundRequest { goodwill: Some(cny(minor)), ..RefundRequest::default() };
    let shipping = |minor| RefundRequest { shipping: Some(cny(minor)), ..RefundRequest::default() };
    let refused = |order: &mut Order, asked: &RefundRequest| order.refund(&id("x"), asked, ACT).unwrap_err().code();
    assert_eq!(refused(&mut order, &goodwill(1_101)), "refund_above_paid");
    assert_eq!(refused(&mut order, &goodwill(-1)), "amount_negative");
    assert_eq!(refused(&mut order, &shipping(101)), "refund_above_paid");
    assert_eq!(refused(&mut order, &of_lines(&[pieces(0, 3)])), "more_than_is_left");
    assert_eq!(refused(&mut order, &RefundRequest::default()), "nothing_chosen");
    assert_eq!(refused(&mut order, &RefundRequest { shipping: Some(cny(1)), ..everything() }), "validation_failed");
    let dollars = Money::new(1, Currency::new("USD").unwrap());
    let foreign = RefundRequest { goodwill: Some(dollars), ..RefundRequest::default() };
    assert_eq!(refused(&mut order, &foreign), "amount_unsuitable");
    let mut unpaid = placed(&[(1, 100)], 0);
    assert_eq!(refused(&mut unpaid, &everything()), "not_paid");
    order.refund(&id("a"), &goodwill(300), ACT).unwrap();
    assert_eq!(refused(&mut order, &goodwill(801)), "refund_above_paid");
    order.refund(&id("b"), &everything(), ACT).unwrap();
    assert_eq!((order.refunds[1].amount, order.state), (cny(800), OrderState::RefundPending));
    assert_eq!(refused(&mut order, &goodwill(1)), "illegal_transition");
}

#[test]
fn cancelling_a_paid_order_gives_all_of_it_back() {
    let mut order = paid(&[(2, 1_000)], 100);
    order.cancel(&id("a"), ACT).unwrap();
    assert_eq!((order.state, order.refunds[0].amount), (OrderState::RefundPending, cny(1_100)));
    assert_eq!(order.ship(&Parcel::default(), ACT).unwrap_err().code(), "illegal_transition");
    let failed = Decision::Failed { problem: "NOT_ENOUGH".into() };
    assert!(order.decide_refund(&id("a"), &failed, ACT).unwrap());
    assert!(!order.decide_refund(&id("a"), &failed, ACT).unwrap(), "known");
    assert_eq!((order.state, order.refund_status()), (OrderState::RefundPending, RefundStatus::RefundFailed));
    assert!(order.decide_refund(&id("a"), &Decision::Retry, ACT).unwrap());
    succeed(&mut order, "a");
    assert_eq!((order.state, order.refund_status()), (OrderState::Refunded, RefundStatus::Refunded));
    let late = order.decide_refund(&id("a"), &failed, ACT).unwrap_err();
    assert_eq!(late.code(), "illegal_transition", "what was given back stays so");
    check_timeline(&order.timeline).unwrap();

    let mut waiting = placed(&[(1, 100)], 0);
    waiting.cancel(&id("b"), ACT).unwrap();
    assert_eq!((waiting.state, waiting.refunds.len()), (OrderState::Cancelled, 0));
    let mut free = paid(&[(1, 0)], 0);
    free.cancel(&id("c"), ACT).unwrap();
    assert_eq!((free.state, free.refunds.len()), (OrderState::Cancelled, 0));
    let mut partly = paid(&[(2, 100)], 0);
    partly.ship(&Parcel { lines: Some(vec![pieces(0, 1)]), ..Parcel::default() }, ACT).unwrap();
    assert!(matches!(partly.cancel(&id("d"), ACT), Err(OrderRefusal::Transition(_))));
}

#[test]
fn an_order_with_nothing_left_to_ship_does_not_wait_for_it() {
    let mut order = paid(&[(2, 1_000)], 100);
    order.refund(&id("a"), &of_lines(&[pieces(0, 2)]), ACT).unwrap();
    assert_eq!(order.state, OrderState::Cancelled, "the shop keeps what shipping cost");
    let mut order = paid(&[(2, 1_000), (1, 100)], 100);
    order.ship(&Parcel { lines: Some(vec![pieces(0, 2)]), ..Parcel::default() }, ACT).unwrap();
    order.refund(&id("a"), &of_lines(&[pieces(1, 1)]), ACT).unwrap();
    assert_eq!(order.state, OrderState::Shipped);
}

#[test]
fn taxes_on_top_are_given_back_with_what_they_are_on() {
    let mut order = placed(&[(1, 1_000), (1, 500)], 100);
    let tax = |millionths, net, tax| LineTax { millionths, net: cny(net), tax: cny(tax) };
    order.quote.tax = Some(TaxQuote {
        included: false,
        estimated: false,
        lines: vec![tax(100_000, 1_000, 100), tax(0, 500, 0)],
        shipping: Some(tax(100_000, 100, 10)),
        rows: vec![],
        total: cny(110),
    });
    order.quote.total = cny(1_710);
    order.transition(OrderState::Paid, ACT.at, "provider:sandbox", "").unwrap();
    let plan = |lines: &[LinePieces]| order.plan_refund(id("a"), &of_lines(lines), "", ACT.at).unwrap().amount;
    assert_eq!((plan(&[pieces(0, 1)]), plan(&[pieces(1, 1)])), (cny(1_100), cny(500)));
    assert_eq!(order.refundable_shipping(), cny(110));
}

#[test]
fn gifts_are_dropped_and_cost_nothing() {
    let mut order = paid(&[(1, 1_000), (1, 0)], 0);
    order.lines[1].gift = Some(PromotionId::new("gift").unwrap());
    order.refund(&id("a"), &of_lines(&[pieces(1, 1)]), ACT).unwrap();
    let refund = &order.refunds[0];
    assert_eq!((refund.amount, refund.state), (cny(0), RefundState::Succeeded), "no provider gives nothing back");
    assert_eq!((order.state, order.refund_status()), (OrderState::Paid, RefundStatus::None));
}

#[test]
fn orders_of_the_version_before_are_read() {
    let mut order = paid(&[(2, 1_000)], 100);
    order.transition(OrderState::Shipped, ACT.at, "staff:1", "").unwrap();
    let mut json = serde_json::to_value(&order).unwrap();
    for added in ["shipments", "refunds", "returns"] {
        json.as_object_mut().unwrap().remove(added);
    }
    for event in json["timeline"].as_array_mut().unwrap() {
        event.as_object_mut().unwrap().remove("what");
    }
    let mut read: Order = serde_json::from_value(json).unwrap();
    assert_eq!(read, order);
    assert_eq!(read.to_ship(0), 0, "its state says that all of it left");
    read.deliver(ACT).unwrap();
    read.refund(&id("a"), &everything(), ACT).unwrap();
    assert_eq!(read.refunds[0].amount, cny(1_100));
}

/// One random thing that staff or a provider do.
#[derive(Debug, Clone)]
enum Step {
    Ship(u32, u32),
    Refund { line: u32, quantity: u32, shipping: i64, goodwill: i64, restock: bool },
    Everything,
    Cancel,
    Deliver,
    Decide(usize, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u32, 1..3_u32).prop_map(|(line, quantity)| Step::Ship(line, quantity)),
        (0..3_u32, 0..3_u32, 0..200_i64, 0..200_i64, any::<bool>()).prop_map(
            |(line, quantity, shipping, goodwill, restock)| Step::Refund {
                line,
                quantity,
                shipping,
                goodwill,
                restock
            }
        ),
        Just(Step::Everything),
        Just(Step::Cancel),
        Just(Step::Deliver),
        (0..6_usize, 0..3_u8).prop_map(|(refund, decision)| Step::Decide(refund, decision)),
    ]
}

proptest! {
    #[test]
    fn whatever_is_done_in_whatever_order_nothing_is_shipped_or_given_back_twice(
        lines in proptest::collection::vec((1..6_u32, 0..5_000_i64), 1..4),
        shipping in 0..300_i64,
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut order = paid(&lines, shipping);
        let mut held: Vec<i64> = lines.iter().map(|(quantity, _)| i64::from(*quantity)).collect();
        for (n, step) in steps.into_iter().enumerate() {
            let before = order.clone();
            let name = id(&format!("r{n}"));
            let refunds = |order: &mut Order, asked: &RefundRequest| match order.refund(&name, asked, ACT) {
                Ok(Requested::New(moves)) => Ok(moves),
                Ok(Requested::Known) => Ok(vec![]),
                Err(error) => Err(error),
            };
            let done = match step {
                Step::Ship(line, quantity) => {
                    order.ship(&Parcel { lines: Some(vec![pieces(line, quantity)]), ..Parcel::default() }, ACT)
                }
                Step::Refund { line, quantity, shipping, goodwill, restock } => {
                    let lines = if quantity == 0 { vec![] } else { vec![pieces(line, quantity)] };
                    let (shipping, goodwill) = (Some(cny(shipping)), Some(cny(goodwill)));
                    refunds(&mut order, &RefundRequest { everything: false, lines, shipping, goodwill, restock })
                }
                Step::Everything => refunds(&mut order, &everything()),
                Step::Cancel => order.cancel(&name, ACT).map(|()| {
                    held.iter().enumerate().filter(|(_, left)| **left > 0)
                        .map(|(line, left)| moved(line, u32::try_from(*left).unwrap(), StockMoveKind::Release)).collect()
                }),
                Step::Deliver => order.deliver(ACT).map(|()| vec![]),
                Step::Decide(refund, decision) => match order.refunds.get(refund).map(|refund| refund.id.clone()) {
                    Some(refund) => {
                        let decision = match decision {
                            0 => Decision::Succeeded { reference: "x".into() },
                            1 => Decision::Failed { problem: "x".into() },
                            _ => Decision::Retry,
                        };
                        order.decide_refund(&refund, &decision, ACT).map(|_| vec![])
                    }
                    None => Ok(vec![]),
                },
            };
            match done {
                Err(_) => prop_assert_eq!(&order, &before, "a refusal changes nothing"),
                Ok(moves) => for moved in moves.iter().filter(|moved| moved.kind != StockMoveKind::Restock) {
                    let line = (0..lines.len()).find(|line| sku(*line) == moved.sku).unwrap();
                    held[line] -= i64::from(moved.quantity);
                }
            }
            prop_assert!(check_timeline(&order.timeline).is_ok());
            prop_assert!(order.given_back().minor <= order.quote.total.minor);
            for (line, (quantity, _)) in lines.iter().enumerate() {
                let position = u32::try_from(line).unwrap();
                prop_assert!(order.shipped(position) <= *quantity && order.refunded_pieces(position) <= *quantity);
                prop_assert!(held[line] >= 0, "the stock gives out what it held, once");
                prop_assert!(i64::from(order.to_ship(position)) <= held[line], "what is to be shipped is held");
            }
            let over = matches!(order.state, OrderState::Refunded | OrderState::RefundPending | OrderState::Cancelled);
            if over {
                prop_assert!(held.iter().all(|left| *left == 0), "an order that is over holds nothing");
            }
            if order.state == OrderState::Refunded {
                prop_assert_eq!(order.given_back(), order.quote.total);
                prop_assert!(order.refunds.iter().all(|refund| refund.state == RefundState::Succeeded));
            }
        }
    }
}

fn sent_back(lines: &[LinePieces]) -> ReturnRequest {
    let (reason, note) = (ReturnReason::DoesNotFit, " too small ".to_owned());
    ReturnRequest { lines: lines.to_vec(), reason, note, wish: ReturnWish::Refund }
}

fn inspected(result: InspectionResult) -> ReturnStep {
    ReturnStep::Inspect(Inspection { result, note: String::new() })
}

#[test]
fn pieces_come_back_are_inspected_and_paid_back() {
    let mut order = paid(&[(3, 1_000)], 100);
    assert_eq!(order.request_return(&sent_back(&[pieces(0, 1)]), 14, ACT), Err(OrderRefusal::NotReturnable));
    order.ship(&Parcel::default(), ACT).unwrap();
    let asked = sent_back(&[pieces(0, 2)]);
    assert!(order.request_return(&asked, 14, ACT).unwrap());
    assert!(!order.request_return(&asked, 14, ACT).unwrap(), "sent twice");
    assert_eq!((order.returnable_pieces(0), order.returns[0].note.as_str()), (1, "too small"));
    let more = order.request_return(&sent_back(&[pieces(0, 3)]), 14, ACT).unwrap_err();
    assert_eq!(more.code(), "more_than_is_left");
    let step = |order: &mut Order, step: ReturnStep| order.step_return(1, &step, ACT);
    assert_eq!(step(&mut order, ReturnStep::Receive).unwrap_err().code(), "illegal_transition");
    for next in [ReturnStep::Approve, ReturnStep::Receive, inspected(InspectionResult::AsNew)] {
        assert_eq!(step(&mut order, next).unwrap(), []);
    }
    let moves = step(&mut order, ReturnStep::Refund(id("a"))).unwrap();
    assert_eq!(moves, [moved(0, 2, StockMoveKind::Restock)]);
    assert_eq!((order.refunds[0].amount, order.returns[0].state), (cny(667), ReturnState::Refunded));
    assert_eq!((order.state, order.returnable_pieces(0)), (OrderState::Shipped, 1));
    assert_eq!(step(&mut order, ReturnStep::Decline).unwrap_err().code(), "illegal_transition");
    check_timeline(&order.timeline).unwrap();
}

#[test]
fn pieces_come_back_and_the_same_leave_again() {
    let mut order = paid(&[(2, 1_000)], 0);
    order.ship(&Parcel::default(), ACT).unwrap();
    order.deliver(ACT).unwrap();
    order.request_return(&sent_back(&[pieces(0, 1)]), 14, ACT).unwrap();
    for next in [ReturnStep::Approve, ReturnStep::Receive, inspected(InspectionResult::Damaged)] {
        order.step_return(1, &next, ACT).unwrap();
    }
    let before = order.clone();
    let wrong = ReturnStep::Replace { carrier: String::new(), tracking_number: "no such number".into() };
    assert_eq!(order.step_return(1, &wrong, ACT).unwrap_err().code(), "validation_failed");
    assert_eq!(order, before);
    let replace = ReturnStep::Replace { carrier: "dhl".into(), tracking_number: "JD2".into() };
    assert_eq!(order.step_return(1, &replace, ACT).unwrap(), [moved(0, 1, StockMoveKind::Take)]);
    assert_eq!((order.shipments[1].replaces, order.shipped(0), order.state), (Some(1), 2, OrderState::Delivered));
    assert!(order.deliver_shipment(2, ACT).unwrap());
}

#[test]
fn an_order_may_be_sent_back_for_as_long_as_the_shop_says() {
    let mut order = paid(&[(1, 1_000)], 0);
    order.ship(&Parcel::default(), ACT).unwrap();
    let day = |days: i64| Act { at: ACT.at + jiff::SignedDuration::from_hours(24 * days), ..ACT };
    order.deliver_shipment(1, day(3)).unwrap();
    let asked = sent_back(&[pieces(0, 1)]);
    assert_eq!(order.request_return(&asked, 0, day(3)), Err(OrderRefusal::NotReturnable));
    assert_eq!(order.request_return(&asked, 7, day(11)), Err(OrderRefusal::NotReturnable));
    assert!(order.request_return(&asked, 7, day(10)).unwrap());
    order.step_return(1, &ReturnStep::Decline, day(11)).unwrap();
    assert_eq!(order.returnable_pieces(0), 1, "what was declined may be asked for again");
}

fn seen(seconds: i64, state: TrackingState, said: &str) -> TrackingEvent {
    let at = Timestamp::from_second(seconds).unwrap();
    TrackingEvent { at, state, place: "Suzhou".into(), said: said.into() }
}

/// Two parcels on their way.
fn two_parcels() -> Order {
    let mut order = paid(&[(2, 2_000)], 0);
    for _ in 0..2 {
        order.ship(&Parcel { lines: Some(vec![pieces(0, 1)]), ..Parcel::default() }, ACT).unwrap();
    }
    order
}

#[test]
fn a_parcels_timeline_is_the_same_however_its_events_come() {
    use TrackingState::{InTransit, OutForDelivery, PickedUp};
    let events =
        [seen(30, PickedUp, "a"), seen(60, InTransit, "b"), seen(60, InTransit, "c"), seen(90, OutForDelivery, "")];
    let act = Act { at: Timestamp::from_second(100).unwrap(), ..ACT };
    let mut straight = two_parcels();
    assert_eq!(straight.track(1, &events, act), Ok(true));
    assert_eq!(straight.track(1, &events, act), Ok(false), "told twice");
    let mut crooked = two_parcels();
    for at in [3, 1, 1, 0, 2, 3] {
        crooked.track(1, &events[at..=at], act).unwrap();
    }
    assert_eq!(straight, crooked);
    assert_eq!(straight.shipments[0].tracking, events);
    assert_eq!((straight.state, straight.timeline.len()), (OrderState::Shipped, 3), "nothing arrived yet");
    assert_eq!(straight.track(9, &events, act).unwrap_err().code(), "not_found");
}

#[test]
fn a_delivered_parcel_arrives_as_if_staff_had_said_so_and_once() {
    use TrackingState::{Delivered, Exception, InTransit, Returned};
    let mut order = two_parcels();
    let carrier = Act { at: Timestamp::from_second(200).unwrap(), by: "carrier:dhl", why: "" };
    assert_eq!(order.track(1, &[seen(90, Delivered, "")], carrier), Ok(true));
    assert_eq!((order.state, order.shipments[0].delivered_at), (OrderState::Shipped, Some(carrier.at)));
    // Late and out of order: it stays delivered.
    assert_eq!(order.track(1, &[seen(60, InTransit, ""), seen(95, Exception, "")], carrier), Ok(true));
    assert_eq!(order.track(1, &[seen(90, Delivered, "")], carrier), Ok(false));
    assert_eq!(order.track(2, &[seen(150, Delivered, ""), seen(150, InTransit, "")], carrier), Ok(true));
    assert_eq!(order.state, OrderState::Delivered);
    assert_eq!(order.timeline.last().unwrap().by, "carrier:dhl");
    check_timeline(&order.timeline).unwrap();
    let mut back = two_parcels();
    back.track(1, &[seen(90, Returned, "")], carrier).unwrap();
    assert!(back.shipments[0].is_over() && back.shipments[0].delivered_at.is_none());
    // What staff said before stays.
    let mut told = two_parcels();
    told.deliver(ACT).unwrap();
    let events = told.timeline.len();
    assert_eq!(told.track(1, &[seen(90, Delivered, "")], carrier), Ok(true), "the word is kept");
    assert_eq!((told.timeline.len(), told.shipments[0].delivered_at), (events, Some(ACT.at)));
}

#[test]
fn a_carriers_words_are_cut_and_cleaned_and_what_cannot_be_is_left_out() {
    let mut order = two_parcels();
    let act = Act { at: Timestamp::from_second(100).unwrap(), ..ACT };
    let hostile = seen(60, TrackingState::InTransit, &format!("a\u{0}b\u{1b}[2J\n{}", "x".repeat(5_000)));
    order.track(1, &[hostile], act).unwrap();
    let kept = &order.shipments[0].tracking[0].said;
    assert!(kept.starts_with("a b [2J x") && kept.chars().count() == 160, "{kept}");
    let (before, after) = (-3_600 * 24 * 15, 3_600 * 25 + 100);
    let odd = [seen(before, TrackingState::Delivered, ""), seen(after, TrackingState::Delivered, "")];
    assert_eq!(order.track(1, &odd, act), Ok(false));
    let many: Vec<TrackingEvent> = (0..500).map(|n| seen(n, TrackingState::InTransit, &n.to_string())).collect();
    order.track(2, &many, Act { at: Timestamp::from_second(600).unwrap(), ..ACT }).unwrap();
    let tracking = &order.shipments[1].tracking;
    assert_eq!((tracking.len(), &*tracking[0].said, &*tracking[39].said), (MAX_TRACKING_EVENTS, "0", "499"));
}

fn invoice(title: &str, tax_number: &str) -> InvoiceRequest {
    let kind = if tax_number.is_empty() { InvoiceKind::Personal } else { InvoiceKind::Company };
    InvoiceRequest { kind, title: title.into(), tax_number: tax_number.into(), email: "tax@example.com".into() }
}

#[test]
fn an_invoice_is_asked_for_once_changed_until_it_is_made_and_made_anew_after_money_went_back() {
    let mut order = placed(&[(2, 2_000)], 0);
    order.shipping_address.country = "CN".into();
    let huawei = invoice("华为技术有限公司", "914403001922038216");
    assert_eq!(order.ask_for_invoice(&huawei, ACT).unwrap_err().code(), "invoice_not_possible", "it is not paid");
    order.transition(OrderState::Paid, ACT.at, "provider:sandbox", "paid").unwrap();
    assert_eq!(order.ask_for_invoice(&invoice(" Wang Li ", ""), ACT), Ok(true));
    assert_eq!(order.ask_for_invoice(&invoice("Wang Li", ""), ACT), Ok(false), "sent twice");
    assert_eq!(order.ask_for_invoice(&huawei, ACT), Ok(true), "it was not made yet");
    assert_eq!(order.invoice_waits(), Some(InvoiceState::Requested));
    assert_eq!(order.issue_invoice("2444", "https://tax.example/1.pdf", ACT), Ok(true));
    assert_eq!(order.issue_invoice("2444", "https://tax.example/1.pdf", ACT), Ok(false), "said twice");
    assert_eq!((order.invoice_waits(), order.invoice_is_open()), (None, false));
    assert_eq!(order.ask_for_invoice(&huawei, ACT), Ok(false));
    assert_eq!(order.ask_for_invoice(&invoice("Else", ""), ACT), Err(OrderRefusal::NoInvoice));
    let scratch = RefundRequest { goodwill: Some(cny(100)), ..RefundRequest::default() };
    order.refund(&id("r1"), &scratch, ACT).unwrap();
    assert_eq!(order.invoice_waits(), Some(InvoiceState::ToBeCorrected));
    assert_eq!(order.issue_invoice("2444", "https://tax.example/1.pdf", ACT), Ok(true), "the same may be right");
    order.refund(&id("r2"), &RefundRequest { everything: true, ..RefundRequest::default() }, ACT).unwrap();
    assert_eq!(order.invoice_waits(), Some(InvoiceState::ToBeCorrected), "an order that is over has one, too");
    check_timeline(&order.timeline).unwrap();
    let mut asked = paid(&[(1, 1_000)], 0);
    asked.ask_for_invoice(&invoice("Wang Li", ""), ACT).unwrap();
    asked.cancel(&id("r3"), ACT).unwrap();
    assert_eq!(asked.invoice_waits(), None, "nothing was bought");
}

#[test]
fn what_an_invoice_says_is_bounded() {
    let order = {
        let mut order = paid(&[(1, 1_000)], 0);
        order.shipping_address.country = "CN".into();
        order
    };
    let long = "字".repeat(101);
    for (asked, wrong) in [
        (invoice("", ""), "title"),
        (invoice("a\nb", ""), "title"),
        (invoice(&long, ""), "title"),
        (invoice("A", "914403001922038217"), "tax_number"),
        (InvoiceRequest { kind: InvoiceKind::Company, ..invoice("A", "") }, "tax_number"),
        (InvoiceRequest { email: "nobody".into(), ..invoice("A", "") }, "email"),
    ] {
        let refused = order.clone().ask_for_invoice(&asked, ACT);
        assert!(matches!(refused, Err(OrderRefusal::Field { field, .. }) if field == wrong), "{wrong}: {refused:?}");
    }
    let mut order = order;
    assert_eq!(order.issue_invoice("1", "", ACT).unwrap_err().code(), "not_found", "nobody asked");
    order.ask_for_invoice(&invoice("A", ""), ACT).unwrap();
    for (number, link) in
        [("", ""), ("a b", ""), ("1", "http://x.example"), ("1", "https://x.example/a b"), ("1", "javascript:alert(1)")]
    {
        assert_eq!(order.issue_invoice(number, link, ACT).unwrap_err().code(), "validation_failed", "{number} {link}");
    }
}
