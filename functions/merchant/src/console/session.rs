//! Signing in to the console: an access token in a cookie that no script reads and no other site sends along. It ends with
//! the browser's session, with the token's time, and with `stoa token revoke`.

use super::{Language, answer, cookie};
use crate::State;
use axum::Form;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use stoa_endpoint::ApiError;
use stoa_endpoint::access::{AccessToken, Grant, Grants};

pub(super) const SIGN_IN: &str = "/admin/sign-in";
const COOKIE: &str = "stoa_console";
const START: &str = "/admin/plugins";

/// Who is signed in.
pub(crate) struct Session(pub(super) Grant);

#[derive(Deserialize)]
pub(crate) struct SignIn {
    token: String,
}

impl FromRequestParts<State> for Session {
    type Rejection = Response;
    /// Sends who is not signed in there. A form that another site's page sent is refused.
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Response> {
        if parts.method != Method::GET && !is_own(&parts.headers) {
            let rule = "this form was not sent from the console's own pages";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "foreign_form", rule).into_response());
        }
        let token = cookie(&parts.headers, COOKIE).and_then(AccessToken::parse);
        match find(state, token).await.map_err(IntoResponse::into_response)? {
            Some(grant) => Ok(Self(grant)),
            None => Err(Redirect::to(SIGN_IN).into_response()),
        }
    }
}

impl OptionalFromRequestParts<State> for Session {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Option<Self>, Response> {
        let token = cookie(&parts.headers, COOKIE).and_then(AccessToken::parse);
        Ok(find(state, token).await.map_err(IntoResponse::into_response)?.map(Self))
    }
}

async fn find(state: &State, token: Option<AccessToken>) -> Result<Option<Grant>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    Ok(state.find(&token.hash()).await?.filter(|grant| grant.expires_at > Timestamp::now()))
}

/// Browsers say where a form comes from. One that says nothing sends no cookie of `SameSite=Strict` along from elsewhere.
fn is_own(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|from| from == "same-origin" || from == "none")
}

pub(crate) async fn page(language: Language, session: Option<Session>) -> Response {
    match session {
        Some(_) => Redirect::to(START).into_response(),
        None => form(&language, StatusCode::OK, None),
    }
}

pub(crate) async fn sign_in(
    Shared(state): Shared<State>,
    language: Language,
    headers: HeaderMap,
    Form(SignIn { token }): Form<SignIn>,
) -> Response {
    let wrong = || form(&language, StatusCode::UNPROCESSABLE_ENTITY, Some(language.words.token_wrong));
    let Some(token) = AccessToken::parse(token.trim()).filter(|_| is_own(&headers)) else { return wrong() };
    match find(&state, Some(token.clone())).await {
        Ok(Some(_)) => with_cookie(Redirect::to(START), token.reveal(), "", &headers),
        Ok(None) => wrong(),
        Err(error) => super::refusal(&language, SIGN_IN, &error),
    }
}

pub(crate) async fn sign_out(headers: HeaderMap) -> Response {
    with_cookie(Redirect::to(SIGN_IN), "", "; Max-Age=0", &headers)
}

/// Only a page that itself came without TLS, on one's own machine, gets a cookie that may travel so.
fn with_cookie(to: Redirect, value: &str, ends: &str, headers: &HeaderMap) -> Response {
    let plain = headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"http://"));
    let secure = if plain { "" } else { "; Secure" };
    let cookie = format!("{COOKIE}={value}; Path=/admin; HttpOnly; SameSite=Strict{secure}{ends}");
    let mut response = to.into_response();
    response.headers_mut().extend(HeaderValue::try_from(cookie).ok().map(|value| (header::SET_COOKIE, value)));
    response
}

fn form(language: &Language, status: StatusCode, wrong: Option<&str>) -> Response {
    let words = language.words;
    let content = html! {
        h1 { (words.sign_in) }
        p.lead { (words.sign_in_lead) }
        pre tabindex="0" { code { "stoa token create --name console --scope all --expires 30d" } }
        form.stack method="post" action=(SIGN_IN) {
            label for="token" { (words.token) }
            input #token type="password" name="token" required autocomplete="current-password" spellcheck="false"
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| "wrong")];
            @if let Some(wrong) = wrong { p #wrong.fault role="alert" { (wrong) } }
            button { (words.sign_in) }
        }
    };
    answer(status, language, SIGN_IN, words.sign_in, content)
}
