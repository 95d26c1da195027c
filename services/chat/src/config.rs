//! Everything that can be tuned, with its default and why.

use std::net::SocketAddr;

use chassis::Secret;
use serde::Deserialize;

/// The `[chat]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where gRPC listens, inside the site.
    pub listen: SocketAddr,
    /// The site's internal token.
    pub token: Secret,
    /// Connection string of this site's PostgreSQL.
    pub database: Secret,
    /// gRPC address of this site's routing service, `http://host:port`.
    pub routing: String,
    /// gRPC address of this site's crm, `http://host:port`: contacts get the segment that follows from the company's rules. Absent: only segments
    /// given by hand count.
    #[serde(default)]
    pub crm: Option<String>,
    /// The routing floor whose contacts are conversations.
    #[serde(default = "defaults::floor")]
    pub floor: String,
    /// Connections to PostgreSQL, 4 to 100. Three projections hold one each; the rest serve lists.
    #[serde(default = "defaults::database_connections")]
    pub database_connections: u32,
    /// How long a command may wait for the journal before its caller hears `unavailable`, ms, 100 to 30,000. Longer than one append's own
    /// retries, shorter than a person's patience.
    #[serde(default = "defaults::answer_within_ms")]
    pub answer_within_ms: u64,
    /// How long a receipt waits for a unit to ride along with, ms, 0 to 5,000. One journal message costs an fsync at every replica;
    /// a tick mark may be a second late.
    #[serde(default = "defaults::receipts_wait_ms")]
    pub receipts_wait_ms: u64,
    /// How long a watch waits for its right to appear (an assignment or an opening that is on its way), ms, 0 to 30,000. A site's death between
    /// acceptance and assignment is healed within it.
    #[serde(default = "defaults::watch_waits_ms")]
    pub watch_waits_ms: u64,
    /// How long a few new events wait before they are written to the view together, ms, 0 to 5,000. A transaction costs about the same for one
    /// event as for hundreds; lists may be this much behind.
    #[serde(default = "defaults::view_pace_ms")]
    pub view_pace_ms: u64,
    /// Events kept in memory over all conversations, 10,000 or more. About 500 bytes each; watched conversations always stay.
    #[serde(default = "defaults::cached_events")]
    pub cached_events: usize,
    /// Responses that one watch stream may hold back, 64 to 1,000,000: beyond that the watch that is behind is dropped with `too_slow`.
    #[serde(default = "defaults::watch_queue")]
    pub watch_queue: usize,
    /// Open requests of one submit stream, 16 to 100,000: beyond that the stream is not read.
    #[serde(default = "defaults::submit_window")]
    pub submit_window: usize,
    /// How long a conversation may want something of routing before the sweeper asks for it, ms, 500 to 60,000. Long enough for the site that
    /// accepted the command to do it itself.
    #[serde(default = "defaults::sweep_grace_ms")]
    pub sweep_grace_ms: u64,
}

mod defaults {
    pub(super) fn floor() -> String {
        "main".to_owned()
    }

    pub(super) fn database_connections() -> u32 {
        8
    }

    pub(super) fn answer_within_ms() -> u64 {
        4_000
    }

    pub(super) fn receipts_wait_ms() -> u64 {
        1_000
    }

    pub(super) fn watch_waits_ms() -> u64 {
        2_500
    }

    pub(super) fn view_pace_ms() -> u64 {
        200
    }

    pub(super) fn cached_events() -> usize {
        400_000
    }

    pub(super) fn watch_queue() -> usize {
        8_192
    }

    pub(super) fn submit_window() -> usize {
        4_096
    }

    pub(super) fn sweep_grace_ms() -> u64 {
        2_000
    }
}

impl Config {
    /// The first value that is out of its range, as a sentence.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let ranges = [
            ("database_connections", u64::from(self.database_connections), 4, 100),
            ("answer_within_ms", self.answer_within_ms, 100, 30_000),
            ("receipts_wait_ms", self.receipts_wait_ms, 0, 5_000),
            ("watch_waits_ms", self.watch_waits_ms, 0, 30_000),
            ("view_pace_ms", self.view_pace_ms, 0, 5_000),
            ("cached_events", self.cached_events as u64, 10_000, u64::MAX),
            ("watch_queue", self.watch_queue as u64, 64, 1_000_000),
            ("submit_window", self.submit_window as u64, 16, 100_000),
            ("sweep_grace_ms", self.sweep_grace_ms, 500, 60_000),
        ];
        let out = ranges.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value));
        out.map(|(name, value, least, most)| format!("chat.{name} is {value}: must be {least} to {most}"))
    }
}
