//! The routing service's shell at one site: owner by claim, warm follower otherwise; a flush of decisions is one unit.

use ::journal::ownership::Ownership;
use ::proto::journal::v1::{Claim, Unit};
use ::routing::floor::{Command, Event, Floor, Rejection, Rules, evolve, next_deadline, recheck, step};

use crate::{Millis, chat::Waiter, journal::Entry, wire::Refusal};

/// An append without an answer is sent again after this.
const AGAIN: Millis = 300;
/// Who waits for an append is told `unavailable` after this.
const PATIENCE: Millis = 2_000;
/// The only subject.
pub const SUBJECT: u64 = 0;

/// A unit of the floor's stream.
#[derive(Clone, Debug, Default)]
pub struct FloorUnit {
    /// Set in a claim.
    pub claim: Option<(String, u64)>,
    /// The writer's epoch.
    pub epoch: u64,
    /// What happened.
    pub events: Vec<Event>,
}

impl FloorUnit {
    fn as_unit(&self) -> Unit {
        let claim = self.claim.clone().map(|(owner, epoch)| Claim { owner, epoch });
        Unit { claim, epoch: self.epoch, ..Unit::default() }
    }
}

/// An append to send.
#[derive(Clone, Debug)]
pub struct Append {
    /// The message id.
    pub id: String,
    /// The subject's last sequence expected.
    pub expect: u64,
    /// What is appended.
    pub unit: FloorUnit,
}

/// What the shell wants done.
#[derive(Debug)]
pub enum Effect {
    /// Send this append.
    Append(Append),
    /// Tell somebody the outcome.
    Tell(Waiter, Result<u64, Refusal>),
}

struct Flight {
    append: Append,
    /// The floor as it will be; unset for a claim.
    draft: Option<Box<Floor>>,
    waiters: Vec<(Waiter, Result<u64, Refusal>)>,
    sent: Millis,
    since: Millis,
}

/// The floor at one site.
pub struct FloorShell {
    name: String,
    floor: Floor,
    ownership: Ownership,
    flight: Option<Flight>,
    waiting: Vec<(Waiter, Command)>,
    next_id: u64,
    beat_at: Millis,
}

impl FloorShell {
    /// A shell that knows nothing; `name` is different for every start of every site.
    pub fn new(name: String) -> Self {
        Self {
            floor: Floor::new(Rules::default()),
            ownership: Ownership::new(name.clone(), "routing.main"),
            name,
            flight: None,
            waiting: Vec::new(),
            next_id: 0,
            beat_at: 0,
        }
    }

    /// The floor as this site knows it.
    pub fn floor(&self) -> &Floor {
        &self.floor
    }

    /// Who owns it, as far as is known here.
    pub fn owner(&self) -> Option<&str> {
        self.ownership.current().map(|claim| claim.owner.as_str())
    }

    /// Whether this site owns it, as far as is known here.
    pub fn mine(&self) -> bool {
        self.ownership.mine()
    }

    /// The heartbeat to send now, four a second.
    pub fn beat(&mut self, now: Millis) -> Option<(String, u64)> {
        (self.mine() && now >= self.beat_at).then(|| {
            self.beat_at = now + 250;
            (self.name.clone(), self.ownership.epoch())
        })
    }

    /// The other site's heartbeat.
    pub fn heard(&mut self, owner: &str, epoch: u64, now: Millis) {
        self.ownership.on_heartbeat(owner, epoch, now);
    }

    /// A command, for the owner.
    pub fn submit(&mut self, waiter: Waiter, command: Command, clock: Millis, now: Millis) -> Vec<Effect> {
        if !self.mine() {
            return vec![Effect::Tell(waiter, Err(Refusal::Unavailable))];
        }
        self.waiting.push((waiter, command));
        self.flush(clock, now)
    }

    /// The journal's answer to an append.
    pub fn appended(&mut self, id: &str, result: Result<u64, u64>, clock: Millis, now: Millis) -> Vec<Effect> {
        self.ownership.journal_progress(now);
        if self.flight.as_ref().is_none_or(|flight| flight.append.id != id) {
            return Vec::new();
        }
        let Some(flight) = self.flight.take() else {
            return Vec::new();
        };
        let mut effects = match result {
            Ok(sequence) if sequence > self.ownership.last() => self.carried_out(sequence, flight),
            // The feed was faster.
            Ok(_) => tell(flight.waiters),
            Err(_) => {
                self.ownership.refused();
                refuse(flight.waiters)
            }
        };
        effects.extend(self.flush(clock, now));
        effects
    }

    /// A unit of the stream, in the stream's order.
    pub fn follow(&mut self, entry: &Entry<FloorUnit>, now: Millis) -> Vec<Effect> {
        self.ownership.journal_progress(now);
        if entry.sequence <= self.ownership.last() {
            return Vec::new();
        }
        if self.flight.as_ref().is_some_and(|flight| flight.append.id == entry.id) {
            return match self.flight.take() {
                Some(flight) => self.carried_out(entry.sequence, flight),
                None => Vec::new(),
            };
        }
        entry.unit.events.iter().for_each(|event| evolve(&mut self.floor, event));
        self.note(entry.sequence, &entry.unit);
        Vec::new()
    }

