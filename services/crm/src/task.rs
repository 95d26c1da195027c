//! A task: work that somebody is to do at a time (data entry, sending documents, a follow-up, outreach), with or without a case. The pure
//! core: no I/O, no clock, no randomness.
//!
//! A task that is due becomes a *conversation* in its queue, with the task's own id: routing offers it to agents beside calls and chats, and transfer,
//! overflow and wrap-up are those of every conversation. [`desired`] says what must be true of that conversation; making it true twice is the
//! same as once, so any site may do it, and another one goes on when it dies.

mod decide;
mod event;
mod state;

#[cfg(test)]
mod properties;

pub use decide::{Action, Command, Rejection, decide, desired, next_deadline};
pub use event::{Event, Plan, What};
pub use state::{Phase, Task, evolve};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;
