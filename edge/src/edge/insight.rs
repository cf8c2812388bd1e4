//! `POST /insight`: what a page says of a search, by a beacon that waits for no answer.

use super::Edge;
use super::catalogue::now;
use crate::http::{Kind, Reply, Request};
use crate::insight::Note;
use crate::platform::{Outgoing, Platform};
use crate::view::View;
use std::rc::Rc;

/// So long is gathered before it is handed over: the platform lets work go on for 30 s after the response.
const GATHER_MS: u32 = 8_000;
const TIMEOUT_MS: u32 = 10_000;

impl Edge {
    pub(super) fn note<P: Platform>(self: &Rc<Self>, platform: &P, request: &Request, view: &View<'_>) -> Reply {
        let done = |status| Reply::new(status, Kind::Transient, "text/plain; charset=utf-8", "");
        if !request.is_same_origin() {
            return done(403);
        }
        let Some(note) = Note::read(&request.form()) else { return done(204) };
        let address = request.header("cf-connecting-ip").unwrap_or_default();
        let mut state = self.state.borrow_mut();
        if !state.insight.hears(address, platform.now_ms(), || platform.random_key()) {
            return done(204);
        }
        state.insight.count(view.snapshot, &view.locale, &note, address, now(platform));
        if state.insight.begins(platform.now_ms()) {
            let (this, on) = (self.clone(), platform.clone());
            platform.defer(Box::pin(async move { this.hand_over(&on).await }));
        }
        done(204)
    }

    /// Nobody is told when it fails: these are figures, not business.
    async fn hand_over<P: Platform>(&self, platform: &P) {
        platform.sleep(GATHER_MS).await;
        let Some(batch) = self.state.borrow_mut().insight.take() else { return };
        let outgoing = Outgoing {
            method: "POST",
            url: format!("{}/api/insight", self.config.checkout_url),
            headers: vec![("content-type", "application/json".to_owned())],
            body: Some(batch.to_string().into_bytes()),
            max_bytes: 4_096,
            timeout_ms: TIMEOUT_MS,
        };
        match platform.call(outgoing).await {
            Ok(answer) if answer.status < 300 => {}
            Ok(answer) => platform.log(&format!("a batch of searches was answered with {}", answer.status)),
            Err(error) => platform.log(&format!("a batch of searches was lost: {error}")),
        }
    }
}
