//! The lost-call ledger as a pure core: calls that could not be kept, and one callback for each person. No I/O, no clock, no
//! randomness.
//!
//! * [`decide`] says what a command means, as events; [`evolve`] applies an event and cannot fail.
//! * [`to_call`] says whom to call back now, in the order in which they first waited; [`next_deadline`] when a tick is due.
//!
//! **One callback for each person.** A person is a number. Calls lost while an entry of the number is open join it; it keeps the earliest
//! time in the queue and the newest answers.
//!
//! **Never twice.** [`Event::Claimed`] is appended with the sequence that it was decided on: of two gateways one is refused, reads on,
//! and finds the entry claimed. An entry whose person was reached is closed for good; so is one whose person called again and was
//! served. Nobody is called back while they are on the line themselves.
//!
//! Every lost call is in the ledger, also one with a hidden number, which nobody can call back.

mod command;
mod decide;
mod event;
mod evolve;
mod state;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use command::{Command, Rejection};
pub use decide::{decide, next_deadline, to_call};
pub use event::{Closed, Event, LostCall, Outcome, Why};
pub use evolve::evolve;
pub use state::{Entry, Ledger, Rules, Stage};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;
