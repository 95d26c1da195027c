//! A call and its legs.

use std::collections::{BTreeMap, VecDeque};

use uuid::Uuid;

use super::Millis;
use crate::ids::LegId;

/// Who began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The customer called.
    #[default]
    In,
    /// The center called.
    Out,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// It has not begun.
    #[default]
    Absent,
    /// The IVR speaks with the customer, or the customer's phone still rings.
    Flow,
    /// It waits for an agent.
    Queued,
    /// An agent has accepted and is being connected.
    Connecting,
    /// Customer and agent talk.
    Talking,
    /// Over.
    Ended,
}

/// What somebody listens in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Hears everybody, is heard by nobody.
    Monitor,
    /// Is heard by the agent only.
    Whisper,
    /// Is heard by everybody.
    Barge,
}

/// Who is at the other end of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegKind {
    /// The customer.
    Customer,
    /// An agent who has or had the call.
    Agent(String),
    /// A colleague who was asked in.
    Consulted(String),
    /// A supervisor.
    Supervisor(String, Mode),
    /// Somebody outside, by number.
    Outside(String),
}

/// How a leg is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A SIP trunk.
    Trunk,
    /// An agent's SIP phone.
    Phone,
    /// A browser.
    Browser,
}

/// How a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegState {
    /// Being connected.
    Ringing,
    /// Sound can flow.
    Up,
    /// It was up; it may come back within the patience.
    Lost,
    /// Over.
    Down,
}

/// A leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Who.
    pub kind: LegKind,
    /// How.
    pub via: Via,
    /// How it stands.
    pub state: LegState,
    /// Since when.
    pub since: Millis,
    /// What another gateway needs to take it over, as the shell wrote it; empty until it is up, and for browsers.
    pub snapshot: Vec<u8>,
}

/// Where the IVR stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowPoint {
    /// Which flow.
    pub flow: String,
    /// Its version.
    pub version: u32,
    /// The interpreter's state, as the shell wrote it.
    pub state: Vec<u8>,
}

/// A message that the caller leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Where it is kept, as the flow names it.
    pub mailbox: String,
    /// The recording's part with its sound.
    pub part: u32,
    /// How long it is, ms; 0: it is not complete.
    pub length_ms: u64,
}

/// Whether the call is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recording {
    /// Not wanted, or not yet.
    #[default]
    Off,
    /// It is.
    On,
    /// The agent paused it (card numbers).
    Paused,
}

/// How long the center waits before it does something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For an agent who accepted to be connected, ms.
    pub connect_ms: u64,
    /// For a lost leg to come back, ms.
    pub rejoin_ms: u64,
    /// For a dialled number to answer, ms.
    pub ring_ms: u64,
}

/// Command ids that are remembered.
pub(super) const REMEMBERED: usize = 32;

/// A call. Made by [`evolve`](super::evolve) alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// How far it has come.
    pub phase: Phase,
    /// Who began it.
    pub direction: Direction,
    /// Key of the customer: whose key seals what is personal.
    pub customer: String,
    /// The customer's number in E.164, or empty when it was withheld.
    pub number: String,
    /// The name that came with the call; may be empty.
    pub name: String,
    /// The number that was dialled (inbound), or the center's number that is shown (outbound).
    pub dialled: String,
    /// The trunk of the customer's leg.
    pub trunk: String,
    /// When it began.
    pub began_at: Millis,
    /// When customer and agent first talked; 0: never.
    pub answered_at: Millis,
    /// When it ended; 0: not yet.
    pub ended_at: Millis,
    /// Where the IVR stands.
    pub flow: Option<FlowPoint>,
    /// What the customer answered in the IVR, by variable.
    pub answers: BTreeMap<String, String>,
    /// The message that the caller left, with when it was begun.
    pub message: Option<(Message, Millis)>,
    /// Who heard the message first, and when.
    pub heard: Option<(String, Millis)>,
    /// The queue it waits or waited in; empty: none.
    pub queue: String,
    /// The agent who has it.
    pub agent: Option<String>,
    /// The conversation's event that said so: an older word changes nothing.
    pub assigned_by: u64,
    /// The legs, by number.
    pub legs: BTreeMap<LegId, Leg>,
    /// The leg that the agent consults in private.
    pub consult: Option<LegId>,
    /// The customer was put on hold.
    pub held: bool,
    /// Recorded?
    pub recording: Recording,
    /// Parts of the recording so far.
    pub parts: u32,
    /// How often another gateway took it over.
    pub moved: u32,
    /// An outbound call that is a conversation of its own.
    pub converses: bool,
    /// The campaign that dialled; empty: none.
    pub campaign: String,
    /// How long the dialled number may ring, ms; 0: as [`Patience`] says.
    pub ring_ms: Millis,
    /// Within so long after picking up whom a campaign called must talk with an agent, ms.
    pub within_ms: Millis,
    /// When whom a campaign called picked up; 0: not yet.
    pub picked_up_at: Millis,
    /// When no agent had come in time; 0: that is not so.
    pub abandoned_at: Millis,
    /// Commands of people that were carried out lately.
    pub(super) done: VecDeque<Uuid>,
    pub(super) changed_at: Millis,
}

impl Call {
    /// The number of the next leg.
    pub fn next_leg(&self) -> LegId {
        LegId(self.legs.keys().next_back().map_or(0, |last| last.0 + 1))
    }

    /// The customer's leg.
    pub fn customer_leg(&self) -> Option<(LegId, &Leg)> {
        self.find(|leg| leg.kind == LegKind::Customer)
    }

    /// The leg of the agent who has the call.
    pub fn agent_leg(&self) -> Option<(LegId, &Leg)> {
        let agent = self.agent.as_deref()?;
        self.find(|leg| matches!(&leg.kind, LegKind::Agent(id) if id == agent))
    }

    /// The living leg of a person of the center, in whatever part.
    pub fn leg_of(&self, person: &str) -> Option<(LegId, &Leg)> {
        self.find(|leg| leg.kind.person() == Some(person))
    }

    /// Whether this command of a person was carried out before.
    pub fn has_done(&self, id: Uuid) -> bool {
        self.done.contains(&id)
    }

    /// Legs that are not over.
    pub fn living(&self) -> impl Iterator<Item = (LegId, &Leg)> {
        self.legs.iter().filter(|(_, leg)| leg.state != LegState::Down).map(|(id, leg)| (*id, leg))
    }

    /// Forgets what is personal: the customer was erased. Legs stay connected.
    pub fn erase(&mut self) {
        self.number.clear();
        self.name.clear();
        self.answers.clear();
        self.flow = None;
        for leg in self.legs.values_mut() {
            if let LegKind::Outside(number) = &mut leg.kind {
                number.clear();
            }
        }
    }

    /// When its phase or its agent last changed.
    pub fn changed_at(&self) -> Millis {
        self.changed_at
    }

    pub(super) fn changed(&mut self, at: Millis) {
        self.changed_at = at;
    }

    fn find(&self, wanted: impl Fn(&Leg) -> bool) -> Option<(LegId, &Leg)> {
        self.living().find(|(_, leg)| wanted(leg))
    }
}

impl LegKind {
    /// The account of the center behind it.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Agent(id) | Self::Consulted(id) | Self::Supervisor(id, _) => Some(id),
            Self::Customer | Self::Outside(_) => None,
        }
    }

    /// Whether it takes part in the talk (a supervisor listens in).
    pub fn talks(&self) -> bool {
        !matches!(self, Self::Supervisor(..))
    }
}
