//! The hosted page: what is paid, for which order, and three ways on. Server-rendered, no script.

use crate::pages::{display, page};
use crate::provider::Paying;
use maud::{Markup, html};
use stoa_domain::payment::PaymentState;

/// The page's words in one language.
struct Words {
    lang: &'static str,
    title: &'static str,
    mode: &'static str,
    order: &'static str,
    merchant: &'static str,
    pay: &'static str,
    decline: &'static str,
    later: &'static str,
    back: &'static str,
    paid: &'static str,
    held: &'static str,
    declined: &'static str,
    retry: &'static str,
}

const EN: Words = Words {
    lang: "en",
    title: "Pay for your order",
    mode: "Payment sandbox: no money moves",
    order: "Order",
    merchant: "Shop",
    pay: "Pay",
    decline: "Decline",
    later: "Pay later",
    back: "Back to your order",
    paid: "This order is already paid.",
    held: "This payment is being checked by the shop.",
    declined: "The last attempt was declined. You can try again.",
    retry: "The shop could not be told about your decision. Nothing was charged; please try again.",
};

const ZH: Words = Words {
    lang: "zh-CN",
    title: "支付订单",
    mode: "支付沙盒：不会产生真实扣款",
    order: "订单号",
    merchant: "商店",
    pay: "支付",
    decline: "拒绝支付",
    later: "稍后支付",
    back: "返回订单",
    paid: "此订单已支付。",
    held: "商店正在核对这笔付款。",
    declined: "上次支付未成功，您可以重试。",
    retry: "暂时无法通知商店，未扣款，请重试。",
};

pub(super) fn render(request: &Paying<'_>) -> Markup {
    let Paying { payment, order, shop, token, status_path, failed_before, .. } = request;
    let words = if order.locale.language() == "zh" { &ZH } else { &EN };
    let payable = matches!(payment.state, PaymentState::Pending | PaymentState::Failed);
    page(
        request,
        words.lang,
        words.title,
        html! {
            p.mode { (words.mode) }
            h1 { (words.title) }
            p.amount { (display(payment.amount)) }
            @if *failed_before {
                p role="alert" { (words.retry) }
            } @else if payment.state == PaymentState::Failed {
                p role="alert" { (words.declined) }
            }
            dl {
                dt { (words.merchant) } dd { (shop.name.get(&order.locale, &shop.default_locale)) }
                dt { (words.order) } dd { (order.number) }
            }
            ul {
                @for line in &order.lines {
                    li { span { (line.title) " × " (line.quantity) } span { (display(line.total)) } }
                }
            }
            @if payable {
                form method="post" action=(format!("/payments/sandbox/{}?token={token}", payment.id)) {
                    button type="submit" name="action" value="pay" { (words.pay) " " (display(payment.amount)) }
                    button type="submit" name="action" value="decline" { (words.decline) }
                }
                a.later href=(status_path) { (words.later) }
            } @else {
                p role="status" {
                    @if payment.state == PaymentState::Succeeded { (words.paid) } @else { (words.held) }
                }
                a.later href=(status_path) { (words.back) }
            }
        },
    )
}
