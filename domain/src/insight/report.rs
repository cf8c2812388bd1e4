//! Several days' figures together, as a merchant reads them.

use super::{Counts, Day, Named, Words};
use crate::Locale;
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Days in one report.
pub const MAX_REPORT_DAYS: i32 = 92;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("from must not be after to")]
    Backwards,
    #[error("a report is of at most {MAX_REPORT_DAYS} days, got {0}")]
    TooLong(i32),
}

impl ReportError {
    /// Stable and snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Backwards => "period_backwards",
            Self::TooLong(_) => "period_too_long",
        }
    }
}

/// Totals of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTotals {
    pub day: Date,
    pub counts: Counts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub total: Counts,
    /// Every day of the period, those without figures too.
    pub days: Vec<DayTotals>,
    /// The most frequent first.
    pub searches: Vec<Named>,
}

impl Report {
    /// Whether a report may be of this period; how many days it has.
    pub fn period(from: Date, to: Date) -> Result<i32, ReportError> {
        let days = (to - from).get_days() + 1;
        match days {
            ..=0 => Err(ReportError::Backwards),
            1..=MAX_REPORT_DAYS => Ok(days),
            _ => Err(ReportError::TooLong(days)),
        }
    }

    /// Of the days from `from` to `to`; those that nothing is known of are empty.
    pub fn of(from: Date, to: Date, known: impl IntoIterator<Item = (Date, Day)>) -> Result<Self, ReportError> {
        let length = Self::period(from, to)?;
        let mut days: BTreeMap<Date, Counts> = from
            .series(jiff::ToSpan::day(1))
            .take(usize::try_from(length).unwrap_or(0))
            .map(|day| (day, Counts::default()))
            .collect();
        let mut total = Counts::default();
        let mut searches: BTreeMap<(Words, Locale), Counts> = BTreeMap::new();
        for (date, day) in known {
            let Some(counts) = days.get_mut(&date) else { continue };
            *counts = counts.and(day.total);
            total = total.and(day.total);
            for Named { locale, words, counts } in day.named {
                let sum = searches.entry((words, locale)).or_default();
                *sum = sum.and(counts);
            }
        }
        let mut searches: Vec<Named> =
            searches.into_iter().map(|((words, locale), counts)| Named { locale, words, counts }).collect();
        searches.sort_by_key(|named| Reverse(named.counts.searches));
        let days = days.into_iter().map(|(day, counts)| DayTotals { day, counts }).collect();
        Ok(Self { total, days, searches })
    }

    /// Searches that found nothing, the most frequent first.
    pub fn in_vain(&self) -> Vec<&Named> {
        let mut in_vain: Vec<&Named> = self.searches.iter().filter(|named| named.counts.without > 0).collect();
        in_vain.sort_by_key(|named| Reverse(named.counts.without));
        in_vain
    }
}

impl Counts {
    /// Of a thousand searches, how many led to a choice. More than one choice of a search are more than one.
    pub fn clicks_permille(self) -> Option<u32> {
        permille(self.clicks, self.searches)
    }
    /// Of a thousand searches, how many found nothing.
    pub fn without_permille(self) -> Option<u32> {
        permille(self.without, self.searches)
    }
    /// The mean place of what was chosen, in tenths: 10 is the first.
    pub fn position_tenths(self) -> Option<u32> {
        let tenths =
            (u64::from(self.positions) * 10 + u64::from(self.clicks) / 2).checked_div(u64::from(self.clicks))?;
        u32::try_from(tenths).ok()
    }
}

/// Of a thousand; none of nothing.
pub fn permille(part: u32, whole: u32) -> Option<u32> {
    let permille = (u64::from(part) * 1_000 + u64::from(whole) / 2).checked_div(u64::from(whole))?;
    u32::try_from(permille).ok()
}
