//! Who has not ordered for a while gets a coupon, once for each such while: the segment `win-back` says who has one. An order
//! ends it. Where the settings say so, who has not come back is reminded once.

use serde::Deserialize;
use stoa_plugin_sdk::marketing;
use stoa_plugin_sdk::marketing::{Action, Answer, Coupon, Event, FollowUp, Input, Message};

const SEGMENT: &str = "win-back";
const REMINDER: &str = "remind";

/// See `plugin.toml`.
#[derive(Deserialize)]
struct Settings {
    promotion: String,
    after_days: u32,
    valid_days: u32,
    #[serde(default = "one")]
    min_orders: u32,
    remind_after_days: Option<u32>,
}

fn one() -> u32 {
    1
}

marketing!(win_back);

fn win_back(input: &Input, settings: &Settings) -> Answer {
    let profile = &input.profile;
    let waiting = profile.is_in(SEGMENT);
    Ok(match &input.event {
        Event::OrderPaid(_) if waiting => vec![Action::RemoveFromSegment(SEGMENT.to_owned())],
        Event::Day if !waiting && profile.may_message && is_gone(input, settings) => coupon(input, settings),
        Event::FollowUp(tag) if tag == REMINDER && waiting && profile.may_message => vec![reminder(input)],
        _ => Vec::new(),
    })
}

fn is_gone(input: &Input, settings: &Settings) -> bool {
    let long_ago = input.profile.days_since_last_order.is_some_and(|days| days >= settings.after_days);
    long_ago && input.profile.orders >= settings.min_orders
}

fn coupon(input: &Input, settings: &Settings) -> Vec<Action> {
    let valid_days = settings.valid_days;
    let mut actions = vec![
        Action::GrantCoupon(Coupon { promotion: settings.promotion.clone(), valid_days }),
        message(
            input,
            (
                "We miss you",
                "Dear {{name}},\n\nit has been a while. Here is a coupon for you alone: {{coupon}}\nIt is good until {{coupon_ends}}.\n\n{{shop}}",
            ),
            (
                "好久不见",
                "{{name}}，您好：\n\n好久不见，送您一张专属优惠券：{{coupon}}\n有效期至 {{coupon_ends}}。\n\n{{shop}}",
            ),
        ),
        Action::AddToSegment(SEGMENT.to_owned()),
    ];
    // A reminder after the coupon's last day would only annoy.
    if let Some(after_days) = settings.remind_after_days.filter(|days| *days < valid_days) {
        actions.push(Action::ScheduleFollowUp(FollowUp { after_days, tag: REMINDER.to_owned() }));
    }
    actions
}

fn reminder(input: &Input) -> Action {
    message(
        input,
        ("Your coupon is waiting", "Dear {{name}},\n\nyour coupon from our last message is still good.\n\n{{shop}}"),
        ("优惠券还在等您", "{{name}}，您好：\n\n上次送您的优惠券仍可使用。\n\n{{shop}}"),
    )
}

/// (subject, body) in English and in Chinese.
fn message(input: &Input, english: (&str, &str), chinese: (&str, &str)) -> Action {
    let (subject, body) = if input.profile.locale.starts_with("zh") { chinese } else { english };
    Action::SendMessage(Message { subject: subject.to_owned(), body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stoa_plugin_sdk::marketing::Profile;

    fn settings() -> Settings {
        Settings {
            promotion: "win-back".into(),
            after_days: 90,
            valid_days: 14,
            min_orders: 1,
            remind_after_days: Some(10),
        }
    }

    fn proposed(event: Event, profile: Profile) -> Vec<Action> {
        win_back(&Input::new(event, profile), &settings()).unwrap_or_default()
    }

    fn gone_for(days: u32) -> Profile {
        Profile { orders: 2, days_since_last_order: Some(days), ..Profile::new("CNY") }
    }

    fn waiting() -> Profile {
        Profile { segments: vec![SEGMENT.into()], ..gone_for(100) }
    }

    #[test]
    fn who_was_gone_long_enough_gets_one_coupon_with_a_message() {
        assert_eq!(proposed(Event::Day, gone_for(89)), []);
        let actions = proposed(Event::Day, gone_for(90));
        assert!(matches!(&actions[0], Action::GrantCoupon(coupon) if coupon.valid_days == 14));
        assert!(matches!(&actions[1], Action::SendMessage(message) if message.body.contains("{{coupon}}")));
        assert_eq!(actions[2], Action::AddToSegment("win-back".into()));
        assert_eq!(actions[3], Action::ScheduleFollowUp(FollowUp { after_days: 10, tag: "remind".into() }));
        assert_eq!(proposed(Event::Day, waiting()), [], "one coupon for each while");
    }

    #[test]
    fn nobody_who_wants_no_messages_and_nobody_who_never_ordered_is_won_back() {
        assert_eq!(proposed(Event::Day, Profile { may_message: false, ..gone_for(200) }), []);
        assert_eq!(proposed(Event::Day, Profile::new("CNY")), []);
        assert_eq!(proposed(Event::Day, Profile { orders: 0, ..gone_for(200) }), []);
    }

    #[test]
    fn an_order_ends_the_while_and_a_reminder_comes_only_within_it() {
        assert_eq!(proposed(Event::paid("CNY", 100), waiting()), [Action::RemoveFromSegment("win-back".into())]);
        assert_eq!(proposed(Event::paid("CNY", 100), gone_for(0)), []);
        assert_eq!(proposed(Event::FollowUp("remind".into()), waiting()).len(), 1);
        assert_eq!(proposed(Event::FollowUp("remind".into()), gone_for(1)), []);
        assert_eq!(proposed(Event::FollowUp("other".into()), waiting()), []);
    }

    #[test]
    fn the_message_is_in_the_customers_language() {
        let actions = proposed(Event::Day, Profile { locale: "zh-CN".into(), ..gone_for(120) });
        assert!(matches!(&actions[1], Action::SendMessage(message) if message.subject == "好久不见"));
    }
}
