//! Every tunable of this service.

use std::net::SocketAddr;

use chassis::Secret;
use serde::Deserialize;

use crate::floor::Rules;

/// Section `[routing]` of the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where gRPC listens, inside the site.
    pub listen: SocketAddr,
    /// The site's internal token.
    pub token: Secret,
    /// Connection string of this site's PostgreSQL, role `routing`.
    pub database: Secret,
    /// Connections to PostgreSQL: one projects, one keeps snapshots.
    #[serde(default = "database_connections")]
    pub database_connections: u32,
    /// The floor that this site serves; the same at every site. One NATS token.
    #[serde(default = "floor")]
    pub floor: String,
    /// What a step of priority counts in waiting, ms. 30 s: priority 9 overtakes 4.5 minutes of waiting.
    #[serde(default = "ageing_ms")]
    pub ageing_ms: u64,
    /// How long an agent who declined a contact is not asked for it again, ms. 30 s: long enough to finish a note.
    #[serde(default = "decline_pause_ms")]
    pub decline_pause_ms: u64,
    /// How long a contact waits for its only agent while they are not there, ms. 2 min: a reconnect or a short errand.
    #[serde(default = "only_agent_patience_ms")]
    pub only_agent_patience_ms: u64,
    /// How long an ended contact's id is remembered against late repeats, ms. 10 min: far beyond any retry.
    #[serde(default = "ended_memory_ms")]
    pub ended_memory_ms: u64,
    /// How long a contact waits in a queue without a limit of its own before anybody on the channel may have it, ms. 30 min.
    #[serde(default = "escalate_after_ms")]
    pub escalate_after_ms: u64,
    /// A snapshot of the floor is kept after so many units (and a quarter of the contacts): bounds the replay at start.
    #[serde(default = "snapshot_every")]
    pub snapshot_every: usize,
    /// How long a command looks for an owner before it is refused, ms. 5 s: a hand-over takes under 3.
    #[serde(default = "command_deadline_ms")]
    pub command_deadline_ms: u64,
}

impl Config {
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            ageing_ms: self.ageing_ms,
            decline_pause_ms: self.decline_pause_ms,
            only_agent_patience_ms: self.only_agent_patience_ms,
            ended_memory_ms: self.ended_memory_ms,
            escalate_after_ms: self.escalate_after_ms,
        }
    }
}

fn database_connections() -> u32 {
    3
}

fn floor() -> String {
    "main".to_owned()
}

fn ageing_ms() -> u64 {
    Rules::default().ageing_ms
}

fn decline_pause_ms() -> u64 {
    Rules::default().decline_pause_ms
}

fn only_agent_patience_ms() -> u64 {
    Rules::default().only_agent_patience_ms
}

fn ended_memory_ms() -> u64 {
    Rules::default().ended_memory_ms
}

fn escalate_after_ms() -> u64 {
    Rules::default().escalate_after_ms
}

fn snapshot_every() -> usize {
    2_000
}

fn command_deadline_ms() -> u64 {
    5_000
}
