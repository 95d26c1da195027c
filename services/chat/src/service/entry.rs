//! One conversation as the service holds it: its acknowledged events, what they add up to, and who waits for what.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chassis::refusal::Refusal;
use journal::Record;
use proto::journal::v1::Unit;
use uuid::Uuid;

use super::{
    hall::Loaded,
    key::Key,
    reply::Reply,
    watch::{Ask, Asking, StreamId, Watcher},
};
use crate::{
    conversation::{Command, Conversation, Event, PartyKind, Phase, What},
    convert, error,
};

/// How much of the journal an entry knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Everything that the follower or an acknowledgement has told since it was read.
    Whole,
    /// Perhaps not all: it must be read on before anything is decided.
    Stale,
}

/// A command that waits to be decided on, or for its unit's acknowledgement.
pub(super) struct Pending {
    pub command: Command<String>,
    pub reply: Reply,
    pub arrived: Instant,
}

/// A command that an append in flight carries.
pub(super) struct Carried {
    pub pending: Pending,
    /// Number of the event that carries it out.
    pub number: u64,
    /// It had been carried out by an earlier command.
    pub repeated: bool,
}

/// The one append of a conversation that may be under way.
pub(super) struct Flight {
    /// Message id; the same for every retry.
    pub id: String,
    pub unit: Unit,
    pub expect: u64,
    pub launched: Instant,
    pub carried: Vec<Carried>,
    /// Routing has to hear of it.
    pub moves_contact: bool,
}

/// See the module.
pub(super) struct Entry {
    pub id: Uuid,
    pub subject: String,
    /// What the acknowledged events add up to, and during a flight also that flight's.
    pub state: Conversation,
    /// The acknowledged events; event number n at index n - 1.
    pub events: Vec<Bytes>,
    /// The subject's last sequence.
    pub sequence: u64,
    pub known: Known,
    /// What is known here was the journal's end at this time.
    pub verified: Option<Instant>,
    pub loading: bool,
    /// The last read came from a replica that lags.
    pub lagging: bool,
    pub key: Option<Key>,
    pub pending: VecDeque<Pending>,
    /// Receipts that wait for a unit to ride along with.
    pub receipts: Vec<Pending>,
    pub receipts_due: bool,
    pub flight: Option<Flight>,
    pub asking: Vec<Asking>,
    pub watchers: Vec<Watcher>,
    /// An event could not be read: nothing more is decided here.
    pub broken: bool,
    pub used: u64,
}

impl Entry {
    pub(super) fn new(id: Uuid) -> Self {
        Self {
            id,
            subject: convert::subject(id),
            state: Conversation::default(),
            events: Vec::new(),
            sequence: 0,
            known: Known::Stale,
            verified: None,
            loading: false,
            lagging: false,
            key: None,
            pending: VecDeque::new(),
            receipts: Vec::new(),
            receipts_due: false,
            flight: None,
            asking: Vec::new(),
            watchers: Vec::new(),
            broken: false,
            used: 0,
        }
    }

    /// Nobody needs it in memory.
    pub(super) fn is_idle(&self) -> bool {
        self.flight.is_none()
            && !self.loading
            && self.pending.is_empty()
            && self.receipts.is_empty()
            && self.asking.is_empty()
            && self.watchers.is_empty()
    }

    /// Whether what is known is as new as `since`.
    pub(super) fn verified_since(&self, since: Instant) -> bool {
        self.known == Known::Whole && self.verified.is_some_and(|verified| verified >= since)
    }

    /// Whether another writer's unit was seen in the flight's place: its append will be refused.
    pub(super) fn is_overtaken(&self, flight: &Flight) -> bool {
        flight.expect != self.sequence
    }

    /// Forgets what an append that failed had added to the state.
    pub(super) fn revert(&mut self) {
        let mut state = Conversation::default();
        for bytes in &self.events {
            match convert::decode(bytes.clone()) {
                Ok(event) => state.evolve(&event),
                Err(error) => self.broken = log_broken(self.id, &error),
            }
        }
        self.state = state;
    }

    /// Takes another writer's record, or one read from the journal. Returns how many events it added.
    pub(super) fn take(&mut self, record: &Record) -> usize {
        if record.sequence <= self.sequence {
            return 0;
        }
        if let Some(fault) = &record.fault {
            tracing::error!(conversation = %self.id, sequence = record.sequence, fault, "unreadable unit");
            self.sequence = record.sequence;
            return 0;
        }
        let mut events = Vec::with_capacity(record.unit.events.len());
        for bytes in &record.unit.events {
            match convert::decode(bytes.clone()) {
                Ok(event) => events.push(event),
                Err(error) => {
                    self.broken = log_broken(self.id, &error);
                    return 0;
                }
            }
        }
        self.append(record, &events)
    }

