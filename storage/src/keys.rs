//! Every key of the table. `pk` and `sk` are strings; one index, `by_state`, is sparse.
//!
//! | item | pk | sk | index |
//! | --- | --- | --- | --- |
//! | product | `PRODUCTS#{00..0f}` by id | product id | |
//! | product's handle | `HANDLE#{handle}` | `PRODUCT` | |
//! | owner of a SKU | `SKU#{sku}` | `PRODUCT` | |
//! | stock of a SKU | `SKU#{sku}` | `STOCK` | |
//! | shop settings | `SHOP` | `SETTINGS` | |
//! | category | `SHOP` | `CATEGORY#{id}` | |
//! | collection | `SHOP` | `COLLECTION#{id}` | |
//! | page, policy | `SHOP` | `PAGE#{kind}#{handle}` | |
//! | handle of a category or collection | `SHOP_HANDLE#{handle}` | `OWNER` | |
//! | cart | `CART#{id}` | `CART` | |
//! | order with its payment | `ORDER#{id}` | `ORDER` | `ORDERS#{state}`, `{placed_at}#{id}`; while it waits for payment `#{held_until}` |
//! | how far unpaid orders were swept | `ORDERS` | `SWEEP` | |
//! | what the shop decides about orders | `ORDERS` | `SETTINGS` | |
//! | refund of an order | `REFUND#{id}` | `REFUND` | `REFUNDS#{state}`, `{requested_at}#{order id}`; none once it succeeded |
//! | review of an order's line | `REVIEW#{id}` | `REVIEW` | `REVIEWS#{state}`, `{written_at}#{id}` |
//! | published reviews of a product | `PRODUCT_REVIEWS#{product id}` | `{written_at}#{id}` | |
//! | a product's rating and newest reviews | `RATINGS#{00..0f}` by id | product id | |
//! | parcel that a carrier can tell of | `PARCEL#{carrier}#{tracking number}` | `{order id}#{shipment}` | `PARCELS`, `{ask next}#{order id}#{shipment}`; none once it is over |
//! | invoice that an order's buyer asked for | `INVOICE#{order id}` | `INVOICE` | `INVOICES#{state}`, `{asked at}#{order id}`; none while staff have nothing to do |
//! | idempotency record, mark of what was done | `IDEMPOTENCY#{scope}#{key}` | `RECORD`, `DONE` | |
//! | API token | `TOKENS` | SHA-256 of the token | |
//! | plugin | `PLUGINS` | plugin id | |
//! | which settings, categories, collections, promotions and plugins are the newest | `EDITION` | `EDITION` | |
//! | version of a plugin | `PLUGIN#{id}` | `VERSION#{version}` | |
//! | what was done to a plugin | `PLUGIN#{id}` | `EVENT#{number}` | |
//! | runs of a plugin in one minute | `PLUGIN#{id}` | `TALLY#{change}#{digest}#{minute}` | |
//! | record of a plugin's run | `PLUGIN_RUNS#{id}` | `{sample or failure}#{slot}` | |
//! | plugin's failures | `PLUGIN_FAILURES` | plugin id | |
//! | promotion | `PROMOTIONS` | promotion id | |
//! | uses of a promotion | `PROMOTION#{id}` | `USAGE` | |
//! | promotion code | `CODE#{code in lower case}` | `CODE` | `CODES#{promotion id}`, code in lower case |
//! | uses of a code | `CODE#{code in lower case}` | `USAGE` | |
//! | orders and uses of a customer | `CUSTOMER#{hash of the address}` | `USAGE` | |
//! | customer | `CUSTOMERS#{0..f}` by id | customer id | |
//! | order in its customer's figures | `CUSTOMER#{id}` | `ORDER#{order id}` | |
//! | what became of a marketing plugin's answer | `CUSTOMER#{id}` | `MARKETING#{plugin id}#{event}` | |
//! | message to a customer | `MESSAGE#{id}` | `MESSAGE` | `MESSAGES#{state}`, `{written_at}#{id}` |
//! | messages of one day | `CRM` | `MESSAGES#{day}` | |
//! | account | `CUSTOMER#{id}` | `ACCOUNT` | |
//! | session | `CUSTOMER#{id}` | `SESSION#{SHA-256 of its token}` | |
//! | sign-in that waits for its code | `SIGN_IN#{id}` | `SIGN_IN` | |
//! | how often something was asked for | `RATE#{what}` | `{turn}` | |
//! | marketing settings, today's sweep, how sending goes | `CRM` | `SETTINGS`, `SWEEP`, `MAIL` | |
//! | import | `IMPORT#{file digest}` | `IMPORT` | |
//! | what shoppers searched for on a day | `INSIGHT#{year}` | `2026-11-24` | |
//! | published head | `PUBLISH` | `HEAD` | |
//! | how the search is steered: draft, what is live, what was before | `SEARCH_SETTINGS` | `DRAFT`, `LIVE`, `FORMER` | |

