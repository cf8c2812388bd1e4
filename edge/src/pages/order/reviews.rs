//! What the buyer thinks of what arrived: the form for it, and what became of what they said.

use super::Link;
use crate::functions::{OrderReview, OrderView, WrittenReview};
use crate::pages::product::stars;
use crate::view::{View, segment};
use maud::{Markup, html};
use stoa_domain::review::{ReviewState, Stars};

pub(super) fn reviews(view: &View<'_>, order: &OrderView, link: &Link<'_>) -> Markup {
    let refused = link.refused == Some("review");
    html! {
        @if !order.reviews.is_empty() {
            h2 #reviews { (view.t("review-yours")) }
            @if refused { p.alert role="alert" { (view.t("review-refused")) } }
            ul.brief { @for review in &order.reviews {
                @if let Some(line) = order.lines.get(review.line as usize) {
                    li { div.wide { (one(view, review, &line.title, link)) } }
                }
            } }
        }
    }
}

fn one(view: &View<'_>, review: &OrderReview, title: &str, link: &Link<'_>) -> Markup {
    let action = format!("{}?token={}", view.to(&format!("/orders/{}/reviews", segment(link.id))), segment(link.token));
    html! {
        @match &review.written {
            None => details {
                summary { (view.t_with("review-ask", &[("title", title.into())])) }
                (form(view, review.line, None, &action))
            },
            Some(written) => {
                b { (title) }
                (stars(view, written.stars))
                @if !written.title.is_empty() { p dir="auto" { (written.title) } }
                p.soft {
                    (view.t(&format!("review-{}", written.state)))
                    @if !written.why.is_empty() { " " (written.why) }
                }
                @if !written.answer.is_empty() { p.soft { (view.t("review-answer")) " " (written.answer) } }
                @if written.state == ReviewState::Waiting {
                    details { summary { (view.t("review-change")) } (form(view, review.line, Some(written), &action)) }
                }
                form method="post" action=(action) {
                    input type="hidden" name="line" value=(review.line);
                    button.quiet type="submit" name="intent" value="take-back" { (view.t("review-take-back")) }
                }
            }
        }
    }
}

fn form(view: &View<'_>, line: u32, before: Option<&WrittenReview>, action: &str) -> Markup {
    let id = |name: &str| format!("review-{line}-{name}");
    let was = |read: fn(&WrittenReview) -> &str| before.map(read).unwrap_or_default();
    html! {
        form method="post" action=(action) {
            input type="hidden" name="line" value=(line);
            div.field {
                label for=(id("stars")) { (view.t("review-stars")) }
                select id=(id("stars")) name="stars" required {
                    @if before.is_none() { option value="" {} }
                    @for stars in (1..=Stars::MOST).rev() {
                        option value=(stars) selected[before.is_some_and(|before| before.stars.get() == stars)] {
                            (view.t_with("stars", &[("stars", stars.into())]))
                        }
                    }
                }
            }
            div.field {
                label for=(id("title")) { (view.t("review-title")) }
                input id=(id("title")) type="text" name="title" maxlength="120" value=(was(|review| &review.title));
            }
            div.field {
                label for=(id("text")) { (view.t("review-text")) }
                textarea id=(id("text")) name="text" rows="5" maxlength="2000" { (was(|review| &review.text)) }
            }
            div.field {
                label for=(id("name")) { (view.t("review-name")) }
                input id=(id("name")) type="text" name="name" required maxlength="40" autocomplete="nickname" value=(was(|review| &review.name));
            }
            button type="submit" { (view.t("review-send")) }
        }
    }
}