    fn append(&mut self, record: &Record, events: &[Event]) -> usize {
        let expected = self.events.len() as u64 + 1;
        if events.first().is_some_and(|event| event.number != expected) {
            self.known = Known::Stale;
            return 0;
        }
        events.iter().for_each(|event| self.state.evolve(event));
        self.events.extend(record.unit.events.iter().cloned());
        self.sequence = record.sequence;
        events.len()
    }

    /// Takes what was read. `newest` is how far the conversation is known to reach. Returns how many events it added.
    pub(super) fn read_on(&mut self, loaded: Loaded, newest: u64, started: Instant) -> usize {
        self.known = Known::Whole;
        let added = loaded.replay.records.iter().map(|record| self.take(record)).sum();
        if self.known == Known::Stale {
            // The journal itself has a hole here: reading again would not fill it.
            self.broken = true;
        }
        self.key = loaded.key.or_else(|| self.key.take());
        // A last sequence without its record is not known: to expect it would be to write over what was not read.
        self.lagging = newest.max(loaded.replay.last) > self.sequence;
        if self.lagging {
            self.known = Known::Stale;
        } else {
            self.verified = Some(started);
        }
        added
    }

    /// Ends the watches, running and waiting ones, that `ended` names by stream and tag.
    pub(super) fn end_watches(&mut self, ended: impl Fn(StreamId, u64) -> bool) {
        self.watchers.retain(|watcher| !ended(watcher.sink.stream, watcher.tag));
        self.asking.retain(|asking| match &asking.ask {
            Ask::Watch { sink, tag, .. } => !ended(sink.stream, *tag),
            Ask::Read { .. } | Ask::MaySpeak { .. } | Ask::Reconcile => true,
        });
    }

    /// Answers everything that waits with the same refusal.
    pub(super) fn refuse_all(&mut self, refusal: &Refusal) {
        self.receipts_due = false;
        for pending in self.pending.drain(..).chain(self.receipts.drain(..)) {
            pending.reply.send(Err(refusal.clone()));
        }
        for asking in self.asking.drain(..) {
            asking.ask.refuse(self.id, refusal.clone());
        }
    }

    /// Answers commands whose patience is over.
    pub(super) fn refuse_late(&mut self, now: Instant, patience: Duration) {
        let (late, rest) = self.pending.drain(..).partition(|pending| now >= pending.arrived + patience);
        self.pending = rest;
        let late: VecDeque<Pending> = late;
        late.into_iter().for_each(|pending| pending.reply.send(Err(error::unavailable())));
    }

    /// Nobody opened it: the next who tries may be another customer.
    pub(super) fn forget_strangers_key(&mut self) {
        if !self.exists() {
            self.key = None;
        }
    }

    /// Whether there is a conversation to speak of, as far as acknowledged events say.
    pub(super) fn exists(&self) -> bool {
        !self.events.is_empty()
    }

    /// The customer whose key is needed: the conversation's, or that of whoever is about to open it.
    pub(super) fn key_owner(&self) -> Option<String> {
        if self.state.phase() != Phase::Absent {
            return Some(self.state.customer().to_owned());
        }
        let opens = |pending: &&Pending| matches!(pending.command.action, crate::conversation::Action::Open { .. });
        self.pending.iter().find(opens).map(|pending| pending.command.by.id.clone())
    }
}

/// Whether routing has to hear of it. What routing itself assigned it knows; what an agent took it does not.
pub(super) fn moves_contact(event: &Event) -> bool {
    match &event.what {
        What::Opened { .. }
        | What::Transferred { .. }
        | What::Closed { .. }
        | What::Reopened { .. }
        | What::CallbackAsked { .. }
        | What::CallbackCancelled => true,
        What::Assigned { .. } => event.by.kind == PartyKind::Agent,
        What::MessagePosted { .. }
        | What::Delivered { .. }
        | What::Read { .. }
        | What::Noted { .. }
        | What::Wrapped { .. }
        | What::Joined { .. }
        | What::Left { .. }
        | What::Rated { .. }
        | What::FilePosted { .. } => false,
    }
}

fn log_broken(conversation: Uuid, error: &convert::BadEvent) -> bool {
    tracing::error!(%conversation, %error, "conversation cannot be read");
    true
}
