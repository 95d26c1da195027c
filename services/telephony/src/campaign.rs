//! Outbound lists as a pure core: whom to dial next, and when not to. No I/O, no clock, no randomness.
//!
//! * [`decide`] says what a command means, as events; [`evolve`] applies an event and cannot fail.
//! * [`next_deadline`] says when the next [`Command::Tick`] is due, [`next_dial_at`] when it is worth asking for a dial.
//!
//! **A number is dialled once.** A [`Event::Dialled`] is decided on the state up to a sequence of the campaign's subject and appended with
//! that sequence: of two gateways that decide on the same state one is refused, reads on, and decides again, on a state in which
//! that entry is under way. Only who appended it dials.
//!
//! **Nobody is called who must not be**: not outside the windows, not on closed days, not on the list of those who asked not to be
//! called, not more often than the plan says in all and on a day, not while the call before is under way.
//!
//! **Nobody answers to silence.** A progressive campaign never rings more numbers than agents are free. When more than the cap of
//! those who picked up found nobody in the sliding window, nothing is dialled until the share is below it again.

mod command;
mod decide;
mod event;
mod evolve;
mod pacing;
mod plan;
mod state;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use command::{Command, NewEntry, Rejection};
pub use decide::{decide, next_deadline, next_dial_at};
pub use event::{Event, Outcome, Returned};
pub use evolve::evolve;
pub use plan::{Abandon, Mode, Nobody, Pauses, Plan, PlanFault, Window};
pub use state::{Campaign, Entry, Phase, Stage};

/// Numbers that no campaign calls, whatever its own list says: as in [`NewEntry::number`].
pub type Never = std::collections::BTreeSet<String>;

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;
