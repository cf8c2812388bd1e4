//! A carrier in the shop's own words, for whatever passes a carrier's on: a tracking service, a few lines beside a warehouse's
//! system. docs/orders.md shows both directions.

use super::{Carrier, CarrierError, CarrierSettings, Notice, checked};
use crate::http::{DEADLINE, Http, HttpError};
use crate::provider::single;
use crate::{CallbackRefusal, Wrong, timed_signature};
use async_trait::async_trait;
use aws_lc_rs::hmac;
use axum::http::{HeaderMap, Request, header};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use stoa_domain::order::TrackingEvent;

/// `t=1764000000,v1=<hex HMAC-SHA256 of "t.body">`; several `v1` while a secret is changed.
pub const SIGNATURE_HEADER: &str = "stoa-signature";
const MAX_PARCELS: usize = 50;
const MAX_EVENTS: usize = 200;

/// What a webhook's body is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewEvents {
    pub id: String,
    pub parcels: Vec<ParcelEvents>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParcelEvents {
    pub tracking_number: String,
    pub events: Vec<TrackingEvent>,
}

/// What a question is answered with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Events {
    pub events: Vec<TrackingEvent>,
}

pub struct StandardCarrier {
    code: String,
    keys: Vec<hmac::Key>,
    ask_url: Option<String>,
    authorization: Option<String>,
    every: SignedDuration,
    http: Http,
}

impl StandardCarrier {
    pub(crate) fn new(code: &str, settings: &CarrierSettings, http: Http) -> Result<Self, Wrong> {
        let ask_url = checked(code, settings)?;
        let key = |secret: &crate::Secret| hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
        Ok(Self {
            code: code.to_owned(),
            keys: settings.webhook_secrets.iter().map(key).collect(),
            ask_url,
            authorization: settings.ask_token.as_ref().map(|token| format!("Bearer {}", token.reveal())),
            every: SignedDuration::from_secs(settings.ask_every_seconds.into()),
            http,
        })
    }

    /// The [`SIGNATURE_HEADER`]'s value for `body`, as whoever holds the secret makes it.
    pub fn sign(secret: &[u8], body: &[u8], now: Timestamp) -> String {
        timed_signature::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), body, now.as_second())
    }
}

#[async_trait]
impl Carrier for StandardCarrier {
    fn code(&self) -> &str {
        &self.code
    }

    fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Notice, CallbackRefusal> {
        if self.keys.is_empty() {
            return Err(CallbackRefusal::NotExpected);
        }
        let header = single(headers, SIGNATURE_HEADER)?.ok_or(CallbackRefusal::SignatureMissing)?;
        let mut refused = CallbackRefusal::SignatureInvalid;
        let holds = self.keys.iter().any(|key| match timed_signature::verify(key, header, body, now.as_second()) {
            Ok(()) => true,
            // Which of two keys it was does not matter, that it is old does.
            Err(refusal) => {
                if matches!(refusal, CallbackRefusal::SignatureExpired { .. }) {
                    refused = refusal;
                }
                false
            }
        });
        if !holds {
            return Err(refused);
        }
        let NewEvents { id, parcels } = serde_json::from_slice(body).map_err(CallbackRefusal::malformed)?;
        if !(1..=128).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CallbackRefusal::malformed("id must be 1 to 128 visible ASCII characters"));
        }
        let events: usize = parcels.iter().map(|parcel| parcel.events.len()).sum();
        if parcels.len() > MAX_PARCELS || events > MAX_EVENTS {
            let rule = format!("at most {MAX_PARCELS} parcels and {MAX_EVENTS} events at a time");
            return Err(CallbackRefusal::malformed(rule));
        }
        let printed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let named = |number: &str| (1..=40).contains(&number.len()) && number.chars().all(printed);
        if !parcels.iter().all(|parcel| named(&parcel.tracking_number)) {
            return Err(CallbackRefusal::malformed("a tracking number is 1 to 40 letters, digits and dashes"));
        }
        let parcels = parcels.into_iter().map(|parcel| (parcel.tracking_number, parcel.events)).collect();
        Ok(Notice { id, parcels })
    }

    fn pace(&self) -> Option<SignedDuration> {
        self.ask_url.as_ref().map(|_| self.every)
    }

    async fn ask(&self, tracking_number: &str) -> Result<Vec<TrackingEvent>, CarrierError> {
        let Some(url) = &self.ask_url else { return Ok(Vec::new()) };
        // A tracking number is letters, digits and dashes: it needs no escaping.
        let mut request = Request::get(format!("{url}/{tracking_number}")).header(header::ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Bytes::new()).map_err(HttpError::from)?;
        let answer = self.http.send(request, DEADLINE).await?;
        if !answer.status.is_success() {
            return Err(CarrierError::Refused(answer.status));
        }
        let not_understood = |e: serde_json::Error| CarrierError::NotUnderstood(e.to_string());
        let Events { mut events } = serde_json::from_slice(&answer.body).map_err(not_understood)?;
        events.truncate(MAX_EVENTS);
        Ok(events)
    }
}