use stoa_domain::order::{InvoiceState, OrderState, RefundId, RefundState};
use stoa_domain::plugin::Version;
use stoa_domain::review::{ReviewId, ReviewState};
use stoa_domain::shop::PageKind;
use stoa_domain::snapshot::shard_of;
use stoa_domain::{
    CartId, CategoryId, CollectionId, CustomerId, Handle, OrderId, PaymentId, PluginId, ProductId, PromotionId, Sku,
};

pub const PK: &str = "pk";
pub const SK: &str = "sk";
/// The sparse index of orders, open refunds and messages by state, and of codes by their promotion.
pub const BY_STATE: &str = "by_state";
pub const BY_STATE_PK: &str = "state_pk";
pub const BY_STATE_SK: &str = "state_sk";
/// Seconds since 1970 after which DynamoDB may delete the item.
pub const EXPIRES_AT: &str = "expires_at";

/// Products are spread over this many partitions: all of them can be listed without an index, and an import writes to
/// all partitions at once.
pub const PRODUCT_PARTITIONS: usize = 16;

/// One item's primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub pk: String,
    pub sk: String,
}

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Key {
    Key { pk: pk.into(), sk: sk.into() }
}

pub fn product(id: &ProductId) -> Key {
    key(product_partition(shard_of(id, PRODUCT_PARTITIONS)), id.as_str())
}
pub fn product_partition(partition: usize) -> String {
    format!("PRODUCTS#{partition:02x}")
}
pub fn product_handle(handle: &Handle) -> Key {
    key(format!("HANDLE#{handle}"), "PRODUCT")
}
pub fn sku(sku: &Sku) -> Key {
    key(format!("SKU#{sku}"), "PRODUCT")
}
pub fn stock(sku: &Sku) -> Key {
    key(format!("SKU#{sku}"), "STOCK")
}
pub const SHOP: &str = "SHOP";
pub fn shop_settings() -> Key {
    key(SHOP, "SETTINGS")
}
pub fn checkout_settings() -> Key {
    key(SHOP, "CHECKOUT")
}
pub fn category(id: &CategoryId) -> Key {
    key(SHOP, format!("CATEGORY#{id}"))
}
pub fn collection(id: &CollectionId) -> Key {
    key(SHOP, format!("COLLECTION#{id}"))
}
pub fn page(kind: PageKind, handle: &Handle) -> Key {
    let kind = match kind {
        PageKind::Page => "page",
        PageKind::Policy => "policy",
    };
    key(SHOP, format!("PAGE#{kind}#{handle}"))
}
pub fn shop_handle(handle: &Handle) -> Key {
    key(format!("SHOP_HANDLE#{handle}"), "OWNER")
}
pub fn cart(id: &CartId) -> Key {
    key(format!("CART#{id}"), "CART")
}
pub fn order(id: &OrderId) -> Key {
    key(format!("ORDER#{id}"), "ORDER")
}
pub fn order_settings() -> Key {
    key("ORDERS", "SETTINGS")
}
pub fn orders_in(state: OrderState) -> String {
    format!("ORDERS#{state}")
}
/// Sorts by time: RFC 3339 in UTC with a fixed number of digits.
pub fn order_time(placed_at: jiff::Timestamp, id: &OrderId) -> String {
    format!("{placed_at:.6}#{id}")
}
/// Refunds are named once in the whole shop: their ids are the providers', too.
pub fn refund(id: &RefundId) -> Key {
    key(format!("{REFUND}{id}"), "REFUND")
}
pub const REFUND: &str = "REFUND#";
/// In the index.
pub fn refunds_in(state: RefundState) -> String {
    format!("REFUNDS#{state}")
}
/// Sorts by time, as [`order_time`] does.
pub fn refund_time(requested_at: jiff::Timestamp, order: &OrderId) -> String {
    order_time(requested_at, order)
}
pub fn invoice(order: &OrderId) -> Key {
    key(format!("{INVOICE}{order}"), "INVOICE")
}
pub const INVOICE: &str = "INVOICE#";
/// In the index.
pub fn invoices_in(state: InvoiceState) -> String {
    format!("INVOICES#{state}")
}
/// Of one carrier and tracking number there may be parcels of several orders.
pub fn parcels(carrier: &str, tracking_number: &str) -> String {
    format!("PARCEL#{carrier}#{}", tracking_number.to_ascii_uppercase())
}
pub fn parcel(carrier: &str, tracking_number: &str, order: &OrderId, shipment: u32) -> Key {
    key(parcels(carrier, tracking_number), format!("{order}#{shipment}"))
}
/// In the index: parcels under way.
pub const PARCELS: &str = "PARCELS";
/// Sorts by time, as [`order_time`] does.
pub fn parcel_time(ask_next: jiff::Timestamp, order: &OrderId, shipment: u32) -> String {
    format!("{ask_next:.6}#{order}#{shipment}")
}
/// Before every [`parcel_time`] of a later moment.
pub fn parcels_until(now: jiff::Timestamp) -> String {
    format!("{now:.6}#\u{7f}")
}
pub fn review(id: &ReviewId) -> Key {
    key(format!("REVIEW#{id}"), "REVIEW")
}
/// In the index.
pub fn reviews_in(state: ReviewState) -> String {
    format!("REVIEWS#{state}")
}
/// Sorts by time, as [`order_time`] does.
pub fn review_time(written_at: jiff::Timestamp, id: &ReviewId) -> String {
    format!("{written_at:.6}#{id}")
}
pub fn product_reviews(product: &ProductId) -> String {
    format!("PRODUCT_REVIEWS#{product}")
}
pub fn product_review(product: &ProductId, written_at: jiff::Timestamp, id: &ReviewId) -> Key {
    key(product_reviews(product), review_time(written_at, id))
}
const RATINGS: &str = "RATINGS#";
pub fn rating(product: &ProductId) -> Key {
    key(rating_partition(shard_of(product, PRODUCT_PARTITIONS)), product.as_str())
}
pub fn rating_partition(partition: usize) -> String {
    format!("{RATINGS}{partition:02x}")
}
/// [`order_time`] of an order that waits, so that a sweep finds in the index alone whose time is over.
pub fn waiting_order_time(placed_at: jiff::Timestamp, id: &OrderId, held_until: jiff::Timestamp) -> String {
    format!("{}#{}", order_time(placed_at, id), held_until.as_second())
}
/// The second until which a waiting order is held, by its key in the index. None: it is from before orders had an end.
pub fn held_until(waiting_order_time: &str) -> Option<i64> {
    waiting_order_time.splitn(3, '#').nth(2)?.parse().ok()
}
pub fn order_sweep() -> Key {
    key("ORDERS", "SWEEP")
}
/// A payment lies in its order's item. None: no order of the shop has such a payment.
pub fn payment(id: &PaymentId) -> Option<Key> {
    id.order().map(|id| order(&id))
}
pub fn idempotency(scope: &str, name: &str) -> Key {
    key(format!("IDEMPOTENCY#{scope}#{name}"), "RECORD")
}
pub fn idempotency_mark(scope: &str, name: &str) -> Key {
    key(format!("IDEMPOTENCY#{scope}#{name}"), "DONE")
}
pub const TOKENS: &str = "TOKENS";
pub fn token(hash: &str) -> Key {
    key(TOKENS, hash)
}
pub const PLUGINS: &str = "PLUGINS";
pub fn plugin(id: &PluginId) -> Key {
    key(PLUGINS, id.as_str())
}
/// [`crate::Store::edition`].
pub fn edition() -> Key {
    key("EDITION", "EDITION")
}
pub fn plugin_life(id: &PluginId) -> String {
    format!("PLUGIN#{id}")
}
pub const PLUGIN_VERSION: &str = "VERSION#";
pub fn plugin_version(id: &PluginId, version: &Version) -> Key {
    key(plugin_life(id), format!("{PLUGIN_VERSION}{version}"))
}
pub const PLUGIN_EVENT: &str = "EVENT#";
/// Sorts by number.
pub fn plugin_event(id: &PluginId, number: u64) -> Key {
    key(plugin_life(id), format!("{PLUGIN_EVENT}{number:020}"))
}
/// Sorts by minute (since 1970) within one version since one change.
pub fn plugin_tally(id: &PluginId, change: u64, digest: &str, minute: i64) -> Key {
    let digest = digest.get(..16).unwrap_or(digest);
    key(plugin_life(id), format!("TALLY#{change}#{digest}#{minute:012}"))
}
pub fn plugin_runs(id: &PluginId) -> String {
    format!("PLUGIN_RUNS#{id}")
}
/// A record goes to a slot that another had before: so many are kept and no more.
pub fn plugin_run(id: &PluginId, ring: &str, slot: u64) -> Key {
    key(plugin_runs(id), format!("{ring}#{slot:04}"))
}
pub const PLUGIN_FAILURES: &str = "PLUGIN_FAILURES";
pub fn plugin_failures(id: &PluginId) -> Key {
    key(PLUGIN_FAILURES, id.as_str())
}
pub const PROMOTIONS: &str = "PROMOTIONS";
pub fn promotion(id: &PromotionId) -> Key {
    key(PROMOTIONS, id.as_str())
}
pub fn promotion_usage(id: &PromotionId) -> Key {
    key(format!("PROMOTION#{id}"), "USAGE")
}
/// `code` as codes are compared: [`stoa_domain::promotion::code_key`].
pub fn promotion_code(code: &str) -> Key {
    key(format!("CODE#{code}"), "CODE")
}
pub fn promotion_code_usage(code: &str) -> Key {
    key(format!("CODE#{code}"), "USAGE")
}
/// In the index.
pub fn codes_of(promotion: &PromotionId) -> String {
    format!("CODES#{promotion}")
}
pub fn customer_usage(id: &CustomerId) -> Key {
    key(format!("CUSTOMER#{id}"), "USAGE")
}
/// Customers are spread over this many partitions, so that a sweep lists them without an index.
pub const CUSTOMER_PARTITIONS: u8 = 16;
pub fn customer_partition(partition: u8) -> String {
    format!("CUSTOMERS#{partition:x}")
}
/// By the last character of the id, which is a hash's.
pub fn customer(id: &CustomerId) -> Key {
    let last = id.as_str().bytes().last().unwrap_or(0);
    let partition = char::from(last).to_digit(16).unwrap_or(u32::from(last) % u32::from(CUSTOMER_PARTITIONS));
    key(customer_partition(u8::try_from(partition).unwrap_or(0)), id.as_str())
}
pub fn counted_order(customer: &CustomerId, order: &OrderId) -> Key {
    let all = counted_orders(customer);
    key(all.pk, format!("{}{order}", all.sk))
}
/// Where a customer's orders begin.
pub fn counted_orders(customer: &CustomerId) -> Key {
    key(format!("CUSTOMER#{customer}"), "ORDER#")
}
pub const MARKETING_ANSWER: &str = "MARKETING#";
pub fn marketing_answer(customer: &CustomerId, plugin: &PluginId, event: &str) -> Key {
    key(format!("CUSTOMER#{customer}"), format!("{MARKETING_ANSWER}{plugin}#{event}"))
}
pub fn message(id: &str) -> Key {
    key(format!("MESSAGE#{id}"), "MESSAGE")
}
/// In the index.
pub fn messages_in(state: &str) -> String {
    format!("MESSAGES#{state}")
}
/// Sorts by time, as [`order_time`] does.
pub fn message_time(written_at: jiff::Timestamp, id: &str) -> String {
    format!("{written_at:.6}#{id}")
}
pub fn messages_on(day: jiff::civil::Date) -> Key {
    key("CRM", format!("MESSAGES#{day}"))
}
pub fn account(id: &CustomerId) -> Key {
    key(format!("CUSTOMER#{id}"), "ACCOUNT")
}
/// With an empty hash: where a customer's sessions begin.
pub fn session(id: &CustomerId, hash: &str) -> Key {
    key(format!("CUSTOMER#{id}"), format!("SESSION#{hash}"))
}
pub fn sign_in(id: &str) -> Key {
    key(format!("SIGN_IN#{id}"), "SIGN_IN")
}
pub fn rate(what: &str, turn: i64) -> Key {
    key(format!("RATE#{what}"), turn.to_string())
}
pub fn crm_mail() -> Key {
    key("CRM", "MAIL")
}
pub fn crm_settings() -> Key {
    key("CRM", "SETTINGS")
}
pub fn crm_sweep() -> Key {
    key("CRM", "SWEEP")
}
pub fn import(digest: &str) -> Key {
    key(format!("IMPORT#{digest}"), "IMPORT")
}
/// Of a day by UTC.
pub fn search_insight(day: jiff::civil::Date) -> Key {
    key(format!("INSIGHT#{}", day.year()), day.to_string())
}
pub fn publish_head() -> Key {
    key("PUBLISH", "HEAD")
}

