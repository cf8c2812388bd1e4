//! Sending: messages of the outbox that are due become letters, and the mail server takes them.
//!
//! A message is taken by a conditional write, so that two who send at the same time do not send it twice, and it is written down
//! when the server has it. Who dies in between leaves it taken for [`stoa_storage::CLAIM`]; then it is sent again, with the same
//! Message-ID. So a message goes out once, twice at worst, and never not at all without saying why. What the server refuses for
//! good is given up with its answer; what it puts off is tried again, later each time. docs/decisions/0026.

use crate::mail::Mail;
use crate::mail::letter::{Letter, Sender, Unwritable};
use crate::mail::smtp::{Connection, Posted, Refused};
use crate::{Crm, CrmError};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};
use stoa_domain::marketing::Settings;
use stoa_domain::shop::Shop;
use stoa_storage::{MailStatus, MessageContent, MessageState, OutboxMessage, StoreError, Versioned};

/// Of one run; the next one goes on.
pub const MAX_MESSAGES_A_RUN: usize = 200;
const PAGE: u32 = 50;
/// A stream's batch sends no longer.
const STREAM_PATIENCE: Duration = Duration::from_secs(30);
/// Then a message is given up: about a day and a half after it was first tried.
pub const MAX_ATTEMPTS: u32 = 8;
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(12);
/// When the day's bound is reached, a message is looked at again so much later.
const OVER_BOUND: SignedDuration = SignedDuration::from_hours(1);

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sending {
    pub sent: usize,
    /// Given up; each message says why.
    pub failed: usize,
    /// To be tried again.
    pub later: usize,
    /// The day's bound is reached.
    pub over_bound: usize,
}

/// Sends what is due, until it is done, time is up or the server fails. None: no mail server is configured; messages wait.
pub async fn send(crm: &Crm, now: Timestamp, patience: Duration) -> Result<Option<Sending>, CrmError> {
    let Some(run) = Run::begin(crm, now).await? else { return Ok(None) };
    let (mut run, started) = (run, Instant::now());
    let mut looked_at = 0;
    while looked_at < MAX_MESSAGES_A_RUN && run.problem.is_none() && started.elapsed() < patience {
        let due = crm.store.messages().due(now, PAGE).await?;
        let (page, before) = (due.len(), run.done);
        for message in due {
            if run.problem.is_some() || started.elapsed() >= patience {
                break;
            }
            run.deliver(message).await?;
            looked_at += 1;
        }
        // The index may still name what was just dealt with.
        if page < PAGE as usize || run.done == before {
            break;
        }
    }
    run.end().await.map(Some)
}

/// Sends these if they are due: what the table's stream tells of.
pub(crate) async fn send_these(crm: &Crm, ids: &[String], now: Timestamp) -> Result<(), CrmError> {
    if ids.is_empty() || crm.mail.is_none() {
        return Ok(());
    }
    let Some(mut run) = Run::begin(crm, now).await? else { return Ok(()) };
    let started = Instant::now();
    for id in ids.iter().take(MAX_MESSAGES_A_RUN) {
        // A stream's batch must not be held up by a server that is away or slow: the schedule comes back to what waits.
        if run.problem.is_some() || started.elapsed() >= STREAM_PATIENCE {
            break;
        }
        if let Some(message) = crm.store.messages().get(id).await?.filter(|read| read.value.is_due(now)) {
            run.deliver(message).await?;
        }
    }
    run.end().await.map(drop)
}

struct Run<'a> {
    crm: &'a Crm,
    mail: &'a Mail,
    shop: Shop,
    settings: Settings,
    now: Timestamp,
    connection: Option<Connection>,
    done: Sending,
    /// The server fails: no more is tried in this run.
    problem: Option<String>,
}

impl<'a> Run<'a> {
    async fn begin(crm: &'a Crm, now: Timestamp) -> Result<Option<Self>, CrmError> {
        let Some(mail) = &crm.mail else {
            tell(crm, false, None, now).await?;
            return Ok(None);
        };
        let (shop, of_crm) = (crm.store.shop(), crm.store.crm());
        let (shop, settings) = tokio::try_join!(shop.settings(), of_crm.settings())?;
        let Some(shop) = shop.map(|read| read.value) else { return Ok(None) };
        let settings = settings.map(|read| read.value).unwrap_or_default();
        if stoa_domain::email::validate(settings.sender.as_ref().unwrap_or(&shop.email)).is_err() {
            let problem =
                "the shop has no address that mail could come from: set one with `stoa crm settings --sender`";
            tell(crm, true, Some(problem.to_owned()), now).await?;
            return Ok(None);
        }
        let (connection, done) = (None, Sending::default());
        Ok(Some(Self { crm, mail, shop, settings, now, connection, done, problem: None }))
    }

