//! One order: what was bought and paid, where it goes, what happened; and forms for what is done next. A form is done by the
//! same code as what the API is sent. A refund is shown with its amount before it is asked for.

use super::form::Fields;
use super::order_words::OrderWords;
use super::session::Session;
use super::{Language, answer, moment, money, orders, refusal};
use crate::orders::{Change, change, new_refund_id, refused};
use crate::{State, store_error};
use axum::Form as Sent;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use stoa_domain::order::{LinePieces, Order, Parcel, Refund, RefundId, RefundRequest};
use stoa_domain::payment::Payment;
use stoa_domain::{Money, OrderId};
use stoa_endpoint::ApiError;
use stoa_endpoint::access::Grant;
use stoa_storage::{OrderAndPayment, Revision, Versioned};

mod parts;
mod returns;

const HERE: &str = "/admin/orders";

/// Everything that the page shows.
struct Shown {
    read: Versioned<Order>,
    payment: Payment,
    /// What was typed and not done.
    typed: Fields,
    wrong: Option<String>,
    /// A refund that waits for its confirmation.
    preview: Option<Refund>,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Path(id): Path<String>,
) -> Response {
    match shown(&state, &grant, &id).await {
        Ok(shown) => render(&language, StatusCode::OK, &shown),
        Err(error) => refusal(&language, HERE, &error),
    }
}

pub(crate) async fn act(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Path(id): Path<String>,
    Sent(fields): Sent<Fields>,
) -> Response {
    match done(&state, &grant, &id, &language, fields).await {
        Ok(response) => response,
        Err(error) => refusal(&language, HERE, &error),
    }
}

