//! The merchant function on Lambda: wiring only.

use stoa_merchant::{Config, State, router};
use stoa_storage::Store;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    stoa_endpoint::init_tracing();
    let config = Config::from_env()?;
    let store = Store::open(&stoa_storage::Config::from_env()?).await;
    lambda_http::run(router(State::new(store, config))).await
}
