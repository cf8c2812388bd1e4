//! What the console's pages of orders say, in both languages.

use stoa_domain::order::{
    Happened, InspectionResult, InvoiceKind, InvoiceState, OrderState, RefundState, RefundStatus, ReturnReason,
    ReturnState, ReturnWish, TrackingState,
};

pub(super) struct OrderWords {
    pub(super) orders: &'static str,
    pub(super) all: &'static str,
    pub(super) none: &'static str,
    pub(super) none_yet: &'static str,
    pub(super) search: &'static str,
    pub(super) search_label: &'static str,
    pub(super) not_found: &'static str,
    pub(super) order: &'static str,
    pub(super) placed: &'static str,
    pub(super) total: &'static str,
    pub(super) state: &'static str,
    pub(super) next: &'static str,
    pub(super) bought: &'static str,
    pub(super) pieces: &'static str,
    pub(super) price: &'static str,
    pub(super) amount: &'static str,
    pub(super) gift: &'static str,
    pub(super) to_ship: &'static str,
    pub(super) subtotal: &'static str,
    pub(super) discount: &'static str,
    pub(super) shipping: &'static str,
    pub(super) tax: &'static str,
    pub(super) given_back: &'static str,
    pub(super) customer: &'static str,
    pub(super) payment: &'static str,
    pub(super) payment_states: [&'static str; 4],
    pub(super) reference: &'static str,
    pub(super) parcels: &'static str,
    pub(super) parcel: &'static str,
    pub(super) arrived: &'static str,
    pub(super) track: &'static str,
    pub(super) ship: &'static str,
    pub(super) ship_lead: &'static str,
    pub(super) carrier: &'static str,
    pub(super) tracking_number: &'static str,
    pub(super) next_step: &'static str,
    pub(super) deliver: &'static str,
    pub(super) complete: &'static str,
    pub(super) cancel: &'static str,
    pub(super) cancel_paid: &'static str,
    pub(super) refunds: &'static str,
    pub(super) refund: &'static str,
    pub(super) refund_lead: &'static str,
    pub(super) everything: &'static str,
    pub(super) goodwill: &'static str,
    pub(super) at_most: &'static str,
    pub(super) restock: &'static str,
    pub(super) reason: &'static str,
    pub(super) preview: &'static str,
    pub(super) will_go_back: &'static str,
    pub(super) confirm: &'static str,
    pub(super) retry: &'static str,
    pub(super) by_hand: &'static str,
    pub(super) by_hand_label: &'static str,
    pub(super) failed_lead: &'static str,
    pub(super) transfer_lead: &'static str,
    pub(super) returns: &'static str,
    pub(super) wishes: [&'static str; 2],
    pub(super) approve: &'static str,
    pub(super) decline: &'static str,
    pub(super) receive: &'static str,
    pub(super) inspect: &'static str,
    pub(super) give_back: &'static str,
    pub(super) replace: &'static str,
    pub(super) found: &'static str,
    pub(super) note: &'static str,
    pub(super) replaces: &'static str,
    pub(super) return_days: &'static str,
    pub(super) save: &'static str,
    pub(super) timeline: &'static str,
    pub(super) changed_meanwhile: &'static str,
    pub(super) back: &'static str,
    states: [&'static str; 9],
    refund_states: [&'static str; 3],
    statuses: [&'static str; 4],
    events: [&'static str; 6],
    pub(super) return_event: &'static str,
    return_states: [&'static str; 7],
    reasons: [&'static str; 6],
    results: [&'static str; 4],
    parcel_states: [&'static str; 7],
    pub(super) invoice: &'static str,
    pub(super) invoice_number: &'static str,
    pub(super) invoice_link: &'static str,
    pub(super) invoice_issue: &'static str,
    invoice_states: [&'static str; 3],
    invoice_kinds: [&'static str; 2],
}

impl OrderWords {
    pub(super) fn state(&self, state: OrderState) -> &'static str {
        let position = OrderState::ALL.iter().position(|known| *known == state);
        position.map_or("", |position| self.states[position])
    }

    pub(super) fn refund_state(&self, state: RefundState) -> &'static str {
        let [pending, succeeded, failed] = self.refund_states;
        match state {
            RefundState::Pending => pending,
            RefundState::Succeeded => succeeded,
            RefundState::Failed => failed,
        }
    }

    /// None: nothing is given back.
    pub(super) fn status(&self, status: RefundStatus) -> Option<&'static str> {
        let [pending, partly, whole, failed] = self.statuses;
        match status {
            RefundStatus::None => None,
            RefundStatus::RefundPending => Some(pending),
            RefundStatus::PartlyRefunded => Some(partly),
            RefundStatus::Refunded => Some(whole),
            RefundStatus::RefundFailed => Some(failed),
        }
    }

    pub(super) fn return_state(&self, state: ReturnState) -> &'static str {
        let position = ReturnState::ALL.iter().position(|known| *known == state);
        position.map_or("", |position| self.return_states[position])
    }

    pub(super) fn reason(&self, reason: ReturnReason) -> &'static str {
        let position = ReturnReason::ALL.iter().position(|known| *known == reason);
        position.map_or("", |position| self.reasons[position])
    }

    pub(super) fn result(&self, result: InspectionResult) -> &'static str {
        let position = InspectionResult::ALL.iter().position(|known| *known == result);
        position.map_or("", |position| self.results[position])
    }

    pub(super) fn parcel_state(&self, state: TrackingState) -> &'static str {
        let position = TrackingState::ALL.iter().position(|known| *known == state);
        position.map_or("", |position| self.parcel_states[position])
    }

    pub(super) fn invoice_state(&self, state: InvoiceState) -> &'static str {
        let [requested, issued, wrong] = self.invoice_states;
        match state {
            InvoiceState::Requested => requested,
            InvoiceState::Issued => issued,
            InvoiceState::ToBeCorrected => wrong,
        }
    }

    pub(super) fn invoice_kind(&self, kind: InvoiceKind) -> &'static str {
        let [personal, company] = self.invoice_kinds;
        match kind {
            InvoiceKind::Personal => personal,
            InvoiceKind::Company => company,
        }
    }

    pub(super) fn wish(&self, wish: ReturnWish) -> &'static str {
        let [refund, replacement] = self.wishes;
        match wish {
            ReturnWish::Refund => refund,
            ReturnWish::Replacement => replacement,
        }
    }

    /// None: the event is the order's new state.
    pub(super) fn event(&self, what: &Happened) -> Option<&'static str> {
        let [sent, arrived, asked, succeeded, failed, retried] = self.events;
        match what {
            Happened::State => None,
            Happened::ShipmentSent { .. } => Some(sent),
            Happened::ShipmentDelivered { .. } => Some(arrived),
            Happened::RefundRequested { .. } => Some(asked),
            Happened::RefundSucceeded { .. } => Some(succeeded),
            Happened::RefundFailed { .. } => Some(failed),
            Happened::RefundRetried { .. } => Some(retried),
            Happened::Return { .. } => Some(self.return_event),
            Happened::Invoice { .. } => Some(self.invoice),
        }
    }
}

pub(super) static EN: OrderWords = OrderWords {
    orders: "Orders",
    all: "All",
    none: "No order is in this state.",
    none_yet: "Nobody has ordered yet. The first order appears here the moment it is placed.",
    search: "Find",
    search_label: "Order number or email address",
    not_found: "No order was found for",
    order: "Order",
    placed: "Placed",
    total: "Total",
    state: "State",
    next: "Older orders",
    bought: "What was bought",
    pieces: "Pieces",
    price: "Price",
    amount: "Amount",
    gift: "Gift",
    to_ship: "to ship",
    subtotal: "Goods",
    discount: "Discounts",
    shipping: "Shipping",
    tax: "Taxes",
    given_back: "Given back",
    customer: "Customer",
    payment: "Payment",
    payment_states: ["waiting", "succeeded", "failed", "held: a person must look"],
    reference: "the provider's own id",
    parcels: "Parcels",
    parcel: "Parcel",
    arrived: "Has arrived",
    track: "Track",
    ship: "Ship",
    ship_lead: "What leaves the house now. The shopper sees carrier and tracking number on the order's page.",
    carrier: "Carrier",
    tracking_number: "Tracking number",
    next_step: "Next step",
    deliver: "Everything has arrived",
    complete: "Complete",
    cancel: "Cancel the order",
    cancel_paid: "Cancel and give everything back",
    refunds: "Refunds",
    refund: "Give money back",
    refund_lead: "Pieces go back at what was paid for them. Those that were not shipped yet are taken first, and stay here.",
    everything: "Everything that is left",
    goodwill: "Goodwill, beside any pieces",
    at_most: "at most",
    restock: "The pieces are on sale again",
    reason: "Reason, which the shopper reads",
    preview: "Preview",
    will_go_back: "Goes back to the shopper:",
    confirm: "Give it back",
    retry: "Try again",
    by_hand: "I gave it back",
    by_hand_label: "The bank's or the provider's own name for it",
    failed_lead: "The payment's provider did not give this back. Look into its console, then try again, or give it back there and say so here.",
    transfer_lead: "This was paid by bank transfer: give it back from the bank and say so here.",
    returns: "Returns",
    wishes: ["wants the money back", "wants the same again"],
    approve: "Approve: may be sent",
    decline: "Decline",
    receive: "It has come",
    inspect: "Inspected",
    give_back: "Give the money back",
    replace: "Send the same again",
    found: "What was found",
    note: "Note",
    replaces: "instead of what came back",
    return_days: "Days within which shoppers may send an order back; 0: not by themselves",
    save: "Save",
    timeline: "What happened",
    changed_meanwhile: "The order was changed meanwhile. This is how it is now: look at it and do it again.",
    back: "To the orders",
    states: [
        "Waiting for payment",
        "Paid",
        "Partly shipped",
        "Shipped",
        "Delivered",
        "Completed",
        "Cancelled",
        "Refund pending",
        "Refunded",
    ],
    refund_states: ["On its way", "Given back", "Failed"],
    statuses: ["Refund pending", "Partly refunded", "Refunded", "Refund failed"],
    events: [
        "Parcel sent",
        "Parcel arrived",
        "Refund asked for",
        "Refund given back",
        "Refund failed",
        "Refund tried again",
    ],
    return_event: "Return",
    return_states: ["Requested", "Approved", "Received", "Inspected", "Refunded", "Replaced", "Declined"],
    reasons: ["Changed their mind", "Does not fit", "Not as described", "Damaged", "Wrong item", "Other"],
    results: ["As new", "Used", "Damaged", "Not what was sent"],
    parcel_states: [
        "Label made",
        "Picked up",
        "In transit",
        "Out for delivery",
        "Did not go as planned",
        "Delivered",
        "On its way back",
    ],
    invoice: "Invoice",
    invoice_number: "Number of the invoice",
    invoice_link: "Where it can be read",
    invoice_issue: "It is issued",
    invoice_states: ["Invoice asked for", "Invoice issued", "Invoice to be corrected"],
    invoice_kinds: ["a person", "a company"],
};

pub(super) static ZH: OrderWords = OrderWords {
    orders: "订单",
    all: "全部",
    none: "没有处于此状态的订单。",
    none_yet: "还没有订单。第一笔订单提交后会立即显示在这里。",
    search: "查找",
    search_label: "订单号或邮箱",
    not_found: "没有找到订单：",
    order: "订单",
    placed: "下单时间",
    total: "合计",
    state: "状态",
    next: "更早的订单",
    bought: "商品",
    pieces: "件数",
    price: "单价",
    amount: "金额",
    gift: "赠品",
    to_ship: "待发货",
    subtotal: "商品金额",
    discount: "优惠",
    shipping: "运费",
    tax: "税费",
    given_back: "已退金额",
    customer: "顾客",
    payment: "支付",
    payment_states: ["待支付", "已支付", "支付失败", "已挂起，需人工核对"],
    reference: "支付平台单号",
    parcels: "包裹",
    parcel: "包裹",
    arrived: "已送达",
    track: "查看物流",
    ship: "发货",
    ship_lead: "本次发出的商品。顾客可在订单页看到承运商和运单号。",
    carrier: "承运商",
    tracking_number: "运单号",
    next_step: "下一步",
    deliver: "全部送达",
    complete: "完成订单",
    cancel: "取消订单",
    cancel_paid: "取消并全额退款",
    refunds: "退款",
    refund: "退款",
    refund_lead: "商品按实付金额退回；尚未发货的优先退，不再发出。",
    everything: "退回全部剩余金额",
    goodwill: "补偿金额（不涉及商品）",
    at_most: "最多",
    restock: "商品重新上架销售",
    reason: "原因（顾客可见）",
    preview: "预览",
    will_go_back: "将退还给顾客：",
    confirm: "确认退款",
    retry: "重试",
    by_hand: "已人工退款",
    by_hand_label: "银行或支付平台的流水号",
    failed_lead: "支付平台未完成此笔退款。请到其后台核对后重试，或在那里退款后在此登记。",
    transfer_lead: "此单为银行转账：请从银行退款后在此登记。",
    returns: "退换货",
    wishes: ["希望退款", "希望换货"],
    approve: "同意，可以寄回",
    decline: "拒绝",
    receive: "已收到",
    inspect: "验货完成",
    give_back: "退款",
    replace: "重新发货",
    found: "验货结果",
    note: "备注",
    replaces: "换货",
    return_days: "顾客可自助申请退换货的天数；0 表示不开放",
    save: "保存",
    timeline: "订单记录",
    changed_meanwhile: "订单刚刚被修改。以下为最新内容，请核对后重新操作。",
    back: "返回订单列表",
    states: ["待支付", "已支付", "部分发货", "已发货", "已送达", "已完成", "已取消", "退款中", "已退款"],
    refund_states: ["处理中", "已退回", "失败"],
    statuses: ["退款中", "部分退款", "已退款", "退款失败"],
    events: ["包裹已发出", "包裹已送达", "申请退款", "退款成功", "退款失败", "重新退款"],
    return_event: "退换货",
    return_states: ["已申请", "已同意", "已收货", "已验货", "已退款", "已换货", "已拒绝"],
    reasons: ["不想要了", "不合适", "与描述不符", "有损坏", "发错商品", "其他"],
    results: ["完好如新", "已使用", "已损坏", "与寄出不符"],
    parcel_states: ["已下单", "已揽收", "运输中", "派送中", "异常", "已签收", "退回中"],
    invoice: "发票",
    invoice_number: "发票号码",
    invoice_link: "查看地址",
    invoice_issue: "已开具",
    invoice_states: ["待开发票", "已开发票", "待冲红"],
    invoice_kinds: ["个人", "企业"],
};
