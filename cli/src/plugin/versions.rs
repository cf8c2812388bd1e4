//! `stoa plugin versions ID`: everything that was uploaded, and everything that was done.

use super::api::{Api, Target, path, text};
use anyhow::Result;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The plugin's id
    id: String,
}

pub(crate) async fn versions(arguments: &Arguments, target: &Target, json: bool) -> Result<()> {
    let base = path(&arguments.id);
    let api = Api::open(target).await?;
    let read = async {
        let versions: Value = api.get(&format!("{base}/versions")).await?;
        anyhow::Ok((versions, api.get::<Value>(&format!("{base}/events")).await?))
    };
    let done = read.await;
    api.close().await;
    let (versions, events) = done?;
    if json {
        println!("{}", json!({ "versions": versions, "events": events }));
        return Ok(());
    }
    for version in versions.as_array().into_iter().flatten() {
        let (name, digest) = (text(&version["version"]), text(&version["digest"]));
        let (at, by) = (text(&version["uploaded_at"]), text(&version["uploaded_by"]));
        let percent = version["percent"].as_u64().unwrap_or(0);
        println!("{name:<12} {percent:>3} %  {}  {at} by {by}", digest.get(..12).unwrap_or(digest));
        if version["for"].is_object() {
            println!("    for {}", version["for"]);
        }
    }
    for event in events.as_array().into_iter().flatten() {
        let share = event["percent"].as_u64().map_or(String::new(), |percent| format!(" for {percent} %"));
        let reason = event["reason"].as_str().map_or(String::new(), |reason| format!(": {reason}"));
        println!(
            "  {}  {:<15} {}{share} by {}{reason}",
            text(&event["at"]),
            text(&event["action"]),
            text(&event["version"]),
            text(&event["by"])
        );
    }
    Ok(())
}
