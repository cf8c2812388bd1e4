//! The demo shop on an embedded table of its own, and shoppers who talk to the routers of its functions on this thread.
//! Table and objects are served by other threads, so this thread's processor time is the functions' own.

use crate::demo;
use crate::shop::{self, DataFolder, Secrets, Servers};
use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use stoa_checkout::LoadPromotion;
use stoa_domain::{Currency, OrderId, PaymentId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_payments::sandbox::{Callback, CallbackData, CallbackKind, SIGNATURE_HEADER, Sandbox};
use stoa_storage::meter::Meter;
use stoa_storage::{Config, Store};
use tower::ServiceExt;

/// Enough for any bench.
const ON_HAND: u32 = 100_000_000;
const LOCALE: &str = "zh-CN";
/// Largest answer that is read.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// The servers and what is in them. They end, and their data goes, when this is dropped.
pub(crate) struct Site {
    servers: Servers,
    secrets: Secrets,
    /// Of different variants that are in stock, each once.
    pub(crate) skus: Vec<Sku>,
    /// What goods are shipped by.
    shipping: String,
    _lock: DataFolder,
    _folder: tempfile::TempDir,
}

impl Site {
    /// The demo shop's goods, settings and promotions; no pictures and no plugins.
    pub(crate) async fn open() -> Result<Self> {
        let folder = tempfile::tempdir().context("making a folder for a shop")?;
        let lock = DataFolder::lock(folder.path())?.context("nobody knows this folder")?;
        let secrets = Secrets::of(folder.path())?;
        let servers = Servers::start(&lock, &secrets).await?;
        let store = shop::store(&servers.dynamodb_url(), &servers.objects_url(), &secrets).await;
        store.create().await.context("preparing the table")?;
        let catalogue = demo::catalogue::load()?;
        let skus: Vec<Sku> = catalogue.stock.iter().map(|(sku, _)| sku.clone()).collect();
        demo::seed::fill(&store, catalogue).await?;
        let plenty: Vec<(Sku, u32)> = skus.iter().map(|sku| (sku.clone(), ON_HAND)).collect();
        store.stock().set_many(&plenty).await?;
        let settings = store.shop().settings().await?.context("the demo shop has settings")?.value;
        let shipping = settings.shipping_methods.first().context("the demo shop ships")?.id.clone();
        Ok(Self { servers, secrets, skus, shipping, _lock: lock, _folder: folder })
    }

    pub(crate) async fn store(&self) -> Store {
        shop::store(&self.servers.dynamodb_url(), &self.servers.objects_url(), &self.secrets).await
    }
}

/// On a thread that is none of the runtime that serves table and objects.
pub(crate) fn beside_the_servers<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    tokio::task::block_in_place(|| {
        let joined = std::thread::scope(|scope| scope.spawn(work).join());
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The functions, as one thread of them. What they ask goes through connections of the runtime that opened this.
pub(crate) struct Till<'a> {
    site: &'a Site,
    checkout: Router,
    payments: Router,
    sandbox: Sandbox,
    meter: Meter,
}

impl<'a> Till<'a> {
    /// `loader`: who makes plugins of artefacts. None: no plugin runs.
    pub(crate) async fn open(site: &'a Site, loader: Option<Arc<dyn LoadPromotion>>) -> Result<Self> {
        let (servers, secrets) = (&site.servers, &site.secrets);
        let config = Config::local(servers.dynamodb_url(), servers.objects_url(), secrets.object_keys());
        let (store, meter) = Store::metered(&config).await;
        let public_url = PublicUrl::new("https://shop.example")?;
        let state = stoa_checkout::State::new(store.clone(), stoa_checkout::Config::for_testing(public_url.clone()));
        let state = match loader {
            Some(loader) => state.with_promotions(loader),
            None => state,
        };
        let payments = stoa_payments::Config::for_testing(public_url);
        let sandbox = Sandbox::new(payments.sandbox_secret.as_deref().context("the sandbox has a secret")?);
        let payments = stoa_payments::router(stoa_payments::State::new(store, payments));
        Ok(Self { site, checkout: stoa_checkout::router(state), payments, sandbox, meter })
    }

    /// Units since it was last asked.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn shopper(&self) -> Shopper<'_> {
        Shopper { till: self, cookie: None }
    }
}

/// One browser, with its cart's cookie.
pub(crate) struct Shopper<'a> {
    till: &'a Till<'a>,
    cookie: Option<String>,
}

