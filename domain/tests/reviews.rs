//! What a buyer may say, what staff decide about it, and what it comes to.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use proptest::prelude::*;
use stoa_domain::order::{Act, Address, Order, OrderLine, OrderState, Parcel};
use stoa_domain::quote::Quote;
use stoa_domain::review::{Rating, Review, ReviewId, ReviewRefusal, ReviewState, ReviewText, Score, Stars};
use stoa_domain::{CartId, Currency, Locale, Money, OrderId, PaymentId, ProductId, PromotionId, Sku};

const ACT: Act<'_> = Act { at: Timestamp::UNIX_EPOCH, by: "staff:1", why: "" };

/// A paid order of one piece each of these products; the last is a gift.
fn paid(products: &[&str]) -> Order {
    let zero = Money::zero(Currency::new("CNY").unwrap());
    let line = |(at, product): (usize, &&str)| OrderLine {
        sku: Sku::new(format!("SKU-{at}")).unwrap(),
        product: ProductId::new(*product).unwrap(),
        handle: (*product).to_owned(),
        title: format!("The {product}"),
        variant_title: String::new(),
        quantity: 1,
        unit_price: zero,
        total: zero,
        gift: (at + 1 == products.len()).then(|| PromotionId::new("gift").unwrap()),
    };
    let text = String::new;
    let mut order = Order {
        id: OrderId::new("ord_4F7K2M9Q").unwrap(),
        number: "S-4F7K-2M9Q".to_owned(),
        state: OrderState::PaymentPending,
        locale: Locale::new("en").unwrap(),
        email: text(),
        marketing_consent: false,
        shipping_address: Address {
            name: "Wang Li".to_owned(),
            phone: text(),
            country: "CN".to_owned(),
            region: text(),
            city: text(),
            district: text(),
            subdistrict: text(),
            street: text(),
            postal_code: text(),
        },
        lines: products.iter().enumerate().map(line).collect(),
        quote: Quote {
            lines: vec![],
            subtotal: zero,
            discount: zero,
            shipping: None,
            total: zero,
            messages: vec![],
            refused: vec![],
            gifts: vec![],
            codes: vec![],
            tax: None,
        },
        cart: CartId::new("c").unwrap(),
        payment: PaymentId::new("pay_4F7K2M9Q").unwrap(),
        placed_at: ACT.at,
        held_until: None,
        timeline: vec![],
        shipments: vec![],
        refunds: vec![],
        returns: vec![],
        invoice: None,
        forget: false,
    };
    order.transition(OrderState::Paid, ACT.at, "provider:sandbox", "paid").unwrap();
    order
}

fn delivered() -> Order {
    let mut order = paid(&["mug", "gift"]);
    order.ship(&Parcel::default(), ACT).unwrap();
    order.deliver_shipment(1, ACT).unwrap();
    order
}

fn text(stars: u8, words: &str) -> ReviewText {
    ReviewText { stars: Stars::new(stars).unwrap(), title: String::new(), text: words.into(), name: "L.".into() }
}

#[test]
fn what_was_bought_and_has_arrived_can_be_reviewed_once_a_product() {
    let mut order = paid(&["mug", "plate", "mug", "gift"]);
    assert_eq!(order.reviewable(), [0_usize; 0]);
    let piece =
        |line| Parcel { lines: Some(vec![stoa_domain::order::LinePieces { line, quantity: 1 }]), ..Parcel::default() };
    order.ship(&piece(2), ACT).unwrap();
    assert_eq!(order.reviewable(), [0_usize; 0], "it is on its way");
    order.deliver_shipment(1, ACT).unwrap();
    assert_eq!(order.reviewable(), [2], "the order is not, this parcel is");
    order.ship(&Parcel::default(), ACT).unwrap();
    order.deliver(ACT).unwrap();
    assert_eq!(order.reviewable(), [0, 1], "both mugs are one product, and a gift was not bought");
    assert_eq!(ReviewId::of(&order.id, 1).as_str(), "rev_4F7K2M9Q-1");
    assert_eq!(Review::write(&order, 3, None, &text(5, ""), ACT.at), Err(ReviewRefusal::NotReceived));
    assert_eq!(Review::write(&order, 99, None, &text(5, ""), ACT.at), Err(ReviewRefusal::NotReceived));
}