async fn done(
    state: &State,
    grant: &Grant,
    id: &str,
    language: &Language,
    fields: Fields,
) -> Result<Response, ApiError> {
    grant.require("orders:write")?;
    let mut shown = shown(state, grant, id).await?;
    let order = &shown.read.value;
    if text(&fields, "do") == "preview" {
        let plan = asked(order, &fields).and_then(|asked| {
            order.plan_refund(new_refund_id()?, &asked, text(&fields, "reason"), Timestamp::now()).map_err(refused)
        });
        let status = match plan {
            Ok(plan) => {
                shown.preview = Some(plan);
                StatusCode::OK
            }
            Err(error) => {
                shown.wrong = Some(error.message);
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        shown.typed = fields;
        return Ok(render(language, status, &shown));
    }
    let tried = match what(order, &fields) {
        Ok(what) => {
            let seen = text(&fields, "revision").parse().map(Revision::from_u64).ok();
            let by = format!("staff:{}", grant.id);
            change(state, &order.id, seen, &what, &by, text(&fields, "reason")).await
        }
        Err(error) => Err(error),
    };
    match tried {
        Ok(_) => Ok(Redirect::to(&format!("{HERE}/{}", order.id)).into_response()),
        Err(error) if error.status.is_server_error() => Err(error),
        Err(error) => {
            let mut now = self::shown(state, grant, id).await?;
            let conflict = error.code == "revision_conflict";
            now.wrong = Some(if conflict { language.words.orders.changed_meanwhile.to_owned() } else { error.message });
            now.typed = fields;
            let status = if conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            Ok(render(language, status, &now))
        }
    }
}

/// Which change a form asks for.
fn what(order: &Order, fields: &Fields) -> Result<Change, ApiError> {
    let refund = || RefundId::new(text(fields, "refund")).map_err(refused);
    Ok(match text(fields, "do") {
        "ship" => Change::Ship(Parcel {
            lines: Some(pieces(order, fields, "ship")?),
            carrier: text(fields, "carrier").to_owned(),
            tracking_number: text(fields, "tracking_number").to_owned(),
        }),
        "arrived" => Change::ParcelArrived(number(fields, "shipment")?),
        "deliver" => Change::Deliver,
        "complete" => Change::Complete,
        "cancel" => Change::Cancel,
        "refund" => Change::Refund { id: refund()?, asked: asked(order, fields)? },
        "retry" => Change::RetryRefund(refund()?),
        "return" => Change::Return { number: number(fields, "return")?, step: returns::step(fields)? },
        "invoice" => Change::IssueInvoice {
            number: text(fields, "invoice_number").to_owned(),
            link: text(fields, "invoice_link").to_owned(),
        },
        "by-hand" => Change::RefundedByHand { id: refund()?, reference: text(fields, "reference").to_owned() },
        _ => return Err(ApiError::bad_request("unknown_action", "the form asks for nothing that is known here")),
    })
}

/// What the refund's form asks for. An amount left empty is none.
fn asked(order: &Order, fields: &Fields) -> Result<RefundRequest, ApiError> {
    let restock = fields.contains_key("restock");
    if fields.contains_key("everything") {
        return Ok(RefundRequest { everything: true, restock, ..RefundRequest::default() });
    }
    let amount = |name: &str| {
        let typed = Some(text(fields, name)).filter(|typed| !typed.is_empty());
        let parse = |typed| Money::parse(typed, order.quote.total.currency);
        typed.map(parse).transpose().map_err(|e| ApiError::bad_request("invalid_amount", e.to_string()))
    };
    let lines = pieces(order, fields, "refund")?;
    Ok(RefundRequest {
        lines,
        shipping: amount("shipping")?,
        goodwill: amount("goodwill")?,
        restock,
        everything: false,
    })
}

/// The pieces of each line, in fields named `{form}-{line}`.
fn pieces(order: &Order, fields: &Fields, form: &str) -> Result<Vec<LinePieces>, ApiError> {
    let mut chosen = Vec::new();
    for line in (0..order.lines.len()).filter_map(|line| u32::try_from(line).ok()) {
        let name = format!("{form}-{line}");
        let quantity = if text(fields, &name).is_empty() { 0 } else { number(fields, &name)? };
        if quantity > 0 {
            chosen.push(LinePieces { line, quantity });
        }
    }
    Ok(chosen)
}

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map(|typed| typed.trim()).unwrap_or_default()
}

fn number(fields: &Fields, name: &str) -> Result<u32, ApiError> {
    let rule = |_| ApiError::bad_request("invalid_number", format!("{name} must be a whole number"));
    text(fields, name).parse().map_err(rule)
}

async fn shown(state: &State, grant: &Grant, id: &str) -> Result<Shown, ApiError> {
    grant.require("orders:read")?;
    let read = state.store.orders().with_payment(&OrderId::new(id)?).await.map_err(store_error)?;
    let OrderAndPayment { order, payment, revision, .. } = read.ok_or_else(|| ApiError::not_found("order"))?;
    let read = Versioned { value: order, revision };
    Ok(Shown { read, payment, typed: Fields::new(), wrong: None, preview: None })
}

fn render(language: &Language, status: StatusCode, shown: &Shown) -> Response {
    let words = language.words.orders;
    let order = &shown.read.value;
    let here = format!("{HERE}/{}", order.id);
    let content = html! {
        p.crumbs { a href=(HERE) { (words.orders) } }
        h1 { (words.order) " " (order.number) }
        p { (orders::pills(words, order)) " " span.quiet { (moment(order.placed_at)) } }
        @if let Some(wrong) = &shown.wrong { p.notice.alarm role="alert" { (wrong) } }
        @if let Some(plan) = &shown.preview { (parts::confirmation(words, &here, shown, plan)) }
        (parts::open_refunds(words, &here, shown))
        section { h2 { (words.bought) } (parts::lines(words, order)) }
        section { h2 { (words.customer) } (parts::customer(words, shown)) }
        @if let Some(invoice) = &order.invoice { section { h2 { (words.invoice) } (parts::invoice(words, &here, shown, invoice)) } }
        @if !order.shipments.is_empty() {
            section { h2 { (words.parcels) } (parts::parcels(language, &here, &shown.read)) }
        }
        @if !order.returns.is_empty() { section { h2 { (words.returns) } (returns::list(words, &here, shown)) } }
        (parts::next_steps(words, &here, shown))
        @if !order.refunds.is_empty() { section { h2 { (words.refunds) } (parts::refunds(words, order)) } }
        (parts::refund_form(words, &here, shown))
        section { h2 { (words.timeline) } (parts::timeline(words, order)) }
    };
    let title = format!("{} {}", words.order, order.number);
    answer(status, language, &here, &title, content)
}

/// A form of this page: what it does is its button's, and it holds only while the order is as it was shown.
fn form(here: &str, revision: Revision, kind: &str, content: Markup) -> Markup {
    html! {
        form.(kind) method="post" action=(here) {
            input type="hidden" name="revision" value=(revision);
            (content)
        }
    }
}

fn amount_field(name: &str, label: &str, at_most: &str, most: Money, typed: &Fields) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            input id=(name) type="text" name=(name) inputmode="decimal" value=(text(typed, name)) maxlength="20"
                aria-describedby={ (name) "-most" };
            p.help id={ (name) "-most" } { (at_most) " " (money(most)) }
        }
    }
}

fn pieces_field(words: &OrderWords, form: &str, line: u32, order: &Order, most: u32, value: &str) -> Markup {
    let name = format!("{form}-{line}");
    let bought = &order.lines[line as usize];
    html! {
        div.field {
            label for=(name) { (bought.title) @if !bought.variant_title.is_empty() { ", " (bought.variant_title) } }
            input id=(name) type="number" name=(name) min="0" max=(most) value=(value) aria-describedby={ (name) "-most" };
            p.help id={ (name) "-most" } { (words.at_most) " " (most) " " (words.pieces) }
        }
    }
}
