//! The orders of the shop: by state, newest first, and found by number or email address.

use super::order_words::OrderWords;
use super::session::Session;
use super::{Language, answer, moment, money, refusal};
use crate::orders::refused;
use crate::{State, store_error};
use axum::Form;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use stoa_domain::order::{InvoiceState, Order, OrderSettings, OrderState, RefundStatus, order_id, read_order_number};
use stoa_endpoint::ApiError;
use stoa_storage::{Cursor, Store, customer_key};

const HERE: &str = "/admin/orders";
const ON_A_PAGE: u32 = 50;
/// More than so many are said to be more.
const COUNTED: u32 = 99;
const MAX_SEARCH_BYTES: usize = 320;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
    /// Orders whose invoice waits so.
    #[serde(default)]
    invoice: String,
}

/// What the page shows.
struct Shown {
    state: Option<OrderState>,
    /// Of each state, at most one more than [`COUNTED`].
    counts: Vec<u32>,
    orders: Vec<Order>,
    next: Option<Cursor>,
    searched: bool,
    settings: OrderSettings,
    invoice: Option<InvoiceState>,
    /// Of each of [`InvoiceState::ALL`], at most one more than [`COUNTED`].
    invoices: Vec<u32>,
}

pub(crate) async fn page(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let read = async {
        grant.require("orders:read")?;
        shown(&state.store, &asked).await
    };
    match read.await {
        // Whoever typed a whole number wants that order.
        Ok(shown) if shown.searched && shown.orders.len() == 1 => {
            Redirect::to(&format!("{HERE}/{}", shown.orders[0].id)).into_response()
        }
        Ok(shown) => render(&language, &asked, &shown),
        Err(error) => refusal(&language, HERE, &error),
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    return_days: u16,
}

/// The shop's settings of orders, below the list.
pub(crate) async fn save(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Form(Typed { return_days }): Form<Typed>,
) -> Response {
    let saved = async {
        grant.require("orders:write")?;
        let settings = OrderSettings { return_days };
        settings.check().map_err(refused)?;
        state.store.orders().put_settings(&settings).await.map_err(store_error)
    };
    match saved.await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(error) => refusal(&language, HERE, &error),
    }
}

async fn shown(store: &Store, asked: &Asked) -> Result<Shown, ApiError> {
    let orders = store.orders();
    let state = OrderState::ALL.into_iter().find(|known| known.as_str() == asked.state);
    let counts = orders.counts(COUNTED + 1).await.map_err(store_error)?;
    let invoices = orders.open_invoices(COUNTED + 1).await.map_err(store_error)?;
    let settings = orders.settings().await.map_err(store_error)?;
    let search = asked.q.trim();
    if !search.is_empty() {
        let orders = if search.len() <= MAX_SEARCH_BYTES { found(store, search).await? } else { Vec::new() };
        let (state, next, searched, invoice) = (None, None, true, None);
        return Ok(Shown { state, counts, orders, next, searched, settings, invoice, invoices });
    }
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let after = after.map(Cursor::new).transpose().map_err(store_error)?;
    let invoice = InvoiceState::ALL.into_iter().find(|known| known.as_str() == asked.invoice);
    let page = match invoice {
        Some(invoice) => orders.with_open_invoice(invoice, after.as_ref(), ON_A_PAGE).await,
        None => orders.list(state, after.as_ref(), ON_A_PAGE).await,
    };
    let page = page.map_err(store_error)?;
    let orders = page.items.into_iter().map(|read| read.value).collect();
    Ok(Shown { state, counts, orders, next: page.next, searched: false, settings, invoice, invoices })
}

/// By number, as people type and hear it; or by the address that was ordered with, newest first.
async fn found(store: &Store, search: &str) -> Result<Vec<Order>, ApiError> {
    let orders = store.orders();
    if let Some(id) = read_order_number(search).and_then(|number| order_id(&number)) {
        return Ok(orders.get(&id).await.map_err(store_error)?.into_iter().map(|read| read.value).collect());
    }
    let Ok(customer) = customer_key(search) else { return Ok(Vec::new()) };
    let mut of_customer = orders.of_customer(&customer, ON_A_PAGE).await.map_err(store_error)?;
    of_customer.sort_by_key(|order| std::cmp::Reverse(order.placed_at));
    Ok(of_customer)
}

