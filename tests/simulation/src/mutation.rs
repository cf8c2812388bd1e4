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
    AnyAmountPays,
    CartOrderedTwice,
    PromotionWithoutLimit,
    UsesKept,
    OrderBeforeStock,
    CartBeforeOrder,
    StockBackBeforeOrder,
}

impl Mutation {
    pub const ALL: [Self; 13] = [
        Self::OversellsStock,
        Self::ReservesNothing,
        Self::ReleasesTwice,
        Self::ReleasesNothing,
        Self::ShipsWithoutTakingFromStock,
        Self::OrderOverwritten,
        Self::AnyAmountPays,
        Self::CartOrderedTwice,
        Self::PromotionWithoutLimit,
        Self::UsesKept,
        Self::OrderBeforeStock,
        Self::CartBeforeOrder,
        Self::StockBackBeforeOrder,
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
            Self::AnyAmountPays => "any-amount-pays",
            Self::CartOrderedTwice => "cart-ordered-twice",
            Self::PromotionWithoutLimit => "promotion-without-limit",
            Self::UsesKept => "uses-kept",
            Self::OrderBeforeStock => "order-before-stock",
            Self::CartBeforeOrder => "cart-before-order",
            Self::StockBackBeforeOrder => "stock-back-before-order",
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
            Self::AnyAmountPays => "the amount that was paid is not compared",
            Self::CartOrderedTwice => "a cart is removed without looking whether it is still there",
            Self::PromotionWithoutLimit => "uses of a promotion are counted without looking at its limit",
            Self::UsesKept => "a cancelled order gives its uses of promotions not back",
            Self::OrderBeforeStock => "an order and its stock are two writes",
            Self::CartBeforeOrder => "a cart is removed before its order is written",
            Self::StockBackBeforeOrder => "stock is given back before its order is cancelled",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mutation| mutation.name() == name)
    }

    /// What the request becomes: nothing where it is none of this mutation's, else one or two, one after the other.
    pub(crate) fn rewrite(self, request: &Request) -> Option<Vec<Request>> {
        if request.operation == "PutItem" && self == Self::OrderOverwritten {
            // One write alone: as a transaction of one.
            let put = Write(json!({ "Put": request.body }));
            let changed = Some(&put)
                .filter(|put| put.is_order())
                .and_then(|_| unconditional(std::slice::from_ref(&put), |_| true))?;
            return Some(vec![Request { operation: request.operation.clone(), body: changed.first()?.part().clone() }]);
        }
        if request.operation != "TransactWriteItems" {
            return None;
        }
        let writes: Vec<Write> = request.body["TransactItems"].as_array()?.iter().cloned().map(Write).collect();
        let kind = Kind::of(&writes)?;
        let one = |writes: Option<Vec<Write>>| writes.map(|writes| vec![with(request, &writes)]);
        match (self, kind) {
            (Self::OversellsStock, Kind::Placing) => one(unconditional(&writes, Write::is_stock)),
            (Self::ReservesNothing, Kind::Placing) => one(without(&writes, Write::is_stock)),
            (Self::ReleasesTwice, Kind::Cancelling) => one(doubled(&writes)),
            (Self::ReleasesNothing, Kind::Cancelling) => one(without(&writes, Write::is_stock)),
            (Self::ShipsWithoutTakingFromStock, Kind::Shipping) => one(without(&writes, Write::is_stock)),
            (Self::OrderOverwritten, Kind::Cancelling | Kind::Shipping | Kind::Other) => {
                one(unconditional(&writes, Write::is_order))
            }
            (Self::CartOrderedTwice, Kind::Placing) => one(unconditional(&writes, Write::is_cart)),
            (Self::PromotionWithoutLimit, Kind::Placing) => one(unconditional(&writes, Write::is_use)),
            (Self::UsesKept, Kind::Cancelling) => one(without(&writes, Write::is_use)),
            (Self::OrderBeforeStock, Kind::Placing) => two(request, &writes, |write| !write.is_stock()),
            (Self::CartBeforeOrder, Kind::Placing) => two(request, &writes, Write::is_cart),
            (Self::StockBackBeforeOrder, Kind::Cancelling) => two(request, &writes, Write::is_stock),
            _ => None,
        }
    }
}

/// What a transaction does to its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Placing,
    Cancelling,
    Shipping,
    Other,
}

impl Kind {
    fn of(writes: &[Write]) -> Option<Self> {
        let order = writes.iter().find(|write| write.is_order())?;
        if order.condition().is_some_and(|condition| condition.contains("attribute_not_exists")) {
            return Some(Self::Placing);
        }
        Some(match order.part()["Item"]["state_pk"]["S"].as_str()?.strip_prefix("ORDERS#")? {
            "cancelled" => Self::Cancelling,
            "shipped" | "partly_shipped" => Self::Shipping,
            _ => Self::Other,
        })
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
    fn is_cart(&self) -> bool {
        self.key().1 == "CART"
    }
    /// Of a promotion or a code.
    fn is_use(&self) -> bool {
        let (pk, sk) = self.key();
        sk == "USAGE" && !pk.starts_with("CUSTOMER#")
    }
}

/// The same transaction of other writes.
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
        for value in [":held", ":sale"] {
            let place = format!("/ExpressionAttributeValues/{value}/N");
            if let Some(number) = write.part_mut().and_then(|part| part.pointer_mut(&place)) {
                let n: i64 = number.as_str().and_then(|n| n.parse().ok()).unwrap_or_default();
                *number = json!((2 * n).to_string());
            }
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
