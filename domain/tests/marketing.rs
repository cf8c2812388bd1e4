//! What holds of every answer of a marketing plugin, and what the shop makes of the usual ones.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use proptest::prelude::*;
use stoa_domain::marketing::{
    Action, Birthday, Consent, Customer, MAX_ACTIONS, MAX_BALANCE, MAX_BODY_CHARS, MAX_FOLLOW_UPS, MAX_SEGMENTS,
    Moment, REFUSAL_CODES, Standing, checked,
};
use stoa_domain::promotion::Amounts;
use stoa_domain::{Currency, CustomerId, Locale, Money, PluginId, PromotionId};

fn at(text: &str) -> Moment {
    let now: Timestamp = text.parse().unwrap();
    Moment { now, local_time: jiff::tz::TimeZone::UTC.to_datetime(now) }
}

fn moment() -> Moment {
    at("2026-11-24T09:30:00Z")
}

fn promotion() -> PromotionId {
    PromotionId::new("win-back").unwrap()
}

fn customer() -> Customer {
    Customer {
        id: CustomerId::new("cus_1").unwrap(),
        email: "wang.li@example.com".to_owned(),
        name: "Wang Li".to_owned(),
        locale: Locale::new("zh-CN").unwrap(),
        orders: 2,
        spent: Amounts::new([Money::new(45_000, Currency::new("CNY").unwrap())]),
        first_order_at: Some("2026-01-24T09:00:00Z".parse().unwrap()),
        last_order_at: Some("2026-08-24T10:00:00Z".parse().unwrap()),
        birthday: Some(Birthday::new("12-01").unwrap()),
        consent: Some(Consent { at: "2026-01-24T09:00:00Z".parse().unwrap(), by: "order S-1".to_owned() }),
        segments: Default::default(),
        points: 0,
        follow_ups: Vec::new(),
        messaged_at: Vec::new(),
    }
}

/// What becomes of an answer, with two messages a week.
fn apply(customer: &mut Customer, actions: &[Action], moment: Moment) -> stoa_domain::marketing::Applied {
    let plugin = PluginId::new("win-back-coupon").unwrap();
    let promotions = [promotion()];
    customer.apply(actions, Standing { plugin: &plugin, moment, messages_per_week: 2, promotions: &promotions })
}

fn message(body: &str) -> Action {
    Action::SendMessage { subject: "A word".to_owned(), body: body.to_owned() }
}

fn codes(applied: &stoa_domain::marketing::Applied) -> Vec<&str> {
    applied.refused.iter().map(|refused| refused.code.as_str()).collect()
}

#[test]
fn a_profile_says_what_a_rule_needs_and_not_who_it_is() {
    let profile = customer().profile(Currency::new("CNY").unwrap(), moment(), 2);
    assert_eq!((profile.orders, profile.spent.minor), (2, 45_000));
    assert_eq!((profile.days_since_first_order, profile.days_since_last_order), (Some(304), Some(91)));
    assert_eq!((profile.days_to_birthday, profile.may_message), (Some(7), true));
    let told = serde_json::to_string(&profile).unwrap();
    for secret in ["Wang", "example.com", "cus_1", "2026"] {
        assert!(!told.contains(secret), "{told}");
    }
    let dollars = customer().profile(Currency::new("USD").unwrap(), moment(), 0);
    assert_eq!((dollars.spent.minor, dollars.may_message), (0, false), "nothing is converted");
}

#[test]
fn a_coupon_and_its_message_come_together_or_not_at_all() {
    let coupon = Action::GrantCoupon { promotion: promotion(), valid_days: 14 };
    let both = [coupon.clone(), message("Use {{coupon}} until {{coupon_ends}}")];
    let mut reached = customer();
    let applied = apply(&mut reached, &both, moment());
    assert_eq!((applied.done.len(), codes(&applied)), (2, vec![]));
    assert_eq!(applied.coupon.unwrap().last_day.to_string(), "2026-12-08");
    assert_eq!(reached.messaged_at, [moment().now]);

    let mut silent = Customer { consent: None, ..customer() };
    assert_eq!(codes(&apply(&mut silent, &both, moment())), ["coupon_untold", "no_consent"]);
    assert_eq!(codes(&apply(&mut customer(), &[coupon.clone(), message("Hello")], moment())), ["coupon_untold"]);
    assert_eq!(codes(&apply(&mut customer(), &both[1..], moment())), ["no_coupon"]);
    let other = Action::GrantCoupon { promotion: PromotionId::new("gone").unwrap(), valid_days: 14 };
    assert_eq!(
        codes(&apply(&mut customer(), &[other, both[1].clone()], moment())),
        ["promotion_unusable", "no_coupon"]
    );
}

#[test]
fn no_customer_gets_more_messages_than_the_merchant_allows() {
    let mut customer = customer();
    for (time, sent) in [
        ("2026-11-01T09:00:00Z", true),
        ("2026-11-03T09:00:00Z", true),
        ("2026-11-08T08:59:59Z", false),
        ("2026-11-08T09:00:00Z", true),
        ("2026-11-08T09:00:01Z", false),
        ("2026-11-10T09:00:00Z", true),
    ] {
        let may = customer.profile(Currency::new("CNY").unwrap(), at(time), 2).may_message;
        let applied = apply(&mut customer, &[message("Hello {{name}}")], at(time));
        assert_eq!((applied.message.is_some(), may), (sent, sent), "{time}");
        assert!(sent || codes(&applied) == ["too_many_messages"]);
        assert!(customer.messaged_at.len() <= 2, "what is older is forgotten");
    }
}

