//! The floor's words.

use std::{collections::BTreeMap, sync::Arc};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// An id or a short text, shared by state, indices and events.
pub type Id = Arc<str>;

/// A channel of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Text conversations.
    Chat,
}

impl Channel {
    /// How many channels there are.
    pub const COUNT: usize = 1;
    /// All of them, in the order of [`Channel::index`].
    pub const ALL: [Channel; Channel::COUNT] = [Channel::Chat];

    /// Its place in an array with an entry per channel.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Channel::Chat => 0,
        }
    }
}

/// What an agent says of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Signed out.
    Offline,
    /// Takes work.
    Ready,
    /// Keeps what they hold, gets nothing new.
    Away,
}

/// Skills by name, with the level held or the least level asked for, 1 to 5.
pub type Skills = BTreeMap<Id, u32>;

/// How many contacts at once, by [`Channel::index`].
pub type Capacities = [u32; Channel::COUNT];

/// A queue's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// 1 to 40 characters of `[a-z0-9_-]`.
    pub id: Id,
    /// The channel of its contacts.
    pub channel: Channel,
    /// All are required of an agent.
    pub skills: Skills,
    /// 0 (lowest) to 9.
    pub priority: u32,
    /// How long an offer stands, ms, 1,000 to 120,000.
    pub offer_timeout_ms: u32,
}

/// What an agent is called and can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentProfile {
    /// The account's id.
    pub id: Id,
    /// Display name, at most 100 characters.
    pub name: Id,
    /// Their skills.
    pub skills: Skills,
    /// Their capacities, 0 to 20 each.
    pub capacities: Capacities,
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
}

impl Default for Rules {
    fn default() -> Self {
        Rules { ageing_ms: 30_000, decline_pause_ms: 30_000, only_agent_patience_ms: 120_000, ended_memory_ms: 600_000 }
    }
}
