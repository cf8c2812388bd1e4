//! Carriers that tell what becomes of parcels: one small interface, and the settings that say which of them the shop has.
//! The webhook is [`receive`], the asking [`crate::track_parcels`]; both end in [`tell`], where the order decides.

pub(crate) mod receive;
mod standard;

pub use standard::{Events, NewEvents, ParcelEvents, SIGNATURE_HEADER, StandardCarrier};

use crate::config::{base_url, readable};
use crate::http::{Http, HttpError};
use crate::keys::Secret;
use crate::{CallbackRefusal, Wrong};
use async_trait::async_trait;
use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use stoa_domain::OrderId;
use stoa_domain::order::{Act, TrackingEvent};
use stoa_endpoint::config::{ConfigError, optional};
use stoa_storage::{StockEffect, Store, StoreError, UpdateOrder};

const SETTING: &str = "STOA_CARRIERS";
const MAX_CARRIERS: usize = 20;
const MAX_CODE_CHARS: usize = 60;
const MIN_SECRET_BYTES: usize = 32;
/// How often a carrier's word is written anew when others change the order meanwhile.
const ATTEMPTS: u32 = 5;

/// A carrier, or whoever passes its words on.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// As parcels have it: `sf-express`.
    fn code(&self) -> &str;

    /// What a webhook says, once its signature holds over the bytes that arrived and was made lately.
    fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Notice, CallbackRefusal>;

    /// How long after one question about a parcel the next is worth asking; it grows while the parcel is under way. None: this
    /// carrier cannot be asked.
    fn pace(&self) -> Option<SignedDuration>;

    /// All that it knows of a parcel.
    async fn ask(&self, tracking_number: &str) -> Result<Vec<TrackingEvent>, CarrierError>;
}

/// What one webhook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The carrier's own name for it, 1 to 128 visible characters: told twice it counts once.
    pub id: String,
    /// Tracking numbers, and what happened to each.
    pub parcels: Vec<(String, Vec<TrackingEvent>)>,
}

/// Why a carrier did not answer.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("it answered {0}")]
    Refused(StatusCode),
    #[error("its answer is not understood: {0}")]
    NotUnderstood(String),
}

/// One carrier that the shop has a contract with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrierSettings {
    /// What its webhooks are signed with, 32 bytes or more; while it is changed, both.
    #[serde(default)]
    pub webhook_secrets: Vec<Secret>,
    /// Where it is asked: the tracking number is put behind it. None: it only tells by itself.
    #[serde(default)]
    pub ask_url: Option<String>,
    /// Sent as `Authorization: Bearer …`.
    #[serde(default)]
    pub ask_token: Option<Secret>,
    #[serde(default = "half_an_hour")]
    pub ask_every_seconds: u32,
}

fn half_an_hour() -> u32 {
    1_800
}

/// The carriers of a configuration. Cheap to clone.
#[derive(Clone, Default)]
pub struct Carriers(Arc<[Arc<dyn Carrier>]>);

impl Carriers {
    /// Reads `STOA_CARRIERS`: settings by a carrier's code as one JSON object, or the path of a file that holds it. None where
    /// it is not set.
    pub fn from_env() -> Result<Self, ConfigError> {
        let Some(text) = optional(SETTING) else { return Ok(Self::default()) };
        Self::new(&readable(SETTING, "docs/orders.md", &text)?)
    }

    pub fn new(settings: &BTreeMap<String, CarrierSettings>) -> Result<Self, ConfigError> {
        let wrong = |(field, rule): Wrong| ConfigError::new(SETTING, format!("usable: {field} {rule}"));
        if settings.len() > MAX_CARRIERS {
            return Err(wrong(("carriers", format!("must be at most {MAX_CARRIERS}"))));
        }
        let http = Http::default();
        let one = |(code, settings): (&String, &CarrierSettings)| {
            StandardCarrier::new(code, settings, http.clone()).map(|carrier| Arc::new(carrier) as Arc<dyn Carrier>)
        };
        settings.iter().map(one).collect::<Result<_, _>>().map(Self).map_err(wrong)
    }

    pub fn get(&self, code: &str) -> Option<&dyn Carrier> {
        self.0.iter().map(AsRef::as_ref).find(|carrier| carrier.code() == code)
    }
}

impl FromIterator<Arc<dyn Carrier>> for Carriers {
    fn from_iter<I: IntoIterator<Item = Arc<dyn Carrier>>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl std::fmt::Debug for Carriers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|carrier| carrier.code())).finish()
    }
}

/// Checks what [`StandardCarrier`] is made of.
fn checked(code: &str, settings: &CarrierSettings) -> Result<Option<String>, Wrong> {
    let printed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if code.is_empty() || code.len() > MAX_CODE_CHARS || !code.chars().all(printed) {
        return Err(("a carrier's code", format!("must be 1 to {MAX_CODE_CHARS} letters, digits, - and _")));
    }
    if settings.webhook_secrets.iter().any(|secret| secret.reveal().len() < MIN_SECRET_BYTES) {
        return Err(("webhook_secrets", format!("must have at least {MIN_SECRET_BYTES} bytes each")));
    }
    if !(5..=86_400).contains(&settings.ask_every_seconds) {
        return Err(("ask_every_seconds", "must be 5 to 86400".to_owned()));
    }
    settings.ask_url.as_deref().map(|url| base_url(url, "ask_url")).transpose()
}

/// Writes a carrier's word into the order, whoever changes it meanwhile. Answers whether anything was new.
pub(crate) async fn tell(
    store: &Store,
    carrier: &str,
    (order, shipment): (&OrderId, u32),
    events: &[TrackingEvent],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let by = format!("carrier:{carrier}");
    let mut conflict = StoreError::RevisionConflict { what: "order" };
    for _ in 0..ATTEMPTS {
        let Some(read) = store.orders().get(order).await? else { return Ok(false) };
        let mut changed = read.value;
        match changed.track(shipment, events, Act { at: now, by: &by, why: "" }) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(refusal) => {
                tracing::warn!(%order, shipment, code = refusal.code(), "a carrier's word does not fit its order");
                return Ok(false);
            }
        }
        let update = UpdateOrder { order: changed, revision: read.revision, payment: None, stock: StockEffect::Keep };
        match store.orders().update(update).await {
            Ok(_) => return Ok(true),
            Err(error @ StoreError::RevisionConflict { .. }) => conflict = error,
            Err(error) => return Err(error),
        }
    }
    Err(conflict)
}
