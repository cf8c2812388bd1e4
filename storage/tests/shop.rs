//! A store on embedded servers, and the things tests put into it.
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

use jiff::Timestamp;
use std::net::SocketAddr;
use stoa_domain::cart::Cart;
use stoa_domain::order::{Address, Order, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::product::{Product, ProductStatus, Variant};
use stoa_domain::quote::Quote;
use stoa_domain::{CartId, Currency, Handle, Locale, Localized, Money, OrderId, PaymentId, ProductId, Sku};
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Config, Expected, IdempotencyKey, Keys, PlaceOrder, Reservation, Revision, Store};

pub struct Shop {
    pub store: Store,
    pub dynamo: DynamoServer,
    pub objects: ObjectServer,
    pub folder: tempfile::TempDir,
}

pub async fn shop() -> Shop {
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let keys = Keys { access_key: "test".to_owned(), secret_key: "test-secret".to_owned() };
    let folder = tempfile::tempdir().unwrap();
    let dynamo = DynamoServer::start(None, any).await.unwrap();
    let objects = ObjectServer::start(folder.path(), any, "stoa-public", &keys).await.unwrap();
    let store = Store::open(&Config::local(dynamo.url(), objects.url(), keys)).await;
    store.create().await.unwrap();
    Shop { store, dynamo, objects, folder }
}

pub fn cny() -> Currency {
    Currency::new("CNY").unwrap()
}
pub fn sku(text: &str) -> Sku {
    Sku::new(text).unwrap()
}
pub fn product_id(text: &str) -> ProductId {
    ProductId::new(text).unwrap()
}
pub fn now() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

/// A product whose id and handle are `name`, with these SKUs.
pub fn product(name: &str, skus: &[&str]) -> Product {
    let variant = |text: &&str| Variant {
        sku: sku(text),
        option_values: vec![],
        price: Money::new(1_250, cny()),
        compare_at: None,
        cost: None,
        barcode: None,
        weight_grams: None,
        image: None,
        requires_shipping: true,
        taxable: true,
        track_stock: true,
        backorder: false,
    };
    Product {
        id: product_id(name),
        handle: Handle::new(name).unwrap(),
        status: ProductStatus::Active,
        title: Localized::new(Locale::new("en").unwrap(), name),
        description_html: Localized::default(),
        brand: None,
        product_type: None,
        category: None,
        tags: vec![],
        attributes: vec![],
        options: vec![],
        variants: skus.iter().map(variant).collect(),
        images: vec![],
        seo_title: Localized::default(),
        seo_description: Localized::default(),
        created_at: now(),
        updated_at: now(),
    }
}

/// Stores a cart and makes the order of it: `quantity` of each SKU.
pub async fn order(store: &Store, name: &str, skus: &[&str], quantity: u32) -> PlaceOrder {
    let cart = Cart::new(CartId::new(format!("cart_{name}")).unwrap(), Locale::new("en").unwrap(), now());
    let revision: Revision = store.carts().put(&cart, Expected::Absent).await.unwrap();
    let total = Money::new(1_250, cny());
    let address = Address {
        name: "Lin".to_owned(),
        phone: "13800000000".to_owned(),
        country: "CN".to_owned(),
        region: "浙江".to_owned(),
        city: "杭州".to_owned(),
        district: "西湖".to_owned(),
        street: "文一路 1 号".to_owned(),
        postal_code: "310000".to_owned(),
    };
    let payment = PaymentId::new(format!("pay_{name}")).unwrap();
    let id = OrderId::new(format!("ord_{name}")).unwrap();
    PlaceOrder {
        order: Order {
            id: id.clone(),
            number: format!("S-{name}"),
            state: OrderState::PaymentPending,
            locale: cart.locale.clone(),
            email: "lin@example.com".to_owned(),
            shipping_address: address,
            lines: vec![],
            quote: Quote {
                lines: vec![],
                subtotal: total,
                discount: Money::zero(cny()),
                shipping: None,
                total,
                messages: vec![],
                refused: vec![],
                gifts: vec![],
                codes: vec![],
                tax: None,
            },
            cart: cart.id.clone(),
            payment: payment.clone(),
            placed_at: now(),
            timeline: vec![],
        },
        payment: Payment {
            id: payment,
            order: id,
            provider: "sandbox".to_owned(),
            amount: total,
            state: PaymentState::Pending,
            provider_reference: None,
            created_at: now(),
            updated_at: now(),
        },
        reservations: skus.iter().map(|s| Reservation { sku: sku(s), quantity, beyond_stock: false }).collect(),
        cart: (cart.id, revision),
        idempotency: IdempotencyKey::new("orders", name).unwrap(),
        request_hash: "body-1".to_owned(),
        response: format!("{{\"order_id\":\"ord_{name}\"}}"),
    }
}
