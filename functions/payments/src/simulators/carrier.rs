//! A carrier that carries nothing. Its parcels move by themselves from the moment it is first asked about them, and whenever
//! [`Simulators::ship`] says so; what it is asked and what it tells is the same.

use super::{Delivery, HeadersAndBody, KeysFailed, MAX_DELAY_SECONDS, MAX_DUPLICATES, Simulators, TriggerError, json};
use crate::Secret;
use crate::carrier::{CarrierSettings, Events, NewEvents, ParcelEvents, SIGNATURE_HEADER, StandardCarrier};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stoa_domain::order::{TrackingEvent, TrackingState};
use stoa_endpoint::random;

/// What parcels are sent with.
pub const CARRIER: &str = "simulated";
const ASK_EVERY_SECONDS: u32 = 10;
/// A signature so old is not believed.
const STALE: SignedDuration = SignedDuration::from_hours(1);
/// Seconds after it was first asked, and what is true of a parcel then.
const JOURNEY: [(i64, TrackingState, &str, &str); 5] = [
    (0, TrackingState::LabelMade, "", "Label printed"),
    (30, TrackingState::PickedUp, "景德镇", "已揽收 Picked up from the sender"),
    (120, TrackingState::InTransit, "苏州转运中心", "到达转运中心 Arrived at the sorting centre"),
    (600, TrackingState::OutForDelivery, "苏州姑苏区", "派件中 With the courier"),
    (1_200, TrackingState::Delivered, "苏州姑苏区", "已签收 Handed over"),
];

/// What to tell the shop of a parcel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShipTrigger {
    pub tracking_number: String,
    pub event: TrackingState,
    /// Deliveries beyond the first.
    #[serde(default)]
    pub duplicate: u32,
    #[serde(default)]
    pub delay_seconds: u64,
    #[serde(default)]
    pub tamper: Option<ShipTamper>,
    /// The carrier knows, but says nothing.
    #[serde(default)]
    pub silent: bool,
}

/// What is wrong with a carrier's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipTamper {
    /// Forged: the signature belongs to something else.
    Signature,
    /// Recorded an hour ago.
    Time,
    /// Of a parcel that nobody sent, well signed.
    Number,
}

pub(super) struct Depot {
    secret: String,
    token: String,
    /// Where the shop takes its word.
    shop: String,
    parcels: Mutex<BTreeMap<String, Journey>>,
}

struct Journey {
    since: Timestamp,
    told: Vec<TrackingEvent>,
}

impl Depot {
    pub(super) fn new(shop: String) -> Result<Self, KeysFailed> {
        let key = || random::hex::<32>().map_err(|e| KeysFailed(e.to_string()));
        Ok(Self { secret: key()?, token: key()?, shop, parcels: Mutex::default() })
    }

    fn parcels(&self) -> MutexGuard<'_, BTreeMap<String, Journey>> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is known of a parcel by now; asking is how it is first heard of.
    fn events(&self, number: &str, now: Timestamp) -> Vec<TrackingEvent> {
        let mut parcels = self.parcels();
        let journey = parcels.entry(number.to_owned()).or_insert_with(|| Journey { since: now, told: Vec::new() });
        // Once somebody decides about it, it moves no more by itself.
        let by_itself = JOURNEY.iter().filter(|_| journey.told.is_empty()).filter_map(|(after, state, place, said)| {
            let at = journey.since.saturating_add(SignedDuration::from_secs(*after)).ok()?;
            (at <= now).then(|| TrackingEvent { at, state: *state, place: (*place).into(), said: (*said).into() })
        });
        by_itself.chain(journey.told.iter().cloned()).collect()
    }
}

pub(super) fn routes() -> Router<Simulators> {
    Router::new().route("/carrier/parcels/{number}", get(ask)).route("/_simulators/ship", post(ship))
}

async fn ask(State(simulators): State<Simulators>, Path(number): Path<String>, headers: HeaderMap) -> Response {
    let depot = &simulators.0.depot;
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if sent != Some(format!("Bearer {}", depot.token).as_str()) {
        return json(StatusCode::UNAUTHORIZED, &json!({ "error": "unknown token" }));
    }
    json(StatusCode::OK, &json!(Events { events: depot.events(&number, Timestamp::now()) }))
}

