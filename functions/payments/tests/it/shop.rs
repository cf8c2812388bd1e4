//! A shop with placed orders, on embedded servers, with the payments router behind a real socket, and where it is asked
//! for the providers' simulators behind another.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use stoa_domain::order::Order;
use stoa_domain::payment::Payment;
use stoa_domain::{Locale, OrderId};
use stoa_endpoint::LinkKey;
use stoa_endpoint::config::PublicUrl;
use stoa_payments::simulators::{Simulators, WechatMode};
use stoa_payments::{Config, ProviderSettings, Providers, State, router};
use stoa_storage::Store;
use stoa_storage::testing::LocalStore;
use tower::ServiceExt;

pub struct TestShop {
    pub store: Store,
    pub order: Order,
    pub payment: Payment,
    pub url: String,
    pub providers: Providers,
    /// What the schedules work with.
    pub state: State,
    pub simulators: Option<Simulators>,
    router: Router,
    _local: LocalStore,
}

/// Two mugs for ¥25.00, waiting for payment at the sandbox. The shop's public address is the router's own.
pub async fn shop() -> TestShop {
    open("sandbox", None, |_| {}).await
}

/// The same, to be paid at one of the simulated providers.
pub async fn shop_of(provider: &'static str) -> TestShop {
    open(provider, Some(WechatMode::Certificates), |_| {}).await
}

/// `change`: what this shop is configured with otherwise.
pub async fn open(
    provider: &'static str,
    simulated: Option<WechatMode>,
    change: impl FnOnce(&mut ProviderSettings),
) -> TestShop {
    let local = LocalStore::with_settings().await;
    let store = local.store.clone();
    let (order, payment) = placed(&store, provider, 1).await;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let public_url = PublicUrl::new(&url).unwrap();
    let simulators = match simulated {
        Some(mode) => Some(simulate(&public_url, mode).await),
        None => None,
    };
    let mut settings = simulators.as_ref().map(Simulators::settings).unwrap_or_default();
    change(&mut settings);
    let providers = Providers::new(&settings, &public_url).unwrap();
    let config = Config { providers: providers.clone(), ..Config::for_testing(public_url) };
    let state = State::new(store.clone(), config);
    let router = router(state.clone());
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });
    TestShop { store, order, payment, url, providers, state, simulators, router, _local: local }
}

async fn simulate(shop: &PublicUrl, mode: WechatMode) -> Simulators {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let simulators = Simulators::new(&format!("http://{}", listener.local_addr().unwrap()), shop, mode).unwrap();
    let served = simulators.router();
    tokio::spawn(async move { axum::serve(listener, served).await });
    simulators
}

impl TestShop {
    /// The hosted page's path with its token.
    pub fn page(&self) -> String {
        self.page_of(&self.payment)
    }
    pub fn page_of(&self, payment: &Payment) -> String {
        LinkKey::new(&[1; 32]).payment_path(&payment.provider, &payment.id)
    }
    /// The order's signed page.
    pub fn status_path(&self, order: &Order) -> String {
        let en = Locale::new("en").unwrap();
        LinkKey::new(&[1; 32]).order_path(&order.id, &order.locale, &en)
    }
    pub fn simulators(&self) -> &Simulators {
        self.simulators.as_ref().unwrap()
    }
    /// One more order, as the first one.
    pub async fn place(&self, number: u32) -> (Order, Payment) {
        let provider = ["sandbox", "wechat", "alipay", "stripe", "bank_transfer"];
        let provider = provider.into_iter().find(|name| *name == self.payment.provider).unwrap();
        placed(&self.store, provider, number).await
    }
    /// Opens the payment's page as a browser; the answer's status, body and where it leads.
    pub async fn visit(&self, path: &str, browser: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).header(header::USER_AGENT, browser).header("x-forwarded-for", "203.0.113.9");
        let response = self.send(request.body(Body::empty()).unwrap()).await;
        let status = response.status();
        let to = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap(), to.unwrap_or_default())
    }
    pub async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (StatusCode, serde_json::Value) {
        let request = headers.iter().fold(Request::post(path), |r, (name, value)| r.header(*name, *value));
        let response = self.send(request.body(Body::from(body)).unwrap()).await;
        let status = response.status();
        (status, serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap())
    }
    /// Posts a callback; without a signature when that is empty.
    pub async fn callback(&self, signature: &str, body: Vec<u8>) -> (StatusCode, serde_json::Value) {
        let headers = [(stoa_payments::sandbox::SIGNATURE_HEADER, signature)];
        let headers = if signature.is_empty() { &headers[..0] } else { &headers[..] };
        self.post("/payments/callbacks/sandbox", headers, body).await
    }
    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }
    /// Presses one of the page's buttons; the status and where it leads.
    pub async fn press(&self, page: &str, action: &str) -> (StatusCode, String) {
        let request = Request::post(page)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("action={action}")))
            .unwrap();
        let response = self.send(request).await;
        let to = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
        (response.status(), to.unwrap_or_default())
    }
}

async fn placed(store: &Store, provider: &'static str, number: u32) -> (Order, Payment) {
    let mut place = stoa_storage::testing::order(store, &number.to_string()).await;
    place.order.number = format!("S-TEST-{number:04}");
    place.payment.provider = provider.to_owned();
    place.order.id = OrderId::new(format!("ord_{provider}_{number}")).unwrap();
    place.payment.order = place.order.id.clone();
    place.payment.id = place.order.id.payment().unwrap();
    place.order.payment = place.payment.id.clone();
    let placed = (place.order.clone(), place.payment.clone());
    store.orders().place(place).await.unwrap();
    placed
}
