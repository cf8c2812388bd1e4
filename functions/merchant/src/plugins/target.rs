//! Which carts a plugin is for, as its author wrote it: checked when it is uploaded, decided by the domain at every quote.

use jiff::tz::TimeZone;
use stoa_domain::FieldError;
use stoa_domain::promotion::{Target, validate_target};

/// As JSON. It lies in the plugin's record, once for every version that can run or be gone back to.
pub const MAX_TARGET_BYTES: usize = 4 * 1024;

/// Every fault, with its path within the target.
pub fn check(target: &Target) -> Vec<FieldError> {
    let mut faults = validate_target(target);
    let bytes = serde_json::to_string(target).map_or(usize::MAX, |json| json.len());
    if bytes > MAX_TARGET_BYTES {
        let rule = format!("must have at most {MAX_TARGET_BYTES} bytes as JSON, got {bytes}");
        faults.push(FieldError::new("", "too_long", rule));
    }
    if let Some(name) = &target.schedule.time_zone
        && faults.is_empty()
        && TimeZone::get(name).is_err()
    {
        let rule = format!("the time zone {name} is not one that is known");
        faults.push(FieldError::new("schedule.time_zone", "unknown_time_zone", rule));
    }
    faults
}
