//! The parts of an order's page, from what was bought to what happened.

use super::super::order_words::OrderWords;
use super::super::{Language, moment, money};
use super::{Shown, amount_field, form, pieces_field, text};
use maud::{Markup, html};
use stoa_domain::order::{
    CARRIERS, Happened, Invoice, InvoiceRequest, InvoiceState, Order, OrderState, Refund, RefundState,
};
use stoa_domain::payment::PaymentState;
use stoa_storage::Versioned;

const BY_HAND: &str = "bank_transfer";

fn positions(order: &Order) -> impl Iterator<Item = u32> {
    (0..order.lines.len()).filter_map(|line| u32::try_from(line).ok())
}

pub(super) fn lines(words: &OrderWords, order: &Order) -> Markup {
    let quote = &order.quote;
    let sum = |label: &str, amount: String| html! { tr { th scope="row" colspan="3" { (label) } td { (amount) } } };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.bought) {
            table {
                thead { tr {
                    th scope="col" { (words.bought) }
                    th scope="col" { (words.pieces) }
                    th scope="col" { (words.price) }
                    th scope="col" { (words.amount) }
                } }
                tbody {
                    @for (position, line) in positions(order).zip(&order.lines) {
                        @let waiting = order.to_ship(position);
                        tr {
                            th scope="row" {
                                (line.title) @if !line.variant_title.is_empty() { ", " (line.variant_title) }
                                br; code.quiet { (line.sku) }
                            }
                            td {
                                (line.quantity)
                                @if waiting > 0 && order.state != OrderState::PaymentPending { br; span.quiet { (waiting) " " (words.to_ship) } }
                            }
                            td { (money(line.unit_price)) }
                            td { @if line.gift.is_some() { (words.gift) } @else { (money(line.total)) } }
                        }
                    }
                    (sum(words.subtotal, money(quote.subtotal)))
                    @if !quote.discount.is_zero() { (sum(words.discount, format!("−{}", money(quote.discount)))) }
                    @if let Some(shipping) = &quote.shipping {
                        (sum(&format!("{}: {}", words.shipping, shipping.name), money(shipping.total)))
                    }
                    @if let Some(tax) = quote.tax.as_ref().filter(|tax| !tax.included) { (sum(words.tax, money(tax.total))) }
                    (sum(words.total, money(quote.total)))
                    @if !order.given_back().is_zero() { (sum(words.given_back, format!("−{}", money(order.given_back())))) }
                }
            }
        }
    }
}

pub(super) fn customer(words: &OrderWords, shown: &Shown) -> Markup {
    let order = &shown.read.value;
    let to = &order.shipping_address;
    let [pending, succeeded, failed, held] = words.payment_states;
    html! {
        p { (order.email) }
        p {
            (to.name) br;
            (to.street) br;
            @for part in [&to.subdistrict, &to.district, &to.city, &to.region, &to.postal_code] { @if !part.is_empty() { (part) " " } }
            (to.country) br;
            (to.phone)
        }
        @let payment = &shown.payment;
        p {
            strong { (words.payment) } " " (money(payment.amount)) ", " (payment.provider) ": "
            @match payment.state {
                PaymentState::Pending => (pending),
                PaymentState::Succeeded => (succeeded),
                PaymentState::Failed => (failed),
                PaymentState::Held => strong { (held) },
            }
            @if let Some(reference) = &payment.provider_reference {
                br; span.quiet { (words.reference) " " code { (reference) } }
            }
        }
    }
}

/// Whom the invoice is for, under which number it was made, and the form that says so.
pub(super) fn invoice(words: &OrderWords, here: &str, shown: &Shown, invoice: &Invoice) -> Markup {
    let InvoiceRequest { kind, title, tax_number, email } = &invoice.asked;
    html! {
        p {
            strong { (words.invoice_state(invoice.state)) } " " span.quiet { (moment(invoice.asked_at)) } br;
            bdi { (title) } " (" (words.invoice_kind(*kind)) ")" br;
            @if !tax_number.is_empty() { code { (tax_number) } br; }
            (email)
        }
        @if let Some(issued) = &invoice.issued {
            p {
                code { (issued.number) } " " span.quiet { (moment(issued.at)) }
                @if !issued.link.is_empty() { " " a href=(issued.link) rel="noreferrer" { (words.invoice_link) } }
            }
        }
        @if invoice.state != InvoiceState::Issued {
            (form(here, shown.read.revision, "stack", html! {
                div.field {
                    label for="invoice_number" { (words.invoice_number) }
                    input #invoice_number type="text" name="invoice_number" required maxlength="40" value=(text(&shown.typed, "invoice_number"));
                }
                div.field {
                    label for="invoice_link" { (words.invoice_link) }
                    input #invoice_link type="url" name="invoice_link" maxlength="500" placeholder="https://" value=(text(&shown.typed, "invoice_link"));
                }
                button name="do" value="invoice" { (words.invoice_issue) }
            }))
        }
    }
}

