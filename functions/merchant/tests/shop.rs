//! A shop on embedded servers, for the tests beside this file.
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

use std::io::Cursor;
use std::net::SocketAddr;
use stoa_domain::product::Product;
use stoa_domain::shop::Shop as Settings;
use stoa_domain::{Currency, Handle, Locale, Localized};
use stoa_merchant::catalog::{ImportError, Observer, Options, ProductChange, RowError, Summary, import};
use stoa_storage::embedded::{DynamoServer, ObjectServer};
use stoa_storage::{Config, Expected, Keys, Store};

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
    let dynamo = DynamoServer::start(Some(&folder.path().join("table.db")), any).await.unwrap();
    let objects = ObjectServer::start(folder.path(), any, "stoa-public", &keys).await.unwrap();
    let store = Store::open(&Config::local(dynamo.url(), objects.url(), keys)).await;
    store.create().await.unwrap();
    store.shop().put_settings(&settings(), Expected::Absent).await.unwrap();
    Shop { store, dynamo, objects, folder }
}

pub fn en() -> Locale {
    Locale::new("en").unwrap()
}

pub fn settings() -> Settings {
    let text = |text: &str| Localized::new(en(), text);
    Settings {
        name: text("Test"),
        tagline: Localized::default(),
        announcement: Localized::default(),
        description: Localized::default(),
        email: "shop@example.com".to_owned(),
        currency: Currency::new("CNY").unwrap(),
        default_locale: en(),
        locales: vec![en(), Locale::new("zh-CN").unwrap()],
        main_menu: vec![],
        footer_menu: vec![],
        shipping_methods: vec![],
        notices: vec![],
        facets: vec![],
    }
}

/// Everything an import said.
#[derive(Debug, Default)]
pub struct Heard {
    pub changes: Vec<ProductChange>,
    pub errors: Vec<RowError>,
}

impl Observer for Heard {
    fn change(&mut self, change: &ProductChange) {
        self.changes.push(change.clone());
    }
    fn refused(&mut self, error: &RowError) {
        self.errors.push(error.clone());
    }
}

impl Heard {
    /// `row column code` of every error.
    pub fn rules(&self) -> Vec<String> {
        self.errors.iter().map(|e| format!("{} {} {}", e.row, e.column, e.code)).collect()
    }
}

impl Shop {
    pub async fn import(&self, file: &[u8]) -> (Summary, Heard) {
        let (summary, heard) = self.try_import(file, Options::default()).await;
        (summary.unwrap(), heard)
    }
    pub async fn try_import(&self, file: &[u8], options: Options) -> (Result<Summary, ImportError>, Heard) {
        let mut heard = Heard::default();
        let summary = import(&self.store, Cursor::new(file.to_vec()), options, &mut heard).await;
        (summary, heard)
    }
    pub async fn product(&self, handle: &str) -> Product {
        self.store.products().by_handle(&Handle::new(handle).unwrap()).await.unwrap().unwrap().value
    }
    pub async fn export(&self) -> Vec<u8> {
        let mut csv = Vec::new();
        stoa_merchant::catalog::export(&self.store, &mut csv, |_| {}).await.unwrap();
        csv
    }
    pub async fn on_hand(&self, sku: &str) -> Option<u32> {
        let sku = stoa_domain::Sku::new(sku).unwrap();
        self.store.stock().get(&sku).await.unwrap().map(|level| level.on_hand)
    }
}
