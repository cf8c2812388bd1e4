//! A transfer from the shopper's bank, without any provider's machinery: the page says where to and with which words, and
//! a person who sees the money arrive says so ([`received_by_hand`]).

use crate::config::BankAccount;
use crate::pages::{display, is_chinese, page};
use crate::provider::{Closing, Paying, Place, ProviderError, Refund, Refunded, Started, event_id};
use crate::{CallbackRefusal, Outcome, Provider, ProviderEvent};
use async_trait::async_trait;
use axum::http::HeaderMap;
use jiff::Timestamp;
use maud::{Markup, html};
use stoa_domain::payment::Payment;
use stoa_domain::{Money, PaymentId};

pub(crate) const NAME: &str = "bank_transfer";
/// The code of a refund that only a person can make.
pub(crate) const BY_HAND: &str = "refund_by_hand";

pub(crate) struct BankTransfer {
    account: BankAccount,
}

impl BankTransfer {
    pub(crate) fn new(account: BankAccount) -> Self {
        Self { account }
    }

    fn page(&self, paying: &Paying<'_>) -> Markup {
        let [lang, title, how, holder, account, bank, code, reference, back] = if is_chinese(paying) {
            [
                "zh-CN",
                "银行转账",
                "请从您的银行转账，并在附言中填写订单号。款项到账后我们会确认订单。",
                "收款人",
                "账号",
                "开户行",
                "行号",
                "附言",
                "返回订单",
            ]
        } else {
            [
                "en",
                "Bank transfer",
                "Please transfer the amount from your bank, with the order's number as the reference. We confirm your order when the money is here.",
                "Account holder",
                "Account",
                "Bank",
                "Bank code",
                "Reference",
                "Back to your order",
            ]
        };
        page(
            paying,
            lang,
            title,
            html! {
                h1 { (title) }
                p.amount { (display(paying.payment.amount)) }
                p { (how) }
                dl {
                    dt { (holder) } dd { (self.account.holder) }
                    dt { (account) } dd { (self.account.account) }
                    dt { (bank) } dd { (self.account.bank) }
                    @if !self.account.bank_code.is_empty() { dt { (code) } dd { (self.account.bank_code) } }
                    dt { (reference) } dd { (paying.order.number) }
                }
                a.later href=(paying.status_path) { (back) }
            },
        )
    }
}

#[async_trait]
impl Provider for BankTransfer {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn start(&self, paying: &Paying<'_>, _now: Timestamp) -> Result<Started, ProviderError> {
        Ok(Place::Page(self.page(paying)).into())
    }

    /// Nobody can be asked.
    async fn read(&self, _payment: &Payment, _now: Timestamp) -> Result<Option<ProviderEvent>, ProviderError> {
        Ok(None)
    }

    /// Money may come at any time, and is then held for a person.
    async fn close(&self, _payment: &Payment, _now: Timestamp) -> Result<Closing, ProviderError> {
        Ok(Closing::Closed)
    }

    async fn refund(&self, _refund: &Refund<'_>, _now: Timestamp) -> Result<Refunded, ProviderError> {
        Err(ProviderError::unsupported(BY_HAND, "a bank transfer is given back by a person, from the bank"))
    }

    async fn verify_callback(
        &self,
        _headers: &HeaderMap,
        _body: &[u8],
        _now: Timestamp,
    ) -> Result<Option<ProviderEvent>, CallbackRefusal> {
        Err(CallbackRefusal::NotExpected)
    }
}

/// What a person says who saw money arrive. `reference`: the bank's own name for the transfer; the same one counts once.
pub fn received_by_hand(payment: &PaymentId, amount: Money, reference: &str) -> Result<ProviderEvent, CallbackRefusal> {
    Ok(ProviderEvent {
        id: event_id(format!("hand:{reference}"))?,
        payment: payment.clone(),
        order: None,
        amount: Some(amount),
        outcome: Outcome::Succeeded,
        reference: reference.to_owned(),
    })
}
