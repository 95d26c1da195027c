//! What happened in a campaign.

use serde::{Deserialize, Serialize};

use super::Millis;
use super::plan::Plan;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The rules changed.
    Defined {
        /// From now on.
        plan: Box<Plan>,
    },
    /// An entry was added.
    Added {
        /// Its id.
        entry: String,
        /// The number, or what stands for it.
        number: String,
    },
    /// It may dial.
    Started,
    /// It dials nothing new.
    Paused,
    /// It ended for good.
    Finished,
    /// A number is never called again.
    DoNotCall {
        /// The number, or what stands for it.
        number: String,
    },
    /// A number may be called after all.
    MayCall {
        /// The number, or what stands for it.
        number: String,
    },
    /// An agent looks at an entry.
    Previewed {
        /// The entry.
        entry: String,
        /// The agent, or the conversation that offers it to one.
        agent: String,
        /// So long.
        until: Millis,
    },
    /// An entry was not dialled by the agent who looked at it.
    Returned {
        /// The entry.
        entry: String,
        /// Why.
        why: Returned,
        /// Not before.
        again_at: Millis,
    },
    /// A number is dialled by whoever appended this.
    Dialled {
        /// The entry.
        entry: String,
        /// 1, 2, … of this entry.
        attempt: u32,
        /// The gateway or the call.
        by: String,
        /// Who looked at it (preview).
        agent: Option<String>,
        /// When.
        at: Millis,
        /// Without a result by then the attempt is lost.
        until: Millis,
    },
    /// An attempt is over.
    Ended {
        /// The entry.
        entry: String,
        /// Which.
        attempt: u32,
        /// What became of it.
        outcome: Outcome,
        /// When.
        at: Millis,
        /// The number is dialled again, not before; none: never.
        again_at: Option<Millis>,
    },
}

/// Why an entry came back undialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// The agent left it for later.
    Skipped,
    /// The time to look at it was over.
    Lapsed,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Somebody picked up and was connected to an agent.
    Answered,
    /// Somebody picked up and found nobody.
    Abandoned,
    /// It was busy.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// A machine picked up.
    Machine,
    /// Somebody picked up and wants no more calls. After `Answered` it is a `DoNotCall` of its own.
    AskedNotToCall,
    /// There is no such number.
    NoSuchNumber,
    /// The call failed.
    Failed,
    /// It is not known: the gateway died.
    Lost,
}
