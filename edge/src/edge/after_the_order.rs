//! What a buyer does on the order's page: sends something back, asks for an invoice, reviews what arrived. Each form is one
//! call of the checkout function; then the page is shown again.

use super::shopping::{MAX_TOKEN_BYTES, failed};
use crate::functions::{ApiFailure, Checkout};
use crate::http::{Reply, Request, value};
use crate::pages::errors;
use crate::platform::Platform;
use crate::view::View;
use serde_json::json;

/// What the form of the order's page asks to send back; the page is shown again.
pub(super) async fn send_back<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    request: &Request,
    id: &str,
) -> Reply {
    let (pairs, form) = (request.query_pairs(), request.form());
    let Some(token) = value(&pairs, "token").filter(|t| t.len() <= MAX_TOKEN_BYTES) else {
        return errors::render(view, 404, "no-order");
    };
    let pieces = form.iter().filter_map(|(name, typed)| {
        let line: u32 = name.strip_prefix("line-")?.parse().ok()?;
        let quantity: u32 = typed.trim().parse().ok().filter(|quantity| *quantity > 0)?;
        Some(json!({ "line": line, "quantity": quantity }))
    });
    let typed = |name: &str| value(&form, name).map(str::trim).unwrap_or_default();
    let body = json!({
        "lines": pieces.collect::<Vec<_>>(),
        "reason": typed("reason"),
        "note": typed("note"),
        "wish": typed("wish"),
    });
    let back = view.to(&format!("/orders/{}?token={}", crate::view::segment(id), crate::view::segment(token)));
    match api.request_return(id, token, body).await {
        Ok(_) => Reply::redirect(303, format!("{back}#returns")),
        Err(ApiFailure::Refused { status: 404, .. }) => errors::render(view, 404, "no-order"),
        Err(ApiFailure::Refused { code, status, .. }) => {
            platform.log(&format!("a return was refused: {status} {code}"));
            Reply::redirect(303, format!("{back}&refused=return#returns"))
        }
        Err(failure) => failed(view, platform, &failure),
    }
}

/// Whom an invoice is to be for; the page is shown again.
pub(super) async fn invoice<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    request: &Request,
    id: &str,
) -> Reply {
    let (pairs, form) = (request.query_pairs(), request.form());
    let Some(token) = value(&pairs, "token").filter(|t| t.len() <= MAX_TOKEN_BYTES) else {
        return errors::render(view, 404, "no-order");
    };
    let typed = |name: &str| value(&form, name).map(str::trim).unwrap_or_default();
    let body = json!({
        "kind": typed("kind"),
        "title": typed("title"),
        "tax_number": typed("tax_number"),
        "email": typed("email"),
    });
    let back = view.to(&format!("/orders/{}?token={}", crate::view::segment(id), crate::view::segment(token)));
    match api.ask_for_invoice(id, token, body).await {
        Ok(_) => Reply::redirect(303, format!("{back}#invoice")),
        Err(ApiFailure::Refused { status: 404, .. }) => errors::render(view, 404, "no-order"),
        Err(ApiFailure::Refused { code, status, .. }) => {
            platform.log(&format!("an invoice was refused: {status} {code}"));
            Reply::redirect(303, format!("{back}&refused=invoice#invoice"))
        }
        Err(failure) => failed(view, platform, &failure),
    }
}

/// What the form of the order's page says of something that arrived; the page is shown again.
pub(super) async fn review<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    request: &Request,
    id: &str,
) -> Reply {
    let (pairs, form) = (request.query_pairs(), request.form());
    let Some(token) = value(&pairs, "token").filter(|t| t.len() <= MAX_TOKEN_BYTES) else {
        return errors::render(view, 404, "no-order");
    };
    let typed = |name: &str| value(&form, name).map(str::trim).unwrap_or_default();
    let back = view.to(&format!("/orders/{}?token={}", crate::view::segment(id), crate::view::segment(token)));
    let Ok(line) = typed("line").parse() else {
        return Reply::redirect(303, format!("{back}&refused=review#reviews"));
    };
    let answer = if typed("intent") == "take-back" {
        api.take_back_review(id, token, line).await
    } else {
        let stars: Option<u8> = typed("stars").parse().ok();
        let body = json!({ "stars": stars, "title": typed("title"), "text": typed("text"), "name": typed("name") });
        api.review(id, token, line, body).await
    };
    match answer {
        Ok(_) => Reply::redirect(303, format!("{back}#reviews")),
        Err(ApiFailure::Refused { status: 404, .. }) => errors::render(view, 404, "no-order"),
        Err(ApiFailure::Refused { code, status, .. }) => {
            platform.log(&format!("a review was refused: {status} {code}"));
            Reply::redirect(303, format!("{back}&refused=review#reviews"))
        }
        Err(failure) => failed(view, platform, &failure),
    }
}
