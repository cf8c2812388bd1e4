//! What a shipping method costs for one cart and one address. A method of the shop's settings costs the same everywhere
//! until [`MethodRates`] say in which zones it is offered and at which rates; then it is offered in those alone.

use crate::place::{Destination, Place, closest, validate_places};
use crate::shop::ShippingMethod;
use crate::{Currency, FieldError, Money};
use serde::{Deserialize, Serialize};

pub const MAX_METHODS: usize = 20;
pub const MAX_ZONES: usize = 60;
pub const MAX_BANDS: usize = 40;
/// Ten tonnes.
pub const MAX_GRAMS: u32 = 10_000_000;

/// The zones of one of the shop's shipping methods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MethodRates {
    /// The method's id.
    pub method: String,
    /// The most closely fitting one counts; where none fits, the method is not offered.
    pub zones: Vec<ShippingZone>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShippingZone {
    pub places: Vec<Place>,
    pub rate: ShippingRate,
    /// Free from this goods total (after discounts) on, whatever the rate.
    #[serde(default)]
    pub free_from: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ShippingRate {
    Flat(Money),
    /// By what the cart weighs: the first band that holds it. Ascending; a cart above the last is not taken.
    Weight(Vec<WeightBand>),
    /// By what the goods cost after discounts: the last band reached. Ascending, the first from zero.
    GoodsTotal(Vec<TotalBand>),
    /// Not there, even where a wider zone is served.
    NotOffered,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WeightBand {
    /// This weight included; none: any weight.
    #[serde(default)]
    pub up_to_grams: Option<u32>,
    pub price: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TotalBand {
    pub from: Money,
    pub price: Money,
}

/// A method for one cart: what it costs by the goods' total, which is known when the discounts are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The method's id.
    pub method: String,
    /// As the shopper reads it.
    pub name: String,
    /// (from, price) in minor units of the cart's currency, ascending; the first from zero.
    steps: Vec<(i64, i64)>,
}

/// Why a method is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOffered {
    #[error("this method does not deliver to that address")]
    Elsewhere,
    #[error("this method takes at most {most_grams} g to that address, and the cart weighs {grams} g")]
    TooHeavy { grams: u64, most_grams: u32 },
}

impl NotOffered {
    /// Stable and snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Elsewhere => "shipping_not_available",
            Self::TooHeavy { .. } => "parcel_too_heavy",
        }
    }
}

impl Delivery {
    /// What the method costs wherever its rates say nothing.
    pub fn everywhere(method: &ShippingMethod, name: &str, currency: Currency) -> Self {
        Self::new(&method.id, name, vec![(0, method.price.minor)], method.free_from, currency)
    }

    /// `grams`: what the cart weighs.
    pub fn of(
        method: &ShippingMethod,
        name: &str,
        rates: Option<&MethodRates>,
        to: &Destination,
        grams: u64,
        currency: Currency,
    ) -> Result<Self, NotOffered> {
        let Some(rates) = rates else { return Ok(Self::everywhere(method, name, currency)) };
        let zone = closest(&rates.zones, |zone| &zone.places, to).ok_or(NotOffered::Elsewhere)?;
        let steps = match &zone.rate {
            ShippingRate::Flat(price) => vec![(0, price.minor)],
            ShippingRate::Weight(bands) => {
                let holds = |band: &&WeightBand| band.up_to_grams.is_none_or(|most| grams <= u64::from(most));
                let heaviest = bands.iter().filter_map(|band| band.up_to_grams).max().unwrap_or(0);
                let band = bands.iter().find(holds).ok_or(NotOffered::TooHeavy { grams, most_grams: heaviest })?;
                vec![(0, band.price.minor)]
            }
            ShippingRate::GoodsTotal(bands) => bands.iter().map(|band| (band.from.minor, band.price.minor)).collect(),
            ShippingRate::NotOffered => return Err(NotOffered::Elsewhere),
        };
        Ok(Self::new(&method.id, name, steps, zone.free_from, currency))
    }

