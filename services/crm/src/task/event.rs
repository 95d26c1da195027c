//! What happened to a task.

use super::Millis;

/// What is to be done, when, and by whom. `T` is a text as the journal has it: sealed outside, anything here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<T> {
    /// Record of the customer whom it is about.
    pub record: String,
    /// Kind: `data_entry`, `documents`, `follow_up`, `outreach`, `reminder`, … a word of the company's own.
    pub kind: String,
    /// The case that it belongs to; empty: none.
    pub case: String,
    /// The queue that it enters when it is due.
    pub queue: String,
    /// When it is offered to agents.
    pub at: Millis,
    /// What is to be done.
    pub text: T,
    /// The plan of which it is a step; empty: it stands alone.
    pub plan: String,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<T> {
    /// When it was decided.
    pub at: Millis,
    /// Id of the command that it came of.
    pub command: String,
    /// The account; empty: the center itself.
    pub by: String,
    /// What happened.
    pub what: What<T>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What<T> {
    /// It is planned.
    Planned(Plan<T>),
    /// It comes at another time.
    Moved {
        /// When.
        at: Millis,
    },
    /// Its time has come: agents are offered it.
    Due,
    /// Somebody did it.
    Done {
        /// How: a wrap-up code; empty: nobody said.
        outcome: String,
    },
    /// Nobody needs to do it.
    Cancelled,
}