pub(super) fn parcels(language: &Language, here: &str, read: &Versioned<Order>) -> Markup {
    let (words, chinese) = (language.words.orders, language.words.lang == "zh-CN");
    let order = &read.value;
    html! {
        ul.rows { @for parcel in &order.shipments { li {
            div.row {
                strong { (words.parcel) " " (parcel.number) } " " (parcel.carrier_name(chinese)) " "
                @if !parcel.tracking_number.is_empty() { code { (parcel.tracking_number) } " " }
                @if let Some(page) = parcel.tracking_url() { a href=(page) rel="noreferrer" { (words.track) } }
                p.help {
                    @for pieces in &parcel.lines {
                        @if let Some(line) = order.lines.get(pieces.line as usize) { (line.title) " × " (pieces.quantity) ". " }
                    }
                    @if parcel.replaces.is_some() { (words.replaces) ". " }
                    (moment(parcel.sent_at))
                    @if let Some(at) = parcel.delivered_at { " → " (words.arrived) " " (moment(at)) }
                }
                @if !parcel.tracking.is_empty() {
                    ol.history { @for event in parcel.tracking.iter().rev() { li {
                        time datetime=(event.at) { (moment(event.at)) } " "
                        strong { (words.parcel_state(event.state)) } " "
                        span.quiet { bdi { (event.place) } " " bdi { (event.said) } }
                    } } }
                }
            }
            @if parcel.delivered_at.is_none() {
                (form(here, read.revision, "inline", html! {
                    input type="hidden" name="shipment" value=(parcel.number);
                    button.quiet name="do" value="arrived" aria-label={ (words.parcel) " " (parcel.number) ": " (words.arrived) } { (words.arrived) }
                }))
            }
        } } }
    }
}

pub(super) fn next_steps(words: &OrderWords, here: &str, shown: &Shown) -> Markup {
    use OrderState::{Delivered, Paid, PartlyShipped, PaymentPending, Shipped};
    let (order, revision) = (&shown.read.value, shown.read.revision);
    let ships = matches!(order.state, Paid | PartlyShipped);
    let step = |name: &str, label: &str| html! { button.quiet name="do" value=(name) { (label) } };
    html! {
        @if ships {
            section {
                h2 { (words.ship) }
                p.help { (words.ship_lead) }
                (form(here, revision, "stack", html! {
                    fieldset {
                        legend { (words.to_ship) }
                        @for line in positions(order) {
                            @let most = order.to_ship(line);
                            @let typed = text(&shown.typed, &format!("ship-{line}")).to_owned();
                            @let value = if typed.is_empty() { most.to_string() } else { typed };
                            @if most > 0 { (pieces_field(words, "ship", line, order, most, &value)) }
                        }
                    }
                    div.field {
                        label for="carrier" { (words.carrier) }
                        input #carrier type="text" name="carrier" list="carriers" maxlength="60" value=(text(&shown.typed, "carrier"));
                        datalist #carriers { @for known in CARRIERS { option value=(known.code) { (known.name) " " (known.name_zh) } } }
                    }
                    div.field {
                        label for="tracking_number" { (words.tracking_number) }
                        input #tracking_number type="text" name="tracking_number" maxlength="40" pattern="[A-Za-z0-9\\-]*"
                            value=(text(&shown.typed, "tracking_number"));
                    }
                    button name="do" value="ship" { (words.ship) }
                }))
            }
        }
        @if matches!(order.state, PaymentPending | Paid | Shipped | Delivered) {
            section {
                h2 { (words.next_step) }
                (form(here, revision, "inline", html! {
                    @match order.state {
                        Shipped => (step("deliver", words.deliver)),
                        Delivered => (step("complete", words.complete)),
                        state => {
                            input type="text" name="reason" maxlength="500" aria-label=(words.reason) placeholder=(words.reason);
                            (step("cancel", if state == Paid && !order.refundable().is_zero() { words.cancel_paid } else { words.cancel }))
                        }
                    }
                }))
            }
        }
    }
}

/// Only where something is left that can be given back.
pub(super) fn refund_form(words: &OrderWords, here: &str, shown: &Shown) -> Markup {
    let (order, typed) = (&shown.read.value, &shown.typed);
    let over = matches!(order.state, OrderState::RefundPending | OrderState::Refunded);
    if over || order.refundable().is_zero() {
        return html! {};
    }
    html! {
        section {
            h2 { (words.refund) }
            p.help { (words.refund_lead) }
            (form(here, shown.read.revision, "stack", html! {
                label.flag { input type="checkbox" name="everything" value="yes" checked[typed.contains_key("everything")]; (words.everything) " (" (money(order.refundable())) ")" }
                fieldset {
                    legend { (words.pieces) }
                    @for line in positions(order) {
                        @let most = order.refundable_pieces(line);
                        @let value = text(typed, &format!("refund-{line}"));
                        @if most > 0 { (pieces_field(words, "refund", line, order, most, if value.is_empty() { "0" } else { value })) }
                    }
                }
                @if !order.refundable_shipping().is_zero() {
                    (amount_field("shipping", words.shipping, words.at_most, order.refundable_shipping(), typed))
                }
                (amount_field("goodwill", words.goodwill, words.at_most, order.refundable(), typed))
                label.flag { input type="checkbox" name="restock" value="yes" checked[typed.contains_key("restock")]; (words.restock) }
                div.field {
                    label for="reason" { (words.reason) }
                    input #reason type="text" name="reason" maxlength="500" value=(text(typed, "reason"));
                }
                button name="do" value="preview" { (words.preview) }
            }))
        }
    }
}

