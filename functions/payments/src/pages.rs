//! Pages of ours on which a payment is made: plain, server-rendered, no script.

use crate::provider::Paying;
use axum::http::header;
use axum::response::IntoResponse;
use maud::{DOCTYPE, Markup, html};
use qrcode::{Color, EcLevel, QrCode};
use stoa_domain::Money;
use stoa_endpoint::ApiError;

/// Modules of white around a code, as ISO/IEC 18004 asks for.
const QUIET_MODULES: usize = 4;

/// The frame around every payment page.
pub(crate) fn page(paying: &Paying<'_>, lang: &str, title: &str, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · " (paying.order.number) }
                link rel="stylesheet" href="/payments/sandbox.css";
            }
            body { main { (main) } }
        }
    }
}

/// Whether the order's pages are in Chinese; all others are in English.
pub(crate) fn is_chinese(paying: &Paying<'_>) -> bool {
    paying.order.locale.language() == "zh"
}

/// A code for the provider's app. The shopper goes on by a link: what the provider says reaches the order, not this page.
pub(crate) fn scan(paying: &Paying<'_>, code: &str) -> Result<Markup, ApiError> {
    let code = QrCode::with_error_correction_level(code, EcLevel::M).map_err(ApiError::internal)?;
    let (wechat, zh) = (paying.payment.provider == "wechat", is_chinese(paying));
    let [lang, title, how, order, paid, label] = match (zh, wechat) {
        (true, true) => {
            ["zh-CN", "微信支付", "请用手机微信扫描二维码付款。", "订单号", "我已付款，查看订单", "微信支付二维码"]
        }
        (true, false) => {
            ["zh-CN", "支付宝", "请用手机支付宝扫描二维码付款。", "订单号", "我已付款，查看订单", "支付宝二维码"]
        }
        (false, true) => {
            ["en", "WeChat Pay", "Scan this code with WeChat on your phone.", "Order", "I have paid", "WeChat Pay code"]
        }
        (false, false) => {
            ["en", "Alipay", "Scan this code with Alipay on your phone.", "Order", "I have paid", "Alipay code"]
        }
    };
    Ok(page(
        paying,
        lang,
        title,
        html! {
            h1 { (title) }
            p.amount { (display(paying.payment.amount)) }
            (svg(&code, label))
            p { (how) }
            dl { dt { (order) } dd { (paying.order.number) } }
            a.later href=(paying.status_path) { (paid) }
        },
    ))
}

/// The provider cannot be reached, or cannot take this payment.
pub(crate) fn not_started(paying: &Paying<'_>) -> Markup {
    let [lang, title, what, back] = if is_chinese(paying) {
        ["zh-CN", "暂时无法支付", "支付服务暂时不可用，未产生扣款。请稍后重试。", "返回订单"]
    } else {
        let what = "The payment service is not available right now. Nothing was charged; please try again later.";
        ["en", "Payment is not possible right now", what, "Back to your order"]
    };
    let main = html! {
        h1 { (title) }
        p.amount { (display(paying.payment.amount)) }
        p role="alert" { (what) }
        a.later href=(paying.status_path) { (back) }
    };
    page(paying, lang, title, main)
}

/// Black on white whatever the page's colours are: cameras need it.
fn svg(code: &QrCode, label: &str) -> Markup {
    let width = code.width();
    let mut path = String::new();
    for (i, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (i % width + QUIET_MODULES, i / width + QUIET_MODULES);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    let side = width + 2 * QUIET_MODULES;
    html! {
        svg.code role="img" aria-label=(label) viewBox=(format!("0 0 {side} {side}")) shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

/// Pages carry no script and nothing inline; they may not be framed, and nothing stores them.
pub(crate) fn headers() -> [(header::HeaderName, &'static str); 3] {
    [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "private, no-store"),
    ]
}

/// `GET /payments/sandbox.css`.
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("sandbox/sandbox.css"))
}

/// `¥1,280.00`: grouped by thousands, the currency's own digits.
pub(crate) fn display(money: Money) -> String {
    let text = money.to_decimal();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let fraction = fraction.map(|f| format!(".{f}")).unwrap_or_default();
    format!("{sign}{}{grouped}{fraction}", money.currency.symbol())
}

#[cfg(test)]
mod tests {
    use super::*;
    use stoa_domain::Currency;

    #[test]
    fn amounts_are_grouped_in_their_currency() -> Result<(), stoa_domain::MoneyError> {
        let table = [
            ("CNY", 128_000, "¥1,280.00"),
            ("CNY", 5, "¥0.05"),
            ("JPY", 1_234_567, "¥1,234,567"),
            ("CNY", 99_999, "¥999.99"),
        ];
        for (currency, minor, expected) in table {
            assert_eq!(display(Money::new(minor, Currency::new(currency)?)), expected);
        }
        Ok(())
    }
}
