//! What happened in a conversation, in the past tense and for good.

use super::{Body, MessageId, Millis, Party};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// 1, 2, 3 … without holes.
    pub number: u64,
    /// When it was decided; never before the event in front of it.
    pub at: Millis,
    /// Who did it.
    pub by: Party,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It began.
    Opened {
        /// Whose matter it is.
        customer: String,
        /// The queue it enters.
        queue: String,
        /// Sealed display name, when one was given.
        name: Option<Body>,
        /// BCP 47 tag.
        language: String,
    },
    /// A party said something.
    MessagePosted {
        /// The sender's id for it.
        message: MessageId,
        /// The sealed text.
        text: Body,
    },
    /// A party's device shows everything up to a number.
    Delivered {
        /// That number.
        up_to: u64,
    },
    /// A party has read everything up to a number.
    Read {
        /// That number.
        up_to: u64,
    },
    /// An agent took it.
    Assigned {
        /// The agent.
        agent: String,
        /// The round of the routing contact.
        round: u32,
        /// Sequence of the routing message that says so.
        routing_sequence: u64,
    },
    /// It was passed on and waits again.
    Transferred {
        /// The queue it waits in.
        queue: String,
        /// The agent who shall have it; anybody when unset.
        to_agent: Option<String>,
        /// The new round.
        round: u32,
    },
    /// It ended.
    Closed {
        /// Why.
        reason: CloseReason,
    },
    /// It goes on and waits again.
    Reopened {
        /// The new round.
        round: u32,
    },
}

/// Why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// An agent, or the center, resolved it.
    Resolved,
    /// The customer left.
    CustomerLeft,
}
