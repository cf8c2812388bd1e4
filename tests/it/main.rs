//! The integration tests that look at the project as a whole.
#![allow(clippy::unwrap_used)]

mod architecture;
mod preview;
mod setup;
