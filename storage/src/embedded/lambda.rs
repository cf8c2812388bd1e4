//! Lambda's runtime API, for the tests of one function: its real bootstrap is started as Lambda starts it, asks here for
//! events and answers here. <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as PathOf, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// Which of Lambda's front doors a request came through. Both send the payload's format 2.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontDoor {
    /// API Gateway's HTTP API, as in infra/template.yaml.
    HttpApi,
    /// A function URL.
    FunctionUrl,
}

/// A request's body as the front door passes it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventBody<'a> {
    None,
    Text(&'a str),
    /// Of any content type that is not text.
    Base64(&'a str),
}

/// The event that a request becomes.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
pub fn http_event(
    door: FrontDoor,
    method: &str,
    path_and_query: &str,
    headers: &[(&str, &str)],
    body: EventBody<'_>,
) -> String {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let (route, domain, prefix) = match door {
        FrontDoor::HttpApi => (format!("ANY {path}"), "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", "a1b2c3d4e5"),
        FrontDoor::FunctionUrl => ("$default".to_owned(), "a1b2c3d4e5.lambda-url.us-east-1.on.aws", "a1b2c3d4e5"),
    };
    let (cookies, headers): (Vec<_>, Vec<_>) = headers.iter().partition(|(name, _)| *name == "cookie");
    let cookies: Vec<&str> = cookies.iter().flat_map(|(_, all)| all.split("; ")).collect();
    let mut all = json!({
        "accept": "*/*", "host": domain, "user-agent": "Mozilla/5.0", "x-amzn-trace-id": "Root=1-5eb33c07-de25b420912dee103a5db434",
        "x-forwarded-for": "203.0.113.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
    });
    for (name, value) in headers {
        all[name] = (*value).into();
    }
    let mut event = json!({
        "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": query, "headers": all,
        "requestContext": {
            "accountId": "123456789012", "apiId": prefix, "domainName": domain, "domainPrefix": prefix,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "Mozilla/5.0" },
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": route, "stage": "$default",
            "time": "20/Nov/2026:08:00:00 +0000", "timeEpoch": 1_795_161_600_000_i64,
        },
        "isBase64Encoded": matches!(body, EventBody::Base64(_)),
    });
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    if let EventBody::Text(text) | EventBody::Base64(text) = body {
        event["body"] = text.into();
    }
    event.to_string()
}

const PATIENCE: Duration = Duration::from_secs(60);

/// What a function made of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What it answered, as bytes of JSON.
    Answered(Bytes),
    /// What it said went wrong; Lambda delivers a stream's batch again then.
    Failed(Bytes),
}

/// A started bootstrap and the service it talks to. Both end when this is dropped.
#[derive(Debug)]
pub struct Lambda {
    events: mpsc::UnboundedSender<(u64, String)>,
    outcomes: mpsc::UnboundedReceiver<(u64, Outcome)>,
    sent: u64,
    bootstrap: Child,
    service: JoinHandle<()>,
}

#[derive(Debug)]
struct Service {
    events: Mutex<mpsc::UnboundedReceiver<(u64, String)>>,
    outcomes: mpsc::UnboundedSender<(u64, Outcome)>,
}

impl Lambda {
    /// Starts `bootstrap` with these variables and none of this process's own, as Lambda would.
    pub async fn start<K: AsRef<str>, V: AsRef<str>>(
        bootstrap: impl AsRef<Path>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> std::io::Result<Self> {
        let (events, incoming) = mpsc::unbounded_channel();
        let (outgoing, outcomes) = mpsc::unbounded_channel();
        let service = Arc::new(Service { events: Mutex::new(incoming), outcomes: outgoing });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .with_state(service);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let service = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        let mut command = Command::new(bootstrap.as_ref());
        command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
        command.envs([
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "test"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ]);
        for (name, value) in environment {
            command.env(name.as_ref(), value.as_ref());
        }
        Ok(Self { events, outcomes, sent: 0, bootstrap: command.spawn()?, service })
    }

    /// What an HTTP function answers to a request, as JSON: `{"statusCode", "headers", "cookies", "body", …}`.
    pub async fn request(&mut self, event: impl Into<String>) -> Result<serde_json::Value, String> {
        match self.invoke(event).await? {
            Outcome::Answered(body) => {
                serde_json::from_slice(&body).map_err(|e| format!("the answer is not JSON: {e}"))
            }
            Outcome::Failed(why) => Err(String::from_utf8_lossy(&why).into_owned()),
        }
    }

    /// Delivers one event and waits for what becomes of it. An error says that the bootstrap ended or stays silent.
    pub async fn invoke(&mut self, event: impl Into<String>) -> Result<Outcome, String> {
        self.sent += 1;
        self.events.send((self.sent, event.into())).map_err(|_| "the service stopped".to_owned())?;
        let outcome = tokio::select! {
            outcome = self.outcomes.recv() => outcome,
            ended = self.bootstrap.wait() => return Err(format!("the bootstrap ended: {ended:?}")),
            () = tokio::time::sleep(PATIENCE) => return Err(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        match outcome {
            Some((id, outcome)) if id == self.sent => Ok(outcome),
            other => Err(format!("an answer to another event: {other:?}")),
        }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.service.abort();
    }
}

/// Waits until there is an event.
async fn next(State(service): State<Arc<Service>>) -> Response {
    let Some((id, event)) = service.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = jiff::Timestamp::now().as_millisecond() + 30_000;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id.to_string()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:test".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-5eb33c07-de25b420912dee103a5db434;Sampled=0".to_owned()),
    ];
    (headers, event).into_response()
}

async fn answered(State(service): State<Arc<Service>>, PathOf(id): PathOf<u64>, body: Bytes) -> StatusCode {
    let _ = service.outcomes.send((id, Outcome::Answered(body)));
    StatusCode::ACCEPTED
}

async fn failed(State(service): State<Arc<Service>>, PathOf(id): PathOf<u64>, body: Bytes) -> StatusCode {
    let _ = service.outcomes.send((id, Outcome::Failed(body)));
    StatusCode::ACCEPTED
}
