//! The payment provider. It keeps books of what was charged, which no callback, crash or retry can change: what the shop
//! believes is held against them at the end. Its callbacks are signed and verified by the sandbox's own code.

use crate::schedule::Schedule;
use async_trait::async_trait;
use axum::http::HeaderMap;
use fastrand::Rng;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stoa_domain::payment::Payment;
use stoa_domain::{Money, OrderId, PaymentId};
use stoa_payments::sandbox::{Callback, CallbackData, CallbackKind, Sandbox};
use stoa_payments::{
    CallbackRefusal, Closing, Outcome, Paying, Place, Provider, ProviderError, ProviderEvent, Refund, RefundState,
    Refunded, Started,
};

/// One of the names that a shop can be configured with.
pub(crate) const NAME: &str = "stripe";
const SECRET: [u8; 32] = [7; 32];
/// How often a question is not answered, in percent.
const SILENCE: u8 = 15;

/// Money that moved.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(crate) payment: PaymentId,
    pub(crate) amount: Money,
    pub(crate) reference: String,
}

/// What a shopper knows of what is to be paid.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) payment: PaymentId,
    pub(crate) order: OrderId,
    pub(crate) amount: Money,
}

/// A callback on its way.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) callback: Callback,
    /// It never arrives: only asking tells.
    pub(crate) is_lost: bool,
}

#[derive(Default)]
struct Books {
    due: Vec<Due>,
    charges: Vec<Charge>,
    /// Nobody can pay these any more.
    closed: Vec<PaymentId>,
    mail: Vec<Mail>,
    /// Everything that was ever put into the mail.
    sent: Vec<Callback>,
}

pub(crate) struct Bank {
    schedule: Arc<Schedule>,
    key: Sandbox,
    books: Mutex<Books>,
    rng: Mutex<Rng>,
    /// A mutation: whatever was paid, it is told as what was due.
    any_amount: bool,
}

impl Bank {
    pub(crate) fn new(schedule: Arc<Schedule>, rng: Rng, any_amount: bool) -> Self {
        Self { schedule, key: Sandbox::new(&SECRET), books: Mutex::default(), rng: Mutex::new(rng), any_amount }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shopper pays `amount`, each time anew, unless the shop closed the payment.
    pub(crate) fn charge(&self, due: &Due, amount: Money, is_lost: bool) {
        let mut books = self.books();
        if books.closed.contains(&due.payment) {
            return;
        }
        let reference = format!("ch_{}_{}", due.payment, books.charges.len());
        books.due.push(due.clone());
        books.charges.push(Charge { payment: due.payment.clone(), amount, reference: reference.clone() });
        books.post(due, CallbackKind::Succeeded, amount, reference, is_lost);
    }

    /// A card is declined.
    pub(crate) fn decline(&self, due: &Due) {
        let mut books = self.books();
        let reference = format!("no_{}_{}", due.payment, books.sent.len());
        books.due.push(due.clone());
        books.post(due, CallbackKind::Failed, due.amount, reference, false);
    }

    pub(crate) fn charges(&self) -> Vec<Charge> {
        self.books().charges.clone()
    }

    pub(crate) fn sent(&self) -> Vec<Callback> {
        self.books().sent.clone()
    }

    /// Takes a callback out of the mail, any of them: they arrive in no order.
    pub(crate) fn take_mail(&self, rng: &mut Rng) -> Option<Mail> {
        let mut books = self.books();
        let there: Vec<usize> = (0..books.mail.len()).filter(|at| !books.mail[*at].is_lost).collect();
        let at = there.get(rng.usize(..there.len().max(1)))?;
        Some(books.mail.remove(*at))
    }

    pub(crate) fn put_back(&self, mail: Mail) {
        self.books().mail.push(mail);
    }

    /// All that is still to be delivered. What was lost stays so, unless its payment was charged again: of a paid order
    /// nobody asks, so that its callbacks come is the provider's promise.
    pub(crate) fn last_mail(&self) -> Vec<Callback> {
        let mut books = self.books();
        let mail = std::mem::take(&mut books.mail);
        let charges = |id: &PaymentId| books.charges.iter().filter(|charge| charge.payment == *id).count();
        let arrives = |mail: &Mail| !mail.is_lost || charges(&mail.callback.data.payment) > 1;
        mail.into_iter().filter(arrives).map(|mail| mail.callback).collect()
    }

    pub(crate) fn sign(&self, body: &[u8]) -> String {
        self.key.sign(body, Timestamp::now())
    }

    /// A question takes its time, and some are not answered.
    async fn is_asked(&self, what: &'static str) -> Result<(), ProviderError> {
        self.schedule.pause(what).await;
        let silent = self.rng.lock().unwrap_or_else(PoisonError::into_inner).u8(..100) < SILENCE;
        if silent && !self.schedule.is_calm() {
            return Err(ProviderError::NotUnderstood("the simulation says so".to_owned()));
        }
        Ok(())
    }

    fn told(&self, mut event: ProviderEvent) -> ProviderEvent {
        if self.any_amount {
            let books = self.books();
            let due = books.due.iter().find(|due| due.payment == event.payment);
            event.amount = due.map(|due| due.amount).or(event.amount);
        }
        event
    }
}

impl Books {
    fn post(&mut self, due: &Due, kind: CallbackKind, amount: Money, reference: String, is_lost: bool) {
        let data = CallbackData {
            payment: due.payment.clone(),
            order: due.order.clone(),
            amount: amount.minor,
            currency: amount.currency,
            reference: reference.clone(),
        };
        let callback = Callback { id: format!("evt_{reference}"), kind, data };
        self.sent.push(callback.clone());
        self.mail.push(Mail { callback, is_lost });
    }
}

#[async_trait]
impl Provider for Bank {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn start(&self, _: &Paying<'_>, _: Timestamp) -> Result<Started, ProviderError> {
        Ok(Place::Redirect("https://bank.example".to_owned()).into())
    }

    /// The first charge, as a provider reads it from its books.
    async fn read(&self, payment: &Payment, _: Timestamp) -> Result<Option<ProviderEvent>, ProviderError> {
        self.is_asked("asks the provider").await?;
        let charge = self.books().charges.iter().find(|charge| charge.payment == payment.id).cloned();
        let event = charge.map(|charge| ProviderEvent {
            id: format!("read:{}", charge.reference),
            payment: charge.payment,
            order: Some(payment.order.clone()),
            amount: Some(charge.amount),
            outcome: Outcome::Succeeded,
            reference: charge.reference,
        });
        Ok(event.map(|event| self.told(event)))
    }

    /// What nobody paid is closed; what somebody paid is not open.
    async fn close(&self, payment: &Payment, _: Timestamp) -> Result<Closing, ProviderError> {
        self.is_asked("closes at the provider").await?;
        let mut books = self.books();
        if books.charges.iter().any(|charge| charge.payment == payment.id) {
            return Ok(Closing::NotOpen);
        }
        books.closed.push(payment.id.clone());
        Ok(Closing::Closed)
    }

    async fn refund(&self, refund: &Refund<'_>, _: Timestamp) -> Result<Refunded, ProviderError> {
        Ok(Refunded { state: RefundState::Succeeded, reference: format!("re_{}", refund.id) })
    }

    async fn verify_callback(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        Ok(self.key.verify_callback(headers, body, now).await?.map(|event| self.told(event)))
    }
}
