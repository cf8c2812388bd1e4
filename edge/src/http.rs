//! A request and a reply as plain data: everything but the thin worker glue is written and tested with these.

use twox_hash::XxHash3_128;

#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Percent-encoded, as it came.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// `https://shop.example`.
    pub origin: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Read up to the route's bound; empty for GET.
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// The whole address, as it came.
    pub fn address(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", self.origin, self.path, self.query)
    }
    /// Name and value pairs of the query.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(self.query.as_bytes())
    }
    /// The pairs of an `application/x-www-form-urlencoded` body.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }
    /// Whether a form that changes something was sent from the shop's own pages. Browsers without `Sec-Fetch-Site`
    /// send `Origin` with every POST.
    pub fn is_same_origin(&self) -> bool {
        match (self.header("sec-fetch-site"), self.header("origin")) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => origin == self.origin,
            (None, None) => false,
        }
    }
}

/// At most this many pairs of a query or a form are looked at.
const MAX_PAIRS: usize = 64;

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).take(MAX_PAIRS).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
}

/// The first value of a name.
pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// Who may keep a reply, and which headers go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The same for everyone until the next publish.
    Catalogue,
    /// One shopper's own: never stored.
    Private,
    /// Named by its content: for ever.
    Immutable,
    /// Neither a page nor worth keeping: health, errors, redirects.
    Transient,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub kind: Kind,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    /// Quoted; for catalogue pages. Of the page's bytes, which are our own: no hash for secrets is needed.
    pub etag: Option<String>,
    /// `Content-Security-Policy` of a page.
    pub policy: &'static str,
    pub location: Option<String>,
    /// Passed on from the checkout.
    pub set_cookies: Vec<String>,
    /// `Allow`, `Retry-After` and the like.
    pub more: Vec<(&'static str, String)>,
}

pub const HTML: &str = "text/html; charset=utf-8";
pub const JSON: &str = "application/json";

impl Reply {
    pub fn new(status: u16, kind: Kind, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let etag =
            (kind == Kind::Catalogue && status == 200).then(|| format!("\"{:032x}\"", XxHash3_128::oneshot(&body)));
        Self {
            status,
            kind,
            content_type,
            body,
            etag,
            policy: POLICY,
            location: None,
            set_cookies: Vec::new(),
            more: Vec::new(),
        }
    }
    pub fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self { location: Some(location.into()), ..Self::new(status, Kind::Private, HTML, "") }
    }
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }
    /// Whose search may lead to another site: browsers hold `form-action` against redirects too.
    pub fn with_forms_that_leave(mut self) -> Self {
        if self.policy == POLICY {
            self.policy = PAYING_POLICY;
        }
        self
    }
    /// 304 without a body when the browser already has these bytes.
    pub fn not_modified_for(&self, if_none_match: Option<&str>) -> Option<Self> {
        let etag = self.etag.as_deref()?;
        let matches =
            if_none_match?.split(',').any(|t| matches!(t.trim(), "*") || t.trim().trim_start_matches("W/") == etag);
        matches.then(|| self.without_body(304))
    }
    /// The head of this reply; the bytes are not copied only to be dropped.
    pub fn without_body(&self, status: u16) -> Self {
        Self {
            status,
            body: Vec::new(),
            kind: self.kind,
            content_type: self.content_type,
            etag: self.etag.clone(),
            policy: self.policy,
            location: self.location.clone(),
            set_cookies: self.set_cookies.clone(),
            more: self.more.clone(),
        }
    }

    pub fn headers(&self) -> Vec<(&'static str, &str)> {
        let mut headers = vec![
            (
                "cache-control",
                match self.kind {
                    // A changed price is to be seen within seconds; asking again by ETag is answered from memory.
                    Kind::Catalogue => "public, max-age=2, must-revalidate",
                    Kind::Private => "private, no-store",
                    Kind::Immutable => "public, max-age=31536000, immutable",
                    Kind::Transient => "no-store",
                },
            ),
            ("x-content-type-options", "nosniff"),
        ];
        if self.status != 304 {
            headers.push(("content-type", self.content_type));
        }
        if self.content_type == HTML {
            headers.push(("content-security-policy", self.policy));
            headers.extend(PAGE_HEADERS);
        }
        headers.extend(self.etag.as_deref().map(|etag| ("etag", etag)));
        headers.extend(self.location.as_deref().map(|location| ("location", location)));
        headers.extend(self.set_cookies.iter().map(|cookie| ("set-cookie", cookie.as_str())));
        headers.extend(self.more.iter().map(|(name, value)| (*name, value.as_str())));
        headers
    }
}

macro_rules! policy {
    ($form_action:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action ",
            $form_action,
            "; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
        )
    };
}

const POLICY: &str = policy!("'self'");
/// Where a form's answer leads to a payment provider: browsers hold `form-action` against redirects too.
pub const PAYING_POLICY: &str = policy!("'self' https:");
/// The same for a shop on this machine, whose providers are simulated here.
pub const LOCAL_PAYING_POLICY: &str = policy!("'self' https: http://127.0.0.1:*");

const PAGE_HEADERS: [(&str, &str); 4] = [
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), browsing-topics=(), payment=(self)"),
    ("x-frame-options", "DENY"),
];
