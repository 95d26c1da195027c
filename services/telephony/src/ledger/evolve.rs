//! What an event changes.

use super::Millis;
use super::event::{Closed, Event, LostCall};
use super::state::{Entry, Ledger, Stage};
use crate::ids::CallId;

/// Applies an event. Events of entries that are not there change nothing.
pub fn evolve(ledger: &mut Ledger, event: &Event) {
    match event {
        Event::Lost { lost, joins: None, at } => open(ledger, lost, *at),
        Event::Lost { lost, joins: Some(entry), .. } => join(ledger, *entry, lost),
        Event::Claimed { entry, attempt, by, until } => {
            if let Some(entry) = ledger.entries.get_mut(entry) {
                entry.attempts = *attempt;
            }
            place(ledger, *entry, Stage::Claimed { by: by.clone(), until: *until });
        }
        Event::NotReached { entry, again_at, .. } => place(ledger, *entry, Stage::Open(*again_at)),
        Event::Closed { entry, why, at } => close(ledger, *entry, *why, *at),
        Event::OnTheLine { number, call, at } => {
            ledger.on_the_line.entry(number.clone()).or_default().insert(*call, *at);
        }
        Event::OffTheLine { number, call } => {
            if let Some(calls) = ledger.on_the_line.get_mut(number) {
                calls.remove(call);
            }
            ledger.on_the_line.retain(|_, calls| !calls.is_empty());
        }
        Event::Forgotten { entry } => forget(ledger, *entry),
    }
}

fn open(ledger: &mut Ledger, lost: &LostCall, at: Millis) {
    let entry = Entry { lost: lost.clone(), joined: Vec::new(), attempts: 0, stage: Stage::Open(at) };
    ledger.entries.insert(lost.call, entry);
    ledger.calls.insert(lost.call, lost.call);
    if let Some(number) = &lost.number {
        ledger.open.insert(number.clone(), lost.call);
    }
}

fn join(ledger: &mut Ledger, id: CallId, lost: &LostCall) {
    let Some(entry) = ledger.entries.get_mut(&id) else { return };
    entry.joined.push(lost.call);
    entry.lost.waiting_since = entry.lost.waiting_since.min(lost.waiting_since);
    entry.lost.queue = lost.queue.clone();
    entry.lost.answers.extend(lost.answers.clone());
    ledger.calls.insert(lost.call, id);
}

fn close(ledger: &mut Ledger, id: CallId, why: Closed, at: Millis) {
    ledger.open.retain(|_, open| *open != id);
    place(ledger, id, Stage::Closed { why, at });
}

fn forget(ledger: &mut Ledger, id: CallId) {
    if let Some(entry) = ledger.entries.remove(&id) {
        let due = due_at(ledger, &entry.stage);
        due.map(|due| ledger.due.remove(&(due, id)));
        ledger.calls.retain(|_, entry| *entry != id);
    }
}

/// Moves an entry from what it was in to what it is in now.
fn place(ledger: &mut Ledger, id: CallId, stage: Stage) {
    let Some(entry) = ledger.entries.get_mut(&id) else { return };
    let before = std::mem::replace(&mut entry.stage, stage.clone());
    if let Some(due) = due_at(ledger, &before) {
        ledger.due.remove(&(due, id));
    }
    if let Some(due) = due_at(ledger, &stage) {
        ledger.due.insert((due, id));
    }
}

/// When time alone changes a stage.
fn due_at(ledger: &Ledger, stage: &Stage) -> Option<Millis> {
    match stage {
        Stage::Open(_) => None,
        Stage::Claimed { until, .. } => Some(*until),
        Stage::Closed { at, .. } => Some(at.saturating_add(ledger.rules.keep_ms)),
    }
}
