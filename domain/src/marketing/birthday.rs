//! A birthday: a month and a day. Nobody's year is kept.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use std::fmt;

/// `05-17`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Birthday {
    month: i8,
    day: i8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a birthday is a month and a day: 05-17")]
pub struct InvalidBirthday;

impl Birthday {
    pub fn new(text: &str) -> Result<Self, InvalidBirthday> {
        let (month, day) = text.split_once('-').ok_or(InvalidBirthday)?;
        let two_digits = |part: &str| match part.as_bytes() {
            [tens @ b'0'..=b'9', units @ b'0'..=b'9'] => i8::try_from((tens - b'0') * 10 + (units - b'0')).ok(),
            _ => None,
        };
        let (month, day) = two_digits(month).zip(two_digits(day)).ok_or(InvalidBirthday)?;
        // A leap year has every day that there is.
        Date::new(2000, month, day).map_err(|_| InvalidBirthday)?;
        Ok(Self { month, day })
    }

    /// From `today` on: 0 on the day itself. 29 February is kept on the 28th where there is no 29th.
    pub fn days_from(self, today: Date) -> u32 {
        let this_year = self.in_year(today.year());
        let next = if this_year < today { self.in_year(today.year().saturating_add(1)) } else { this_year };
        today.until(next).ok().and_then(|span| u32::try_from(span.get_days()).ok()).unwrap_or(0)
    }

    fn in_year(self, year: i16) -> Date {
        Date::new(year, self.month, self.day)
            .or_else(|_| Date::new(year, self.month, 28))
            .unwrap_or_else(|_| date(9999, 12, 31))
    }
}

impl fmt::Display for Birthday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}
impl TryFrom<String> for Birthday {
    type Error = InvalidBirthday;
    fn try_from(text: String) -> Result<Self, InvalidBirthday> {
        Self::new(&text)
    }
}
impl From<Birthday> for String {
    fn from(birthday: Birthday) -> String {
        birthday.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_birthday_comes_every_year_even_that_of_a_leap_day() {
        let days = |birthday: &str, today: &str| Birthday::new(birthday).unwrap().days_from(today.parse().unwrap());
        assert_eq!(days("05-17", "2026-05-17"), 0);
        assert_eq!(days("05-17", "2026-05-10"), 7);
        assert_eq!(days("05-17", "2026-05-18"), 364);
        assert_eq!(days("12-31", "2026-12-31"), 0);
        assert_eq!(days("01-01", "2026-12-31"), 1);
        assert_eq!((days("02-29", "2026-02-28"), days("02-29", "2028-02-28"), days("02-29", "2028-02-29")), (0, 1, 0));
    }

    #[test]
    fn only_a_day_that_exists_is_one() {
        for text in ["", "5-17", "13-01", "00-10", "02-30", "04-31", "1990-05-17", "05-17x", "+1-01", "0５-17"] {
            assert!(Birthday::new(text).is_err(), "{text}");
        }
        assert_eq!(Birthday::new("02-29").unwrap().to_string(), "02-29");
    }
}
