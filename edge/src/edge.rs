//! From a request to a reply: which snapshot, which page, from the cache or rendered now. One [`Edge`] an isolate.

mod account;
mod after_the_order;
mod catalogue;
mod insight;
mod product_views;
mod results;
mod shopping;
#[cfg(test)]
mod steered;
#[cfg(test)]
mod tests;

use crate::config::Config;
use crate::http::{HTML, JSON, Kind, Reply, Request};
use crate::insight::Insight;
use crate::load;
use crate::page_cache::PageCache;
use crate::pages::errors;
use crate::platform::Platform;
use crate::route::{self, Plain, Route};
use crate::snapshot::Snapshot;
use crate::static_files;
use crate::view::View;
use futures::future::{Either, LocalBoxFuture, select};
use product_views::ProductViews;
use serde_json::json;
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

pub use shopping::safe_redirect;

/// The pointer is looked at once in this time; what it said before serves meanwhile.
const LOOK_EVERY_MS: u64 = 1_000;
/// A version that nobody asked about for this long is not served before the pointer was looked at: the first visitor
/// after a quiet hour must not see that hour's prices.
const IDLE_MS: u64 = 3_000;
/// How long that visitor waits for it, and then is served what is there.
const LOOK_PATIENCE_MS: u32 = 1_000;
/// A load that shows no progress for this long was cancelled with its request: another may begin.
const LOAD_STALE_MS: u64 = 8_000;
/// How long a first request waits for somebody else's load, and how often it looks.
const WAIT_MS: u64 = 20_000;
const WAIT_STEP_MS: u32 = 25;
const MAX_URL_BYTES: usize = 16 << 10;

/// Everything an isolate keeps. Plain data only: no promise of one request is ever awaited by another.
#[derive(Default)]
struct State {
    current: Option<Rc<Snapshot>>,
    looked_at: u64,
    /// Who is loading, and when it last moved.
    loading: Option<(u64, u64)>,
    loads: u64,
    pages: PageCache,
    /// When a rule of the search begins or ends and the pages in memory are no longer those to show.
    pages_until: Option<u64>,
    products: ProductViews,
    insight: Insight,
}

pub struct Edge {
    pub config: Config,
    state: RefCell<State>,
}

impl Edge {
    pub fn new(config: Config) -> Rc<Self> {
        Rc::new(Self { config, state: RefCell::default() })
    }

    /// The page at an address, exactly as it came, when it is in memory and the pointer was looked at just now: what
    /// most requests of a busy shop are answered with, without a future and without reading the request. None where
    /// [`Edge::handle`] has to see. For GET only.
    pub fn ready(&self, now_ms: u64, address: &str) -> Option<Rc<Reply>> {
        let mut state = self.state.borrow_mut();
        let looked = now_ms.saturating_sub(state.looked_at) < LOOK_EVERY_MS;
        if looked && state.pages_until.is_none_or(|until| now_ms < until) { state.pages.at(address) } else { None }
    }

    /// Answers everything but what is proxied to the functions.
    pub async fn handle<P: Platform>(self: &Rc<Self>, platform: &P, request: &Request) -> Rc<Reply> {
        let mut reply = self.answer(platform, request).await;
        if let Some(not_modified) = reply.not_modified_for(request.header("if-none-match")) {
            reply = Rc::new(not_modified);
        }
        if request.method == "HEAD" {
            reply = Rc::new(reply.without_body(reply.status));
        }
        reply
    }

    async fn answer<P: Platform>(self: &Rc<Self>, platform: &P, request: &Request) -> Rc<Reply> {
        if let Some(reply) = self.plain(platform, request).await {
            return Rc::new(reply);
        }
        match self.snapshot(platform).await {
            Some(snapshot) => self.page(platform, request, &snapshot).await,
            None => Rc::new(errors::starting()),
        }
    }

