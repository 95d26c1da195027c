//! What callers of [`super::Sip`] say and hear.

use std::net::SocketAddr;

use super::{config::Transport, snapshot::Snapshot};
use crate::{ids::LegKey, media::Wish};

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A telephone number, through the trunks.
    Number(String),
    /// An agent's registered phone.
    Phone {
        /// Whose.
        agent: String,
    },
    /// A SIP address, straight.
    Uri(String),
}

/// As whom a call is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The number shown. Empty: the trunk's own.
    pub number: String,
    /// The name shown. Empty: none.
    pub name: String,
}

/// Why we end a leg. Before an answer it decides the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hangup {
    /// The talk is over (603 before an answer).
    Over,
    /// Nobody has time (486).
    Busy,
    /// Nobody is there (480).
    Unavailable,
    /// No such number (404).
    Unknown,
    /// We cannot go on (500).
    Failed,
}

impl Hangup {
    /// The status that refuses an unanswered call.
    pub fn status(self) -> u16 {
        match self {
            Self::Over => 603,
            Self::Busy => 486,
            Self::Unavailable => 480,
            Self::Unknown => 404,
            Self::Failed => 500,
        }
    }
}

/// How a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The other side hung up.
    Bye,
    /// We hung up.
    HungUp,
    /// The caller gave up before the answer.
    Cancelled,
    /// We refused the call with this status.
    Rejected(u16),
    /// Our call was refused with this status.
    Refused(u16),
    /// Nobody answered in time, there or here.
    NoAnswer,
    /// No trunk took the call, or the phone is not registered.
    NoRoute,
    /// The other side vanished: no ACK, no refresh, or it no longer knows the call.
    Lost,
}

/// What happens to legs.
#[derive(Clone, Debug)]
pub enum SipEvent {
    /// A call came in. It rings until [`super::Sip::answer`] or [`super::Sip::reject`].
    Incoming {
        /// Its new key.
        key: LegKey,
        /// The trunk that brought it; unset for a phone.
        trunk: Option<String>,
        /// The agent whose proven phone calls.
        agent: Option<String>,
        /// Who calls: a number or a user. Empty: withheld.
        from: String,
        /// The name shown. May be empty.
        from_name: String,
        /// What was dialled.
        to: String,
        /// The caller's offer. Empty: the answer must bring ours, and [`SipEvent::PeerAnswer`] follows.
        sdp: Vec<u8>,
        /// The Call-ID on the wire, to find the call in a carrier's log.
        sip_call_id: String,
    },
    /// Our call rings.
    Ringing {
        /// Which.
        key: LegKey,
        /// Early media, when there is.
        sdp: Option<Vec<u8>>,
    },
    /// Our call was answered.
    Answered {
        /// Which.
        key: LegKey,
        /// The answer to our offer.
        sdp: Vec<u8>,
        /// What the line that took it wants: which of our offers it had.
        wish: Wish,
        /// To take it over.
        snapshot: Snapshot,
    },
    /// The caller has our answer: the call stands.
    Confirmed {
        /// Which.
        key: LegKey,
        /// To take it over.
        snapshot: Snapshot,
    },
    /// The other side offers a change: answer with [`super::Sip::accept_change`] or [`super::Sip::refuse_change`].
    Changing {
        /// Which.
        key: LegKey,
        /// The offer. Empty: it asks for ours, and [`SipEvent::PeerAnswer`] follows.
        sdp: Vec<u8>,
    },
    /// The answer to an offer that we made in an answer.
    PeerAnswer {
        /// Which.
        key: LegKey,
        /// The answer.
        sdp: Vec<u8>,
        /// To take it over.
        snapshot: Snapshot,
    },
    /// A key was pressed (SIP INFO).
    Digit {
        /// Which.
        key: LegKey,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
    },
    /// A phone asks to be put through (REFER). Tell it how it went with [`super::Sip::transferred`].
    Transfer {
        /// Which.
        key: LegKey,
        /// To whom: a number, a user or an address.
        to: String,
        /// The Call-ID of the call to replace, when it consulted first.
        replaces: Option<String>,
    },
    /// What became of our own [`super::Sip::refer`].
    Referred {
        /// Which.
        key: LegKey,
        /// The last status that the other side told; 200 and above is final.
        status: u16,
    },
    /// The leg is over. Exactly once for every leg that was not forgotten, and its last event.
    Ended {
        /// Which.
        key: LegKey,
        /// How.
        why: Ended,
    },
}

/// A trunk, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkStatus {
    /// Its name.
    pub id: String,
    /// Whether its probes are answered.
    pub up: bool,
    /// Whether we are registered; unset when we need not be.
    pub registered: Option<bool>,
    /// Calls there now.
    pub calls: u32,
    /// How many may be. 0: no limit.
    pub channels: u32,
    /// Calls refused by its limits since the start.
    pub refused: u64,
    /// Calls that it did not take since the start, so that the next trunk was tried.
    pub failed: u64,
}

/// A registered phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneStatus {
    /// Whose.
    pub agent: String,
    /// Where it is.
    pub address: SocketAddr,
    /// How it is reached.
    pub transport: Transport,
    /// What it says it is.
    pub user_agent: String,
    /// How long the registration lasts, s.
    pub expires_s: u64,
}

/// What was counted since the start, and what is there now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that could not be understood.
    pub malformed: u64,
    /// Calls refused because too many began.
    pub refused_rate: u64,
    /// Calls refused because too many were there.
    pub refused_busy: u64,
    /// Calls refused while draining.
    pub refused_drain: u64,
    /// Calls refused by a trunk's limits.
    pub refused_trunk: u64,
    /// Requests from where none may come.
    pub refused_source: u64,
    /// Proofs that were wrong.
    pub wrong_secret: u64,
    /// Connections closed because there were too many.
    pub refused_connections: u64,
    /// Legs there now.
    pub legs: usize,
    /// Dialogs there now; 0 when there are no legs.
    pub dialogs: usize,
    /// Transactions under way now.
    pub transactions: usize,
    /// TCP and TLS connections there now.
    pub connections: usize,
}
