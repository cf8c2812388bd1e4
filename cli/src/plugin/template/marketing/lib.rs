//! {{title}}: points and a word of thanks for every third order, or whatever the settings say.

use serde::Deserialize;
use stoa_plugin_sdk::marketing;
use stoa_plugin_sdk::marketing::{Action, Answer, Event, Input, Message, Points};

/// See `plugin.toml`.
#[derive(Deserialize)]
struct Settings {
    /// 3: for the third, the sixth, …
    every: u32,
    points: u32,
}

marketing!(thank);

fn thank(input: &Input, settings: &Settings) -> Answer {
    let orders = input.profile.orders;
    let reached = matches!(input.event, Event::OrderPaid(_)) && orders > 0 && orders % settings.every == 0;
    if !reached {
        return Ok(Vec::new());
    }
    let reason = format!("{orders} orders");
    let mut actions = vec![Action::GrantPoints(Points { points: settings.points, reason })];
    if input.profile.may_message {
        let body = format!("Dear {{{{name}}}},\n\nthank you for {orders} orders.\n\n{{{{shop}}}}");
        actions.push(Action::SendMessage(Message { subject: "Thank you".to_owned(), body }));
    }
    Ok(actions)
}
