//! Who acts in a run: shoppers, the provider's callbacks, staff, and the two jobs. Each decides by a generator of its own.

mod callbacks;
mod jobs;
mod shopper;
mod staff;

pub(crate) use callbacks::deliver;
pub(crate) use shopper::order_request;

use crate::shop::Shop;
use crate::witness::Witness;
use fastrand::Rng;
use std::sync::Arc;

/// In this order, as many as there may be.
const CAST: [&str; 8] =
    ["shopper-1", "callbacks-1", "shopper-2", "sweep", "staff", "shopper-3", "reconcile", "callbacks-2"];

/// Lets the first `count` enter.
pub(crate) fn enter(shop: &Arc<Shop>, witness: &Arc<Witness>, count: usize, rng: &mut Rng) {
    for name in CAST.into_iter().take(count) {
        let (stage, rng) = (Stage { shop: shop.clone(), witness: witness.clone() }, rng.fork());
        match name {
            "sweep" => shop.schedule.actor(name, jobs::sweeps(stage)),
            "reconcile" => shop.schedule.actor(name, jobs::reconciles(stage)),
            "staff" => shop.schedule.actor(name, staff::works(stage, rng)),
            shopper if shopper.starts_with("shopper") => shop.schedule.actor(name, shopper::shops(stage, name, rng)),
            _ => shop.schedule.actor(name, callbacks::arrive(stage, rng)),
        }
    }
}

/// What every actor has.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) shop: Arc<Shop>,
    pub(crate) witness: Arc<Witness>,
}
