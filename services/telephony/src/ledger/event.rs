//! What happened to lost calls.

use std::collections::BTreeMap;

use super::Millis;
use crate::ids::CallId;

/// A call that could not be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostCall {
    /// Which.
    pub call: CallId,
    /// The caller in E.164; none: hidden.
    pub number: Option<String>,
    /// The queue where it waited or was to be answered.
    pub queue: String,
    /// The answers of the IVR.
    pub answers: BTreeMap<String, String>,
    /// When it began to wait: the callback has this place.
    pub waiting_since: Millis,
    /// How it was lost.
    pub why: Why,
}

/// How a call was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its gateway died before it could be taken over: it was ringing, or not confirmed.
    NotConfirmed,
    /// The carrier or the telephone refused the takeover.
    TakeoverRefused,
    /// No gateway was left to take it over in time.
    NoGateway,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A call was lost. It opens an entry of its own, or joins the open one of its number.
    Lost {
        /// The call.
        lost: LostCall,
        /// The entry that it joins.
        joins: Option<CallId>,
        /// When.
        at: Millis,
    },
    /// A person is called back by whoever appended this.
    Claimed {
        /// The entry: its first call.
        entry: CallId,
        /// 1, 2, … of this entry.
        attempt: u32,
        /// The gateway.
        by: String,
        /// Without a result by then it counts as not reached.
        until: Millis,
    },
    /// A callback did not reach the person.
    NotReached {
        /// The entry.
        entry: CallId,
        /// Which.
        attempt: u32,
        /// Not called before.
        again_at: Millis,
    },
    /// An entry is closed for good.
    Closed {
        /// The entry.
        entry: CallId,
        /// Why.
        why: Closed,
        /// When.
        at: Millis,
    },
    /// A call of this number is on the line.
    OnTheLine {
        /// In E.164.
        number: String,
        /// The call.
        call: CallId,
        /// Since.
        at: Millis,
    },
    /// That call is over.
    OffTheLine {
        /// In E.164.
        number: String,
        /// The call.
        call: CallId,
    },
    /// A closed entry was old enough.
    Forgotten {
        /// The entry.
        entry: CallId,
    },
}

/// Why an entry is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The person picked up the callback.
    Reached,
    /// They called again and were served.
    ServedAgain,
    /// Somebody closed it by hand.
    ByHand,
    /// They were called as often as the rules say.
    GaveUp,
    /// The number is hidden.
    NoNumber,
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// They picked up. To be reported at once, before an agent is connected.
    Reached,
    /// Busy, no answer, a machine, a failed call.
    NotReached,
}
