//! One shopper's own pages: cart, checkout, order. The checkout function decides everything; these show and pass on.

use super::{Edge, after_the_order, broken};
use crate::functions::{Answer, ApiFailure, CartView, Change, Checkout};
use crate::http::{HTML, Kind, LOCAL_PAYING_POLICY, PAYING_POLICY, Reply, Request, value};
use crate::pages::checkout::{Form, Typed, Wrong};
use crate::pages::{address, cart, changed, checkout, errors, order, unsubscribe};
use crate::platform::Platform;
use crate::route::Route;
use crate::view::View;
use serde_json::{Value, json};
use stoa_domain::Money;
use stoa_domain::place::Destination;

const MAX_SKU_BYTES: usize = 128;
/// A signed quote of the longest cart.
const MAX_QUOTE_BYTES: usize = 65_536;
pub(super) const MAX_TOKEN_BYTES: usize = 512;
/// Most bytes of a code that is passed on: what a code may be the checkout says.
const MAX_CODE_BYTES: usize = 512;

/// A local path, or an https address of a payment provider; nothing else is ever redirected to.
pub fn safe_redirect(target: &str) -> Option<&str> {
    let local = target.starts_with('/') && !target.starts_with("//") && !target.contains('\\');
    let https = url::Url::parse(target).is_ok_and(|url| url.scheme() == "https");
    let local_http = url::Url::parse(target)
        .is_ok_and(|url| url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost")));
    (!target.chars().any(char::is_control) && (local || https || local_http)).then_some(target)
}

pub(super) fn private(body: String) -> Reply {
    Reply::new(200, Kind::Private, HTML, body)
}

impl Edge {
    pub(super) async fn shopping<P: Platform>(
        &self,
        platform: &P,
        request: &Request,
        view: &View<'_>,
        route: &Route,
    ) -> Reply {
        // Mail programs post it themselves; what allows it is the signature in the address, not a cookie.
        let signed = *route == Route::Unsubscribe;
        if request.method == "POST" && !signed && !request.is_same_origin() {
            return errors::render(view, 403, "foreign-form");
        }
        let api = Checkout::new(platform, &self.config.checkout_url, request, &view.locale);
        match route {
            Route::Cart => {
                let pairs = request.query_pairs();
                match api.cart(None, &Destination::default()).await {
                    Ok(cart) => private(cart::render(view, &cart.value, value(&pairs, "problem"))),
                    Err(failure) => failed(view, platform, &failure),
                }
            }
            Route::CartAdd | Route::CartChange | Route::CartRemove => change_cart(view, &api, request, route).await,
            Route::CartSeen => back_to_cart(view, api.seen().await, ""),
            Route::CodeAdd | Route::CodeRemove => change_codes(view, &api, request, route).await,
            Route::Checkout if request.method == "POST" => buy(platform, view, &api, request).await,
            Route::Checkout => show_checkout(platform, view, &api, request).await,
            Route::Order(id) => {
                let pairs = request.query_pairs();
                let Some(token) = value(&pairs, "token").filter(|t| t.len() <= MAX_TOKEN_BYTES) else {
                    return errors::render(view, 404, "no-order");
                };
                match api.order(id, token).await {
                    Ok(found) => {
                        let here = format!("/orders/{}?{}", crate::view::segment(id), request.query);
                        let link = order::Link { id, token, refused: value(&pairs, "refused") };
                        private(order::render(view, &found.value, here, &link))
                    }
                    Err(ApiFailure::Refused { status: 400..=404 | 410, .. }) => errors::render(view, 404, "no-order"),
                    Err(failure) => failed(view, platform, &failure),
                }
            }
            Route::Account(route) => self.account(platform, request, view, *route).await,
            Route::Unsubscribe => end_offers(platform, view, &api, request).await,
            Route::OrderReturn(id) => after_the_order::send_back(platform, view, &api, request, id).await,
            Route::OrderInvoice(id) => after_the_order::invoice(platform, view, &api, request, id).await,
            Route::OrderReview(id) => after_the_order::review(platform, view, &api, request, id).await,
            _ => errors::render(view, 404, "missing"),
        }
    }
}

/// By the link of an offer: asked for with GET, done with POST.
async fn end_offers<P: Platform>(platform: &P, view: &View<'_>, api: &Checkout<'_, P>, request: &Request) -> Reply {
    let pairs = request.query_pairs();
    let part = |name| value(&pairs, name).filter(|text| !text.is_empty() && text.len() <= MAX_TOKEN_BYTES);
    let Some((customer, token)) = part("customer").zip(part("token")) else {
        return errors::render(view, 404, "missing");
    };
    if request.method != "POST" {
        let action = format!("{}?{}", view.to("/unsubscribe"), request.query);
        return private(unsubscribe::render(view, &unsubscribe::Step::Ask { action: &action }));
    }
    match api.unsubscribe(customer, token).await {
        Ok(_) => private(unsubscribe::render(view, &unsubscribe::Step::Done)),
        Err(ApiFailure::Refused { status: 400..=404, .. }) => errors::render(view, 404, "missing"),
        Err(failure) => failed(view, platform, &failure),
    }
}

/// The functions are down: say so, and what still works.
pub(super) fn failed(view: &View<'_>, platform: &impl Platform, failure: &ApiFailure) -> Reply {
    if let ApiFailure::Refused { status, code, message, .. } = failure {
        platform.log(&format!("the checkout refused with {status} {code}: {message}"));
        return broken(view);
    }
    errors::render(view, 503, "checkout-closed").with("retry-after", "10")
}

async fn change_cart<P: Platform>(view: &View<'_>, api: &Checkout<'_, P>, request: &Request, route: &Route) -> Reply {
    let form = request.form();
    let sku = value(&form, "sku").filter(|s| !s.is_empty() && s.len() <= MAX_SKU_BYTES);
    let quantity = value(&form, "quantity").map_or(Ok(1), |q| q.trim().parse::<u32>());
    let answer: Result<Answer<Value>, ApiFailure> = match (sku, quantity) {
        (Some(sku), _) if *route == Route::CartRemove => api.remove(sku).await,
        (Some(sku), Ok(quantity)) if *route == Route::CartAdd => api.add(sku, quantity).await,
        (Some(sku), Ok(quantity)) => api.change(sku, quantity).await,
        (None, _) => return Reply::redirect(303, format!("{}?problem=unknown_sku", view.to("/cart"))),
        (_, Err(_)) => return Reply::redirect(303, format!("{}?problem=invalid_quantity", view.to("/cart"))),
    };
    back_to_cart(view, answer, "")
}

/// What came of a code stands beside it on the cart, which is shown again at the form.
async fn change_codes<P: Platform>(view: &View<'_>, api: &Checkout<'_, P>, request: &Request, route: &Route) -> Reply {
    let form = request.form();
    let code = value(&form, "code").map(str::trim).filter(|code| !code.is_empty() && code.len() <= MAX_CODE_BYTES);
    let answer = match code {
        Some(code) if *route == Route::CodeAdd => api.add_code(code).await,
        Some(code) => api.remove_code(code).await,
        None => return Reply::redirect(303, format!("{}?problem=invalid_code#codes", view.to("/cart"))),
    };
    back_to_cart(view, answer, "#codes")
}

/// The cart after a change, or with what keeps it from being made.
fn back_to_cart(view: &View<'_>, answer: Result<Answer<Value>, ApiFailure>, place: &str) -> Reply {
    match answer {
        Ok(answer) => {
            Reply { set_cookies: answer.set_cookies, ..Reply::redirect(303, format!("{}{place}", view.to("/cart"))) }
        }
        Err(ApiFailure::Refused { code, .. }) => {
            let code = cart::PROBLEMS.into_iter().find(|known| *known == code).unwrap_or("unavailable");
            Reply::redirect(303, format!("{}?problem={code}{place}", view.to("/cart")))
        }
        Err(ApiFailure::Unavailable) => errors::render(view, 503, "checkout-closed").with("retry-after", "10"),
    }
}

/// The cart with the wanted shipping, or the first method there is: the total always says what will be paid. Before a
/// country is chosen the form proposes the shop's own.
async fn priced<P: Platform>(api: &Checkout<'_, P>, typed: &mut Typed) -> Result<CartView, ApiFailure> {
    if typed.country.is_empty() {
        typed.country = api.cart(None, &Destination::default()).await?.value.country;
    }
    let to = typed.destination();
    let wanted = typed.shipping.as_str();
    let asked = (!wanted.is_empty() && wanted.len() <= 64).then_some(wanted);
    let cart = match api.cart(asked, &to).await {
        Err(ApiFailure::Refused { .. }) if asked.is_some() => api.cart(None, &to).await?.value,
        answer => answer?.value,
    };
    match cart.shipping_methods.first() {
        Some(first) if cart.shipping.is_none() && !cart.lines.is_empty() => {
            Ok(api.cart(Some(&first.id), &to).await?.value)
        }
        _ => Ok(cart),
    }
}

async fn show_checkout<P: Platform>(platform: &P, view: &View<'_>, api: &Checkout<'_, P>, request: &Request) -> Reply {
    let pairs = request.query_pairs();
    // Who is signed in finds the form filled in; it works without, too.
    let account = if api.may_be_signed_in() { api.account_in_brief().await.ok() } else { None };
    let typed = Typed {
        key: platform.random_key(),
        shipping: value(&pairs, "shipping").unwrap_or_default().to_owned(),
        ..account.map(|found| Typed::of_account(&found.value)).unwrap_or_default()
    };
    show_form(platform, view, api, typed, &[], Refusal::default()).await
}

/// Why an order was not placed, besides wrong fields.
#[derive(Default)]
struct Refusal {
    notice: Option<String>,
    changes: Vec<Change>,
}

async fn show_form<P: Platform>(
    platform: &P,
    view: &View<'_>,
    api: &Checkout<'_, P>,
    mut typed: Typed,
    wrong: &[Wrong],
    refusal: Refusal,
) -> Reply {
    match priced(api, &mut typed).await {
        Ok(cart) if cart.lines.is_empty() => Reply::redirect(303, view.to("/cart")),
        Ok(cart) => {
            let status = if wrong.is_empty() { 200 } else { 422 };
            let policy = if view.origin.starts_with("https:") { PAYING_POLICY } else { LOCAL_PAYING_POLICY };
            let changes = changed::sentences(view, &cart, &refusal.changes);
            let form = Form { cart: &cart, typed: &typed, wrong, notice: refusal.notice, changes };
            let page = checkout::render(view, &form);
            Reply { status, policy, ..private(page) }
        }
        Err(failure) => failed(view, platform, &failure),
    }
}

async fn buy<P: Platform>(platform: &P, view: &View<'_>, api: &Checkout<'_, P>, request: &Request) -> Reply {
    let form = request.form();
    let mut typed = Typed::parse(&form);
    let key_fits = (16..=255).contains(&typed.key.len()) && typed.key.bytes().all(|b| b.is_ascii_graphic());
    if !key_fits {
        typed.key = platform.random_key();
    }
    let reprice = matches!(value(&form, "intent"), Some("reprice" | "country"));
    let Some(expected) = value(&form, "expected_total").and_then(|t| t.parse().ok()).filter(|_| !reprice && key_fits)
    else {
        return show_form(platform, view, api, typed, &[], Refusal::default()).await;
    };
    let expected = Money::new(expected, view.snapshot.view.shop.currency);
    let quote = value(&form, "quote").filter(|quote| !quote.is_empty() && quote.len() <= MAX_QUOTE_BYTES);
    let body = json!({
        "email": typed.email,
        "address": typed.address(),
        "shipping_method": typed.shipping,
        "payment_method": Some(&typed.payment).filter(|method| !method.is_empty()),
        "locale": view.locale,
        "marketing_consent": typed.offers,
        "quote": quote,
        "expected_total": expected,
    });
    match api.place_order(body, &typed.key).await {
        Ok(Answer { value: placed, set_cookies }) => {
            let target = placed.payment.redirect_url.as_deref().and_then(safe_redirect);
            match target.or_else(|| safe_redirect(&placed.status_url)) {
                Some(target) => Reply { set_cookies, ..Reply::redirect(303, target) },
                None => broken(view),
            }
        }
        Err(ApiFailure::Refused { code, details, message, status }) => {
            platform.log(&format!("order refused: {status} {code}"));
            // What is sent next is another order than the one this key stood for.
            typed.key = platform.random_key();
            let country = typed.country();
            let wrong = if code == "validation_failed" { wrong_fields(view, country, &details) } else { Vec::new() };
            let notice = wrong.is_empty().then(|| refusal(view, &code, &message));
            let changes = serde_json::from_value(details["changes"].clone()).unwrap_or_default();
            let reply = show_form(platform, view, api, typed, &wrong, Refusal { notice, changes }).await;
            if reply.status == 200 { Reply { status: 409, ..reply } } else { reply }
        }
        // Nobody knows whether the order exists: the same key asks again safely.
        Err(ApiFailure::Unavailable) => errors::render(view, 503, "order-unknown").with("retry-after", "10"),
    }
}

fn refusal(view: &View<'_>, code: &str, message: &str) -> String {
    let key = format!("problem-{}", code.replace('_', "-"));
    let known = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    known.then(|| view.words.find(&key, &[("left", 0.into())])).flatten().unwrap_or_else(|| message.to_owned())
}

/// `address.postal_code` is the form's `postal_code`; the rule is said in the shopper's language where it is known.
fn wrong_fields(view: &View<'_>, country: &str, details: &Value) -> Vec<Wrong> {
    let fields = details["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    fields
        .iter()
        .take(16)
        .filter_map(|entry| {
            let field = entry["field"].as_str()?;
            let field = match field.strip_prefix("address.").unwrap_or(field) {
                "shipping_method" => "shipping",
                "payment_method" => "payment",
                other => other,
            };
            let known = field.len() <= 32 && field.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let own = || known.then(|| view.words.find(&format!("field-{}", field.replace('_', "-")), &[])).flatten();
            let label = address::label_of(view, country, field).or_else(own)?;
            let code = entry["code"].as_str().unwrap_or_default().replace('_', "-");
            let named = || [("field", label.as_str().into())];
            let message = view.words.find(&format!("wrong-{code}"), &named());
            let message = message.unwrap_or_else(|| view.t_with("wrong-other", &named()));
            Some(Wrong { field: field.to_owned(), message })
        })
        .collect()
}
