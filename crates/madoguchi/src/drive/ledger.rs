//! What the clients know for certain, kept outside every site: acknowledgements heard and events seen.

use std::collections::BTreeMap;

use tokio::time::Instant;
use uuid::Uuid;

use super::stats::Gaps;

/// A message whose `done` a client heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Where it was said.
    pub conversation: Uuid,
    /// The client's id for it.
    pub message: Uuid,
    /// The number the center gave it.
    pub number: u64,
    /// When the `done` was heard.
    pub at: Instant,
}

/// An event as a watcher saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The event's number.
    pub number: u64,
    /// The message's id, for messages.
    pub message: Option<Uuid>,
}

/// One watcher's view of one conversation, in the order of arrival.
#[derive(Debug, Default, Clone)]
pub struct Track {
    /// Everything that came.
    pub seen: Vec<Seen>,
}

impl Track {
    /// Notes an event; the caller asks to watch again after [`Track::last`].
    pub fn note(&mut self, seen: Seen) {
        self.seen.push(seen);
    }

    /// The highest number seen; 0 when none.
    pub fn last(&self) -> u64 {
        self.seen.last().map_or(0, |seen| seen.number)
    }
}

/// What one client brings home.
#[derive(Debug, Default)]
pub struct Diary {
    /// The site it started at.
    pub home: String,
    /// Every `done` for a message.
    pub acks: Vec<Ack>,
    /// What it saw, by conversation.
    pub tracks: BTreeMap<Uuid, Track>,
    /// The conversation it closed, and the number of that event (customers only).
    pub end: Option<(Uuid, u64)>,
    /// Its conversation's gaps (customers only).
    pub gaps: Option<Gaps>,
    /// Offers that the center said it took, as contact and round (agents only).
    pub accepts: Vec<(String, u32)>,
    /// Refusals that a retry will not mend, as `reason`.
    pub refusals: Vec<String>,
    /// Messages sent and not answered when the time was over.
    pub unanswered: u64,
    /// How often it had to connect again.
    pub reconnects: u64,
}
