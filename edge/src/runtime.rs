//! The worker's side: the fetch event, the platform's calls, and the proxy to the functions. The only module that
//! knows the worker runtime; everything it decides is decided elsewhere.

use crate::bounded::Bounded;
use crate::config::Config;
use crate::edge::Edge;
use crate::functions::{forwarded, max_body_bytes, passes};
use crate::http::{Reply, Request};
use crate::platform::{CallError, Incoming, Outgoing, Platform};
use crate::route::{self, Plain};
use futures::TryStreamExt;
use futures::future::{Either, LocalBoxFuture, select};
use std::cell::RefCell;
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::time::Duration;
use worker::js_sys::{Function, Promise, Reflect, Uint8Array, global};
use worker::wasm_bindgen::JsCast;
use worker::wasm_bindgen::prelude::wasm_bindgen;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{
    AbortController, ByteStream, Context, Delay, Env, Fetch, Headers, Method, RequestInit, RequestRedirect, Response,
    console_log, event, web_sys,
};

/// What forms of the shop's own pages may send.
const MAX_FORM_BYTES: usize = 64 << 10;
const PROXY_TIMEOUT_MS: u64 = 60_000;

thread_local! {
    static EDGE: RefCell<Option<Rc<Edge>>> = const { RefCell::new(None) };
}

/// A page that is in memory: the shim asks before it makes a future, a context and a wrapped request for [`fetch`],
/// which cost more than the page. For GET only.
#[expect(unreachable_pub, reason = "wasm-bindgen exports public functions only")]
#[wasm_bindgen(wasm_bindgen = worker::wasm_bindgen)]
pub fn ready(address: &str, if_none_match: Option<String>) -> Option<web_sys::Response> {
    let edge = EDGE.with_borrow(Clone::clone)?;
    let reply = edge.ready(now_ms(), address)?;
    match reply.not_modified_for(if_none_match.as_deref()) {
        Some(not_modified) => response(&Rc::new(not_modified)),
        None => response(&reply),
    }
    .ok()
}

#[event(fetch)]
async fn fetch(incoming: worker::Request, env: Env, context: Context) -> worker::Result<Response> {
    let edge = match EDGE.with_borrow(Clone::clone) {
        Some(edge) => edge,
        None => {
            let config = Config::from_lookup(|name| env.var(name).ok().map(|v| v.to_string()));
            let edge = Edge::new(config.map_err(|e| worker::Error::RustError(e.to_string()))?);
            EDGE.with_borrow_mut(|slot| *slot = Some(edge.clone()));
            edge
        }
    };
    let mut incoming = incoming;
    let request = match read(&mut incoming) {
        Ok(request) => request,
        Err(_) => return Response::error("the address cannot be read", 400),
    };
    let function = match route::plain(&request.path) {
        Some(plain @ Plain::Checkout) => Some((plain, &edge.config.checkout_url)),
        Some(plain @ Plain::Payments) => Some((plain, &edge.config.payments_url)),
        Some(plain @ Plain::Merchant) => Some((plain, &edge.config.merchant_url)),
        _ => None,
    };
    if let Some((plain, base)) = function {
        return match proxy(incoming, &request, base, max_body_bytes(&plain)).await? {
            Some(response) => Ok(response),
            None if request.header("accept").is_some_and(|a| a.contains("text/html")) => {
                respond(&Rc::new(edge.unavailable(&Worker(Rc::new(context)), &request).await))
            }
            None => refusal(
                503,
                "function_unavailable",
                "this part of the shop cannot be reached just now; try again in a moment",
            ),
        };
    }
    let mut request = request;
    if request.method == "POST" {
        match body(&mut incoming, MAX_FORM_BYTES).await {
            Some(bytes) => request.body = bytes,
            None => return Response::error(format!("a form holds at most {MAX_FORM_BYTES} bytes"), 413),
        }
    }
    let platform = Worker(Rc::new(context));
    respond(&edge.handle(&platform, &request).await)
}

