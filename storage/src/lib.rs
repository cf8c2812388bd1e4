//! The shop's data: one DynamoDB table and two buckets. Every key is in [`keys`], one file per aggregate, and this is
//! the only crate that speaks to AWS.
//!
//! What is read or written by whom, at which consistency and cost, is in docs/access-patterns.md.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use stoa_storage::{Config, Store};
//! let store = Store::open(&Config::from_env()?).await;
//! let page = store.products().page(None, 100).await?;
//! # Ok(()) }
//! ```

mod accounts;
mod body;
mod by_state;
mod calls;
mod carts;
mod config;
mod crm;
mod customers;
mod edition;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod idempotency;
mod imports;
mod insight;
pub mod keys;
mod messages;
#[cfg(feature = "embedded")]
pub mod meter;
mod objects;
mod orders;
mod payments;
mod plugins;
mod privacy;
mod products;
mod promotions;
mod publish_head;
mod reviews;
pub mod schema;
mod search;
mod shop;
mod stock;
mod table;
#[cfg(feature = "embedded")]
pub mod testing;
mod tokens;
mod versioned;

pub use accounts::{Accounts, MAX_SESSIONS, MAX_TRIES, SESSION_TIME, SIGN_IN_TIME, Session, SignIn};
pub use carts::{CART_DAYS, Carts};
pub use config::{Config, ConfigError, Keys};
pub use crm::{Crm, MailStatus, SweepProgress};
pub use customers::{
    ANSWER_DAYS, Application, CUSTOMER_PARTITIONS, Counted, Customers, MAX_ANSWERS, MAX_CUSTOMERS_PAGE,
    MarketingAnswer, Once,
};
pub use error::StoreError;
pub use idempotency::{
    Begun, IDEMPOTENCY_LEASE_SECONDS, IDEMPOTENCY_SECONDS, Idempotency, IdempotencyKey, InvalidIdempotencyKey,
    MAX_RESPONSE_BYTES,
};
pub use imports::{ImportProgress, Imports};
pub use insight::Insights;
pub use messages::{
    CLAIM, MAX_MESSAGES_PAGE, MESSAGE_KEPT_DAYS, MessageContent, MessageCoupon, MessageState, Messages, OrderNews,
    OutboxMessage,
};
pub use objects::{MAX_OBJECT_BYTES, Objects, Prefix, StoredObject};
pub use orders::{
    MAX_ORDERS_PAGE, MAX_PARCELS_PAGE, MAX_REFUNDS_PAGE, MAX_RESERVATIONS, OpenRefund, OrderAndPayment, Orders,
    PlaceOrder, Placed, PlacedBefore, Reservation, StockEffect, TrackedParcel, UpdateOrder,
};
pub use payments::{CallbackOutcome, MAX_EVENT_ID_BYTES, Payments, RecordCallback};
pub use plugins::{
    MAX_EVENTS, MAX_RUN_BYTES, PluginAbi, PluginFailures, PluginRecord, PluginRun, PluginVersion, Plugins, RUN_DAYS,
    RunOutcome, UploadReport, UploadSizes, VersionRuns,
};
pub use privacy::{Forgotten, PersonalData, Privacy, SessionData};
pub use products::{MAX_PRODUCTS_PAGE, Products, PutProduct, SkuMatch};
pub use promotions::{
    CodeUse, CustomerUse, MAX_CODES_AT_ONCE, MAX_CODES_PAGE, MAX_USES, PromotionCode, PromotionUse, Promotions, Spent,
    Standing, Uses, customer_key,
};
pub use publish_head::{MAX_HISTORY, PublishHead, PublishHeads, PublishedVersion};
pub use reviews::{MAX_REVIEWS_PAGE, Reviews};
pub use search::{LiveSearch, Searches};
pub use shop::{ShopData, Shops};
pub use stock::Stock;
pub use tokens::{TokenRecord, Tokens};
pub use versioned::{Cursor, Expected, Page, Revision, Versioned};

use futures::future::BoxFuture;
use std::sync::Arc;

/// What a sub-store's methods return.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The open table and buckets. Cheap to clone; one a process.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    table: table::Table,
    s3: aws_sdk_s3::Client,
    config: Config,
}

