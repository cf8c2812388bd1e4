//! The table without a server and without a socket: DynamoDB's operations answered in this thread, by dynoxide over
//! memory. What stands between it and a store is a [`Wire`] of the caller's, through which each request of the real SDK
//! goes: it may hold a request back, let it be answered, lose the answer, or refuse it as DynamoDB would.

use super::EmbeddedError;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::{AsyncSleep, HttpClient, RuntimeComponents, SharedHttpClient, Sleep};
use aws_sdk_dynamodb::error::ConnectorError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use dynoxide::{Database, DynoxideError};
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// One request of the SDK, as DynamoDB reads it.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GetItem`, `TransactWriteItems`, …
    pub operation: String,
    pub body: Value,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer of DynamoDB, or one of its errors: the status and a JSON body.
    Answer(u16, String),
    /// The connection broke. Whether the request had its effect, who sent it cannot know.
    Lost,
}

impl Reply {
    /// An error by its name: `ProvisionedThroughputExceededException`. Those of the server's side are 500.
    pub fn error(name: &str) -> Self {
        let status = if matches!(name, "InternalServerError" | "ServiceUnavailable") { 500 } else { 400 };
        let body = serde_json::json!({
            "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": name
        });
        Self::Answer(status, body.to_string())
    }
}

/// Ends when whoever tries again may go on.
pub type Pause = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// What is between a store and its table.
pub trait Wire: Debug + Send + Sync + 'static {
    fn send(&self, request: Request) -> BoxFuture<'static, Reply>;

    /// The time before a request is tried again.
    fn wait(&self, time: Duration) -> Pause;
}

/// A table in memory. Clones are the same one.
#[derive(Clone)]
pub struct MemoryTable(Database);

impl MemoryTable {
    /// Without any table in it: [`crate::Store::create_table`] makes one.
    pub fn new() -> Result<Self, EmbeddedError> {
        let refused = |e: DynoxideError| EmbeddedError::Database { path: ":memory:".to_owned(), why: e.to_string() };
        let database = Database::memory().map_err(refused)?;
        database.enable_bulk_loading().map_err(refused)?;
        Ok(Self(database))
    }

    /// Answers a request at once.
    pub fn answer(&self, request: &Request) -> Reply {
        let (db, body) = (&self.0, &request.body);
        match request.operation.as_str() {
            "BatchGetItem" => answer(body, |r| db.batch_get_item(r)),
            "CreateTable" => answer(body, |r| db.create_table(r)),
            "DeleteItem" => answer(body, |r| db.delete_item(r)),
            "GetItem" => answer(body, |r| db.get_item(r)),
            "PutItem" => answer(body, |r| db.put_item(r)),
            "Query" => answer(body, |r| db.query(r)),
            "Scan" => answer(body, |r| db.scan(r)),
            "TransactGetItems" => answer(body, |r| db.transact_get_items(r)),
            "TransactWriteItems" => answer(body, |r| db.transact_write_items(r)),
            "UpdateItem" => answer(body, |r| db.update_item(r)),
            "UpdateTimeToLive" => answer(body, |r| db.update_time_to_live(r)),
            _ => Reply::error("UnknownOperationException"),
        }
    }
}

impl Debug for MemoryTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryTable")
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &Value,
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Reply {
    let Ok(request) = Q::deserialize(body) else { return Reply::error("SerializationException") };
    match operation(request) {
        Ok(done) => serde_json::to_string(&done)
            .map_or_else(|_| Reply::error("InternalServerError"), |body| Reply::Answer(200, body)),
        Err(refused) => Reply::Answer(refused.status_code(), refused.to_json()),
    }
}

/// A [`Wire`] as the SDK takes one: its HTTP client and its sleep.
#[derive(Debug, Clone)]
pub(crate) struct OverWire(pub(crate) Arc<dyn Wire>);

impl OverWire {
    pub(crate) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }
}

impl HttpClient for OverWire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for OverWire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let reply = self.0.send(Request { operation, body });
        HttpConnectorFuture::new(async move {
            match reply.await {
                Reply::Answer(status, body) => {
                    let status = status.try_into().map_err(|_| ConnectorError::other("no HTTP status".into(), None))?;
                    let mut response = HttpResponse::new(status, body.into());
                    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
                    Ok(response)
                }
                Reply::Lost => Err(ConnectorError::io("the connection broke".into())),
            }
        })
    }
}

impl AsyncSleep for OverWire {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.0.wait(duration))
    }
}
