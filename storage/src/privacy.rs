//! One person's data across the table: everything the shop knows of them, and forgetting it. What is kept, for how long and why,
//! is in docs/privacy.md; a new kind of item that names a customer belongs here.

use crate::customers::MarketingAnswer;
use crate::keys;
use crate::{Expected, Result, Session, StockEffect, Store, StoreError, UpdateOrder, body};
use jiff::Timestamp;
use serde::Serialize;
use stoa_domain::account::Account;
use stoa_domain::cart::Cart;
use stoa_domain::marketing::Customer;
use stoa_domain::order::Order;
use stoa_domain::review::{Review, ReviewId};
use stoa_domain::{CustomerId, OrderId};

/// How often an order is read again while others change it.
const ATTEMPTS: u32 = 6;

/// Everything that the shop has of one person, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonalData {
    pub id: CustomerId,
    pub account: Option<Account>,
    /// As the shop's marketing knows them.
    pub customer: Option<Customer>,
    /// The newest first.
    pub orders: Vec<Order>,
    /// Of what they ordered.
    pub reviews: Vec<Review>,
    pub cart: Option<Cart>,
    /// Without what would let somebody use them.
    pub sessions: Vec<SessionData>,
    /// What marketing plugins proposed for them in the last 60 days.
    pub marketing: Vec<MarketingAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionData {
    pub browser: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
}

impl From<Session> for SessionData {
    fn from(session: Session) -> Self {
        let Session { browser, created_at, seen_at, expires_at, .. } = session;
        Self { browser, created_at, seen_at, expires_at }
    }
}

/// What forgetting came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Nobody finds them by the address any more; what the law wants kept of them stays.
    pub orders: u32,
    /// Under way: their buyer must still be reached. They are dealt with when they are done.
    pub under_way: u32,
}

/// The personal data of a [`crate::Store`].
#[derive(Debug, Clone, Copy)]
pub struct Privacy<'a> {
    pub(crate) store: &'a Store,
}

impl Privacy<'_> {
    /// None: nobody of this id is known.
    pub async fn data(&self, id: &CustomerId, now: Timestamp) -> Result<Option<PersonalData>> {
        let (accounts, customers) = (self.store.accounts(), self.store.customers());
        let (account, customer, sessions, marketing, orders) = tokio::try_join!(
            accounts.get(id),
            customers.get(id),
            accounts.sessions(id, now),
            customers.answers(id),
            self.orders(id)
        )?;
        let account = account.map(|read| read.value);
        let cart = match account.as_ref().and_then(|account| account.cart.as_ref()) {
            Some(cart) => self.store.carts().get(cart).await?.map(|read| read.value),
            None => None,
        };
        let mut read = Vec::with_capacity(orders.len());
        for order in &orders {
            read.extend(self.store.orders().get(order).await?.map(|read| read.value));
        }
        read.sort_by_key(|order| std::cmp::Reverse(order.placed_at));
        let reviews = self.store.reviews().get_many(&read.iter().flat_map(reviews_of).collect::<Vec<_>>()).await?;
        let data = PersonalData {
            id: id.clone(),
            account,
            customer: customer.map(|read| read.value),
            orders: read,
            reviews: reviews.into_iter().map(|read| read.value).collect(),
            cart,
            sessions: sessions.into_iter().map(SessionData::from).collect(),
            marketing,
        };
        let known = data.account.is_some() || data.customer.is_some() || !data.orders.is_empty();
        Ok(known.then_some(data))
    }

    /// Removes what the shop knows of somebody, but for what it must keep. Each step can be repeated, and the account goes after
    /// everything that is found through it: a call that died is finished by the next.
    pub async fn forget(&self, id: &CustomerId, now: Timestamp) -> Result<Forgotten> {
        let mut forgotten = Forgotten::default();
        for order in self.orders(id).await? {
            match self.forget_order(id, &order).await? {
                true => forgotten.orders += 1,
                false => forgotten.under_way += 1,
            }
        }
        let all = self.store.inner.table.partition(&keys::customer_usage(id).pk, keys::MARKETING_ANSWER).await?;
        for answer in all {
            let sk = body::string(&answer, keys::SK).unwrap_or_default().to_owned();
            let key = keys::Key { pk: keys::customer_usage(id).pk, sk };
            self.store.inner.table.delete("marketing answer", key, Expected::Any).await?;
        }
        self.store.inner.table.delete("customer", keys::customer(id), Expected::Any).await?;
        let accounts = self.store.accounts();
        for session in accounts.sessions(id, now).await? {
            accounts.end_session(id, &session.hash).await?;
        }
        if let Some(account) = accounts.get(id).await? {
            if let Some(cart) = &account.value.cart {
                self.store.carts().delete(cart, Expected::Any).await?;
            }
            self.store.inner.table.delete("account", keys::account(id), Expected::Any).await?;
        }
        Ok(forgotten)
    }

    /// One order of somebody who is forgotten, and what they said of it. False: it is under way, and stays theirs until it is not.
    pub async fn forget_order(&self, id: &CustomerId, order: &OrderId) -> Result<bool> {
        let orders = self.store.orders();
        for _ in 0..ATTEMPTS {
            let read = orders.get(order).await?;
            if let Some(read) = &read {
                match self.take_back_reviews(&read.value).await {
                    Ok(()) => {}
                    Err(StoreError::RevisionConflict { .. }) => continue,
                    Err(error) => return Err(error),
                }
            }
            if let Some(read) = &read
                && let Some(order) = read.value.forgotten()
            {
                let update = UpdateOrder { order, revision: read.revision, payment: None, stock: StockEffect::Keep };
                match orders.update(update).await {
                    Ok(_) => {}
                    Err(StoreError::RevisionConflict { .. }) => continue,
                    Err(error) => return Err(error),
                }
            }
            if read.is_some_and(|read| read.value.is_under_way()) {
                return Ok(false);
            }
            self.store.inner.table.delete("counted order", keys::counted_order(id, order), Expected::Any).await?;
            return Ok(true);
        }
        Err(StoreError::RevisionConflict { what: "order" })
    }

    async fn take_back_reviews(&self, order: &Order) -> Result<()> {
        let reviews = self.store.reviews();
        for review in reviews.get_many(&reviews_of(order).collect::<Vec<_>>()).await? {
            reviews.remove(&review).await?;
        }
        Ok(())
    }

    /// All of them, however many.
    async fn orders(&self, id: &CustomerId) -> Result<Vec<OrderId>> {
        let first = keys::counted_orders(id);
        let items = self.store.inner.table.partition(&first.pk, &first.sk).await?;
        let id = |item: &body::Item| OrderId::new(body::string(item, keys::SK)?.strip_prefix(first.sk.as_str())?).ok();
        Ok(items.iter().filter_map(id).collect())
    }
}

/// What an order's reviews would be called, whether or not they were written.
fn reviews_of(order: &Order) -> impl Iterator<Item = ReviewId> {
    (0..order.lines.len()).map(|line| ReviewId::of(&order.id, line))
}
