//! Customers as the CRM knows them: one item each, in sixteen partitions that a sweep walks through; and beside them which of
//! their orders are in their figures, and what became of what plugins proposed for them.

mod answers;

pub use answers::{ANSWER_DAYS, Application, MAX_ANSWERS, MarketingAnswer, Once};

use crate::body::{self, Item, text};
use crate::calls::Call;
use crate::keys::{self, SK};
use crate::table::{Table, page_size};
use crate::{Cursor, Expected, Page, Result, Revision, StoreError, Versioned};
use serde::{Deserialize, Serialize};
use stoa_domain::marketing::Customer;
use stoa_domain::{CustomerId, OrderId};

pub(crate) const KIND: &str = "customer";
const COUNTED: &str = "counted order";
/// Most customers on one page.
pub const MAX_CUSTOMERS_PAGE: u32 = 100;
/// Customers are spread over this many partitions.
pub const CUSTOMER_PARTITIONS: u8 = keys::CUSTOMER_PARTITIONS;

/// The customers of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Customers<'a> {
    pub(crate) table: &'a Table,
}

/// How an order stands in its customer's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Whether it is among their orders: it was paid, and not refunded.
    pub counts: bool,
}

impl Customers<'_> {
    pub async fn get(&self, id: &CustomerId) -> Result<Option<Versioned<Customer>>> {
        self.table.get(KIND, keys::customer(id)).await
    }

    /// Those that exist, in no order.
    pub async fn get_many(&self, ids: &[CustomerId]) -> Result<Vec<Customer>> {
        let items = self.table.items(ids.iter().map(keys::customer).collect(), true).await?;
        items.iter().map(|item| body::decode(KIND, item).map(|read| read.value)).collect()
    }

    pub async fn put(&self, customer: &Customer, expected: Expected) -> Result<Revision> {
        self.table.put(KIND, keys::customer(&customer.id), customer, expected, []).await
    }

    /// Of one partition (below [`CUSTOMER_PARTITIONS`]) by id, 1 to [`MAX_CUSTOMERS_PAGE`] a page; `after` is the last id of
    /// the page before.
    pub async fn page_of(&self, partition: u8, after: Option<&str>, limit: u32) -> Result<Vec<Versioned<Customer>>> {
        let limit = page_size(limit, MAX_CUSTOMERS_PAGE)?;
        let query = self
            .table
            .query(&keys::customer_partition(partition), &format!(" AND {SK} > :after"))
            // No id begins with a space.
            .expression_attribute_values(":after", text(after.unwrap_or(" ")))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let output = query.call().await.map_err(|e| StoreError::unavailable("Query", &e))?;
        output.items().iter().map(|item: &Item| body::decode(KIND, item)).collect()
    }

    /// All of them, partition by partition, 1 to [`MAX_CUSTOMERS_PAGE`] a page.
    pub async fn page(&self, cursor: Option<&Cursor>, limit: u32) -> Result<Page<Versioned<Customer>>> {
        let invalid = || StoreError::InvalidCursor;
        let (mut partition, mut after) = match cursor {
            None => (0, None),
            Some(cursor) => {
                let (partition, after) = cursor.as_str().split_once(':').ok_or_else(invalid)?;
                let partition = partition.parse().ok().filter(|n| *n < CUSTOMER_PARTITIONS).ok_or_else(invalid)?;
                (partition, Some(after.to_owned()))
            }
        };
        let mut items = Vec::new();
        while partition < CUSTOMER_PARTITIONS {
            let left = limit.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
            let found = self.page_of(partition, after.as_deref(), left).await?;
            let full = found.len() == left as usize;
            items.extend(found);
            if full {
                let next =
                    items.last().map(|last: &Versioned<Customer>| Cursor(format!("{partition}:{}", last.value.id)));
                return Ok(Page { items, next });
            }
            (partition, after) = (partition + 1, None);
        }
        Ok(Page { items, next: None })
    }

    /// None: the order was not seen before.
    pub async fn counted(&self, customer: &CustomerId, order: &OrderId) -> Result<Option<Versioned<Counted>>> {
        self.table.get(COUNTED, keys::counted_order(customer, order)).await
    }

    /// Writes a customer and how an order stands in their figures, both or neither.
    pub async fn count(
        &self,
        customer: &Customer,
        expected: Expected,
        order: &OrderId,
        counted: Counted,
        before: Expected,
    ) -> Result<()> {
        let own = body::encode(keys::customer(&customer.id), KIND, expected.next(), customer)?;
        let its = body::encode(keys::counted_order(&customer.id, order), COUNTED, before.next(), &counted)?;
        let writes = vec![self.table.putting(own, expected)?, self.table.putting(its, before)?];
        self.table.transact(writes).await.map_err(|e| e.or_conflict(KIND))
    }
}
