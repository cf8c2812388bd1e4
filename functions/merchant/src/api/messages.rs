//! The outbox: messages that wait, were sent or were given up. Offers come with name, address and coupon filled in; what an
//! order's buyer or somebody who signs in is told is named, not quoted.

use super::{List, PageQuery};
use crate::{State, store_error};
use axum::extract::State as Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use stoa_domain::CustomerId;
use stoa_domain::marketing::{Customer, Filled, fill};
use stoa_domain::shop::Shop;
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, Path, Query};
use stoa_storage::{MAX_MESSAGES_PAGE, MessageContent, MessageState, OrderNews, OutboxMessage};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageBody {
    id: String,
    /// `waiting`, `sent` or `failed`
    state: String,
    /// `offer`, `order_confirmed`, `order_shipped`, `order_refunded` or `sign_in`
    kind: &'static str,
    customer: String,
    /// Which plugin proposed it, where it is an offer.
    plugin: Option<String>,
    /// What it tells about, where that is an order.
    order: Option<String>,
    locale: String,
    /// Where it goes, where it is an offer; none where the customer has said meanwhile that they want no messages: then it must
    /// not be sent.
    to: Option<String>,
    /// Empty where it is no offer: those are written when they are sent.
    subject: String,
    body: String,
    written_at: String,
    sent_at: Option<String>,
    /// How often sending was tried.
    attempts: u32,
    /// When it is tried again.
    due_at: Option<String>,
    /// Why it was given up, or what became of the last try.
    failure: Option<String>,
}

/// `offer`, `order_confirmed`, …
pub(crate) fn kind(content: &MessageContent) -> &'static str {
    match content {
        MessageContent::Offer { .. } => "offer",
        MessageContent::SignIn { .. } => "sign_in",
        MessageContent::Order { news: OrderNews::Confirmed, .. } => "order_confirmed",
        MessageContent::Order { news: OrderNews::Shipped(_), .. } => "order_shipped",
        MessageContent::Order { news: OrderNews::Refunded(_), .. } => "order_refunded",
    }
}

impl MessageBody {
    fn new(message: OutboxMessage, customers: &HashMap<CustomerId, Customer>, shop: Option<&Shop>) -> Self {
        let mut body = Self {
            state: message.state.as_str().to_owned(),
            kind: kind(&message.content),
            customer: message.customer.to_string(),
            plugin: None,
            order: None,
            locale: message.locale.to_string(),
            to: None,
            subject: String::new(),
            body: String::new(),
            written_at: message.written_at.to_string(),
            sent_at: message.sent_at.map(|at| at.to_string()),
            attempts: message.attempts,
            due_at: message.due_at.map(|at| at.to_string()),
            failure: message.failure,
            id: message.id,
        };
        match &message.content {
            MessageContent::SignIn { .. } => {}
            MessageContent::Order { order, .. } => body.order = Some(order.to_string()),
            MessageContent::Offer { plugin, subject, body: text, coupon, .. } => {
                let customer = customers.get(&message.customer).filter(|customer| customer.consent.is_some());
                let ends = coupon.as_ref().map(|coupon| coupon.last_day.to_string()).unwrap_or_default();
                let filled = Filled {
                    name: customer.map_or("", |customer| customer.name.as_str()),
                    shop: shop.map_or("", |shop| shop.name.get(&message.locale, &shop.default_locale)),
                    coupon: coupon.as_ref().map_or("", |coupon| coupon.code.as_str()),
                    coupon_ends: &ends,
                };
                body.plugin = Some(plugin.to_string());
                body.to = customer.map(|customer| customer.email.clone());
                body.subject = fill(subject, filled);
                body.body = fill(text, filled);
            }
        }
        body
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MessageQuery {
    /// Those that were sent, instead of those that wait.
    #[serde(default)]
    #[param(required = false)]
    sent: bool,
    /// Those that were given up.
    #[serde(default)]
    #[param(required = false)]
    failed: bool,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Messages that wait to be sent, or were sent or given up, the newest first, up to 100 a page. Scope: customers:read
#[utoipa::path(get, path = "/admin/api/messages", params(MessageQuery),
    responses((status = 200, body = List<MessageBody>), (status = "default", body = ErrorBody)))]
pub(super) async fn list(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(query): Query<MessageQuery>,
) -> Result<axum::Json<List<MessageBody>>, ApiError> {
    grant.require("customers:read")?;
    let wanted = match (query.failed, query.sent) {
        (true, _) => MessageState::Failed,
        (false, true) => MessageState::Sent,
        (false, false) => MessageState::Waiting,
    };
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let limit = page.limit(50, MAX_MESSAGES_PAGE);
    let page = state.store.messages().list(wanted, page.cursor()?.as_ref(), limit).await.map_err(store_error)?;
    let (customers, shop) = people(&state, &page.items).await?;
    Ok(axum::Json(List::of(page, |message| MessageBody::new(message, &customers, shop.as_ref()))))
}

/// Writes down that a message was sent. Scope: customers:write
#[utoipa::path(post, path = "/admin/api/messages/{id}/sent", params(("id" = String, Path)),
    responses((status = 200, body = MessageBody), (status = "default", body = ErrorBody)))]
pub(super) async fn sent(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Path(id): Path<String>,
) -> Result<axum::Json<MessageBody>, ApiError> {
    grant.require("customers:write")?;
    let message = state.store.messages().mark_sent(&id, Timestamp::now()).await.map_err(store_error)?;
    let (customers, shop) = people(&state, std::slice::from_ref(&message)).await?;
    Ok(axum::Json(MessageBody::new(message, &customers, shop.as_ref())))
}

/// Whom the messages are to, and whom they are from.
async fn people(
    state: &State,
    messages: &[OutboxMessage],
) -> Result<(HashMap<CustomerId, Customer>, Option<Shop>), ApiError> {
    let ids: Vec<CustomerId> = messages.iter().map(|message| message.customer.clone()).collect();
    let (customers, shop) = (state.store.customers(), state.store.shop());
    let (customers, shop) = tokio::try_join!(customers.get_many(&ids), shop.settings()).map_err(store_error)?;
    Ok((customers.into_iter().map(|c| (c.id.clone(), c)).collect(), shop.map(|read| read.value)))
}
