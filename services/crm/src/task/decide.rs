//! Which events a command becomes, and what must be true of a task's conversation.

use super::{Event, Millis, Phase, Plan, Task, What};

/// A task is moved so often at most: who moves it more often cancels it and plans another.
const MAX_MOVES: u32 = 100;

/// Something asked of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<T> {
    /// Chosen by whoever asks; the same id is the same command.
    pub id: String,
    /// The account that asks; empty: the center itself.
    pub by: String,
    /// What.
    pub action: Action<T>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<T> {
    /// Plans it. A time that is past means now.
    Plan(Plan<T>),
    /// It comes at another time; not once agents are offered it.
    Move {
        /// When.
        at: Millis,
    },
    /// Nobody needs to do it.
    Cancel,
    /// Somebody did it: its conversation was closed, or they say so.
    Finish {
        /// A wrap-up code; empty: nobody said.
        outcome: String,
    },
    /// Time has passed.
    Tick,
}

/// Why a command is not carried out; the task is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It was never planned.
    #[error("there is no such task")]
    Unknown,
    /// Another one has this id.
    #[error("another task has this id")]
    Taken,
    /// It is over.
    #[error("the task is over")]
    Over,
    /// Agents are offered it already: decline or transfer it there.
    #[error("agents are offered the task already")]
    Offered,
    /// It was moved too often.
    #[error("the task was moved too often")]
    Full,
}

/// Decides on a command. No events: it was done before, or changes nothing.
///
/// # Errors
/// Why it is not carried out; the task is as it was.
pub fn decide<T: Clone>(task: &Task, command: &Command<T>, now: Millis) -> Result<Vec<Event<T>>, Rejection> {
    if task.done.contains(&command.id) {
        return Ok(Vec::new());
    }
    let what = match (&command.action, task.phase) {
        (Action::Plan(plan), Phase::None) => Some(What::Planned(plan.clone())),
        (Action::Plan(_), _) => return Err(Rejection::Taken),
        (_, Phase::None) => return Err(Rejection::Unknown),
        (Action::Tick, Phase::Planned { at }) if at <= now => Some(What::Due),
        (Action::Tick, _) => None,
        // A repeat of what is so: by another writer, or by the conversation's end.
        (Action::Finish { .. }, Phase::Done | Phase::Cancelled) | (Action::Cancel, Phase::Cancelled) => None,
        (Action::Finish { outcome }, Phase::Planned { .. } | Phase::Due) => {
            Some(What::Done { outcome: outcome.clone() })
        }
        (Action::Cancel, Phase::Planned { .. } | Phase::Due) => Some(What::Cancelled),
        (Action::Move { .. }, Phase::Due) => return Err(Rejection::Offered),
        (Action::Move { .. }, Phase::Planned { .. }) if task.moves >= MAX_MOVES => return Err(Rejection::Full),
        (Action::Move { at }, Phase::Planned { at: before }) if *at == before => None,
        (Action::Move { at }, Phase::Planned { .. }) => Some(What::Moved { at: *at }),
        (Action::Move { .. }, Phase::Done | Phase::Cancelled) | (Action::Cancel, Phase::Done) => {
            return Err(Rejection::Over);
        }
    };
    let event = |what| Event { at: now, command: command.id.clone(), by: command.by.clone(), what };
    Ok(what.into_iter().map(event).collect())
}

/// When the next tick is due.
#[must_use]
pub fn next_deadline(task: &Task) -> Option<Millis> {
    match task.phase {
        Phase::Planned { at } => Some(at),
        Phase::None | Phase::Due | Phase::Done | Phase::Cancelled => None,
    }
}

/// What must be true of the conversation with the task's id: it is there and open, it is closed, or nothing.
#[must_use]
pub fn desired(task: &Task) -> Option<bool> {
    match task.phase {
        Phase::Due => Some(true),
        Phase::Done | Phase::Cancelled if task.was_due => Some(false),
        Phase::None | Phase::Planned { .. } | Phase::Done | Phase::Cancelled => None,
    }
}