#[test]
fn a_review_is_changed_while_it_waits_and_not_once_it_was_read() {
    let order = delivered();
    let mut review = Review::write(&order, 0, None, &text(4, "Good\r\nmug"), ACT.at).unwrap().unwrap();
    assert_eq!((review.text.as_str(), review.state), ("Good\nmug", ReviewState::Waiting));
    assert_eq!(review.published(), None);
    assert_eq!(Review::write(&order, 0, Some(&review), &text(4, "Good\nmug"), ACT.at), Ok(None), "sent twice");
    let changed = Review::write(&order, 0, Some(&review), &text(5, "Very good"), ACT.at).unwrap().unwrap();
    assert_eq!((changed.id == review.id, changed.stars.get()), (true, 5));
    assert_eq!(review.decide(ReviewState::Published, ACT), Ok(true));
    assert_eq!(review.decide(ReviewState::Published, ACT), Ok(false), "said twice");
    assert_eq!(review.published().unwrap().text, "Good\nmug");
    assert_eq!(Review::write(&order, 0, Some(&review), &text(4, "Good\nmug"), ACT.at), Ok(None));
    let refused = Review::write(&order, 0, Some(&review), &text(1, "Bad"), ACT.at).unwrap_err();
    assert_eq!((refused.code(), refused), ("review_decided", ReviewRefusal::Decided));
    assert_eq!(review.decide(ReviewState::Waiting, ACT), Ok(true));
    assert_eq!((review.published(), &review.decided), (None, &None));
}

#[test]
fn texts_come_back_exactly_or_are_refused_with_the_rule() {
    let order = delivered();
    let write = |name: &str, title: &str, words: &str| {
        let written = ReviewText { name: name.into(), title: title.into(), ..text(3, words) };
        Review::write(&order, 0, None, &written, ACT.at).map(|review| review.unwrap())
    };
    for words in
        ["<script>alert(1)</script>", "لوحة المفاتيح", "杯子很好 👍🏽", "' OR 1=1 --", "a\n\nb", "%00 ${x} {{y}}"]
    {
        assert_eq!(write("Wang Li", "", words).unwrap().text, words);
    }
    for (name, title, words, field) in [
        ("", "", "", "name"),
        ("  ", "", "", "name"),
        ("a\nb", "", "", "name"),
        ("A", "a\u{0}b", "", "title"),
        ("A", "", "a\u{1b}[2J", "text"),
        ("A", "", &"x".repeat(2_001), "text"),
        ("A", &"字".repeat(121), "", "title"),
        (&"n".repeat(41), "", "", "name"),
    ] {
        assert!(
            matches!(write(name, title, words), Err(ReviewRefusal::Field { field: f, .. }) if f == field),
            "{field}"
        );
    }
    for stars in [0, 6, 255] {
        assert_eq!(Stars::new(stars).unwrap_err().code(), "validation_failed");
    }
}

#[test]
fn one_five_star_review_does_not_beat_two_hundred_of_nearly_five() {
    let many = Score { count: 200, stars: 960 };
    let one = Score { count: 1, stars: 5 };
    let bad = Score { count: 40, stars: 60 };
    let shop = many.and(one).and(bad);
    assert_eq!((many.tenths(), one.tenths(), bad.tenths()), (48, 50, 15));
    assert!(many.rank(shop) > one.rank(shop) && one.rank(shop) > bad.rank(shop));
    assert!(bad.rank(shop) > Score::default().rank(shop), "what nobody reviewed comes last");
    assert_eq!(Score::default().rank(Score::default()), 0);
    let most = Score { count: u32::MAX, stars: u32::MAX };
    assert!(most.rank(most) > 0);
}

proptest! {
    #[test]
    fn a_rating_is_what_its_reviews_come_to(stars in prop::collection::vec(1_u8..=5, 0..60), taken in 0_usize..60) {
        let mut rating = Rating::default();
        for stars in &stars {
            rating.add(Stars::new(*stars).unwrap());
        }
        let (gone, left) = stars.split_at(taken.min(stars.len()));
        for stars in gone {
            rating.remove(Stars::new(*stars).unwrap());
        }
        let sum: u32 = left.iter().map(|stars| u32::from(*stars)).sum();
        prop_assert_eq!(rating.score(), Score { count: left.len() as u32, stars: sum });
    }
}
