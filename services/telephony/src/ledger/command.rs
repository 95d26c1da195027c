//! What can be asked of the ledger.

use super::event::{LostCall, Outcome};
use crate::ids::CallId;

/// Something asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A call was lost. The same call again changes nothing.
    Lose {
        /// The call.
        lost: LostCall,
    },
    /// A gateway wants to call back.
    Claim {
        /// The entry.
        entry: CallId,
        /// The gateway.
        by: String,
    },
    /// What became of a callback.
    Result {
        /// The entry.
        entry: CallId,
        /// As in [`Event::Claimed`](super::Event::Claimed).
        attempt: u32,
        /// What.
        outcome: Outcome,
    },
    /// A call with this number arrived.
    Arrived {
        /// In E.164.
        number: String,
        /// The call.
        call: CallId,
    },
    /// That call is over.
    Left {
        /// In E.164.
        number: String,
        /// The call.
        call: CallId,
        /// Whether an agent spoke with them.
        served: bool,
    },
    /// Somebody closes an entry by hand.
    Close {
        /// The entry.
        entry: CallId,
    },
    /// Time has passed.
    Tick,
}

/// Why a command is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is none.
    #[error("there is no such lost call")]
    NoEntry,
    /// Somebody calls them back, they are on the line, it is too early, or it is closed.
    #[error("the lost call is not to be called back now")]
    NotNow,
    /// No such attempt is under way.
    #[error("no such callback is under way")]
    NotUnderWay,
}
