//! The price of a cart, from the table and the promotions as they are this moment. Reads products and stock at once, the
//! shop's setup where it changed ([`crate::setup`]), then what promotions ask about ([`crate::promotion_facts`]); decides
//! nothing that [`stoa_domain::quote`] decides.

use crate::promotion_facts::{self, Places, Shopper};
use crate::promotions::Candidates;
use crate::setup::Setup;
use crate::{State, store_error};
use axum::http::StatusCode;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use stoa_domain::cart::{CartLine, MAX_QUANTITY};
use stoa_domain::product::{Product, ProductStatus, Variant};
use stoa_domain::promotion::{Line, Proposed, Terms};
use stoa_domain::quote::{PricedLine, Quote, QuoteError, Request, price};
use stoa_domain::shop::{ShippingMethod, Shop};
use stoa_domain::stock::StockLevel;
use stoa_domain::{CartId, Currency, CustomerId, Locale, Sku};
use stoa_endpoint::ApiError;
use stoa_plugin_runtime::{InputLine, PromotionContext, PromotionInput, SelectorFacts};
use stoa_storage::Standing;

/// What is to be priced, and for whom.
pub(crate) struct Asked<'a> {
    /// None: nothing was ever added.
    pub(crate) cart: Option<&'a CartId>,
    pub(crate) lines: &'a [CartLine],
    /// As the cart has them.
    pub(crate) codes: &'a [String],
    /// None: nobody knows yet.
    pub(crate) customer: Option<&'a CustomerId>,
    /// None: the shop's own.
    pub(crate) locale: Option<&'a Locale>,
    /// ISO 3166-1 alpha-2, of the address that the shopper has chosen so far.
    pub(crate) country: Option<&'a str>,
    /// A method's id; None: not yet decided.
    pub(crate) shipping: Option<&'a str>,
    /// The cart is about to be ordered: stock is not read, for ordering takes it or is refused.
    pub(crate) ordering: bool,
}