async fn ship(
    State(simulators): State<Simulators>,
    axum::Json(trigger): axum::Json<ShipTrigger>,
) -> Result<axum::Json<Vec<Delivery>>, (StatusCode, String)> {
    simulators.ship(&trigger).await.map(axum::Json).map_err(|e| (StatusCode::UNPROCESSABLE_ENTITY, e.to_string()))
}

impl Simulators {
    /// What the shop is configured with to meet this carrier.
    pub fn carriers(&self) -> BTreeMap<String, CarrierSettings> {
        let depot = &self.0.depot;
        let settings = CarrierSettings {
            webhook_secrets: vec![Secret::new(depot.secret.as_str())],
            ask_url: Some(format!("{}/carrier/parcels", self.0.url)),
            ask_token: Some(Secret::new(depot.token.as_str())),
            ask_every_seconds: ASK_EVERY_SECONDS,
        };
        BTreeMap::from([(CARRIER.to_owned(), settings)])
    }

    /// Something happens to a parcel, and the shop is told, as often and as wrongly as asked; its answers in order.
    pub async fn ship(&self, trigger: &ShipTrigger) -> Result<Vec<Delivery>, TriggerError> {
        if trigger.duplicate > MAX_DUPLICATES || trigger.delay_seconds > MAX_DELAY_SECONDS {
            let rule = format!("duplicate must be at most {MAX_DUPLICATES}, delay at most {MAX_DELAY_SECONDS} s");
            return Err(TriggerError::OutOfRange(rule));
        }
        let event = self.happens(&trigger.tracking_number, trigger.event);
        if trigger.silent {
            return Ok(Vec::new());
        }
        tokio::time::sleep(Duration::from_secs(trigger.delay_seconds)).await;
        let mut deliveries = Vec::new();
        for _ in 0..=trigger.duplicate {
            // Signed anew for each delivery, with the same words.
            let (headers, body) = self.word(&trigger.tracking_number, &event, trigger.tamper);
            deliveries.push(self.deliver(&self.0.depot.shop, super::Callback { headers, body }).await);
        }
        Ok(deliveries)
    }

    /// Something happens to a parcel now, and nobody is told.
    pub fn happens(&self, number: &str, state: TrackingState) -> TrackingEvent {
        let step = JOURNEY.iter().find(|(_, known, ..)| *known == state);
        let (place, said) = step.map_or(("", "Something happened to it"), |(_, _, place, said)| (*place, *said));
        let event = TrackingEvent { at: Timestamp::now(), state, place: place.into(), said: said.into() };
        let depot = &self.0.depot;
        let before = depot.events(number, event.at);
        if let Some(journey) = depot.parcels().get_mut(number) {
            journey.told = before;
            journey.told.push(event.clone());
        }
        event
    }

    /// Headers and body of a word about a parcel that is not sent.
    pub fn word(&self, number: &str, event: &TrackingEvent, tamper: Option<ShipTamper>) -> HeadersAndBody {
        let number = if tamper == Some(ShipTamper::Number) { "NOBODY-SENT-THIS" } else { number };
        let parcels = vec![ParcelEvents { tracking_number: number.to_owned(), events: vec![event.clone()] }];
        let id = format!("{number}-{}-{}", event.state, event.at.as_microsecond());
        let body = json!(NewEvents { id, parcels }).to_string().into_bytes();
        let stale = tamper == Some(ShipTamper::Time);
        let at = if stale { Timestamp::now().saturating_sub(STALE).unwrap_or_default() } else { Timestamp::now() };
        let signed: &[u8] = if tamper == Some(ShipTamper::Signature) { b"something else" } else { &body };
        let signature = StandardCarrier::sign(self.0.depot.secret.as_bytes(), signed, at);
        (vec![("content-type", "application/json".to_owned()), (SIGNATURE_HEADER, signature)], body)
    }
}
