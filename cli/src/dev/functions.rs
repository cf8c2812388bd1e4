//! The functions' routers, unchanged, on one port of this machine.

use super::payments::{METHODS, SimulatedPayments};
use crate::shop::{ANY_PORT, Secrets};
use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use jiff::Timestamp;
use std::convert::Infallible;
use std::time::Duration;
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::PublicUrl;
use stoa_payments::{Refunding, Tracked};
use stoa_storage::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

const REFUND_EVERY: Duration = Duration::from_secs(3);
const TRACK_EVERY: Duration = Duration::from_secs(5);

/// Serves until dropped.
pub(crate) struct Functions {
    pub(crate) url: String,
    pub(crate) payments: SimulatedPayments,
    asking: stoa_payments::State,
    task: JoinHandle<()>,
}

impl Drop for Functions {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Functions {
    /// `public_url`: the shop's origin.
    pub(crate) async fn start(store: &Store, secrets: &Secrets, public_url: &str) -> Result<Self> {
        let payments = SimulatedPayments::start(store, secrets, public_url).await?;
        let asking = payments.asking.clone();
        let router = router(store, secrets, public_url, asking.clone())?;
        let listener = TcpListener::bind(ANY_PORT).await.context("no port for the functions")?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the functions' server stopped");
            }
        });
        Ok(Self { url, payments, asking, task })
    }

    /// What a schedule does in production, more often: somebody is looking.
    pub(crate) async fn track_for_ever(&self) -> Infallible {
        loop {
            match stoa_payments::track_parcels(&self.asking, Timestamp::now()).await {
                Ok(done) if done == Tracked::default() => {}
                Ok(done) => tracing::info!(?done, "carriers asked about parcels"),
                Err(error) => tracing::error!(%error, "carriers could not be asked about parcels"),
            }
            tokio::time::sleep(TRACK_EVERY).await;
        }
    }

    /// The same.
    pub(crate) async fn refund_for_ever(&self) -> Infallible {
        loop {
            match stoa_payments::refund(&self.asking, Timestamp::now()).await {
                Ok(done) if done == Refunding::default() => {}
                Ok(done) => tracing::info!(?done, "refunds asked for"),
                Err(error) => tracing::error!(%error, "refunds could not be asked for"),
            }
            tokio::time::sleep(REFUND_EVERY).await;
        }
    }
}

fn router(store: &Store, secrets: &Secrets, public_url: &str, payments: stoa_payments::State) -> Result<Router> {
    let public_url = PublicUrl::new(public_url)?;
    let link_key = LinkKey::new(&hex::decode(&secrets.link_key)?);
    let checkout = stoa_checkout::Config {
        public_url,
        link_key,
        plugin_verify_key: Some(hex::decode(&secrets.plugin_verify_key)?),
        payment_methods: stoa_checkout::PaymentMethods::new(METHODS)?,
    };
    let checkout = stoa_checkout::router(stoa_checkout::State::new(store.clone(), checkout));
    let payments = stoa_payments::router(payments);
    let merchant = stoa_merchant::Config { plugin_signing_key: Some(secrets.signing_key()?) };
    let merchant = stoa_merchant::router(stoa_merchant::State::new(store.clone(), merchant));
    // Each answers unknown paths itself, so they stand side by side by path, as behind one domain in production.
    Ok(Router::new().fallback(move |request: Request| {
        let path = request.uri().path();
        let under =
            |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let router = if under("/payments") || under("/api/carriers") {
            &payments
        } else if under("/admin") {
            &merchant
        } else {
            &checkout
        };
        router.clone().oneshot(request)
    }))
}
