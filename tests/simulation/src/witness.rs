//! What actors saw: every order that was asked for, with all answers to it, and every callback with what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One request for an order: what was sent, and each answer to it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) key: String,
    pub(crate) cookie: String,
    pub(crate) body: String,
    pub(crate) answers: Vec<(u16, String)>,
}

#[derive(Debug, Default)]
struct Seen {
    orders: Vec<Asked>,
    /// By event: how often it was told to have changed something.
    events: BTreeMap<String, u32>,
    happened: BTreeSet<&'static str>,
    violations: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Witness(Mutex<Seen>);

impl Witness {
    fn seen_mut(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn asks(&self, key: &str, cookie: &str, body: &str) {
        let mut seen = self.seen_mut();
        if !seen.orders.iter().any(|asked| asked.key == key) {
            let (key, cookie, body) = (key.to_owned(), cookie.to_owned(), body.to_owned());
            seen.orders.push(Asked { key, cookie, body, answers: Vec::new() });
        }
    }

    pub(crate) fn answered(&self, key: &str, status: u16, body: &str) {
        if let Some(asked) = self.seen_mut().orders.iter_mut().find(|asked| asked.key == key) {
            asked.answers.push((status, body.to_owned()));
        }
    }

    pub(crate) fn orders(&self) -> Vec<Asked> {
        self.seen_mut().orders.clone()
    }

    /// A callback was taken, with this result.
    pub(crate) fn callback(&self, event: &str, result: &str) {
        let mut seen = self.seen_mut();
        let result = match result {
            "recorded" => "callback recorded",
            "held" => "payment held",
            // Told each time, and changes nothing.
            "paid_twice" | "ignored" => {
                seen.happened.insert(if result == "ignored" { "callback ignored" } else { "paid twice" });
                return;
            }
            other => {
                seen.violations.push(format!("a callback's result is {other}"));
                return;
            }
        };
        seen.happened.insert(result);
        let count = seen.events.entry(event.to_owned()).or_default();
        *count += 1;
        if *count == 2 {
            seen.violations.push(format!("the event {event} counted twice"));
        }
    }

    pub(crate) fn happened(&self, what: &'static str) {
        self.seen_mut().happened.insert(what);
    }

    pub(crate) fn violation(&self, what: impl Into<String>) {
        self.seen_mut().violations.push(what.into());
    }

    pub(crate) fn seen(&self) -> BTreeSet<&'static str> {
        self.seen_mut().happened.clone()
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.seen_mut().violations.clone()
    }
}
