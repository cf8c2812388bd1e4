//! The merchant function on Lambda: wiring only.

use stoa_merchant::{Config, State, router};
use stoa_storage::Store;

fn main() -> Result<(), lambda_http::Error> {
    // Uploads are compiled by this same program, started again: then it does nothing else, and does not return.
    stoa_plugin_runtime::compiler_process::enter();
    serve()
}

#[tokio::main]
async fn serve() -> Result<(), lambda_http::Error> {
    stoa_endpoint::init_tracing();
    let config = Config::from_env()?;
    let store = Store::open(&stoa_storage::Config::from_env()?).await;
    lambda_http::run(router(State::new(store, config))).await
}
