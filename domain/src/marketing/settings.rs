//! What the merchant decides for all marketing plugins together, and for the mail that the shop sends.

use crate::{FieldError, email};
use serde::{Deserialize, Serialize};

/// More would be a nuisance whatever the merchant thinks.
pub const MAX_MESSAGES_PER_WEEK: u8 = 14;
/// More than any shop of this kind sends; a mail server has a bound of its own.
pub const MAX_MAIL_PER_DAY: u32 = 1_000_000;

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
    /// The address that mail comes from, which the mail server must accept. None: the shop's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Mail of all kinds in one day (UTC): 0 to 1000000. Offers stop at four fifths of it, so that codes and orders still go
    /// out.
    #[serde(default = "mail_per_day")]
    #[cfg_attr(feature = "schema", schema(maximum = 1_000_000))]
    pub mail_per_day: u32,
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
fn mail_per_day() -> u32 {
    5_000
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            messages_per_week: messages_per_week(),
            time_zone: time_zone(),
            hour: hour(),
            sender: None,
            mail_per_day: mail_per_day(),
        }
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
        if let Some(sender) = &self.sender
            && let Err(fault) = email::validate(sender)
        {
            faults.push(FieldError::new("sender", fault.code, fault.message));
        }
        if self.mail_per_day > MAX_MAIL_PER_DAY {
            let rule = format!("a shop sends 0 to {MAX_MAIL_PER_DAY} messages a day");
            faults.push(FieldError::new("mail_per_day", "out_of_range", rule));
        }
        faults
    }

    /// How many of one day's messages offers may be.
    pub fn offers_per_day(&self) -> u32 {
        self.mail_per_day / 5 * 4
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
        let wrong = r#"{ "messages_per_week": 15, "hour": 24, "sender": "Shop <a@b.co>", "mail_per_day": 1000001 }"#;
        let wrong = read(wrong).faults();
        let wrong: Vec<&str> = wrong.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(wrong, ["messages_per_week", "hour", "sender", "mail_per_day"]);
        assert!(read(r#"{ "messages_per_week": 0, "hour": 23 }"#).faults().is_empty());
    }
}
