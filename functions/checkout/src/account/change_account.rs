//! `PATCH /api/account {offers}`: whether offers come by mail. `DELETE /api/account/addresses/{at}`: forgets an address.

use super::own_cart::again;
use crate::unsubscribe::withdraw;
use crate::visitor::Member;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use stoa_domain::account::Account;
use stoa_domain::marketing::{Consent, Customer};
use stoa_domain::order::Address;
use stoa_endpoint::{ApiError, Json, Path};
use stoa_storage::{Expected, StoreError, Versioned};

const ATTEMPTS: u32 = 6;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeAccount {
    offers: bool,
}

pub(crate) async fn change_account(
    Shared(state): Shared<State>,
    member: Member,
    Json(ChangeAccount { offers }): Json<ChangeAccount>,
) -> Result<StatusCode, ApiError> {
    match offers {
        true => consent(&state, &member.account.value).await?,
        false => withdraw(&state, &member.account.value.id).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn consent(state: &State, account: &Account) -> Result<(), ApiError> {
    let customers = state.store.customers();
    for _ in 0..ATTEMPTS {
        let read = customers.get(&account.id).await.map_err(store_error)?;
        let expected = Expected::from(&read);
        let new = || Customer::of_address(account.id.clone(), account.email.clone(), account.locale.clone());
        let mut customer = read.map_or_else(new, |read| read.value);
        if customer.consent.is_some() {
            return Ok(());
        }
        customer.consent = Some(Consent { at: Timestamp::now(), by: "account".to_owned() });
        match customers.put(&customer, expected).await {
            Ok(_) => return Ok(()),
            Err(StoreError::RevisionConflict { .. }) => {}
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(ApiError::unavailable("others kept changing the customer"))
}

/// By its place in the account's list.
pub(crate) async fn remove_address(
    Shared(state): Shared<State>,
    member: Member,
    Path(at): Path<usize>,
) -> Result<StatusCode, ApiError> {
    let unknown = || ApiError::not_found("address");
    let address = member.account.value.addresses.get(at).cloned().ok_or_else(unknown)?;
    change(&state, member.account, |account| account.addresses.retain(|kept| *kept != address)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Something was just sent there. The order stands without it, too.
pub(crate) async fn keep_address(state: &State, account: Versioned<Account>, address: &Address) {
    if account.value.addresses.first() == Some(address) {
        return;
    }
    if let Err(error) = change(state, account, |account| account.keep_address(address)).await {
        tracing::warn!(code = error.code, "an account does not remember an address");
    }
}

async fn change(state: &State, account: Versioned<Account>, change: impl Fn(&mut Account)) -> Result<(), ApiError> {
    let (accounts, mut read) = (state.store.accounts(), account);
    for _ in 0..ATTEMPTS {
        let expected = read.unchanged();
        let mut account = read.value;
        change(&mut account);
        match accounts.put(&account, expected).await {
            Ok(_) => return Ok(()),
            Err(StoreError::RevisionConflict { .. }) => read = again(state, &account.id).await?,
            Err(error) => return Err(store_error(error)),
        }
    }
    Err(ApiError::unavailable("others kept changing the account"))
}
