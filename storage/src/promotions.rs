//! The shop's promotions: the rules here, their codes in `codes`, what both have been used for in `usage`.

mod codes;
mod usage;

pub(crate) use codes::adding;
pub use codes::{MAX_CODES_AT_ONCE, MAX_CODES_PAGE, PromotionCode};
pub use usage::{CodeUse, CustomerUse, MAX_USES, PromotionUse, Spent, Standing, Uses, customer_key};

pub(crate) use usage::{give_back, take};

use crate::body;
use crate::edition;
use crate::keys;
use crate::table::Table;
use crate::{Expected, Result, Revision, StoreError, Versioned};
use stoa_domain::PromotionId;
use stoa_domain::promotion::Promotion;

const KIND: &str = "promotion";

/// The promotions of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Promotions<'a> {
    pub(crate) table: &'a Table,
}

impl Promotions<'_> {
    pub async fn get(&self, id: &PromotionId) -> Result<Option<Versioned<Promotion>>> {
        self.table.get(KIND, keys::promotion(id)).await
    }

    /// All of them, by id, in one query.
    pub async fn list(&self) -> Result<Vec<Versioned<Promotion>>> {
        self.table.partition(keys::PROMOTIONS, "").await?.iter().map(|item| body::decode(KIND, item)).collect()
    }

    /// The same for a quote, which must not fail because one of them cannot be read: what is wrong is said beside.
    pub async fn readable(&self) -> Result<(Vec<Promotion>, Vec<StoreError>)> {
        let (mut read, mut broken) = (Vec::new(), Vec::new());
        for item in self.table.partition(keys::PROMOTIONS, "").await? {
            match body::decode::<Promotion>(KIND, &item) {
                Ok(promotion) => read.push(promotion.value),
                Err(error) => broken.push(error),
            }
        }
        Ok((read, broken))
    }

    pub async fn put(&self, promotion: &Promotion, expected: Expected) -> Result<Revision> {
        let revision = expected.next();
        let item = body::encode(keys::promotion(&promotion.id), KIND, revision, promotion)?;
        let writes = vec![self.table.putting(item, expected)?, edition::raise(self.table)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))?;
        Ok(revision)
    }

    /// Its codes stay, and bring nothing from then on; what it was used for stays counted.
    pub async fn delete(&self, id: &PromotionId, expected: Expected) -> Result<()> {
        let writes = vec![self.table.deleting(keys::promotion(id), expected)?, edition::raise(self.table)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))
    }
}
