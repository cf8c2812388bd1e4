//! What a buyer does on the order's page: sends something back, asks for an invoice, reviews what arrived. Each form is one
//! call of the checkout function; then the page is shown again.

use super::shopping::{MAX_TOKEN_BYTES, failed};
use crate::functions::{ApiFailure, Checkout};
use crate::http::{Reply, Request, value};
use crate::pages::errors;
use crate::platform::Platform;
use crate::view::View;
use serde_json::json;

/// A form of an order's page, by the signed link that the page was opened with.
struct Form {
    token: String,
    /// Names and what was typed.
    typed: Vec<(String, String)>,
    /// The page's address.
    back: String,
}

impl Form {
    /// None: the link is none.
    fn read(view: &View<'_>, request: &Request, id: &str) -> Option<Self> {
        let pairs = request.query_pairs();
        let token = value(&pairs, "token").filter(|t| t.len() <= MAX_TOKEN_BYTES)?.to_owned();
        let back = view.to(&format!("/orders/{}?token={}", crate::view::segment(id), crate::view::segment(&token)));
        Some(Self { token, typed: request.form(), back })
    }
    fn typed(&self, name: &str) -> &str {
        value(&self.typed, name).map(str::trim).unwrap_or_default()
    }
    /// The page again, at the part `section`, which says that `what` was refused.
    fn refused(&self, what: &str, section: &str) -> Reply {
        Reply::redirect(303, format!("{}&refused={what}#{section}", self.back))
    }
    /// What the page shows once the checkout function answered.
    fn answered<T>(
        &self,
        view: &View<'_>,
        platform: &impl Platform,
        answer: Result<T, ApiFailure>,
        what: &str,
        section: &str,
    ) -> Reply {
        match answer {
            Ok(_) => Reply::redirect(303, format!("{}#{section}", self.back)),
            Err(ApiFailure::Refused { status: 404, .. }) => no_order(view),
            Err(ApiFailure::Refused { code, status, .. }) => {
                platform.log(&format!("{what} refused: {status} {code}"));
                self.refused(what, section)
            }
            Err(failure) => failed(view, platform, &failure),
        }
    }
}

fn no_order(view: &View<'_>) -> Reply {
    errors::render(view, 404, "no-order")
}

/// What the form of the order's page asks to send back.
pub(super) async fn send_back<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    request: &Request,
    id: &str,
) -> Reply {
    let Some(form) = Form::read(view, request, id) else { return no_order(view) };
    let pieces = form.typed.iter().filter_map(|(name, typed)| {
        let line: u32 = name.strip_prefix("line-")?.parse().ok()?;
        let quantity: u32 = typed.trim().parse().ok().filter(|quantity| *quantity > 0)?;
        Some(json!({ "line": line, "quantity": quantity }))
    });
    let body = json!({
        "lines": pieces.collect::<Vec<_>>(),
        "reason": form.typed("reason"),
        "note": form.typed("note"),
        "wish": form.typed("wish"),
    });
    let answer = api.request_return(id, &form.token, body).await;
    form.answered(view, platform, answer, "return", "returns")
}

/// Whom an invoice is to be for.
pub(super) async fn invoice<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    request: &Request,
    id: &str,
) -> Reply {
    let Some(form) = Form::read(view, request, id) else { return no_order(view) };
    let body = json!({
        "kind": form.typed("kind"),
        "title": form.typed("title"),
        "tax_number": form.typed("tax_number"),
        "email": form.typed("email"),
    });
    let answer = api.ask_for_invoice(id, &form.token, body).await;
    form.answered(view, platform, answer, "invoice", "invoice")
}

/// What the form of the order's page says of something that arrived.
pub(super) async fn review<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    request: &Request,
    id: &str,
) -> Reply {
    let Some(form) = Form::read(view, request, id) else { return no_order(view) };
    let Ok(line) = form.typed("line").parse() else { return form.refused("review", "reviews") };
    let answer = if form.typed("intent") == "take-back" {
        api.take_back_review(id, &form.token, line).await
    } else {
        let stars: Option<u8> = form.typed("stars").parse().ok();
        let typed = |name| form.typed(name);
        let body = json!({ "stars": stars, "title": typed("title"), "text": typed("text"), "name": typed("name") });
        api.review(id, &form.token, line, body).await
    };
    form.answered(view, platform, answer, "review", "reviews")
}
