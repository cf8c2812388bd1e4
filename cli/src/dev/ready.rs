//! Waits until the shop answers.

use super::http::Http;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::process::Child;

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// What `/healthz` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Health {
    pub(crate) products: u64,
}

/// Until `GET {url}/healthz` answers 200; an error when the edge ends before, or takes longer than a minute.
pub(crate) async fn wait(url: &str, edge: &mut Child, log: &Path) -> Result<Health> {
    let (http, started) = (Http::new(), Instant::now());
    loop {
        let last = match http.get(&format!("{url}/healthz"), Duration::from_secs(30)).await {
            Ok((status, body)) if status.is_success() => {
                return serde_json::from_slice(&body).context("/healthz did not answer as agreed");
            }
            Ok((status, body)) => format!("/healthz answers {status}: {}", String::from_utf8_lossy(&body)),
            Err(error) => format!("{error:#}"),
        };
        if let Some(status) = edge.try_wait()? {
            bail!("the edge ended with {status}: {}", last_lines(log));
        }
        if started.elapsed() > PATIENCE {
            bail!("the edge is not ready after {PATIENCE:?}: {last}; {}", last_lines(log));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    format!("{}\n(all of it: {})", lines[lines.len().saturating_sub(8)..].join("\n"), log.display())
}
