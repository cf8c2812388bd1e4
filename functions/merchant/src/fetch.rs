//! Fetching a picture from the address that a catalogue's file gave for it: bounded in bytes, time and redirects, and only
//! from the public internet, because the address is somebody else's word. A page never does this.

use crate::media::MAX_BYTES;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;
use url::{Host, Url};

const MAX_REDIRECTS: usize = 3;
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// For one answer with its body.
const DEADLINE: Duration = Duration::from_secs(20);
/// A host that could not be reached so often in a row is left alone.
const PATIENCE: u32 = 3;
const MAX_HOSTS: usize = 10_000;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the address must be http or https, with a host and no password")]
    Address,
    #[error("{host} is not on the public internet")]
    NotPublic { host: String },
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: String },
    #[error("{host} answered {status}")]
    Refused { host: String, status: StatusCode },
    #[error("there are more than {MAX_REDIRECTS} redirects")]
    Redirects,
    #[error("a picture must be at most {MAX_BYTES} bytes")]
    TooLarge,
}

type Body = Empty<Bytes>;

/// An HTTP client for pictures that remembers which hosts do not answer.
pub struct Fetcher {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Body>,
    allow_private: bool,
    /// By host: how often in a row it could not be reached.
    silent: Mutex<HashMap<String, u32>>,
}

enum Answer {
    Picture(Vec<u8>),
    Moved(String),
}

impl Fetcher {
    /// `allow_private` also asks this machine and its network: for a merchant whose pictures lie there. Fails where the
    /// system's certificates cannot be read.
    pub fn new(allow_private: bool) -> io::Result<Self> {
        let mut http = HttpConnector::new_with_resolver(Resolver { allow_private });
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_DEADLINE));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, allow_private, silent: Mutex::default() })
    }

    /// The bytes at `address`, which may or may not be a picture.
    pub async fn fetch(&self, address: &str) -> Result<Vec<u8>, FetchError> {
        let mut url = Url::parse(address).map_err(|_| FetchError::Address)?;
        for _ in 0..=MAX_REDIRECTS {
            let host = self.check(&mut url)?;
            let answer = match tokio::time::timeout(DEADLINE, self.get(&url, &host)).await {
                Ok(answer) => answer,
                Err(_) => {
                    Err(FetchError::Unreachable { host: host.clone(), why: format!("{} s passed", DEADLINE.as_secs()) })
                }
            };
            self.remember(host, matches!(answer, Err(FetchError::Unreachable { .. })));
            match answer? {
                Answer::Picture(bytes) => return Ok(bytes),
                Answer::Moved(to) => url = url.join(&to).map_err(|_| FetchError::Address)?,
            }
        }
        Err(FetchError::Redirects)
    }

    /// The host, if it may be asked.
    fn check(&self, url: &mut Url) -> Result<String, FetchError> {
        url.set_fragment(None);
        let open = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        let host = url.host().filter(|_| open).ok_or(FetchError::Address)?;
        // Names are judged by what they resolve to, when they do.
        let literal = match host {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            Host::Domain(_) => None,
        };
        let host = host.to_string();
        if literal.is_some_and(|ip| !self.allow_private && !is_public(ip)) {
            return Err(FetchError::NotPublic { host });
        }
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner).get(&host).copied().unwrap_or(0);
        if silent >= PATIENCE {
            return Err(FetchError::Unreachable { host, why: format!("it did not answer {PATIENCE} times before") });
        }
        Ok(host)
    }

    fn remember(&self, host: String, unreachable: bool) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if !unreachable {
            silent.remove(&host);
        } else if silent.len() < MAX_HOSTS {
            *silent.entry(host).or_default() += 1;
        }
    }

    async fn get(&self, url: &Url, host: &str) -> Result<Answer, FetchError> {
        let unreachable = |why: String| FetchError::Unreachable { host: host.to_owned(), why };
        let request = Request::get(url.as_str())
            .header(header::USER_AGENT, "stoa")
            .header(header::ACCEPT, "image/webp, image/jpeg, image/png")
            .body(Body::new())
            .map_err(|_| FetchError::Address)?;
        let answer = match self.client.request(request).await {
            Ok(answer) => answer,
            Err(error) if is_not_public(&error) => return Err(FetchError::NotPublic { host: host.to_owned() }),
            Err(error) => return Err(unreachable(innermost(&error))),
        };
        let status = answer.status();
        if status.is_redirection() {
            let to = location(answer.headers()).ok_or(FetchError::Refused { host: host.to_owned(), status })?;
            return Ok(Answer::Moved(to));
        }
        if status != StatusCode::OK {
            return Err(FetchError::Refused { host: host.to_owned(), status });
        }
        match Limited::new(answer.into_body(), MAX_BYTES).collect().await {
            Ok(body) => Ok(Answer::Picture(body.to_bytes().into())),
            Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge),
            Err(error) => Err(unreachable(error.to_string())),
        }
    }
}

fn location(headers: &HeaderMap) -> Option<String> {
    headers.get(header::LOCATION)?.to_str().ok().map(str::to_owned)
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn is_not_public(error: &(dyn std::error::Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<NotPublic>())
}

/// A name whose addresses are all inside.
#[derive(Debug, thiserror::Error)]
#[error("no address of it is on the public internet")]
struct NotPublic;

/// The system's resolver, without the addresses that may not be asked: what was checked is what is connected to.
#[derive(Clone)]
struct Resolver {
    allow_private: bool,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let usable: Vec<SocketAddr> = found.filter(|addr| allow_private || is_public(addr.ip())).collect();
            if usable.is_empty() { Err(NotPublic.into()) } else { Ok(usable.into_iter()) }
        })
    }
}

/// Whether an address belongs to the internet at large, by IANA's registries of special-purpose addresses.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || matches!(ip.octets(), [0, ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] | [240..=255, ..]);
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    // Global unicast is 2000::/3; of it not: 2001::/23 (protocol assignments, Teredo), documentation, and 6to4, which
    // carries an IPv4 address.
    match ip.segments() {
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_and_its_network_are_not_public() {
        for (text, public) in [
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
            ("8.8.8.8", true),
            ("203.0.114.1", true),
            ("2606:4700::1111", true),
        ] {
            assert_eq!(text.parse().map(is_public), Ok(public), "{text}");
        }
    }

    #[tokio::test]
    async fn an_address_that_leads_inside_is_refused_however_it_is_written() {
        let Ok(fetcher) = Fetcher::new(false) else { return };
        for address in [
            "http://127.0.0.1:1/a.png",
            "http://2130706433/a.png",
            "http://0x7f.1/a.png",
            "http://[::1]/a.png",
            "http://[::ffff:10.0.0.1]/a.png",
            "http://localhost:1/a.png",
        ] {
            let refused = fetcher.fetch(address).await;
            assert!(matches!(refused, Err(FetchError::NotPublic { .. })), "{address}: {refused:?}");
        }
        for address in
            ["ftp://example.com/a.png", "file:///etc/passwd", "a.png", "http://user:pass@example.com/a", "http://"]
        {
            let refused = fetcher.fetch(address).await;
            assert!(matches!(refused, Err(FetchError::Address)), "{address}: {refused:?}");
        }
    }
}
