//! A case or a task as its events tell it: the core's state, and what lists show beside it. Texts stay sealed.

use proto::{
    crm::v1::{self as pb, case_event::What as Case_, task_event::What as Task_},
    journal::v1::Sealed,
};

use super::words;
use crate::{case::Case, task::Task};

/// A thing whose events stand on a subject of its own.
pub(crate) trait Stored: Default + Clone + Send {
    /// Its events.
    type Event: prost::Message + Default + Clone + Send;

    /// Takes an event in. What it does not know changes nothing.
    fn take(&mut self, event: &Self::Event);

    /// Record of the customer; empty before its first event.
    fn record(&self) -> &str;
}

/// A case.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoredCase {
    /// The core's state.
    pub core: Case,
    /// Kind.
    pub kind: String,
    /// One line.
    pub title: Option<Sealed>,
    /// When it was opened.
    pub opened_at: u64,
    /// For whom it waits.
    pub waits_for: String,
    /// How it was solved.
    pub code: String,
    /// When anything last happened.
    pub last_at: u64,
}

impl Stored for StoredCase {
    type Event = pb::CaseEvent;

    fn take(&mut self, event: &pb::CaseEvent) {
        self.last_at = event.at_ms;
        match &event.what {
            Some(Case_::Opened(opened)) => {
                self.kind.clone_from(&opened.kind);
                self.title.clone_from(&opened.title);
                self.opened_at = event.at_ms;
            }
            Some(Case_::Waited(waited)) => self.waits_for.clone_from(&waited.whom),
            Some(Case_::Resumed(_)) => self.waits_for.clear(),
            Some(Case_::Solved(solved)) => {
                self.waits_for.clear();
                self.code.clone_from(&solved.code);
            }
            Some(Case_::Reopened(_)) => self.code.clear(),
            Some(
                Case_::Assigned(_)
                | Case_::HandedOver(_)
                | Case_::Noted(_)
                | Case_::Attached(_)
                | Case_::Joined(_)
                | Case_::Ranked(_)
                | Case_::Escalated(_),
            )
            | None => {}
        }
        if let Some(core) = words::case_event(event) {
            crate::case::evolve(&mut self.core, &core);
        }
    }

    fn record(&self) -> &str {
        self.core.record()
    }
}

/// A task.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoredTask {
    /// The core's state.
    pub core: Task,
    /// What was planned.
    pub planned: pb::TaskPlanned,
    /// When it is offered, milliseconds since the Unix epoch.
    pub at: u64,
    /// How it was done.
    pub outcome: String,
    /// When anything last happened.
    pub last_at: u64,
}

impl Stored for StoredTask {
    type Event = pb::TaskEvent;

    fn take(&mut self, event: &pb::TaskEvent) {
        self.last_at = event.at_ms;
        match &event.what {
            Some(Task_::Planned(planned)) => {
                self.planned = planned.clone();
                self.at = planned.at_ms;
            }
            Some(Task_::Moved(moved)) => self.at = moved.at_ms,
            Some(Task_::Done(done)) => self.outcome.clone_from(&done.outcome),
            Some(Task_::Due(_) | Task_::Cancelled(_)) | None => {}
        }
        if let Some(core) = words::task_event(event) {
            crate::task::evolve(&mut self.core, &core);
        }
    }

    fn record(&self) -> &str {
        self.core.record()
    }
}
