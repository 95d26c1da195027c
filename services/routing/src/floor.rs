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
//! **Less with time.** What a contact asks for is a requirement; when a preferred skill is given up it moves to the
//! next requirement's set at that moment, so matching never looks at skills. A closed queue's contacts sleep until it opens.
//! Past the longest wait anybody on the channel may have a contact: nothing waits for ever.
//!
//! **For one agent only.** Such a contact needs that agent's capacity, not the queue's skills. When the agent declines,
//! or is not there for long, the contact goes to anybody with the skills: nobody waits for ever.

mod audit;
mod blending;
pub mod calendar;
mod changes;
mod command;
mod decide;
mod define;
mod engage;
mod estimate;
mod event;
mod evolve;
mod explain;
mod index;
mod matching;
mod overflow;
mod read;
mod requirement;
mod slab;
mod snapshot;
mod state;
mod stored;
mod types;

#[cfg(test)]
mod model;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;

pub use audit::{Violation, audit, audit_agents, audit_offer};
pub use changes::Change;
pub use command::{Answer, Command, ContactEnd, Due, Engage, Enqueue, Rejection};
pub use decide::decide;
pub use estimate::Place;
pub use event::{Arrival, By, ContactChange, Event, MoveWhy, Offer, OfferEnd, OfferWhy, What};
pub use evolve::evolve;
pub use explain::{Explanation, explain, explain_now};
pub use matching::{next_deadline, recheck, step};
pub use read::{AgentView, ContactView, Figures, QueueFigures, Stage};
pub use snapshot::{Snapshot, SnapshotError};
pub use state::Floor;
pub use types::{
    AgentProfile, Availability, Capacities, Capacity, Channel, Id, Load, Millis, Overflow, Preference, Priorities,
    Queue, Reason, Rules, Setting, Skills, chats,
};