/// What is about to be given back, with the request as it was typed: pressed twice it is still one refund.
pub(super) fn confirmation(words: &OrderWords, here: &str, shown: &Shown, plan: &Refund) -> Markup {
    html! {
        div.notice role="status" {
            p { (words.will_go_back) " " strong { (money(plan.amount)) } }
            (form(here, shown.read.revision, "inline", html! {
                input type="hidden" name="refund" value=(plan.id);
                @for (name, value) in &shown.typed {
                    @if !matches!(name.as_str(), "do" | "revision" | "refund") { input type="hidden" name=(name) value=(value); }
                }
                button name="do" value="refund" { (words.confirm) " " (money(plan.amount)) }
            }))
        }
    }
}

/// Refunds that wait for a person: what failed, and what was paid by bank transfer.
pub(super) fn open_refunds(words: &OrderWords, here: &str, shown: &Shown) -> Markup {
    let order = &shown.read.value;
    let by_transfer = shown.payment.provider == BY_HAND;
    let waits =
        |refund: &&Refund| refund.state == RefundState::Failed || (by_transfer && refund.state == RefundState::Pending);
    html! {
        @for refund in order.refunds.iter().filter(waits) {
            @let failed = refund.state == RefundState::Failed;
            div.notice.alarm role="alert" {
                p {
                    strong { (money(refund.amount)) } " "
                    @if failed { (words.failed_lead) } @else { (words.transfer_lead) }
                    @if let Some(problem) = &refund.problem { " " code { (problem) } }
                }
                (form(here, shown.read.revision, "inline", html! {
                    input type="hidden" name="refund" value=(refund.id);
                    @if failed { button.quiet name="do" value="retry" { (words.retry) } }
                }))
                (form(here, shown.read.revision, "inline", html! {
                    input type="hidden" name="refund" value=(refund.id);
                    input type="text" name="reference" required maxlength="120" aria-label=(words.by_hand_label) placeholder=(words.by_hand_label);
                    button.quiet name="do" value="by-hand" { (words.by_hand) }
                }))
            }
        }
    }
}

pub(super) fn refunds(words: &OrderWords, order: &Order) -> Markup {
    html! {
        ul.rows { @for refund in &order.refunds { li { div.row {
            strong { (money(refund.amount)) } " " (words.refund_state(refund.state)) " " code.quiet { (refund.id) }
            p.help {
                @for part in &refund.lines {
                    @if let Some(line) = order.lines.get(part.line as usize) { (line.title) " × " (part.quantity) ": " (money(part.amount)) ". " }
                }
                @if !refund.shipping.is_zero() { (words.shipping) ": " (money(refund.shipping)) ". " }
                @if !refund.goodwill.is_zero() { (words.goodwill) ": " (money(refund.goodwill)) ". " }
                (refund.reason)
                @if let Some(reference) = &refund.reference { " " code { (reference) } }
            }
        } } } }
    }
}

/// Newest first: what happened last is what is looked for.
pub(super) fn timeline(words: &OrderWords, order: &Order) -> Markup {
    html! {
        ol.history { @for event in order.timeline.iter().rev() { li {
            time datetime=(event.at) { (moment(event.at)) } " "
            strong { (words.event(&event.what).unwrap_or(words.state(event.to))) } " "
            @match &event.what {
                Happened::ShipmentSent { shipment } | Happened::ShipmentDelivered { shipment } => { (shipment) " " },
                Happened::RefundRequested { amount, .. }
                | Happened::RefundSucceeded { amount, .. }
                | Happened::RefundFailed { amount, .. }
                | Happened::RefundRetried { amount, .. } => { (money(*amount)) " " },
                Happened::Return { number, state } => { (number) ": " (words.return_state(*state)) " " },
                Happened::Invoice { state } => { (words.invoice_state(*state)) " " },
                Happened::State => {},
            }
            @if !matches!(event.what, Happened::State | Happened::Return { .. } | Happened::Invoice { .. }) { "→ " (words.state(event.to)) " " }
            span.quiet { (event.by) @if !event.why.is_empty() { ": " (event.why) } }
        } } }
    }
}
