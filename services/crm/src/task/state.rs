//! A task as its events made it.

use std::collections::BTreeSet;

use super::{Event, Millis, What};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// It was never planned.
    #[default]
    None,
    /// It waits for its time.
    Planned {
        /// When.
        at: Millis,
    },
    /// Agents are offered it, or one has it.
    Due,
    /// Somebody did it.
    Done,
    /// Nobody needs to.
    Cancelled,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    pub(super) phase: Phase,
    pub(super) record: String,
    pub(super) queue: String,
    pub(super) was_due: bool,
    pub(super) moves: u32,
    pub(super) done: BTreeSet<String>,
}

impl Task {
    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Record of the customer.
    #[must_use]
    pub fn record(&self) -> &str {
        &self.record
    }

    /// Its queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }
}

/// Applies an event. It cannot fail: what does not fit changes nothing.
pub fn evolve<T>(task: &mut Task, event: &Event<T>) {
    if !event.command.is_empty() {
        task.done.insert(event.command.clone());
    }
    match &event.what {
        What::Planned(plan) => {
            task.record.clone_from(&plan.record);
            task.queue.clone_from(&plan.queue);
            task.phase = Phase::Planned { at: plan.at };
        }
        What::Moved { at } => {
            task.moves += 1;
            task.phase = Phase::Planned { at: *at };
        }
        What::Due => {
            task.was_due = true;
            task.phase = Phase::Due;
        }
        What::Done { .. } => task.phase = Phase::Done,
        What::Cancelled => task.phase = Phase::Cancelled,
    }
}
