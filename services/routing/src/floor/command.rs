//! What a floor can be asked, and how it says no.

use super::types::{AgentProfile, Availability, Id, Queue};

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
    Enqueue {
        /// 1 to 80 characters of `[A-Za-z0-9._-]`.
        contact: Id,
        /// The queue; must be known.
        queue: Id,
        /// 0 to 9, added to the queue's.
        priority: u32,
        /// The only agent who may have it.
        only_agent: Option<Id>,
    },
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
    /// Time has passed: offers lapse, pauses end, contacts kept for an absent agent go to anybody.
    Tick,
}

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
    /// The offer is open, but another agent was asked.
    #[error("this offer was made to another agent")]
    NotYours,
}
