//! Group commit: the commands that wait are decided together and become one unit.

use std::time::Instant;

use chassis::refusal::Refusal;
use proto::{chat::v1::ExecuteResponse, journal::v1::Unit};
use uuid::Uuid;

use super::{
    entry::{Carried, Entry, Flight, Known, Pending, moves_contact},
    key::Key,
};
use crate::{
    conversation::{Action, Command, Millis, Phase, decide},
    convert, error,
};

/// Most commands in one unit: bounds what one refused append has to do again.
const MOST_COMMANDS: usize = 64;
/// Most bytes in one unit, far below what the servers take (1 MiB).
const MOST_BYTES: usize = 256 * 1024;

/// What became of one try to launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Launch {
    /// Nothing to append.
    Nothing,
    /// The flight is set: append its unit.
    Append,
    /// The journal must be read on before somebody is refused.
    Load,
}

/// What deciding on one command came to.
enum Verdict {
    Carried { number: u64, repeated: bool },
    Refused(Refusal),
    Undecided,
}

struct Draft {
    events: Vec<bytes::Bytes>,
    bytes: usize,
    carried: Vec<Carried>,
    moves_contact: bool,
}

impl Entry {
    /// Decides on what waits. Who can be answered without the journal is answered; the rest takes off in one unit.
    pub(super) fn launch(&mut self, now: Instant, wall: Millis, site: &str) -> Launch {
        let mut draft = Draft { events: Vec::new(), bytes: 0, carried: Vec::new(), moves_contact: false };
        let mut undecided = Vec::new();
        while draft.carried.len() < MOST_COMMANDS && draft.bytes < MOST_BYTES {
            let Some(pending) = self.pending.pop_front() else { break };
            self.consider(pending, wall, &mut draft, &mut undecided);
        }
        if !draft.events.is_empty() || self.receipts_due {
            self.consider_receipts(wall, &mut draft, &mut undecided);
        }
        let must_load = draft.events.is_empty() && !undecided.is_empty();
        for pending in undecided.into_iter().rev() {
            self.pending.push_front(pending);
        }
        if draft.events.is_empty() {
            draft.carried.into_iter().for_each(|carried| carried.answer(0));
            return if must_load { Launch::Load } else { Launch::Nothing };
        }
        let unit = Unit { events: draft.events, decided_at_ms: wall, site: site.to_owned(), claim: None, epoch: 0 };
        self.flight = Some(Flight {
            id: Uuid::new_v4().to_string(),
            unit,
            expect: self.sequence,
            launched: now,
            carried: draft.carried,
            moves_contact: draft.moves_contact,
        });
        Launch::Append
    }

    fn consider(&mut self, pending: Pending, wall: Millis, draft: &mut Draft, undecided: &mut Vec<Pending>) {
        match self.verdict(&pending, wall, draft) {
            // An earlier message's number holds whatever becomes of this unit, but one of this unit's own must wait for it.
            Verdict::Carried { number, repeated } => draft.carried.push(Carried { pending, number, repeated }),
            Verdict::Refused(refusal) => pending.reply.send(Err(refusal)),
            Verdict::Undecided => undecided.push(pending),
        }
    }

    /// Receipts go last and the highest first, so that the fewest events say everything.
    fn consider_receipts(&mut self, wall: Millis, draft: &mut Draft, undecided: &mut Vec<Pending>) {
        self.receipts_due = false;
        let mut receipts = std::mem::take(&mut self.receipts);
        receipts.sort_by_key(|pending| std::cmp::Reverse(receipt_rank(&pending.command)));
        for pending in receipts {
            self.consider(pending, wall, draft, undecided);
        }
    }