const SEARCH_SETTINGS: &str = "SEARCH_SETTINGS";
const SEARCH_LIVE: &str = "LIVE";
pub fn search_draft() -> Key {
    key(SEARCH_SETTINGS, "DRAFT")
}
pub fn search_live() -> Key {
    key(SEARCH_SETTINGS, SEARCH_LIVE)
}
pub fn search_former() -> Key {
    key(SEARCH_SETTINGS, "FORMER")
}

/// What a change of an item means for what is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    Product(ProductId),
    Stock(Sku),
    /// Settings, a category, a collection, a page, or how the search is steered.
    Shop,
    /// Nothing that is published.
    Private,
}

/// The order that a stream record is of, if it is of one.
pub fn changed_order(pk: &str, sk: &str) -> Option<OrderId> {
    pk.strip_prefix("ORDER#").filter(|_| sk == "ORDER").and_then(|id| OrderId::new(id).ok())
}

/// The message that a stream record is of, if it is of one.
pub fn changed_message<'a>(pk: &'a str, sk: &str) -> Option<&'a str> {
    pk.strip_prefix("MESSAGE#").filter(|_| sk == "MESSAGE")
}

/// Reads a stream record's key.
pub fn changed(pk: &str, sk: &str) -> Changed {
    if pk.starts_with("PRODUCTS#") || pk.starts_with(RATINGS) {
        ProductId::new(sk).map_or(Changed::Private, Changed::Product)
    } else if let ("STOCK", Some(text)) = (sk, pk.strip_prefix("SKU#")) {
        Sku::new(text).map_or(Changed::Private, Changed::Stock)
    } else if pk == SHOP || (pk, sk) == (SEARCH_SETTINGS, SEARCH_LIVE) {
        Changed::Shop
    } else {
        Changed::Private
    }
}
