//! `POST /api/account/codes {email, locale}`: sends a code to an address. The answer is the same whether or not anybody has that
//! address here: it names the sign-in, which the browser gives back with the code.

use crate::add_line::shop_locale;
use crate::{State, store_error};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv6Addr};
use stoa_domain::{Locale, email};
use stoa_endpoint::{ApiError, FieldError, Json, random};
use stoa_storage::{MessageContent, OutboxMessage, SIGN_IN_TIME, SignIn, customer_key};

/// Codes to one address, and for one client, while [`WINDOW`] lasts.
const MOST_TO_AN_ADDRESS: u32 = 5;
const MOST_FOR_A_CLIENT: u32 = 20;
/// For all together whose address nobody says: they did not come through the edge.
const MOST_FOR_NOBODY: u32 = 100;
const WINDOW: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskCode {
    email: String,
    /// Of the mail.
    #[serde(default)]
    locale: Option<Locale>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Asked {
    /// To be given back with the code.
    sign_in: String,
    /// Seconds.
    expires_in: i64,
}

pub(crate) async fn ask_code(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Json(AskCode { email, locale }): Json<AskCode>,
) -> Result<Response, ApiError> {
    let address = email.trim();
    email::validate(address)
        .map_err(|fault| ApiError::validation(vec![FieldError::new(fault.field, fault.code, fault.message)]))?;
    let (customer, now, accounts) = (customer_key(address)?, Timestamp::now(), state.store.accounts());
    let (client, most) = client(&headers, &state);
    let allowed = accounts.allow(&client, most, WINDOW, now).await.map_err(store_error)?
        && accounts
            .allow(&format!("code-to-{customer}"), MOST_TO_AN_ADDRESS, WINDOW, now)
            .await
            .map_err(store_error)?;
    if !allowed {
        let rule = "too many codes were asked for; please try again in an hour";
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_codes_asked", rule));
    }
    // As far as anybody has tried: a code that cannot come is not to be waited for.
    if state.store.crm().mail_status().await.map_err(store_error)?.is_some_and(|status| !status.configured) {
        return Err(ApiError::conflict("no_mail_server", "this shop cannot send codes yet: it has no mail server"));
    }
    let expires_at = now.saturating_add(SIGN_IN_TIME).map_err(ApiError::internal)?;
    let sign_in = SignIn {
        id: random::hex::<16>()?,
        customer: customer.clone(),
        email: address.to_owned(),
        locale: shop_locale(&state, locale).await?,
        expires_at,
    };
    let content = MessageContent::SignIn { sign_in: sign_in.id.clone() };
    // Named by what nobody can tell from the sign-in's id: staff see messages.
    let id = format!("msg_{}", ulid::Ulid::generate());
    let message = OutboxMessage::new(id, customer, content, sign_in.locale.clone(), now);
    let message = OutboxMessage { useless_at: Some(expires_at), ..message };
    accounts.begin(&sign_in, &message).await.map_err(store_error)?;
    let asked = Asked { sign_in: sign_in.id, expires_in: SIGN_IN_TIME.as_secs() };
    Ok((StatusCode::ACCEPTED, Json(asked)).into_response())
}

/// Whom the edge names, under a name that says nothing of them.
fn client(headers: &HeaderMap, state: &State) -> (String, u32) {
    let address = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = address.and_then(|all| all.split(',').next()).and_then(|one| one.trim().parse::<IpAddr>().ok());
    match first.map(network) {
        Some(network) => (format!("codes-{}", state.config.link_key.pseudonym("client", &network)), MOST_FOR_A_CLIENT),
        None => ("codes-nobody".to_owned(), MOST_FOR_NOBODY),
    }
}

/// One subscriber has a whole /64 of the sixth version's addresses.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits((six.to_bits() >> 64) << 64).to_string(),
        four => four.to_string(),
    }
}
