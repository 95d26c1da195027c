//! The ledger as its events made it.

use std::collections::{BTreeMap, BTreeSet};

use super::Millis;
use super::event::{Closed, LostCall};
use crate::ids::CallId;

/// How often and when people are called back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Attempts for each entry, at least 1.
    pub attempts: u32,
    /// Between two attempts.
    pub pause_ms: u64,
    /// How long a callback may take until it is known whether they picked up.
    pub call_ms: u64,
    /// How long closed entries are kept.
    pub keep_ms: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { attempts: 3, pause_ms: 600_000, call_ms: 90_000, keep_ms: 30 * 86_400_000 }
    }
}

/// All lost calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    pub(super) rules: Rules,
    pub(super) entries: BTreeMap<CallId, Entry>,
    /// Every lost call, and the entry that it belongs to.
    pub(super) calls: BTreeMap<CallId, CallId>,
    /// The open entry of a number.
    pub(super) open: BTreeMap<String, CallId>,
    /// Calls of a number that are on the line, and since when.
    pub(super) on_the_line: BTreeMap<String, BTreeMap<CallId, Millis>>,
    /// Claimed entries by when that is over, closed ones by when they are forgotten.
    pub(super) due: BTreeSet<(Millis, CallId)>,
}

/// One person's lost calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The first one; the earliest time in the queue, the newest queue and answers.
    pub lost: LostCall,
    /// Those that joined it.
    pub joined: Vec<CallId>,
    /// Callbacks so far.
    pub attempts: u32,
    /// Where it is.
    pub stage: Stage,
}

/// Where an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// To be called back, not before then.
    Open(Millis),
    /// They are called back.
    Claimed {
        /// By which gateway.
        by: String,
        /// Without a result by then they were not reached.
        until: Millis,
    },
    /// It is over.
    Closed {
        /// Why.
        why: Closed,
        /// Since.
        at: Millis,
    },
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            entries: BTreeMap::new(),
            calls: BTreeMap::new(),
            open: BTreeMap::new(),
            on_the_line: BTreeMap::new(),
            due: BTreeSet::new(),
        }
    }

    /// The entry of a lost call: its own, or the one that it joined.
    #[must_use]
    pub fn entry(&self, call: CallId) -> Option<&Entry> {
        self.entries.get(self.calls.get(&call)?)
    }

    /// All entries by their first call.
    pub fn entries(&self) -> impl Iterator<Item = (CallId, &Entry)> {
        self.entries.iter().map(|(call, entry)| (*call, entry))
    }
}
