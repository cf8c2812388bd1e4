//! Known breaks of the shop, one at a time, made where its requests leave it: a condition is dropped from a write, a
//! write from a transaction, or one transaction becomes two. The shop's own code has no switch for them. A simulation that
//! catches none of them proves nothing.

use serde_json::{Value, json};
use stoa_storage::embedded::memory::Request;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutation {
    OversellsStock,
    ReservesNothing,
    ReleasesTwice,
    ReleasesNothing,
    ShipsWithoutTakingFromStock,
    OrderOverwritten,
    PaymentOverwritten,
    EventForgotten,
    AnyAmountPays,
    AnswerForgotten,
    CartOrderedTwice,
    PromotionWithoutLimit,
    UsesKept,
    PaymentBeforeOrder,
    OrderBeforeStock,
    AnswerBeforeOrder,
}

impl Mutation {
    pub const ALL: [Self; 16] = [
        Self::OversellsStock,
        Self::ReservesNothing,
        Self::ReleasesTwice,
        Self::ReleasesNothing,
        Self::ShipsWithoutTakingFromStock,
        Self::OrderOverwritten,
        Self::PaymentOverwritten,
        Self::EventForgotten,
        Self::AnyAmountPays,
        Self::AnswerForgotten,
        Self::CartOrderedTwice,
        Self::PromotionWithoutLimit,
        Self::UsesKept,
        Self::PaymentBeforeOrder,
        Self::OrderBeforeStock,
        Self::AnswerBeforeOrder,
    ];

    /// For the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OversellsStock => "oversells-stock",
            Self::ReservesNothing => "reserves-nothing",
            Self::ReleasesTwice => "releases-twice",
            Self::ReleasesNothing => "releases-nothing",
            Self::ShipsWithoutTakingFromStock => "ships-without-taking-from-stock",
            Self::OrderOverwritten => "order-overwritten",
            Self::PaymentOverwritten => "payment-overwritten",
            Self::EventForgotten => "event-forgotten",
            Self::AnyAmountPays => "any-amount-pays",
            Self::AnswerForgotten => "answer-forgotten",
            Self::CartOrderedTwice => "cart-ordered-twice",
            Self::PromotionWithoutLimit => "promotion-without-limit",
            Self::UsesKept => "uses-kept",
            Self::PaymentBeforeOrder => "payment-before-order",
            Self::OrderBeforeStock => "order-before-stock",
            Self::AnswerBeforeOrder => "answer-before-order",
        }
    }

    pub const fn what(self) -> &'static str {
        match self {
            Self::OversellsStock => "stock is reserved without looking at what is available",
            Self::ReservesNothing => "an order takes no stock",
            Self::ReleasesTwice => "a cancelled order gives its stock back twice",
            Self::ReleasesNothing => "a cancelled order keeps its stock",
            Self::ShipsWithoutTakingFromStock => "what is shipped stays in the books",
            Self::OrderOverwritten => "an order is written over whatever others made of it",
            Self::PaymentOverwritten => "a payment is written over whatever others made of it",
            Self::EventForgotten => "it is not written down which callbacks were seen",
            Self::AnyAmountPays => "the amount that was paid is not compared",
            Self::AnswerForgotten => "the answer under the Idempotency-Key is not written down",
            Self::CartOrderedTwice => "a cart is removed without looking whether it is still there",
            Self::PromotionWithoutLimit => "uses of a promotion are counted without looking at its limit",
            Self::UsesKept => "a cancelled order gives its uses of promotions not back",
            Self::PaymentBeforeOrder => "a paid payment and its order are two writes",
            Self::OrderBeforeStock => "an order and its stock are two writes",
            Self::AnswerBeforeOrder => "the answer to an order is written down before the order",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mutation| mutation.name() == name)
    }

    /// What the request becomes: nothing where it is none of this mutation's, else one or two, one after the other.
    pub(crate) fn rewrite(self, request: &Request) -> Option<Vec<Request>> {
        if request.operation != "TransactWriteItems" {
            return None;
        }
        let writes: Vec<Write> = request.body["TransactItems"].as_array()?.iter().cloned().map(Write).collect();
        let kind = Kind::of(&writes);
        let placing = kind == Some(Kind::Placing);
        let cancelling = kind == Some(Kind::MovingTo("cancelled"));
        let one = |writes: Option<Vec<Write>>| writes.map(|writes| vec![with(request, &writes)]);
        match self {
            Self::OversellsStock if placing => one(unconditional(&writes, Write::is_stock)),
            Self::ReservesNothing if placing => one(without(&writes, Write::is_stock)),
            Self::ReleasesTwice if cancelling => one(doubled(&writes)),
            Self::ReleasesNothing if cancelling => one(without(&writes, Write::is_stock)),
            Self::ShipsWithoutTakingFromStock if kind == Some(Kind::MovingTo("shipped")) => {
                one(without(&writes, Write::is_stock))
            }
            Self::OrderOverwritten if !placing => one(unconditional(&writes, Write::is_order)),
            Self::PaymentOverwritten if !placing => one(unconditional(&writes, Write::is_payment)),
            Self::EventForgotten => one(without(&writes, Write::is_event)),
            Self::AnswerForgotten if placing => one(without(&writes, Write::is_answer)),
            Self::CartOrderedTwice if placing => one(unconditional(&writes, Write::is_cart)),
            Self::PromotionWithoutLimit if placing => one(unconditional(&writes, Write::is_use)),
            Self::UsesKept if cancelling => one(without(&writes, Write::is_use)),
            Self::PaymentBeforeOrder if kind == Some(Kind::MovingTo("paid")) => {
                two(request, &writes, |write| !write.is_order())
            }
            Self::OrderBeforeStock if placing => two(request, &writes, |write| !write.is_stock()),
            Self::AnswerBeforeOrder if placing => two(request, &writes, |write| write.is_answer() || write.is_cart()),
            _ => None,
        }
    }
}

