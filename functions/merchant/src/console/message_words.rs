//! What the console's page of messages says, in both languages.

use stoa_storage::MessageState;

pub(crate) struct MessageWords {
    pub(super) messages: &'static str,
    pub(super) none: &'static str,
    pub(super) not_configured: &'static str,
    pub(super) problem: &'static str,
    pub(super) written: &'static str,
    pub(super) about: &'static str,
    pub(super) customer: &'static str,
    pub(super) state: &'static str,
    pub(super) next: &'static str,
    pub(super) again: &'static str,
    pub(super) attempts: &'static str,
    waiting: &'static str,
    sent: &'static str,
    failed: &'static str,
    offer: &'static str,
    sign_in: &'static str,
    confirmed: &'static str,
    shipped: &'static str,
    refunded: &'static str,
}

impl MessageWords {
    pub(super) fn state(&self, state: MessageState) -> &'static str {
        match state {
            MessageState::Waiting => self.waiting,
            MessageState::Sent => self.sent,
            MessageState::Failed => self.failed,
        }
    }

    /// By its name in the API.
    pub(super) fn kind(&self, kind: &str) -> &'static str {
        match kind {
            "sign_in" => self.sign_in,
            "order_confirmed" => self.confirmed,
            "order_shipped" => self.shipped,
            "order_refunded" => self.refunded,
            _ => self.offer,
        }
    }
}

pub(super) const EN: MessageWords = MessageWords {
    messages: "Messages",
    none: "There are no messages here.",
    not_configured: "No mail server is set up: messages wait until STOA_SMTP of the CRM function names one.",
    problem: "Messages wait:",
    written: "Written",
    about: "About",
    customer: "Customer",
    state: "State",
    next: "Older",
    again: "Next try",
    attempts: "Tries:",
    waiting: "Waiting",
    sent: "Sent",
    failed: "Given up",
    offer: "Offer",
    sign_in: "Code to sign in",
    confirmed: "Order confirmed",
    shipped: "Parcel sent",
    refunded: "Money sent back",
};

pub(super) const ZH: MessageWords = MessageWords {
    messages: "消息",
    none: "这里没有消息。",
    not_configured: "尚未设置邮件服务器，消息会一直等待；请在 CRM 函数的 STOA_SMTP 中设置。",
    problem: "消息正在等待：",
    written: "写入时间",
    about: "内容",
    customer: "顾客",
    state: "状态",
    next: "更早",
    again: "下次尝试",
    attempts: "尝试次数：",
    waiting: "等待中",
    sent: "已发送",
    failed: "已放弃",
    offer: "优惠信息",
    sign_in: "登录验证码",
    confirmed: "订单确认",
    shipped: "包裹发出",
    refunded: "退款完成",
};
