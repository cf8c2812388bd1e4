//! Reviews: what a buyer says of something that arrived, once an order and product. It waits until staff publish or decline it;
//! what is published counts in the product's [`Rating`]. Of its writer it holds the name that they chose to be shown, and the
//! order it belongs to, which nobody but the shop ever sees.

mod rating;

pub use rating::{NEWEST_REVIEWS, ProductReviews, PublishedReview, Rating, Score};

use crate::order::{Act, Order, OrderState};
use crate::{Locale, OrderId, ProductId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

const MAX_NAME_CHARS: usize = 40;
const MAX_TITLE_CHARS: usize = 120;
const MAX_TEXT_CHARS: usize = 2_000;
const MAX_REASON_CHARS: usize = 500;

/// `rev_` and what follows from order and line: the same purchase is the same review, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct ReviewId(String);

impl ReviewId {
    const PREFIX: &str = "rev_";

    /// Of an order's line; every line of one product is reviewed under the first.
    pub fn of(order: &OrderId, line: usize) -> Self {
        let order = order.as_str();
        Self(format!("{}{}-{line}", Self::PREFIX, order.strip_prefix("ord_").unwrap_or(order)))
    }
    pub fn new(text: impl Into<String>) -> Result<Self, ReviewRefusal> {
        let text = text.into();
        let printed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if text.len() <= 80 && text.starts_with(Self::PREFIX) && text.bytes().all(printed) {
            return Ok(Self(text));
        }
        Err(ReviewRefusal::Field { field: "review", rule: "the id of a review: rev_…" })
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReviewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for ReviewId {
    type Error = ReviewRefusal;
    fn try_from(text: String) -> Result<Self, ReviewRefusal> {
        Self::new(text)
    }
}
impl From<ReviewId> for String {
    fn from(id: ReviewId) -> String {
        id.0
    }
}

/// 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = u8, minimum = 1, maximum = 5))]
#[serde(try_from = "u8", into = "u8")]
pub struct Stars(u8);

impl Stars {
    pub const MOST: u8 = 5;
    pub fn new(stars: u8) -> Result<Self, ReviewRefusal> {
        let rule = "1 to 5";
        (1..=Self::MOST).contains(&stars).then_some(Self(stars)).ok_or(ReviewRefusal::Field { field: "stars", rule })
    }
    pub fn get(self) -> u8 {
        self.0
    }
}
impl TryFrom<u8> for Stars {
    type Error = ReviewRefusal;
    fn try_from(stars: u8) -> Result<Self, ReviewRefusal> {
        Self::new(stars)
    }
}
impl From<Stars> for u8 {
    fn from(stars: Stars) -> u8 {
        stars.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Nobody at the shop has read it yet; its writer may change it.
    Waiting,
    Published,
    Declined,
}

impl ReviewState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Published, Self::Declined];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Published => "published",
            Self::Declined => "declined",
        }
    }
}
impl fmt::Display for ReviewState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Review {
    pub id: ReviewId,
    pub state: ReviewState,
    pub order: OrderId,
    pub product: ProductId,
    /// As the order says it.
    pub product_title: String,
    pub stars: Stars,
    pub title: String,
    pub text: String,
    /// What its writer wants to be called.
    pub name: String,
    /// Of the order, and so most likely of the text.
    pub locale: Locale,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub written_at: Timestamp,
    /// Who decided what its state is now, when and why; None while nobody did.
    pub decided: Option<Decided>,
    /// What the shop says to it, shown below it.
    #[serde(default)]
    pub answer: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ReviewDecided))]
pub struct Decided {
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// `staff:{token}`.
    pub by: String,
    /// Its writer reads it.
    pub why: String,
}

/// What a buyer writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewText {
    pub stars: Stars,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub text: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRefusal {
    #[error("only what was bought with this order and has arrived can be reviewed")]
    NotReceived,
    #[error("the shop has read this review; take it back to write another")]
    Decided,
    #[error("{field} must be {rule}")]
    Field { field: &'static str, rule: &'static str },
}

impl ReviewRefusal {
    /// Stable, snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotReceived => "review_not_possible",
            Self::Decided => "review_decided",
            Self::Field { .. } => "validation_failed",
        }
    }
}