/// A cart with everything that its view or its order needs.
pub(crate) struct PricedCart {
    /// What the shop was when this was priced: promotions, too.
    pub(crate) setup: Arc<Setup>,
    pub(crate) shop: Arc<Shop>,
    pub(crate) locale: Locale,
    /// As in the cart, one for one.
    pub(crate) items: Vec<Item>,
    /// Only of what still has a price.
    pub(crate) quote: Quote,
    /// What promotions can give away, by SKU.
    pub(crate) gifts: HashMap<Sku, Offer>,
    /// What was used of them before.
    pub(crate) standing: Standing,
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
pub(crate) async fn shop(state: &State) -> Result<Arc<Shop>, ApiError> {
    let edition = state.store.edition().await.map_err(store_error)?;
    settings(&*setup(state, edition).await?)
}

async fn setup(state: &State, edition: u64) -> Result<Arc<Setup>, ApiError> {
    state.setup.of(edition).await.map_err(store_error)
}

fn settings(setup: &Setup) -> Result<Arc<Shop>, ApiError> {
    setup.shop.clone().ok_or_else(|| ApiError::internal("the table has no shop settings"))
}

/// The cart's price now.
pub(crate) async fn price_cart(state: &State, asked: &Asked<'_>) -> Result<PricedCart, ApiError> {
    let lines = asked.lines;
    let skus: Vec<Sku> = lines.iter().map(|l| l.sku.clone()).collect();
    let mut ids: Vec<_> = lines.iter().map(|l| l.product.clone()).collect();
    ids.sort();
    ids.dedup();
    let (products, stock) = (state.store.products(), state.store.stock());
    let cart = asked.cart.map_or("", CartId::as_str);
    let (edition, found, levels) = tokio::try_join!(
        state.store.edition(),
        products.get_many(&ids),
        // Whether there is enough, the order's transaction decides.
        async { if asked.ordering { Ok(HashMap::new()) } else { stock.get_many(&skus).await } },
    )
    .map_err(store_error)?;
    let setup = setup(state, edition).await?;
    let (shop, promotions) = (settings(&setup)?, &setup.promotions);
    // An empty cart is nobody's.
    let plugins = match lines.is_empty() {
        true => Candidates::default(),
        false => state.promotions.candidates(&setup.plugins, cart),
    };
    let found: HashMap<_, _> = found.into_iter().map(|(id, read)| (id, Arc::new(read.value))).collect();
    let sold = |line: &CartLine| {
        let offer = offer(found.get(&line.product)?, &line.sku, &levels, shop.currency)?;
        Some(if asked.ordering { Offer { available: MAX_QUANTITY, ..offer } } else { offer })
    };
    let items: Vec<Item> = lines.iter().map(|line| Item { line: line.clone(), offer: sold(line) }).collect();
    let locale = asked.locale.filter(|l| shop.locales.contains(l)).unwrap_or(&shop.default_locale).clone();
    let method = asked.shipping.map(|id| shipping_method(&shop, id)).transpose()?;
    let name = method.map(|m| m.name.get(&locale, &shop.default_locale)).unwrap_or_default();
    let priced: Vec<PricedLine> = items.iter().filter_map(priced_line).collect();
    let shopper = Shopper { codes: asked.codes, customer: asked.customer, country: asked.country, locale: &locale };
    let mut facts = promotion_facts::gather(state, &setup, &shop, &plugins, &items, &shopper).await?;
    let line = |priced: PricedLine| Line { facts: facts.lines.remove(&priced.sku).unwrap_or_default(), priced };
    let lines: Vec<Line> = priced.into_iter().map(line).collect();
    let plugins = if lines.is_empty() { plugins } else { plugins.for_cart(&lines, &facts.context, asked.shipping) };
    let proposals = match plugins.is_empty() || lines.is_empty() {
        true => Vec::new(),
        false => {
            let context = PromotionContext::of(&facts.context, None, asked.shipping);
            let input = told(&items, &lines, &shop, &locale, &Places::all(&setup), context).map_err(unpriceable)?;
            state.promotions.propose(&plugins, input).await
        }
    };
    let proposed = |proposal| Proposed { proposal, terms: Terms::default() };
    let proposals: Vec<Proposed<'_>> = proposals.iter().map(proposed).collect();
    let shipping = method.map(|m| (m, name));
    let request = Request { lines: &lines, context: &facts.context, promotions, proposals: &proposals, shipping };
    let quote = price(&request).map_err(unpriceable)?.quote;
    for refused in &quote.refused {
        tracing::warn!(
            promotion = %refused.promotion,
            code = refused.code,
            reason = refused.message,
            "a promotion's operation was refused"
        );
    }
    let (gifts, standing) = (facts.gifts, facts.standing);
    Ok(PricedCart { setup, shop, locale, items, quote, gifts, standing })
}

/// What plugins are told of the cart.
fn told(
    items: &[Item],
    lines: &[Line],
    shop: &Shop,
    locale: &Locale,
    places: &Places<'_>,
    context: PromotionContext,
) -> Result<PromotionInput, QuoteError> {
    let (mut told, mut beside) = (Vec::with_capacity(lines.len()), BTreeMap::new());
    for Line { priced, .. } in lines {
        let offer = items.iter().find(|item| item.line.sku == priced.sku).and_then(|item| item.offer.as_ref());
        let Some(offer) = offer else { continue };
        let (product, categories) = (&offer.product, places.categories);
        let handles = places.holding(offer).map(|collection| collection.handle.clone()).collect();
        let line = InputLine::of(priced, product, categories, handles, locale, &shop.default_locale);
        let ids = places.holding(offer).map(|collection| collection.id.clone()).collect();
        beside.insert(priced.sku.clone(), SelectorFacts::of(product, categories, ids, &line));
        told.push(line);
    }
    let input = PromotionInput::new(told, shop.currency, locale.clone(), context)?;
    Ok(PromotionInput { beside, ..input })
}

/// What is sold under `sku`, if anything is.
pub(crate) fn offer(
    product: &Arc<Product>,
    sku: &Sku,
    levels: &HashMap<Sku, StockLevel>,
    currency: Currency,
) -> Option<Offer> {
    let variant = product.variants.iter().position(|v| v.sku == *sku)?;
    let sold = &product.variants[variant];
    if product.status != ProductStatus::Active {
        return None;
    }
    if sold.price.currency != currency || sold.price.is_negative() {
        tracing::error!(%sku, price = ?sold.price, "a product's price is not one of this shop's");
        return None;
    }
    Some(Offer { product: product.clone(), variant, available: sellable(sold, levels.get(sku)) })
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
