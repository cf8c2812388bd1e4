//! `stoa plugin list`

use super::api::{Api, Target, text};
use anyhow::Result;
use serde_json::Value;

pub(crate) async fn list(target: &Target, json: bool) -> Result<()> {
    let api = Api::open(target).await?;
    let done = api.get::<Value>("/plugins").await;
    api.close().await;
    let answer = done?;
    if json {
        println!("{answer}");
        return Ok(());
    }
    for plugin in answer.as_array().into_iter().flatten().map(|stored| &stored["value"]) {
        let (id, world, status) = (text(&plugin["id"]), text(&plugin["world"]), text(&plugin["status"]));
        println!("{id:<24} {world:<10} {status:<17} {}", runs(plugin));
        tell_stop(plugin);
    }
    Ok(())
}

/// `1.1.0 for 10 %, 1.0.0 for the rest`
pub(super) fn runs(plugin: &Value) -> String {
    let release = &plugin["release"];
    match (release["percent"].as_u64(), release["rest"].as_str()) {
        (None, _) => "not released".to_owned(),
        (Some(100), _) => format!("{} for everybody", text(&release["version"])),
        (Some(percent), Some(rest)) => format!("{} for {percent} %, {rest} for the rest", text(&release["version"])),
        (Some(percent), None) => format!("{} for {percent} %, nothing for the rest", text(&release["version"])),
    }
}

/// Why something that was released does not run.
pub(super) fn tell_stop(plugin: &Value) {
    let stopped = &plugin["stopped"];
    if stopped.is_object() {
        let version = stopped["version"].as_str().map_or(String::new(), |version| format!("{version} "));
        println!("  {version}stopped {}: {}", text(&stopped["at"]), text(&stopped["reason"]));
    }
}
