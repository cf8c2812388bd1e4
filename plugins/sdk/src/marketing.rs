//! Marketing plugins: one pure function from an event, the customer's profile and the merchant's settings to proposed
//! actions.
//!
//! ```
//! use stoa_plugin_sdk::marketing::{Action, Answer, Event, Input, Message, Profile};
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     subject: String,
//! }
//!
//! fn thank(input: &Input, settings: &Settings) -> Answer {
//!     if !matches!(input.event, Event::OrderPaid(_)) || !input.profile.may_message {
//!         return Ok(Vec::new());
//!     }
//!     let body = "Dear {{name}}, thank you.".to_owned();
//!     Ok(vec![Action::SendMessage(Message { subject: settings.subject.clone(), body })])
//! }
//! stoa_plugin_sdk::marketing!(thank);
//! # fn main() {
//!
//! // It is a function like any other: tests call it, and need no WebAssembly.
//! let input = Input::new(Event::paid("CNY", 12_000), Profile::new("CNY"));
//! let proposed = thank(&input, &Settings { subject: "Thank you".into() }).unwrap();
//! assert!(matches!(&proposed[..], [Action::SendMessage(message)] if message.subject == "Thank you"));
//! # }
//! ```
//!
//! The contract is `plugins/wit/marketing.wit`; these types are generated from it.

#[doc(hidden)]
#[allow(unsafe_code, reason = "generated: the component model's calling convention is raw memory")]
#[allow(unreachable_pub, clippy::all, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit/marketing.wit",
        world: "marketing",
        pub_export_macro: true,
        export_macro_name: "export_marketing",
        default_bindings_module: "stoa_plugin_sdk::marketing::bindings",
        additional_derives: [PartialEq, Eq],
    });
}

pub use bindings::exports::stoa::marketing::campaigns::{
    Action, Coupon, Event, FollowUp, Input, Message, Moment, Order, Points, Profile,
};

use serde::de::DeserializeOwned;

/// What a marketing plugin answers: actions, or a sentence for the merchant.
pub type Answer = Result<Vec<Action>, String>;

/// Makes a `fn(&Input, &Settings) -> Answer` the plugin's one export. Its settings are whatever serde can read.
#[macro_export]
macro_rules! marketing {
    ($run:path) => {
        #[allow(unsafe_code, reason = "generated: the component model's calling convention is raw memory")]
        const _: () = {
            struct Plugin;
            impl $crate::marketing::bindings::exports::stoa::marketing::campaigns::Guest for Plugin {
                fn run(input: $crate::marketing::Input) -> $crate::marketing::Answer {
                    // Its memory ends with the answer.
                    let input = ::core::mem::ManuallyDrop::new(input);
                    $crate::marketing::answer($run, &input)
                }
            }
    $crate::marketing::bindings::export_marketing!(Plugin with_types_in $crate::marketing::bindings);
        };
    };
}

/// Reads the settings and asks the plugin: what the shop does with it, for tests too.
pub fn answer<Settings: DeserializeOwned>(run: fn(&Input, &Settings) -> Answer, input: &Input) -> Answer {
    let settings = serde_json::from_str(&input.settings).map_err(|e| format!("settings: {e}"))?;
    run(input, &settings)
}

impl Input {
    /// At the beginning of 1970, with empty settings.
    pub fn new(event: Event, profile: Profile) -> Self {
        let moment = Moment { now: 0, local_time: "1970-01-01T00:00:00".to_owned() };
        Self { event, profile, moment, settings: "{}".to_owned() }
    }
}

impl Event {
    /// An order of one piece of nothing in particular was paid.
    pub fn paid(currency: &str, total: i64) -> Self {
        Self::OrderPaid(Order { total, currency: currency.to_owned(), pieces: 1, products: Vec::new() })
    }
}

impl Profile {
    /// Somebody who never bought, reads English and wants messages.
    pub fn new(currency: &str) -> Self {
        Self {
            orders: 0,
            spent: 0,
            currency: currency.to_owned(),
            days_since_first_order: None,
            days_since_last_order: None,
            segments: Vec::new(),
            points: 0,
            days_to_birthday: None,
            locale: "en".to_owned(),
            may_message: true,
        }
    }

    pub fn is_in(&self, segment: &str) -> bool {
        self.segments.iter().any(|name| name == segment)
    }
}
