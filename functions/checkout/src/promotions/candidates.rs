//! Which plugins run for a cart: of each the version that was released for this shopper, and of these the ones whose author
//! wrote them for such a cart. All of it is decided from their records: what is not for a cart is never fetched, loaded or
//! run.

use super::assignment;
use std::sync::Arc;
use stoa_domain::plugin::{BUCKETS, Build};
use stoa_domain::promotion::{Context, Line, Target, TargetedCart};
use stoa_storage::PluginRecord;

/// What a shopper has of the shop's active plugins.
#[derive(Default)]
pub struct Candidates(Vec<Chosen>);

/// A plugin, and which version of it this shopper has.
pub(super) struct Chosen {
    pub(super) plugin: Arc<PluginRecord>,
    bucket: u8,
}

impl Candidates {
    /// `shopper` is the cart's id.
    pub fn of(active: &[Arc<PluginRecord>], shopper: &str) -> Self {
        Self(active.iter().map(|plugin| Chosen::of(plugin, shopper)).filter(|one| one.build().is_some()).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they ask of a cart.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Target> {
        self.0.iter().filter_map(Chosen::target)
    }

    /// Those that are for this cart; `shipping` is the chosen method's id.
    pub fn for_cart(self, lines: &[Line], context: &Context, shipping: Option<&str>) -> Self {
        if self.targets().next().is_none() {
            return self;
        }
        let cart = match TargetedCart::new(lines, context, shipping) {
            Ok(cart) => cart,
            Err(error) => {
                tracing::error!(%error, "a cart has no sum: no plugin is for it");
                return Self::default();
            }
        };
        let is_for = |one: &Chosen| one.target().is_none_or(|target| cart.is_target_of(target).is_ok());
        Self(self.0.into_iter().filter(is_for).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Chosen> {
        self.0.iter()
    }
}

impl Chosen {
    fn of(plugin: &Arc<PluginRecord>, shopper: &str) -> Self {
        // Most releases reach everybody: then no hash is needed.
        let shared = plugin.life.release.as_ref().is_some_and(|release| release.percent < BUCKETS);
        let bucket = if shared { assignment::bucket(&plugin.id, shopper) } else { 0 };
        Self { plugin: plugin.clone(), bucket }
    }

    /// None where the shopper goes without.
    pub(super) fn build(&self) -> Option<&Build> {
        self.plugin.life.release.as_ref()?.for_bucket(self.bucket)
    }

    fn target(&self) -> Option<&Target> {
        self.build()?.target.as_ref()
    }
}
