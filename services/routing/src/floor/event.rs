//! What happened on a floor.

use super::{
    command::{Answer, ContactEnd},
    types::{AgentProfile, Availability, Channel, Id, Millis, Queue, Setting},
};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, by the owner's clock, never less than in the event before.
    pub at: Millis,
    /// What.
    pub what: What,
    /// Who asked for it; only of changes of the rules.
    pub by: Option<By>,
}

/// Who asked for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// An account's id; empty: not said.
    pub who: Id,
    /// The change that this one takes back.
    pub undoes: Option<u64>,
}

/// What changed of a waiting contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactChange {
    /// It asks for less.
    Relaxed {
        /// Preferences given up; `u32::MAX`: anybody on the channel may have it.
        step: u32,
    },
    /// It waits in another queue, at its old virtual arrival.
    Moved {
        /// From now on.
        queue: Id,
        /// Why.
        why: MoveWhy,
        /// Not offered before: that queue is closed.
        not_before: Option<Millis>,
    },
    /// It may be offered.
    Woken,
    /// It became a callback, or is none any more.
    Channel {
        /// From now on.
        channel: Channel,
        /// Not offered before.
        not_before: Option<Millis>,
    },
}

/// Why a contact moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveWhy {
    /// It waited too long.
    After,
    /// The queue was too long when it came.
    Length,
    /// The wait expected was too long when it came.
    Expected,
    /// The queue's longest wait was over.
    Limit,
}

/// A contact that begins to wait.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrival {
    /// The contact.
    pub contact: Id,
    /// Its queue.
    pub queue: Id,
    /// Its channel.
    pub channel: Channel,
    /// Added to the queue's: its own, its segment's and its reason's, at most 9.
    pub priority: u32,
    /// The customer's segment; empty: none.
    pub segment: Id,
    /// Why the customer came; empty: not said.
    pub reason: Id,
    /// Who the customer is; empty: not said.
    pub customer: Id,
    /// The agent it is kept for.
    pub only_agent: Option<Id>,
    /// Kept for them until then at the longest.
    pub only_until: Option<Millis>,
    /// Not offered before: the queue is closed.
    pub not_before: Option<Millis>,
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
        /// Of work after a contact: ready again then at the latest.
        until: Option<Millis>,
    },
    /// A contact began to wait.
    ContactEnqueued(Arrival),
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
    /// The conditions of a waiting contact changed.
    ContactChanged {
        /// The contact.
        contact: Id,
        /// How.
        change: ContactChange,
    },
    /// A part of the rules is so from now on.
    SettingDefined(Setting),
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
    /// The contact's channel.
    pub channel: Channel,
    /// Why this agent.
    pub why: OfferWhy,
    /// How many agents could have been asked, or how many contacts waited, by `why`.
    pub candidates: u32,
}

/// Why a contact was offered to this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OfferWhy {
    /// An older version did not say.
    #[default]
    Unsaid,
    /// Of those who were free, they were longest without work.
    AgentFreeLongest,
    /// They became free, and the contact was first of those they can have.
    FirstInLine,
    /// The contact was kept for them.
    KeptForAgent,
    /// They were in it from its beginning, and hold it with the next event.
    Engaged,
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
