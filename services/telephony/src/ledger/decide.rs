//! Which events a command becomes.

use super::Millis;
use super::command::{Command, Rejection};
use super::event::{Closed, Event, LostCall, Outcome};
use super::state::{Entry, Ledger, Stage};
use crate::ids::CallId;

/// So much one tick decides at most; the rest is due at once.
const MAX_DUE: usize = 200;
/// A call that nobody reported over is over.
const LONGEST_CALL_MS: u64 = 2 * 3_600_000;

/// Decides on a command. No events: it changes nothing.
///
/// # Errors
/// Why it is not carried out; the ledger is as it was.
pub fn decide(ledger: &Ledger, command: &Command, now: Millis) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Lose { lost } => Ok(lose(ledger, lost, now)),
        Command::Claim { entry, by } => claim(ledger, *entry, by, now),
        Command::Result { entry, attempt, outcome } => result(ledger, *entry, *attempt, *outcome, now),
        Command::Arrived { number, call } => Ok(arrived(ledger, number, *call, now)),
        Command::Left { number, call, served } => Ok(left(ledger, number, *call, *served, now)),
        Command::Close { entry } => close(ledger, *entry, now),
        Command::Tick => Ok(tick(ledger, now)),
    }
}

/// Whom to call back now: who waited first is first.
#[must_use]
pub fn to_call(ledger: &Ledger, now: Millis) -> Vec<CallId> {
    let open = ledger.open.values().filter_map(|id| Some((id, ledger.entries.get(id)?)));
    let mut callable: Vec<(Millis, CallId)> = open
        .filter(|(_, entry)| is_callable(ledger, entry, now))
        .map(|(id, entry)| (entry.lost.waiting_since, *id))
        .collect();
    callable.sort_unstable();
    callable.into_iter().map(|(_, id)| id).collect()
}

/// When the next tick is due.
#[must_use]
pub fn next_deadline(ledger: &Ledger) -> Option<Millis> {
    ledger.due.first().map(|(at, _)| *at)
}

fn lose(ledger: &Ledger, lost: &LostCall, now: Millis) -> Vec<Event> {
    if ledger.calls.contains_key(&lost.call) {
        return Vec::new();
    }
    let joins = lost.number.as_ref().and_then(|number| ledger.open.get(number)).copied();
    let mut events = vec![Event::Lost { lost: lost.clone(), joins, at: now }];
    match &lost.number {
        // It is not on the line any more, whatever was heard of it.
        Some(number) => events.extend(off_the_line(ledger, number, lost.call)),
        None => events.push(Event::Closed { entry: lost.call, why: Closed::NoNumber, at: now }),
    }
    events
}

fn is_callable(ledger: &Ledger, entry: &Entry, now: Millis) -> bool {
    let calls = entry.lost.number.as_ref().and_then(|number| ledger.on_the_line.get(number));
    let on_the_line = calls.is_some_and(|calls| calls.values().any(|since| now < since + LONGEST_CALL_MS));
    !on_the_line && entry.lost.number.is_some() && matches!(entry.stage, Stage::Open(at) if at <= now)
}

fn claim(ledger: &Ledger, id: CallId, by: &str, now: Millis) -> Result<Vec<Event>, Rejection> {
    let entry = ledger.entries.get(&id).ok_or(Rejection::NoEntry)?;
    if !is_callable(ledger, entry, now) {
        return Err(Rejection::NotNow);
    }
    let until = now + ledger.rules.call_ms;
    Ok(vec![Event::Claimed { entry: id, attempt: entry.attempts + 1, by: by.to_owned(), until }])
}

fn result(ledger: &Ledger, id: CallId, attempt: u32, outcome: Outcome, now: Millis) -> Result<Vec<Event>, Rejection> {
    let entry = ledger.entries.get(&id).ok_or(Rejection::NoEntry)?;
    let claimed = matches!(entry.stage, Stage::Claimed { .. }) && entry.attempts == attempt;
    match (outcome, &entry.stage) {
        (Outcome::NotReached, _) if claimed => Ok(vec![not_reached(ledger, id, entry, now)]),
        // Late, but they did speak with us: nobody calls again.
        (Outcome::Reached, Stage::Claimed { .. } | Stage::Open(_)) if (1..=entry.attempts).contains(&attempt) => {
            Ok(vec![Event::Closed { entry: id, why: Closed::Reached, at: now }])
        }
        (_, Stage::Closed { .. }) => Ok(Vec::new()),
        (Outcome::NotReached, Stage::Open(_)) if attempt == entry.attempts && attempt > 0 => Ok(Vec::new()),
        (Outcome::Reached | Outcome::NotReached, Stage::Open(_) | Stage::Claimed { .. }) => Err(Rejection::NotUnderWay),
    }
}

fn not_reached(ledger: &Ledger, id: CallId, entry: &Entry, now: Millis) -> Event {
    if entry.attempts >= ledger.rules.attempts {
        return Event::Closed { entry: id, why: Closed::GaveUp, at: now };
    }
    Event::NotReached { entry: id, attempt: entry.attempts, again_at: now + ledger.rules.pause_ms }
}

fn arrived(ledger: &Ledger, number: &str, call: CallId, now: Millis) -> Vec<Event> {
    let known = ledger.on_the_line.get(number).is_some_and(|calls| calls.contains_key(&call));
    // Only who is in the ledger matters to it.
    if known || ledger.calls.contains_key(&call) || !ledger.open.contains_key(number) {
        return Vec::new();
    }
    vec![Event::OnTheLine { number: number.to_owned(), call, at: now }]
}

fn left(ledger: &Ledger, number: &str, call: CallId, served: bool, now: Millis) -> Vec<Event> {
    let over = off_the_line(ledger, number, call);
    let entry = ledger.open.get(number).filter(|_| served && !ledger.calls.contains_key(&call));
    let closed = entry.map(|entry| Event::Closed { entry: *entry, why: Closed::ServedAgain, at: now });
    over.into_iter().chain(closed).collect()
}

fn off_the_line(ledger: &Ledger, number: &str, call: CallId) -> Option<Event> {
    let known = ledger.on_the_line.get(number).is_some_and(|calls| calls.contains_key(&call));
    known.then(|| Event::OffTheLine { number: number.to_owned(), call })
}

fn close(ledger: &Ledger, id: CallId, now: Millis) -> Result<Vec<Event>, Rejection> {
    match ledger.entries.get(&id).ok_or(Rejection::NoEntry)?.stage {
        Stage::Open(_) | Stage::Claimed { .. } => Ok(vec![Event::Closed { entry: id, why: Closed::ByHand, at: now }]),
        Stage::Closed { .. } => Ok(Vec::new()),
    }
}

fn tick(ledger: &Ledger, now: Millis) -> Vec<Event> {
    let over = ledger.due.iter().take_while(|(at, _)| *at <= now).take(MAX_DUE);
    let entries = over.filter_map(|(_, id)| Some((*id, ledger.entries.get(id)?)));
    let events = entries.filter_map(|(id, entry)| match entry.stage {
        Stage::Claimed { .. } => Some(not_reached(ledger, id, entry, now)),
        Stage::Closed { .. } => Some(Event::Forgotten { entry: id }),
        Stage::Open(_) => None,
    });
    events.collect()
}
