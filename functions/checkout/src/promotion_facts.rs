//! What the shop's promotions and taxes, and the targets of its plugins, ask about besides prices: what a code is and how
//! often it was used, which collections hold a product, what can be given away, what the clocks show. A shop without promotions,
//! and a cart without codes, pay for none of it.

use crate::price_cart::{Item, Offer, offer};
use crate::promotions::Candidates;
use crate::setup::Setup;
use crate::{State, store_error};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use stoa_domain::cart::MAX_QUANTITY;
use stoa_domain::category::CategoryTree;
use stoa_domain::collection::Collection;
use stoa_domain::promotion::{Code, Context, Coupon, Customer, GiftStock, LineFacts, Needs, Promotion, Target};
use stoa_domain::shop::Shop;
use stoa_domain::snapshot::Availability;
use stoa_domain::{CustomerId, Locale, PromotionId, Sku};
use stoa_endpoint::ApiError;
use stoa_storage::Standing;

/// Everything is sold here through the shop's own pages.
const CHANNEL: &str = "web";
/// Whom a cart is priced for before anybody knows whose it is.
const SOMEBODY: &str = "guest";
/// Gifts that one quote looks up, of all promotions together.
const MAX_GIFTS: usize = 100;

/// Who asks for a price.
pub(crate) struct Shopper<'a> {
    pub(crate) codes: &'a [String],
    pub(crate) customer: Option<&'a CustomerId>,
    /// They proved it.
    pub(crate) is_member: bool,
    pub(crate) country: Option<&'a str>,
    pub(crate) locale: &'a Locale,
}

pub(crate) struct Facts {
    /// What rules ask of each line, by SKU.
    pub(crate) lines: HashMap<Sku, LineFacts>,
    pub(crate) context: Context,
    /// What can be given away, by SKU.
    pub(crate) gifts: HashMap<Sku, Offer>,
    pub(crate) standing: Standing,
}

pub(crate) async fn gather(
    state: &State,
    setup: &Setup,
    shop: &Shop,
    plugins: &Candidates,
    items: &[Item],
    shopper: &Shopper<'_>,
) -> Result<Facts, ApiError> {
    let (now, promotions) = (Timestamp::now(), &setup.promotions);
    let mut needs = promotions.needs(now);
    plugins.targets().for_each(|target| needs.target(target, now));
    setup.checkout.taxes.iter().for_each(|taxes| taxes.needs(&mut needs));
    let limited = |promotion: &&Promotion| promotion.limits.uses.is_some() || promotion.limits.budget.is_some();
    let limited: Vec<PromotionId> = promotions.iter().filter(limited).map(|promotion| promotion.id.clone()).collect();
    // A plugin is told how many orders came before.
    let customer = shopper.customer.filter(|_| !promotions.is_empty() || !plugins.is_empty());
    let stored = state.store.promotions();
    // Plugins are told them.
    let member = customer.filter(|_| shopper.is_member && (needs.groups || !plugins.is_empty()));
    let (standing, gifts, groups) = tokio::try_join!(
        async { stored.standing(&limited, shopper.codes, customer).await.map_err(store_error) },
        gifts(state, shop, &needs, items),
        groups(state, member),
    )?;
    let places = Places::asked(setup, &needs);
    let mut context = Context::new(shop.currency, now, shopper.locale.clone(), shop.default_locale.clone());
    let mut zones = promotions.time_zones();
    zones.extend(plugins.targets().filter_map(Target::time_zone));
    context.local_times = zones.into_iter().filter_map(|zone| clock(zone, now)).collect();
    context.channel = Some(CHANNEL.to_owned());
    context.country = shopper.country.map(str::to_ascii_uppercase);
    context.customer = Some(match shopper.customer {
        Some(id) => Customer { id: id.clone(), groups, orders: standing.customer_orders },
        None => Customer { id: CustomerId::new(SOMEBODY)?, groups: Vec::new(), orders: 0 },
    });
    context.codes = shopper.codes.iter().map(|code| self::code(code, &standing, shopper.customer)).collect();
    context.usage = promotions.iter().map(|p| (p.id.clone(), standing.usage(&p.id))).collect();
    context.gifts = gifts.iter().filter_map(|(sku, offer)| Some((sku.clone(), gift(sku, offer, items)?))).collect();
    let facts = |item: &Item| {
        let offer = item.offer.as_ref()?;
        let collections = places.holding(offer).map(|collection| collection.id.clone()).collect();
        Some((item.line.sku.clone(), LineFacts::of(&offer.product, places.categories, collections)))
    };
    let lines = items.iter().filter_map(facts).collect();
    Ok(Facts { lines, context, gifts, standing })
}

