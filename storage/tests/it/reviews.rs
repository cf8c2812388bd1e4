//! A product's rating is exactly what its published reviews come to, whoever decides at once and whatever is tried again.

use crate::shop::{now, shop};
use stoa_domain::order::Act;
use stoa_domain::review::{NEWEST_REVIEWS, ProductReviews, Review, ReviewId, ReviewState, Stars};
use stoa_domain::{OrderId, ProductId};
use stoa_storage::testing::en;
use stoa_storage::{Store, StoreError};

fn mug() -> ProductId {
    ProductId::new("mug").unwrap()
}

/// The nth, written n seconds after the first.
fn review(n: usize, stars: u8) -> Review {
    let order = OrderId::new(format!("ord_{n}")).unwrap();
    Review {
        id: ReviewId::of(&order, 0),
        state: ReviewState::Waiting,
        order,
        product: mug(),
        product_title: "The mug".to_owned(),
        stars: Stars::new(stars).unwrap(),
        title: String::new(),
        text: format!("number {n}"),
        name: "Wang Li".to_owned(),
        locale: en(),
        written_at: jiff::Timestamp::from_second(1_700_000_000 + n as i64).unwrap(),
        decided: None,
        answer: String::new(),
    }
}

async fn decide(store: &Store, n: usize, to: ReviewState) -> Result<(), StoreError> {
    let read = store.reviews().get(&review(n, 1).id).await.unwrap().unwrap();
    let mut review = read.value.clone();
    review.decide(to, Act { at: now(), by: "staff:1", why: "" }).unwrap();
    store.reviews().update(&read, &review).await.map(drop)
}

async fn published(store: &Store) -> ProductReviews {
    store.reviews().of_products(&[mug()]).await.unwrap().remove(&mug()).unwrap_or_default()
}

fn texts(reviews: &ProductReviews) -> Vec<&str> {
    reviews.newest.iter().map(|review| review.text.as_str()).collect()
}

#[tokio::test]
async fn only_what_is_published_counts_and_stops_counting_when_it_is_not() {
    let shop = shop().await;
    let store = &shop.store;
    store.reviews().add(&review(1, 5)).await.unwrap();
    store.reviews().add(&review(2, 2)).await.unwrap();
    assert!(matches!(store.reviews().add(&review(2, 3)).await, Err(StoreError::RevisionConflict { .. })));
    assert_eq!(published(store).await, ProductReviews::default());
    decide(store, 1, ReviewState::Published).await.unwrap();
    decide(store, 2, ReviewState::Published).await.unwrap();
    let now = published(store).await;
    assert_eq!((now.rating.stars, texts(&now)), ([0, 1, 0, 0, 1], vec!["number 2", "number 1"]));
    // An answer changes what is read, not what is counted.
    let read = store.reviews().get(&review(2, 2).id).await.unwrap().unwrap();
    let mut answered = read.value.clone();
    answered.answer("Sorry").unwrap();
    store.reviews().update(&read, &answered).await.unwrap();
    let now = published(store).await;
    assert_eq!((now.rating.stars, now.newest[0].answer.as_str()), ([0, 1, 0, 0, 1], "Sorry"));
    decide(store, 2, ReviewState::Declined).await.unwrap();
    assert_eq!(texts(&published(store).await), ["number 1"]);
    let lists = [ReviewState::Waiting, ReviewState::Published, ReviewState::Declined];
    assert_eq!(store.reviews().counts(9).await.unwrap(), [0, 1, 1]);
    for (state, n) in lists.into_iter().zip([0, 1, 1]) {
        assert_eq!(store.reviews().list(state, None, 10).await.unwrap().items.len(), n, "{state}");
    }
    let read = store.reviews().get(&review(1, 5).id).await.unwrap().unwrap();
    store.reviews().remove(&read).await.unwrap();
    assert!(matches!(store.reviews().remove(&read).await, Err(StoreError::RevisionConflict { .. })));
    assert_eq!(published(store).await, ProductReviews::default());
    assert!(store.reviews().of_all().await.unwrap().is_empty(), "nothing is left of it");
}

#[tokio::test]
async fn the_newest_are_kept_and_one_that_goes_leaves_its_place_to_an_older_one() {
    let shop = shop().await;
    let store = &shop.store;
    let many = NEWEST_REVIEWS + 3;
    for n in 0..many {
        store.reviews().add(&review(n, 4)).await.unwrap();
    }
    // Published in another order than they were written.
    for n in (0..many).map(|n| (n * 7) % many) {
        decide(store, n, ReviewState::Published).await.unwrap();
    }
    let newest = |from: usize| (from..many).rev().map(|n| format!("number {n}")).collect::<Vec<_>>();
    let now = published(store).await;
    assert_eq!((now.rating.stars[3] as usize, texts(&now)), (many, newest(3).iter().map(String::as_str).collect()));
    decide(store, many - 1, ReviewState::Declined).await.unwrap();
    decide(store, 0, ReviewState::Waiting).await.unwrap();
    let now = published(store).await;
    let expected = newest(2)[1..].to_vec();
    assert_eq!((now.rating.stars[3] as usize, texts(&now)), (many - 2, expected.iter().map(String::as_str).collect()));
}

#[tokio::test]
async fn twenty_decisions_at_once_are_all_counted_and_the_same_one_once() {
    let shop = shop().await;
    let store = &shop.store;
    for n in 0..20 {
        store.reviews().add(&review(n, 1 + (n % 5) as u8)).await.unwrap();
    }
    // Each of them by two people at once.
    let decisions = (0..40).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            loop {
                let read = store.reviews().get(&review(n % 20, 1).id).await.unwrap().unwrap();
                let mut review = read.value.clone();
                if !review.decide(ReviewState::Published, Act { at: now(), by: "staff:1", why: "" }).unwrap() {
                    return;
                }
                match store.reviews().update(&read, &review).await {
                    Ok(_) => return,
                    Err(StoreError::RevisionConflict { .. } | StoreError::Unavailable { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for decision in decisions.collect::<Vec<_>>() {
        decision.await.unwrap();
    }
    let now = published(store).await;
    assert_eq!((now.rating.stars, now.newest.len()), ([4; 5], NEWEST_REVIEWS));
}
