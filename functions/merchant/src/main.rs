//! The merchant function on Lambda: wiring only. It is called by the merchant over HTTP, and by a schedule.

use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Error};
use serde_json::Value;
use stoa_merchant::plugins::recompile;
use stoa_merchant::{Config, State, router};
use stoa_storage::Store;

fn main() -> Result<(), Error> {
    // Uploads are compiled by this same program, started again: then it does nothing else, and does not return.
    stoa_plugin_runtime::compiler_process::enter();
    serve()
}

#[tokio::main]
async fn serve() -> Result<(), Error> {
    stoa_endpoint::init_tracing();
    let config = Config::from_env()?;
    let store = Store::open(&stoa_storage::Config::from_env()?).await;
    let signing_key = config.plugin_signing_key.clone().unwrap_or_default();
    let http = Adapter::from(router(State::new(store.clone(), config)));
    let handle = lambda_runtime::service_fn(move |event: LambdaEvent<Value>| {
        let (store, signing_key, http) = (store.clone(), signing_key.clone(), http.clone());
        async move {
            // What the schedule in infra/template.yaml sends. No HTTP event has such a field.
            if event.payload["task"] == "recompile" {
                let done = recompile(&store, &signing_key).await?;
                return Ok::<_, Error>(serde_json::to_value(done)?);
            }
            let request = LambdaEvent::new(serde_json::from_value(event.payload)?, event.context);
            Ok(serde_json::to_value(http.oneshot(request).await?)?)
        }
    });
    lambda_runtime::run(handle).await
}
