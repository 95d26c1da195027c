//! Retention: after how long without anything the center forgets somebody, and whom it must keep.
//!
//! | part | what |
//! |---|---|
//! | [`rule`] | who is forgotten, and when a run is due; pure |
//! | `run` | the daily run: one process at a time, bounded |
//! | `view` | settings, runs, holds and what is open, in rows; all SQL |
//! | `store` | settings, runs and holds on the journal |
//! | `door` | requests in, answers out |

mod door;
pub mod rule;
mod run;
mod store;
pub(crate) mod view;

#[cfg(test)]
mod properties;

pub(crate) use door::Door;
pub(crate) use run::run;
