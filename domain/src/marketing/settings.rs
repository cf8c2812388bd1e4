//! What the merchant decides for all marketing plugins together.

use crate::FieldError;
use serde::{Deserialize, Serialize};

/// More would be a nuisance whatever the merchant thinks.
pub const MAX_MESSAGES_PER_WEEK: u8 = 14;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MarketingSettings))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// To one customer within 7 days, of all plugins together: 0 to 14.
    #[serde(default = "messages_per_week")]
    #[cfg_attr(feature = "schema", schema(maximum = 14))]
    pub messages_per_week: u8,
    /// IANA name of the shop's time zone: `Asia/Shanghai`. Days begin there.
    #[serde(default = "time_zone")]
    pub time_zone: String,
    /// Customers are gone through from this hour of each day on: 0 to 23.
    #[serde(default = "hour")]
    #[cfg_attr(feature = "schema", schema(maximum = 23))]
    pub hour: u8,
}

fn messages_per_week() -> u8 {
    2
}
fn time_zone() -> String {
    "UTC".to_owned()
}
fn hour() -> u8 {
    9
}

impl Default for Settings {
    fn default() -> Self {
        Self { messages_per_week: messages_per_week(), time_zone: time_zone(), hour: hour() }
    }
}

impl Settings {
    /// Every fault; whether there is such a time zone is for who has the list of them.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        if self.messages_per_week > MAX_MESSAGES_PER_WEEK {
            let rule = format!("a customer gets 0 to {MAX_MESSAGES_PER_WEEK} messages a week");
            faults.push(FieldError::new("messages_per_week", "out_of_range", rule));
        }
        if self.hour > 23 {
            faults.push(FieldError::new("hour", "out_of_range", "an hour is 0 to 23"));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_out_of_range_its_rule() {
        let read = |text: &str| serde_json::from_str::<Settings>(text).unwrap();
        assert_eq!(read("{}"), Settings::default());
        let wrong = read(r#"{ "messages_per_week": 15, "hour": 24 }"#).faults();
        assert_eq!(wrong.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["messages_per_week", "hour"]);
        assert!(read(r#"{ "messages_per_week": 0, "hour": 23 }"#).faults().is_empty());
    }
}
