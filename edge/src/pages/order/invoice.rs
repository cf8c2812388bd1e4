//! The invoice that a buyer asks for, and what became of it.

use super::Link;
use crate::functions::OrderView;
use crate::view::{View, segment};
use maud::{Markup, html};
use stoa_domain::order::{InvoiceKind, InvoiceRequest};

pub(super) fn invoice(view: &View<'_>, order: &OrderView, link: &Link<'_>) -> Markup {
    let refused = link.refused == Some("invoice");
    html! {
        @if order.invoice.is_some() || order.invoice_open {
            h2 #invoice { (view.t("invoice")) }
            @if refused { p.alert role="alert" { (view.t("invoice-refused")) } }
            @if let Some(invoice) = &order.invoice {
                p {
                    b { bdi { (invoice.asked.title) } }
                    @if !invoice.asked.tax_number.is_empty() { " " code { (invoice.asked.tax_number) } }
                }
                p.soft {
                    (view.t(&format!("invoice-{}", invoice.state.as_str().replace('_', "-"))))
                    @if let Some(number) = &invoice.number { " " code { (number) } }
                    @if let Some(link) = invoice.link.as_deref().and_then(crate::edge::safe_redirect) {
                        " " a href=(link) rel="noreferrer" { (view.t("invoice-open")) }
                    }
                }
            }
            @if order.invoice_open {
                @let asked = order.invoice.as_ref().map(|invoice| &invoice.asked);
                details open[refused] {
                    summary { (view.t(if asked.is_some() { "invoice-change" } else { "invoice-ask" })) }
                    form method="post" action={ (view.to(&format!("/orders/{}/invoice", segment(link.id)))) "?token=" (segment(link.token)) } {
                        (fields(view, order, asked))
                        button type="submit" { (view.t("invoice-send")) }
                    }
                }
            }
        }
    }
}

fn fields(view: &View<'_>, order: &OrderView, asked: Option<&InvoiceRequest>) -> Markup {
    let was = |read: fn(&InvoiceRequest) -> &str| asked.map(read).unwrap_or_default();
    let company = asked.is_some_and(|asked| asked.kind == InvoiceKind::Company);
    let email = asked.map_or(order.email.as_str(), |asked| &asked.email);
    html! {
        div.field {
            label for="invoice-kind" { (view.t("invoice-kind")) }
            select #invoice-kind name="kind" required {
                option value="personal" { (view.t("invoice-personal")) }
                option value="company" selected[company] { (view.t("invoice-company")) }
            }
        }
        div.field {
            label for="invoice-title" { (view.t("invoice-title")) }
            input #invoice-title type="text" name="title" required maxlength="100" autocomplete="organization" value=(was(|asked| &asked.title));
        }
        div.field {
            label for="invoice-tax-number" { (view.t("invoice-tax-number")) }
            input #invoice-tax-number type="text" name="tax_number" maxlength="30" value=(was(|asked| &asked.tax_number));
        }
        div.field {
            label for="invoice-email" { (view.t("invoice-email")) }
            input #invoice-email type="email" name="email" required maxlength="254" autocomplete="email" value=(email);
        }
    }
}
