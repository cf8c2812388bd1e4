//! `POST /api/unsubscribe {customer, token}`: ends the offers that somebody gets, by the link that every offer carries. No
//! signing in: who holds the link can do this and nothing else. Done twice it is done; a customer that is not known (any more) gets
//! no offers either, so all answers to a signed link read alike.

use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Deserialize;
use stoa_domain::CustomerId;
use stoa_endpoint::{ApiError, Json};
use stoa_storage::StoreError;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unsubscribe {
    customer: String,
    token: String,
}

pub(crate) async fn unsubscribe(
    Shared(state): Shared<State>,
    Json(Unsubscribe { customer, token }): Json<Unsubscribe>,
) -> Result<StatusCode, ApiError> {
    let invalid = || ApiError::not_found("link to unsubscribe");
    let customer = CustomerId::new(customer).map_err(|_| invalid())?;
    if !state.config.link_key.verify_unsubscribe(&customer, &token) {
        return Err(invalid());
    }
    withdraw(&state, &customer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the consent back, whoever changes the customer meanwhile.
pub(crate) async fn withdraw(state: &State, id: &CustomerId) -> Result<(), ApiError> {
    const ATTEMPTS: u32 = 6;
    let customers = state.store.customers();
    for _ in 0..ATTEMPTS {
        let Some(read) = customers.get(id).await.map_err(store_error)? else { return Ok(()) };
        if read.value.consent.is_none() {
            return Ok(());
        }
        let expected = read.unchanged();
        let mut customer = read.value;
        customer.consent = None;
        match customers.put(&customer, expected).await {
            Ok(_) => return Ok(()),
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(ApiError::unavailable("others kept changing the customer"))
}
