//! A case as its events made it.

use std::collections::BTreeSet;

use super::{Late, Millis, Sla};

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// It was never opened.
    #[default]
    None,
    /// Somebody is to work on it.
    Open,
    /// It waits for somebody outside.
    Waiting {
        /// Since when.
        since: Millis,
        /// Until when at most.
        until: Option<Millis>,
    },
    /// It is solved.
    Solved,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Case {
    pub(super) phase: Phase,
    pub(super) record: String,
    pub(super) department: String,
    pub(super) owner: Option<String>,
    pub(super) priority: u32,
    pub(super) sla: Option<Sla>,
    pub(super) conversations: BTreeSet<String>,
    pub(super) files: BTreeSet<String>,
    /// Somebody of the department answered.
    pub(super) answered: bool,
    pub(super) first_due: Millis,
    pub(super) due: Millis,
    pub(super) escalated: BTreeSet<Late>,
    pub(super) done: BTreeSet<String>,
    pub(super) events: u64,
}

impl Case {
    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Record of the customer.
    #[must_use]
    pub fn record(&self) -> &str {
        &self.record
    }

    /// Who works on it.
    #[must_use]
    pub fn department(&self) -> &str {
        &self.department
    }

    /// Who has it.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// 1 to 9.
    #[must_use]
    pub fn priority(&self) -> u32 {
        self.priority
    }

    /// By when somebody is to answer; none once somebody did.
    #[must_use]
    pub fn first_due(&self) -> Option<Millis> {
        (!self.answered).then_some(self.first_due)
    }

    /// By when it is to be solved. It moves on while the case waits.
    #[must_use]
    pub fn due(&self) -> Millis {
        self.due
    }

    /// What it was late with.
    #[must_use]
    pub fn escalated(&self) -> &BTreeSet<Late> {
        &self.escalated
    }

    /// Conversations that it came up in.
    #[must_use]
    pub fn conversations(&self) -> &BTreeSet<String> {
        &self.conversations
    }

    /// Events so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }
}
