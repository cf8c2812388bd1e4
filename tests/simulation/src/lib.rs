//! A simulation of the shop's money path. The real routers and use cases of the checkout and the payments run over the real
//! SDK and an emulated table in memory; what a seed decides is whose request goes next and what goes wrong with it. The
//! same seed gives the same steps and the same verdict, in milliseconds and in one thread. docs/simulation.md says how a
//! failing seed is read.

mod actors;
mod bank;
mod books;
mod evening;
mod fault;
mod mutation;
mod run;
mod schedule;
mod seeds;
mod shop;
mod table;
mod told;
mod trace;
mod witness;

pub use fault::Fault;
pub use mutation::Mutation;
pub use run::{Run, Settings, run};
pub use seeds::{Caught, catch, seeds};
pub use trace::Step;