    /// What needs no published shop.
    async fn plain<P: Platform>(self: &Rc<Self>, platform: &P, request: &Request) -> Option<Reply> {
        const TEXT: &str = "text/plain; charset=utf-8";
        if request.path.len() + request.query.len() > MAX_URL_BYTES {
            return Some(Reply::new(414, Kind::Transient, TEXT, "the address is longer than 16384 bytes\n"));
        }
        let plain = route::plain(&request.path)?;
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Some(Reply::new(405, Kind::Transient, TEXT, "use GET\n").with("allow", "GET, HEAD"));
        }
        match plain {
            Plain::Health => Some(self.health(platform).await),
            Plain::Static(_) => {
                let is_icon = request.path == "/favicon.ico";
                let (file, exact) =
                    static_files::find(if is_icon { static_files::url("favicon.svg") } else { &request.path })?;
                let kind = if exact && !is_icon { Kind::Immutable } else { Kind::Transient };
                Some(Reply::new(200, kind, file.content_type, file.body))
            }
            Plain::Media(name) if route::is_media_name(name) => Some(self.media(platform, name).await),
            _ => None,
        }
    }

    /// A page that says that the functions cannot be reached, for a browser that asked one of them directly.
    pub async fn unavailable<P: Platform>(self: &Rc<Self>, platform: &P, request: &Request) -> Reply {
        match self.snapshot(platform).await {
            Some(snapshot) => {
                let view = View::new(&snapshot, snapshot.default_locale().clone(), &request.origin);
                errors::render(&view, 503, "checkout-closed").with("retry-after", "10")
            }
            None => errors::starting(),
        }
    }

    /// The version to serve. None only before the first one could be read.
    async fn snapshot<P: Platform>(self: &Rc<Self>, platform: &P) -> Option<Rc<Snapshot>> {
        let asked_at = platform.now_ms();
        if let Some(current) = self.current() {
            let idle = asked_at.saturating_sub(self.state.borrow().looked_at) > IDLE_MS;
            let Some(token) = self.begin_load(asked_at) else { return Some(current) };
            let (this, on) = (self.clone(), platform.clone());
            let mut load: LocalBoxFuture<'static, ()> = Box::pin(async move { this.load(&on, token).await });
            if idle {
                match select(load, pin!(platform.sleep(LOOK_PATIENCE_MS))).await {
                    Either::Left(((), _)) => return self.current(),
                    Either::Right(((), rest)) => load = rest,
                }
            }
            platform.defer(load);
            return Some(current);
        }
        loop {
            if let Some(token) = self.begin_load(platform.now_ms()) {
                self.load(platform, token).await;
                return self.current();
            }
            // A load that just failed is not repeated by everyone at once.
            let loading = self.state.borrow().loading.is_some();
            if !loading || platform.now_ms().saturating_sub(asked_at) > WAIT_MS {
                return None;
            }
            platform.sleep(WAIT_STEP_MS).await;
            if let Some(current) = self.current() {
                return Some(current);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn served(&self) -> Option<Rc<Snapshot>> {
        self.current()
    }

    fn current(&self) -> Option<Rc<Snapshot>> {
        self.state.borrow().current.clone()
    }

    /// A token when it is time to look and nobody does.
    fn begin_load(&self, now: u64) -> Option<u64> {
        let mut state = self.state.borrow_mut();
        let somebody = state.loading.is_some_and(|(_, moved)| now.saturating_sub(moved) < LOAD_STALE_MS);
        if somebody || now.saturating_sub(state.looked_at) < LOOK_EVERY_MS {
            return None;
        }
        state.looked_at = now;
        state.loads += 1;
        state.loading = Some((state.loads, now));
        Some(state.loads)
    }

    /// Looks at the pointer and takes over what it names; on any failure the present version stays.
    async fn load<P: Platform>(&self, platform: &P, token: u64) {
        let mine = |state: &State| state.loading.is_some_and(|(t, _)| t == token);
        let alive = || {
            let mut state = self.state.borrow_mut();
            if mine(&state) {
                state.loading = Some((token, platform.now_ms()));
            }
        };
        let present = self.current();
        let work = async {
            let pointer = load::pointer(platform, &self.config.objects_url).await?;
            if present.as_ref().is_some_and(|p| p.digest == pointer.manifest && p.version == pointer.version) {
                return Ok(None);
            }
            load::snapshot(platform, &self.config.objects_url, &pointer, present.clone(), alive).await.map(Some)
        };
        let loaded: Result<Option<Snapshot>, load::LoadError> = work.await;
        let mut state = self.state.borrow_mut();
        if !mine(&state) {
            return;
        }
        state.loading = None;
        state.looked_at = platform.now_ms();
        match loaded {
            Ok(Some(snapshot)) => {
                state.pages.clear();
                state.pages_until = next_change(platform, &snapshot);
                state.current = Some(Rc::new(snapshot));
            }
            Ok(None) => {}
            Err(error) => platform.log(&format!("the published shop was not taken over: {error}")),
        }
    }

    async fn health<P: Platform>(self: &Rc<Self>, platform: &P) -> Reply {
        let body = |status: &str, products: usize, published: u64| {
            json!({"status": status, "products": products, "version": self.config.version, "published": published})
                .to_string()
        };
        match self.snapshot(platform).await {
            Some(snapshot) => Reply::new(200, Kind::Transient, JSON, body("ok", snapshot.len(), snapshot.version)),
            None => Reply::new(503, Kind::Transient, JSON, body("starting", 0, 0)),
        }
    }

    async fn media<P: Platform>(&self, platform: &P, name: &str) -> Reply {
        const MAX_MEDIA_BYTES: usize = 16 << 20;
        let missing = |status| Reply::new(status, Kind::Transient, "text/plain; charset=utf-8", "no such picture\n");
        match load::get(platform, &self.config.objects_url, &format!("media/{name}"), MAX_MEDIA_BYTES).await {
            Ok(body) => Reply::new(200, Kind::Immutable, "image/webp", body),
            Err(load::LoadError::Status { status: 403 | 404, .. }) => missing(404),
            Err(error) => {
                platform.log(&error.to_string());
                missing(502)
            }
        }
    }

    /// Pages that were made before a rule began or ended.
    fn forget_pages_of_the_past(&self, platform: &impl Platform, snapshot: &Snapshot) {
        let mut state = self.state.borrow_mut();
        if state.pages_until.is_some_and(|until| until <= platform.now_ms()) {
            state.pages.clear();
            state.pages_until = next_change(platform, snapshot);
        }
    }

    async fn page<P: Platform>(self: &Rc<Self>, platform: &P, request: &Request, snapshot: &Rc<Snapshot>) -> Rc<Reply> {
        let (locale, route) = route::parse(&request.path, &snapshot.view.shop);
        let view = View::new(snapshot, locale, &request.origin);
        if let Route::Moved(path) = &route {
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            // `//elsewhere` would be another host.
            return Rc::new(Reply::redirect(301, format!("/{}{query}", path.trim_start_matches('/'))));
        }
        if !route.methods().contains(&request.method.as_str()) {
            return Rc::new(errors::render(&view, 405, "method").with("allow", route.methods().join(", ")));
        }
        if route == Route::Insight {
            return Rc::new(self.note(platform, request, &view));
        }
        if !route.is_catalogue() {
            return Rc::new(leaving(snapshot, self.shopping(platform, request, &view, &route).await));
        }
        self.forget_pages_of_the_past(platform, snapshot);
        let key = catalogue::cache_key(&view, &route, request);
        if let Some(page) = key.as_deref().and_then(|key| self.state.borrow_mut().pages.get(key)) {
            self.state.borrow_mut().pages.put_address(request.address(), &page);
            return page;
        }
        let reply = Rc::new(leaving(snapshot, self.catalogue(platform, request, &view, &route).await));
        if let Some(key) = key.filter(|_| reply.status == 200) {
            let mut state = self.state.borrow_mut();
            // A publish may have come while a shard was fetched.
            let current = state.current.as_ref().is_some_and(|current| Rc::ptr_eq(current, snapshot));
            if current && state.pages.put(key, reply.clone()) {
                state.pages.put_address(request.address(), &reply);
            }
        }
        reply
    }
}

/// Every page has the search's form.
fn leaving(snapshot: &Snapshot, reply: Reply) -> Reply {
    if snapshot.steering.leaves_the_shop() { reply.with_forms_that_leave() } else { reply }
}

/// When the next rule of the search begins or ends.
fn next_change(platform: &impl Platform, snapshot: &Snapshot) -> Option<u64> {
    let next = snapshot.steering.next_change(catalogue::now(platform))?;
    u64::try_from(next.as_millisecond()).ok()
}

/// What a shopper sees when a page could not be made.
fn broken(view: &View<'_>) -> Reply {
    errors::render(view, 500, "broken")
}

fn html(body: String) -> Reply {
    Reply::new(200, Kind::Catalogue, HTML, body)
}
