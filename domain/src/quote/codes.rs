//! The codes that the shopper gave.

use super::choose::Chosen;
use super::engine::Engine;
use super::explain::spoken;
use super::proposals::refusal;
use super::{CodeOutcome, RefusedOperation, Request, WhyNot};
use crate::PromotionId;
use crate::promotion::{
    Code, MAX_CODE_CHARS, Operation, Promotion, Reason, ReasonCode, code_reads, coupon_holds, same_code,
};
use std::collections::{BTreeMap, BTreeSet};

/// The shopper's codes: which promotion each brings in, or why none.
pub(super) struct Codes<'a> {
    codes: Vec<(&'a Code, Result<&'a PromotionId, Reason>)>,
}

impl<'a> Codes<'a> {
    pub(super) fn read(request: &Request<'a>) -> Self {
        let context = request.context;
        let rules: BTreeMap<&PromotionId, &'a Promotion> = request.promotions.iter().map(|p| (&p.id, p)).collect();
        let mut read: Vec<&str> = Vec::new();
        let mut brought: BTreeSet<&PromotionId> = BTreeSet::new();
        let mut codes = Vec::with_capacity(context.codes.len());
        for (at, code) in context.codes.iter().enumerate() {
            let promotion = code_reads(at, &code.code, &read).and_then(|()| {
                read.push(&code.code);
                let coupon = code.coupon.as_ref().ok_or(ReasonCode::CodeUnknown)?;
                let promotion = rules.get(&coupon.promotion).ok_or(ReasonCode::PromotionMissing)?;
                coupon_holds(coupon, promotion, context)?;
                if brought.insert(&promotion.id) { Ok(&promotion.id) } else { Err(ReasonCode::CodeRepeated.into()) }
            });
            codes.push((code, promotion));
        }
        Self { codes }
    }

    /// The valid code for a promotion.
    pub(super) fn of(&self, promotion: &PromotionId) -> Option<&'a str> {
        let brings = |(_, brought): &&(&Code, Result<&PromotionId, Reason>)| brought.as_ref() == Ok(&promotion);
        self.codes.iter().find(brings).map(|(code, _)| code.code.as_str())
    }

    /// A plugin speaks only for codes that no rule knows: the first that accepts one has it, else the first that rejects
    /// it says why.
    pub(super) fn outcomes(
        &self,
        engine: &Engine<'_>,
        chosen: &Chosen,
        why_not: &BTreeMap<&PromotionId, Reason>,
        refused: &mut Vec<RefusedOperation>,
    ) -> Vec<CodeOutcome> {
        let mut said: BTreeMap<usize, CodeOutcome> = BTreeMap::new();
        for (candidate, operation) in spoken(engine, chosen) {
            let (code, rejected) = match operation {
                Operation::AcceptCode { code } => (code, None),
                Operation::RejectCode { code, reason } => (code, Some(reason)),
                _ => continue,
            };
            let unknown = ReasonCode::CodeUnknown;
            let open = |(given, promotion): &(&Code, Result<&PromotionId, Reason>)| {
                promotion.as_ref().is_err_and(|reason| reason.code == unknown) && same_code(&given.code, code)
            };
            let Some(at) = self.codes.iter().position(open) else {
                let message = "the cart has no such code, or it is a rule's".to_owned();
                refused.push(refusal(candidate.id, ("unknown_code", message)));
                continue;
            };
            let outcome = CodeOutcome {
                code: self.codes[at].0.code.clone(),
                promotion: Some(candidate.id.clone()),
                why_not: rejected.map(|message| WhyNot {
                    message: message.clone(),
                    ..WhyNot::from(Reason::from(ReasonCode::CodeRejected))
                }),
            };
            let better = said.get(&at).is_none_or(|before| before.why_not.is_some() && outcome.why_not.is_none());
            if better {
                said.insert(at, outcome);
            }
        }
        let outcome = |(at, (code, promotion)): (usize, &(&Code, Result<&PromotionId, Reason>))| {
            let why = match promotion {
                Ok(id) => why_not.get(id).cloned(),
                Err(reason) => Some(reason.clone()),
            };
            said.remove(&at).unwrap_or_else(|| CodeOutcome {
                code: code.code.chars().take(MAX_CODE_CHARS).collect(),
                promotion: promotion.as_ref().ok().map(|id| (*id).clone()),
                why_not: why.map(WhyNot::from),
            })
        };
        self.codes.iter().enumerate().map(outcome).collect()
    }
}
