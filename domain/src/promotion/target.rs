//! Which carts something is for that is no rule itself: a plugin. The conditions and the calendar are a
//! [`Promotion`](super::Promotion)'s, decided by the same code; what they leave out is never fetched, loaded or run.

use super::condition::Condition;
use super::eligible::{CartView, holds, open};
use super::facts::{Context, Line};
use super::matching::Index;
use super::reason::ReasonCode;
use super::terms::Schedule;
use crate::{Money, MoneyError};
use serde::{Deserialize, Serialize};

/// Every cart at any time, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PluginTarget))]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// What it asks of the cart, before anything is taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    #[serde(skip_serializing_if = "is_always")]
    pub schedule: Schedule,
}

fn is_always(schedule: &Schedule) -> bool {
    *schedule == Schedule::default()
}

impl Target {
    /// The one that [`Context::local_times`] is looked up in.
    pub fn time_zone(&self) -> Option<&str> {
        self.schedule.time_zone.as_deref().filter(|_| !self.schedule.weekly.is_empty())
    }
}

/// A cart before anything is taken off, indexed once for every target that is held against it.
pub struct TargetedCart<'a> {
    context: &'a Context,
    shipping: Option<&'a str>,
    index: Index<'a>,
    quantities: Vec<u32>,
    subtotals: Vec<i64>,
}

impl<'a> TargetedCart<'a> {
    /// `shipping`: the chosen method's id. Refuses lines that have no sum, as pricing does.
    pub fn new(lines: &'a [Line], context: &'a Context, shipping: Option<&'a str>) -> Result<Self, MoneyError> {
        let mut sum = Money::zero(context.currency);
        let mut subtotals = Vec::with_capacity(lines.len());
        for Line { priced, .. } in lines {
            let subtotal = priced.unit_price.times(priced.quantity)?;
            sum = sum.add(subtotal)?;
            subtotals.push(subtotal.minor);
        }
        let quantities = lines.iter().map(|line| line.priced.quantity).collect();
        Ok(Self { context, shipping, index: Index::new(lines, context.currency), quantities, subtotals })
    }

    /// Whether the target means this cart now; if not, the first reason that a person can do something about.
    pub fn is_target_of(&self, target: &Target) -> Result<(), ReasonCode> {
        let cart = CartView {
            context: self.context,
            index: &self.index,
            shipping: self.shipping,
            quantities: &self.quantities,
            subtotals: &self.subtotals,
            totals: &self.subtotals,
        };
        let asked = |when: &Condition| holds(when, &cart);
        open(&target.schedule, self.context)
            .and_then(|()| target.when.as_ref().map_or(Ok(()), asked))
            .map_err(|reason| reason.code)
    }
}
