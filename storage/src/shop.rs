//! The shop's settings, categories, collections and pages: one partition, read with one query.

use crate::body::{self, Item};
use crate::keys::{self, Key, SK};
use crate::table::{Table, TransactError};
use crate::{Expected, Result, Revision, StoreError, Versioned, edition};
use serde::{Serialize, de::DeserializeOwned};
use stoa_domain::category::Category;
use stoa_domain::checkout::CheckoutSettings;
use stoa_domain::collection::Collection;
use stoa_domain::shop::{ContentPage, PageKind, Shop};
use stoa_domain::{CategoryId, CollectionId, Handle};

const SETTINGS: &str = "shop";
const CHECKOUT: &str = "checkout";
const CATEGORY: &str = "category";
const COLLECTION: &str = "collection";
const PAGE: &str = "page";

/// The shop's own items in a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Shops<'a> {
    pub(crate) table: &'a Table,
}

/// Everything about the shop that is not a product. Lists are in the order of their ids.
#[derive(Debug, Clone, Default)]
pub struct ShopData {
    pub settings: Option<Versioned<Shop>>,
    pub checkout: Option<Versioned<CheckoutSettings>>,
    pub categories: Vec<Versioned<Category>>,
    pub collections: Vec<Versioned<Collection>>,
    pub pages: Vec<Versioned<ContentPage>>,
}

