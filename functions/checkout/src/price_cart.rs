//! The price of a cart, from the table and the promotions as they are this moment. Reads settings, products, stock and
//! promotions at once; decides nothing that [`stoa_domain::quote`] decides.

use crate::{State, store_error};
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use stoa_domain::cart::{CartLine, MAX_QUANTITY};
use stoa_domain::product::{Product, ProductStatus, Variant};
use stoa_domain::quote::{PricedLine, Quote, QuoteError, quote};
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::stock::StockLevel;
use stoa_domain::{Currency, Locale, Sku};
use stoa_endpoint::ApiError;

/// A cart with everything that its view or its order needs.
pub(crate) struct PricedCart {
    pub(crate) shop: Shop,
    pub(crate) locale: Locale,
    /// As in the cart, one for one.
    pub(crate) items: Vec<Item>,
    /// Only of what still has a price.
    pub(crate) quote: Quote,
}

/// One line of the cart and what the catalogue says of it.
pub(crate) struct Item {
    pub(crate) line: CartLine,
    /// None: nobody sells it any more.
    pub(crate) offer: Option<Offer>,
}

/// What is sold under the line's SKU.
pub(crate) struct Offer {
    pub(crate) product: Arc<Product>,
    pub(crate) variant: usize,
    /// How many can be sold, at most [`MAX_QUANTITY`].
    pub(crate) available: u32,
}

/// Why a line cannot be ordered as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    SoldOut,
    /// Some are left, but fewer than the cart wants.
    LowStock,
    Gone,
}

impl Offer {
    pub(crate) fn variant(&self) -> Option<&Variant> {
        self.product.variants.get(self.variant)
    }
}

impl Item {
    pub(crate) fn problem(&self) -> Option<Problem> {
        match self.offer.as_ref().map(|o| o.available) {
            None => Some(Problem::Gone),
            Some(0) => Some(Problem::SoldOut),
            Some(n) if n < self.line.quantity => Some(Problem::LowStock),
            Some(_) => None,
        }
    }
}

/// How many of a variant one cart may hold now.
pub(crate) fn sellable(variant: &Variant, stock: Option<&StockLevel>) -> u32 {
    if !variant.track_stock || variant.backorder {
        MAX_QUANTITY
    } else {
        stock.map_or(0, StockLevel::available).min(MAX_QUANTITY)
    }
}

/// The shop's settings; without them nothing is sold.
pub(crate) async fn shop(state: &State) -> Result<Shop, ApiError> {
    let settings = state.store.shop().settings().await.map_err(store_error)?;
    settings.map(|s| s.value).ok_or_else(|| ApiError::internal("the table has no shop settings"))
}

/// Prices `lines` in `locale` (or the shop's own), shipped by `shipping` (or not yet decided).
pub(crate) async fn price_cart(
    state: &State,
    lines: &[CartLine],
    locale: Option<&Locale>,
    shipping: Option<&str>,
) -> Result<PricedCart, ApiError> {
    let skus: Vec<Sku> = lines.iter().map(|l| l.sku.clone()).collect();
    let mut ids: Vec<_> = lines.iter().map(|l| l.product.clone()).collect();
    ids.sort();
    ids.dedup();
    let (products, stock) = (state.store.products(), state.store.stock());
    let (shop, found, levels) =
        tokio::try_join!(shop(state), async { products.get_many(&ids).await.map_err(store_error) }, async {
            stock.get_many(&skus).await.map_err(store_error)
        },)?;
    let found: HashMap<_, _> = found.into_iter().map(|(id, read)| (id, Arc::new(read.value))).collect();
    let items: Vec<Item> = lines
        .iter()
        .map(|line| Item {
            line: line.clone(),
            offer: found.get(&line.product).and_then(|p| offer(p, line, &levels, shop.currency)),
        })
        .collect();
    let locale = locale.filter(|l| shop.locales.contains(l)).unwrap_or(&shop.default_locale).clone();
    let method = shipping.map(|id| shipping_method(&shop, id)).transpose()?;
    let name = method.map(|m| m.name.get(&locale, &shop.default_locale)).unwrap_or_default();
    let priced: Vec<PricedLine> = items.iter().filter_map(priced_line).collect();
    let proposals = state.promotions.propose(&items, &priced, &shop, &locale, shipping).await;
    let quote = quote(&priced, shop.currency, &proposals, method.map(|m| (m, name))).map_err(unpriceable)?;
    for refused in &quote.refused {
        tracing::warn!(
            promotion = %refused.promotion,
            code = refused.code,
            reason = refused.message,
            "a promotion's operation was refused"
        );
    }
    Ok(PricedCart { shop, locale, items, quote })
}

fn offer(
    product: &Arc<Product>,
    line: &CartLine,
    levels: &HashMap<Sku, StockLevel>,
    currency: Currency,
) -> Option<Offer> {
    let variant = product.variants.iter().position(|v| v.sku == line.sku)?;
    let sold = &product.variants[variant];
    if product.status != ProductStatus::Active {
        return None;
    }
    if sold.price.currency != currency || sold.price.is_negative() {
        tracing::error!(sku = %line.sku, price = ?sold.price, "a product's price is not one of this shop's");
        return None;
    }
    Some(Offer { product: product.clone(), variant, available: sellable(sold, levels.get(&line.sku)) })
}

fn priced_line(item: &Item) -> Option<PricedLine> {
    let variant = item.offer.as_ref()?.variant()?;
    Some(PricedLine {
        sku: item.line.sku.clone(),
        quantity: item.line.quantity,
        unit_price: variant.price,
        compare_at: variant.compare_at.filter(|before| before.minor > variant.price.minor),
    })
}

fn shipping_method<'a>(shop: &'a Shop, id: &str) -> Result<&'a ShippingMethod, ApiError> {
    shop.shipping_methods.iter().find(|m| m.id == id).ok_or_else(|| {
        let known: Vec<&str> = shop.shipping_methods.iter().map(|m| m.id.as_str()).collect();
        ApiError::bad_request("unknown_shipping_method", format!("the shop ships by {}", known.join(", ")))
    })
}

fn unpriceable(error: QuoteError) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string())
}
