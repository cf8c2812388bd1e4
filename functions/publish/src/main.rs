//! The Lambda function behind the table's stream.

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use stoa_storage::{Config, Store};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing_subscriber::fmt().json().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let store = Store::open(&Config::from_env()?).await;
    let store = &store;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| async move {
        Box::pin(stoa_publish::handle(store, &event.payload)).await.map(drop).map_err(Error::from)
    }))
    .await
}
