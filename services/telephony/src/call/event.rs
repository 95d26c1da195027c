//! What happened in a call.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{FlowPoint, LegKind, Message, Millis, Recording, Via, command::Begin};
use crate::ids::LegId;

/// Something that happened, with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was decided.
    pub at: Millis,
    /// What.
    pub what: What,
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The customer hung up.
    Customer,
    /// The agent hung up or closed the conversation.
    Agent,
    /// The flow ended it.
    Flow,
    /// It never came about: refused, busy, no answer.
    Failed,
    /// It could not be kept when its gateway died: it is in the ledger.
    Lost,
    /// It was handed to somebody outside for good.
    Transferred,
    /// A campaign called, they picked up, and no agent came in time.
    Abandoned,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It began, with the first leg.
    Began(Begin),
    /// The IVR stands somewhere new.
    FlowMoved(FlowPoint),
    /// The customer waits for an agent, with what they answered so far.
    Queued {
        /// Where.
        queue: String,
        /// Answers by variable.
        answers: BTreeMap<String, String>,
    },
    /// An agent has it.
    Assigned {
        /// Who.
        agent: String,
        /// Number of the conversation's event.
        number: u64,
    },
    /// Nobody has it any more: it waits again.
    Released {
        /// Number of the conversation's event; 0 when the call itself gave the agent up.
        number: u64,
        /// The queue it waits in now; empty: the same.
        queue: String,
    },
    /// A leg was added.
    LegAdded {
        /// Its number.
        leg: LegId,
        /// Who.
        kind: LegKind,
        /// How.
        via: Via,
    },
    /// Sound flows, with what a takeover needs; also after a change.
    LegUp {
        /// Which.
        leg: LegId,
        /// For a takeover.
        snapshot: Vec<u8>,
    },
    /// It is gone, and may come back.
    LegLost(LegId),
    /// It is over.
    LegDown(LegId),
    /// Somebody's part changed: a consulted colleague has the call now, a supervisor listens in another way.
    LegKind {
        /// Which.
        leg: LegId,
        /// Who now.
        kind: LegKind,
    },
    /// The agent talks with this leg in private; none: no more.
    Consulting(Option<LegId>),
    /// The customer was put on hold, or taken back.
    Held(bool),
    /// Recording was begun, paused, resumed or ended.
    Recording(Recording),
    /// Another gateway carries it now.
    Moved,
    /// A person's command was carried out with the events beside this one.
    Done(Uuid),
    /// The customer talks with somebody outside for good: no agent and no flow has the call any more.
    HandedOut,
    /// The caller leaves a message, or has left it.
    MessageLeft(Message),
    /// Whom a campaign called found nobody in time: no agent gets them any more, an announcement is heard.
    Abandoned,
    /// This person of the center has heard the message; after the call's end.
    MessageHeard(String),
    /// It ended.
    Ended(End),
}
