//! Mail: what a message of the outbox comes to as a letter, and the mail server that takes it.

#[cfg(feature = "catcher")]
pub mod catcher;
pub(crate) mod letter;
pub(crate) mod smtp;
mod words;

use serde::Deserialize;
use smtp::Server;
use std::net::IpAddr;
use std::sync::Arc;
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::{ConfigError, PublicUrl, optional};

/// The JSON object that names the mail server.
const VARIABLE: &str = "STOA_SMTP";

/// `{"host":"smtp.example.com","port":465,"user":"…","password":"…"}`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    pub host: String,
    #[serde(default = "submissions")]
    pub port: u16,
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub password: String,
    #[serde(default)]
    pub tls: Tls,
}

/// RFC 8314, §3.3: the port for TLS from the first byte.
fn submissions() -> u16 {
    465
}

/// How the way to the mail server is secured. A server that offers less than this is not used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    #[default]
    Implicit,
    StartTls,
    /// On this machine only.
    None,
}

/// `Debug` shows no password.
impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl SmtpSettings {
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |rule: &str| ConfigError::new(VARIABLE, rule);
        let form = r#"a JSON object such as {"host":"smtp.example.com","port":465,"user":"…","password":"…"}"#;
        // serde's message may quote a value.
        let settings: Self = serde_json::from_str(text).map_err(|_| wrong(form))?;
        if settings.host.is_empty() || settings.port == 0 {
            return Err(wrong(form));
        }
        if settings.tls == Tls::None && !is_here(&settings.host) {
            return Err(wrong(r#"with "tls" "implicit" or "starttls": without only a server on this machine is used"#));
        }
        if settings.user.is_empty() != settings.password.is_empty() {
            return Err(wrong("with a user and a password, or neither"));
        }
        Ok(settings)
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What sending needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MailConfig {
    pub smtp: SmtpSettings,
    pub public_url: PublicUrl,
    pub link_key: LinkKey,
}

impl MailConfig {
    /// Reads `STOA_SMTP`, and with it `STOA_PUBLIC_URL` and `STOA_LINK_KEY`. None: nothing is to be sent.
    pub fn from_env() -> Result<Option<Self>, ConfigError> {
        let Some(text) = optional(VARIABLE).filter(|text| text.trim() != "{}") else { return Ok(None) };
        let (public_url, link_key) = (PublicUrl::from_env()?, LinkKey::from_env()?);
        Ok(Some(Self { smtp: SmtpSettings::parse(&text)?, public_url, link_key }))
    }
}

/// The mail server, and what letters are made with.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) server: Arc<Server>,
    pub(crate) public_url: PublicUrl,
    pub(crate) link_key: LinkKey,
}

impl Mail {
    pub(crate) fn new(config: MailConfig) -> Self {
        let MailConfig { smtp, public_url, link_key } = config;
        Self { server: Arc::new(Server::new(smtp)), public_url, link_key }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_mail_server_elsewhere_is_not_spoken_to_in_the_clear() {
        let plain = SmtpSettings::parse(r#"{"host":"smtp.example.com"}"#).unwrap();
        assert_eq!((plain.port, plain.tls), (465, Tls::Implicit));
        assert!(SmtpSettings::parse(r#"{"host":"127.0.0.1","port":2525,"tls":"none"}"#).is_ok());
        for refused in [
            r#"{"host":"smtp.example.com","tls":"none"}"#,
            r#"{"host":"127.0.0.1.example.com","tls":"none"}"#,
            r#"{"host":"","port":465}"#,
            r#"{"host":"a","port":0}"#,
            r#"{"host":"a","user":"b"}"#,
            r#"{"host":"a","pass":"secret"}"#,
            "smtp://b:secret@a",
        ] {
            let error = SmtpSettings::parse(refused).unwrap_err().to_string();
            assert!(error.starts_with("STOA_SMTP must be") && !error.contains("secret"), "{error}");
        }
        let secret = SmtpSettings::parse(r#"{"host":"a","user":"b","password":"secret"}"#).unwrap();
        assert!(!format!("{secret:?}").contains("secret"));
    }
}
