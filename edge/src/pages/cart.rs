//! The cart, as the checkout prices it now.

use super::layout::{Head, icon, page};
use super::parts::{SMALL, alert, picture, placeholder, price};
use crate::functions::{CartLine, CartView, Code, Discount, Gift, Shipping, Tax, WhyNot};
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::cart::MAX_QUANTITY;

/// Refusals that the cart page explains; the URL may name no others.
pub const PROBLEMS: [&str; 9] = [
    "out_of_stock",
    "invalid_quantity",
    "cart_full",
    "not_in_cart",
    "unknown_sku",
    "invalid_code",
    "too_many_codes",
    "no_such_code",
    "unavailable",
];
/// Most characters of a code, as the field takes them.
const MAX_CODE_CHARS: usize = stoa_domain::promotion::MAX_CODE_CHARS;

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
                @if cart.lines.iter().any(|line| line.price_before.is_some()) {
                    form.alert method="post" action=(view.to("/cart/seen")) {
                        p { (view.t("prices-changed")) }
                        button.quiet type="submit" { (view.t("prices-seen")) }
                    }
                }
                div.cart {
                    ul.lines {
                        @for line in &cart.lines { (self::line(view, line)) }
                        @for gift in &cart.gifts { (self::gift(view, gift)) }
                    }
                    aside.summary aria-labelledby="summary" {
                        h2 #summary { (view.t("summary")) }
                        @for message in &cart.messages { p.message { (icon("gift")) (message) } }
                        (codes(view, &cart.codes))
                        (totals(view, cart.subtotal, cart.discount, cart.shipping.as_ref(), cart.tax.as_ref(), cart.total))
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
                @if let Some(before) = line.price_before { p.wrong { (view.t_with("price-changed", &[("before", view.money(before).into())])) } }
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

/// A line that costs nothing, and says whose gift it is.
fn gift(view: &View<'_>, gift: &Gift) -> Markup {
    html! {
        li.gift {
            div.mat { (gift_picture(gift)) }
            div.what {
                h2 { @if gift.handle.is_empty() { (gift.title) } @else { a href=(view.to_product(&gift.handle)) { (gift.title) } } }
                @if !gift.variant_title.is_empty() { p.soft { (gift.variant_title) } }
                p.discount {
                    (icon("gift"))
                    span { b { (gift.promotion_title) }
                        @if !gift.reason.is_empty() && gift.reason != gift.promotion_title { " · " (gift.reason) } }
                }
            }
            p.how-many { (view.t("gift")) " × " (gift.quantity) }
            p.sum { @if !gift.value.is_zero() { del { (view.money(gift.value)) } " " } (view.t("free")) }
        }
    }
}

pub fn gift_picture(gift: &Gift) -> Markup {
    match &gift.image {
        Some(media) => picture(media, "", SMALL, false),
        None => placeholder(&gift.handle, &gift.handle, &gift.title),
    }
}

/// The form for a code, and every code that was typed: what it brings, or why it does not.
fn codes(view: &View<'_>, codes: &[Code]) -> Markup {
    html! {
        section.codes #codes aria-label=(view.t("code")) {
            @if !codes.is_empty() {
                ul { @for code in codes { li class=[code.why_not.as_ref().map(|_| "not")] {
                    form method="post" action=(view.to("/cart/codes/remove")) {
                        input type="hidden" name="code" value=(code.code);
                        (icon("tag")) b { (code.code) }
                        button.quiet type="submit" aria-label=(view.t_with("code-remove", &[("code", code.code.as_str().into())])) { "×" }
                    }
                    @match &code.why_not {
                        Some(why) => p.why role="status" { (why_not(view, why)) },
                        None => p.soft role="status" { @if code.title.is_empty() { (view.t("code-applied")) } @else { (code.title) } },
                    }
                } } }
            }
            form.code method="post" action=(view.to("/cart/codes/add")) {
                label for="code" { (view.t("code-label")) }
                div {
                    input #code type="text" name="code" maxlength=(MAX_CODE_CHARS) autocomplete="off" autocapitalize="characters" spellcheck="false" required;
                    button.quiet type="submit" { (view.t("code-apply")) }
                }
            }
        }
    }
}

/// The codes that count, where they cannot be changed.
pub fn applied(view: &View<'_>, codes: &[Code]) -> Markup {
    html! {
        @for code in codes.iter().filter(|code| code.why_not.is_none()) {
            p.discount { (icon("tag")) span { b { (code.code) } @if !code.title.is_empty() { " · " (code.title) } } }
        }
        @for code in codes {
            @if let Some(why) = &code.why_not { p.discount.not { (icon("tag")) span { b { (code.code) } " · " (why_not(view, why)) } } }
        }
    }
}

/// In the shopper's language: with what is missing where that is known, else in a plugin's words, else the bare reason.
pub fn why_not(view: &View<'_>, why: &WhyNot) -> String {
    if let Some(said) = why.said.as_deref().filter(|said| !said.is_empty()) {
        return said.to_owned();
    }
    let key = why.text_key.replace(['.', '_'], "-");
    let missing = match (&why.missing_amount, why.missing_quantity) {
        (Some(amount), _) => view.words.find(&format!("{key}-by"), &[("missing", view.money(*amount).into())]),
        (None, Some(count)) => view.words.find(&format!("{key}-by"), &[("missing", count.into())]),
        (None, None) => None,
    };
    missing.or_else(|| view.words.find(&key, &[])).unwrap_or_else(|| view.t("promotion-conditions-not-met"))
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

/// Subtotal, discounts, shipping, taxes, total: what a shopper adds up, adds up. Taxes that are in the prices stand below
/// the total they are part of.
pub fn totals(
    view: &View<'_>,
    subtotal: stoa_domain::Money,
    discount: stoa_domain::Money,
    shipping: Option<&Shipping>,
    tax: Option<&Tax>,
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
            @if let Some(tax) = tax.filter(|tax| !tax.included) { (taxes(view, tax, "tax-added")) }
            div.total {
                dt { (view.t("total")) @if tax.is_none_or(|tax| tax.included && !tax.rows.is_empty()) { span.soft { " " (view.t("tax-included")) } } }
                dd { (view.money(total)) }
            }
            @if let Some(tax) = tax.filter(|tax| tax.included) { (taxes(view, tax, "tax-contained")) }
        }
        @if tax.is_some_and(|tax| tax.estimated) { p.soft { (view.t("tax-estimated")) } }
        @if let Some(shipping) = shipping { (discounts(view, &shipping.discounts)) }
    }
}

/// One row a tax, by its name and rate.
fn taxes(view: &View<'_>, tax: &Tax, key: &str) -> Markup {
    html! {
        @for row in &tax.rows {
            div.soft {
                dt { (view.t_with(key, &[("name", row.name.as_str().into()), ("rate", percent(row.millionths).into())])) }
                dd { (view.money(row.tax)) }
            }
        }
    }
}

/// `13`, `8.875`, `0.5`: millionths as a percentage.
fn percent(millionths: u32) -> String {
    let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn rates_are_written_without_idle_digits() {
        for (millionths, text) in
            [(130_000, "13"), (88_750, "8.875"), (5_000, "0.5"), (0, "0"), (10_000_000, "1000"), (1, "0.0001")]
        {
            assert_eq!(super::percent(millionths), text);
        }
    }
}
