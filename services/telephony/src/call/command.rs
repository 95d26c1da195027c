//! What is asked of a call.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Direction, FlowPoint, Message, Millis, Mode, event::End};
use crate::ids::LegId;

/// How a call begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Begin {
    /// Who began it.
    pub direction: Direction,
    /// Key of the customer.
    pub customer: String,
    /// The customer's number in E.164; empty when withheld.
    pub number: String,
    /// The name that came with it.
    pub name: String,
    /// The dialled number, or the center's number that is shown.
    pub dialled: String,
    /// The trunk of the customer's leg; empty: chosen by the gateway.
    pub trunk: String,
    /// The agent who dials (outbound); their leg is connected first.
    pub agent: Option<String>,
    /// The queue that the call counts for (outbound).
    pub queue: String,
    /// An outbound call that is a conversation of its own.
    pub converses: bool,
    /// The campaign that dials; empty: a person, or inbound.
    pub campaign: String,
    /// How long it may ring, ms; 0: as [`Patience`](super::Patience) says.
    pub ring_ms: Millis,
    /// Within so long after picking up the customer must talk with an agent, ms (campaigns).
    pub within_ms: Millis,
}

/// Where a call is handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// A colleague.
    Agent(String),
    /// A queue.
    Queue(String),
    /// A number outside.
    Number(String),
}

/// A person of the center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Account.
    pub id: String,
    /// Role supervisor.
    pub supervisor: bool,
}

/// What a person does with a call. Hand-over to an agent or a queue is the conversation's business: it comes back as
/// [`Command::Release`] and [`Command::Assign`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// The customer hears music.
    Hold,
    /// The customer is taken back.
    Resume,
    /// Ends the call, or leaves it when it is not the doer's.
    HangUp,
    /// Recording pauses.
    PauseRecording,
    /// Recording goes on.
    ResumeRecording,
    /// Hands the customer to somebody outside, at once.
    TransferOutside(String),
    /// Talks with somebody in private while the customer holds.
    Consult(To),
    /// Leaves the customer to the number outside that was consulted.
    HandToConsulted,
    /// Ends the private talk; the customer is taken back.
    CancelConsult,
    /// Everybody talks with everybody.
    Conference,
    /// Listens in.
    Supervise(Mode),
    /// Listens in no more.
    StopSupervising,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// It begins.
    Begin(Begin),
    /// The IVR goes on from here.
    MoveFlow(FlowPoint),
    /// The customer waits for an agent.
    Queue {
        /// Where.
        queue: String,
        /// What they answered.
        answers: BTreeMap<String, String>,
    },
    /// The flow calls somebody outside, to whom the customer is handed when they answer.
    DialOut(String),
    /// The flow goes on without whom it called.
    StopDialling,
    /// The caller leaves a message.
    LeaveMessage(Message),
    /// Somebody of the center has heard the message.
    HearMessage(String),
    /// The conversation has an agent.
    Assign {
        /// Who.
        agent: String,
        /// Number of the conversation's event.
        number: u64,
    },
    /// The conversation has no agent any more.
    Release {
        /// Number of the conversation's event.
        number: u64,
        /// Where it waits now; empty: the same queue.
        queue: String,
        /// The colleague it is meant for.
        to_agent: Option<String>,
    },
    /// The conversation was closed.
    Close,
    /// A person's browser connects, for the first time or again.
    Join(Person),
    /// The SIP phone of the agent who has the call is rung.
    RingPhone,
    /// A leg's sound flows.
    LegUp {
        /// Which.
        leg: LegId,
        /// For a takeover.
        snapshot: Vec<u8>,
    },
    /// A leg is gone without a word.
    LegLost(LegId),
    /// A leg ended.
    LegEnded(LegId),
    /// A person does something.
    Do {
        /// Chosen by the doer: the same id is the same deed.
        id: Uuid,
        /// Who.
        by: Person,
        /// What.
        deed: Deed,
    },
    /// This gateway took it over from a dead one.
    TakeOver,
    /// It is to end.
    End(End),
    /// Time passes.
    Tick,
}
