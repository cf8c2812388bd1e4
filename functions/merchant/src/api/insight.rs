//! What shoppers searched for: figures by day and by search, as JSON or as a table for a spreadsheet.

use crate::State;
use crate::insight::{period, report};
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stoa_domain::insight::{Counts, Named, Report};
use stoa_endpoint::access::Bearer;
use stoa_endpoint::{ApiError, ErrorBody, Query};
use utoipa::{IntoParams, ToSchema};

/// Searches in one answer; the table for a spreadsheet has all.
const MAX_SEARCHES: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `2026-11-01`; where missing, 27 days before `to`.
    from: Option<String>,
    /// `2026-11-28`, included; where missing, today. Days are by UTC.
    to: Option<String>,
    /// `csv` for a table of the searches.
    format: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InsightBody {
    from: String,
    to: String,
    total: CountsBody,
    /// Every day of the period.
    days: Vec<DayBody>,
    /// Those that several shoppers made on one day, the most frequent first; the rest is in the totals alone.
    searches: Vec<SearchBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DayBody {
    day: String,
    counts: CountsBody,
}

#[derive(Debug, Serialize, ToSchema)]
struct SearchBody {
    words: String,
    locale: String,
    counts: CountsBody,
}

#[derive(Debug, Serialize, ToSchema)]
struct CountsBody {
    searches: u32,
    /// Of these, such as found nothing.
    without_result: u32,
    /// Such as found only some of the words.
    relaxed: u32,
    /// Such as took other words for what was typed.
    corrected: u32,
    clicks: u32,
    /// Clicks of a thousand searches; none without a search.
    clicks_permille: Option<u32>,
    /// The mean place of what was chosen, in tenths: 10 is the first. None without a click.
    position_tenths: Option<u32>,
    /// Put into a cart after it was chosen.
    carts: u32,
}

impl From<Counts> for CountsBody {
    fn from(counts: Counts) -> Self {
        Self {
            searches: counts.searches,
            without_result: counts.without,
            relaxed: counts.relaxed,
            corrected: counts.corrected,
            clicks: counts.clicks,
            clicks_permille: counts.clicks_permille(),
            position_tenths: counts.position_tenths(),
            carts: counts.carts,
        }
    }
}

/// What shoppers searched for, without a word of who: at most 92 days. Scope: catalog:read
#[utoipa::path(get, path = "/admin/api/search/insight", params(Asked),
    responses((status = 200, body = InsightBody), (status = "default", body = ErrorBody)))]
pub(super) async fn get(
    Shared(state): Shared<State>,
    Bearer(grant): Bearer,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    grant.require("catalog:read")?;
    let (from, to) = period(asked.from.as_deref(), asked.to.as_deref())?;
    let report = report(&state.store, (from, to)).await?;
    match asked.format.as_deref() {
        None | Some("json") => {
            let Report { total, days, searches } = report;
            let day =
                |day: stoa_domain::insight::DayTotals| DayBody { day: day.day.to_string(), counts: day.counts.into() };
            let search = |Named { locale, words, counts }: Named| SearchBody {
                words: words.into(),
                locale: locale.to_string(),
                counts: counts.into(),
            };
            Ok(axum::Json(InsightBody {
                from: from.to_string(),
                to: to.to_string(),
                total: total.into(),
                days: days.into_iter().map(day).collect(),
                searches: searches.into_iter().take(MAX_SEARCHES).map(search).collect(),
            })
            .into_response())
        }
        Some("csv") => {
            let name = format!("attachment; filename=\"searches-{from}-{to}.csv\"");
            let headers =
                [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
            Ok((headers, table(&report).map_err(ApiError::internal)?).into_response())
        }
        Some(other) => {
            let other: String = other.chars().take(16).collect();
            Err(ApiError::bad_request("unknown_format", format!("format must be json or csv, got {other}")))
        }
    }
}

fn table(report: &Report) -> Result<Vec<u8>, csv::Error> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "words",
        "locale",
        "searches",
        "without_result",
        "relaxed",
        "corrected",
        "clicks",
        "mean_place",
        "carts",
    ])?;
    for Named { locale, words, counts } in &report.searches {
        let place = counts.position_tenths().map(|tenths| format!("{}.{}", tenths / 10, tenths % 10));
        let figures = [counts.searches, counts.without, counts.relaxed, counts.corrected, counts.clicks];
        let mut record = vec![cell(words.as_str()), locale.to_string()];
        record.extend(figures.iter().map(u32::to_string));
        record.extend([place.unwrap_or_default(), counts.carts.to_string()]);
        csv.write_record(record)?;
    }
    csv.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Shoppers' words are nobody's formula: a spreadsheet computes what begins like one.
fn cell(words: &str) -> String {
    if words.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{words}") } else { words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_spreadsheet_computes_no_search() {
        for (words, expected) in [("=1+1", "'=1+1"), ("-5", "'-5"), ("mug", "mug"), ("a=b", "a=b")] {
            assert_eq!(cell(words), expected);
        }
    }
}
