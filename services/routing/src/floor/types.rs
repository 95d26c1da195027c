//! The floor's words.

use std::{collections::BTreeMap, sync::Arc};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// An id or a short text, shared by state, indices and events.
pub type Id = Arc<str>;

/// A channel of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Channel {
    /// Text conversations.
    #[default]
    Chat,
    /// Calls.
    Voice,
    /// Letters, electronic or not.
    Mail,
    /// Calls that we make because the customer did not want to wait.
    Callback,
    /// Clerical work.
    Task,
}

impl Channel {
    /// How many channels there are.
    pub const COUNT: usize = 5;
    /// All of them, in the order of [`Channel::index`].
    pub const ALL: [Channel; Channel::COUNT] =
        [Channel::Chat, Channel::Voice, Channel::Mail, Channel::Callback, Channel::Task];

    /// Its place in an array with an entry per channel.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Channel::Chat => 0,
            Channel::Voice => 1,
            Channel::Mail => 2,
            Channel::Callback => 3,
            Channel::Task => 4,
        }
    }

    /// Somebody speaks and hears: only channels that interrupt it are offered meanwhile.
    #[must_use]
    pub fn is_call(self) -> bool {
        match self {
            Channel::Voice | Channel::Callback => true,
            Channel::Chat | Channel::Mail | Channel::Task => false,
        }
    }
}

/// What an agent says of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Availability {
    /// Signed out.
    #[default]
    Offline,
    /// Takes work.
    Ready,
    /// Keeps what they hold, gets nothing new.
    Away,
    /// Finishes the work after a contact; ready again at a limit.
    AfterWork,
}

/// Skills by name, with the level held or the least level asked for, 1 to 5.
pub type Skills = BTreeMap<Id, u32>;

/// What an agent takes of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capacity {
    /// Contacts held or offered at once, 0 to 20.
    pub limit: u32,
    /// What each takes of the agent, 0 to 100; all together at most 100.
    pub weight: u32,
    /// Channels whose contacts in hand do not keep one of this channel out: bit `1 <<` [`Channel::index`].
    pub interrupts: u8,
}

/// What an agent takes at once, by [`Channel::index`].
pub type Capacities = [Capacity; Channel::COUNT];

/// Contacts in hand, by [`Channel::index`].
pub type Load = [u32; Channel::COUNT];

/// So many chats and nothing else: the capacities of an agent of the first days.
#[must_use]
pub fn chats(limit: u32) -> Capacities {
    let mut capacities = Capacities::default();
    capacities[Channel::Chat.index()].limit = limit;
    capacities
}

/// A skill that a contact waits for only so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    /// The least level, 1 to 5.
    pub level: u32,
    /// Given up after waiting so long, ms, 1,000 to 3,600,000.
    pub relax_after_ms: u64,
}

/// When contacts leave a queue for another: as soon as one condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overflow {
    /// After waiting so long, ms.
    pub after_ms: Option<u64>,
    /// At arrival, when more than so many wait.
    pub longer_than: Option<u32>,
    /// At arrival, when the wait expected is longer, ms.
    pub expected_over_ms: Option<u64>,
    /// Where to.
    pub to_queue: Id,
}

/// A queue's rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    /// 1 to 40 characters of `[a-z0-9_-]`.
    pub id: Id,
    /// Display name, at most 100 characters.
    pub name: Id,
    /// The channel of its contacts.
    pub channel: Channel,
    /// All are required of an agent.
    pub skills: Skills,
    /// Required besides, until a contact has waited long enough.
    pub preferred: BTreeMap<Id, Preference>,
    /// 0 (lowest) to 9.
    pub priority: u32,
    /// How long an offer stands, ms, 1,000 to 120,000.
    pub offer_timeout_ms: u32,
    /// A contact should be accepted within this, ms; 0: no target.
    pub target_ms: u64,
    /// Its hours; None: always open.
    pub calendar: Option<Id>,
    /// Where contacts go that it cannot serve in time; the first that applies.
    pub overflow: Vec<Overflow>,
    /// Longest wait, ms; 0: the floor's own limit.
    pub max_wait_ms: u64,
    /// Where contacts go at `max_wait_ms`; None: anybody on the channel may have them.
    pub on_limit: Option<Id>,
    /// How long an agent finishes the work after a contact, ms; 0: not at all.
    pub after_work_ms: u64,
}

/// What an agent is called and can do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentProfile {
    /// The account's id.
    pub id: Id,
    /// Display name, at most 100 characters.
    pub name: Id,
    /// Team or partner; empty: none.
    pub unit: Id,
    /// Their skills.
    pub skills: Skills,
    /// What they take at once.
    pub capacities: Capacities,
    /// Only contacts of these segments; empty: all.
    pub reserved_for: Vec<Id>,
}

/// A reason for being away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// 1 to 40 characters of `[a-z0-9_-]`.
    pub id: Id,
    /// In Japanese.
    pub ja: Id,
    /// In English.
    pub en: Id,
}

/// What customer segments and contact reasons count, in steps of priority.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Priorities {
    /// By segment, 0 to 9.
    pub segments: BTreeMap<Id, u32>,
    /// By reason, 0 to 9.
    pub reasons: BTreeMap<Id, u32>,
}

/// A part of the rules that is neither queue nor agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// When queues are open.
    Calendar(super::calendar::Calendar),
    /// Why agents are away, in the order shown.
    Reasons(Vec<Reason>),
    /// Whose contacts come first.
    Priorities(Priorities),
}

/// The figures a floor decides by. All sites run the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What a step of priority counts in waiting, ms.
    pub ageing_ms: u64,
    /// How long an agent who declined a contact is not offered it again, ms.
    pub decline_pause_ms: u64,
    /// How long a contact waits for its only agent while they are not there, ms.
    pub only_agent_patience_ms: u64,
    /// How long an ended contact's id is remembered, so that a late repeat does not let it wait again, ms.
    pub ended_memory_ms: u64,
    /// How long a contact waits in a queue without a limit of its own before anybody on the channel may have it, ms.
    pub escalate_after_ms: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            ageing_ms: 30_000,
            decline_pause_ms: 30_000,
            only_agent_patience_ms: 120_000,
            ended_memory_ms: 600_000,
            escalate_after_ms: 1_800_000,
        }
    }
}