impl Order {
    /// The lines that its buyer may review, each the first of its product: bought, not given, and at least one piece arrived.
    pub fn reviewable(&self) -> Vec<usize> {
        // Orders of before there were shipments say by their state alone that everything arrived.
        let all = self.shipments.is_empty() && matches!(self.state, OrderState::Delivered | OrderState::Completed);
        let arrived = |line: usize| {
            let parcels = self.shipments.iter().filter(|parcel| parcel.delivered_at.is_some());
            all || parcels.flat_map(|parcel| &parcel.lines).any(|pieces| pieces.line as usize == line)
        };
        let over = matches!(self.state, OrderState::Cancelled | OrderState::RefundPending | OrderState::Refunded);
        let mut first: Vec<usize> = Vec::new();
        for (at, line) in self.lines.iter().enumerate().filter(|(_, line)| line.gift.is_none() && !over) {
            let known = |seen: &usize| self.lines[*seen].product == line.product;
            if arrived(at) && !first.iter().any(known) {
                first.push(at);
            }
        }
        first
    }
}

impl Review {
    /// A buyer writes or changes a review of an order's line; `before` is what there is of it. None: it says this already.
    pub fn write(
        order: &Order,
        line: usize,
        before: Option<&Self>,
        written: &ReviewText,
        at: Timestamp,
    ) -> Result<Option<Self>, ReviewRefusal> {
        if !order.reviewable().contains(&line) {
            return Err(ReviewRefusal::NotReceived);
        }
        let bought = &order.lines[line];
        let review = Self {
            id: ReviewId::of(&order.id, line),
            state: ReviewState::Waiting,
            order: order.id.clone(),
            product: bought.product.clone(),
            product_title: bought.title.clone(),
            stars: written.stars,
            title: plain("title", &written.title, 0, MAX_TITLE_CHARS, "at most 120 characters in one line")?,
            text: prose("text", &written.text, MAX_TEXT_CHARS, "at most 2000 characters")?,
            name: plain("name", &written.name, 1, MAX_NAME_CHARS, "1 to 40 characters in one line")?,
            locale: order.locale.clone(),
            written_at: at,
            decided: None,
            answer: String::new(),
        };
        let Some(before) = before else { return Ok(Some(review)) };
        if before.says() == review.says() {
            return Ok(None);
        }
        if before.state != ReviewState::Waiting {
            return Err(ReviewRefusal::Decided);
        }
        Ok(Some(Self { answer: before.answer.clone(), ..review }))
    }

    fn says(&self) -> (Stars, &str, &str, &str) {
        (self.stars, &self.title, &self.text, &self.name)
    }

    /// Staff publish or decline it, or let it wait again. Answers whether that changed anything.
    pub fn decide(&mut self, to: ReviewState, act: Act<'_>) -> Result<bool, ReviewRefusal> {
        let why = plain("why", act.why, 0, MAX_REASON_CHARS, "at most 500 characters in one line")?;
        if self.state == to {
            return Ok(false);
        }
        self.state = to;
        let decided = Decided { at: act.at, by: act.by.to_owned(), why };
        self.decided = Some(decided).filter(|_| to != ReviewState::Waiting);
        Ok(true)
    }

    /// What the shop says to it; empty: nothing. Answers whether that changed anything.
    pub fn answer(&mut self, answer: &str) -> Result<bool, ReviewRefusal> {
        let answer = prose("answer", answer, MAX_TEXT_CHARS, "at most 2000 characters")?;
        let changed = self.answer != answer;
        self.answer = answer;
        Ok(changed)
    }

    /// What everybody may read of it.
    pub fn published(&self) -> Option<PublishedReview> {
        (self.state == ReviewState::Published).then(|| PublishedReview {
            stars: self.stars,
            title: self.title.clone(),
            text: self.text.clone(),
            name: self.name.clone(),
            locale: self.locale.clone(),
            written_at: self.written_at.as_second(),
            answer: self.answer.clone(),
        })
    }
}

/// One line.
fn plain(
    field: &'static str,
    text: &str,
    least: usize,
    most: usize,
    rule: &'static str,
) -> Result<String, ReviewRefusal> {
    let text = text.trim();
    let fits = (least..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned()).ok_or(ReviewRefusal::Field { field, rule })
}

/// Lines, as browsers and people end them.
fn prose(field: &'static str, text: &str, most: usize, rule: &'static str) -> Result<String, ReviewRefusal> {
    let text = text.trim().replace("\r\n", "\n");
    let fits = text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n');
    fits.then_some(text).ok_or(ReviewRefusal::Field { field, rule })
}
