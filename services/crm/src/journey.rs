//! The ways that all customers went over a period: the most travelled paths, who went on from where, how long it took.
//!
//! | part | what |
//! |---|---|
//! | [`way_of`] | one customer's way from their touchpoints; pure |
//! | [`Tally`] | all ways, counted; pure, of bounded size |
//! | [`Spread`] | how long steps took; pure, of bounded size |
//! | `view` | touchpoints of a page of customers: all SQL |
//! | `count` | one count at a time, kept for some minutes |
//!
//! Nothing is stored: the same view at the same time gives the same answer at every site.

mod count;
mod spread;
mod tally;
mod view;
mod way;

#[cfg(test)]
mod properties;

pub(crate) use count::{Asked, Counter};
pub use spread::Spread;
pub use tally::{Crossing, MOST_ENTRIES, MOST_PATHS, Report, StageCount, Tally};
pub use way::{By, Entry, MOST_STEPS, Stage, Step, Touch, Way, way_of};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;
