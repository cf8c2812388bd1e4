//! What the tests of every crate begin with: a store on servers of its own, and one of each thing to put into it.
#![allow(clippy::unwrap_used, reason = "only tests call it: what fails here fails a test")]

use crate::embedded::{DynamoServer, ObjectServer};
use crate::{Config, Expected, Keys, PlaceOrder, PromotionCode, Store, Uses};
use jiff::{SignedDuration, Timestamp};
use std::net::SocketAddr;
use stoa_domain::cart::Cart;
use stoa_domain::order::{Address, Order, OrderLine, OrderState};
use stoa_domain::payment::{Payment, PaymentState};
use stoa_domain::product::{Product, ProductStatus, Variant};
use stoa_domain::promotion::Promotion;
use stoa_domain::quote::Quote;
use stoa_domain::shop::Shop;
use stoa_domain::{
    CartId, Currency, Handle, Locale, Localized, Money, OrderId, PaymentId, ProductId, PromotionId, Sku,
};

const ACCESS_KEY: &str = "test";
const SECRET_KEY: &str = "test-secret";
/// How long [`order`] waits for its payment: a test that goes beyond it stays within what clocks may differ by for providers.
pub const ORDER_HOLD: SignedDuration = SignedDuration::from_mins(3);

/// An empty table and two empty buckets of one test's own. They go when this is dropped.
#[derive(Debug)]
pub struct LocalStore {
    pub store: Store,
    dynamo: DynamoServer,
    objects: ObjectServer,
    folder: tempfile::TempDir,
}

impl LocalStore {
    /// On free ports of this machine only.
    pub async fn start() -> Self {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let keys = Keys { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.to_owned() };
        let folder = tempfile::tempdir().unwrap();
        // In a file: there the stream has its index, and a test may import thousands of products.
        let dynamo = DynamoServer::start(Some(&folder.path().join("table.db")), any).await.unwrap();
        let objects = ObjectServer::start(folder.path(), any, "stoa-public", &keys).await.unwrap();
        let store = Store::open(&Config::local(dynamo.url(), objects.url(), keys)).await;
        store.create().await.unwrap();
        Self { store, dynamo, objects, folder }
    }

    /// With the settings of [`settings`].
    pub async fn with_settings() -> Self {
        let this = Self::start().await;
        this.store.shop().put_settings(&settings(), Expected::Absent).await.unwrap();
        this
    }

    /// Where the object store listens.
    pub fn object_address(&self) -> SocketAddr {
        self.objects.addr()
    }

    /// Where the objects lie: a folder for each bucket.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The variables with which a function in a process of its own finds this store.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let config = self.store.config();
        vec![
            ("STOA_TABLE", config.table.clone()),
            ("STOA_PUBLIC_BUCKET", config.public_bucket.clone()),
            ("STOA_PRIVATE_BUCKET", config.private_bucket.clone()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamo.url()),
            ("AWS_ENDPOINT_URL_S3", self.objects.url()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }
}

pub fn en() -> Locale {
    Locale::new("en").unwrap()
}

pub fn zh() -> Locale {
    Locale::new("zh-CN").unwrap()
}

pub fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::new("CNY").unwrap())
}

/// A shop in yuan, English first and Chinese, that ships nothing yet.
pub fn settings() -> Shop {
    let none = Localized::default;
    Shop {
        name: Localized::new(en(), "Stoa"),
        tagline: none(),
        announcement: none(),
        description: none(),
        email: "shop@example.com".to_owned(),
        currency: Currency::new("CNY").unwrap(),
        default_locale: en(),
        locales: vec![en(), zh()],
        main_menu: vec![],
        footer_menu: vec![],
        shipping_methods: vec![],
        notices: vec![],
        facets: vec![],
    }
}

