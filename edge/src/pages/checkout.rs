//! The checkout: one page, one form. What was typed stays; what is wrong is listed on top and said at its field.

use super::address;
use super::cart::{applied, gift_picture, totals};
use super::layout::{Head, page};
use super::parts::{SMALL, alert, picture, placeholder};
use crate::functions::account::AccountView;
use crate::functions::{CartView, ShippingMethod};
use crate::view::View;
use maud::{Markup, html};
use stoa_domain::address::FORMS;
use stoa_domain::order::Address;

/// What the shopper typed, bounded; nothing is checked here: the checkout function has the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub email: String,
    pub name: String,
    pub phone: String,
    pub country: String,
    pub region: String,
    pub city: String,
    pub district: String,
    pub subdistrict: String,
    pub street: String,
    pub postal_code: String,
    pub shipping: String,
    pub payment: String,
    /// The shopper ticked that they want messages about offers. Nobody ticks it for them.
    pub offers: bool,
    /// Names one intent to buy: a second press is the same order.
    pub key: String,
}

const MAX_FIELD_CHARS: usize = 300;

impl Typed {
    pub fn parse(pairs: &[(String, String)]) -> Self {
        let field = |name| -> String {
            crate::http::value(pairs, name).unwrap_or_default().trim().chars().take(MAX_FIELD_CHARS).collect()
        };
        Self {
            email: field("email"),
            name: field("name"),
            phone: field("phone"),
            country: field("country"),
            region: field("region"),
            city: field("city"),
            district: field("district"),
            subdistrict: field("subdistrict"),
            street: field("street"),
            postal_code: field("postal_code"),
            shipping: field("shipping"),
            payment: field("payment"),
            offers: field("offers") == "yes",
            key: field("key"),
        }
    }

    /// What an account knows: its address, and where the last order went.
    pub fn of_account(account: &AccountView) -> Self {
        let Some(last) = account.addresses.first() else {
            return Self { email: account.email.clone(), ..Self::default() };
        };
        let Address { name, phone, country, region, city, district, subdistrict, street, postal_code } = last.clone();
        let email = account.email.clone();
        Self {
            email,
            name,
            phone,
            country,
            region,
            city,
            district,
            subdistrict,
            street,
            postal_code,
            ..Self::default()
        }
    }

    /// The one that was chosen, or that the form proposes.
    pub fn country(&self) -> &str {
        COUNTRIES.into_iter().find(|code| *code == self.country).unwrap_or(COUNTRIES[0])
    }
}

/// One field the checkout refuses. `field` is the form's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub field: String,
    pub message: String,
}

pub struct Form<'a> {
    pub cart: &'a CartView,
    pub typed: &'a Typed,
    pub wrong: &'a [Wrong],
    /// A message key for the whole order: `checkout-total-changed`.
    pub notice: Option<String>,
    /// What is not as it was shown, a sentence each.
    pub changes: Vec<String>,
}

/// Those the form offers, the one it proposes first where the shop has no home.
pub const COUNTRIES: [&str; FORMS.len()] = {
    let mut countries = [""; FORMS.len()];
    let mut at = 0;
    while at < countries.len() {
        countries[at] = FORMS[at].country;
        at += 1;
    }
    countries
};

pub fn render(view: &View<'_>, form: &Form<'_>) -> String {
    let title = view.t("checkout-title");
    let head =
        Head { title: title.clone(), noindex: true, quiet: true, here: Some("/checkout".into()), ..Head::default() };
    page(
        view,
        &head,
        html! {
            header.page-head {
                p { a.back href=(view.to("/cart")) { (view.t("back-to-cart")) } }
                h1 { (title) }
            }
            @if let Some(notice) = &form.notice { (alert(notice)) }
            @if !form.changes.is_empty() { div.alert { ul { @for change in &form.changes { li { (change) } } } } }
            (wrong_summary(view, form))
            form.checkout method="post" action=(view.to("/checkout")) {
                input type="hidden" name="key" value=(form.typed.key);
                input type="hidden" name="expected_total" value=(form.cart.total.minor);
                input type="hidden" name="quote" value=(form.cart.quote.as_deref().unwrap_or_default());
                div {
                    (contact(view, form))
                    (address::fieldset(view, form))
                    (shipping(view, form))
                    (payment(view, form))
                }
                (summary(view, form))
            }
        },
    )
}

fn wrong_summary(view: &View<'_>, form: &Form<'_>) -> Markup {
    html! {
        @if !form.wrong.is_empty() {
            div.alert role="alert" {
                p { b { (view.t_with("wrong-fields", &[("count", form.wrong.len().into())])) } }
                ul { @for wrong in form.wrong { li { a href={ "#f-" (wrong.field) } { (wrong.message) } } } }
            }
        }
    }
}

/// The browser's own hints for a field.
pub struct Hints {
    kind: &'static str,
    autocomplete: &'static str,
    required: bool,
}

pub const fn text(autocomplete: &'static str, required: bool) -> Hints {
    Hints { kind: "text", autocomplete, required }
}

