//! What shoppers searched for in a period, for the API and the console.

use crate::store_error;
use axum::http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use stoa_domain::insight::{Report, ReportError};
use stoa_endpoint::ApiError;
use stoa_storage::Store;

/// Without a period it is so many days, today the last.
pub(crate) const USUAL_DAYS: i64 = 28;

/// Days are by UTC.
pub(crate) fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

/// `from` and `to` as `2026-11-24`, both days included; where one is missing, as far as is usual.
pub(crate) fn period(from: Option<&str>, to: Option<&str>) -> Result<(Date, Date), ApiError> {
    let day = |name: &'static str, text: Option<&str>| match text.filter(|text| !text.is_empty()) {
        Some(text) => text
            .parse::<Date>()
            .map(Some)
            .map_err(|_| ApiError::bad_request("invalid_day", format!("{name} must be a day such as 2026-11-24"))),
        None => Ok(None),
    };
    let to = day("to", to)?.unwrap_or_else(today);
    let from = day("from", from)?.unwrap_or_else(|| to.saturating_sub((USUAL_DAYS - 1).days()));
    Report::period(from, to).map_err(refused)?;
    Ok((from, to))
}

pub(crate) async fn report(store: &Store, (from, to): (Date, Date)) -> Result<Report, ApiError> {
    let known = store.insights().between(from, to).await.map_err(store_error)?;
    Report::of(from, to, known).map_err(refused)
}

fn refused(error: ReportError) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, error.code(), error.to_string())
}