/// A product on sale with one tracked variant: `name` is its id, its handle and its SKU.
pub fn product(name: &str, minor: i64) -> Product {
    Product {
        id: ProductId::new(name).unwrap(),
        handle: Handle::new(name).unwrap(),
        status: ProductStatus::Active,
        title: Localized::new(en(), format!("The {name}")),
        description_html: Localized::default(),
        brand: None,
        product_type: None,
        category: None,
        tags: vec![],
        attributes: vec![],
        options: vec![],
        variants: vec![variant(name, minor)],
        images: vec![],
        seo_title: Localized::default(),
        seo_description: Localized::default(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

pub fn variant(sku: &str, minor: i64) -> Variant {
    Variant {
        sku: Sku::new(sku).unwrap(),
        option_values: vec![],
        price: cny(minor),
        compare_at: None,
        cost: None,
        barcode: None,
        weight_grams: None,
        image: None,
        requires_shipping: true,
        taxable: true,
        track_stock: true,
        backorder: false,
    }
}

/// A promotion `id` that takes a tenth off the order, beside any other; `more` are fields of its JSON, braces left out.
pub fn promotion(id: &str, more: &str) -> Promotion {
    let comma = if more.is_empty() { "" } else { "," };
    let json = format!(
        r#"{{ "id": "{id}", "title": {{ "en": "The {id}", "zh-CN": "{id}优惠" }},
            "combines_with": {{ "product": true, "order": true, "shipping": true }},
            "actions": [{{ "discount_order": {{ "value": {{ "basis_points": 1000 }} }} }}]{comma}{more} }}"#
    );
    serde_json::from_str(&json).unwrap()
}

/// A code of `promotion` that nothing limits.
pub fn promotion_code(code: &str, promotion: &str) -> PromotionCode {
    PromotionCode {
        code: code.to_owned(),
        promotion: PromotionId::new(promotion).unwrap(),
        batch: None,
        enabled: true,
        starts_at: None,
        ends_at: None,
        customer: None,
        max_uses: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// An order of two mugs for ¥25.00, named `ord_{name}` and waiting for its payment `pay_{name}`, to be placed. Its cart
/// is in the store; it takes no stock.
pub async fn order(store: &Store, name: &str) -> PlaceOrder {
    let now = Timestamp::now();
    let total = cny(2_500);
    let zero = Money::zero(total.currency);
    let cart = Cart::new(CartId::new(format!("cart_{name}")).unwrap(), en(), now);
    let revision = store.carts().put(&cart, Expected::Absent).await.unwrap();
    let order = Order {
        id: OrderId::new(format!("ord_{name}")).unwrap(),
        number: format!("S-TEST-{name}"),
        state: OrderState::PaymentPending,
        locale: en(),
        email: "wang.li@example.com".to_owned(),
        marketing_consent: false,
        shipping_address: Address {
            name: "Wang Li".to_owned(),
            phone: String::new(),
            country: "CN".to_owned(),
            region: "江苏省".to_owned(),
            city: "苏州市".to_owned(),
            district: "姑苏区".to_owned(),
            subdistrict: String::new(),
            street: "平江路 12 号".to_owned(),
            postal_code: String::new(),
        },
        lines: vec![OrderLine {
            sku: Sku::new("mug").unwrap(),
            product: ProductId::new("mug").unwrap(),
            handle: "mug".to_owned(),
            title: "The mug".to_owned(),
            variant_title: String::new(),
            quantity: 2,
            unit_price: cny(1_250),
            total,
            gift: None,
        }],
        quote: Quote {
            lines: vec![],
            subtotal: total,
            discount: zero,
            shipping: None,
            total,
            messages: vec![],
            refused: vec![],
            gifts: vec![],
            codes: vec![],
            tax: None,
        },
        cart: cart.id.clone(),
        payment: PaymentId::new(format!("pay_{name}")).unwrap(),
        placed_at: now,
        held_until: now.checked_add(ORDER_HOLD).ok(),
        timeline: vec![],
        shipments: vec![],
        refunds: vec![],
        returns: vec![],
        invoice: None,
        forget: false,
    };
    let payment = Payment {
        id: order.payment.clone(),
        order: order.id.clone(),
        provider: "sandbox".to_owned(),
        amount: total,
        state: PaymentState::Pending,
        provider_reference: None,
        created_at: now,
        updated_at: now,
    };
    PlaceOrder {
        order,
        payment,
        reservations: vec![],
        uses: Uses::default(),
        cart: (cart.id, revision),
        key: format!("key of {name}"),
        request_hash: "hash".to_owned(),
        shop_locale: en(),
    }
}

/// [`order`], placed.
pub async fn place_order(store: &Store, name: &str) -> (Order, Payment) {
    let place = order(store, name).await;
    let placed = (place.order.clone(), place.payment.clone());
    store.orders().place(place).await.unwrap();
    placed
}