    /// Time passes. `clock` is this site's wall clock, `now` its monotonic one; `moving` says that the journal answers.
    pub fn tick(&mut self, clock: Millis, now: Millis, moving: bool) -> Vec<Effect> {
        if moving {
            self.ownership.journal_progress(now);
        }
        let mut effects = Vec::new();
        if let Some(flight) = &mut self.flight {
            if now - flight.sent >= AGAIN {
                flight.sent = now;
                effects.push(Effect::Append(flight.append.clone()));
            }
            if now - flight.since >= PATIENCE {
                effects.extend(refuse(std::mem::take(&mut flight.waiters)));
            }
        }
        if let Some(next) = self.ownership.tick(now)
            && self.flight.is_none()
        {
            let unit = FloorUnit {
                epoch: next.claim.epoch,
                claim: Some((next.claim.owner, next.claim.epoch)),
                events: Vec::new(),
            };
            let id = format!("{}-claim-{}-{}", self.name, unit.epoch, next.expect);
            effects.push(self.take_off(id, next.expect, unit, None, Vec::new(), now));
        }
        effects.extend(self.flush(clock, now));
        effects
    }

    fn flush(&mut self, clock: Millis, now: Millis) -> Vec<Effect> {
        if !self.mine() {
            return refuse(self.waiting.drain(..).map(|(waiter, _)| (waiter, Ok(0))).collect());
        }
        let due = next_deadline(&self.floor).is_some_and(|at| at <= clock);
        if self.flight.is_some() || (self.waiting.is_empty() && !due) {
            return Vec::new();
        }
        let mut draft = self.floor.clone();
        let mut events = Vec::new();
        let mut waiters = Vec::new();
        let commands = self.waiting.drain(..).map(|(waiter, command)| (Some(waiter), command));
        for (waiter, command) in commands.chain([(None, Command::Tick)]) {
            let result = step(&mut draft, &command, clock).map(|decided| events.extend(decided));
            if let Some(waiter) = waiter {
                waiters.push((waiter, result.map(|()| 0).map_err(refusal)));
            }
        }
        if events.is_empty() {
            self.floor = draft;
            return tell(waiters);
        }
        self.next_id += 1;
        let id = format!("{}-{}", self.name, self.next_id);
        let unit = FloorUnit { claim: None, epoch: self.ownership.epoch(), events };
        vec![self.take_off(id, self.ownership.last(), unit, Some(Box::new(draft)), waiters, now)]
    }

    fn take_off(
        &mut self,
        id: String,
        expect: u64,
        unit: FloorUnit,
        draft: Option<Box<Floor>>,
        waiters: Vec<(Waiter, Result<u64, Refusal>)>,
        now: Millis,
    ) -> Effect {
        let append = Append { id, expect, unit };
        self.flight = Some(Flight { append: append.clone(), draft, waiters, sent: now, since: now });
        Effect::Append(append)
    }

    fn carried_out(&mut self, sequence: u64, flight: Flight) -> Vec<Effect> {
        if let Some(draft) = flight.draft {
            self.floor = *draft;
        }
        self.note(sequence, &flight.append.unit);
        tell(flight.waiters)
    }

    fn note(&mut self, sequence: u64, unit: &FloorUnit) {
        let was_mine = self.mine();
        self.ownership.on_unit(sequence, &unit.as_unit());
        if self.mine() && !was_mine {
            recheck(&mut self.floor);
        }
    }
}

fn refusal(rejection: Rejection) -> Refusal {
    match rejection {
        Rejection::Invalid(_)
        | Rejection::UnknownQueue
        | Rejection::UnknownAgent
        | Rejection::OfferOver
        | Rejection::ContactOver
        | Rejection::UnknownCalendar
        | Rejection::UnknownContact
        | Rejection::NotWaiting
        | Rejection::NobodyCallsBack
        | Rejection::UnknownChange
        | Rejection::ChangedSince
        | Rejection::NothingBefore
        | Rejection::NobodyFree
        | Rejection::NotYours
        | Rejection::ContactTaken => Refusal::Final,
    }
}

fn tell(waiters: Vec<(Waiter, Result<u64, Refusal>)>) -> Vec<Effect> {
    waiters.into_iter().map(|(waiter, result)| Effect::Tell(waiter, result)).collect()
}

fn refuse(waiters: Vec<(Waiter, Result<u64, Refusal>)>) -> Vec<Effect> {
    let unavailable = |(waiter, _)| Effect::Tell(waiter, Err(Refusal::Unavailable));
    waiters.into_iter().map(unavailable).collect()
}
