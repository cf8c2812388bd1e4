//! WeChat Pay, Alipay and Stripe offline, and a bank account that does not exist: every way to pay that Stoa has can be
//! tried on this machine.

use crate::shop::{ANY_PORT, Secrets};
use anyhow::{Context, Result};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use std::convert::Infallible;
use std::time::Duration;
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::PublicUrl;
use stoa_payments::carrier::Carriers;
use stoa_payments::simulators::{Simulators, WechatMode};
use stoa_payments::{BankAccount, ProviderSettings, Providers, Reconciled, Swept, Tracked};
use stoa_payments::{reconcile, sweep_unpaid, track_parcels};
use stoa_storage::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// As the checkout offers them; the sandbox first, for it asks nothing of who tries the shop.
pub(super) const METHODS: &str = "sandbox,wechat,alipay,stripe,bank_transfer";
/// As often as the deployed shop does it.
const RECONCILE_EVERY: Duration = Duration::from_secs(300);

/// Serves until dropped.
pub(crate) struct SimulatedPayments {
    pub(crate) url: String,
    pub(super) providers: Providers,
    /// What the payments function works with.
    pub(super) asking: stoa_payments::State,
    task: JoinHandle<()>,
}

impl Drop for SimulatedPayments {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SimulatedPayments {
    pub(super) async fn start(store: &Store, secrets: &Secrets, shop: &str) -> Result<Self> {
        let shop = PublicUrl::new(shop)?;
        let listener = TcpListener::bind(ANY_PORT).await.context("no port for the payment simulators")?;
        let url = format!("http://{}", listener.local_addr()?);
        let (at, notify) = (url.clone(), shop.clone());
        // Making the keys of three providers and their merchant takes a while.
        let simulators = tokio::task::spawn_blocking(move || Simulators::new(&at, &notify, WechatMode::Certificates));
        let simulators = simulators.await??;
        let account = BankAccount {
            holder: "Stoa Demo".to_owned(),
            account: "0000 0000 0000 0000".to_owned(),
            bank: "A bank that does not exist".to_owned(),
            bank_code: String::new(),
        };
        let settings = ProviderSettings { bank_transfer: Some(account), ..simulators.settings() };
        let providers = Providers::new(&settings, &shop)?;
        let config = stoa_payments::Config {
            public_url: shop,
            link_key: LinkKey::new(&hex::decode(&secrets.link_key)?),
            sandbox_secret: Some(hex::decode(&secrets.sandbox_secret)?),
            providers: providers.clone(),
            carriers: Carriers::new(&simulators.carriers())?,
        };
        let asking = stoa_payments::State::new(store.clone(), config);
        let router = simulators.router().merge(schedules(store.clone(), providers.clone(), asking.clone()));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the payment simulators stopped");
            }
        });
        Ok(Self { url, providers, asking, task })
    }

    /// What schedules do in production.
    pub(super) async fn reconcile_and_sweep_for_ever(&self, store: &Store) -> Infallible {
        loop {
            tokio::time::sleep(RECONCILE_EVERY).await;
            match reconcile(store, &self.providers, Timestamp::now()).await {
                Ok(done) => tracing::info!(?done, "reconciled"),
                Err(error) => tracing::error!(%error, "reconciling failed"),
            }
            match sweep_unpaid(store, &self.providers, Timestamp::now()).await {
                Ok(done) => tracing::info!(?done, "orders that nobody paid were swept"),
                Err(error) => tracing::error!(%error, "sweeping failed"),
            }
        }
    }
}

/// For `stoa pay reconcile` and `sweep`, and `stoa ship track`: the simulators' keys are in this process only.
fn schedules(store: Store, providers: Providers, asking: stoa_payments::State) -> Router {
    let (store_too, providers_too) = (store.clone(), providers.clone());
    let ask = async move || -> Result<Json<Reconciled>, String> {
        let done = reconcile(&store, &providers, Timestamp::now()).await;
        done.map(Json).map_err(|error: StoreError| error.to_string())
    };
    let sweep = async move || -> Result<Json<Swept>, String> {
        let done = sweep_unpaid(&store_too, &providers_too, Timestamp::now()).await;
        done.map(Json).map_err(|error: StoreError| error.to_string())
    };
    let track = async move || -> Result<Json<Tracked>, String> {
        let done = track_parcels(&asking, Timestamp::now()).await;
        done.map(Json).map_err(|error: StoreError| error.to_string())
    };
    Router::new().route("/_reconcile", post(ask)).route("/_sweep", post(sweep)).route("/_track", post(track))
}
