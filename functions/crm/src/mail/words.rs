//! What the shop itself writes, in the languages that it has words in. A shop language without words of its own is written to in
//! English.

use stoa_domain::Locale;

pub(crate) struct Words {
    /// Subject, and what stands in front of the code.
    pub(crate) code: (&'static str, &'static str),
    pub(crate) code_use: &'static str,
    pub(crate) confirmed: (&'static str, &'static str),
    pub(crate) shipped: (&'static str, &'static str),
    pub(crate) refunded: (&'static str, &'static str),
    pub(crate) gift: &'static str,
    pub(crate) shipping: &'static str,
    pub(crate) tax: &'static str,
    pub(crate) total: &'static str,
    pub(crate) see_order: &'static str,
    pub(crate) tracking: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) why_offer: &'static str,
    pub(crate) unsubscribe: &'static str,
}

/// `{n}` is the order's number, `{s}` the shop.
const EN: Words = Words {
    code: ("Your code for {s}", "Your code to sign in:"),
    code_use: "It is good for ten minutes and for one sign-in. If you did not ask for it, leave it: nobody gets in without it.",
    confirmed: ("Your order {n} is confirmed", "Thank you. Your order {n} is paid, and we prepare it now."),
    shipped: ("Your order {n} is on its way", "A parcel of your order {n} has left us."),
    refunded: ("We have refunded your order {n}", "We have sent back money of your order {n}."),
    gift: "a gift",
    shipping: "Shipping",
    tax: "Tax",
    total: "Total",
    see_order: "See the order",
    tracking: "Tracking number",
    amount: "Amount",
    why_offer: "You get this because you asked {s} for offers.",
    unsubscribe: "Unsubscribe",
};

const ZH: Words = Words {
    code: ("{s} 的登录验证码", "您的登录验证码："),
    code_use: "十分钟内有效，仅限使用一次。如果不是您本人操作，请忽略此邮件：没有验证码，任何人都无法登录。",
    confirmed: ("订单 {n} 已确认", "感谢您的购买。订单 {n} 已付款，我们正在备货。"),
    shipped: ("订单 {n} 已发货", "您的订单 {n} 有一个包裹已发出。"),
    refunded: ("订单 {n} 已退款", "我们已为您的订单 {n} 退款。"),
    gift: "赠品",
    shipping: "运费",
    tax: "税费",
    total: "合计",
    see_order: "查看订单",
    tracking: "运单号",
    amount: "金额",
    why_offer: "您收到此邮件，是因为您曾向 {s} 订阅优惠信息。",
    unsubscribe: "退订",
};

pub(crate) fn words(locale: &Locale) -> &'static Words {
    if locale.language() == "zh" { &ZH } else { &EN }
}

/// Fills `{n}` and `{s}`; what is filled in is not read again.
pub(crate) fn filled(text: &str, number: &str, shop: &str) -> String {
    let mut full = String::with_capacity(text.len() + shop.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        full.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{n}") {
            (full, rest) = (full + number, after);
        } else if let Some(after) = rest.strip_prefix("{s}") {
            (full, rest) = (full + shop, after);
        } else {
            (full, rest) = (full + "{", &rest[1..]);
        }
    }
    full + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        assert_eq!(filled("{s}: {n} {x} {", "S-1", "The {n} shop"), "The {n} shop: S-1 {x} {");
    }
}
