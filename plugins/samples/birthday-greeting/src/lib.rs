//! On a customer's birthday: points as a present, and a greeting if they want messages.

use serde::Deserialize;
use stoa_plugin_sdk::marketing;
use stoa_plugin_sdk::marketing::{Action, Answer, Event, Input, Message, Points};

/// See `plugin.toml`.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    points: u32,
    only_segment: Option<String>,
}

marketing!(greet);

fn greet(input: &Input, settings: &Settings) -> Answer {
    let profile = &input.profile;
    let meant = settings.only_segment.as_deref().is_none_or(|segment| profile.is_in(segment));
    if input.event != Event::Day || profile.days_to_birthday != Some(0) || !meant {
        return Ok(Vec::new());
    }
    let chinese = profile.locale.starts_with("zh");
    let mut actions = Vec::new();
    if settings.points > 0 {
        let reason = if chinese { "生日礼物" } else { "Birthday present" }.to_owned();
        actions.push(Action::GrantPoints(Points { points: settings.points, reason }));
    }
    if profile.may_message {
        actions.push(Action::SendMessage(message(settings.points, chinese)));
    }
    Ok(actions)
}

fn message(points: u32, chinese: bool) -> Message {
    let present = match (points, chinese) {
        (0, _) => String::new(),
        (points, true) => format!("我们送您 {points} 积分作为礼物。\n\n"),
        (points, false) => format!("We added {points} points to your account as a present.\n\n"),
    };
    if chinese {
        Message {
            subject: "生日快乐".to_owned(),
            body: format!("{{{{name}}}}，祝您生日快乐！\n\n{present}{{{{shop}}}}"),
        }
    } else {
        let body = format!("Dear {{{{name}}}},\n\nhappy birthday!\n\n{present}{{{{shop}}}}");
        Message { subject: "Happy birthday".to_owned(), body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stoa_plugin_sdk::marketing::Profile;

    fn proposed(event: Event, profile: Profile, segment: Option<&str>) -> Vec<Action> {
        let settings = Settings { points: 100, only_segment: segment.map(str::to_owned) };
        greet(&Input::new(event, profile), &settings).unwrap_or_default()
    }

    fn on_the_day() -> Profile {
        Profile { days_to_birthday: Some(0), ..Profile::new("CNY") }
    }

    #[test]
    fn the_day_brings_points_and_a_greeting() {
        let actions = proposed(Event::Day, on_the_day(), None);
        assert_eq!(actions[0], Action::GrantPoints(Points { points: 100, reason: "Birthday present".into() }));
        assert!(matches!(&actions[1], Action::SendMessage(message)
            if message.body == "Dear {{name}},\n\nhappy birthday!\n\nWe added 100 points to your account as a present.\n\n{{shop}}"));
    }

    #[test]
    fn who_wants_no_messages_gets_the_points_all_the_same() {
        let actions = proposed(Event::Day, Profile { may_message: false, ..on_the_day() }, None);
        assert!(matches!(&actions[..], [Action::GrantPoints(_)]));
    }

    #[test]
    fn other_days_other_events_and_other_segments_bring_nothing() {
        assert_eq!(proposed(Event::Day, Profile { days_to_birthday: Some(1), ..on_the_day() }, None), []);
        assert_eq!(proposed(Event::Day, Profile::new("CNY"), None), []);
        assert_eq!(proposed(Event::paid("CNY", 100), on_the_day(), None), []);
        assert_eq!(proposed(Event::Day, on_the_day(), Some("gold")), []);
        let gold = Profile { segments: vec!["gold".into()], locale: "zh-CN".into(), ..on_the_day() };
        assert!(
            matches!(&proposed(Event::Day, gold, Some("gold"))[1], Action::SendMessage(m) if m.subject == "生日快乐")
        );
    }
}
