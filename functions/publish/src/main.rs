//! The Lambda function behind the table's stream.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use stoa_publish::Event;
use stoa_storage::{Config, Store};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Error> {
    // As the other functions: `STOA_LOG` takes tracing's filter syntax.
    let filter = EnvFilter::try_from_env("STOA_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).init();
    let store = Store::open(&Config::from_env()?).await;
    let store = &store;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| async move {
        stoa_publish::handle(store, &event.payload).await.map(drop).map_err(Error::from)
    }))
    .await
}
