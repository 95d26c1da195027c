//! The pure core of one call: its legs, its phases, and who hears whom.
//!
//! | module | what |
//! |---|---|
//! | `state` | a call and its legs |
//! | `command`, `event` | what is asked, what happened |
//! | `decide` | command → events or a refusal; the deeds of people are in `deed` |
//! | `evolve` | event → state |
//! | `desired` | state → what must be audible, recorded and connected |
//!
//! The shell makes the world look like [`Desired`]: after every event, and after a takeover just the same. So nothing that
//! must happen is remembered anywhere but in the call's own state.

mod command;
mod decide;
mod deed;
mod desired;
mod event;
mod evolve;
mod state;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod stories;

pub use command::{Begin, Command, Deed, Person, To};
pub use decide::{Rejection, decide, next_deadline};
pub use desired::{Background, Desired, Wanted, desired};
pub use event::{End, Event, What};
pub use evolve::evolve;
pub use state::{Call, Direction, FlowPoint, Leg, LegKind, LegState, Message, Mode, Patience, Phase, Recording, Via};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;
