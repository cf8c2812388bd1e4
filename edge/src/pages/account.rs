//! A shopper's account: signing in with a code, and what they find and decide there. Every form works without a script.

use super::layout::{Head, page};
use super::order::{country, state_name};
use super::parts::alert;
use crate::functions::account::{AccountView, OrderSummary, Session};
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::order::Address;

/// What the sign-in page asks for.
pub enum SignIn<'a> {
    Address {
        email: &'a str,
    },
    /// The code that was sent to this address.
    Code {
        email: &'a str,
        sign_in: &'a str,
    },
}

pub const SIGN_IN: &str = "/account/sign-in";

/// `problem`: the key of what was wrong with what was sent before.
pub fn sign_in(view: &View<'_>, step: &SignIn<'_>, problem: Option<&str>) -> String {
    let title = view.t("sign-in");
    let head = Head { title: title.clone(), noindex: true, here: Some(SIGN_IN.into()), ..Head::default() };
    page(
        view,
        &head,
        html! {
            article.content {
                h1 { (title) }
                @if let Some(problem) = problem { (alert(&view.t(problem))) }
                form.prose method="post" action=(view.to(SIGN_IN)) {
                    @match step {
                        SignIn::Address { email } => {
                            p { (view.t("sign-in-how")) }
                            div.field {
                                label for="f-email" { (view.t("field-email")) }
                                input #f-email type="email" name="email" value=(email) autocomplete="email" maxlength="254" required;
                            }
                            button type="submit" { (view.t("sign-in-send")) }
                        }
                        SignIn::Code { email, sign_in } => {
                            p { (view.t_with("sign-in-sent", &[("email", (*email).into())])) }
                            input type="hidden" name="email" value=(email);
                            input type="hidden" name="sign_in" value=(sign_in);
                            div.field {
                                label for="f-code" { (view.t("sign-in-code")) }
                                input #f-code type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" required autofocus;
                            }
                            button type="submit" { (view.t("sign-in")) }
                            p.soft { (view.t("sign-in-again")) " " a href=(view.to(SIGN_IN)) { (view.t("sign-in-other")) } }
                        }
                    }
                }
            }
        },
    )
}

pub fn account(view: &View<'_>, account: &AccountView) -> String {
    let title = view.t("account");
    let head = Head { title: title.clone(), noindex: true, here: Some("/account".into()), ..Head::default() };
    page(
        view,
        &head,
        html! {
            article.order {
                header.page-head {
                    h1 { (title) }
                    p { (account.email) }
                    form method="post" action=(view.to("/account/sign-out")) { button.quiet { (view.t("sign-out")) } }
                }
                div.cart {
                    div {
                        h2 { (view.t("account-orders")) }
                        (orders(view, &account.orders))
                    }
                    aside.summary {
                        (offers(view, account.offers))
                        (addresses(view, &account.addresses))
                        (sessions(view, &account.sessions))
                        (data(view))
                    }
                }
            }
        },
    )
}

fn orders(view: &View<'_>, orders: &[OrderSummary]) -> Markup {
    html! {
        @if orders.is_empty() {
            p { (view.t("account-no-orders")) }
            p { a href=(view.to("/collections")) { (view.t("all-collections")) } }
        } @else {
            ul.brief {
                @for order in orders {
                    li {
                        span {
                            @if let Some(url) = crate::edge::safe_redirect(&order.url) { a href=(url) { (order.number) } } @else { (order.number) }
                            span.soft { (view.words.moment(order.placed_at)) " · " (view.t_with("account-pieces", &[("count", order.pieces.into())])) }
                            span.soft { (view.t(&format!("state-{}", state_name(order.state)))) }
                        }
                        span.sum { (view.money(order.total)) }
                    }
                }
            }
        }
    }
}

fn offers(view: &View<'_>, offers: bool) -> Markup {
    let (says, does, next) =
        if offers { ("offers-on", "offers-stop", "no") } else { ("offers-off", "offers-start", "yes") };
    html! {
        h2 { (view.t("account-offers")) }
        form method="post" action=(view.to("/account/offers")) {
            p { (view.t(says)) }
            button.quiet name="offers" value=(next) { (view.t(does)) }
        }
    }
}

fn addresses(view: &View<'_>, addresses: &[Address]) -> Markup {
    html! {
        @if !addresses.is_empty() {
            h2 { (view.t("account-addresses")) }
            ul.brief {
                @for (at, address) in addresses.iter().enumerate() {
                    li {
                        span {
                            (address.name)
                            span.soft {
                                (address.street) " "
                                @for part in [&address.subdistrict, &address.district, &address.city, &address.region] { @if !part.is_empty() { (part) " " } }
                                (address.postal_code) " " (country(view, &address.country))
                            }
                        }
                        form.sum method="post" action=(view.to("/account/addresses/remove")) {
                            button.quiet name="at" value=(at) aria-label={ (view.t("account-remove")) " " (address.name) ", " (address.street) } { (view.t("account-remove")) }
                        }
                    }
                }
            }
        }
    }
}

fn sessions(view: &View<'_>, sessions: &[Session]) -> Markup {
    html! {
        h2 { (view.t("account-sessions")) }
        ul.brief {
            @for session in sessions {
                li {
                    span {
                        @if session.current { b { (view.t("account-this-device")) } }
                        @else if session.browser.is_empty() { (view.t("account-device")) }
                        @else { (session.browser) }
                        span.soft { (view.words.moment(session.seen_at)) }
                    }
                    @if !session.current {
                        form.sum method="post" action=(view.to("/account/sessions/end")) {
                            button.quiet name="id" value=(session.id) { (view.t("sign-out")) }
                        }
                    }
                }
            }
        }
    }
}

fn data(view: &View<'_>) -> Markup {
    html! {
        h2 { (view.t("account-data")) }
        p { a href=(view.to("/account/data")) download="account.json" { (view.t("account-download")) } }
        p { a href=(view.to("/account/delete")) { (view.t("account-delete")) } }
    }
}

/// Asked for once more: it cannot be taken back.
pub fn delete(view: &View<'_>, done: bool) -> String {
    let title = view.t("account-delete");
    let head = Head { title: title.clone(), noindex: true, here: Some("/account".into()), ..Head::default() };
    page(
        view,
        &head,
        html! {
            article.content {
                h1 { (title) }
                @if done {
                    p { (view.t("account-deleted")) }
                    p { a href=(view.to("/")) { (view.t("home")) } }
                } @else {
                    form.prose method="post" action=(view.to("/account/delete")) {
                        p { (view.t("account-delete-what")) }
                        p { (view.t("account-delete-keeps")) }
                        button type="submit" { (view.t("account-delete")) }
                    }
                    p { a href=(view.to("/account")) { (view.t("account-back")) } }
                }
            }
        },
    )
}
