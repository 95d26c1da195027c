//! All conversations that are in memory. No I/O: inputs are method calls, what they ask for comes out as [`Effect`]s.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use journal::{AppendError, Appended, ReadError, Record, Replay};
use proto::{chat::v1 as pb, journal::v1::Unit};
use uuid::Uuid;

use super::{
    batch::Launch,
    entry::{Entry, Flight, Known, Pending},
    key::Key,
    recent::Recent,
    reply::Reply,
    watch::{Ask, Asking, StreamId},
};
use crate::{
    conversation::{Command, Millis, Party, Wish},
    convert, error,
};

/// What has to be done outside.
pub(crate) enum Effect {
    /// Read a conversation's subject after a sequence, and the key of its customer (or of `opener`, when there is none).
    Load {
        /// The conversation.
        conversation: Uuid,
        /// After this sequence.
        after: u64,
        /// Whose key is needed, as far as is known here.
        customer: Option<String>,
        /// The last read came from a replica that lags: pause a little first.
        again: bool,
    },
    /// Append a unit.
    Append {
        /// The conversation.
        conversation: Uuid,
        /// Its subject's expected last sequence.
        expect: u64,
        /// Message id.
        id: String,
        /// The unit.
        unit: Unit,
    },
    /// Tell routing what a conversation wants.
    Wish {
        /// The conversation.
        conversation: Uuid,
        /// What it wants.
        wishes: Vec<Wish>,
    },
    /// Worth counting.
    Count(Counted),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// A unit with so many commands was stored.
    Unit(usize),
    /// Another writer was first.
    Conflict,
    /// An outcome stayed unknown.
    Unknown,
    /// A watch was dropped.
    TooSlow,
}

/// What was read of a conversation.
pub(crate) struct Loaded {
    /// The records after the asked sequence.
    pub replay: Replay,
    /// The customer's key; `None` when there is neither conversation nor opener.
    pub key: Option<Key>,
}

/// The hall's tunables; see [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub site: String,
    pub answer_within: Duration,
    pub receipts_wait: Duration,
    pub watch_waits: Duration,
    pub cached_events: usize,
}

/// The time, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// For waiting.
    pub instant: Instant,
    /// For people.
    pub wall: Millis,
}

/// See the module.
pub(crate) struct Hall {
    pub(super) limits: Limits,
    pub(super) entries: HashMap<Uuid, Entry>,
    pub(super) recent: Recent,
    pub(super) cached_events: usize,
    pub(super) effects: Vec<Effect>,
    /// When something that waits for time alone is due; in order, because each kind waits equally long.
    pub(super) receipts_due: VecDeque<(Instant, Uuid)>,
    pub(super) asks_due: VecDeque<(Instant, Uuid)>,
    clock: u64,
}

