//! A case: one matter of a customer that departments work on until it is solved. The pure core: no I/O, no clock, no randomness.
//!
//! * [`decide`] says what a command means, as events; [`evolve`] applies an event and cannot fail; [`next_deadline`] says when the next
//!   [`Action::Tick`] is due.
//! * **A command is done once**: it has an id, and a case remembers which it has carried out.
//! * **Somebody always has it**: a department from the first moment on, an owner when one took it; handing it over takes the owner away and
//!   says why.
//! * **Lateness is said once.** Nobody answered by `first_due`, not solved by `due`: each becomes one escalation. While a case waits for
//!   somebody outside the department its clock stands still; the wait is given back when it goes on.

mod command;
mod decide;
mod event;
mod evolve;
mod state;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use command::{Action, Command, Opening, Rejection, Sla};
pub use decide::{decide, next_deadline};
pub use event::{Event, Late, What};
pub use evolve::evolve;
pub use state::{Case, Phase};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;
