//! The shop under test: its real routers and use cases over the table of the run, and a small catalogue that everybody
//! wants.

use crate::bank::{self, Bank};
use crate::schedule::{Gone, Schedule};
use crate::witness::Witness;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use stoa_checkout::PaymentMethods;
use stoa_domain::order::OrderState;
use stoa_domain::payment::MAX_HOLD;
use stoa_domain::shop::{ShippingMethod, Shop as Settings};
use stoa_domain::{Localized, PromotionId, Sku};
use stoa_endpoint::config::PublicUrl;
use stoa_payments::{Provider, Providers, Reconciled, Swept, reconcile, sweep_unpaid};
use stoa_storage::testing::{cny, en, product, promotion, promotion_code, settings};
use stoa_storage::{Expected, StockEffect, Store, StoreError, UpdateOrder};
use tower::ServiceExt;

/// What is sold: SKU, price and pieces. Fewer than are asked for.
pub(crate) const GOODS: [(&str, i64, u32); 3] = [("mug", 1_250, 5), ("bowl", 8_000, 2), ("vase", 3_000, 7)];
/// Takes a tenth off, so often and no more.
pub(crate) const PROMOTION: &str = "welcome";
pub(crate) const CODE: &str = "HELLO";
pub(crate) const MAX_USES: u32 = 1;
const ORIGIN: &str = "https://shop.example";
/// Nothing of a run is as old as what reconciling waits for.
const LATER: SignedDuration = SignedDuration::from_mins(10);
const MAX_BODY_BYTES: usize = 1 << 20;

pub(crate) struct Shop {
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) store: Store,
    pub(crate) bank: Arc<Bank>,
    checkout: Option<Router>,
    payments: Option<Router>,
    providers: Providers,
}

/// An answer as a browser has it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// What is to be sent with the next request.
    pub(crate) cookie: Option<String>,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Shop {
    pub(crate) fn new(schedule: Arc<Schedule>, store: Store, bank: Arc<Bank>) -> Self {
        let providers: Providers = [bank.clone() as Arc<dyn Provider>].into_iter().collect();
        let url = PublicUrl::new(ORIGIN).ok();
        let methods = PaymentMethods::new(bank::NAME).ok();
        let checkout = url.clone().zip(methods).map(|(url, payment_methods)| {
            let config = stoa_checkout::Config { payment_methods, ..stoa_checkout::Config::for_testing(url) };
            stoa_checkout::router(stoa_checkout::State::new(store.clone(), config))
        });
        let payments = url.map(|url| {
            let config = stoa_payments::Config::for_testing(url);
            let config = stoa_payments::Config { providers: providers.clone(), sandbox_secret: None, ..config };
            stoa_payments::router(stoa_payments::State::new(store.clone(), config))
        });
        Self { schedule, store, bank, checkout, payments, providers }
    }

    /// Makes the table and fills the shelves.
    pub(crate) async fn open(&self, witness: &Witness) {
        if let Err(error) = self.stock_up().await {
            witness.violation(format!("the shop did not open: {error}"));
        }
    }

    async fn stock_up(&self) -> Result<(), StoreError> {
        self.store.create_table().await?;
        let shipping = ShippingMethod {
            id: "standard".into(),
            name: Localized::new(en(), "Standard"),
            price: cny(1_000),
            free_from: Some(cny(20_000)),
            promise: Localized::default(),
        };
        let settings = Settings { shipping_methods: vec![shipping], ..settings() };
        self.store.shop().put_settings(&settings, Expected::Absent).await?;
        for (name, price, on_hand) in GOODS {
            self.store.products().put(&product(name, price), Expected::Absent).await?;
            if let Ok(sku) = Sku::new(name) {
                self.store.stock().set(&sku, on_hand).await?;
            }
        }
        let limits = format!(r#""code_required": true, "limits": {{ "uses": {MAX_USES} }}"#);
        self.store.promotions().put(&promotion(PROMOTION, &limits), Expected::Absent).await?;
        let code = promotion_code(CODE, PROMOTION);
        self.store.promotions().add_codes(&[code]).await
    }

    /// A request to the checkout, by the actor whose turn it is.
    pub(crate) async fn ask(&self, what: &str, request: Request<Body>) -> Result<Answer, Gone> {
        self.served(what, self.checkout.clone(), request).await
    }

    /// A callback of the provider.
    pub(crate) async fn tell(&self, what: &str, request: Request<Body>) -> Result<Answer, Gone> {
        self.served(what, self.payments.clone(), request).await
    }

    async fn served(&self, what: &str, router: Option<Router>, request: Request<Body>) -> Result<Answer, Gone> {
        let serving = async move {
            let response = router?.oneshot(request).await.ok()?;
            let status = response.status().as_u16();
            let cookie = response.headers().get(header::SET_COOKIE).and_then(|v| v.to_str().ok());
            let cookie = cookie.and_then(|text| text.split(';').next()).map(str::to_owned);
            let bytes = to_bytes(response.into_body(), MAX_BODY_BYTES).await.ok()?;
            Some(Answer { status, body: String::from_utf8_lossy(&bytes).into_owned(), cookie })
        };
        // A router always answers.
        self.schedule.invoke(what, serving).await?.ok_or(Gone::Crashed)
    }

    /// The job that asks the provider what no callback said.
    pub(crate) async fn reconcile(&self) -> Result<Result<Reconciled, StoreError>, Gone> {
        let (store, providers) = (self.store.clone(), self.providers.clone());
        let work = async move { reconcile(&store, &providers, Timestamp::now() + LATER).await };
        self.schedule.invoke("reconcile", work).await
    }

    /// The job that ends orders nobody paid: here the time of all of them is over.
    pub(crate) async fn sweep(&self) -> Result<Result<Swept, StoreError>, Gone> {
        let (store, providers) = (self.store.clone(), self.providers.clone());
        let work = async move { sweep_unpaid(&store, &providers, Timestamp::now() + MAX_HOLD + LATER).await };
        self.schedule.invoke("sweep", work).await
    }

    pub(crate) fn promotion() -> Option<PromotionId> {
        PromotionId::new(PROMOTION).ok()
    }
}

/// What the merchant's API does to move an order along. None: it may not, or somebody else was faster.
pub(crate) async fn move_order(
    store: &Store,
    id: stoa_domain::OrderId,
    to: OrderState,
    by: &'static str,
) -> Result<Option<()>, StoreError> {
    let Some(read) = store.orders().get(&id).await? else { return Ok(None) };
    let mut order = read.value;
    if order.transition(to, Timestamp::now(), by, "simulated").is_err() {
        return Ok(None);
    }
    let stock = match to {
        OrderState::Shipped => StockEffect::Consume,
        OrderState::Cancelled => StockEffect::Release,
        _ => StockEffect::Keep,
    };
    match store.orders().update(UpdateOrder { order, revision: read.revision, payment: None, stock }).await {
        Ok(_) => Ok(Some(())),
        Err(StoreError::RevisionConflict { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
