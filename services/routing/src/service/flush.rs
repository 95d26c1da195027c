//! Group commit: while a unit is under way commands wait, and are decided together when it returned.

use std::time::{Duration, Instant};

use journal::{Append, Expect};
use prost::Message as _;
use proto::journal::v1::Unit;
use tokio::sync::oneshot;
use tracing::Span;

use super::{Service, wall_clock};
use crate::{
    STREAM, convert,
    error::Outcome,
    floor::{Command, Event, Floor, Millis, Rejection, next_deadline, step},
};

/// A unit is closed when it has so many bytes; what is left goes into the next one. NATS takes 1 MiB, one step makes
/// less than half of that.
const UNIT_BYTES: usize = 256 * 1024;
/// A refusal or a "nothing changed" is only said by an owner whom the journal confirmed within this time: others claim a
/// floor after a longer silence. An older owner asks with an empty unit.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(1);

/// A command and who waits for it.
pub(crate) struct Pending {
    pub(crate) command: Command,
    pub(crate) reply: oneshot::Sender<Outcome>,
    pub(crate) span: Span,
}

impl Pending {
    pub(super) fn tell(self, outcome: Outcome) {
        // Whoever does not wait any more needs no answer.
        let _gone = self.reply.send(outcome);
    }
}

/// Decided, and not yet known to be stored.
pub(super) struct Flush {
    pub(super) events: Vec<Event>,
    encoded: Vec<prost::bytes::Bytes>,
    bytes: usize,
    pub(super) replies: Vec<(oneshot::Sender<Outcome>, Result<bool, Rejection>)>,
    /// Of the first command: the trace that the unit belongs to.
    pub(super) span: Span,
}

impl Flush {
    fn new() -> Flush {
        Flush { events: Vec::new(), encoded: Vec::new(), bytes: 0, replies: Vec::new(), span: Span::none() }
    }

    /// The unit is stored at `sequence`.
    pub(super) fn confirm(self, sequence: u64) {
        for (reply, result) in self.replies {
            let outcome = match result {
                Ok(changed) => Outcome::Done { sequence, changed },
                Err(rejection) => Outcome::Rejected(rejection),
            };
            let _gone = reply.send(outcome);
        }
    }

    /// Tells everybody the same, and that only once.
    pub(super) fn tell(&mut self, outcome: &Outcome) {
        for (reply, _) in self.replies.drain(..) {
            let _gone = reply.send(outcome.clone());
        }
    }

    fn full(&self) -> bool {
        self.bytes >= UNIT_BYTES
    }

    fn decide(&mut self, floor: &mut Floor, command: &Command, now: Millis) -> Result<bool, Rejection> {
        let events = step(floor, command, now)?;
        let changed = !events.is_empty();
        for event in events {
            let encoded = prost::bytes::Bytes::from(convert::from_event(&event).encode_to_vec());
            self.bytes += encoded.len();
            self.encoded.push(encoded);
            self.events.push(event);
        }
        Ok(changed)
    }

    fn take_in(&mut self, floor: &mut Floor, pending: Pending, now: Millis) {
        let result = pending.span.in_scope(|| self.decide(floor, &pending.command, now));
        if self.span.is_none() {
            self.span = pending.span;
        }
        self.replies.push((pending.reply, result));
    }

    /// Time passes on the floor until nothing is due or the unit is full.
    fn tick(&mut self, floor: &mut Floor, now: Millis) {
        while next_deadline(floor).is_some_and(|due| due <= now) && !self.full() {
            if self.decide(floor, &Command::Tick, now).is_err() {
                return;
            }
        }
    }
}

impl Service {
    /// Decides what waits and what is due, and sends it off as one unit.
    pub(super) fn flush(&mut self) {
        let idle = self.under_way.is_none() && self.ownership.mine();
        let Some(draft) = self.draft.as_mut().filter(|_| idle) else {
            return;
        };
        let now = wall_clock();
        let mut flush = Flush::new();
        while !flush.full()
            && let Some(pending) = self.waiting.pop_front()
        {
            flush.take_in(draft, pending, now);
        }
        flush.tick(draft, now);
        if flush.events.is_empty() && self.recently_confirmed() {
            flush.confirm(self.ownership.last());
        } else if !(flush.events.is_empty() && flush.replies.is_empty()) {
            self.store(flush, now);
        }
    }

    fn recently_confirmed(&self) -> bool {
        self.confirmed.is_some_and(|at: Instant| at.elapsed() < CONFIRMED_WITHIN)
    }

    fn store(&mut self, mut flush: Flush, now: Millis) {
        let (epoch, last) = (self.ownership.epoch(), self.ownership.last());
        let append = Append {
            stream: STREAM,
            subject: self.subject.clone(),
            expect: Expect::Last(last),
            id: format!("{}.{epoch}.{last}", self.journal.owner_name()),
            unit: Unit {
                events: std::mem::take(&mut flush.encoded),
                decided_at_ms: now,
                site: self.journal.site().to_owned(),
                claim: None,
                epoch,
            },
        };
        self.send(append, Some(flush), Duration::ZERO);
    }
}