/// The request's head. Only headers that something asks for are read: each costs a call into the runtime.
fn read(incoming: &mut worker::Request) -> worker::Result<Request> {
    const READ: [&str; 9] = [
        "if-none-match",
        "accept",
        "origin",
        "sec-fetch-site",
        "cookie",
        "x-request-id",
        "cf-connecting-ip",
        "content-length",
        "user-agent",
    ];
    let address = incoming.inner().url();
    let address = address.split('#').next().unwrap_or_default();
    let rest = address.find("://").map_or(0, |at| at + 3);
    let path_at = address[rest..].find(['/', '?']).map_or(address.len(), |at| rest + at);
    let (origin, target) = address.split_at(path_at);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let method = incoming.method();
    let personal =
        ["/account", "/cart", "/checkout", "/orders", "/api", "/payments", "/admin"].iter().any(|p| path.contains(p));
    let names = if method == Method::Get && !personal { &READ[..1] } else { &READ[..] };
    let mut read = Vec::new();
    for name in names {
        if let Some(value) = incoming.headers().get(name)? {
            read.push(((*name).to_owned(), value));
        }
    }
    Ok(Request {
        method: method.to_string(),
        path: if path.is_empty() { "/".into() } else { path.to_owned() },
        query: query.to_owned(),
        origin: origin.to_owned(),
        headers: read,
        body: Vec::new(),
    })
}

/// Catalogue pages as the runtime takes them: asking for a page again costs neither its headers, each of them a call
/// into the runtime, nor a copy of its bytes. Both are plain values that belong to no request.
/// By the reply's place in memory, which the weak reference keeps from naming anything else.
type Prepared = Bounded<*const Reply, (Weak<Reply>, web_sys::Headers, Uint8Array)>;
/// As many as the rendered pages themselves, so that one bound is reached with the other.
const MAX_PREPARED_BYTES: usize = 12 << 20;

thread_local! {
    static PREPARED: RefCell<Prepared> = RefCell::new(Bounded::new(MAX_PREPARED_BYTES));
}

fn prepared(pages: &mut Prepared, reply: &Rc<Reply>) -> worker::Result<(web_sys::Headers, Uint8Array)> {
    if let Some((_, headers, body)) = pages.get(&Rc::as_ptr(reply)) {
        return Ok((headers.clone(), body.clone()));
    }
    let (headers, body) = (headers(reply)?, Uint8Array::from(reply.body.as_slice()));
    pages.put(Rc::as_ptr(reply), (Rc::downgrade(reply), headers.clone(), body.clone()), reply.body.len());
    Ok((headers, body))
}

fn headers(reply: &Reply) -> worker::Result<web_sys::Headers> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in reply.headers() {
        headers.append(name, value)?;
    }
    Ok(headers)
}

fn response(reply: &Rc<Reply>) -> worker::Result<web_sys::Response> {
    let init = web_sys::ResponseInit::new();
    if matches!(reply.status, 204 | 304) {
        init.set_status(reply.status);
        init.set_headers(headers(reply)?.as_ref());
        return Ok(web_sys::Response::new_with_opt_str_and_init(None, &init)?);
    }
    // Somebody else holds it as well: the cache of rendered pages.
    let (headers, body) = if Rc::strong_count(reply) > 1 {
        PREPARED.with_borrow_mut(|pages| prepared(pages, reply))?
    } else {
        init.set_status(reply.status);
        (headers(reply)?, Uint8Array::from(reply.body.as_slice()))
    };
    init.set_headers(headers.as_ref());
    Ok(web_sys::Response::new_with_opt_js_u8_array_and_init(Some(&body), &init)?)
}

fn respond(reply: &Rc<Reply>) -> worker::Result<Response> {
    Ok(response(reply)?.into())
}