    fn new(id: &str, name: &str, mut steps: Vec<(i64, i64)>, free_from: Option<Money>, currency: Currency) -> Self {
        if let Some(free) = free_from.filter(|from| from.currency == currency) {
            steps.retain(|(from, _)| *from < free.minor);
            steps.push((free.minor, 0));
        }
        Self { method: id.to_owned(), name: name.to_owned(), steps }
    }

    /// In minor units, for goods that cost `goods` after discounts.
    pub fn price(&self, goods: i64) -> i64 {
        let reached = self.steps.iter().rfind(|(from, _)| *from <= goods);
        reached.or(self.steps.first()).map_or(0, |(_, price)| *price)
    }

    /// What it costs at most, and at least.
    pub fn bounds(&self) -> (i64, i64) {
        let prices = || self.steps.iter().map(|(_, price)| *price);
        (prices().min().unwrap_or(0), prices().max().unwrap_or(0))
    }

    /// The goods' total from which it is free, where there is one that has to be reached.
    pub fn free_from(&self) -> Option<i64> {
        self.steps.iter().find(|(_, price)| *price == 0).map(|(from, _)| *from).filter(|from| *from > 0)
    }
}

impl MethodRates {
    /// Every fault. Codes: `too_many`, `invalid_price`, `not_ascending`, `out_of_range`, those of places.
    pub fn validate(&self, currency: Currency) -> Vec<FieldError> {
        let mut errors = Vec::new();
        count(&mut errors, "zones", self.zones.len(), MAX_ZONES);
        for (i, zone) in self.zones.iter().take(MAX_ZONES).enumerate() {
            errors.extend(zone.validate(currency).into_iter().map(|error| error.within(&format!("zones[{i}]"))));
        }
        errors
    }
}

impl ShippingZone {
    fn validate(&self, currency: Currency) -> Vec<FieldError> {
        let mut errors = validate_places(&self.places);
        let mut price = |path: String, price: Money| {
            if price.currency != currency || price.is_negative() || price.minor > crate::product::MAX_PRICE_MINOR {
                let rule = "an amount is in the shop's currency, not below zero, and at most what a product may cost";
                errors.push(FieldError::new(path, "invalid_price", rule));
            }
        };
        if let Some(free) = self.free_from {
            price("free_from".into(), free);
        }
        let mut steps: Vec<i64> = Vec::new();
        match &self.rate {
            ShippingRate::Flat(flat) => price("rate.flat".into(), *flat),
            ShippingRate::Weight(bands) => {
                for (i, band) in bands.iter().take(MAX_BANDS).enumerate() {
                    price(format!("rate.weight[{i}].price"), band.price);
                    steps.push(band.up_to_grams.map_or(i64::MAX, i64::from));
                }
                count(&mut errors, "rate.weight", bands.len(), MAX_BANDS);
                let heavy = |band: &WeightBand| band.up_to_grams.is_some_and(|most| !(1..=MAX_GRAMS).contains(&most));
                if bands.iter().any(heavy) {
                    let rule = format!("a band ends between 1 and {MAX_GRAMS} g");
                    errors.push(FieldError::new("rate.weight", "out_of_range", rule));
                }
            }
            ShippingRate::GoodsTotal(bands) => {
                for (i, band) in bands.iter().take(MAX_BANDS).enumerate() {
                    price(format!("rate.goods_total[{i}].price"), band.price);
                    price(format!("rate.goods_total[{i}].from"), band.from);
                    steps.push(band.from.minor);
                }
                count(&mut errors, "rate.goods_total", bands.len(), MAX_BANDS);
                if bands.first().is_some_and(|first| !first.from.is_zero()) {
                    errors.push(FieldError::new("rate.goods_total[0].from", "out_of_range", "the first is from zero"));
                }
            }
            ShippingRate::NotOffered => {}
        }
        if steps.windows(2).any(|two| two[0] >= two[1]) {
            errors.push(FieldError::new("rate", "not_ascending", "bands ascend"));
        }
        errors
    }
}

fn count(errors: &mut Vec<FieldError>, path: &str, got: usize, most: usize) {
    if !(1..=most).contains(&got) {
        errors.push(FieldError::new(path, "too_many", format!("there must be 1 to {most}, got {got}")));
    }
}
