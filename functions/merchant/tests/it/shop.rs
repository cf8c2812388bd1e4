//! A shop on embedded servers, for the tests beside this file.

use std::io::Cursor;
use stoa_domain::Handle;
use stoa_domain::product::Product;
use stoa_merchant::catalog::{ImportError, Observer, Options, ProductChange, RowError, Summary, import};
use stoa_storage::Store;
use stoa_storage::testing::LocalStore;

pub struct Shop {
    pub store: Store,
    pub local: LocalStore,
}

pub async fn shop() -> Shop {
    let local = LocalStore::with_settings().await;
    Shop { store: local.store.clone(), local }
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
