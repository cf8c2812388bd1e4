//! What rules and proposals come down to: a few kinds of effect, on pieces that are named.

use crate::{Currency, Money, Sku};

/// How much. Not negative; basis points are at most 10000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Off {
    BasisPoints(u32),
    Amount(i64),
    /// Down to this, never up to it.
    Price(i64),
}

impl Off {
    /// What it takes from `whole`, at most all of it. `whole` is not negative.
    pub(super) fn of(self, whole: i64, currency: Currency) -> i64 {
        match self {
            Self::BasisPoints(points) => Money::new(whole, currency).basis_points(points.min(10_000)).minor,
            Self::Amount(minor) => minor.min(whole),
            Self::Price(minor) => (whole - minor).max(0),
        }
    }
}

/// Whether an amount (or a price) is each piece's own, or one for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    Each,
    Across,
}

/// Which pieces an offer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Only {
    Any,
    /// Not those in a buy-get or a bundle.
    Unclaimed,
    /// Not those made cheaper before, either.
    Untouched,
}

impl Only {
    pub(super) fn allows(self, touched: bool, claimed: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Unclaimed => !claimed,
            Self::Untouched => !touched && !claimed,
        }
    }
}

/// The classes' order is the order in which discounts are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Product,
    Order,
    Shipping,
}

impl Phase {
    pub(super) const ALL: [Self; 3] = [Self::Product, Self::Order, Self::Shipping];
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// (line, pieces), each line once; with `claim` they are kept from later buy-gets and bundles.
    Pieces {
        targets: Vec<(usize, u32)>,
        only: Only,
        off: Off,
        spread: Spread,
        claim: bool,
    },
    /// Pieces that earned something. Each line once, and after the effect that they earned.
    Claim {
        targets: Vec<(usize, u32)>,
    },
    /// These lines as a whole.
    Order {
        lines: Vec<usize>,
        off: Off,
    },
    Shipping {
        off: Off,
    },
    Gift {
        sku: Sku,
        quantity: u32,
    },
}
