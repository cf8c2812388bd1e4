//! An order, through the signed link its buyer got.

use super::cart::{discounts, totals};
use super::checkout::COUNTRIES;
use super::layout::{Head, page};
use crate::functions::OrderView;
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::order::OrderState;
use stoa_domain::payment::PaymentState;

pub fn render(view: &View<'_>, order: &OrderView, here: String) -> String {
    let title = view.t_with("order-number", &[("number", order.number.as_str().into())]);
    let head = Head { title: title.clone(), noindex: true, here: Some(here), ..Head::default() };
    page(
        view,
        &head,
        html! {
            article.order data-order-state=(state_name(order.state)) {
                header.page-head {
                    p.state { (view.t(&format!("state-{}", state_name(order.state)))) }
                    h1 { (title) }
                    p { (view.t(&format!("state-{}-text", state_name(order.state)))) }
                    (payment(view, order))
                }
                div.cart {
                    div {
                        h2 { (view.t("what-you-bought")) }
                        ul.brief {
                            @for line in &order.lines {
                                li {
                                    span {
                                        a href=(view.to_product(&line.handle)) { (line.title) } " × " (line.quantity)
                                        @if !line.variant_title.is_empty() { span.soft { (line.variant_title) } }
                                        @if line.gift { span.soft { (view.t("gift")) } }
                                        (discounts(view, &line.discounts))
                                    }
                                    span.sum { @if line.gift { (view.t("free")) } @else { (view.money(line.total)) } }
                                }
                            }
                        }
                        (timeline(view, order))
                    }
                    aside.summary aria-labelledby="summary" {
                        h2 #summary { (view.t("summary")) }
                        (totals(view, order.subtotal, order.discount, order.shipping.as_ref(), order.tax.as_ref(), order.total))
                        h2 { (view.t("delivery-address")) }
                        (address(view, order))
                        @if !order.email.is_empty() { p.soft { (order.email) } }
                    }
                }
            }
        },
    )
}

fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::PaymentPending => "payment-pending",
        OrderState::Paid => "paid",
        OrderState::Shipped => "shipped",
        OrderState::Delivered => "delivered",
        OrderState::Completed => "completed",
        OrderState::Cancelled => "cancelled",
        OrderState::Refunded => "refunded",
    }
}

fn payment(view: &View<'_>, order: &OrderView) -> Markup {
    let key = match order.payment.state {
        PaymentState::Failed => "payment-failed",
        PaymentState::Held => "payment-held",
        PaymentState::Pending | PaymentState::Succeeded => "",
    };
    let link = order.payment.redirect_url.as_deref().filter(|_| order.state == OrderState::PaymentPending);
    html! {
        @if !key.is_empty() { p.alert { (view.t(key)) } }
        @if let Some(link) = link.and_then(crate::edge::safe_redirect) {
            p { a.button href=(link) { (view.t_with("pay-now", &[("total", view.money(order.total).into())])) } }
            @if let Some(until) = order.payment.until {
                p.soft { (view.t_with("pay-until", &[("time", view.words.moment(until).into())])) }
            }
        }
    }
}

fn timeline(view: &View<'_>, order: &OrderView) -> Markup {
    html! {
        @if !order.timeline.is_empty() {
            h2 { (view.t("timeline")) }
            ol.timeline {
                @for event in &order.timeline {
                    li {
                        b { (view.t(&format!("state-{}", state_name(event.state)))) }
                        time datetime=(event.at) { (view.words.moment(event.at)) }
                    }
                }
            }
        }
    }
}

fn country(view: &View<'_>, code: &str) -> String {
    if COUNTRIES.contains(&code) { view.t(&format!("country-{}", code.to_lowercase())) } else { code.to_owned() }
}

fn address(view: &View<'_>, order: &OrderView) -> Markup {
    let a = &order.address;
    html! {
        address {
            (a.name) br;
            (a.street) br;
            @for part in [&a.subdistrict, &a.district, &a.city, &a.region].into_iter().filter(|p| !p.is_empty()) { (part) " " }
            (a.postal_code) br;
            (country(view, &a.country)) br;
            (a.phone)
        }
    }
}
