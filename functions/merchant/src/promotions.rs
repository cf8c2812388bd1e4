//! What is put on record of promotions and their codes: checked here, for the API and the command line alike.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use stoa_domain::promotion::{MAX_CODE_CHARS, MAX_PROMOTIONS, Promotion, code_text, validate};
use stoa_domain::{CustomerId, FieldError, PromotionId};
use stoa_endpoint::random;
use stoa_storage::{Expected, MAX_CODES_AT_ONCE, PromotionCode, Revision, Store, StoreError};

/// 30^10 is about 2^49: with a thousand codes given out, one guess in 600 billion finds one.
const RANDOM_CHARS: usize = 10;
const MAX_PREFIX_CHARS: usize = 20;
const MAX_BATCH_CHARS: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum PromotionError {
    /// Every fault, each with its path and rule.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    #[error("a shop has at most {MAX_PROMOTIONS} promotions at once: delete one first")]
    TooManyPromotions,
    #[error("the promotion does not exist")]
    NoSuchPromotion,
    #[error("the system gave no random bytes")]
    Random,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every fault of a promotion, the time zone's included, which the domain cannot know.
pub fn check(promotion: &Promotion) -> Result<(), PromotionError> {
    let mut faults = validate(promotion);
    if let Some(name) = &promotion.schedule.time_zone
        && faults.is_empty()
        && TimeZone::get(name).is_err()
    {
        let rule = format!("the time zone {name} is not one that is known");
        faults.push(FieldError::new("schedule.time_zone", "unknown_time_zone", rule));
    }
    if faults.is_empty() { Ok(()) } else { Err(PromotionError::Invalid(faults)) }
}

/// Creates or replaces a promotion; carts are priced with it from then on.
pub async fn put(store: &Store, promotion: &Promotion, expected: Expected) -> Result<Revision, PromotionError> {
    check(promotion)?;
    let promotions = store.promotions();
    if matches!(expected, Expected::Absent) && promotions.list().await?.len() >= MAX_PROMOTIONS {
        return Err(PromotionError::TooManyPromotions);
    }
    Ok(promotions.put(promotion, expected).await?)
}

/// Codes to be made: one that is given, or so many random ones.
#[derive(Debug, Clone, Default)]
pub struct NewCodes {
    pub code: Option<String>,
    pub count: Option<u32>,
    /// Before each random code: `AUTUMN-`.
    pub prefix: String,
    /// What the merchant calls them; a name is made where it is missing and there are several.
    pub batch: Option<String>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub customer: Option<CustomerId>,
    /// Orders with each of them.
    pub max_uses: Option<u32>,
}

impl NewCodes {
    /// Makes and stores them.
    pub async fn make(
        self,
        store: &Store,
        promotion: &PromotionId,
        now: Timestamp,
    ) -> Result<Vec<PromotionCode>, PromotionError> {
        let count = self.checked()?;
        if store.promotions().get(promotion).await?.is_none() {
            return Err(PromotionError::NoSuchPromotion);
        }
        let batch = match (&self.batch, &self.code) {
            (Some(batch), _) => Some(batch.clone()),
            (None, Some(_)) => None,
            (None, None) => Some(format!("{}-{}", now.strftime("%Y-%m-%d"), random_text::<4>()?)),
        };
        let mut codes = Vec::with_capacity(count);
        for _ in 0..count {
            let code = match &self.code {
                Some(code) => code.trim().to_owned(),
                None => format!("{}{}", self.prefix, random_text::<RANDOM_CHARS>()?),
            };
            codes.push(PromotionCode {
                code,
                promotion: promotion.clone(),
                batch: batch.clone(),
                enabled: true,
                starts_at: self.starts_at,
                ends_at: self.ends_at,
                customer: self.customer.clone(),
                max_uses: self.max_uses,
                created_at: now,
            });
        }
        store.promotions().add_codes(&codes).await?;
        Ok(codes)
    }

    /// How many, or every fault.
    fn checked(&self) -> Result<usize, PromotionError> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code, rule: &str| faults.push(FieldError::new(field, code, rule));
        let most = u32::try_from(MAX_CODES_AT_ONCE).unwrap_or(u32::MAX);
        match (&self.code, self.count) {
            (Some(code), None) => {
                if let Err(wrong) = code_text(code) {
                    fault("code", wrong.code, &wrong.message);
                }
                if !self.prefix.is_empty() {
                    fault("prefix", "one_of_two", "a prefix is for codes that are made");
                }
            }
            (None, Some(count)) if (1..=most).contains(&count) => {}
            (None, Some(count)) => {
                fault("count", "out_of_range", &format!("must be between 1 and {most}, got {count}"))
            }
            _ => fault("code", "one_of_two", "either `code`, the code itself, or `count`, how many to make"),
        }
        if !plain(&self.prefix, MAX_PREFIX_CHARS) || self.prefix.contains(char::is_whitespace) {
            fault("prefix", "too_long", "a prefix has at most 20 characters and no spaces");
        }
        if let Some(batch) = &self.batch
            && (batch.trim().is_empty() || !plain(batch, MAX_BATCH_CHARS))
        {
            fault("batch", "too_long", "a batch's name has 1 to 64 characters");
        }
        if self.max_uses == Some(0) {
            fault("max_uses", "out_of_range", "a limit is at least 1, got 0");
        }
        if let (Some(starts), Some(ends)) = (self.starts_at, self.ends_at)
            && starts >= ends
        {
            fault("ends_at", "empty_range", "a code ends after it starts");
        }
        const { assert!(MAX_PREFIX_CHARS + RANDOM_CHARS <= MAX_CODE_CHARS) };
        let count = usize::try_from(self.count.unwrap_or(1)).unwrap_or(1);
        if faults.is_empty() { Ok(count) } else { Err(PromotionError::Invalid(faults)) }
    }
}

fn random_text<const CHARS: usize>() -> Result<String, PromotionError> {
    random::readable::<CHARS>().map_err(|_| PromotionError::Random)
}

fn plain(text: &str, most: usize) -> bool {
    text.chars().nth(most).is_none() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_made_says_why() {
        let fields = |codes: NewCodes| match codes.checked() {
            Err(PromotionError::Invalid(faults)) => faults.into_iter().map(|f| (f.field, f.code)).collect(),
            _ => vec![],
        };
        let some = |field: &str, code| vec![(field.to_owned(), code)];
        assert_eq!(fields(NewCodes::default()), some("code", "one_of_two"));
        assert_eq!(fields(NewCodes { count: Some(0), ..NewCodes::default() }), some("count", "out_of_range"));
        assert_eq!(fields(NewCodes { count: Some(1_001), ..NewCodes::default() }), some("count", "out_of_range"));
        assert_eq!(fields(NewCodes { code: Some(" ".into()), ..NewCodes::default() }), some("code", "invalid_code"));
        let prefix = NewCodes { count: Some(1), prefix: "x".repeat(21), ..NewCodes::default() };
        assert_eq!(fields(prefix), some("prefix", "too_long"));
    }
}
