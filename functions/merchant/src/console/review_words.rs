//! What the console's page of reviews says, in both languages.

use stoa_domain::review::ReviewState;

pub(super) struct ReviewWords {
    pub(super) reviews: &'static str,
    pub(super) state: &'static str,
    pub(super) next: &'static str,
    pub(super) order: &'static str,
    pub(super) publish: &'static str,
    pub(super) decline: &'static str,
    pub(super) why: &'static str,
    pub(super) undo: &'static str,
    pub(super) answer: &'static str,
    pub(super) save: &'static str,
    pub(super) changed_meanwhile: &'static str,
    pub(super) back: &'static str,
    states: [&'static str; 3],
    none: [&'static str; 3],
}

impl ReviewWords {
    pub(super) fn state_of(&self, state: ReviewState) -> &'static str {
        self.states[at(state)]
    }
    /// Where there is no review in this state.
    pub(super) fn none(&self, state: ReviewState) -> &'static str {
        self.none[at(state)]
    }
}

fn at(state: ReviewState) -> usize {
    match state {
        ReviewState::Waiting => 0,
        ReviewState::Published => 1,
        ReviewState::Declined => 2,
    }
}

pub(super) static EN: ReviewWords = ReviewWords {
    reviews: "Reviews",
    state: "State",
    next: "Older reviews",
    order: "Order",
    publish: "Publish",
    decline: "Decline",
    why: "Reason, which its writer reads",
    undo: "Let it wait again",
    answer: "Answer, shown below the review",
    save: "Save",
    changed_meanwhile: "The review was changed meanwhile. This is how it is now: look at it and do it again.",
    back: "To the reviews",
    states: ["Waiting", "Published", "Declined"],
    none: [
        "No review waits. Buyers write them on their order's page once something arrived.",
        "No review is published yet.",
        "No review was declined.",
    ],
};

pub(super) static ZH: ReviewWords = ReviewWords {
    reviews: "评价",
    state: "状态",
    next: "更早的评价",
    order: "订单",
    publish: "发布",
    decline: "不予发布",
    why: "原因（作者可见）",
    undo: "恢复为待审核",
    answer: "商家回复（显示在评价下方）",
    save: "保存",
    changed_meanwhile: "此评价刚刚被修改。以下为最新内容，请核对后重新操作。",
    back: "返回评价列表",
    states: ["待审核", "已发布", "未发布"],
    none: ["没有待审核的评价。商品送达后，买家可在订单页填写评价。", "还没有已发布的评价。", "没有未予发布的评价。"],
};
