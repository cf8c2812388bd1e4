//! A shop with the CRM, the samples built for wasm32, and customers. Samples are built beforehand: `./stoa test crm`.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use stoa_crm::{Config, Crm, Event, MailConfig, Swept};
use stoa_domain::marketing::{Birthday, Customer};
use stoa_domain::order::OrderState;
use stoa_domain::plugin::{Build, Version, World};
use stoa_domain::promotion::Promotion;
use stoa_domain::{CustomerId, OrderId, PluginId};
use stoa_plugin_runtime::{Engine, artefact_key, compile, generate_keys};
use stoa_storage::testing::{LocalStore, order};
use stoa_storage::{
    Expected, MessageContent, MessageState, OutboxMessage, PluginRecord, StockEffect, Store, SweepProgress,
    UpdateOrder, customer_key,
};

pub struct Shop {
    pub local: LocalStore,
    pub crm: Crm,
    signing_key: Vec<u8>,
    pub verify_key: Vec<u8>,
}

pub fn built(sample: &str) -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "../../target".into(), PathBuf::from);
    let name = format!("stoa_sample_{}.wasm", sample.replace('-', "_"));
    let path = target.join("wasm32-unknown-unknown/guest").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; `./stoa test crm` builds it", path.display()))
}

pub async fn shop() -> Shop {
    shop_with(None).await
}

pub async fn shop_with(mail: Option<MailConfig>) -> Shop {
    let local = LocalStore::with_settings().await;
    let (signing_key, verify_key) = generate_keys().unwrap();
    let crm = Crm::new(local.store.clone(), Config { plugin_verify_key: Some(verify_key.clone()), mail });
    Shop { local, crm, signing_key, verify_key }
}

pub fn wang_li() -> CustomerId {
    customer_key("wang.li@example.com").unwrap()
}

impl Shop {
    pub fn store(&self) -> &Store {
        &self.local.store
    }

    /// The sample, released to everybody.
    pub async fn install(&self, sample: &str, world: World, settings: Value) -> PluginId {
        let artefact = compile(&Engine::new().unwrap(), &built(sample), &self.signing_key).unwrap();
        let key = artefact_key(&artefact.digest);
        self.store().objects().private_put(&key, artefact.bytes.into(), "application/octet-stream").await.unwrap();
        let id = PluginId::new(sample).unwrap();
        let new = PluginRecord::new(id.clone(), sample.to_owned(), settings.to_string(), 0, Timestamp::now());
        let mut record = PluginRecord { world, sample_percent: 100, ..new };
        let version = Version::new("1.0.0").unwrap();
        record.life.release(Build { version, digest: artefact.digest, target: None }, 100).unwrap();
        self.store().plugins().put(&record, Expected::Absent).await.unwrap();
        id
    }

    pub async fn promotion(&self, id: &str) {
        let promotion = json!({ "id": id, "title": { "en": id }, "code_required": true,
            "actions": [{ "discount_order": { "value": { "basis_points": 1000 } } }] });
        let promotion: Promotion = serde_json::from_value(promotion).unwrap();
        self.store().promotions().put(&promotion, Expected::Absent).await.unwrap();
    }

    /// Of two mugs for ¥25.00, by wang.li@example.com.
    pub async fn order(&self, name: &str, consents: bool) -> OrderId {
        let mut placing = order(self.store(), name).await;
        placing.order.marketing_consent = consents;
        let id = placing.order.id.clone();
        self.store().orders().place(placing).await.unwrap();
        id
    }

    pub async fn turn(&self, id: &OrderId, to: OrderState) {
        let read = self.store().orders().get(id).await.unwrap().unwrap();
        let mut order = read.value;
        order.transition(to, Timestamp::now(), "tests", "because").unwrap();
        let update = UpdateOrder { order, revision: read.revision, stock: StockEffect::Keep, payment: None };
        self.store().orders().update(update).await.unwrap();
    }

    /// Paid, and gone through by the CRM.
    pub async fn customer(&self, consents: bool) -> Customer {
        let order = self.order("first", consents).await;
        self.turn(&order, OrderState::Paid).await;
        self.hear(&[&order]).await;
        self.wang_li().await
    }

    /// What the stream tells of changed orders.
    pub async fn hear(&self, orders: &[&OrderId]) {
        let event: Event = serde_json::from_str(&batch(orders)).unwrap();
        stoa_crm::handle(&self.crm, &event, Timestamp::now()).await.unwrap();
    }

    /// What the stream tells of messages that were written.
    pub async fn hear_of(&self, messages: &[&str]) {
        let keys = messages.iter().map(|id| (format!("MESSAGE#{id}"), "MESSAGE"));
        let event: Event = serde_json::from_str(&batch_of(keys, "INSERT")).unwrap();
        stoa_crm::handle(&self.crm, &event, Timestamp::now()).await.unwrap();
    }

    /// Offers that wait, without what an order's buyer is told.
    pub async fn offers(&self) -> Vec<OutboxMessage> {
        let waiting = self.store().messages().list(MessageState::Waiting, None, 100).await.unwrap().items;
        waiting.into_iter().filter(|message| matches!(message.content, MessageContent::Offer { .. })).collect()
    }

    pub async fn wang_li(&self) -> Customer {
        self.store().customers().get(&wang_li()).await.unwrap().unwrap().value
    }

    pub async fn born(&self, birthday: &str) {
        let read = self.store().customers().get(&wang_li()).await.unwrap().unwrap();
        let customer = Customer { birthday: Some(Birthday::new(birthday).unwrap()), ..read.value.clone() };
        self.store().customers().put(&customer, read.unchanged()).await.unwrap();
    }

    /// So many days from now, at noon.
    pub async fn sweep_in(&self, days: i64) -> Swept {
        stoa_crm::sweep(&self.crm, noon(days), Duration::from_secs(60), false).await.unwrap()
    }

    /// As if today's had not been.
    pub async fn forget_the_sweep(&self, days: i64) {
        let day = noon(days).to_zoned(jiff::tz::TimeZone::UTC).date();
        self.store().crm().put_sweep(&SweepProgress::beginning(day), Expected::Any).await.unwrap();
    }
}

pub fn noon(days: i64) -> Timestamp {
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    today.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp() + (days * 24).hours()
}

/// A batch in the shape in which Lambda delivers a DynamoDB stream.
pub fn batch(orders: &[&OrderId]) -> String {
    let others = [("CART#1".to_owned(), "CART"), ("ORDER#1".to_owned(), "OTHER")];
    batch_of(orders.iter().map(|id| (format!("ORDER#{id}"), "ORDER")).chain(others), "MODIFY")
}

fn batch_of<'a>(keys: impl Iterator<Item = (String, &'a str)>, event: &str) -> String {
    let record = |(at, (pk, sk)): (usize, (String, &str))| {
        json!({
            "eventID": format!("{at:032x}"), "eventName": event, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_161_600.0, "Keys": { "pk": { "S": pk }, "sk": { "S": sk } },
                "SequenceNumber": format!("{at}00000000015753200"), "SizeBytes": 42, "StreamViewType": "KEYS_ONLY",
            },
            "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/stoa/stream/2026-11-20T08:00:00.000",
        })
    };
    let records: Vec<Value> = keys.enumerate().map(record).collect();
    json!({ "Records": records }).to_string()
}