pub fn field(view: &View<'_>, form: &Form<'_>, name: &str, label: &str, value: &str, hints: &Hints) -> Markup {
    let wrong = form.wrong.iter().find(|w| w.field == name);
    html! {
        div class={ "field " (name) } {
            label for={ "f-" (name) } {
                (label)
                @if !hints.required { span.soft { " " (view.t("optional")) } }
            }
            input id={ "f-" (name) } type=(hints.kind) name=(name) value=(value) autocomplete=(hints.autocomplete)
                maxlength=(MAX_FIELD_CHARS) required[hints.required] aria-invalid=[wrong.map(|_| "true")]
                aria-describedby=[wrong.map(|_| format!("w-{name}"))];
            @if let Some(wrong) = wrong { p.wrong id={ "w-" (name) } { (wrong.message) } }
        }
    }
}

fn contact(view: &View<'_>, form: &Form<'_>) -> Markup {
    let typed = form.typed;
    html! {
        fieldset {
            legend { (view.t("contact")) }
            (field(view, form, "email", &view.t("field-email"), &typed.email, &Hints { kind: "email", autocomplete: "email", required: true }))
            (field(view, form, "phone", &view.t("field-phone"), &typed.phone, &Hints { kind: "tel", autocomplete: "tel", required: true }))
            label.check {
                input type="checkbox" name="offers" value="yes" checked[typed.offers];
                span { (view.t("offers-consent")) }
            }
        }
    }
}

fn shipping(view: &View<'_>, form: &Form<'_>) -> Markup {
    let present = form.cart.shipping.as_ref().map(|s| s.method.as_str());
    let goods = form.cart.subtotal.minor.saturating_sub(form.cart.discount.minor);
    let is_free =
        |method: &ShippingMethod| method.price.is_zero() || method.free_from.is_some_and(|from| goods >= from.minor);
    html! {
        fieldset.methods data-swap="methods" {
            legend { (view.t("shipping")) }
            @if form.cart.shipping_methods.is_empty() { p.alert { (view.t("shipping-nowhere")) } }
            @for method in &form.cart.shipping_methods {
                label.choice {
                    input type="radio" name="shipping" value=(method.id) checked[present == Some(method.id.as_str())] required;
                    span { b { (method.name) } @if !method.promise.is_empty() { span.soft { (method.promise) } }
                        @if let Some(from) = method.free_from.filter(|_| !is_free(method)) {
                            span.soft { (view.t_with("free-from", &[("price", view.money(from).into())])) }
                        }
                    }
                    span.price { @if is_free(method) { (view.t("free")) } @else { (view.money(method.price)) } }
                }
            }
            @for method in &form.cart.unavailable_shipping_methods {
                p.soft { (method.name) ": " @match method.most_grams {
                    Some(grams) => (view.t_with("shipping-too-heavy", &[("kilos", kilos(grams).into())])),
                    None => (view.t("shipping-elsewhere")),
                } }
            }
            button.quiet type="submit" name="intent" value="reprice" formnovalidate data-auto-hide { (view.t("update-total")) }
        }
    }
}

/// How to pay, where there is a choice. A method that this edge has no words for is shown by its name.
fn payment(view: &View<'_>, form: &Form<'_>) -> Markup {
    let methods = &form.cart.payment_methods;
    let chosen = methods.iter().find(|method| **method == form.typed.payment).or_else(|| methods.first());
    let words = |method: &str, what: &str| view.words.find(&format!("method-{}{what}", method.replace('_', "-")), &[]);
    html! {
        @if methods.len() > 1 {
            fieldset.methods {
                legend #f-payment { (view.t("field-payment")) }
                @for method in methods {
                    label.choice {
                        input type="radio" name="payment" value=(method) checked[chosen == Some(method)] required;
                        span {
                            b { (words(method, "").unwrap_or_else(|| method.clone())) }
                            @if let Some(hint) = words(method, "-hint") { span.soft { (hint) } }
                        }
                    }
                }
            }
        }
    }
}

fn summary(view: &View<'_>, form: &Form<'_>) -> Markup {
    let cart = form.cart;
    html! {
        aside.summary aria-labelledby="summary" data-swap="summary" {
            h2 #summary { (view.t("your-order")) }
            ul.brief {
                @for line in &cart.lines {
                    li {
                        div.mat { @match &line.image {
                            Some(media) => (picture(media, "", SMALL, false)),
                            None => (placeholder(&line.handle, &line.handle, &line.title)),
                        } }
                        span { (line.title) " × " (line.quantity) @if !line.variant_title.is_empty() { span.soft { (line.variant_title) } } }
                        span.sum { (view.money(line.total)) }
                    }
                }
                @for gift in &cart.gifts {
                    li {
                        div.mat { (gift_picture(gift)) }
                        span { (gift.title) " × " (gift.quantity) span.soft { (view.t("gift")) " · " (gift.promotion_title) } }
                        span.sum { (view.t("free")) }
                    }
                }
            }
            (applied(view, &cart.codes))
            (totals(view, cart.subtotal, cart.discount, cart.shipping.as_ref(), cart.tax.as_ref(), cart.total))
            button.wide type="submit" { (view.t_with("place-order", &[("total", view.money(cart.total).into())])) }
            p.soft { (view.t("pay-next")) }
        }
    }
}

/// `20`, `0.5`: grams as kilograms.
fn kilos(grams: u32) -> String {
    let text = format!("{}.{:03}", grams / 1_000, grams % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
