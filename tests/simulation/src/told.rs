//! What the shop's log tells a person: of a second payment nothing is stored, it is told.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// References of charges that the log said must go back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<Mutex<BTreeSet<String>>>);

impl Told {
    pub(crate) fn subscriber(&self) -> impl Subscriber + Send + Sync + use<> {
        tracing_subscriber::registry().with(self.clone().with_filter(LevelFilter::ERROR))
    }

    pub(crate) fn to_give_back(&self, reference: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(reference)
    }
}

impl<S: Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        if *event.metadata().level() == Level::ERROR && line.message.contains("second time") {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(line.reference);
        }
    }
}

#[derive(Default)]
struct Line {
    message: String,
    reference: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "reference" => self.reference = format!("{value:?}").trim_matches('"').to_owned(),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "reference" {
            value.clone_into(&mut self.reference);
        }
    }
}
