//! What happened on a floor.

use super::{
    command::{Answer, ContactEnd},
    types::{AgentProfile, Availability, Id, Millis, Queue},
};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, by the owner's clock, never less than in the event before.
    pub at: Millis,
    /// What.
    pub what: What,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A queue has these rules from now on.
    QueueDefined(Queue),
    /// An agent can do this from now on.
    AgentDefined(AgentProfile),
    /// An agent says this from now on.
    AvailabilityChanged {
        /// The agent.
        agent: Id,
        /// From now on.
        availability: Availability,
        /// Why; empty when none was given.
        reason: Id,
    },
    /// A contact began to wait.
    ContactEnqueued {
        /// The contact.
        contact: Id,
        /// Its queue.
        queue: Id,
        /// Added to the queue's.
        priority: u32,
        /// The only agent who may have it.
        only_agent: Option<Id>,
    },
    /// A contact was offered.
    ContactOffered(Offer),
    /// The agent holds it from now on.
    OfferAccepted(Answer),
    /// The offer is over; the contact waits again at its old place.
    OfferEnded {
        /// Which offer.
        offer: Answer,
        /// Why.
        why: OfferEnd,
        /// The agent is not offered this contact before then; 0: no pause.
        not_before: Millis,
    },
    /// Anybody with the skills may have it from now on.
    ContactReleased {
        /// The contact.
        contact: Id,
    },
    /// The contact left the floor.
    ContactEnded {
        /// The contact.
        contact: Id,
        /// Why.
        why: ContactEnd,
    },
}

/// "Will you take this one?"
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The contact.
    pub contact: Id,
    /// One more than the contact's offer before; the first is 1.
    pub round: u32,
    /// The agent asked.
    pub agent: Id,
    /// When it lapses.
    pub expires_at: Millis,
    /// The contact's queue.
    pub queue: Id,
    /// When the contact entered its queue.
    pub enqueued_at: Millis,
}

/// Why an offer ended without being accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferEnd {
    /// The agent declined.
    Declined,
    /// No answer in time; the agent is set away.
    TimedOut,
    /// The agent went away or offline.
    AgentLeft,
}
