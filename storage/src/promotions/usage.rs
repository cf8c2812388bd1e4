//! What promotions and codes have been used for: one item of counters for each promotion, code and customer. An order
//! moves them in its own transaction under its own conditions, so a limit holds however many order at once; cancelling
//! moves them back.
//!
//! A promotion or a code is counted only where something limits it. A counter is one item, and DynamoDB writes one item
//! some hundred times a second in transactions at most: a promotion that every order gets must not be a gate that every
//! order waits at.

use super::codes::KIND as CODE;
use super::{PromotionCode, Promotions};
use crate::body::{self, Item, integer, number, text};
use crate::keys::{self, PK, SK};
use crate::table::Table;
use crate::{Result, StoreError};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use stoa_domain::id::InvalidId;
use stoa_domain::promotion::{Amounts, Coupon, Usage, code_key};
use stoa_domain::{Currency, CustomerId, Money, PromotionId};

const KIND: &str = "usage";
/// Promotions and codes that one order counts. With the gifts they share what an order's transaction has left.
pub const MAX_USES: usize = 25;
const SPENT: &str = "spent_";
/// Hex digits of a promotion's hash in the name of a customer's counter.
const NAME_DIGITS: usize = 16;

/// Who ordered, by a hash of the address: the same for any spelling of its case. Not a secret from who can read the
/// table, where orders have the address itself; it keeps addresses out of keys, streams and logs.
pub fn customer_key(email: &str) -> Result<CustomerId, InvalidId> {
    let hash = Sha256::new().chain_update("stoa customer\n").chain_update(email.trim().to_lowercase()).finalize();
    CustomerId::new(format!("cus_{}", hex::encode(&hash[..16])))
}

/// What an order counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uses {
    pub promotions: Vec<PromotionUse>,
    pub codes: Vec<CodeUse>,
    pub customer: Option<CustomerUse>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionUse {
    pub promotion: PromotionId,
    /// So many orders at most.
    pub max_uses: Option<u32>,
    pub spent: Option<Spent>,
}

/// What the order is given, of what all orders together may be given in its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub amount: Money,
    pub budget_minor: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeUse {
    pub code: String,
    pub max_uses: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerUse {
    pub customer: CustomerId,
    /// The orders of the customer that the price was made with; None: it did not depend on them.
    pub orders: Option<u32>,
    /// Promotions that a customer may use so often.
    pub promotions: Vec<(PromotionId, u32)>,
}

/// What a quote has to know of codes, and of what was used before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those that exist, by [`code_key`].
    pub codes: HashMap<String, PromotionCode>,
    code_uses: HashMap<String, u32>,
    promotions: HashMap<PromotionId, (u32, Amounts)>,
    /// Orders of the customer so far.
    pub customer_orders: u32,
    customer_uses: HashMap<String, u32>,
}

impl Standing {
    /// Orders with the code so far, where something limits it.
    pub fn uses_of_code(&self, typed: &str) -> u32 {
        self.code_uses.get(&code_key(typed)).copied().unwrap_or(0)
    }
    /// A code as a quote wants it; None where the shop has no such code.
    pub fn coupon(&self, typed: &str) -> Option<Coupon> {
        let known = self.codes.get(&code_key(typed))?;
        Some(Coupon {
            promotion: known.promotion.clone(),
            batch: known.batch.clone(),
            disabled: !known.enabled,
            starts_at: known.starts_at,
            ends_at: known.ends_at,
            customer: known.customer.clone(),
            max_uses: known.max_uses,
            uses: self.uses_of_code(typed),
        })
    }
    /// What was used of a promotion, as far as something limits it.
    pub fn usage(&self, promotion: &PromotionId) -> Usage {
        let (uses, spent) = self.promotions.get(promotion).cloned().unwrap_or_default();
        let by_customer = self.customer_uses.get(&customer_counter(promotion)).copied().unwrap_or(0);
        Usage { uses, by_customer, spent }
    }
}

impl Promotions<'_> {
    /// How promotions, codes and a customer stand, in one batch; no request where nothing is asked.
    pub async fn standing(
        &self,
        promotions: &[PromotionId],
        codes: &[String],
        customer: Option<&CustomerId>,
    ) -> Result<Standing> {
        let mut wanted: Vec<keys::Key> = promotions.iter().map(keys::promotion_usage).collect();
        for code in codes.iter().map(|code| code_key(code)) {
            wanted.extend([keys::promotion_code(&code), keys::promotion_code_usage(&code)]);
        }
        wanted.extend(customer.map(keys::customer_usage));
        let items = self.table.items(wanted, true).await?;
        let items: HashMap<keys::Key, Item> = items.into_iter().filter_map(|item| Some((key(&item)?, item))).collect();
        let mut standing = Standing::default();
        for promotion in promotions {
            if let Some(item) = items.get(&keys::promotion_usage(promotion)) {
                standing.promotions.insert(promotion.clone(), (counter(item, "uses"), spent(item)));
            }
        }
        for code in codes.iter().map(|code| code_key(code)) {
            if let Some(item) = items.get(&keys::promotion_code_usage(&code)) {
                standing.code_uses.insert(code.clone(), counter(item, "uses"));
            }
            if let Some(item) = items.get(&keys::promotion_code(&code)) {
                standing.codes.insert(code, body::decode(CODE, item)?.value);
            }
        }
        if let Some(item) = customer.and_then(|customer| items.get(&keys::customer_usage(customer))) {
            standing.customer_orders = counter(item, "orders");
            let used = item.keys().filter(|name| name.starts_with("used_"));
            standing.customer_uses = used.map(|name| (name.clone(), counter(item, name))).collect();
        }
        Ok(standing)
    }
}