impl Shops<'_> {
    pub async fn settings(&self) -> Result<Option<Versioned<Shop>>> {
        self.table.get(SETTINGS, keys::shop_settings()).await
    }

    pub async fn put_settings(&self, shop: &Shop, expected: Expected) -> Result<Revision> {
        edition::put(self.table, SETTINGS, keys::shop_settings(), shop, expected).await
    }

    pub async fn checkout(&self) -> Result<Option<Versioned<CheckoutSettings>>> {
        self.table.get(CHECKOUT, keys::checkout_settings()).await
    }

    pub async fn put_checkout(&self, settings: &CheckoutSettings, expected: Expected) -> Result<Revision> {
        edition::put(self.table, CHECKOUT, keys::checkout_settings(), settings, expected).await
    }

    /// All of it, in one query.
    pub async fn all(&self) -> Result<ShopData> {
        let mut data = ShopData::default();
        for item in self.table.partition(keys::SHOP, "").await? {
            let sk = body::string(&item, SK).unwrap_or_default();
            match sk.split('#').next().unwrap_or_default() {
                "SETTINGS" => data.settings = Some(body::decode(SETTINGS, &item)?),
                "CHECKOUT" => data.checkout = Some(body::decode(CHECKOUT, &item)?),
                "CATEGORY" => data.categories.push(body::decode(CATEGORY, &item)?),
                "COLLECTION" => data.collections.push(body::decode(COLLECTION, &item)?),
                "PAGE" => data.pages.push(body::decode(PAGE, &item)?),
                _ => return Err(StoreError::Corrupt { what: "shop", why: "an item of unknown kind".to_owned() }),
            }
        }
        Ok(data)
    }

    pub async fn categories(&self) -> Result<Vec<Versioned<Category>>> {
        self.list(CATEGORY, "CATEGORY#").await
    }

    pub async fn category(&self, id: &CategoryId) -> Result<Option<Versioned<Category>>> {
        self.table.get(CATEGORY, keys::category(id)).await
    }

    /// [`StoreError::HandleTaken`] when a category or collection has the handle already.
    pub async fn put_category(&self, category: &Category, expected: Expected) -> Result<Revision> {
        let key = keys::category(&category.id);
        let before = self.table.get::<Category>(CATEGORY, key.clone()).await?.map(|b| b.value.handle);
        self.put_with_handle(CATEGORY, key, category, &category.handle, before.as_ref(), expected).await
    }

    pub async fn delete_category(&self, id: &CategoryId, expected: Expected) -> Result<()> {
        let key = keys::category(id);
        let before = self.table.get::<Category>(CATEGORY, key.clone()).await?;
        self.delete_with_handle(CATEGORY, key, before.map(|b| b.value.handle), expected).await
    }

    pub async fn collections(&self) -> Result<Vec<Versioned<Collection>>> {
        self.list(COLLECTION, "COLLECTION#").await
    }

    pub async fn collection(&self, id: &CollectionId) -> Result<Option<Versioned<Collection>>> {
        self.table.get(COLLECTION, keys::collection(id)).await
    }

    /// [`StoreError::HandleTaken`] when a category or collection has the handle already.
    pub async fn put_collection(&self, collection: &Collection, expected: Expected) -> Result<Revision> {
        let key = keys::collection(&collection.id);
        let before = self.table.get::<Collection>(COLLECTION, key.clone()).await?.map(|b| b.value.handle);
        self.put_with_handle(COLLECTION, key, collection, &collection.handle, before.as_ref(), expected).await
    }

    pub async fn delete_collection(&self, id: &CollectionId, expected: Expected) -> Result<()> {
        let key = keys::collection(id);
        let before = self.table.get::<Collection>(COLLECTION, key.clone()).await?;
        self.delete_with_handle(COLLECTION, key, before.map(|b| b.value.handle), expected).await
    }

    pub async fn pages(&self) -> Result<Vec<Versioned<ContentPage>>> {
        self.list(PAGE, "PAGE#").await
    }

    pub async fn page(&self, kind: PageKind, handle: &Handle) -> Result<Option<Versioned<ContentPage>>> {
        self.table.get(PAGE, keys::page(kind, handle)).await
    }

    pub async fn put_page(&self, page: &ContentPage, expected: Expected) -> Result<Revision> {
        self.table.put(PAGE, keys::page(page.kind, &page.handle), page, expected, []).await
    }

    pub async fn delete_page(&self, kind: PageKind, handle: &Handle, expected: Expected) -> Result<()> {
        self.table.delete(PAGE, keys::page(kind, handle), expected).await
    }

    async fn list<T: DeserializeOwned>(&self, kind: &'static str, prefix: &str) -> Result<Vec<Versioned<T>>> {
        self.table.partition(keys::SHOP, prefix).await?.iter().map(|item| body::decode(kind, item)).collect()
    }

    async fn put_with_handle<T: Serialize>(
        &self,
        kind: &'static str,
        key: Key,
        value: &T,
        handle: &Handle,
        before: Option<&Handle>,
        expected: Expected,
    ) -> Result<Revision> {
        let owner = key.sk.clone();
        let revision = expected.next();
        let item: Item = body::encode(key, kind, revision, value)?;
        let mut writes = vec![
            self.table.putting(item, expected)?,
            self.table.claim(keys::shop_handle(handle), "handle_claim", &owner)?,
            edition::raise(self.table)?,
        ];
        if let Some(old) = before.filter(|old| *old != handle) {
            writes.push(self.table.release(keys::shop_handle(old), &owner)?);
        }
        match self.table.transact(writes).await {
            Ok(()) => Ok(revision),
            Err(TransactError::Store(error)) => Err(error),
            Err(TransactError::Cancelled(reasons)) if reasons.get(1).is_some_and(|r| r.failed_condition()) => {
                Err(StoreError::HandleTaken { handle: handle.clone() })
            }
            Err(TransactError::Cancelled(_)) => Err(StoreError::RevisionConflict { what: kind }),
        }
    }

    async fn delete_with_handle(
        &self,
        kind: &'static str,
        key: Key,
        handle: Option<Handle>,
        expected: Expected,
    ) -> Result<()> {
        let Some(handle) = handle else { return Err(StoreError::NotFound { what: kind }) };
        let release = self.table.release(keys::shop_handle(&handle), &key.sk)?;
        let writes = vec![self.table.deleting(key, expected)?, release, edition::raise(self.table)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(kind))
    }
}
