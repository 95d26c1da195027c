//! What a media thread is asked.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::oneshot;

use super::browser::BrowserLink;
use super::event::{PlayId, Record, RtpState};
use super::ports::Pair;
use super::sdp::agree::Agreed;
use super::sip_link::Beginning;
use super::sound::Sound;
use crate::ids::{CallId, LegId, LegKey};

pub(super) enum Order {
    /// A phone or trunk: the first time with its sockets, then what changed.
    Sip {
        key: LegKey,
        pair: Option<Pair>,
        agreed: Box<Agreed>,
        begin: Beginning,
    },
    Browser {
        key: LegKey,
        link: Box<BrowserLink>,
    },
    Hear {
        call: CallId,
        pairs: BTreeSet<(LegId, LegId)>,
    },
    /// Answered with whether there is such a leg.
    Play {
        key: LegKey,
        play: PlayId,
        sound: Sound,
        looped: bool,
        done: oneshot::Sender<bool>,
    },
    StopPlay {
        key: LegKey,
    },
    Press {
        key: LegKey,
        keys: String,
    },
    Record {
        call: CallId,
        order: Record,
    },
    States {
        call: CallId,
        reply: oneshot::Sender<BTreeMap<LegId, RtpState>>,
    },
    Drop {
        key: LegKey,
    },
    Close {
        call: CallId,
    },
}

impl Order {
    pub(super) fn call(&self) -> CallId {
        match self {
            Self::Sip { key, .. }
            | Self::Browser { key, .. }
            | Self::Play { key, .. }
            | Self::StopPlay { key }
            | Self::Press { key, .. }
            | Self::Drop { key } => key.call,
            Self::Hear { call, .. } | Self::Record { call, .. } | Self::States { call, .. } | Self::Close { call } => {
                *call
            }
        }
    }
}
