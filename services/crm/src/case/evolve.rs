//! What an event changes. It cannot fail: what does not fit changes nothing.

use super::{Case, Event, Late, Opening, Phase, What};

/// Applies an event.
pub fn evolve<T>(case: &mut Case, event: &Event<T>) {
    case.events += 1;
    if !event.command.is_empty() {
        case.done.insert(event.command.clone());
    }
    // Who opens a case tells of it; who does something after that answers.
    let works = !event.by.is_empty() && !matches!(event.what, What::Opened(_) | What::Joined { .. });
    case.answered |= works;
    match &event.what {
        What::Opened(opening) => open(case, opening, event.at),
        What::Assigned { owner } => case.owner.clone_from(owner),
        What::HandedOver { department, .. } => {
            case.department.clone_from(department);
            case.owner = None;
        }
        What::Noted { .. } => {}
        What::Attached { file, .. } => {
            case.files.insert(file.clone());
        }
        What::Joined { conversation } => {
            case.conversations.insert(conversation.clone());
        }
        What::Ranked { priority } => case.priority = *priority,
        What::Waited { until, .. } => case.phase = Phase::Waiting { since: event.at, until: *until },
        What::Resumed => go_on(case, event.at),
        What::Escalated { late } => {
            case.escalated.insert(*late);
        }
        What::Solved { .. } => {
            go_on(case, event.at);
            case.phase = Phase::Solved;
        }
        What::Reopened => reopen(case, event.at),
    }
}

fn open<T>(case: &mut Case, opening: &Opening<T>, at: u64) {
    case.phase = Phase::Open;
    case.record.clone_from(&opening.record);
    case.department.clone_from(&opening.department);
    case.priority = opening.priority;
    case.sla = Some(opening.sla);
    case.first_due = at.saturating_add(opening.sla.first_ms);
    case.due = at.saturating_add(opening.sla.solve_ms);
    if !opening.conversation.is_empty() {
        case.conversations.insert(opening.conversation.clone());
    }
}

/// The time that it waited is given back.
fn go_on(case: &mut Case, at: u64) {
    if let Phase::Waiting { since, .. } = case.phase {
        let waited = at.saturating_sub(since);
        case.due = case.due.saturating_add(waited);
        case.first_due = case.first_due.saturating_add(waited);
        case.phase = Phase::Open;
    }
}

/// A case that comes back has half of its time again.
fn reopen(case: &mut Case, at: u64) {
    case.phase = Phase::Open;
    let half = case.sla.map_or(0, |sla| sla.solve_ms / 2);
    case.due = case.due.max(at.saturating_add(half));
    case.escalated.remove(&Late::Solve);
}