    async fn end(mut self) -> Result<Sending, CrmError> {
        if let Some(mut open) = self.connection.take() {
            // Polite, and no more: everything was taken.
            let _ = tokio::time::timeout(Duration::from_secs(1), open.quit()).await;
        }
        if self.done != Sending::default() || self.problem.is_some() {
            tracing::info!(done = ?self.done, problem = self.problem.as_deref().unwrap_or_default(), "messages");
        }
        tell(self.crm, true, self.problem, self.now).await?;
        Ok(self.done)
    }

    async fn deliver(&mut self, read: Versioned<OutboxMessage>) -> Result<(), CrmError> {
        let (store, now) = (&self.crm.store, self.now);
        if read.value.is_useless(now) {
            return self.give_up(read, "expired".to_owned()).await;
        }
        let letter = match Letter::of(self.mail, store, &self.shop, &read.value, now).await {
            Ok(letter) => letter,
            Err(Unwritable::Never(code)) => return self.give_up(read, code.to_owned()).await,
            Err(Unwritable::Store(error)) => return Err(error.into()),
        };
        if !self.is_within_bound(&read.value).await? {
            self.done.over_bound += 1;
            let later = OutboxMessage { due_at: now.saturating_add(OVER_BOUND).ok(), ..read.value.clone() };
            return self.settle(read, later).await;
        }
        let Some(taken) = store.messages().claim(read, now).await? else { return Ok(()) };
        let address = self.settings.sender.as_ref().unwrap_or(&self.shop.email).clone();
        let sender = Sender { shop: &self.shop, address: &address };
        let bytes = match letter.bytes(&taken.value.id, &sender, now) {
            Ok(bytes) => bytes,
            Err(_) => return self.give_up(taken, "not_written".to_owned()).await,
        };
        let posted = Posted { from: &address, to: &letter.to, bytes };
        match self.mail.server.post(&mut self.connection, posted).await {
            Ok(()) => {
                self.done.sent += 1;
                let sent = OutboxMessage {
                    state: MessageState::Sent,
                    sent_at: Some(now),
                    due_at: None,
                    failure: None,
                    ..taken.value.clone()
                };
                self.settle(taken, sent).await
            }
            Err(Refused::ForGood(answer)) => self.give_up(taken, format!("refused: {answer}")).await,
            Err(Refused::ForNow(answer)) => self.put_off(taken, format!("put off: {answer}")).await,
            Err(Refused::Server(problem)) => {
                self.problem = Some(problem.clone());
                self.put_off(taken, problem).await
            }
        }
    }

    async fn is_within_bound(&self, message: &OutboxMessage) -> Result<bool, CrmError> {
        let most = match message.content {
            MessageContent::Offer { .. } => self.settings.offers_per_day(),
            // Anybody can ask for codes: the last tenth is for orders.
            MessageContent::SignIn { .. } => self.settings.mail_per_day - self.settings.mail_per_day / 10,
            MessageContent::Order { .. } => self.settings.mail_per_day,
        };
        let day = self.now.to_zoned(TimeZone::UTC).date();
        Ok(most > 0 && self.crm.store.messages().count(day, most).await?)
    }

    async fn put_off(&mut self, read: Versioned<OutboxMessage>, why: String) -> Result<(), CrmError> {
        let attempts = read.value.attempts;
        if attempts >= MAX_ATTEMPTS {
            return self.give_up(read, why).await;
        }
        self.done.later += 1;
        let due_at = self.now.saturating_add(pause(attempts)).ok();
        let later = OutboxMessage { due_at, failure: Some(why), ..read.value.clone() };
        self.settle(read, later).await
    }

    async fn give_up(&mut self, read: Versioned<OutboxMessage>, why: String) -> Result<(), CrmError> {
        self.done.failed += 1;
        tracing::warn!(id = read.value.id, why, "a message was given up");
        let failed = OutboxMessage { state: MessageState::Failed, failure: Some(why), ..read.value.clone() };
        self.settle(read, failed).await
    }

    async fn settle(&mut self, read: Versioned<OutboxMessage>, next: OutboxMessage) -> Result<(), CrmError> {
        match self.crm.store.messages().put(next, read.unchanged()).await {
            // A merchant who said meanwhile that it was sent is right.
            Ok(_) | Err(StoreError::RevisionConflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// After the first attempt a minute, then four times as long each time, half a day at most.
fn pause(attempts: u32) -> SignedDuration {
    let times = 4_i32.saturating_pow(attempts.saturating_sub(1).min(10));
    FIRST_PAUSE.checked_mul(times).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

/// Writes down how sending goes, where that is something new.
async fn tell(crm: &Crm, configured: bool, problem: Option<String>, now: Timestamp) -> Result<(), CrmError> {
    let known = crm.store.crm().mail_status().await?;
    if known.is_some_and(|known| known.configured == configured && known.problem == problem) {
        return Ok(());
    }
    crm.store.crm().put_mail_status(&MailStatus { configured, problem, since: now }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_a_message_is_tried_for_more_than_a_day() {
        let pauses: Vec<i64> = (1..MAX_ATTEMPTS).map(|n| pause(n).as_mins()).collect();
        assert_eq!(pauses, [1, 4, 16, 64, 256, 720, 720]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
