//! What of an order goes back, and the form that asks for it while there is time.

use super::Link;
use crate::functions::OrderView;
use crate::view::{View, segment};
use maud::{Markup, html};
use stoa_domain::order::{ReturnReason, ReturnWish};

pub(super) fn returns(view: &View<'_>, order: &OrderView, link: &Link<'_>) -> Markup {
    let left = order.lines.iter().any(|line| line.returnable > 0);
    let until = order.returnable_until.filter(|_| left);
    let refused = link.refused == Some("return");
    if order.returns.is_empty() && until.is_none() && !refused {
        return html! {};
    }
    html! {
        h2 #returns { (view.t("returns")) }
        @if refused { p.alert role="alert" { (view.t("return-refused")) } }
        @if !order.returns.is_empty() {
            ul.brief { @for ret in &order.returns { li {
                span {
                    @for pieces in &ret.lines {
                        @if let Some(line) = order.lines.get(pieces.line as usize) { (line.title) " × " (pieces.quantity) " " }
                    }
                    span.soft { (view.t(&format!("return-{}", ret.state))) " " (view.words.moment(ret.requested_at)) }
                }
            } } }
        }
        @if let Some(until) = until {
            details open[refused] {
                summary { (view.t("return-ask")) }
                p.soft { (view.t_with("return-until", &[("time", view.words.moment(until).into())])) }
                form method="post" action={ (view.to(&format!("/orders/{}/returns", segment(link.id)))) "?token=" (segment(link.token)) } {
                    (fields(view, order))
                    button type="submit" { (view.t("return-send")) }
                }
            }
        }
    }
}

fn fields(view: &View<'_>, order: &OrderView) -> Markup {
    html! {
        @for (position, line) in order.lines.iter().enumerate().filter(|(_, line)| line.returnable > 0) {
            div.field {
                label for={ "line-" (position) } {
                    (view.t_with("return-pieces", &[("title", line.title.as_str().into()), ("most", line.returnable.to_string().into())]))
                }
                input id={ "line-" (position) } type="number" name={ "line-" (position) } min="0" max=(line.returnable) value="0";
            }
        }
        div.field {
            label for="return-reason" { (view.t("return-why")) }
            select #return-reason name="reason" required {
                @for reason in ReturnReason::ALL {
                    option value=(reason) { (view.t(&format!("return-because-{}", reason.as_str().replace('_', "-")))) }
                }
            }
        }
        div.field {
            label for="return-wish" { (view.t("return-wish")) }
            select #return-wish name="wish" required {
                @for wish in ReturnWish::ALL { option value=(wish) { (view.t(&format!("return-wish-{wish}"))) } }
            }
        }
        div.field {
            label for="return-note" { (view.t("return-note")) }
            input #return-note type="text" name="note" maxlength="500";
        }
    }
}
