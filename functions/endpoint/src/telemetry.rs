//! Logs: one JSON object a line on standard output, which Lambda and `stoa dev` both collect.

use tracing_subscriber::filter::Directive;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging for this process, once; `STOA_LOG` takes tracing's filter syntax (default `info`).
pub fn init_tracing() {
    let filter = EnvFilter::try_from_env("STOA_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = quiet().into_iter().fold(filter, EnvFilter::add_directive);
    // Fails only when somebody else started logging before us: theirs then stays.
    let _ = fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .try_init();
}

/// Whatever `STOA_LOG` says: below this the mail client logs whom it writes to.
pub fn quiet() -> Option<Directive> {
    "async_smtp=warn".parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_client_is_kept_quiet_whatever_a_shop_asks_for() {
        let filter: EnvFilter = "trace".parse().unwrap_or_else(|e| panic!("{e}"));
        let filter = quiet().into_iter().fold(filter, EnvFilter::add_directive);
        assert_eq!(filter.to_string(), "async_smtp=warn,trace");
    }
}
