//! What buyers say of a product: how many gave how many stars, and the newest in their own words.

use crate::pages::parts::tenths;
use crate::view::View;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};
use stoa_domain::review::{ProductReviews, PublishedReview, Stars};

/// More of them make a page that search engines cut off.
const DESCRIBED: usize = 5;

pub(super) fn section(view: &View<'_>, reviews: &ProductReviews) -> Markup {
    let score = reviews.rating.score();
    html! {
        @if !score.is_none() {
            section.promises aria-labelledby="reviews" {
                h2 #reviews { (view.t("reviews")) }
                p.lead { (view.t_with("rated", &[("stars", tenths(score).into()), ("count", score.count.into())])) }
                ul {
                    li { dl.totals {
                        @for (stars, count) in (1..=Stars::MOST).zip(reviews.rating.stars).rev() {
                            div {
                                dt { span aria-hidden="true" { (stars) " ★" } span.hidden { (view.t_with("stars", &[("stars", stars.into())])) } }
                                dd { meter max=(score.count) value=(count) aria-hidden="true" {} " " (view.words.count(count as usize)) }
                            }
                        }
                    } }
                    @for review in &reviews.newest { li { (one(view, review)) } }
                }
            }
        }
    }
}

fn one(view: &View<'_>, review: &PublishedReview) -> Markup {
    let at = Timestamp::from_second(review.written_at).unwrap_or_default();
    html! {
        (stars(view, review.stars))
        @if !review.title.is_empty() { h3 dir="auto" { (review.title) } }
        @for line in review.text.lines().filter(|line| !line.trim().is_empty()) { p dir="auto" lang=(review.locale) { (line) } }
        p.soft { bdi { (review.name) } " · " time datetime=(at) { (view.words.day(at)) } }
        @if !review.answer.is_empty() {
            p.soft { (view.t("review-answer")) }
            @for line in review.answer.lines().filter(|line| !line.trim().is_empty()) { p dir="auto" { (line) } }
        }
    }
}

/// `★★★★☆`
pub(crate) fn stars(view: &View<'_>, stars: Stars) -> Markup {
    html! {
        p {
            span aria-hidden="true" { @for star in 1..=Stars::MOST { @if star <= stars.get() { "★" } @else { "☆" } } }
            span.hidden { (view.t_with("stars", &[("stars", stars.get().into())])) }
        }
    }
}

/// Adds schema.org's AggregateRating and Review.
pub(super) fn describe(data: &mut Value, reviews: &ProductReviews) {
    let score = reviews.rating.score();
    if score.is_none() {
        return;
    }
    data["aggregateRating"] = json!({
        "@type": "AggregateRating",
        "ratingValue": tenths(score),
        "reviewCount": score.count,
        "bestRating": Stars::MOST,
    });
    let review = |review: &PublishedReview| {
        let at = Timestamp::from_second(review.written_at).unwrap_or_default();
        json!({
            "@type": "Review",
            "author": {"@type": "Person", "name": review.name},
            "datePublished": at.strftime("%Y-%m-%d").to_string(),
            "name": review.title,
            "reviewBody": review.text,
            "reviewRating": {"@type": "Rating", "ratingValue": review.stars, "bestRating": Stars::MOST},
        })
    };
    data["review"] = reviews.newest.iter().take(DESCRIBED).map(review).collect();
}
