//! Invoices (发票): the buyer asks for one on the order and says whom it is for; staff make it where invoices are made, and say
//! under which number. Money that goes back after that makes it wrong: it is to be corrected (红字), and then issued again.

mod tax_number;

pub use tax_number::check_tax_number;

use super::refusal::text;
use super::{Act, Happened, Order, OrderRefusal, OrderState};
use crate::email;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

const MAX_TITLE_CHARS: usize = 100;
const MAX_NUMBER_CHARS: usize = 40;
const MAX_LINK_BYTES: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderInvoice))]
pub struct Invoice {
    pub state: InvoiceState,
    pub asked: InvoiceRequest,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub asked_at: Timestamp,
    /// The newest that was made.
    pub issued: Option<IssuedInvoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderInvoiceState))]
#[serde(rename_all = "snake_case")]
pub enum InvoiceState {
    /// The buyer may still change what it says.
    Requested,
    Issued,
    /// Money went back after it was issued.
    ToBeCorrected,
}

impl InvoiceState {
    pub const ALL: [Self; 3] = [Self::Requested, Self::Issued, Self::ToBeCorrected];
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Issued => "issued",
            Self::ToBeCorrected => "to_be_corrected",
        }
    }
}

impl fmt::Display for InvoiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whom an invoice is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderInvoiceRequest))]
#[serde(deny_unknown_fields)]
pub struct InvoiceRequest {
    pub kind: InvoiceKind,
    /// 抬头: a person's or a company's name.
    pub title: String,
    /// Of a company; empty for a person.
    #[serde(default)]
    pub tax_number: String,
    /// Where it is sent.
    pub email: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    Personal,
    Company,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrderIssuedInvoice))]
pub struct IssuedInvoice {
    pub number: String,
    /// Where it can be read; empty: it was sent.
    pub link: String,
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

impl Order {
    /// Whether its buyer may ask for an invoice now, or change what they asked for.
    pub fn invoice_is_open(&self) -> bool {
        use OrderState::{Completed, Delivered, Paid, PartlyShipped, Shipped};
        let bought = matches!(self.state, Paid | PartlyShipped | Shipped | Delivered | Completed);
        let may_change = self.invoice.as_ref().is_none_or(|invoice| invoice.state == InvoiceState::Requested);
        bought && may_change && !self.quote.total.is_zero()
    }

    /// What staff have to do about it, where there is something.
    pub fn invoice_waits(&self) -> Option<InvoiceState> {
        let state = self.invoice.as_ref()?.state;
        match state {
            InvoiceState::Requested => self.invoice_is_open().then_some(state),
            InvoiceState::ToBeCorrected => Some(state),
            InvoiceState::Issued => None,
        }
    }

    /// The buyer asks for an invoice, or says otherwise whom it is for. Answers whether that changed anything.
    pub fn ask_for_invoice(&mut self, asked: &InvoiceRequest, act: Act<'_>) -> Result<bool, OrderRefusal> {
        let asked = checked(asked, &self.shipping_address.country)?;
        if self.invoice.as_ref().is_some_and(|invoice| invoice.asked == asked) {
            return Ok(false);
        }
        if !self.invoice_is_open() {
            return Err(OrderRefusal::NoInvoice);
        }
        let before = self.invoice.as_ref().map(|invoice| invoice.asked_at);
        let asked_at = before.unwrap_or(act.at);
        self.invoice = Some(Invoice { state: InvoiceState::Requested, asked, asked_at, issued: None });
        // Once: however often its buyer thinks otherwise, the order does not grow.
        if before.is_none() {
            self.record(self.state, Happened::Invoice { state: InvoiceState::Requested }, act)?;
        }
        Ok(true)
    }

    /// Staff made it, or made it anew. Said again with the same number and link it changes nothing; answers whether it did.
    pub fn issue_invoice(&mut self, number: &str, link: &str, act: Act<'_>) -> Result<bool, OrderRefusal> {
        let (number, link) = (number.trim(), link.trim());
        let printed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '/';
        if number.is_empty() || number.len() > MAX_NUMBER_CHARS || !number.chars().all(printed) {
            return Err(OrderRefusal::Field { field: "number", rule: "1 to 40 letters, digits, dashes and slashes" });
        }
        let is_link = link.starts_with("https://") && link.bytes().all(|b| b.is_ascii_graphic());
        if !link.is_empty() && (!is_link || link.len() > MAX_LINK_BYTES) {
            return Err(OrderRefusal::Field { field: "link", rule: "an https address of at most 500 characters" });
        }
        let state = self.state;
        let Some(invoice) = self.invoice.as_mut() else { return Err(OrderRefusal::Unknown { what: "invoice" }) };
        let same = invoice.issued.as_ref().is_some_and(|issued| issued.number == number && issued.link == link);
        if same && invoice.state == InvoiceState::Issued {
            return Ok(false);
        }
        invoice.state = InvoiceState::Issued;
        invoice.issued = Some(IssuedInvoice { number: number.to_owned(), link: link.to_owned(), at: act.at });
        self.record(state, Happened::Invoice { state: InvoiceState::Issued }, act)?;
        Ok(true)
    }

    /// Money goes back: an invoice that was issued says too much.
    pub(super) fn invoice_is_wrong(&mut self, act: Act<'_>) -> Result<(), OrderRefusal> {
        let state = self.state;
        let Some(invoice) = self.invoice.as_mut().filter(|invoice| invoice.state == InvoiceState::Issued) else {
            return Ok(());
        };
        invoice.state = InvoiceState::ToBeCorrected;
        let act = Act { by: "system", why: "", ..act };
        self.record(state, Happened::Invoice { state: InvoiceState::ToBeCorrected }, act).map_err(OrderRefusal::from)
    }
}

fn checked(asked: &InvoiceRequest, country: &str) -> Result<InvoiceRequest, OrderRefusal> {
    let (title, email) = (asked.title.trim(), asked.email.trim());
    let rule = "1 to 100 characters, none of them a control character";
    text("title", title, MAX_TITLE_CHARS, rule)?;
    if title.is_empty() {
        return Err(OrderRefusal::Field { field: "title", rule });
    }
    email::validate(email)
        .map_err(|_| OrderRefusal::Field { field: "email", rule: "an address like name@example.com" })?;
    let tax_number = match asked.kind {
        InvoiceKind::Personal => String::new(),
        InvoiceKind::Company => check_tax_number(&asked.tax_number, country)
            .map_err(|rule| OrderRefusal::Field { field: "tax_number", rule })?,
    };
    Ok(InvoiceRequest { kind: asked.kind, title: title.to_owned(), tax_number, email: email.to_owned() })
}
