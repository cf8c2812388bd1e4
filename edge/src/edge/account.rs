//! A shopper's account. The checkout function decides everything; who is not signed in is led to sign in.

use super::Edge;
use super::shopping::{failed, private};
use crate::functions::account::CodeAsked;
use crate::functions::{Answer, ApiFailure, Checkout};
use crate::http::{JSON, Kind, Reply, Request, value};
use crate::pages::account::{self, SIGN_IN, SignIn};
use crate::pages::errors;
use crate::platform::Platform;
use crate::route::AccountRoute;
use crate::view::View;
use serde_json::Value;

const MAX_EMAIL_BYTES: usize = 254;
const MAX_CODE_BYTES: usize = 64;
const MAX_ID_BYTES: usize = 64;

impl Edge {
    pub(super) async fn account<P: Platform>(
        &self,
        platform: &P,
        request: &Request,
        view: &View<'_>,
        route: AccountRoute,
    ) -> Reply {
        let api = Checkout::new(platform, &self.config.checkout_url, request, &view.locale);
        let form = request.form();
        let typed =
            |name, most| value(&form, name).map(str::trim).filter(|text| !text.is_empty() && text.len() <= most);
        let is_post = request.method == "POST";
        match route {
            AccountRoute::SignIn if is_post => {
                let email = typed("email", MAX_EMAIL_BYTES).unwrap_or_default();
                match (typed("sign_in", MAX_ID_BYTES), typed("code", MAX_CODE_BYTES)) {
                    (Some(sign_in), Some(code)) => show_code(platform, view, &api, (email, sign_in, code)).await,
                    _ => ask_code(platform, view, &api, email).await,
                }
            }
            AccountRoute::SignIn => private(account::sign_in(view, &SignIn::Address { email: "" }, None)),
            AccountRoute::Overview => match api.account().await {
                Ok(found) => private(account::account(view, &found.value)),
                Err(failure) => refused(view, platform, &failure),
            },
            AccountRoute::Offers => {
                back(view, platform, api.want_offers(typed("offers", 3) == Some("yes")).await, "/account")
            }
            AccountRoute::RemoveAddress => match typed("at", 3).and_then(|at| at.parse().ok()) {
                Some(at) => back(view, platform, api.forget_address(at).await, "/account"),
                None => Reply::redirect(303, view.to("/account")),
            },
            AccountRoute::EndSession => match typed("id", MAX_ID_BYTES) {
                Some(id) => back(view, platform, api.end_session(id).await, "/account"),
                None => Reply::redirect(303, view.to("/account")),
            },
            AccountRoute::SignOut => back(view, platform, api.end_session("current").await, "/"),
            AccountRoute::Data => match api.account_data().await {
                Ok(data) => Reply::new(200, Kind::Private, JSON, data.value.to_string())
                    .with("content-disposition", "attachment; filename=\"account.json\""),
                Err(failure) => refused(view, platform, &failure),
            },
            AccountRoute::Delete if is_post => match api.delete_account().await {
                Ok(answer) => Reply { set_cookies: answer.set_cookies, ..private(account::delete(view, true)) },
                Err(failure) => refused(view, platform, &failure),
            },
            AccountRoute::Delete if api.may_be_signed_in() => private(account::delete(view, false)),
            AccountRoute::Delete => Reply::redirect(303, view.to(SIGN_IN)),
        }
    }
}

async fn ask_code<P: Platform>(platform: &P, view: &View<'_>, api: &Checkout<'_, P>, email: &str) -> Reply {
    let again = |status, problem| {
        let page = account::sign_in(view, &SignIn::Address { email }, Some(problem));
        Reply { status, ..private(page) }
    };
    match api.ask_code(email).await {
        Ok(Answer { value: CodeAsked { sign_in }, .. }) => {
            private(account::sign_in(view, &SignIn::Code { email, sign_in: &sign_in }, None))
        }
        Err(ApiFailure::Refused { status: 429, .. }) => again(429, "sign-in-too-often"),
        Err(ApiFailure::Refused { code, .. }) if code == "no_mail_server" => again(409, "sign-in-closed"),
        Err(ApiFailure::Refused { status: 400..=422, .. }) => again(422, "sign-in-no-address"),
        Err(failure) => failed(view, platform, &failure),
    }
}

async fn show_code<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    (email, sign_in, code): (&str, &str, &str),
) -> Reply {
    match api.show_code(sign_in, code).await {
        Ok(answer) => Reply { set_cookies: answer.set_cookies, ..Reply::redirect(303, view.to("/account")) },
        Err(ApiFailure::Refused { status: 400..=422, .. }) => {
            let page = account::sign_in(view, &SignIn::Code { email, sign_in }, Some("sign-in-wrong-code"));
            Reply { status: 422, ..private(page) }
        }
        Err(failure) => failed(view, platform, &failure),
    }
}

/// The page after a change.
fn back(view: &View<'_>, platform: &impl Platform, answer: Result<Answer<Value>, ApiFailure>, to: &str) -> Reply {
    match answer {
        Ok(answer) => Reply { set_cookies: answer.set_cookies, ..Reply::redirect(303, view.to(to)) },
        // It is gone already.
        Err(ApiFailure::Refused { status: 404, .. }) => Reply::redirect(303, view.to(to)),
        Err(failure) => refused(view, platform, &failure),
    }
}

/// Who is not signed in (any more) may sign in.
fn refused(view: &View<'_>, platform: &impl Platform, failure: &ApiFailure) -> Reply {
    match failure {
        ApiFailure::Refused { status: 401, .. } => Reply::redirect(303, view.to(SIGN_IN)),
        ApiFailure::Unavailable => errors::render(view, 503, "checkout-closed").with("retry-after", "10"),
        failure => failed(view, platform, failure),
    }
}
