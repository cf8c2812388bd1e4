//! A customer as the CRM knows them: kept up to date from their orders, and changed by what plugins propose.

use super::{Birthday, Moment, Profile};
use crate::order::Order;
use crate::promotion::Amounts;
use crate::{Currency, CustomerId, Locale, Money, PluginId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Segments that one customer is in, at most.
pub const MAX_SEGMENTS: usize = 50;
/// Follow-ups that wait for one customer, at most.
pub const MAX_FOLLOW_UPS: usize = 20;
/// Points that one customer has, at most.
pub const MAX_BALANCE: u64 = 1_000_000_000;
/// Messages are counted over so many days.
pub const MESSAGE_DAYS: i64 = 7;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    /// As they last ordered. Never told to a plugin.
    pub email: String,
    pub name: String,
    pub locale: Locale,
    /// Paid, and not refunded.
    pub orders: u32,
    pub spent: Amounts,
    /// When the first and the last order was placed that was paid.
    pub first_order_at: Option<Timestamp>,
    pub last_order_at: Option<Timestamp>,
    #[serde(default)]
    pub birthday: Option<Birthday>,
    /// None: no message is sent.
    #[serde(default)]
    pub consent: Option<Consent>,
    #[serde(default)]
    pub segments: BTreeSet<String>,
    #[serde(default)]
    pub points: u64,
    #[serde(default)]
    pub follow_ups: Vec<FollowUp>,
    /// When messages were written for them, of the last [`MESSAGE_DAYS`].
    #[serde(default)]
    pub messaged_at: Vec<Timestamp>,
}

/// That somebody wants messages, since when, and where they said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MarketingConsent))]
pub struct Consent {
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// `order S-4F7K-2M9Q`, `staff:…`
    pub by: String,
}

/// A plugin wants to be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MarketingFollowUp))]
pub struct FollowUp {
    pub plugin: PluginId,
    pub tag: String,
    /// On this day of the shop's calendar, or as soon after it as a day is gone through.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Date))]
    pub due: Date,
}

/// What becomes of an order in its customer's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// It was paid.
    Counts,
    /// It was refunded after it had counted.
    CountsNoMore,
}

impl Customer {
    /// Who placed `order`, before anything is counted.
    pub fn new(id: CustomerId, order: &Order) -> Self {
        let name = order.shipping_address.name.clone();
        Self { name, ..Self::of_address(id, order.email.clone(), order.locale.clone()) }
    }

    /// Who is known by an address alone.
    pub fn of_address(id: CustomerId, email: String, locale: Locale) -> Self {
        Self {
            id,
            email,
            name: String::new(),
            locale,
            orders: 0,
            spent: Amounts::default(),
            first_order_at: None,
            last_order_at: None,
            birthday: None,
            consent: None,
            segments: BTreeSet::new(),
            points: 0,
            follow_ups: Vec::new(),
            messaged_at: Vec::new(),
        }
    }

    /// What an order says of who placed it, where no later one is known. That one asks for no messages takes no consent back.
    pub fn learn(&mut self, order: &Order) {
        if self.last_order_at.is_none_or(|at| at <= order.placed_at) {
            self.email.clone_from(&order.email);
            self.name.clone_from(&order.shipping_address.name);
            self.locale.clone_from(&order.locale);
        }
        if order.marketing_consent && self.consent.is_none() {
            self.consent = Some(Consent { at: order.placed_at, by: format!("order {}", order.number) });
        }
    }

    pub fn count(&mut self, order: &Order, change: OrderChange) {
        let total = order.quote.total;
        let spent = self.spent.minor(total.currency).unwrap_or(0);
        match change {
            OrderChange::Counts => {
                self.orders = self.orders.saturating_add(1);
                self.set_spent(total.currency, spent.saturating_add(total.minor));
                self.first_order_at = Some(self.first_order_at.map_or(order.placed_at, |at| at.min(order.placed_at)));
                self.last_order_at = Some(self.last_order_at.map_or(order.placed_at, |at| at.max(order.placed_at)));
            }
            OrderChange::CountsNoMore => {
                self.orders = self.orders.saturating_sub(1);
                self.set_spent(total.currency, spent.saturating_sub(total.minor).max(0));
            }
        }
    }

    fn set_spent(&mut self, currency: Currency, minor: i64) {
        let others = self.spent.iter().filter(|amount| amount.currency != currency);
        self.spent = Amounts::new(others.chain([Money::new(minor, currency)]).collect::<Vec<_>>());
    }

    /// What a plugin may know. `messages_per_week`: the merchant's bound.
    pub fn profile(&self, currency: Currency, moment: Moment, messages_per_week: u8) -> Profile {
        let days = |at: Timestamp| u32::try_from(moment.now.duration_since(at).as_hours() / 24).unwrap_or(0);
        Profile {
            orders: self.orders,
            spent: self.spent.get(currency).unwrap_or_else(|| Money::zero(currency)),
            days_since_first_order: self.first_order_at.map(days),
            days_since_last_order: self.last_order_at.map(days),
            segments: self.segments.iter().cloned().collect(),
            points: self.points,
            days_to_birthday: self.birthday.map(|birthday| birthday.days_from(moment.local_time.date())),
            locale: self.locale.clone(),
            may_message: self.consent.is_some() && self.messages_since(moment.now) < usize::from(messages_per_week),
        }
    }

    /// Messages of the last [`MESSAGE_DAYS`].
    pub(super) fn messages_since(&self, now: Timestamp) -> usize {
        self.messaged_at.iter().filter(|at| recent(**at, now)).count()
    }

    /// Those of a plugin that are due on `today` or were before.
    pub fn due(&self, today: Date) -> Vec<FollowUp> {
        self.follow_ups.iter().filter(|follow_up| follow_up.due <= today).cloned().collect()
    }

    /// Takes one follow-up away: it was asked about, or its plugin is gone.
    pub fn done(&mut self, follow_up: &FollowUp) {
        if let Some(at) = self.follow_ups.iter().position(|kept| kept == follow_up) {
            self.follow_ups.remove(at);
        }
    }
}

pub(super) fn recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) < SignedDuration::from_hours(24 * MESSAGE_DAYS)
}
