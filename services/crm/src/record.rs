//! One record: the set of its facts. The pure core: no clock, no I/O, no randomness.
//!
//! [`Record::apply`] commutes and repeats without effect, so a record is the same whatever order its facts came in and however often.

mod fact;
#[cfg(test)]
mod properties;
mod state;

pub use fact::{Boxed, Fact, Hash, Stamp, Touch, What};
pub use state::{Known, Record, Value};
