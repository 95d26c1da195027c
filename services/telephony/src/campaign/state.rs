//! A campaign as its events made it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Millis;
use super::event::Outcome;
use super::pacing;
use super::plan::Plan;

/// So many entries a campaign has at most.
pub(super) const MAX_ENTRIES: usize = 200_000;

/// A campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Campaign {
    pub(super) plan: Option<Plan>,
    pub(super) phase: Phase,
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) numbers: BTreeSet<String>,
    pub(super) do_not_call: BTreeSet<String>,
    /// Entries that can be dialled from a time on: by that time, then in the order in which they were added.
    pub(super) due: BTreeSet<(Millis, u64, String)>,
    /// Entries that an agent looks at or that are dialled, by when that is over.
    pub(super) under_way: BTreeSet<(Millis, String)>,
    /// Who looks at what.
    pub(super) looking: BTreeMap<String, String>,
    /// How many have no result yet.
    pub(super) ringing: u32,
    /// Who picked up: when, and whether they found nobody.
    pub(super) picked_up: VecDeque<(Millis, bool)>,
    pub(super) added: u64,
}

/// Whether it dials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not yet, or not now.
    #[default]
    Paused,
    /// It does.
    Running,
    /// Never again.
    Finished,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number, or what stands for it.
    pub number: String,
    /// Where it is.
    pub stage: Stage,
    /// Attempts so far.
    pub attempts: u32,
    /// The last day of an attempt, and how many that day had.
    pub today: (i64, u32),
    /// The last outcome.
    pub last: Option<Outcome>,
    pub(super) order: u64,
}

/// Where an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It can be dialled from then on.
    Due(Millis),
    /// An agent looks at it.
    Previewed {
        /// Who.
        agent: String,
        /// So long.
        until: Millis,
    },
    /// It is dialled.
    Dialled {
        /// By which gateway or call.
        by: String,
        /// Without a result by then it is lost.
        until: Millis,
    },
    /// It is not dialled any more.
    Done,
}

impl Campaign {
    /// A campaign without a plan.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The rules.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// Whether it dials.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// An entry by its id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// All entries, by id.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(id, entry)| (id.as_str(), entry))
    }

    /// Entries that somebody looks at, or that are dialled.
    pub fn under_way(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.under_way.iter().filter_map(|(_, id)| Some((id.as_str(), self.entries.get(id)?)))
    }

    /// So many are called and have no result yet.
    #[must_use]
    pub fn ringing(&self) -> u32 {
        self.ringing
    }

    /// Who picked up in the window of the abandon cap that ends now, and who of them found nobody; whether those are within the cap.
    #[must_use]
    pub fn picked_up(&self, now: Millis) -> (u64, u64, bool) {
        let Some(plan) = &self.plan else { return (0, 0, true) };
        let (all, nobody) = pacing::counted(self, plan.abandon, now);
        (all, nobody, pacing::within_cap(self, plan.abandon, now))
    }

    /// So many are not to be called.
    #[must_use]
    pub fn not_to_call(&self) -> usize {
        self.do_not_call.len()
    }

    /// The entry that an agent looks at.
    #[must_use]
    pub fn looking_at(&self, agent: &str) -> Option<&str> {
        self.looking.get(agent).map(String::as_str)
    }

    /// Whether a number is never to be called.
    #[must_use]
    pub fn may_not_call(&self, number: &str) -> bool {
        self.do_not_call.contains(number)
    }
}
