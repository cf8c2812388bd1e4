//! Follows the table's stream and hands its records on in batches, the way Lambda's event source mapping does: in order,
//! the same batch again until it succeeds, and the checkpoint moves only after success.

use super::http::Http;
use anyhow::{Context, Result, bail};
use axum::body::Body;
use axum::http::Request;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

const BATCH: usize = 500;
const IDLE: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A reader of one table's stream.
#[derive(Debug)]
pub(crate) struct Stream {
    http: Http,
    dynamodb_url: String,
    arn: String,
    checkpoint_file: PathBuf,
    done: Checkpoint,
}

/// The last sequence number that was handled, by shard.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checkpoint(BTreeMap<String, String>);

impl Stream {
    pub(crate) async fn open(dynamodb_url: String, table: &str, checkpoint_file: PathBuf) -> Result<Self> {
        let http = Http::new();
        let described =
            call(&http, &dynamodb_url, "DynamoDB_20120810.DescribeTable", json!({ "TableName": table })).await?;
        let arn = described["Table"]["LatestStreamArn"].as_str().context("the table has no stream")?.to_owned();
        let done = match std::fs::read(&checkpoint_file) {
            Ok(text) => {
                serde_json::from_slice(&text).with_context(|| format!("reading {}", checkpoint_file.display()))?
            }
            Err(_) => Checkpoint::default(),
        };
        Ok(Self { http, dynamodb_url, arn, checkpoint_file, done })
    }

    /// Counts everything that is in the stream now as handled.
    pub(crate) async fn skip_to_end(&mut self) -> Result<()> {
        while let Some((shard, last, _)) = self.next_batch().await? {
            self.done.0.insert(shard, last);
        }
        self.save()
    }

    /// Feeds `handle` with Lambda's event shape, `{"Records": […]}`, for ever.
    pub(crate) async fn follow<F: Future<Output = Result<()>>>(mut self, handle: impl Fn(Value) -> F) -> Infallible {
        let mut wait = IDLE;
        loop {
            match self.feed_one(&handle).await {
                Ok(true) => wait = IDLE,
                Ok(false) => {
                    wait = IDLE;
                    tokio::time::sleep(IDLE).await;
                }
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        retry_in_ms = wait.as_millis() as u64,
                        "a stream batch failed"
                    );
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
    }

    async fn feed_one<F: Future<Output = Result<()>>>(&mut self, handle: &impl Fn(Value) -> F) -> Result<bool> {
        let Some((shard, last, records)) = self.next_batch().await? else { return Ok(false) };
        handle(json!({ "Records": records })).await?;
        self.done.0.insert(shard, last);
        self.save()?;
        Ok(true)
    }

    async fn next_batch(&self) -> Result<Option<(String, String, Vec<Value>)>> {
        let described = self.streams("DescribeStream", json!({ "StreamArn": self.arn })).await?;
        let shards = described["StreamDescription"]["Shards"].as_array().cloned().unwrap_or_default();
        for shard in shards.iter().filter_map(|shard| shard["ShardId"].as_str()) {
            let mut request = json!({ "StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
            if let Some(last) = self.done.0.get(shard) {
                request["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
                request["SequenceNumber"] = last.as_str().into();
            }
            let iterator = self.streams("GetShardIterator", request).await?;
            let request = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": BATCH });
            let mut answer = self.streams("GetRecords", request).await?;
            let records = answer["Records"].as_array_mut().map(std::mem::take).unwrap_or_default();
            if let Some(last) = records.last() {
                let last =
                    last["dynamodb"]["SequenceNumber"].as_str().context("a stream record has no sequence number")?;
                return Ok(Some((shard.to_owned(), last.to_owned(), records)));
            }
        }
        Ok(None)
    }

    async fn streams(&self, action: &str, body: Value) -> Result<Value> {
        call(&self.http, &self.dynamodb_url, &format!("DynamoDBStreams_20120810.{action}"), body).await
    }

    fn save(&self) -> Result<()> {
        let new = self.checkpoint_file.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(&self.done)?).with_context(|| format!("writing {}", new.display()))?;
        std::fs::rename(&new, &self.checkpoint_file)
            .with_context(|| format!("writing {}", self.checkpoint_file.display()))
    }
}

async fn call(http: &Http, url: &str, target: &str, body: Value) -> Result<Value> {
    // The embedded server wants a signature's shape and checks no more: it listens on this machine only.
    let request = Request::post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=stoa/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
        .body(Body::from(serde_json::to_vec(&body)?))?;
    let (status, answer) = http.send(request, REQUEST_TIMEOUT).await?;
    if !status.is_success() {
        bail!("{target} answered {status}: {}", String::from_utf8_lossy(&answer));
    }
    serde_json::from_slice(&answer).with_context(|| format!("{target} answered no JSON"))
}
