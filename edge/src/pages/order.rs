//! An order, through the signed link its buyer got.

mod invoice;
mod returns;
mod reviews;

use super::cart::{discounts, totals};
use super::checkout::COUNTRIES;
use super::layout::{Head, page};
use crate::functions::{OrderEvent, OrderShipment, OrderView, Step};
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::order::{OrderState, carrier};
use stoa_domain::payment::PaymentState;

/// What opened the page.
pub struct Link<'a> {
    pub id: &'a str,
    pub token: &'a str,
    /// What was asked for a moment ago and refused: `return`, `review`, `invoice`.
    pub refused: Option<&'a str>,
}

pub fn render(view: &View<'_>, order: &OrderView, here: String, link: &Link<'_>) -> String {
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
                        (shipments(view, order))
                        (refunds(view, order))
                        (reviews::reviews(view, order, link))
                        (returns::returns(view, order, link))
                        (invoice::invoice(view, order, link))
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

pub(super) fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::PaymentPending => "payment-pending",
        OrderState::Paid => "paid",
        OrderState::PartlyShipped => "partly-shipped",
        OrderState::Shipped => "shipped",
        OrderState::Delivered => "delivered",
        OrderState::Completed => "completed",
        OrderState::Cancelled => "cancelled",
        OrderState::RefundPending => "refund-pending",
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
                        b { (step(view, event)) }
                        time datetime=(event.at) { (view.words.moment(event.at)) }
                    }
                }
            }
        }
    }
}

fn step(view: &View<'_>, event: &OrderEvent) -> String {
    let amount = || event.amount.map(|amount| view.money(amount)).unwrap_or_default();
    match event.what {
        Step::State => view.t(&format!("state-{}", state_name(event.state))),
        Step::ShipmentSent if event.state == OrderState::PartlyShipped => view.t("state-partly-shipped"),
        Step::ShipmentSent => view.t("state-shipped"),
        Step::ShipmentDelivered if event.state == OrderState::Delivered => view.t("state-delivered"),
        Step::ShipmentDelivered => view.t("parcel-delivered"),
        Step::RefundRequested if event.amount.is_none() => view.t("state-cancelled"),
        Step::RefundRequested => view.t_with("refund-on-its-way", &[("amount", amount().into())]),
        Step::RefundSucceeded => view.t_with("refund-done", &[("amount", amount().into())]),
    }
}

fn shipments(view: &View<'_>, order: &OrderView) -> Markup {
    let chinese = view.locale.language() == "zh";
    html! {
        @if !order.shipments.is_empty() {
            h2 { (view.t("parcels")) }
            ul.brief {
                @for parcel in &order.shipments {
                    @let known = carrier(&parcel.carrier);
                    @let name = known.map_or(parcel.carrier.as_str(), |c| if chinese { c.name_zh } else { c.name });
                    @let page = known.and_then(|carrier| carrier.page(&parcel.tracking_number));
                    li {
                        span {
                            @if name.is_empty() { (view.t_with("parcel-number", &[("number", parcel.number.to_string().into())])) }
                            @else { (name) }
                            @if !parcel.tracking_number.is_empty() { " " code { (parcel.tracking_number) } }
                            @if order.shipments.len() > 1 {
                                span.soft { @for pieces in &parcel.lines {
                                    @if let Some(line) = order.lines.get(pieces.line as usize) { (line.title) " × " (pieces.quantity) " " }
                                } }
                            }
                            span.soft {
                                @if let Some(at) = parcel.delivered_at { (view.t("state-delivered")) " " (view.words.moment(at)) }
                                @else { (view.t("state-shipped")) " " (view.words.moment(parcel.sent_at)) }
                            }
                            (tracking(view, parcel))
                        }
                        @if let Some(page) = page { a href=(page) rel="noreferrer" { (view.t("track")) } }
                    }
                }
            }
        }
    }
}

/// What the carrier said of a parcel, the newest first; unfolded while it is under way.
fn tracking(view: &View<'_>, parcel: &OrderShipment) -> Markup {
    html! {
        @if !parcel.tracking.is_empty() {
            details open[parcel.delivered_at.is_none()] {
                summary { (view.t("parcel-way")) }
                ol.timeline { @for event in parcel.tracking.iter().rev() { li {
                    b { (view.t(&format!("parcel-{}", event.state.as_str().replace('_', "-")))) }
                    @if !event.said.is_empty() { bdi { (event.said) } }
                    time datetime=(event.at) { @if !event.place.is_empty() { bdi { (event.place) } " · " } (view.words.moment(event.at)) }
                } } }
            }
        }
    }
}

fn refunds(view: &View<'_>, order: &OrderView) -> Markup {
    html! {
        @if !order.refunds.is_empty() {
            h2 { (view.t("refunds")) }
            ul.brief {
                @for refund in &order.refunds {
                    li {
                        span {
                            @if refund.done { (view.t("refund-is-done")) } @else { (view.t("refund-is-on-its-way")) }
                            span.soft { (refund.reason) " " (view.words.moment(refund.requested_at)) }
                        }
                        span.sum { (view.money(refund.amount)) }
                    }
                }
            }
        }
    }
}

pub(super) fn country(view: &View<'_>, code: &str) -> String {
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
