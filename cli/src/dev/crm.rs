//! What the CRM function does with the table's stream and its schedule, in this process.

use crate::shop::Secrets;
use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;
use stoa_crm::mail::catcher::Catcher;
use stoa_crm::{Config, Crm, Event, MailConfig, SmtpSettings, Tls};
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::PublicUrl;

/// As infra/template.yaml schedules it.
const HOUR: Duration = Duration::from_secs(3_600);
/// More often than there: somebody is looking.
const SEND_EVERY: Duration = Duration::from_secs(10);

/// Mail goes to a server of this process that keeps it.
pub(crate) fn config(secrets: &Secrets, url: &str, catcher: &Catcher) -> Result<Config> {
    let smtp = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: catcher.port,
        user: String::new(),
        password: String::new(),
        tls: Tls::None,
    };
    let link_key = LinkKey::new(&hex::decode(&secrets.link_key)?);
    let mail = MailConfig { smtp, public_url: PublicUrl::new(url)?, link_key };
    Ok(Config { plugin_verify_key: Some(hex::decode(&secrets.plugin_verify_key)?), mail: Some(mail) })
}

/// One batch, in the shape in which Lambda delivers it.
pub(crate) async fn handle(crm: &Crm, batch: Value) -> Result<()> {
    let event: Event = serde_json::from_value(batch).context("a stream batch is not in Lambda's shape")?;
    stoa_crm::handle(crm, &event, Timestamp::now()).await?;
    Ok(())
}

pub(crate) async fn sweep_for_ever(crm: &Crm) -> Infallible {
    loop {
        if let Err(error) = handle(crm, json!({ "task": "sweep" })).await {
            tracing::error!(error = format!("{error:#}"), "a sweep failed");
        }
        tokio::time::sleep(HOUR).await;
    }
}

pub(crate) async fn send_for_ever(crm: &Crm) -> Infallible {
    loop {
        if let Err(error) = handle(crm, json!({ "task": "send" })).await {
            tracing::error!(error = format!("{error:#}"), "messages could not be sent");
        }
        tokio::time::sleep(SEND_EVERY).await;
    }
}
