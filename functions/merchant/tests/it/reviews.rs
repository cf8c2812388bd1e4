//! What staff do about reviews: through the API, and on the console's page.

use crate::caller::{Caller, caller};
use crate::console::{get, post, signed_in};
use axum::http::StatusCode;
use serde_json::json;
use stoa_domain::review::{Review, ReviewId, ReviewState, Stars};
use stoa_domain::{OrderId, ProductId};
use stoa_storage::Store;
use stoa_storage::testing::en;

/// A review of a mug that waits, with something in it that must not run.
pub async fn written(store: &Store, name: &str) {
    let order = OrderId::new(format!("ord_{name}")).unwrap();
    let review = Review {
        id: ReviewId::of(&order, 0),
        state: ReviewState::Waiting,
        order,
        product: ProductId::new("mug").unwrap(),
        product_title: "The mug".to_owned(),
        stars: Stars::new(4).unwrap(),
        title: String::new(),
        text: "<script>good</script>\n\u{202e}backwards".to_owned(),
        name: "Lin & Wu".to_owned(),
        locale: en(),
        written_at: "2026-11-20T08:00:00Z".parse().unwrap(),
        decided: None,
        answer: String::new(),
    };
    store.reviews().add(&review).await.unwrap();
}

async fn rating(caller: &Caller) -> [u32; 5] {
    let all = caller.shop.store.reviews().of_all().await.unwrap();
    all.get(&ProductId::new("mug").unwrap()).map(|reviews| reviews.rating.stars).unwrap_or_default()
}

#[tokio::test]
async fn a_review_is_published_by_the_api_and_the_same_decision_twice_is_one() {
    let caller = caller(&["reviews:read", "reviews:write"]).await;
    written(&caller.shop.store, "1").await;
    let list = caller.get("/reviews").await;
    assert_eq!((list.status, &list.body["items"][0]["value"]["state"]), (StatusCode::OK, &json!("waiting")));
    let key = [("idempotency-key", "a-key-of-the-moderators"), ("if-match", "\"1\"")];
    let publish = json!({ "to": "published" });
    for _ in 0..2 {
        let done = caller.json("POST", "/reviews/rev_1-0/decision", &key, publish.clone()).await;
        assert_eq!((done.status, &done.body["value"]["state"]), (StatusCode::OK, &json!("published")), "{}", done.text);
    }
    let again = caller.json("POST", "/reviews/rev_1-0/decision", &[], publish).await;
    assert_eq!((again.status, &again.body["revision"]), (StatusCode::OK, &json!(2)), "nothing is left to do");
    assert_eq!(rating(&caller).await, [0, 0, 0, 1, 0]);
    let answer = json!({ "text": "Thank you." });
    let stale = caller.json("PUT", "/reviews/rev_1-0/answer", &[("if-match", "\"1\"")], answer.clone()).await;
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "revision_conflict"));
    let answered = caller.json("PUT", "/reviews/rev_1-0/answer", &[("if-match", "\"2\"")], answer).await;
    assert_eq!(answered.body["value"]["answer"], "Thank you.");
    let declined = json!({ "to": "declined", "why": "It is about the parcel." });
    let declined = caller.json("POST", "/reviews/rev_1-0/decision", &[], declined).await;
    assert_eq!(declined.body["value"]["decided"]["why"], "It is about the parcel.");
    assert_eq!(rating(&caller).await, [0; 5]);
    for (path, code) in [("/reviews/rev_9-0/decision", "not_found"), ("/reviews/x/decision", "validation_failed")] {
        assert_eq!(caller.json("POST", path, &[], json!({ "to": "waiting" })).await.code(), code);
    }
}

#[tokio::test]
async fn scopes_hold() {
    let caller = caller(&["reviews:read"]).await;
    written(&caller.shop.store, "1").await;
    let refused = caller.json("POST", "/reviews/rev_1-0/decision", &[], json!({ "to": "published" })).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
    let cookie = signed_in(&caller).await;
    let form = [("review", "rev_1-0"), ("revision", "1"), ("do", "publish"), ("state", "waiting")];
    let refused = post(&caller, "/admin/reviews", &cookie, &form).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(rating(&caller).await, [0; 5]);
}

#[tokio::test]
async fn one_press_in_the_console_publishes_and_another_takes_it_back() {
    let caller = caller(&["reviews:read", "reviews:write"]).await;
    written(&caller.shop.store, "1").await;
    let cookie = signed_in(&caller).await;
    let page = get(&caller, "/admin/reviews", &cookie).await;
    assert!(page.html.contains("★★★★☆") && page.html.contains("<bdi>Lin &amp; Wu</bdi>"), "{}", page.html);
    assert!(!page.html.contains("<script"), "{}", page.html);
    let mut form = vec![("review", "rev_1-0"), ("revision", "1"), ("do", "publish"), ("state", "waiting"), ("why", "")];
    let done = post(&caller, "/admin/reviews", &cookie, &form).await;
    let to = done.location.unwrap();
    assert_eq!((done.status, to.as_str()), (StatusCode::SEE_OTHER, "/admin/reviews?state=waiting&done=rev_1-0"));
    assert_eq!(rating(&caller).await, [0, 0, 0, 1, 0]);
    let page = get(&caller, &to, &cookie).await;
    assert!(page.html.contains("No review waits.") && page.html.contains("value=\"wait\""), "{}", page.html);
    // Who has the older page open reads what changed.
    form[2].1 = "decline";
    let stale = post(&caller, "/admin/reviews", &cookie, &form).await;
    assert!(stale.status == StatusCode::CONFLICT && stale.html.contains("changed meanwhile"), "{}", stale.html);
    (form[1].1, form[2].1) = ("2", "wait");
    assert_eq!(post(&caller, "/admin/reviews", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(rating(&caller).await, [0; 5]);
    let page = get(&caller, "/admin/reviews?state=waiting&lang=zh", &cookie).await;
    assert!(page.html.contains("待审核") && page.html.contains("不予发布"), "{}", page.html);
}
