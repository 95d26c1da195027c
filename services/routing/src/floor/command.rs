//! What a floor can be asked, and how it says no.

use super::types::{AgentProfile, Availability, Id, Millis, Queue, Setting};

/// One request to the floor. Every command may be repeated: a repeat changes nothing and is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Create a queue or change its rules. Contacts waiting there are placed anew under the new rules.
    DefineQueue(Queue),
    /// Create an agent or change what they can do. What they hold or are offered stays theirs.
    DefineAgent(AgentProfile),
    /// What an agent says of themselves. Leaving `Ready` gives open offers back in the same decision.
    SetAvailability {
        /// The agent.
        agent: Id,
        /// From now on.
        availability: Availability,
        /// Why, at most 100 characters.
        reason: Id,
    },
    /// Let a contact wait.
    Enqueue(Enqueue),
    /// An agent has a contact from its beginning.
    Engage(Engage),
    /// Take an offer.
    Accept(Answer),
    /// Pass an offer on.
    Decline(Answer),
    /// The contact's work is over. Of an unknown contact: nothing.
    EndContact {
        /// The contact.
        contact: Id,
        /// Why.
        why: ContactEnd,
    },
    /// Create a part of the rules or change it.
    DefineSetting(Setting),
    /// A waiting contact becomes a callback at the same place.
    MakeCallback {
        /// The contact.
        contact: Id,
        /// Not before; None: at its turn.
        at: Option<Millis>,
    },
    /// The customer waits again at the same place, on the queue's channel.
    CancelCallback {
        /// The contact.
        contact: Id,
    },
    /// Take a change of the rules back.
    Undo {
        /// Its number.
        change: u64,
    },
    /// A command by an account, for the record.
    As {
        /// The account's id.
        who: Id,
        /// What it asks.
        command: Box<Command>,
    },
    /// Time has passed: offers lapse, pauses end, limits of waiting contacts are reached, work after a contact is over.
    Tick,
}

/// A contact that comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Enqueue {
    /// 1 to 80 characters of `[A-Za-z0-9._-]`.
    pub contact: Id,
    /// The queue; must be known.
    pub queue: Id,
    /// 0 to 9, added to the queue's.
    pub priority: u32,
    /// The only agent who may have it.
    pub only_agent: Option<Id>,
    /// Kept for this agent for `preferred_for_ms`; `only_agent` counts first.
    pub preferred_agent: Option<Id>,
    /// At most 3,600,000; 0 means 60,000.
    pub preferred_for_ms: u64,
    /// The customer's segment, at most 40 characters; empty: none.
    pub segment: Id,
    /// Why the customer comes, at most 40 characters; empty: not said.
    pub reason: Id,
    /// Who the customer is, at most 80 characters; empty: not said.
    pub customer: Id,
    /// It comes as a callback, which is not made before the time in it.
    pub callback: Option<Due>,
}

/// A call that an agent is in from its beginning: nobody is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Engage {
    /// As in [`Enqueue`].
    pub contact: Id,
    /// The queue whose contact it is; must be known.
    pub queue: Id,
    /// Who has it, whatever they say of themselves or have in hand; None: who would be asked first.
    pub agent: Option<Id>,
    /// As in [`Enqueue`].
    pub customer: Id,
}

/// When a callback is due; None: at its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due(pub Option<Millis>);

/// An agent's answer to one round of offers of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The contact.
    pub contact: Id,
    /// The offer's round.
    pub round: u32,
    /// The agent.
    pub agent: Id,
}

/// Why a contact leaves the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactEnd {
    /// Its work is done.
    Completed,
    /// The customer left, or is served elsewhere.
    Withdrawn,
}

/// Why a command is refused. Nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A field breaks the contract; the text says which and how.
    #[error("{0}")]
    Invalid(&'static str),
    /// No queue of this id.
    #[error("no queue has this id")]
    UnknownQueue,
    /// No agent of this id.
    #[error("no agent has this id")]
    UnknownAgent,
    /// The offer answered is not open any more.
    #[error("this offer is over")]
    OfferOver,
    /// No calendar of this id.
    #[error("no calendar has this id")]
    UnknownCalendar,
    /// No contact of this id waits, is offered or held.
    #[error("no such contact is on the floor")]
    UnknownContact,
    /// A contact that ended is not let wait again.
    #[error("this contact has ended")]
    ContactOver,
    /// The id belongs to a contact of another customer or agent.
    #[error("the id belongs to another contact")]
    ContactTaken,
    /// Only a contact that waits can become a callback.
    #[error("this contact does not wait")]
    NotWaiting,
    /// No agent takes callbacks.
    #[error("nobody calls back: no agent has a capacity for callbacks")]
    NobodyCallsBack,
    /// No such change is remembered.
    #[error("no such change is remembered")]
    UnknownChange,
    /// The same thing was changed again later.
    #[error("the same thing was changed since: take the later change back first")]
    ChangedSince,
    /// It was new: there is nothing to go back to.
    #[error("it was new with this change: there is nothing to go back to")]
    NothingBefore,
    /// No agent is free whom the contact could have.
    #[error("no agent of the queue is free")]
    NobodyFree,
    /// The offer is open, but another agent was asked.
    #[error("this offer was made to another agent")]
    NotYours,
}
