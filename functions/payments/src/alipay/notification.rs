//! An asynchronous notification: a form whose fields, all but `sign` and `sign_type`, are signed in the order of their
//! names. The signature is over decoded fields, so the form has to be taken apart first; nothing in it is looked at
//! before the signature held.

use super::Trade;
use super::gateway::{TIME_FORMAT, time_zone, to_sign};
use crate::keys::VerifyingKey;
use crate::provider::{CallbackRefusal, event_id};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Alipay sends a notification for up to 25 hours, and it may bear the time of the first sending. Within that time the
/// replay record knows it.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(26);
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Alipay sends some thirty.
const MAX_FIELDS: usize = 100;

pub(super) struct Notification {
    pub(super) id: String,
    pub(super) app_id: String,
    pub(super) seller_id: String,
    pub(super) trade: Trade,
}

pub(super) fn verify(body: &[u8], key: &VerifyingKey, now: Timestamp) -> Result<Notification, CallbackRefusal> {
    let mut fields = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if fields.len() == MAX_FIELDS {
            return Err(CallbackRefusal::SignatureInvalid);
        }
        if fields.insert(name.to_string(), value.to_string()).is_some() {
            return Err(CallbackRefusal::Repeated { name: name.chars().take(40).collect() });
        }
    }
    let signature = fields.remove("sign").ok_or(CallbackRefusal::SignatureMissing)?;
    // Never the weaker SHA-1 that `RSA` stands for.
    if fields.remove("sign_type").as_deref() != Some("RSA2") {
        return Err(CallbackRefusal::SignatureInvalid);
    }
    if !key.verifies(to_sign(&fields).as_bytes(), &signature) {
        return Err(CallbackRefusal::SignatureInvalid);
    }
    let mut take = |name: &str| fields.remove(name);
    let missing = |name: &str| CallbackRefusal::malformed(format!("{name} is missing"));
    let sent = take("notify_time").ok_or_else(|| missing("notify_time"))?;
    fresh(&sent, now)?;
    if take("charset").is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(CallbackRefusal::malformed("charset must be utf-8"));
    }
    Ok(Notification {
        id: event_id(take("notify_id").ok_or_else(|| missing("notify_id"))?)?,
        app_id: take("app_id").ok_or_else(|| missing("app_id"))?,
        seller_id: take("seller_id").ok_or_else(|| missing("seller_id"))?,
        trade: Trade {
            out_trade_no: take("out_trade_no").ok_or_else(|| missing("out_trade_no"))?,
            trade_no: take("trade_no").ok_or_else(|| missing("trade_no"))?,
            trade_status: take("trade_status").ok_or_else(|| missing("trade_status"))?,
            total_amount: take("total_amount").ok_or_else(|| missing("total_amount"))?,
            trans_currency: take("trans_currency"),
            refund_fee: take("refund_fee"),
            gmt_payment: take("gmt_payment"),
            passback_params: take("passback_params"),
        },
    })
}

fn fresh(sent: &str, now: Timestamp) -> Result<(), CallbackRefusal> {
    let sent = DateTime::strptime(TIME_FORMAT, sent)
        .and_then(|time| time.to_zoned(time_zone()))
        .map_err(|_| CallbackRefusal::malformed("notify_time must be a time such as 2026-01-31 08:00:00"))?;
    let age = now.duration_since(sent.timestamp());
    if age > MAX_AGE || age < -MAX_AHEAD {
        return Err(CallbackRefusal::SignatureExpired { tolerance_seconds: MAX_AGE.as_secs() });
    }
    Ok(())
}
