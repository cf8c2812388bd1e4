//! The payments function on Lambda: wiring only. It is called by shoppers and providers over HTTP, and by a schedule.

use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Error};
use serde_json::Value;
use stoa_payments::{Config, State, reconcile, refund, router, sweep_unpaid, track_parcels};
use stoa_storage::Store;

#[tokio::main]
async fn main() -> Result<(), Error> {
    stoa_endpoint::init_tracing();
    let config = Config::from_env()?;
    let store = Store::open(&stoa_storage::Config::from_env()?).await;
    let providers = config.providers.clone();
    let state = State::new(store.clone(), config);
    let http = Adapter::from(router(state.clone()));
    let handle = lambda_runtime::service_fn(move |event: LambdaEvent<Value>| {
        let (store, providers, state, http) = (store.clone(), providers.clone(), state.clone(), http.clone());
        async move {
            // What the schedules in infra/template.yaml send. No HTTP event has such a field.
            if event.payload["task"] == "reconcile" {
                let done = reconcile(&store, &providers, jiff::Timestamp::now()).await?;
                tracing::info!(?done, "reconciled");
                return Ok::<_, Error>(serde_json::to_value(done)?);
            }
            if event.payload["task"] == "sweep_unpaid" {
                let done = sweep_unpaid(&store, &providers, jiff::Timestamp::now()).await?;
                tracing::info!(?done, "orders that nobody paid were swept");
                return Ok(serde_json::to_value(done)?);
            }
            if event.payload["task"] == "refund" {
                let done = refund(&state, jiff::Timestamp::now()).await?;
                tracing::info!(?done, "refunds asked for");
                return Ok(serde_json::to_value(done)?);
            }
            if event.payload["task"] == "track_parcels" {
                let done = track_parcels(&state, jiff::Timestamp::now()).await?;
                tracing::info!(?done, "carriers asked about parcels");
                return Ok(serde_json::to_value(done)?);
            }
            let request = LambdaEvent::new(serde_json::from_value(event.payload)?, event.context);
            Ok(serde_json::to_value(http.oneshot(request).await?)?)
        }
    });
    lambda_runtime::run(handle).await
}
