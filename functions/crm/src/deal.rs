//! One plugin, one customer, one event: asked, decided, and written down once.

use crate::CrmError;
use crate::round::Round;
use crate::runner::Runner;
use jiff::ToSpan;
use stoa_domain::CustomerId;
use stoa_domain::marketing::{Applied, Coupon, Customer, Event, FollowUp, Input, Standing};
use stoa_domain::plugin::Build;
use stoa_endpoint::random;
use stoa_storage::{
    Application, Expected, MarketingAnswer, MessageContent, MessageCoupon, Once, OutboxMessage, PromotionCode,
    StoreError, Versioned,
};
use ulid::Ulid;

/// How often a customer is read and decided on again while others change them.
const ROUNDS: usize = 6;
/// 30^10 codes: one that somebody has already is drawn again all the same.
const CODE_CHARS: usize = 10;

/// Something that a plugin is asked about.
pub(crate) struct Happened {
    pub(crate) event: Event,
    /// The same however often it is told: `ord_…#paid`.
    pub(crate) id: String,
    /// What comes due with it, and is done with it whatever the plugin says.
    pub(crate) follow_up: Option<FollowUp>,
}

impl Round<'_> {
    /// `customer` is as it was read, and is read again where it was changed. A plugin that fails proposes nothing.
    pub(crate) async fn deal(
        &self,
        runner: &Runner,
        customer: &mut Versioned<Customer>,
        happened: &Happened,
    ) -> Result<(), CrmError> {
        let id = customer.value.id.clone();
        let Some(version) = runner.for_customer(&id) else { return Ok(()) };
        for round in 1..=ROUNDS {
            let profile = customer.value.profile(self.currency, self.moment, self.settings.messages_per_week);
            let input = Input { event: happened.event.clone(), profile, moment: self.moment };
            let actions = runner.run(self.store, version, &input).await.unwrap_or_default();
            let mut changed = customer.value.clone();
            if let Some(follow_up) = &happened.follow_up {
                changed.done(follow_up);
            }
            let standing = Standing {
                plugin: &runner.plugin.id,
                moment: self.moment,
                messages_per_week: self.settings.messages_per_week,
                promotions: &self.promotions,
            };
            let applied = changed.apply(&actions, standing);
            if applied.done.is_empty() && applied.refused.is_empty() && happened.follow_up.is_none() {
                return Ok(());
            }
            let application = self.application(runner, &version.0, changed, customer.unchanged(), happened, applied)?;
            match self.store.customers().apply(&application).await {
                Ok(Once::Already) => return Ok(()),
                Ok(Once::Now) => {
                    tell(&application.answer);
                    *customer = self.read(&id).await?;
                    return Ok(());
                }
                Err(StoreError::RevisionConflict { .. } | StoreError::CodeTaken { .. }) if round < ROUNDS => {
                    *customer = self.read(&id).await?;
                }
                Err(StoreError::RevisionConflict { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Err(CrmError::Contended { customer: id })
    }

    pub(crate) async fn read(&self, id: &CustomerId) -> Result<Versioned<Customer>, CrmError> {
        let read = self.store.customers().get(id).await?;
        Ok(read.ok_or(StoreError::NotFound { what: "customer" })?)
    }

    fn application(
        &self,
        runner: &Runner,
        build: &Build,
        customer: Customer,
        expected: Expected,
        happened: &Happened,
        applied: Applied,
    ) -> Result<Application, CrmError> {
        let (now, plugin) = (self.moment.now, &runner.plugin.id);
        let code = applied.coupon.map(|coupon| self.code(runner, coupon, &customer.id)).transpose()?;
        let last_day = code.as_ref().map(|(coupon, _)| coupon.last_day);
        let code = code.map(|(_, code)| code);
        let coupon = code.as_ref().zip(last_day);
        let message = applied.message.map(|message| {
            let content = MessageContent::Offer {
                plugin: plugin.clone(),
                version: build.version.clone(),
                subject: message.subject,
                body: message.body,
                coupon: coupon.map(|(code, last_day)| MessageCoupon { code: code.code.clone(), last_day }),
            };
            let id = format!("msg_{}", Ulid::generate());
            OutboxMessage::new(id, customer.id.clone(), content, customer.locale.clone(), now)
        });
        let answer = MarketingAnswer {
            customer: customer.id.clone(),
            plugin: plugin.clone(),
            version: build.version.clone(),
            event: happened.id.clone(),
            at: now,
            done: applied.done,
            refused: applied.refused,
            coupon: code.as_ref().map(|code| code.code.clone()),
            message: message.as_ref().map(|message| message.id.clone()),
        };
        Ok(Application { customer, expected, answer, code, message })
    }

    /// For this customer, for one order, until the end of its last day.
    fn code(
        &self,
        runner: &Runner,
        coupon: Coupon,
        customer: &CustomerId,
    ) -> Result<(Coupon, PromotionCode), CrmError> {
        let after = coupon.last_day.checked_add(1.day()).ok();
        let ends_at = after.and_then(|day| day.to_zoned(self.zone.clone()).ok()).map(|zoned| zoned.timestamp());
        let code = PromotionCode {
            code: random::readable::<CODE_CHARS>().map_err(|_| CrmError::Random)?,
            promotion: coupon.promotion.clone(),
            batch: Some(runner.plugin.id.to_string()),
            enabled: true,
            starts_at: None,
            ends_at,
            customer: Some(customer.clone()),
            max_uses: Some(1),
            created_at: self.moment.now,
        };
        Ok((coupon, code))
    }
}

fn tell(answer: &MarketingAnswer) {
    let MarketingAnswer { plugin, version, event, done, refused, .. } = answer;
    let kinds: Vec<&str> = done.iter().map(stoa_domain::marketing::Action::kind).collect();
    let codes: Vec<&str> = refused.iter().map(|refused| refused.code.as_str()).collect();
    tracing::info!(%plugin, %version, event, done = kinds.join(","), refused = codes.join(","), "marketing");
}
