//! The mail server: one connection for a run of messages, made when the first is sent and again after anything went wrong.
//! The protocol is async-smtp's; the way to the server is TLS from the first byte, or STARTTLS where the merchant says so.

use super::{SmtpSettings, Tls};
use async_smtp::authentication::{Credentials, DEFAULT_ENCRYPTED_MECHANISMS};
use async_smtp::error::Error;
use async_smtp::extension::ClientId;
use async_smtp::{EmailAddress, Envelope, SendableEmail, SmtpClient, SmtpTransport};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncWrite, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Longest that the server may take to be reached, and to take one message.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) trait Wire: AsyncBufRead + AsyncWrite + Unpin + Send + Sync {}
impl<T: AsyncBufRead + AsyncWrite + Unpin + Send + Sync> Wire for T {}

pub(crate) type Connection = SmtpTransport<Box<dyn Wire>>;

/// Why a message was not taken. Says nothing of whom it was for: servers quote addresses, so their words are left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the mail server refused it with {0}")]
    ForGood(String),
    #[error("the mail server asked to try later with {0}")]
    ForNow(String),
    /// The server itself: no other message would get through now.
    #[error("{0}")]
    Server(String),
}

#[derive(Debug)]
pub(crate) struct Server {
    settings: SmtpSettings,
    /// The system's certificates are loaded when the first connection is made.
    tls: OnceLock<Arc<ClientConfig>>,
}

/// A letter as it goes over the wire.
pub(crate) struct Posted<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) bytes: Vec<u8>,
}

impl Server {
    pub(crate) fn new(settings: SmtpSettings) -> Self {
        Self { settings, tls: OnceLock::new() }
    }

    /// Hands one letter to the server; `connection` stays open for the next if it was not refused.
    pub(crate) async fn post(&self, connection: &mut Option<Connection>, letter: Posted<'_>) -> Result<(), Refused> {
        let address =
            |text: &str| EmailAddress::new(text.to_owned()).map_err(|_| Refused::ForGood("no address".into()));
        let envelope = Envelope::new(Some(address(letter.from)?), vec![address(letter.to)?]);
        let envelope = envelope.map_err(|_| Refused::ForGood("no address".into()))?;
        let mut open = match connection.take() {
            Some(open) => open,
            None => self.connect(letter.from).await?,
        };
        let sent = tokio::time::timeout(DEADLINE, open.send(SendableEmail::new(envelope, letter.bytes))).await;
        match sent {
            Ok(Ok(_)) => {
                *connection = Some(open);
                Ok(())
            }
            Ok(Err(error)) => Err(refused(&error)),
            Err(_) => Err(late()),
        }
    }

    async fn connect(&self, from: &str) -> Result<Connection, Refused> {
        let opened = tokio::time::timeout(DEADLINE, self.open(from)).await.map_err(|_| late())?;
        opened.map_err(|error| match &error {
            // Whatever it says to us before a message is there is about us.
            Error::Permanent(answer) | Error::Transient(answer) => {
                Refused::Server(format!("the mail server does not let this shop in: it answered {}", answer.code))
            }
            error => Refused::Server(format!("the mail server cannot be reached: {error}")),
        })
    }

    async fn open(&self, from: &str) -> Result<Connection, Error> {
        let SmtpSettings { host, port, user, password, tls } = &self.settings;
        let own = from.rsplit('@').next().unwrap_or("localhost");
        let client = || SmtpClient::new().pipelining(false).hello_name(ClientId::new(own.to_owned()));
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        let wire: Box<dyn Wire> = match tls {
            Tls::None => Box::new(BufStream::new(stream)),
            Tls::Implicit => Box::new(BufStream::new(self.secured(stream).await?)),
            Tls::StartTls => {
                // What the server sent before the handshake is dropped with the buffer: nobody puts words in front of it.
                let plain = SmtpTransport::new(client(), BufStream::new(stream)).await?.starttls().await?;
                Box::new(BufStream::new(self.secured(plain.into_inner()).await?))
            }
        };
        let client = if *tls == Tls::StartTls { client().without_greeting() } else { client() };
        let mut open = SmtpTransport::new(client, wire).await?;
        if !user.is_empty() {
            let credentials = Credentials::new(user.clone(), password.clone());
            open.try_login(&credentials, DEFAULT_ENCRYPTED_MECHANISMS).await?;
        }
        Ok(open)
    }

    async fn secured(&self, stream: TcpStream) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Error> {
        let name = ServerName::try_from(self.settings.host.clone()).map_err(|_| Error::Resolution)?;
        let config = match self.tls.get() {
            Some(config) => config.clone(),
            None => {
                let config = client_config()?;
                self.tls.get_or_init(|| config).clone()
            }
        };
        Ok(TlsConnector::from(config).connect(name, stream).await?)
    }
}

fn client_config() -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|_| Error::Client("no version of TLS"))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn late() -> Refused {
    Refused::Server(format!("the mail server did not answer within {} s", DEADLINE.as_secs()))
}

/// RFC 5321, §4.2.1 and RFC 4954, §6.
fn refused(error: &Error) -> Refused {
    match error {
        Error::Permanent(answer) => match answer.code.to_string() {
            code if ["530", "534", "535", "538"].contains(&code.as_str()) => {
                Refused::Server(format!("the mail server does not let this shop in: it answered {code}"))
            }
            code => Refused::ForGood(code),
        },
        Error::Transient(answer) => match answer.code.to_string() {
            code if code == "421" => Refused::Server("the mail server closes: it answered 421".to_owned()),
            code => Refused::ForNow(code),
        },
        // Whether it took the message nobody knows.
        error => Refused::Server(format!("the mail server broke off: {error}")),
    }
}
