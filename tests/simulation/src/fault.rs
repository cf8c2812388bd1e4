//! What can go wrong at the wire, and with which answer.

use crate::table::{Table, may_be_stale};
use crate::trace::{Names, batch};
use fastrand::Rng;
use serde::Serialize;
use serde_json::{Value, json};
use stoa_storage::embedded::memory::{Reply, Request};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Refused with 500 before anything was done.
    Refused,
    /// The connection broke before anything was done.
    Unreachable,
    /// Done, and the reply lost.
    ReplyLost,
    Throttled,
    /// Another transaction is at one of the items.
    Conflict,
    /// Read from an earlier state.
    Stale,
    /// A part of a batch was not read.
    Unprocessed,
    /// The machine stopped before the request left it.
    CrashBefore,
    /// The machine stopped after the request was done.
    CrashAfter,
    /// The caller waited no longer.
    CallerLeft,
}

impl Fault {
    pub const ALL: [Self; 10] = [
        Self::Refused,
        Self::Unreachable,
        Self::ReplyLost,
        Self::Throttled,
        Self::Conflict,
        Self::Stale,
        Self::Unprocessed,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::CallerLeft,
    ];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Refused => "error before the write",
            Self::Unreachable => "no connection",
            Self::ReplyLost => "reply lost",
            Self::Throttled => "throttled",
            Self::Conflict => "transaction conflict",
            Self::Stale => "stale read",
            Self::Unprocessed => "part of the batch unprocessed",
            Self::CrashBefore => "crash before",
            Self::CrashAfter => "crash after",
            Self::CallerLeft => "caller left",
        }
    }
}

/// How hostile a run is, in percent of its requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    wire: u8,
    crash: u8,
    leave: u8,
}

impl Weather {
    pub(crate) const CALM: Self = Self { wire: 0, crash: 0, leave: 0 };

    pub(crate) fn is_calm(self) -> bool {
        self.wire + self.crash + self.leave == 0
    }

    /// Some runs are quiet and some are a storm: races want few faults, retries want many.
    pub(crate) fn of(rng: &mut Rng) -> Self {
        let mut pick = |choices: [u8; 5]| choices[rng.usize(..choices.len())];
        Self { wire: pick([0, 2, 5, 12, 25]), crash: pick([0, 0, 1, 3, 8]), leave: pick([0, 0, 1, 2, 6]) }
    }

    /// The fault that this request meets. `is_shop`: made by the shop's work, which can crash.
    pub(crate) fn strikes(self, request: &Request, is_shop: bool, rng: &mut Rng) -> Option<Fault> {
        if is_shop && rng.u8(..100) < self.crash {
            return Some(if rng.bool() { Fault::CrashBefore } else { Fault::CrashAfter });
        }
        if rng.u8(..100) >= self.wire {
            return None;
        }
        let mut possible = vec![Fault::Refused, Fault::Unreachable, Fault::ReplyLost, Fault::Throttled];
        if writes(request) {
            possible.push(Fault::Conflict);
        }
        if may_be_stale(request) {
            // Mostly this: few reads can be stale.
            possible.extend([Fault::Stale; 4]);
        }
        if request.operation == "BatchGetItem" {
            possible.push(Fault::Unprocessed);
        }
        Some(possible[rng.usize(..possible.len())])
    }

    pub(crate) fn caller_leaves(self, rng: &mut Rng) -> bool {
        rng.u8(..100) < self.leave
    }
}

fn writes(request: &Request) -> bool {
    matches!(request.operation.as_str(), "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems")
}

/// What the table, or the way to it, answers under a fault.
pub(crate) fn answer(
    table: &mut Table,
    request: &Request,
    fault: Option<Fault>,
    names: &mut Names,
    rng: &mut Rng,
) -> Reply {
    match fault {
        None | Some(Fault::CrashAfter) => table.answer(request),
        Some(Fault::Refused) => Reply::error("InternalServerError"),
        Some(Fault::Unreachable | Fault::CrashBefore | Fault::CallerLeft) => Reply::Lost,
        Some(Fault::ReplyLost) => {
            table.answer(request);
            Reply::Lost
        }
        Some(Fault::Throttled) => Reply::error("ProvisionedThroughputExceededException"),
        Some(Fault::Conflict) => conflict(request, rng),
        Some(Fault::Stale) => {
            let writes = rng.usize(..=table.lag());
            table.earlier(request, writes)
        }
        Some(Fault::Unprocessed) => unprocessed(table, request, names),
    }
}

fn conflict(request: &Request, rng: &mut Rng) -> Reply {
    let Some(items) = request.body["TransactItems"].as_array() else {
        return Reply::error("TransactionConflictException");
    };
    let met = rng.usize(..items.len().max(1));
    let reason = |at| json!({ "Code": if at == met { "TransactionConflict" } else { "None" } });
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": (0..items.len()).map(reason).collect::<Vec<_>>(),
    });
    Reply::Answer(400, body.to_string())
}

/// Reads the first half of a batch and hands the rest back.
fn unprocessed(table: &mut Table, request: &Request, names: &mut Names) -> Reply {
    let mut keys: Vec<Value> = batch(&request.body).cloned().collect();
    keys.sort_by_cached_key(|key| names.key(key));
    let rest = keys.split_off(keys.len() / 2);
    let Some(name) = request.body["RequestItems"].as_object().and_then(|tables| tables.keys().next()).cloned() else {
        return Reply::error("ValidationException");
    };
    let with = |keys: Vec<Value>| {
        let mut asked = request.body["RequestItems"][&name].clone();
        asked["Keys"] = keys.into();
        json!({ &name: asked })
    };
    let mut answer = if keys.is_empty() {
        json!({ "Responses": { &name: [] } })
    } else {
        let half = Request { operation: request.operation.clone(), body: json!({ "RequestItems": with(keys) }) };
        match table.answer(&half) {
            Reply::Answer(200, body) => serde_json::from_str(&body).unwrap_or_default(),
            other => return other,
        }
    };
    answer["UnprocessedKeys"] = with(rest);
    Reply::Answer(200, answer.to_string())
}
