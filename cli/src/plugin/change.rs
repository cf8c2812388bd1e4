//! What changes a plugin in a shop: `release`, `rollback`, `pause`, `resume`, `set`.

use super::api::{Api, Target, path, text};
use super::list::{runs, tell_stop};
use super::local;
use anyhow::{Result, ensure};
use axum::http::Method;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct ReleaseArguments {
    /// The plugin's id
    id: String,
    /// One of its versions
    version: String,
    /// To so many shoppers of a hundred; the rest stay on the version released before
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=100))]
    percent: u8,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PluginArguments {
    /// The plugin's id
    id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PauseArguments {
    /// The plugin's id
    id: String,
    /// Why, for the history
    #[arg(long, default_value = "")]
    reason: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SetArguments {
    /// The plugin's id
    id: String,
    /// The settings, as JSON
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// It pauses by itself when more of its runs fail: percent,runs,minutes as 5,50,10 (more than 5 % of at least 50 runs in
    /// 10 minutes)
    #[arg(long, value_name = "PERCENT,RUNS,MINUTES", value_parser = budget)]
    error_budget: Option<Value>,
    /// So many runs of a hundred are recorded, beside those that fail
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    sample: Option<u8>,
}

pub(crate) async fn release(arguments: &ReleaseArguments, target: &Target, json: bool) -> Result<()> {
    let body = json!({ "version": arguments.version, "percent": arguments.percent });
    post(&arguments.id, "release", body, target, json).await
}

pub(crate) async fn rollback(arguments: &PluginArguments, target: &Target, json: bool) -> Result<()> {
    post(&arguments.id, "rollback", json!({}), target, json).await
}

pub(crate) async fn pause(arguments: &PauseArguments, target: &Target, json: bool) -> Result<()> {
    post(&arguments.id, "pause", json!({ "reason": arguments.reason }), target, json).await
}

pub(crate) async fn resume(arguments: &PluginArguments, target: &Target, json: bool) -> Result<()> {
    post(&arguments.id, "resume", json!({}), target, json).await
}

pub(crate) async fn set(arguments: &SetArguments, target: &Target, json: bool) -> Result<()> {
    let mut body = serde_json::Map::new();
    if let Some(file) = &arguments.settings {
        body.insert("settings".to_owned(), local::json(file)?);
    }
    if let Some(budget) = &arguments.error_budget {
        body.insert("error_budget".to_owned(), budget.clone());
    }
    if let Some(percent) = arguments.sample {
        body.insert("sample_percent".to_owned(), percent.into());
    }
    ensure!(!body.is_empty(), "nothing to set: give --settings, --error-budget or --sample");
    let api = Api::open(target).await?;
    let done = api.json::<Value>(Method::PATCH, &path(&arguments.id), &Value::from(body)).await;
    api.close().await;
    let answer = done?;
    if json {
        println!("{answer}");
    } else {
        println!("{} is set", arguments.id);
    }
    Ok(())
}

async fn post(id: &str, what: &str, body: Value, target: &Target, json: bool) -> Result<()> {
    let api = Api::open(target).await?;
    let done = api.json::<Value>(Method::POST, &format!("{}/{what}", path(id)), &body).await;
    api.close().await;
    let answer = done?;
    if json {
        println!("{answer}");
        return Ok(());
    }
    let plugin = &answer["value"];
    println!("{id} is {}: {}", text(&plugin["status"]), runs(plugin));
    tell_stop(plugin);
    Ok(())
}

fn budget(text: &str) -> Result<Value, String> {
    let parts = text.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>();
    match parts.as_deref() {
        Ok([percent, runs, minutes]) => Ok(json!({ "percent": percent, "runs": runs, "minutes": minutes })),
        _ => Err("must be three numbers: percent,runs,minutes".to_owned()),
    }
}