fn render(language: &Language, asked: &Asked, shown: &Shown) -> Response {
    let words = language.words.orders;
    let content = html! {
        h1 { (words.orders) }
        form.inline method="get" action=(HERE) role="search" {
            input type="text" name="q" value=(asked.q.trim()) maxlength="320" aria-label=(words.search_label) placeholder=(words.search_label);
            button.quiet { (words.search) }
        }
        nav aria-label=(words.state) {
            a href=(HERE) aria-current=[(shown.state.is_none() && shown.invoice.is_none() && !shown.searched).then_some("page")] { (words.all) }
            @for (state, count) in OrderState::ALL.into_iter().zip(&shown.counts) {
                @if *count > 0 {
                    a href={ (HERE) "?state=" (state) } aria-current=[(shown.state == Some(state)).then_some("page")] {
                        (words.state(state)) " " span.quiet { @if *count > COUNTED { (COUNTED) "+" } @else { (count) } }
                    }
                }
            }
            @for (state, count) in InvoiceState::ALL.into_iter().zip(&shown.invoices) {
                @if *count > 0 {
                    a href={ (HERE) "?invoice=" (state) } aria-current=[(shown.invoice == Some(state)).then_some("page")] {
                        (words.invoice_state(state)) " " span.quiet { @if *count > COUNTED { (COUNTED) "+" } @else { (count) } }
                    }
                }
            }
        }
        @if shown.orders.is_empty() {
            @if shown.searched { p.lead { (words.not_found) " " (asked.q.trim()) } }
            @else if shown.state.is_some() || shown.invoice.is_some() { p.lead { (words.none) } }
            @else { p.lead { (words.none_yet) } }
        } @else {
            (table(words, &shown.orders))
        }
        @if let Some(next) = &shown.next {
            @let after = url::form_urlencoded::Serializer::new(String::new()).append_pair("after", next.as_str()).finish();
            p { a href={ (HERE) "?" @if let Some(state) = shown.state { "state=" (state) "&" } @if let Some(state) = shown.invoice { "invoice=" (state) "&" } (after) } { (words.next) } }
        }
        section {
            form.inline method="post" action=(HERE) {
                label for="return_days" { (words.return_days) }
                input #return_days type="number" name="return_days" min="0" max="365" required value=(shown.settings.return_days);
                button.quiet { (words.save) }
            }
        }
    };
    answer(StatusCode::OK, language, HERE, words.orders, content)
}

fn table(words: &OrderWords, orders: &[Order]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words.orders) {
            table {
                thead { tr {
                    th scope="col" { (words.order) }
                    th scope="col" { (words.placed) }
                    th scope="col" { (words.customer) }
                    th scope="col" { (words.total) }
                    th scope="col" { (words.state) }
                } }
                tbody { @for order in orders {
                    tr {
                        th scope="row" { a href={ (HERE) "/" (order.id) } { code { (order.number) } } }
                        td { (moment(order.placed_at)) }
                        td { (order.shipping_address.name) br; span.quiet { (order.email) } }
                        td { (money(order.quote.total)) }
                        td { (pills(words, order)) }
                    }
                } }
            }
        }
    }
}

/// The order's state, and beside it what is given back of it.
pub(super) fn pills(words: &OrderWords, order: &Order) -> Markup {
    use OrderState::{Completed, Delivered, Shipped};
    let status = order.refund_status();
    let state = if matches!(order.state, Shipped | Delivered | Completed) { "on" } else { "" };
    let alarm = if status == RefundStatus::RefundFailed { "off" } else { "" };
    // An order that is given back as a whole says so by its state.
    let beside = words.status(status).filter(|text| *text != words.state(order.state));
    html! {
        span.pill.(state) { (words.state(order.state)) }
        @if let Some(beside) = beside { " " span.pill.(alarm) { (beside) } }
    }
}