impl Hall {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: HashMap::new(),
            recent: Recent::default(),
            cached_events: 0,
            effects: Vec::new(),
            receipts_due: VecDeque::new(),
            asks_due: VecDeque::new(),
            clock: 0,
        }
    }

    /// What has to be done, since the last call.
    pub(crate) fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Takes a command; [`Hall::pump`] decides on it.
    pub(crate) fn command(&mut self, conversation: Uuid, command: Command<String>, reply: Reply, now: Now) {
        let wait = self.limits.receipts_wait;
        let entry = self.touch(conversation);
        let receipt = command.is_receipt();
        let pending = Pending { command, reply, arrived: now.instant };
        if !receipt {
            entry.pending.push_back(pending);
            return;
        }
        let first = entry.receipts.is_empty();
        entry.receipts.push(pending);
        if first {
            self.receipts_due.push_back((now.instant + wait, conversation));
        }
    }

    /// Takes an ask; [`Hall::pump`] answers it.
    pub(crate) fn ask(&mut self, conversation: Uuid, ask: Ask, now: Now) {
        let waits = matches!(ask, Ask::Watch { .. });
        self.touch(conversation).asking.push(Asking { ask, arrived: now.instant });
        if waits {
            self.asks_due.push_back((now.instant + self.limits.watch_waits, conversation));
        }
    }

    /// Ends one watch.
    pub(crate) fn unwatch(&mut self, conversation: Uuid, stream: StreamId, tag: u64) {
        if let Some(entry) = self.entries.get_mut(&conversation) {
            entry.end_watches(|of, with| of == stream && with == tag);
        }
    }

    /// Ends all watches of a stream that is gone.
    pub(crate) fn stream_left(&mut self, stream: StreamId) {
        for entry in self.entries.values_mut() {
            entry.end_watches(|of, _| of == stream);
        }
    }

    /// Somebody types, here or at another site.
    pub(crate) fn typing(&mut self, conversation: Uuid, by: &Party) {
        if let Some(entry) = self.entries.get_mut(&conversation) {
            entry.tell_typing(by);
        }
    }

    /// A customer's key is gone.
    pub(crate) fn erased(&mut self, customer: &str) {
        for entry in self.entries.values_mut().filter(|entry| entry.state.customer() == customer) {
            entry.key = Some(Key::Erased);
        }
    }

    /// A record that the follower brought. It may be of a flight of ours, of another writer, or known already.
    pub(crate) fn record(&mut self, record: Record, now: Now) {
        let Some(conversation) = convert::conversation_of(&record.subject) else { return };
        self.recent.note(conversation, record.sequence);
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        if let Some(flight) = entry.flight.take_if(|flight| flight.id == record.id && flight.expect == entry.sequence) {
            self.stored(conversation, flight, record.sequence);
        } else if record.sequence > entry.sequence && !entry.loading {
            if entry.flight.as_ref().is_some_and(|flight| !entry.is_overtaken(flight)) {
                entry.revert();
            }
            self.cached_events += entry.take(&record);
            self.tell(conversation);
        }
        self.pump(conversation, now);
    }

    /// The outcome of [`Effect::Load`].
    pub(crate) fn loaded(
        &mut self,
        conversation: Uuid,
        started: Instant,
        outcome: Result<Loaded, ReadError>,
        now: Now,
    ) {
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        entry.loading = false;
        match outcome {
            Ok(loaded) => {
                let newest = self.recent.newest(conversation);
                self.cached_events += entry.read_on(loaded, newest, started);
                if entry.known == Known::Stale {
                    entry.refuse_late(now.instant, self.limits.answer_within);
                }
                self.tell(conversation);
            }
            Err(error) => {
                tracing::warn!(%conversation, %error, "conversation not read");
                // What the follower brought meanwhile was left to this read.
                entry.known = Known::Stale;
                entry.refuse_all(&error::unavailable());
            }
        }
        self.pump(conversation, now);
    }

    /// The outcome of [`Effect::Append`].
    pub(crate) fn appended(&mut self, conversation: Uuid, id: &str, outcome: Result<Appended, AppendError>, now: Now) {
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        // The follower may have brought the unit before its acknowledgement came.
        let Some(flight) = entry.flight.take_if(|flight| flight.id == id) else { return };
        match outcome {
            Ok(appended) if entry.is_overtaken(&flight) => {
                tracing::warn!(%conversation, sequence = appended.sequence, "append confirmed behind another writer's");
                entry.known = Known::Stale;
                entry.crash(flight);
            }
            Ok(appended) => self.stored(conversation, flight, appended.sequence),
            Err(AppendError::Conflict { last, .. }) => {
                self.effects.push(Effect::Count(Counted::Conflict));
                entry.crash(flight);
                if last == 0 || entry.sequence < last {
                    entry.known = Known::Stale;
                }
            }
            Err(error @ AppendError::Unavailable { .. }) => self.unknown(conversation, flight, &error, now),
            Err(error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. })) => {
                tracing::error!(%conversation, %error, "unit refused");
                entry.abandon(flight, &error::internal("the journal refused the unit"));
            }
        }
        self.pump(conversation, now);
    }

    /// Neither yes nor no: the same unit again under the same id while anybody's patience lasts.
    fn unknown(&mut self, conversation: Uuid, flight: Flight, error: &AppendError, now: Now) {
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        let patience = self.limits.answer_within;
        let waits = |arrived: Instant| now.instant < arrived + patience;
        if !entry.is_overtaken(&flight) && flight.carried.iter().any(|carried| waits(carried.pending.arrived)) {
            let (expect, id, unit) = (flight.expect, flight.id.clone(), flight.unit.clone());
            self.effects.push(Effect::Append { conversation, expect, id, unit });
            entry.flight = Some(flight);
            return;
        }
        tracing::warn!(%conversation, %error, "append not confirmed");
        self.effects.push(Effect::Count(Counted::Unknown));
        entry.abandon(flight, &error::unavailable());
        entry.refuse_late(now.instant, patience);
    }

    fn stored(&mut self, conversation: Uuid, flight: Flight, sequence: u64) {
        self.recent.note(conversation, sequence);
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        self.effects.push(Effect::Count(Counted::Unit(flight.carried.len())));
        let moves = flight.moves_contact;
        self.cached_events += entry.land(flight, sequence);
        if moves {
            self.effects.push(Effect::Wish { conversation, wishes: entry.state.wishes() });
        }
        self.tell(conversation);
    }

    fn tell(&mut self, conversation: Uuid) {
        if let Some(entry) = self.entries.get_mut(&conversation) {
            let dropped = entry.tell_watchers();
            self.effects.extend((0..dropped).map(|_| Effect::Count(Counted::TooSlow)));
        }
    }

    /// Does whatever can be done for a conversation now.
    pub(crate) fn pump(&mut self, conversation: Uuid, now: Now) {
        let Some(entry) = self.entries.get_mut(&conversation) else { return };
        if entry.broken {
            entry.refuse_all(&error::internal("the conversation cannot be read"));
            return;
        }
        if entry.loading {
            return;
        }
        let mut load = entry.known == Known::Stale && !entry.is_idle() || entry.lacks_key();
        if !load {
            let answered = entry.answer_asks(now.instant, self.limits.watch_waits);
            load = answered.load;
            if answered.reconcile {
                self.effects.push(Effect::Wish { conversation, wishes: entry.state.wishes() });
            }
        }
        if entry.flight.is_some() {
            return;
        }
        if !load {
            match entry.launch(now.instant, now.wall, &self.limits.site) {
                Launch::Nothing => return entry.forget_strangers_key(),
                Launch::Load => load = true,
                Launch::Append => {
                    if let Some(flight) = &entry.flight {
                        let (expect, id, unit) = (flight.expect, flight.id.clone(), flight.unit.clone());
                        self.effects.push(Effect::Append { conversation, expect, id, unit });
                    }
                }
            }
        }
        if load {
            entry.loading = true;
            let (after, customer, again) = (entry.sequence, entry.key_owner(), entry.lagging);
            self.effects.push(Effect::Load { conversation, after, customer, again });
        }
    }

    /// When [`Hall::tick`] has something to do.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        [self.receipts_due.front(), self.asks_due.front()].into_iter().flatten().map(|(due, _)| *due).min()
    }

    /// Does what is due: receipts that waited long enough, watches that waited too long.
    pub(crate) fn tick(&mut self, now: Now) {
        while let Some((_, conversation)) = self.receipts_due.pop_front_if(|(due, _)| *due <= now.instant) {
            if let Some(entry) = self.entries.get_mut(&conversation) {
                entry.receipts_due = !entry.receipts.is_empty();
            }
            self.pump(conversation, now);
        }
        while let Some((_, conversation)) = self.asks_due.pop_front_if(|(due, _)| *due <= now.instant) {
            self.pump(conversation, now);
        }
    }

    /// Lets receipts go now: the service is stopping.
    pub(crate) fn flush(&mut self, now: Now) {
        for (due, _) in &mut self.receipts_due {
            *due = now.instant;
        }
        self.tick(now);
    }

    /// Whether nothing is under way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.entries.values().all(|entry| entry.flight.is_none() && !entry.loading && entry.pending.is_empty())
    }

    fn touch(&mut self, conversation: Uuid) -> &mut Entry {
        self.clock += 1;
        let entry = self.entries.entry(conversation).or_insert_with(|| Entry::new(conversation));
        entry.used = self.clock;
        entry
    }

    /// Forgets what was used longest ago, when there is too much. Watched conversations stay.
    pub(crate) fn evict(&mut self) {
        // An absent conversation costs about as much as a few events.
        let costs = |entry: &Entry| entry.events.len() + 4;
        let total: usize = self.cached_events + 4 * self.entries.len();
        if total <= self.limits.cached_events {
            return;
        }
        let mut idle: Vec<(u64, Uuid, usize)> = self
            .entries
            .values()
            .filter(|entry| entry.is_idle())
            .map(|entry| (entry.used, entry.id, costs(entry)))
            .collect();
        idle.sort_unstable();
        let mut excess = total - self.limits.cached_events / 8 * 7;
        for (_, id, cost) in idle {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(cost);
            if let Some(entry) = self.entries.remove(&id) {
                self.cached_events -= entry.events.len();
            }
        }
    }
}

/// A typing signal as it travels between sites.
pub(crate) fn typing_payload(by: &Party) -> Vec<u8> {
    prost::Message::encode_to_vec(&pb::Party::from(by))
}