/// What a transaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Placing,
    /// An order becomes this.
    MovingTo(&'static str),
}

impl Kind {
    fn of(writes: &[Write]) -> Option<Self> {
        let order = writes.iter().find(|write| write.is_order())?;
        if order.condition().is_some_and(|condition| condition.contains("attribute_not_exists")) {
            return Some(Self::Placing);
        }
        let state = order.part()["Item"]["state_pk"]["S"].as_str()?.strip_prefix("ORDERS#")?;
        ["paid", "shipped", "cancelled"].into_iter().find(|known| *known == state).map(Self::MovingTo)
    }
}

/// One write of a transaction: `{"Put": {…}}`.
#[derive(Debug, Clone)]
struct Write(Value);

impl Write {
    fn part(&self) -> &Value {
        self.0.as_object().and_then(|write| write.values().next()).unwrap_or(&Value::Null)
    }
    fn part_mut(&mut self) -> Option<&mut Value> {
        self.0.as_object_mut()?.values_mut().next()
    }
    fn key(&self) -> (&str, &str) {
        let part = self.part();
        let item = if part["Key"].is_object() { &part["Key"] } else { &part["Item"] };
        (item["pk"]["S"].as_str().unwrap_or_default(), item["sk"]["S"].as_str().unwrap_or_default())
    }
    fn condition(&self) -> Option<&str> {
        self.part()["ConditionExpression"].as_str()
    }
    fn is_stock(&self) -> bool {
        self.key().1 == "STOCK"
    }
    fn is_order(&self) -> bool {
        self.key().1 == "ORDER"
    }
    fn is_payment(&self) -> bool {
        self.key().1 == "PAYMENT"
    }
    fn is_event(&self) -> bool {
        self.key().0.starts_with("PAYMENT#") && self.key().1.starts_with("EVENT#")
    }
    fn is_answer(&self) -> bool {
        self.key().0.starts_with("IDEMPOTENCY#")
    }
    fn is_cart(&self) -> bool {
        self.key().1 == "CART"
    }
    /// Of a promotion or a code.
    fn is_use(&self) -> bool {
        let (pk, sk) = self.key();
        sk == "USAGE" && !pk.starts_with("CUSTOMER#")
    }
}

/// The same transaction of other writes. Its token would say that it is the same request.
fn with(request: &Request, writes: &[Write]) -> Request {
    let mut body = request.body.clone();
    body["TransactItems"] = writes.iter().map(|write| write.0.clone()).collect();
    Request { operation: request.operation.clone(), body }
}

fn without(writes: &[Write], which: impl Fn(&Write) -> bool) -> Option<Vec<Write>> {
    let left: Vec<Write> = writes.iter().filter(|write| !which(write)).cloned().collect();
    (left.len() < writes.len() && !left.is_empty()).then_some(left)
}

fn unconditional(writes: &[Write], which: impl Fn(&Write) -> bool) -> Option<Vec<Write>> {
    let mut changed = false;
    let mut writes = writes.to_vec();
    for write in writes.iter_mut().filter(|write| which(write) && write.condition().is_some()) {
        let condition = write.condition().unwrap_or_default().to_owned();
        let Some(part) = write.part_mut().and_then(Value::as_object_mut) else { continue };
        part.remove("ConditionExpression");
        let update = part.get("UpdateExpression").and_then(Value::as_str).unwrap_or_default().to_owned();
        // DynamoDB refuses values that no expression names.
        if let Some(values) = part.get_mut("ExpressionAttributeValues").and_then(Value::as_object_mut) {
            values.retain(|name, _| named(&update, name) || !named(&condition, name));
        }
        if part.get("ExpressionAttributeValues").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
            part.remove("ExpressionAttributeValues");
        }
        changed = true;
    }
    changed.then_some(writes)
}

/// Whether `name` stands in an expression as a whole.
fn named(expression: &str, name: &str) -> bool {
    expression.split(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '_').any(|word| word == name)
}

/// Gives back twice what is given back.
fn doubled(writes: &[Write]) -> Option<Vec<Write>> {
    let mut writes = unconditional(writes, Write::is_stock)?;
    for write in writes.iter_mut().filter(|write| write.is_stock()) {
        if let Some(number) = write.part_mut().and_then(|part| part.pointer_mut("/ExpressionAttributeValues/:n/N")) {
            let n: u64 = number.as_str().and_then(|n| n.parse().ok()).unwrap_or_default();
            *number = json!((2 * n).to_string());
        }
    }
    Some(writes)
}

/// Two transactions: what is `first`, and the rest.
fn two(request: &Request, writes: &[Write], first: impl Fn(&Write) -> bool) -> Option<Vec<Request>> {
    let (first, second): (Vec<Write>, Vec<Write>) = writes.iter().cloned().partition(first);
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let mut requests = vec![with(request, &first), with(request, &second)];
    for (number, request) in requests.iter_mut().enumerate() {
        if let Some(token) = request.body["ClientRequestToken"].as_str().map(str::to_owned) {
            let token: String = token.chars().take(34).collect();
            request.body["ClientRequestToken"] = json!(format!("{token}-{number}"));
        }
    }
    Some(requests)
}