    fn verdict(&mut self, pending: &Pending, wall: Millis, draft: &mut Draft) -> Verdict {
        let command = match self.seal(&pending.command) {
            Ok(command) => command,
            Err(refusal) => return Verdict::Refused(refusal),
        };
        // A refusal on old or unacknowledged knowledge could be wrong.
        let certain = draft.events.is_empty() && self.verified_since(pending.arrived);
        let events = match decide(&self.state, &command, wall) {
            Ok(events) => events,
            Err(rejection) if certain => return Verdict::Refused(rejection.into()),
            Err(_) => return Verdict::Undecided,
        };
        if events.is_empty() {
            let stored = command.action.message().is_some() || matches!(command.action, Action::Open { .. });
            let for_good = stored || command.is_receipt();
            if !for_good && !certain {
                return Verdict::Undecided;
            }
            return Verdict::Carried { number: self.state.number_of(&command), repeated: true };
        }
        for event in &events {
            self.state.evolve(event);
            draft.moves_contact |= moves_contact(event);
            let bytes = convert::encode(event, self.id, self.state.customer());
            draft.bytes += bytes.len();
            draft.events.push(bytes);
        }
        Verdict::Carried { number: self.state.number_of(&command), repeated: false }
    }

    fn seal(&self, command: &Command<String>) -> Result<Command<bytes::Bytes>, Refusal> {
        let opens_existing = matches!(command.action, Action::Open { .. }) && self.state.phase() != Phase::Absent;
        if command.action.says() && !opens_existing && matches!(self.key, Some(Key::Erased)) {
            return Err(error::erased());
        }
        command.clone().try_map(|text| match &self.key {
            _ if opens_existing => Ok(bytes::Bytes::new()),
            Some(Key::Held(key)) => Ok(key.seal(&self.subject, text.as_bytes())),
            Some(Key::Erased) => Err(error::erased()),
            // Without a key there is no conversation to speak in: the core refuses, and the text goes nowhere.
            None if self.state.phase() == Phase::Absent => Ok(bytes::Bytes::new()),
            None => Err(error::unavailable()),
        })
    }

    /// The flight is stored at `sequence`. Returns its events' bytes and the first one's number.
    pub(super) fn land(&mut self, flight: Flight, sequence: u64) -> usize {
        let added = flight.unit.events.len();
        self.events.extend(flight.unit.events);
        self.sequence = sequence;
        self.verified = Some(flight.launched);
        flight.carried.into_iter().for_each(|carried| carried.answer(sequence));
        added
    }

    /// The flight is not stored: its commands wait again, in their order.
    pub(super) fn crash(&mut self, flight: Flight) {
        if !self.is_overtaken(&flight) {
            self.revert();
        }
        for carried in flight.carried.into_iter().rev() {
            self.pending.push_front(carried.pending);
        }
    }

    /// The flight's outcome stays unknown: its commands are answered so, and the journal is read before anything else.
    pub(super) fn abandon(&mut self, flight: Flight, refusal: &Refusal) {
        if !self.is_overtaken(&flight) {
            self.revert();
        }
        self.known = Known::Stale;
        self.forget_strangers_key();
        for carried in flight.carried {
            carried.pending.reply.send(Err(refusal.clone()));
        }
    }
}

impl Carried {
    fn answer(self, sequence: u64) {
        let sequence = if self.repeated { 0 } else { sequence };
        self.pending.reply.send(Ok(ExecuteResponse { number: self.number, sequence, repeated: self.repeated }));
    }
}

fn receipt_rank(command: &Command<String>) -> (bool, u64) {
    match &command.action {
        Action::MarkRead { up_to } => (true, *up_to),
        Action::MarkDelivered { up_to } => (false, *up_to),
        Action::Open { .. }
        | Action::Post { .. }
        | Action::Assign { .. }
        | Action::Transfer { .. }
        | Action::Close
        | Action::Reopen
        | Action::Note { .. }
        | Action::Wrap { .. }
        | Action::Join
        | Action::Leave
        | Action::Take { .. }
        | Action::Rate { .. }
        | Action::PostFile { .. }
        | Action::AskCallback { .. }
        | Action::CancelCallback
        | Action::Served { .. } => (false, 0),
    }
}
