//! When a promotion runs, how often, and beside which others.

use super::amounts::Amounts;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use serde::{Deserialize, Serialize};

/// Beside which classes of other promotions this one may apply. Two apply together only where both allow it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CombinesWith {
    pub product: bool,
    pub order: bool,
    pub shipping: bool,
}

impl CombinesWith {
    pub const ALL: Self = Self { product: true, order: true, shipping: true };

    /// Whether every class that `other` has is allowed.
    pub(crate) fn allows(self, other: Self) -> bool {
        (self.product || !other.product) && (self.order || !other.order) && (self.shipping || !other.shipping)
    }
}

/// How a promotion, rule or plugin, stands to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Higher comes first; of equal ones the lower id.
    pub priority: i32,
    pub combines_with: CombinesWith,
    /// At most one of a group applies.
    pub exclusive_group: Option<String>,
}

/// A plugin without terms of its own stacks with everything that allows it.
impl Default for Terms {
    fn default() -> Self {
        Self { priority: 0, combines_with: CombinesWith::ALL, exclusive_group: None }
    }
}

/// Instants bound it; windows of the week, read on the clocks of `time_zone`, open it in between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// RFC 3339 with its offset, included.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub starts_at: Option<Timestamp>,
    /// Not included.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub ends_at: Option<Timestamp>,
    /// IANA name, needed by `weekly`: `Asia/Shanghai`.
    pub time_zone: Option<String>,
    /// Always open where empty.
    pub weekly: Vec<Window>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Window {
    /// Every day where empty.
    pub days: Vec<Day>,
    /// `18:00`, included; from midnight where missing.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub from: Option<Time>,
    /// Not included; to midnight where missing. A window past midnight is two windows.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub until: Option<Time>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

impl Window {
    pub(crate) fn holds(&self, local: DateTime) -> bool {
        let time = local.time();
        (self.days.is_empty() || self.days.contains(&local.weekday().into()))
            && self.from.is_none_or(|from| time >= from)
            && self.until.is_none_or(|until| time < until)
    }
}

/// Whatever is missing is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PromotionLimits))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Orders of everybody.
    pub uses: Option<u32>,
    /// Orders of one customer; a shopper who is not known cannot use the promotion.
    pub uses_per_customer: Option<u32>,
    /// Orders with one code.
    pub uses_per_code: Option<u32>,
    /// What all orders together may be given. The last one gets what is left.
    pub budget: Option<Amounts>,
    /// What one order may be given.
    pub max_discount: Option<Amounts>,
}