fn key(item: &Item) -> Option<keys::Key> {
    Some(keys::Key { pk: body::string(item, PK)?.to_owned(), sk: body::string(item, SK)?.to_owned() })
}

fn counter(item: &Item, name: &str) -> u32 {
    integer(item, name).unwrap_or(0)
}

fn spent(item: &Item) -> Amounts {
    let amount = |name: &String| {
        let currency = Currency::new(name.strip_prefix(SPENT)?).ok()?;
        Some(Money::new(integer(item, name)?, currency))
    };
    Amounts::new(item.keys().filter_map(amount))
}

/// The name of a customer's counter of one promotion: an attribute's name cannot hold every id.
fn customer_counter(promotion: &PromotionId) -> String {
    format!("used_{}", &hex::encode(Sha256::digest(promotion.as_str()))[..NAME_DIGITS])
}

/// Counters of one item to be moved together.
struct Move {
    sets: Vec<String>,
    conditions: Vec<String>,
    values: HashMap<String, AttributeValue>,
}

impl Move {
    fn new() -> Self {
        Self { sets: Vec::new(), conditions: Vec::new(), values: HashMap::new() }
    }

    fn up(&mut self, name: &str, by: i64) -> &mut Self {
        let (zero, step) = (self.value(0), self.value(by));
        self.sets.push(format!("{name} = if_not_exists({name}, {zero}) + {step}"));
        self
    }

    /// Never below zero and never in vain: a counter that is gone is not missed.
    fn down(&mut self, name: &str, by: i64) -> &mut Self {
        let step = self.value(by);
        self.sets.push(format!("{name} = if_not_exists({name}, {step}) - {step}"));
        self
    }

    /// Only while the counter is at most `most`.
    fn at_most(&mut self, name: &str, most: i64) -> &mut Self {
        let most = self.value(most);
        self.conditions.push(format!("(attribute_not_exists({name}) OR {name} <= {most})"));
        self
    }

    /// Only while the counter is what was read.
    fn still(&mut self, name: &str, read: i64) -> &mut Self {
        let value = self.value(read);
        let new = if read == 0 { format!("attribute_not_exists({name}) OR ") } else { String::new() };
        self.conditions.push(format!("({new}{name} = {value})"));
        self
    }

    fn value(&mut self, value: i64) -> String {
        let name = if value < 0 { format!(":m{}", value.unsigned_abs()) } else { format!(":n{value}") };
        self.values.insert(name.clone(), number(value));
        name
    }

    fn write(mut self, table: &Table, key: keys::Key) -> Result<TransactWriteItem> {
        self.values.insert(":kind".to_owned(), text(KIND));
        let update = format!("SET kind = :kind, {}", self.sets.join(", "));
        let condition = self.conditions.join(" AND ");
        table.updating(key, &update, (!condition.is_empty()).then_some(condition.as_str()), self.values)
    }
}

/// The writes that count an order, each under its limit.
pub(crate) fn take(table: &Table, uses: &Uses) -> Result<Vec<TransactWriteItem>> {
    let by_customer = uses.customer.as_ref().map_or(0, |customer| customer.promotions.len());
    if uses.promotions.len() + uses.codes.len() > MAX_USES || by_customer > MAX_USES {
        return Err(StoreError::TooMany { what: "limited promotions and codes in one order", max: MAX_USES });
    }
    let mut writes = Vec::new();
    for used in &uses.promotions {
        let mut counters = Move::new();
        counters.up("uses", 1);
        if let Some(most) = used.max_uses {
            counters.at_most("uses", i64::from(most) - 1);
        }
        if let Some(Spent { amount, budget_minor }) = &used.spent {
            let name = format!("{SPENT}{}", amount.currency);
            counters.up(&name, amount.minor).at_most(&name, budget_minor.saturating_sub(amount.minor));
        }
        writes.push(counters.write(table, keys::promotion_usage(&used.promotion))?);
    }
    for used in &uses.codes {
        let mut counters = Move::new();
        counters.up("uses", 1).at_most("uses", i64::from(used.max_uses) - 1);
        writes.push(counters.write(table, keys::promotion_code_usage(&code_key(&used.code)))?);
    }
    if let Some(used) = &uses.customer {
        let mut counters = Move::new();
        counters.up("orders", 1);
        if let Some(read) = used.orders {
            counters.still("orders", i64::from(read));
        }
        for (promotion, most) in &used.promotions {
            let name = customer_counter(promotion);
            counters.up(&name, 1).at_most(&name, i64::from(*most) - 1);
        }
        writes.push(counters.write(table, keys::customer_usage(&used.customer))?);
    }
    Ok(writes)
}

/// The writes that take it all back; they cannot fail.
pub(crate) fn give_back(table: &Table, uses: &Uses) -> Result<Vec<TransactWriteItem>> {
    let mut writes = Vec::new();
    for used in &uses.promotions {
        let mut counters = Move::new();
        counters.down("uses", 1);
        if let Some(Spent { amount, .. }) = &used.spent {
            counters.down(&format!("{SPENT}{}", amount.currency), amount.minor);
        }
        writes.push(counters.write(table, keys::promotion_usage(&used.promotion))?);
    }
    for used in &uses.codes {
        let mut counters = Move::new();
        counters.down("uses", 1);
        writes.push(counters.write(table, keys::promotion_code_usage(&code_key(&used.code)))?);
    }
    if let Some(used) = &uses.customer {
        let mut counters = Move::new();
        counters.down("orders", 1);
        for (promotion, _) in &used.promotions {
            counters.down(&customer_counter(promotion), 1);
        }
        writes.push(counters.write(table, keys::customer_usage(&used.customer))?);
    }
    Ok(writes)
}