/// An order that waits for its payment.
pub(crate) struct Placed {
    order: OrderId,
    payment: PaymentId,
    total: i64,
    currency: Currency,
}

impl Shopper<'_> {
    pub(crate) async fn add(&mut self, sku: &Sku) -> Result<()> {
        let body = json!({ "sku": sku, "quantity": 1 });
        self.send(Method::POST, "/api/cart/lines", Some(body), None).await.map(drop)
    }

    /// The cart as its page shows it.
    pub(crate) async fn quote(&mut self) -> Result<Value> {
        let path = format!("/api/cart?locale={LOCALE}&shipping={}&country=CN", self.till.site.shipping);
        self.send(Method::GET, &path, None, None).await
    }

    /// Orders what was quoted.
    pub(crate) async fn place(&mut self, quote: &Value, key: &str) -> Result<Placed> {
        let body = json!({
            "email": "wang.li@example.com",
            "address": {
                "name": "王莉", "phone": "+86 139 0000 0000", "country": "CN", "region": "江苏省", "city": "苏州市",
                "district": "姑苏区", "street": "平江路 12 号", "postal_code": "215000"
            },
            "shipping_method": self.till.site.shipping,
            "locale": LOCALE,
            "expected_total": quote["total"],
        });
        let answer = self.send(Method::POST, "/api/orders", Some(body), Some(key)).await?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("an order's answer has its ids");
        Ok(Placed {
            order: OrderId::new(text(&answer["order_id"])?)?,
            payment: PaymentId::new(text(&answer["payment"]["id"])?)?,
            total: quote["total"]["minor"].as_i64().context("a quote has a total")?,
            currency: serde_json::from_value(quote["total"]["currency"].clone())?,
        })
    }

    /// What the provider sends once the shopper has paid, with its signature.
    pub(crate) fn callback(&self, placed: &Placed) -> Result<(Vec<u8>, String)> {
        let Placed { order, payment, total, currency } = placed;
        let callback = Callback {
            id: format!("evt_{payment}_succeeded"),
            kind: CallbackKind::Succeeded,
            data: CallbackData {
                payment: payment.clone(),
                order: order.clone(),
                amount: *total,
                currency: *currency,
                reference: format!("sbx_{payment}"),
            },
        };
        let body = serde_json::to_vec(&callback)?;
        let signature = self.till.sandbox.sign(&body, Timestamp::now());
        Ok((body, signature))
    }

    pub(crate) async fn deliver(&self, (body, signature): (Vec<u8>, String)) -> Result<()> {
        let request = Request::post("/payments/callbacks/sandbox").header(SIGNATURE_HEADER, signature);
        let receipt = answer(&self.till.payments, request.body(Body::from(body))?).await?.0;
        ensure!(receipt["result"] == "recorded", "the payment was not recorded: {receipt}");
        Ok(())
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Result<Value> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = body.map(|body| body.to_string());
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from))?;
        let (value, cookie) = answer(&self.till.checkout, request).await?;
        self.cookie = cookie.or(self.cookie.take());
        Ok(value)
    }
}

/// The answer's JSON and the cookie that it sets. What is not a success is an error: a fast refusal is no result.
async fn answer(router: &Router, request: Request<Body>) -> Result<(Value, Option<String>)> {
    let path = request.uri().path().to_owned();
    let response = router.clone().oneshot(request).await?;
    let status = response.status();
    let cookie = response.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
    let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    let bytes: Bytes = to_bytes(response.into_body(), MAX_ANSWER_BYTES).await?;
    if !status.is_success() {
        bail!("{path} answered {status}: {}", String::from_utf8_lossy(&bytes));
    }
    Ok((serde_json::from_slice(&bytes)?, cookie))
}
