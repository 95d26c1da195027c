//! What can be asked of a case.

use super::Millis;

/// How quickly a case of its kind is to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sla {
    /// Until somebody of the department answers, ms, 1 or more.
    pub first_ms: u64,
    /// Until it is solved, ms, not less than `first_ms`.
    pub solve_ms: u64,
}

/// How a case begins. `T` is a text as the journal has it: sealed outside, anything here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening<T> {
    /// Record of the customer.
    pub record: String,
    /// Kind: `how_to`, `damage`, `return`, `complaint`, `pre_purchase`, `documents`, … a word of the company's own.
    pub kind: String,
    /// Who works on it first.
    pub department: String,
    /// 1 (can wait) to 9 (now).
    pub priority: u32,
    /// One line.
    pub title: T,
    /// The conversation that it came up in; empty: none.
    pub conversation: String,
    /// How quickly.
    pub sla: Sla,
}

/// Something asked of a case.
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
    /// Begins it. Opening it again with the same id changes nothing.
    Open(Opening<T>),
    /// Somebody has it now; none: nobody of the department.
    Assign {
        /// The account.
        owner: Option<String>,
    },
    /// Another department goes on with it.
    HandOver {
        /// Which.
        department: String,
        /// What they should know.
        text: T,
    },
    /// Something to remember. Whoever has it or works on it has answered.
    Note {
        /// What.
        text: T,
    },
    /// A photograph or a paper.
    Attach {
        /// The file's id.
        file: String,
        /// Its name.
        text: T,
    },
    /// It came up in this conversation, too.
    Join {
        /// The conversation's id.
        conversation: String,
    },
    /// How urgent it is.
    Rank {
        /// 1 to 9.
        priority: u32,
    },
    /// It waits for somebody outside: the clock stands still.
    Wait {
        /// For whom: `customer`, `shop`, `supplier`, … a word of the company's own.
        whom: String,
        /// When somebody looks at it again; none: when word comes.
        until: Option<Millis>,
    },
    /// It goes on.
    Resume,
    /// It is solved.
    Solve {
        /// How: a code of the company's own.
        code: String,
    },
    /// It is not solved after all.
    Reopen,
    /// Time has passed.
    Tick,
}

/// Why a command is not carried out; the case is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It was never opened.
    #[error("there is no such case")]
    Unknown,
    /// Another one has this id.
    #[error("another case has this id")]
    Taken,
    /// A value is out of its range.
    #[error("a value is out of its range")]
    Bad,
    /// It is solved; reopen it first.
    #[error("the case is solved")]
    Solved,
    /// It is not solved.
    #[error("the case is not solved")]
    NotSolved,
    /// It does not wait.
    #[error("the case does not wait")]
    NotWaiting,
    /// It holds as much as a case may.
    #[error("the case is full")]
    Full,
}