/// The whole body, or None when it is larger than it may be.
async fn body(request: &mut worker::Request, max_bytes: usize) -> Option<Vec<u8>> {
    let announced = request.headers().get("content-length").ok().flatten().and_then(|n| n.parse::<usize>().ok());
    if announced.is_some_and(|n| n > max_bytes) {
        return None;
    }
    match request.stream() {
        Ok(stream) => collect(stream, max_bytes).await,
        Err(_) => Some(Vec::new()),
    }
}

async fn collect(mut stream: ByteStream, max_bytes: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = stream.try_next().await {
        if bytes.len() + chunk.len() > max_bytes {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    Some(bytes)
}

/// Passes a request on to a function, and its answer back as it streams. None when there is no answer.
async fn proxy(
    mut incoming: worker::Request,
    request: &Request,
    base: &str,
    max_bytes: usize,
) -> worker::Result<Option<Response>> {
    let headers = Headers::new();
    for (name, value) in incoming.headers().entries() {
        if passes(&name) {
            headers.append(&name, &value)?;
        }
    }
    for (name, value) in forwarded(request) {
        headers.set(name, &value)?;
    }
    if !headers.has("x-request-id")? {
        headers.set("x-request-id", &random_key())?;
    }
    let mut init = RequestInit::new();
    init.with_method(incoming.method()).with_redirect(RequestRedirect::Manual);
    if !matches!(incoming.method(), Method::Get | Method::Head) {
        match body(&mut incoming, max_bytes).await {
            None => {
                let rule = format!("a request body holds at most {max_bytes} bytes");
                return refusal(413, "body_too_large", &rule).map(Some);
            }
            Some(bytes) if bytes.is_empty() => {}
            Some(bytes) => {
                init.with_body(Some(Uint8Array::from(bytes.as_slice()).into()));
            }
        }
    }
    init.with_headers(headers);
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let outgoing = worker::Request::new_with_init(&format!("{base}{}{query}", request.path), &init)?;
    let controller = AbortController::default();
    let answer = {
        let fetch = Fetch::Request(outgoing);
        let signal = controller.signal();
        let send = pin!(fetch.send_with_signal(&signal));
        match select(send, pin!(Delay::from(Duration::from_millis(PROXY_TIMEOUT_MS)))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(worker::Error::RustError("no answer in time".into())),
        }
    };
    match answer {
        Ok(answer) => {
            let headers = Headers::new();
            for (name, value) in answer.headers().entries() {
                // Several cookies come as one entry each; the body's coding is the runtime's business again.
                if passes(&name) && name != "set-cookie" && name != "content-encoding" {
                    headers.append(&name, &value)?;
                }
            }
            for cookie in answer.headers().get_all("set-cookie")? {
                headers.append("set-cookie", &cookie)?;
            }
            if !headers.has("cache-control")? {
                headers.set("cache-control", "private, no-store")?;
            }
            headers.set("x-content-type-options", "nosniff")?;
            Ok(Some(answer.with_headers(headers)))
        }
        Err(error) => {
            console_log!("{} {}: {error}", request.method, request.path);
            Ok(None)
        }
    }
}

/// The functions' own error shape, where the edge has to speak for them.
fn refusal(status: u16, code: &str, message: &str) -> worker::Result<Response> {
    let body = serde_json::json!({"error": {"code": code, "message": message}, "request_id": random_key()});
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set("cache-control", "private, no-store")?;
    if status == 503 {
        headers.set("retry-after", "5")?;
    }
    Ok(Response::from_bytes(body.to_string().into_bytes())?.with_status(status).with_headers(headers))
}

fn now_ms() -> u64 {
    worker::js_sys::Date::now() as u64
}

/// `crypto.randomUUID()`: 122 random bits.
fn random_key() -> String {
    let uuid = || {
        let crypto = Reflect::get(&global(), &"crypto".into()).ok()?;
        let make: Function = Reflect::get(&crypto, &"randomUUID".into()).ok()?.dyn_into().ok()?;
        make.call0(&crypto).ok()?.as_string()
    };
    uuid().unwrap_or_default()
}

#[derive(Clone)]
struct Worker(Rc<Context>);

impl Platform for Worker {
    fn now_ms(&self) -> u64 {
        now_ms()
    }

    async fn call(&self, outgoing: Outgoing) -> Result<Incoming, CallError> {
        let url = outgoing.url.clone();
        let failed = |why: String| CallError::Unreachable { url: without_query(&url), why };
        let controller = AbortController::default();
        let signal = controller.signal();
        let work = pin!(send(&outgoing, &signal));
        let answer = match select(work, pin!(Delay::from(Duration::from_millis(outgoing.timeout_ms.into())))).await {
            Either::Left((answer, _)) => answer.map_err(|e| failed(e.to_string()))?,
            Either::Right(_) => {
                controller.abort();
                return Err(failed(format!("no answer in {} ms", outgoing.timeout_ms)));
            }
        };
        answer.ok_or_else(|| CallError::TooLarge { url: without_query(&url), max_bytes: outgoing.max_bytes })
    }

    /// `crypto.subtle.digest`: native code, where ours would run in WebAssembly while a first shopper waits.
    async fn sha256(&self, bytes: &[u8]) -> Option<[u8; 32]> {
        let crypto = Reflect::get(&global(), &"crypto".into()).ok()?;
        let subtle = Reflect::get(&crypto, &"subtle".into()).ok()?;
        let digest: Function = Reflect::get(&subtle, &"digest".into()).ok()?.dyn_into().ok()?;
        let promise = digest.call2(&subtle, &"SHA-256".into(), &Uint8Array::from(bytes)).ok()?;
        let found = JsFuture::from(promise.dyn_into::<Promise>().ok()?).await.ok()?;
        Uint8Array::new(&found).to_vec().try_into().ok()
    }

    async fn sleep(&self, ms: u32) {
        Delay::from(Duration::from_millis(ms.into())).await;
    }
    fn defer(&self, work: LocalBoxFuture<'static, ()>) {
        self.0.wait_until(work);
    }
    fn random_key(&self) -> String {
        random_key()
    }
    fn log(&self, line: &str) {
        console_log!("{line}");
    }
}

/// A query may hold a token: logs do not.
fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

/// None when the answer's body is larger than asked for.
async fn send(outgoing: &Outgoing, signal: &worker::AbortSignal) -> worker::Result<Option<Incoming>> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in &outgoing.headers {
        headers.set(name, value)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(outgoing.method);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_headers(headers.as_ref());
    init.set_signal(Some(signal));
    if let Some(body) = &outgoing.body {
        init.set_body(&Uint8Array::from(body.as_slice()));
    }
    let scope: web_sys::WorkerGlobalScope = global().unchecked_into();
    let raw: web_sys::Response =
        JsFuture::from(scope.fetch_with_str_and_init(&outgoing.url, &init)).await?.unchecked_into();
    let mut answer = Response::from(Clone::clone(&raw));
    let mut headers: Vec<(String, String)> =
        answer.headers().entries().filter(|(name, _)| name != "set-cookie").collect();
    headers.extend(answer.headers().get_all("set-cookie")?.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie)));
    let announced = answer.headers().get("content-length")?.and_then(|n| n.parse::<usize>().ok());
    if announced.is_some_and(|n| n > outgoing.max_bytes) {
        return Ok(None);
    }
    let status = answer.status_code();
    // What says how long it is comes in one piece: each chunk of a stream is a turn through the runtime.
    let is_plain = !headers.iter().any(|(name, _)| name == "content-encoding");
    let body = match announced.filter(|_| is_plain) {
        Some(_) => Some(Uint8Array::new(&JsFuture::from(raw.array_buffer()?).await?).to_vec()),
        None => match answer.stream() {
            Ok(stream) => collect(stream, outgoing.max_bytes).await,
            Err(_) => Some(Vec::new()),
        },
    };
    Ok(body.map(|body| Incoming { status, headers, body }))
}
