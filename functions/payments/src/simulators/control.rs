//! What is the simulators' own: the page on which a shopper decides, and what this machine's tools ask.

use super::{Delivery, RecordedRequest, Simulators, Trigger, TriggerEvent};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use maud::{DOCTYPE, html};
use serde::Deserialize;
use std::sync::PoisonError;

pub(super) fn routes() -> Router<Simulators> {
    Router::new()
        .route("/pay/{provider}/{payment}", get(show).post(decide))
        .route("/_simulators/trigger", post(trigger))
        .route("/_simulators/requests", get(requests))
}

/// Where WeChat Pay's H5 page leads back to is in its own address.
#[derive(Deserialize)]
struct Back {
    redirect_url: Option<String>,
}

async fn show(
    State(simulators): State<Simulators>,
    Path((provider, payment)): Path<(String, String)>,
    Query(back): Query<Back>,
) -> Response {
    let trades = simulators.trades();
    let Some(trade) = trades.iter().rev().find(|t| t.provider == provider && t.payment == payment) else {
        return (StatusCode::NOT_FOUND, "no such payment").into_response();
    };
    let back = back.redirect_url.unwrap_or_else(|| trade.return_url.clone());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Simulated payment" } }
            body {
                h1 { "Simulated " (provider) ": no money moves" }
                p { (trade.payment) ", " (trade.minor) " of the smallest unit of " (trade.currency) ", " (format!("{:?}", trade.state)) }
                form method="post" {
                    input type="hidden" name="back" value=(back);
                    button name="event" value="payment.succeeded" { "Pay" }
                    button name="event" value="payment.failed" { "Fail" }
                }
            }
        }
    };
    Html(page.into_string()).into_response()
}

#[derive(Deserialize)]
struct Decision {
    event: TriggerEvent,
    back: String,
}

async fn decide(
    State(simulators): State<Simulators>,
    Path((provider, payment)): Path<(String, String)>,
    Form(Decision { event, back }): Form<Decision>,
) -> Response {
    let payment = Some(payment);
    let trigger = Trigger { provider, payment, event, duplicate: 0, delay_seconds: 0, tamper: None, silent: false };
    match simulators.trigger(&trigger).await {
        Ok(_) => Redirect::to(&back).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, error.to_string()).into_response(),
    }
}

async fn trigger(
    State(simulators): State<Simulators>,
    Json(trigger): Json<Trigger>,
) -> Result<Json<Vec<Delivery>>, (StatusCode, String)> {
    simulators.trigger(&trigger).await.map(Json).map_err(|e| (StatusCode::UNPROCESSABLE_ENTITY, e.to_string()))
}

async fn requests(State(simulators): State<Simulators>) -> Json<Vec<RecordedRequest>> {
    let requests = simulators.0.requests.lock().unwrap_or_else(PoisonError::into_inner);
    Json(requests.iter().cloned().collect())
}
