//! The floor as a pure core: agents, queues, contacts, offers. No I/O, no clock, no randomness.
//!
//! * [`decide`] says what a command means, as events, without what follows for others.
//! * [`evolve`] applies an event. It cannot fail, and replaying the events gives the same floor.
//! * [`step`] decides, applies, and matches what became free: the events of one step become true together.
//! * [`next_deadline`] says when the next [`Command::Tick`] is due.
//!
//! **The order.** A contact waits at its *virtual arrival*: when it was enqueued, less `ageing_ms` for every step of
//! priority. Since all contacts age at one pace their order never changes while they wait, so it can be indexed: there is
//! one ordered set of waiting contacts and one of free agents for every distinct requirement, and a decision looks
//! at the heads of a few of them, never at the floor.
//!
//! **The agent** who is asked is the one longest without a new offer or a just finished contact. An agent who declines is not
//! asked for the same contact during a pause; one who lets an offer lapse is set away.
//!
//! **For one agent only.** Such a contact needs that agent's capacity, not the queue's skills. When the agent declines,
//! or is not there for long, the contact goes to anybody with the skills: nobody waits for ever.

mod audit;
mod command;
mod decide;
mod event;
mod evolve;
mod index;
mod matching;
mod read;
mod slab;
mod snapshot;
mod state;
mod types;

#[cfg(test)]
mod model;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use audit::{Violation, audit};
pub use command::{Answer, Command, ContactEnd, Rejection};
pub use decide::decide;
pub use event::{Event, Offer, OfferEnd, What};
pub use evolve::evolve;
pub use matching::{next_deadline, recheck, step};
pub use read::{AgentView, ContactView, Figures, Stage};
pub use snapshot::{Snapshot, SnapshotError};
pub use state::Floor;
pub use types::{AgentProfile, Availability, Capacities, Channel, Id, Millis, Queue, Rules, Skills};
