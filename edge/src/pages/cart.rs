//! The cart, as the checkout prices it now.

use super::layout::{Head, icon, page};
use super::parts::{SMALL, alert, picture, placeholder, price};
use crate::functions::{CartLine, CartView, Discount, Shipping};
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::cart::MAX_QUANTITY;

/// Refusals that the cart page explains; the URL may name no others.
pub const PROBLEMS: [&str; 6] =
    ["out_of_stock", "invalid_quantity", "cart_full", "not_in_cart", "unknown_sku", "unavailable"];

pub fn render(view: &View<'_>, cart: &CartView, problem: Option<&str>) -> String {
    let title = view.t("cart");
    let head = Head { title: title.clone(), noindex: true, here: Some("/cart".into()), ..Head::default() };
    let problem = problem.and_then(|code| PROBLEMS.into_iter().find(|known| *known == code));
    page(
        view,
        &head,
        html! {
            header.page-head { h1 { (title) } }
            @if let Some(code) = problem { (alert(&view.t(&format!("problem-{}", code.replace('_', "-"))))) }
            @if cart.lines.is_empty() {
                div.empty {
                    p { (view.t("cart-empty")) }
                    p { a.button href=(view.to("/collections")) { (view.t("start-shopping")) } }
                }
            } @else {
                div.cart {
                    ul.lines { @for line in &cart.lines { (self::line(view, line)) } }
                    aside.summary aria-labelledby="summary" {
                        h2 #summary { (view.t("summary")) }
                        @for message in &cart.messages { p.message { (icon("gift")) (message) } }
                        (totals(view, cart.subtotal, cart.discount, cart.shipping.as_ref(), cart.total))
                        @if cart.shipping.is_none() { p.soft { (view.t("shipping-at-checkout")) } }
                        @if cart.lines.iter().any(|l| l.problem.is_some()) {
                            p.alert { (view.t("cart-has-problems")) }
                        }
                        p { a.button.wide href=(view.to("/checkout")) { (view.t("checkout")) } }
                        p.soft { (view.t("pay-safely")) }
                    }
                }
            }
        },
    )
}

fn line(view: &View<'_>, line: &CartLine) -> Markup {
    let most = line.available.unwrap_or(MAX_QUANTITY).clamp(1, MAX_QUANTITY);
    let link = view.to(&format!(
        "/products/{}?variant={}",
        crate::view::segment(&line.handle),
        crate::view::segment(&line.sku)
    ));
    html! {
        li {
            div.mat { @match &line.image {
                Some(media) => (picture(media, "", SMALL, false)),
                None => (placeholder(&line.handle, &line.handle, &line.title)),
            } }
            div.what {
                h2 { a href=(link) { (line.title) } }
                @if !line.variant_title.is_empty() { p.soft { (line.variant_title) } }
                p { (price(view, line.unit_price, None, line.compare_at)) }
                @if let Some(problem) = line.problem.as_deref().filter(|p| ["sold_out", "low_stock", "gone"].contains(p)) {
                    p.alert { (view.t_with(&format!("problem-{}", problem.replace('_', "-")), &[("left", most.into())])) }
                }
                (discounts(view, &line.discounts))
            }
            div.how-many {
                form method="post" action=(view.to("/cart/change")) data-auto {
                    input type="hidden" name="sku" value=(line.sku);
                    label { span.hidden { (view.t_with("quantity-of", &[("title", line.title.as_str().into())])) }
                        input type="number" name="quantity" value=(line.quantity) min="0" max=(MAX_QUANTITY) inputmode="numeric" required; }
                    button.quiet type="submit" data-auto-hide { (view.t("update")) }
                }
                form method="post" action=(view.to("/cart/remove")) {
                    input type="hidden" name="sku" value=(line.sku);
                    button.quiet type="submit" aria-label=(view.t_with("remove-title", &[("title", line.title.as_str().into())])) { (view.t("remove")) }
                }
            }
            p.sum {
                @if line.total.minor < line.subtotal.minor { del { (view.money(line.subtotal)) } " " }
                (view.money(line.total))
            }
        }
    }
}

/// Each with the promotion's own reason.
pub fn discounts(view: &View<'_>, discounts: &[Discount]) -> Markup {
    html! {
        @for discount in discounts {
            p.discount {
                (icon("tag"))
                span { b { (discount.title) } @if !discount.reason.is_empty() { " · " (discount.reason) } }
                " " span.amount { "−" (view.money(discount.amount)) }
            }
        }
    }
}

/// Subtotal, discounts, shipping, total: what a shopper adds up, adds up.
pub fn totals(
    view: &View<'_>,
    subtotal: stoa_domain::Money,
    discount: stoa_domain::Money,
    shipping: Option<&Shipping>,
    total: stoa_domain::Money,
) -> Markup {
    html! {
        dl.totals {
            div { dt { (view.t("subtotal")) } dd { (view.money(subtotal)) } }
            @if !discount.is_zero() {
                div.less { dt { (view.t("discount")) } dd { "−" (view.money(discount)) } }
            }
            @if let Some(shipping) = shipping {
                div {
                    dt { (view.t("shipping")) @if !shipping.name.is_empty() { span.soft { " · " (shipping.name) } } }
                    dd { @if shipping.total.is_zero() { (view.t("free")) } @else { (view.money(shipping.total)) } }
                }
            }
            div.total { dt { (view.t("total")) span.soft { " " (view.t("tax-included")) } } dd { (view.money(total)) } }
        }
        @if let Some(shipping) = shipping { (discounts(view, &shipping.discounts)) }
    }
}
