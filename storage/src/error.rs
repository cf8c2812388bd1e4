//! What can go wrong, as callers need to tell it apart. No variant carries personal data.

use stoa_domain::{Handle, ProductId, Sku};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{what} was changed by someone else; read it again")]
    RevisionConflict { what: &'static str },
    #[error("{what} does not exist")]
    NotFound { what: &'static str },
    #[error("{sku} is out of stock: {available} left")]
    OutOfStock { sku: Sku, available: u32 },
    #[error("stock of {sku} must stay between 0 and 4294967295")]
    StockOutOfRange { sku: Sku },
    /// The goods that an order takes out of the house or gives back are not counted there.
    #[error("stock of {sku} does not hold what this order moves; count it first")]
    StockNotThere { sku: Sku },
    #[error("the refund id {id} is used already; take another")]
    RefundIdTaken { id: String },
    #[error("the handle {handle} is already used")]
    HandleTaken { handle: Handle },
    #[error("the SKU {sku} already belongs to {product}")]
    SkuTaken { sku: Sku, product: ProductId },
    #[error("another order has this number")]
    OrderNumberTaken,
    #[error("the idempotency key was used before with another request")]
    IdempotencyKeyReused,
    #[error("a page holds 1 to {max} items, got {got}")]
    PageSize { max: u32, got: u32 },
    #[error("the cursor is not one that a page gave out")]
    InvalidCursor,
    #[error("{what} takes {bytes} bytes; at most {max} can be stored")]
    TooLarge { what: &'static str, bytes: usize, max: usize },
    #[error("an order holds at most {max} different items, gifts and limited promotions and codes together")]
    TooManyLines { max: usize },
    #[error("at most {max} {what}")]
    TooMany { what: &'static str, max: usize },
    #[error("the code {code} exists already")]
    CodeTaken { code: String },
    #[error("a promotion or code was used by others meanwhile; price it again")]
    PromotionUsedUp,
    #[error("the stored {what} cannot be read: {why}")]
    Corrupt { what: &'static str, why: String },
    #[error("object {key} does not exist")]
    ObjectMissing { key: String },
    /// The service refused or could not be reached, after retries. `cause` is for the log only.
    #[error("the store did not answer {operation}: {cause}")]
    Unavailable { operation: &'static str, cause: String },
}

impl StoreError {
    /// Stable, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RevisionConflict { .. } => "revision_conflict",
            Self::NotFound { .. } => "not_found",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::StockOutOfRange { .. } => "stock_out_of_range",
            Self::StockNotThere { .. } => "stock_not_there",
            Self::RefundIdTaken { .. } => "refund_id_taken",
            Self::OrderNumberTaken => "order_number_taken",
            Self::HandleTaken { .. } => "handle_taken",
            Self::SkuTaken { .. } => "sku_taken",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::PageSize { .. } => "page_size",
            Self::InvalidCursor => "invalid_cursor",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyLines { .. } => "too_many_lines",
            Self::TooMany { .. } => "too_many",
            Self::CodeTaken { .. } => "code_taken",
            Self::PromotionUsedUp => "promotion_used_up",
            Self::Corrupt { .. } => "corrupt",
            Self::ObjectMissing { .. } => "object_missing",
            Self::Unavailable { .. } => "store_unavailable",
        }
    }

    /// Of an SDK error: its chain of causes in one line, without the request (which holds the item).
    pub(crate) fn unavailable(operation: &'static str, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = String::new();
        let mut next = Some(error);
        while let Some(e) = next {
            let text = e.to_string();
            if !cause.ends_with(&text) {
                if !cause.is_empty() {
                    cause.push_str(": ");
                }
                cause.push_str(&text);
            }
            next = e.source();
        }
        Self::Unavailable { operation, cause }
    }
}
