//! `stoa plugin replay RUN_ID`: a recorded run, once more on this machine. A plugin knows no clock and no chance, so the same
//! bytes must answer the same with the same fuel; where they do not, engine or record is broken.

use super::api::{Api, Target, path, segment, text};
use super::local::{Local, Outcome};
use super::logs::Recorded;
use anyhow::{Result, bail, ensure};
use axum::body::Bytes;
use serde_json::{Value, json};
use stoa_plugin_runtime::{INPUT_FORMAT, MARKETING_INPUT_FORMAT};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The record's id, as `logs` shows it
    #[arg(required_unless_present = "plugin")]
    run: Option<String>,
    /// The plugin it is of; otherwise it is looked for in all of them. Without a record's id, its newest one
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
}

pub(crate) async fn replay(arguments: &Arguments, target: &Target, json: bool) -> Result<()> {
    let api = Api::open(target).await?;
    let done = find(&api, arguments).await;
    api.close().await;
    let (run, wasm, title) = done?;
    let local = Local::compile(&wasm)?.titled(title);
    let format = if local.is_marketing() { MARKETING_INPUT_FORMAT } else { INPUT_FORMAT };
    ensure!(run.input_format == format, "{} was written by another version of stoa", run.id);
    if local.digest() != run.digest {
        bail!("version {} has another digest than the run that was recorded", run.version);
    }
    let (recorded, now) = (run.outcome(), local.ask(&run.settings.to_string(), run.input.clone())?);
    let same = as_it_counts(&recorded)? == as_it_counts(&now)?;
    if json {
        println!(
            "{}",
            json!({ "run": run.id, "version": run.version, "same": same, "recorded": recorded, "now": now })
        );
    } else {
        println!("recorded  {}", recorded.in_words());
        println!("now       {}", now.in_words());
    }
    if same { Ok(()) } else { bail!("{} does not answer as it did", run.id) }
}

/// Byte for byte: what was proposed, or how it failed, and the fuel.
fn as_it_counts(outcome: &Outcome) -> Result<String> {
    let code = outcome.error.as_ref().map(|error| error.code.as_str());
    Ok(serde_json::to_string(&json!([outcome.proposed()?, code, outcome.fuel, outcome.memory_bytes]))?)
}

/// The record, the version's bytes and the plugin's name.
async fn find(api: &Api, arguments: &Arguments) -> Result<(Recorded, Bytes, String)> {
    let all: Value = api.get("/plugins").await?;
    let wanted = |plugin: &&Value| arguments.plugin.as_ref().is_none_or(|id| text(&plugin["id"]) == id);
    for plugin in all.as_array().into_iter().flatten().map(|stored| &stored["value"]).filter(wanted) {
        let base = path(text(&plugin["id"]));
        let found = match &arguments.run {
            Some(run) => api.get::<Recorded>(&format!("{base}/runs/{}", segment(run))).await.ok(),
            None => api.get::<Vec<Recorded>>(&format!("{base}/runs?limit=1")).await?.pop(),
        };
        if let Some(run) = found {
            let wasm = api.bytes(&format!("{base}/versions/{}/wasm", segment(&run.version))).await?;
            return Ok((run, wasm, text(&plugin["title"]).to_owned()));
        }
    }
    let what = arguments.run.as_deref().unwrap_or("of that plugin");
    bail!("this shop has no record {what}: records are kept for 7 days")
}
