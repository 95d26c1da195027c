//! What happens to a call in a flow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ivr::flow::Variable;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The call was answered.
    Start {
        /// What is known of it: `caller`, `dialled`.
        variables: BTreeMap<Variable, String>,
    },
    /// Another gateway took the call over: whatever played or was recorded is gone, and begins again.
    Resume,
    /// The caller pressed `0` to `9`, `*` or `#`.
    Digit(char),
    /// A sound was heard to its end.
    Played {
        /// As in [`Act::Play`](super::Act::Play).
        play: u32,
    },
    /// [`State::deadline`](super::State::deadline) has come.
    Timeout,
    /// An answer to [`Act::Ask`](super::Act::Ask) or [`Act::Transfer`](super::Act::Transfer).
    Answered {
        /// As in the act.
        ask: u32,
        /// The answer.
        answer: Answer,
    },
    /// Where the caller stands in the queue.
    Place {
        /// 1 is next.
        place: u32,
        /// The expected wait; none: not known.
        wait_ms: Option<u64>,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The calendar is open.
    Open,
    /// The calendar is closed.
    Closed,
    /// Something was found, with these fields.
    Found(BTreeMap<String, String>),
    /// Nothing was found.
    Missing,
    /// The transfer is connected.
    Connected,
    /// There is no answer, or nobody picked up.
    Failed,
}
