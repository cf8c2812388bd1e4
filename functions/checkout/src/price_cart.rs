//! The price of a cart, from the table and the promotions as they are this moment. Reads products and stock at once, the
//! shop's setup where it changed ([`crate::setup`]), then what promotions ask about ([`crate::promotion_facts`]); decides
//! nothing that [`stoa_domain::quote`] decides.

use crate::promotion_facts::{self, Places, Shopper};
use crate::promotions::Candidates;
use crate::setup::Setup;
use crate::{State, store_error};
use axum::http::StatusCode;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use stoa_domain::cart::{CartLine, MAX_QUANTITY};
use stoa_domain::place::Destination;
use stoa_domain::product::{Product, ProductStatus, Variant};
use stoa_domain::promotion::{Line, Proposed, Terms};
use stoa_domain::quote::{PricedLine, Quote, QuoteError, Request, price};
use stoa_domain::shipping::{Delivery, NotOffered};
use stoa_domain::shop::Shop;
use stoa_domain::stock::StockLevel;
use stoa_domain::tax::Taxed;
use stoa_domain::{CartId, Currency, CustomerId, Locale, Money, Sku};
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
    /// Whether they proved to be that customer: an address that somebody typed is no proof.
    pub(crate) is_member: bool,
    /// None: the shop's own.
    pub(crate) locale: Option<&'a Locale>,
    /// As much of the address as the shopper has said. None: nothing; it is priced for the shop's own country.
    pub(crate) to: Option<&'a Destination>,
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
    /// What it is priced for.
    pub(crate) to: Destination,
    /// The shop's shipping methods, in its order: what each costs for this cart, or why it is not offered.
    pub(crate) deliveries: Vec<Result<Delivery, NotOffered>>,
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
    /// What one piece cost when the shopper last saw it, where that was another price.
    pub(crate) fn price_before(&self) -> Option<Money> {
        let now = self.offer.as_ref()?.variant()?.price;
        self.line.seen_price.filter(|seen| *seen != now && seen.currency == now.currency)
    }
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
    let (shop, checkout, promotions) = (settings(&setup)?, &setup.checkout, &setup.promotions);
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
    let known = asked.to.filter(|to| !to.country.is_empty());
    let to = known.unwrap_or(&checkout.home);
    let grams = items.iter().map(grams).sum();
    let deliveries: Vec<_> =
        shop.shipping_methods.iter().map(|method| checkout.delivery(&shop, method, &locale, to, grams)).collect();
    let delivery = asked.shipping.map(|id| delivery(&shop, &deliveries, id)).transpose()?;
    let priced: Vec<PricedLine> = items.iter().filter_map(priced_line).collect();
    let country = Some(to.country.as_str()).filter(|country| !country.is_empty());
    let shopper =
        Shopper { codes: asked.codes, customer: asked.customer, is_member: asked.is_member, country, locale: &locale };
    let mut facts = promotion_facts::gather(state, &setup, &shop, &plugins, &items, &shopper).await?;
    let line = |priced: PricedLine| Line { facts: facts.lines.remove(&priced.sku).unwrap_or_default(), priced };
    let lines: Vec<Line> = priced.into_iter().map(line).collect();
    facts.context.tax = checkout.taxes.as_ref().map(|taxes| {
        let sold = items.iter().filter_map(|item| item.offer.as_ref()?.variant());
        let taxed: Vec<Taxed<'_>> =
            lines.iter().zip(sold).map(|(line, variant)| Taxed { line, taxable: variant.taxable }).collect();
        taxes.of_cart(&taxed, shop.currency, to, known.is_none(), (&locale, &shop.default_locale))
    });
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
    let request =
        Request { lines: &lines, context: &facts.context, promotions, proposals: &proposals, shipping: delivery };
    let quote = price(&request).map_err(unpriceable)?.quote;
    for refused in &quote.refused {
        tracing::warn!(
            promotion = %refused.promotion,
            code = refused.code,
            reason = refused.message,
            "a promotion's operation was refused"
        );
    }
    let (to, gifts, standing) = (to.clone(), facts.gifts, facts.standing);
    Ok(PricedCart { setup, shop, locale, items, quote, to, deliveries, gifts, standing })
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

/// What a line weighs: nothing where nothing is sent, or where nobody weighed it.
fn grams(item: &Item) -> u64 {
    let variant = item.offer.as_ref().and_then(Offer::variant).filter(|variant| variant.requires_shipping);
    let each = variant.and_then(|variant| variant.weight_grams).unwrap_or(0);
    u64::from(each) * u64::from(item.line.quantity)
}

/// The chosen method, where it takes this cart to this address.
fn delivery<'a>(
    shop: &Shop,
    deliveries: &'a [Result<Delivery, NotOffered>],
    id: &str,
) -> Result<&'a Delivery, ApiError> {
    let at = shop.shipping_methods.iter().position(|m| m.id == id);
    let found = at.and_then(|at| deliveries.get(at)).ok_or_else(|| {
        let known: Vec<&str> = shop.shipping_methods.iter().map(|m| m.id.as_str()).collect();
        ApiError::bad_request("unknown_shipping_method", format!("the shop ships by {}", known.join(", ")))
    })?;
    found.as_ref().map_err(|why| {
        let refusal = ApiError::conflict(why.code(), why.to_string());
        match why {
            NotOffered::Elsewhere => refusal,
            NotOffered::TooHeavy { grams, most_grams } => {
                refusal.with_details(json!({ "grams": grams, "most_grams": most_grams }))
            }
        }
    })
}

fn unpriceable(error: QuoteError) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string())
}