/// The segments that a customer is in: to promotions, groups.
async fn groups(state: &State, member: Option<&CustomerId>) -> Result<Vec<String>, ApiError> {
    let Some(id) = member else { return Ok(Vec::new()) };
    let customer = state.store.customers().get(id).await.map_err(store_error)?;
    Ok(customer.map(|read| read.value.segments.into_iter().collect()).unwrap_or_default())
}

/// What the shop knows of a code. A code that is somebody's is given the benefit of the doubt until it is known who asks:
/// the order decides.
fn code(typed: &str, standing: &Standing, customer: Option<&CustomerId>) -> Code {
    let coupon = standing
        .coupon(typed)
        .map(|coupon| Coupon { customer: coupon.customer.filter(|_| customer.is_some()), ..coupon });
    Code { code: typed.to_owned(), coupon }
}

/// None for a zone that nobody knows: promotions by its clocks do not apply.
fn clock(zone: &str, now: Timestamp) -> Option<(String, jiff::civil::DateTime)> {
    match TimeZone::get(zone) {
        Ok(known) => Some((zone.to_owned(), now.to_zoned(known).datetime())),
        Err(error) => {
            tracing::error!(zone, %error, "a promotion names a time zone that is not known");
            None
        }
    }
}

/// Where products stand in the catalogue.
pub(crate) struct Places<'a> {
    pub(crate) categories: &'a CategoryTree,
    collections: Vec<&'a Collection>,
}

impl<'a> Places<'a> {
    /// As far as promotions ask.
    fn asked(setup: &'a Setup, needs: &Needs) -> Self {
        let asked = |collection: &&Collection| needs.collections.contains(&collection.id);
        Self { categories: &setup.categories, collections: setup.collections.iter().filter(asked).collect() }
    }

    /// All that plugins are told of.
    pub(crate) fn all(setup: &'a Setup) -> Self {
        Self { categories: &setup.categories, collections: setup.collections.iter().collect() }
    }

    /// The collections that hold what is offered.
    pub(crate) fn holding(&self, offer: &Offer) -> impl Iterator<Item = &Collection> {
        // Of the other variants the stock was not read; this one is what the line is about.
        let sells = |at: usize| at == offer.variant && offer.available > 0;
        let known = |at: usize| if sells(at) { Availability::InStock } else { Availability::SoldOut };
        let availability: Vec<Availability> = (0..offer.product.variants.len()).map(known).collect();
        self.collections.iter().copied().filter(move |c| c.holds(&offer.product, &availability, self.categories))
    }
}

/// What is sold under the SKUs that promotions give away.
async fn gifts(state: &State, shop: &Shop, needs: &Needs, items: &[Item]) -> Result<HashMap<Sku, Offer>, ApiError> {
    if items.is_empty() || needs.gifts.is_empty() {
        return Ok(HashMap::new());
    }
    if needs.gifts.len() > MAX_GIFTS {
        tracing::warn!(gifts = needs.gifts.len(), most = MAX_GIFTS, "more gifts are offered than one cart looks up");
    }
    let skus = &needs.gifts[..needs.gifts.len().min(MAX_GIFTS)];
    let (products, stock) = (state.store.products(), state.store.stock());
    let (found, levels) = tokio::try_join!(products.by_skus(skus), stock.get_many(skus)).map_err(store_error)?;
    let sold = |sku: &Sku| Some((sku.clone(), offer(&found.get(sku)?.product, sku, &levels, shop.currency)?));
    Ok(skus.iter().filter_map(sold).collect())
}

/// How many pieces can be given beside what the cart holds of the same.
fn gift(sku: &Sku, offer: &Offer, items: &[Item]) -> Option<GiftStock> {
    let bought: u32 = items.iter().filter(|item| item.line.sku == *sku).map(|item| item.line.quantity).sum();
    let tracked = offer.variant()?.track_stock && !offer.variant()?.backorder;
    let available = if tracked { offer.available.saturating_sub(bought) } else { MAX_QUANTITY };
    Some(GiftStock { available, price: offer.variant()?.price })
}
