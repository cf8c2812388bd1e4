//! One invocation's view of the shop: its settings, its clock, its marketing plugins, and the promotions that coupons can be of.

use crate::runner::Runner;
use crate::{Crm, CrmError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use stoa_domain::marketing::{Moment, Settings};
use stoa_domain::plugin::{Status, World};
use stoa_domain::{Currency, PluginId, PromotionId};
use stoa_storage::Store;

pub(crate) struct Round<'a> {
    pub(crate) store: &'a Store,
    pub(crate) settings: Settings,
    pub(crate) zone: TimeZone,
    pub(crate) moment: Moment,
    pub(crate) currency: Currency,
    /// Those that run, by id.
    pub(crate) runners: Vec<Runner>,
    /// Marketing plugins that there are, running or not.
    pub(crate) installed: Vec<PluginId>,
    /// Switched on, and asking for a code.
    pub(crate) promotions: Vec<PromotionId>,
}

impl<'a> Round<'a> {
    /// None: the shop has no settings yet, and so no customers.
    pub(crate) async fn begin(crm: &'a Crm, now: Timestamp) -> Result<Option<Self>, CrmError> {
        let store = &crm.store;
        let (shop, crm_of, plugins) = (store.shop(), store.crm(), store.plugins());
        let (shop, settings, plugins) = tokio::try_join!(shop.settings(), crm_of.settings(), plugins.list())?;
        let Some(shop) = shop else { return Ok(None) };
        let settings = settings.map(|read| read.value).unwrap_or_default();
        let zone = zone(&settings.time_zone);
        let local_time = now.to_zoned(zone.clone()).datetime();
        let marketing = plugins.into_iter().map(|read| read.value).filter(|plugin| plugin.world == World::Marketing);
        let marketing: Vec<_> = marketing.collect();
        let installed = marketing.iter().map(|plugin| plugin.id.clone()).collect();
        let mut runners = Vec::new();
        for plugin in marketing.into_iter().filter(|plugin| plugin.life.status == Status::Active) {
            runners.extend(Runner::ready(crm, plugin, now).await);
        }
        let promotions = if runners.is_empty() { Vec::new() } else { with_codes(store).await? };
        let moment = Moment { now, local_time };
        let currency = shop.value.currency;
        Ok(Some(Self { store, settings, zone, moment, currency, runners, installed, promotions }))
    }

    /// Tells the table what it has not been told of runs.
    pub(crate) async fn end(&self) {
        for runner in &self.runners {
            runner.tell(self.store, self.moment.now).await;
        }
    }
}

/// A setting that names no zone of this build costs the right hour of the day, and nothing else.
fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or_else(|error| {
        tracing::error!(name, %error, "the shop's time zone is not known: its days begin with those of UTC");
        TimeZone::UTC
    })
}

async fn with_codes(store: &Store) -> Result<Vec<PromotionId>, CrmError> {
    let (promotions, broken) = store.promotions().readable().await?;
    for error in broken {
        tracing::error!(%error, "a promotion cannot be read");
    }
    let usable = promotions.into_iter().filter(|promotion| promotion.enabled && promotion.code_required);
    Ok(usable.map(|promotion| promotion.id).collect())
}
