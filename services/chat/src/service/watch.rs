//! Who watches and who reads: asks wait here until the conversation is known and the asker may see it.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use chassis::refusal::Refusal;
use proto::chat::v1 as pb;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{key::Key, reply::to_message};
use crate::conversation::{Party, PartyKind};

/// Names one watch stream of this process.
pub(crate) type StreamId = u64;

/// What a watch stream is given; bounded in number, so that a slow stream costs bounded memory.
pub(crate) enum Item {
    /// What the watcher lacks. Opened as the stream has room for it.
    Backlog {
        /// The conversation.
        conversation: Uuid,
        /// The watch's tag.
        tag: u64,
        /// Opens the texts.
        key: Key,
        /// The events' bytes, in order.
        events: Vec<Bytes>,
        /// Who reads them.
        reader: PartyKind,
    },
    /// One event, just acknowledged.
    Live {
        /// The conversation.
        conversation: Uuid,
        /// The watch's tag.
        tag: u64,
        /// The event, shared by its watchers.
        event: Arc<pb::ReadableEvent>,
    },
    /// Somebody is typing.
    Typing {
        /// The conversation.
        conversation: Uuid,
        /// The watch's tag.
        tag: u64,
        /// Who.
        by: pb::Party,
    },
}

/// The sending side of a watch stream.
#[derive(Clone)]
pub(crate) struct Sink {
    /// Which stream.
    pub stream: StreamId,
    /// Events and signals, bounded.
    pub items: mpsc::Sender<Item>,
    /// Refusals: at most one for each start of a watch, so bounded by what was asked.
    pub refusals: mpsc::UnboundedSender<pb::WatchResponse>,
}

impl Sink {
    /// Ends a watch with a reason.
    pub(crate) fn refuse(&self, conversation: Uuid, tag: u64, refusal: &Refusal) {
        let what = Some(pb::watch_response::What::Refusal(to_message(refusal)));
        let _stream_left =
            self.refusals.send(pb::WatchResponse { conversation_id: conversation.to_string(), tag, what });
    }
}

/// One watch of one conversation.
pub(super) struct Watcher {
    pub sink: Sink,
    pub tag: u64,
    pub by: Party,
    /// Number of the last event it was given, or said it has.
    pub seen: u64,
}

/// A page of events, sealed.
pub(crate) struct Page {
    /// In order.
    pub events: Vec<Bytes>,
    /// Opens them.
    pub key: Key,
    /// The conversation's last number.
    pub last_number: u64,
}

/// What is asked of a conversation without changing it.
pub(crate) enum Ask {
    /// Begin a watch.
    Watch {
        /// Where to.
        sink: Sink,
        /// Chosen by the caller.
        tag: u64,
        /// Who.
        by: Party,
        /// The last number the watcher has.
        after: u64,
    },
    /// Read a page.
    Read {
        /// Who.
        by: Party,
        /// Events after this number.
        after: u64,
        /// At most so many.
        limit: usize,
        /// Where to.
        reply: oneshot::Sender<Result<Page, Refusal>>,
    },
    /// May this party speak here? Answered once; used for typing.
    MaySpeak {
        /// Who.
        by: Party,
        /// Where to.
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Tell routing again what the conversation wants of it, from the journal's present end.
    Reconcile,
}

impl Ask {
    /// Answers that it cannot be.
    pub(super) fn refuse(self, conversation: Uuid, refusal: Refusal) {
        match self {
            Self::Watch { sink, tag, .. } => sink.refuse(conversation, tag, &refusal),
            Self::Read { reply, .. } => drop(reply.send(Err(refusal))),
            Self::MaySpeak { reply, .. } => drop(reply.send(Err(refusal))),
            Self::Reconcile => {}
        }
    }
}

/// An ask that waits.
pub(super) struct Asking {
    pub ask: Ask,
    pub arrived: Instant,
}