#[test]
fn what_is_out_of_bounds_is_refused_by_its_rule_and_the_rest_is_done() {
    let segment = |name: &str| Action::AddToSegment { segment: name.to_owned() };
    let points = |points| Action::GrantPoints { points, reason: "thanks".to_owned() };
    let later = |after_days, tag: &str| Action::ScheduleFollowUp { after_days, tag: tag.to_owned() };
    for (action, code) in [
        (message(" "), "text_missing"),
        (message(&"x".repeat(MAX_BODY_CHARS + 1)), "text_too_long"),
        (message("a\rb"), "text_control_characters"),
        (Action::SendMessage { subject: "a\nBcc: b".into(), body: "x".into() }, "text_control_characters"),
        (message("{{email}}"), "unknown_placeholder"),
        (message("{{name"), "unknown_placeholder"),
        (Action::GrantCoupon { promotion: promotion(), valid_days: 0 }, "days_out_of_range"),
        (points(0), "points_out_of_range"),
        (points(u32::MAX), "points_out_of_range"),
        (segment(""), "segment_invalid"),
        (segment("Gold Members"), "segment_invalid"),
        (segment(&"x".repeat(65)), "segment_invalid"),
        (later(0, "remind"), "days_out_of_range"),
        (later(366, "remind"), "days_out_of_range"),
        (later(1, ""), "tag_invalid"),
        (later(1, "a\u{7}"), "tag_invalid"),
    ] {
        let mut customer = customer();
        let applied = apply(&mut customer, &[action.clone(), segment("金卡")], moment());
        assert_eq!((codes(&applied), applied.done.len()), (vec![code], 1), "{action:?}");
        assert!(customer.segments.contains("金卡"));
    }
    let twice = apply(&mut customer(), &[message("one"), message("two")], moment());
    assert_eq!(codes(&twice), ["message_twice"]);
    assert_eq!(twice.message.unwrap().body, "one");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z{} \n\r\u{0}é漢]{0,12}",
        Just("{{name}} {{coupon}}".to_owned()),
        Just("hello".to_owned()),
        Just("x".repeat(6_000)),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    let number = || prop_oneof![0..3_u32, 360..370_u32, Just(u32::MAX), 999_999..1_000_002_u32];
    let promotion = || prop_oneof![Just("win-back"), Just("gone")].prop_map(|id| PromotionId::new(id).unwrap());
    let segment = || prop_oneof![any_text(), "[a-c]{1,2}"];
    prop_oneof![
        (any_text(), any_text()).prop_map(|(subject, body)| Action::SendMessage { subject, body }),
        (promotion(), number()).prop_map(|(promotion, valid_days)| Action::GrantCoupon { promotion, valid_days }),
        (number(), any_text()).prop_map(|(points, reason)| Action::GrantPoints { points, reason }),
        segment().prop_map(|segment| Action::AddToSegment { segment }),
        segment().prop_map(|segment| Action::RemoveFromSegment { segment }),
        (number(), any_text()).prop_map(|(after_days, tag)| Action::ScheduleFollowUp { after_days, tag }),
    ]
}

proptest! {
    /// Answer after answer of whatever plugins make up: every action is done or refused with a known code, and nothing
    /// that is kept of a customer leaves its bounds.
    #[test]
    fn whatever_is_proposed_a_customer_stays_within_bounds(
        answers in prop::collection::vec(prop::collection::vec(any_action(), 0..30), 1..12),
        consents in any::<bool>(),
        points in prop_oneof![Just(0), Just(MAX_BALANCE - 1)],
    ) {
        let mut customer = Customer { points, ..customer() };
        if !consents {
            customer.consent = None;
        }
        let (mut day, mut sent) = (moment(), Vec::new());
        for actions in &answers {
            let (well_formed, malformed) = checked(actions);
            prop_assert_eq!(well_formed.len() + malformed.len(), actions.len());
            prop_assert!(well_formed.len() <= MAX_ACTIONS);
            let applied = apply(&mut customer, actions, day);
            prop_assert_eq!(applied.done.len() + applied.refused.len(), actions.len());
            prop_assert!(applied.refused.iter().all(|refused| REFUSAL_CODES.contains(&refused.code.as_str())));
            prop_assert!(applied.message.is_none() || consents);
            prop_assert!(applied.coupon.is_none() || applied.message.is_some(), "nobody is told of the coupon");
            if applied.message.is_some() {
                sent.push(day.now);
            }
            let week = sent.iter().filter(|at| day.now.duration_since(**at).as_hours() < 24 * 7).count();
            prop_assert!(week <= 2, "{} messages in a week", week);
            prop_assert!(customer.segments.len() <= MAX_SEGMENTS && customer.follow_ups.len() <= MAX_FOLLOW_UPS);
            prop_assert!(customer.points <= MAX_BALANCE);
            day.now += jiff::SignedDuration::from_hours(31);
            day.local_time = jiff::tz::TimeZone::UTC.to_datetime(day.now);
        }
        let json = serde_json::to_string(&customer).unwrap();
        prop_assert_eq!(serde_json::from_str::<Customer>(&json).unwrap(), customer);
    }

    /// The same answer to the same customer comes to the same.
    #[test]
    fn deciding_twice_is_deciding_the_same(actions in prop::collection::vec(any_action(), 0..30)) {
        let (mut one, mut other) = (customer(), customer());
        prop_assert_eq!(apply(&mut one, &actions, moment()), apply(&mut other, &actions, moment()));
        prop_assert_eq!(one, other);
    }
}
