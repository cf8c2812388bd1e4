//! What a marketing rule knows of the customer, and when.

use super::Event;
use crate::{Locale, Money};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

/// All that a plugin is told of one event; its settings come beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub event: Event,
    pub profile: Profile,
    #[serde(default)]
    pub moment: Moment,
}

/// A customer as far as a rule needs: nothing here is anybody's name, address or id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Paid, and not refunded.
    pub orders: u32,
    /// On those, in the shop's currency.
    pub spent: Money,
    /// Since the first and the last order that was paid. None: there was none.
    #[serde(default)]
    pub days_since_first_order: Option<u32>,
    #[serde(default)]
    pub days_since_last_order: Option<u32>,
    /// By name.
    #[serde(default)]
    pub segments: Vec<String>,
    #[serde(default)]
    pub points: u64,
    /// 0 on the day itself. None: the shop does not know it.
    #[serde(default)]
    pub days_to_birthday: Option<u32>,
    pub locale: Locale,
    /// Whether a message would be sent: the customer wants messages, and had not too many lately.
    pub may_message: bool,
}

/// When a rule is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub now: Timestamp,
    /// What the shop's clock shows at `now`.
    pub local_time: DateTime,
}

impl Moment {
    /// To the second: `2026-11-24T09:30:00`.
    pub fn local_text(&self) -> String {
        self.local_time.with().subsec_nanosecond(0).build().unwrap_or(self.local_time).to_string()
    }
}

/// A moment that says nothing: fixtures need not.
impl Default for Moment {
    fn default() -> Self {
        Self { now: Timestamp::UNIX_EPOCH, local_time: jiff::tz::TimeZone::UTC.to_datetime(Timestamp::UNIX_EPOCH) }
    }
}
