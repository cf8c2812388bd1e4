//! The Lambda function behind the table's stream and the hourly schedule.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use stoa_crm::{Config, Crm, Event};
use stoa_storage::Store;

#[tokio::main]
async fn main() -> Result<(), Error> {
    stoa_endpoint::init_tracing();
    let store = Store::open(&stoa_storage::Config::from_env()?).await;
    let crm = &Crm::new(store, Config::from_env()?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| async move {
        stoa_crm::handle(crm, &event.payload, Timestamp::now()).await.map_err(Error::from)
    }))
    .await
}
