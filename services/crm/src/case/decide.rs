//! Which events a command becomes.

use super::{Action, Case, Command, Event, Late, Millis, Opening, Phase, Rejection, What};

/// Events that a case holds at most; solving it still works.
const MAX_EVENTS: u64 = 2_000;
/// Files and conversations of one case at most, each.
const MAX_ITEMS: usize = 100;

/// Decides on a command. No events: it was done before, or changes nothing.
///
/// # Errors
/// Why it is not carried out; the case is as it was.
pub fn decide<T: Clone + PartialEq>(
    case: &Case,
    command: &Command<T>,
    now: Millis,
) -> Result<Vec<Event<T>>, Rejection> {
    if case.done.contains(&command.id) {
        return Ok(Vec::new());
    }
    let whats = match &command.action {
        Action::Open(opening) => open(case, opening)?,
        Action::Tick => late(case, now),
        Action::Assign { .. }
        | Action::HandOver { .. }
        | Action::Note { .. }
        | Action::Attach { .. }
        | Action::Join { .. }
        | Action::Rank { .. }
        | Action::Wait { .. }
        | Action::Resume
        | Action::Solve { .. }
        | Action::Reopen => work(case, &command.action, now)?,
    };
    let event = |what| Event { at: now, command: command.id.clone(), by: command.by.clone(), what };
    Ok(whats.into_iter().map(event).collect())
}

/// When the next tick is due.
#[must_use]
pub fn next_deadline(case: &Case) -> Option<Millis> {
    match case.phase {
        Phase::Open => {
            let first = (!case.answered && !case.escalated.contains(&Late::First)).then_some(case.first_due);
            let solve = (!case.escalated.contains(&Late::Solve)).then_some(case.due);
            first.into_iter().chain(solve).min()
        }
        Phase::Waiting { until, .. } => until,
        Phase::None | Phase::Solved => None,
    }
}

fn open<T: Clone>(case: &Case, opening: &Opening<T>) -> Result<Vec<What<T>>, Rejection> {
    if case.phase != Phase::None {
        return Err(Rejection::Taken);
    }
    let sla = opening.sla;
    let fits = (1..=9).contains(&opening.priority) && sla.first_ms >= 1 && sla.solve_ms >= sla.first_ms;
    if fits { Ok(vec![What::Opened(opening.clone())]) } else { Err(Rejection::Bad) }
}

fn work<T: Clone>(case: &Case, action: &Action<T>, now: Millis) -> Result<Vec<What<T>>, Rejection> {
    if case.phase == Phase::None {
        return Err(Rejection::Unknown);
    }
    let solved = case.phase == Phase::Solved;
    match action {
        Action::Solve { code } if !solved => return Ok(vec![What::Solved { code: code.clone() }]),
        Action::Solve { .. } => return Ok(Vec::new()),
        Action::Reopen if !solved => return Err(Rejection::NotSolved),
        Action::Open(_)
        | Action::Tick
        | Action::Reopen
        | Action::Assign { .. }
        | Action::HandOver { .. }
        | Action::Note { .. }
        | Action::Attach { .. }
        | Action::Join { .. }
        | Action::Rank { .. }
        | Action::Wait { .. }
        | Action::Resume => {}
    }
    if case.events >= MAX_EVENTS {
        return Err(Rejection::Full);
    }
    // What is said of a solved case is kept; nobody works on it.
    let beside = matches!(action, Action::Note { .. } | Action::Attach { .. } | Action::Join { .. } | Action::Reopen);
    if solved && !beside {
        return Err(Rejection::Solved);
    }
    one(case, action, now)
}

fn one<T: Clone>(case: &Case, action: &Action<T>, now: Millis) -> Result<Vec<What<T>>, Rejection> {
    let some = |what| Ok(vec![what]);
    let none = || Ok(Vec::new());
    match action {
        Action::Assign { owner } if case.owner == *owner => none(),
        Action::Assign { owner } => some(What::Assigned { owner: owner.clone() }),
        Action::HandOver { department, .. } if case.department == *department => Err(Rejection::Bad),
        Action::HandOver { department, text } => {
            some(What::HandedOver { department: department.clone(), text: text.clone() })
        }
        Action::Note { text } => some(What::Noted { text: text.clone() }),
        Action::Attach { file, .. } if case.files.contains(file) => none(),
        Action::Attach { .. } if case.files.len() >= MAX_ITEMS => Err(Rejection::Full),
        Action::Attach { file, text } => some(What::Attached { file: file.clone(), text: text.clone() }),
        Action::Join { conversation } if case.conversations.contains(conversation) => none(),
        Action::Join { .. } if case.conversations.len() >= MAX_ITEMS => Err(Rejection::Full),
        Action::Join { conversation } => some(What::Joined { conversation: conversation.clone() }),
        Action::Rank { priority } if !(1..=9).contains(priority) => Err(Rejection::Bad),
        Action::Rank { priority } if case.priority == *priority => none(),
        Action::Rank { priority } => some(What::Ranked { priority: *priority }),
        Action::Wait { until: Some(until), .. } if *until <= now => Err(Rejection::Bad),
        Action::Wait { .. } if matches!(case.phase, Phase::Waiting { .. }) => Err(Rejection::Bad),
        Action::Wait { whom, until } => some(What::Waited { whom: whom.clone(), until: *until }),
        Action::Resume if matches!(case.phase, Phase::Waiting { .. }) => some(What::Resumed),
        Action::Resume => Err(Rejection::NotWaiting),
        Action::Reopen => some(What::Reopened),
        Action::Open(_) | Action::Tick | Action::Solve { .. } => none(),
    }
}

fn late<T>(case: &Case, now: Millis) -> Vec<What<T>> {
    match case.phase {
        Phase::Open => {
            let first = !case.answered && case.first_due <= now;
            let both = [(Late::First, first), (Late::Solve, case.due <= now)];
            let new = both.into_iter().filter(|(late, is)| *is && !case.escalated.contains(late));
            new.map(|(late, _)| What::Escalated { late }).collect()
        }
        Phase::Waiting { until: Some(until), .. } if until <= now => vec![What::Resumed],
        Phase::None | Phase::Waiting { .. } | Phase::Solved => Vec::new(),
    }
}