impl Store {
    /// Makes the clients; no request is sent before the first use.
    pub fn open(config: &Config) -> BoxFuture<'_, Self> {
        Box::pin(async move {
            let sdk = config.sdk().await;
            let dynamo = aws_sdk_dynamodb::Client::from_conf(config.dynamodb(&sdk));
            let s3 = aws_sdk_s3::Client::from_conf(config.s3(&sdk));
            let table = table::Table::new(dynamo, config.table.clone());
            Self { inner: Arc::new(Inner { table, s3, config: config.clone() }) }
        })
    }

    /// As [`Store::open`], counting the units that requests consume.
    #[cfg(feature = "embedded")]
    pub async fn metered(config: &Config) -> (Self, meter::Meter) {
        let sdk = config.sdk().await;
        let meter = meter::Meter::default();
        let dynamo = config.dynamodb(&sdk).to_builder().interceptor(meter.clone()).build();
        let table = table::Table::new(aws_sdk_dynamodb::Client::from_conf(dynamo), config.table.clone());
        let s3 = aws_sdk_s3::Client::from_conf(config.s3(&sdk));
        (Self { inner: Arc::new(Inner { table, s3, config: config.clone() }) }, meter)
    }

    /// Over a wire of the caller's, for the simulation: a table and no buckets.
    #[cfg(feature = "embedded")]
    pub fn over(wire: Arc<dyn embedded::memory::Wire>) -> Self {
        let wire = embedded::memory::OverWire(wire);
        let keys = Keys { access_key: "none".to_owned(), secret_key: "none".to_owned() };
        let config = Config::local("http://table.invalid", "http://buckets.invalid", keys);
        let table = table::Table::new(aws_sdk_dynamodb::Client::from_conf(Config::over(&wire)), config.table.clone());
        let s3 = aws_sdk_s3::Config::builder().behavior_version_latest().http_client(wire.client()).build();
        Self { inner: Arc::new(Inner { table, s3: aws_sdk_s3::Client::from_conf(s3), config }) }
    }

    /// The table of [`Store::create`] alone.
    #[cfg(feature = "embedded")]
    pub async fn create_table(&self) -> Result<()> {
        schema::create_table(&self.inner.table).await
    }

    /// The same store for whoever writes only under conditions, or not at all: what it reads may be what was there a moment
    /// ago, and costs half. See docs/decisions/0018-an-order-is-one-item.md for who may.
    pub fn eventual(&self) -> Self {
        let Inner { table, s3, config } = self.inner.as_ref();
        Self { inner: Arc::new(Inner { table: table.eventual(), s3: s3.clone(), config: config.clone() }) }
    }

    /// Makes the table with its index, stream and time to live, and both buckets. For dev and tests; production's are
    /// declared in infra/template.yaml from the same [`schema`]. What already exists is left as it is.
    pub async fn create(&self) -> Result<()> {
        schema::create_table(&self.inner.table).await?;
        self.objects().create_buckets().await
    }

    /// The settings the store was opened with.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }
    pub fn products(&self) -> Products<'_> {
        Products { table: &self.inner.table }
    }
    pub fn stock(&self) -> Stock<'_> {
        Stock { table: &self.inner.table }
    }
    pub fn shop(&self) -> Shops<'_> {
        Shops { table: &self.inner.table }
    }
    pub fn carts(&self) -> Carts<'_> {
        Carts { table: &self.inner.table }
    }
    pub fn orders(&self) -> Orders<'_> {
        Orders { table: &self.inner.table }
    }
    pub fn payments(&self) -> Payments<'_> {
        Payments { table: &self.inner.table }
    }
    pub fn reviews(&self) -> Reviews<'_> {
        Reviews { table: &self.inner.table }
    }
    pub fn idempotency(&self) -> Idempotency<'_> {
        Idempotency { table: &self.inner.table }
    }
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens { table: &self.inner.table }
    }
    pub fn plugins(&self) -> Plugins<'_> {
        Plugins { table: &self.inner.table }
    }
    pub fn promotions(&self) -> Promotions<'_> {
        Promotions { table: &self.inner.table }
    }
    pub fn customers(&self) -> Customers<'_> {
        Customers { table: &self.inner.table }
    }
    pub fn messages(&self) -> Messages<'_> {
        Messages { table: &self.inner.table }
    }
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts { table: &self.inner.table }
    }
    pub fn privacy(&self) -> Privacy<'_> {
        Privacy { store: self }
    }
    pub fn crm(&self) -> Crm<'_> {
        Crm { table: &self.inner.table }
    }
    pub fn imports(&self) -> Imports<'_> {
        Imports { table: &self.inner.table }
    }
    pub fn insights(&self) -> Insights<'_> {
        Insights { table: &self.inner.table }
    }
    pub fn search(&self) -> Searches<'_> {
        Searches { table: &self.inner.table }
    }
    pub fn publish_head(&self) -> PublishHeads<'_> {
        PublishHeads { table: &self.inner.table }
    }
    pub fn objects(&self) -> Objects<'_> {
        Objects { s3: &self.inner.s3, config: &self.inner.config }
    }
    /// The table's stream, for a process that follows it itself (`stoa dev`); in production Lambda does.
    pub fn table_name(&self) -> &str {
        &self.inner.config.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only while the futures are Send: functions and tests spawn them.
    #[allow(dead_code)]
    fn futures_can_be_spawned(store: &'static Store, place: PlaceOrder, callback: RecordCallback) {
        fn spawned<F: Future + Send + 'static>(_: F) {}
        let (products, orders) = (store.products(), store.orders());
        let products: &'static Products<'static> = Box::leak(Box::new(products));
        let orders: &'static Orders<'static> = Box::leak(Box::new(orders));
        let (stock, payments) = (Box::leak(Box::new(store.stock())), Box::leak(Box::new(store.payments())));
        spawned(products.put_many(Vec::new()));
        spawned(products.get_many(&[]));
        spawned(products.by_skus(&[]));
        spawned(products.page(None, 1));
        spawned(orders.place(place));
        spawned(orders.list(None, None, 1));
        spawned(stock.set_many(&[]));
        spawned(payments.record_callback(callback));
    }
}
