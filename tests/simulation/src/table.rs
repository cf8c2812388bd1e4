//! The table and a copy of it that lags behind, from which eventually consistent reads may be served.

use std::collections::VecDeque;
use stoa_storage::embedded::EmbeddedError;
use stoa_storage::embedded::memory::{MemoryTable, Reply, Request};

pub(crate) struct Table {
    newest: MemoryTable,
    copy: MemoryTable,
    /// Writes that the copy has not seen.
    ahead: VecDeque<Request>,
}

impl Table {
    pub(crate) fn new() -> Result<Self, EmbeddedError> {
        Ok(Self { newest: MemoryTable::new()?, copy: MemoryTable::new()?, ahead: VecDeque::new() })
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Reply {
        let reply = self.newest.answer(request);
        if !is_read(request) && matches!(reply, Reply::Answer(200, _)) {
            self.ahead.push_back(request.clone());
        }
        reply
    }

    /// As the table was at most `writes` writes ago, but never before what the copy has shown already.
    pub(crate) fn earlier(&mut self, request: &Request, writes: usize) -> Reply {
        while self.ahead.len() > writes {
            if let Some(write) = self.ahead.pop_front() {
                self.copy.answer(&write);
            }
        }
        self.copy.answer(request)
    }

    pub(crate) fn lag(&self) -> usize {
        self.ahead.len()
    }
}

fn is_read(request: &Request) -> bool {
    matches!(request.operation.as_str(), "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems")
}

/// Whether DynamoDB may answer it from an earlier state.
pub(crate) fn may_be_stale(request: &Request) -> bool {
    let consistent = |part: &serde_json::Value| part["ConsistentRead"] == true;
    match request.operation.as_str() {
        "GetItem" | "Query" => !consistent(&request.body),
        "BatchGetItem" => {
            request.body["RequestItems"].as_object().is_some_and(|tables| !tables.values().any(consistent))
        }
        _ => false,
    }
}
