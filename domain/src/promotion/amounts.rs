//! One amount for each currency it is offered in: `{"CNY": 4000, "USD": 600}`, in minor units.

use crate::{Currency, Money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A currency that is not named has no amount: nothing is converted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Amounts(BTreeMap<Currency, i64>);

impl Amounts {
    pub fn new(amounts: impl IntoIterator<Item = Money>) -> Self {
        Self(amounts.into_iter().map(|amount| (amount.currency, amount.minor)).collect())
    }
    /// Minor units in `currency`.
    pub fn minor(&self, currency: Currency) -> Option<i64> {
        self.0.get(&currency).copied()
    }
    pub fn get(&self, currency: Currency) -> Option<Money> {
        self.minor(currency).map(|minor| Money::new(minor, currency))
    }
    pub fn iter(&self) -> impl Iterator<Item = Money> {
        self.0.iter().map(|(currency, minor)| Money::new(*minor, *currency))
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
