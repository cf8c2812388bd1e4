//! What became of a marketing plugin's answer. Customer, answer, code and message are one transaction under the condition that
//! the answer is not there yet: however often an event comes, and whoever it comes to, a plugin's answer to it is dealt with
//! once.

use super::{Customers, KIND as CUSTOMER};
use crate::keys::{self, EXPIRES_AT};
use crate::messages::{self, OutboxMessage};
use crate::promotions::adding;
use crate::table::{Reason, TransactError};
use crate::{Expected, PromotionCode, Result, Revision, StoreError, Versioned, body};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use stoa_domain::marketing::{Action, Customer, RefusedAction};
use stoa_domain::plugin::Version;
use stoa_domain::{CustomerId, PluginId};

const KIND: &str = "marketing answer";
/// An answer is kept for so many days: longer than any event is repeated.
pub const ANSWER_DAYS: i64 = 60;
/// As many of one customer's are listed.
pub const MAX_ANSWERS: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketingAnswer {
    pub customer: CustomerId,
    pub plugin: PluginId,
    pub version: Version,
    /// Names one thing that happened: `ord_…#paid`, `day#2026-11-24`.
    pub event: String,
    pub at: Timestamp,
    pub done: Vec<Action>,
    pub refused: Vec<RefusedAction>,
    /// What was granted.
    #[serde(default)]
    pub coupon: Option<String>,
    /// What waits in the outbox because of it.
    #[serde(default)]
    pub message: Option<String>,
}

/// Everything that one answer comes to.
#[derive(Debug, Clone)]
pub struct Application {
    /// As it is to be.
    pub customer: Customer,
    /// As it was when that was decided.
    pub expected: Expected,
    pub answer: MarketingAnswer,
    pub code: Option<PromotionCode>,
    pub message: Option<OutboxMessage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    Now,
    /// It was dealt with before: nothing was written.
    Already,
}

impl Customers<'_> {
    /// [`StoreError::RevisionConflict`]: the customer changed meanwhile. [`StoreError::CodeTaken`]: another has that code.
    pub async fn apply(&self, application: &Application) -> Result<Once> {
        let Application { customer, expected, answer, code, message } = application;
        let gone_at = answer.at.saturating_add((ANSWER_DAYS * 24).hours()).map_or(i64::MAX, |t| t.as_second());
        let key = keys::marketing_answer(&answer.customer, &answer.plugin, &answer.event);
        let mut own = body::encode(key, KIND, Revision(1), answer)?;
        own.insert(EXPIRES_AT.to_owned(), body::number(gone_at));
        let whole = body::encode(keys::customer(&customer.id), CUSTOMER, expected.next(), customer)?;
        let mut writes = vec![self.table.putting(own, Expected::Absent)?, self.table.putting(whole, *expected)?];
        if let Some(code) = code {
            writes.push(adding(self.table, code)?);
        }
        if let Some(message) = message {
            writes.push(messages::adding(self.table, message)?);
        }
        let reasons = match self.table.transact(writes).await {
            Ok(()) => return Ok(Once::Now),
            Err(TransactError::Store(error)) => return Err(error),
            Err(TransactError::Cancelled(reasons)) => reasons,
        };
        let failed = |at: usize| reasons.get(at).is_some_and(Reason::failed_condition);
        match code {
            _ if failed(0) => Ok(Once::Already),
            Some(code) if failed(2) => Err(StoreError::CodeTaken { code: code.code.clone() }),
            _ => Err(StoreError::RevisionConflict { what: CUSTOMER }),
        }
    }

    /// What plugins proposed for a customer lately and what became of it, the newest [`MAX_ANSWERS`] first.
    pub async fn answers(&self, id: &CustomerId) -> Result<Vec<MarketingAnswer>> {
        let items = self.table.partition(&keys::customer_usage(id).pk, keys::MARKETING_ANSWER).await?;
        let decode = |item| body::decode(KIND, item).map(|read: Versioned<MarketingAnswer>| read.value);
        let mut answers = items.iter().map(decode).collect::<Result<Vec<_>>>()?;
        answers.sort_by(|a, b| (b.at, &b.event).cmp(&(a.at, &a.event)));
        answers.truncate(MAX_ANSWERS);
        Ok(answers)
    }
}
