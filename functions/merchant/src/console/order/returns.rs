//! The returns of an order, each with what may be done about it next.

use super::super::form::Fields;
use super::super::moment;
use super::super::order_words::OrderWords;
use super::{Shown, form, text};
use crate::orders::new_refund_id;
use maud::{Markup, html};
use stoa_domain::order::{Inspection, InspectionResult, Return, ReturnState, ReturnStep, ReturnWish};
use stoa_endpoint::ApiError;

/// The step that a form asks for.
pub(super) fn step(fields: &Fields) -> Result<ReturnStep, ApiError> {
    Ok(match text(fields, "step") {
        "approve" => ReturnStep::Approve,
        "decline" => ReturnStep::Decline,
        "receive" => ReturnStep::Receive,
        "inspect" => {
            let result = InspectionResult::ALL.iter().find(|known| known.as_str() == text(fields, "result"));
            let missing = || ApiError::bad_request("result_missing", "an inspection has a result");
            let note = text(fields, "reason").to_owned();
            ReturnStep::Inspect(Inspection { result: *result.ok_or_else(missing)?, note })
        }
        "refund" => ReturnStep::Refund(new_refund_id()?),
        "replace" => ReturnStep::Replace {
            carrier: text(fields, "carrier").to_owned(),
            tracking_number: text(fields, "tracking_number").to_owned(),
        },
        _ => return Err(ApiError::bad_request("unknown_action", "the form asks for nothing that is known here")),
    })
}

pub(super) fn list(words: &OrderWords, here: &str, shown: &Shown) -> Markup {
    let order = &shown.read.value;
    html! {
        ul.rows { @for ret in &order.returns { li { div.row {
            strong { (words.return_event) " " (ret.number) } " "
            span.pill { (words.return_state(ret.state)) } " "
            (words.reason(ret.reason)) ", " (words.wish(ret.wish)) " "
            p.help {
                @for pieces in &ret.lines {
                    @if let Some(line) = order.lines.get(pieces.line as usize) { (line.title) " × " (pieces.quantity) ". " }
                }
                (moment(ret.requested_at)) " " (ret.note)
            }
            @if let Some(seen) = &ret.inspection { p.help { (words.found) ": " (words.result(seen.result)) " " (seen.note) } }
            (next(words, here, shown, ret))
        } } } }
    }
}

fn next(words: &OrderWords, here: &str, shown: &Shown, ret: &Return) -> Markup {
    let step = |name: &str, label: &str, more: Markup| {
        form(
            here,
            shown.read.revision,
            "inline",
            html! {
                input type="hidden" name="return" value=(ret.number);
                input type="hidden" name="step" value=(name);
                (more)
                button.quiet name="do" value="return" { (label) }
            },
        )
    };
    let note =
        || html! { input type="text" name="reason" maxlength="500" aria-label=(words.note) placeholder=(words.note); };
    let refund = || step("refund", words.give_back, html! {});
    let replace = || {
        step(
            "replace",
            words.replace,
            html! {
                input type="text" name="carrier" maxlength="60" aria-label=(words.carrier) placeholder=(words.carrier);
                input type="text" name="tracking_number" maxlength="40" aria-label=(words.tracking_number) placeholder=(words.tracking_number);
            },
        )
    };
    match ret.state {
        ReturnState::Requested => {
            html! { (step("approve", words.approve, html! {})) (step("decline", words.decline, note())) }
        }
        ReturnState::Approved => {
            html! { (step("receive", words.receive, html! {})) (step("decline", words.decline, note())) }
        }
        ReturnState::Received => step(
            "inspect",
            words.inspect,
            html! {
                select name="result" aria-label=(words.found) {
                    @for result in InspectionResult::ALL { option value=(result) { (words.result(*result)) } }
                }
                (note())
            },
        ),
        // What the shopper wishes comes first.
        ReturnState::Inspected => html! {
            @if ret.wish == ReturnWish::Refund { (refund()) (replace()) } @else { (replace()) (refund()) }
            (step("decline", words.decline, note()))
        },
        ReturnState::Refunded | ReturnState::Replaced | ReturnState::Declined => html! {},
    }
}
