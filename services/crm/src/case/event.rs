//! What happened to a case.

use super::{Millis, Opening};

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
    /// It began.
    Opened(Opening<T>),
    /// Somebody has it, or nobody.
    Assigned {
        /// The account.
        owner: Option<String>,
    },
    /// Another department has it, nobody in it yet.
    HandedOver {
        /// Which.
        department: String,
        /// What they should know.
        text: T,
    },
    /// Something was noted.
    Noted {
        /// What.
        text: T,
    },
    /// A file belongs to it.
    Attached {
        /// Its id.
        file: String,
        /// Its name.
        text: T,
    },
    /// It came up in a conversation.
    Joined {
        /// Its id.
        conversation: String,
    },
    /// It is that urgent.
    Ranked {
        /// 1 to 9.
        priority: u32,
    },
    /// It waits for somebody outside.
    Waited {
        /// For whom.
        whom: String,
        /// Until when at most.
        until: Option<Millis>,
    },
    /// It goes on.
    Resumed,
    /// It is late.
    Escalated {
        /// With what.
        late: Late,
    },
    /// It is solved.
    Solved {
        /// How.
        code: String,
    },
    /// It is not solved after all.
    Reopened,
}

/// With what a case is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Late {
    /// Nobody answered.
    First,
    /// It is not solved.
    Solve,
}
