//! Two halls at two sites on one simulated journal: any order of commands, acknowledgements, records and reads; lost
//! acknowledgements, lagging replicas, reads that fail.
//!
//! Each of these changes to the service, made by hand, was seen to fail here:
//!
//! 1. `record` does not recognise an own flight;
//! 2. `crash` does not take back what the flight had added to the state;
//! 3. `unknown` sends the unit again under another id;
//! 4. `verdict` refuses on old knowledge;
//! 5. `launch` answers a repeat of its own unit before that is stored;
//! 6. `read_on` believes a replica that lags behind what the follower brought;
//! 7. `tell_watchers` gives an event to a watcher that has it;
//! 8. receipts are not packed;
//! 9. a conflict is decided again without reading on;
//! 10. `record` leaves an overtaken flight's events in the state;
//! 11. `take` goes on over a hole, or does not have it read.

mod cases;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chassis::refusal::Refusal;
use journal::{AppendError, Appended, ReadError, Record, Replay};
use proptest::prelude::*;
use proto::{
    chat::v1::{ExecuteResponse, WatchResponse, chat_event::What},
    journal::v1::{Sealed, Unit},
};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{
    Ask, Hall, Item, Key, Limits, Loaded, Reply, Sink,
    hall::{Effect, Now},
    key::Seal,
};
use crate::{
    conversation::{Action, Command, Party, PartyKind, Wish},
    convert,
};

const CONVERSATION: Uuid = Uuid::from_u128(7);

struct Backwards;

impl Seal for Backwards {
    fn seal(&self, place: &str, plain: &[u8]) -> Bytes {
        plain.iter().rev().copied().chain(place.bytes()).collect()
    }

    fn open(&self, place: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        let plain = sealed.r#box.strip_suffix(place.as_bytes())?;
        Some(plain.iter().rev().copied().collect())
    }
}

type Answer = oneshot::Receiver<Result<ExecuteResponse, Refusal>>;

struct Watching {
    items: mpsc::Receiver<Item>,
    refusals: mpsc::UnboundedReceiver<WatchResponse>,
    seen: u64,
}

struct Site {
    hall: Hall,
    work: Vec<Effect>,
    position: usize,
    answers: Vec<(Option<u128>, Answer)>,
    watching: Option<Watching>,
    streams: u64,
}

struct World {
    log: Vec<Record>,
    sites: Vec<Site>,
    now: Now,
    wishes: Vec<Wish>,
    /// What was promised: message id to number.
    promised: HashMap<u128, u64>,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Fine,
    /// Stored, unheard; a read from a replica that lags.
    Half,
    /// Not stored, unheard; a read that fails.
    Lost,
}

#[derive(Clone, Debug)]
enum Step {
    Command(usize, Party, Action<String>),
    Work(usize, usize, Fate),
    Follow(usize),
    Wait(u64),
    Watch(usize),
}

impl World {
    fn new() -> Self {
        let limits = |site: &str| Limits {
            site: site.to_owned(),
            answer_within: Duration::from_secs(4),
            receipts_wait: Duration::from_secs(1),
            watch_waits: Duration::from_secs(5),
            cached_events: 10_000,
        };
        let site = |name| Site {
            hall: Hall::new(limits(name)),
            work: Vec::new(),
            position: 0,
            answers: Vec::new(),
            watching: None,
            streams: 0,
        };
        let now = Now { instant: Instant::now(), wall: 1_000 };
        Self {
            log: Vec::new(),
            sites: vec![site("tokyo"), site("osaka")],
            now,
            wishes: Vec::new(),
            promised: HashMap::new(),
        }
    }

    fn collect(&mut self, at: usize) {
        let site = &mut self.sites[at];
        for effect in site.hall.effects() {
            match effect {
                Effect::Wish { wishes, .. } => self.wishes = wishes,
                Effect::Count(_) => {}
                Effect::Load { .. } | Effect::Append { .. } => site.work.push(effect),
            }
        }
        if let Some(watching) = site.watching.as_mut() {
            while let Ok(item) = watching.items.try_recv() {
                watching.take(item);
            }
            if watching.refusals.try_recv().is_ok() {
                site.watching = None;
            }
        }
        let promised = &mut self.promised;
        site.answers.retain_mut(|(message, answer)| match answer.try_recv() {
            Ok(outcome) => {
                if let (Some(message), Ok(done)) = (message, outcome) {
                    assert_eq!(
                        *promised.entry(*message).or_insert(done.number),
                        done.number,
                        "one number for a message"
                    );
                }
                false
            }
            Err(oneshot::error::TryRecvError::Empty) => true,
            Err(oneshot::error::TryRecvError::Closed) => panic!("a command was never answered"),
        });
    }

    fn command(&mut self, at: usize, by: Party, action: Action<String>) {
        let (reply, answer) = oneshot::channel();
        let message = if let Action::Post { message, .. } = &action { Some(*message) } else { None };
        let site = &mut self.sites[at];
        site.hall.command(CONVERSATION, Command { by, action }, Reply::Once(reply), self.now);
        site.hall.pump(CONVERSATION, self.now);
        site.answers.push((message, answer));
    }

    fn watch(&mut self, at: usize) {
        let site = &mut self.sites[at];
        let seen = site.watching.take().map_or(0, |watching| watching.seen);
        let ((items, received), (refusals, refused)) = (mpsc::channel(1_000), mpsc::unbounded_channel());
        site.streams += 1;
        let sink = Sink { stream: site.streams, items, refusals };
        site.hall.ask(CONVERSATION, Ask::Watch { sink, tag: 1, by: customer(), after: seen }, self.now);
        site.hall.pump(CONVERSATION, self.now);
        site.watching = Some(Watching { items: received, refusals: refused, seen });
    }

    fn work(&mut self, at: usize, index: usize, fate: Fate) {
        let site = &mut self.sites[at];
        if site.work.is_empty() {
            return;
        }
        let index = index % site.work.len();
        match site.work.remove(index) {
            Effect::Append { conversation, expect, id, unit } => {
                let outcome = self.append(expect, &id, unit, fate);
                self.sites[at].hall.appended(conversation, &id, outcome, self.now);
            }
            Effect::Load { conversation, after, customer, .. } => {
                let outcome = self.load(after, customer, fate);
                self.sites[at].hall.loaded(conversation, self.now.instant, outcome, self.now);
            }
            Effect::Wish { .. } | Effect::Count(_) => unreachable!("never kept"),
        }
    }

    fn append(&mut self, expect: u64, id: &str, unit: Unit, fate: Fate) -> Result<Appended, AppendError> {
        let unknown = || Err(AppendError::Unavailable { subject: String::new(), reason: String::new() });
        if matches!(fate, Fate::Lost) {
            return unknown();
        }
        let last = self.log.last().map_or(0, |record| record.sequence);
        let known = self.log.iter().find(|record| record.id == id).map(|record| record.sequence);
        let outcome = match known {
            Some(sequence) => Ok(Appended { sequence, repeated: true }),
            None if last != expect => return Err(AppendError::Conflict { subject: String::new(), last }),
            None => {
                self.store(id, unit);
                Ok(Appended { sequence: last + 3, repeated: false })
            }
        };
        if matches!(fate, Fate::Half) { unknown() } else { outcome }
    }

    /// Sequences have gaps: other conversations share the stream.
    fn store(&mut self, id: &str, unit: Unit) {
        let previous = self.log.last().map_or(0, |record| record.sequence);
        self.log.push(Record {
            sequence: previous + 3,
            previous,
            subject: convert::subject(CONVERSATION),
            id: id.to_owned(),
            unit,
            fault: None,
            payload: Bytes::new(),
            trace: None,
        });
    }

    fn load(&self, after: u64, customer: Option<String>, fate: Fate) -> Result<Loaded, ReadError> {
        if matches!(fate, Fate::Lost) {
            return Err(ReadError::Unavailable { what: String::new(), reason: String::new() });
        }
        let lag = usize::from(matches!(fate, Fate::Half));
        let there = &self.log[..self.log.len().saturating_sub(lag)];
        let records: Vec<Record> = there.iter().filter(|record| record.sequence > after).cloned().collect();
        let last = there.last().map_or(0, |record| record.sequence);
        let key = (last > 0 || customer.is_some()).then(|| Key::Held(Arc::new(Backwards)));
        Ok(Loaded { replay: Replay { records, last }, key })
    }

    fn follow(&mut self, at: usize) {
        let site = &mut self.sites[at];
        if let Some(record) = self.log.get(site.position) {
            site.position += 1;
            site.hall.record(record.clone(), self.now);
        }
    }

    fn wait(&mut self, ms: u64) {
        self.now.instant += Duration::from_millis(ms);
        self.now.wall += ms;
        self.sites.iter_mut().for_each(|site| site.hall.tick(self.now));
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Command(at, by, action) => self.command(at, by, action),
            Step::Work(at, index, fate) => self.work(at, index, fate),
            Step::Follow(at) => self.follow(at),
            Step::Wait(ms) => self.wait(ms),
            Step::Watch(at) => self.watch(at),
        }
        (0..2).for_each(|at| self.collect(at));
    }

    /// Faults end; everything comes to rest.
    fn settle(&mut self) {
        for round in 0..400 {
            for at in 0..2 {
                let idle = self.sites[at].work.is_empty() && self.sites[at].position == self.log.len();
                let next = if idle { Step::Wait(100) } else { Step::Work(at, 0, Fate::Fine) };
                self.step(next);
                self.step(Step::Follow(at));
                if self.sites[at].watching.is_none() && round < 300 {
                    self.step(Step::Watch(at));
                }
            }
        }
    }
}

impl Watching {
    fn take(&mut self, item: Item) {
        let numbers: Vec<u64> = match item {
            Item::Backlog { key, events, .. } => {
                let place = convert::subject(CONVERSATION);
                let opened = events
                    .into_iter()
                    .map(|bytes| convert::readable(bytes, &key, &place, PartyKind::Customer).expect("an event"));
                opened.map(|event| event.event.expect("set").number).collect()
            }
            Item::Live { event, .. } => {
                let text = &event.text;
                let said = matches!(event.event.as_ref().expect("set").what, Some(What::MessagePosted(_)));
                assert_eq!(said, text.starts_with("text "), "opened texts: {text}");
                vec![event.event.as_ref().expect("set").number]
            }
            Item::Typing { .. } => Vec::new(),
        };
        for number in numbers {
            assert_eq!(number, self.seen + 1, "each once, in order");
            self.seen = number;
        }
    }
}

fn customer() -> Party {
    Party { kind: PartyKind::Customer, id: "c1".into(), supervisor: false }
}

fn agent() -> Party {
    Party { kind: PartyKind::Agent, id: "a1".into(), supervisor: false }
}

fn system() -> Party {
    Party { kind: PartyKind::System, id: "chat".into(), supervisor: false }
}

fn open() -> Action<String> {
    Action::Open {
        queue: "support".into(),
        name: Some("Hanako".into()),
        language: "ja".into(),
        reason: String::new(),
        answers: None,
        segment: String::new(),
        channel: String::new(),
    }
}

fn post(message: u128) -> Action<String> {
    Action::Post { message, text: format!("text {message}"), form: None }
}

fn assign(round: u32, routing_sequence: u64) -> Action<String> {
    Action::Assign { agent: "a1".into(), round, routing_sequence }
}

fn commands() -> impl Strategy<Value = (Party, Action<String>)> {
    prop_oneof![
        2 => Just((customer(), open())),
        6 => (0..20u128).prop_map(|message| (customer(), post(message))),
        4 => (20..40u128).prop_map(|message| (agent(), post(message))),
        2 => (1..4u32, 1..9u64).prop_map(|(round, sequence)| (system(), assign(round, sequence))),
        2 => (0..40u64).prop_map(|up_to| (customer(), Action::MarkRead { up_to })),
        2 => (0..40u64).prop_map(|up_to| (agent(), Action::MarkDelivered { up_to })),
        1 => Just((agent(), Action::Transfer { queue: None, to_agent: None, summary: None })),
        1 => Just((agent(), Action::Close)),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let fate = || prop_oneof![6 => Just(Fate::Fine), 1 => Just(Fate::Half), 1 => Just(Fate::Lost)];
    prop_oneof![
        6 => (0..2usize, commands()).prop_map(|(at, (by, action))| Step::Command(at, by, action)),
        10 => (0..2usize, 0..4usize, fate()).prop_map(|(at, index, fate)| Step::Work(at, index, fate)),
        6 => (0..2usize).prop_map(Step::Follow),
        2 => prop_oneof![1..100u64, 1_000..3_000u64].prop_map(Step::Wait),
        1 => (0..2usize).prop_map(Step::Watch),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn two_sites_keep_every_promise(steps in prop::collection::vec(steps(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
        let mut numbers = 1..;
        let mut stored: BTreeMap<u128, u64> = BTreeMap::new();
        for bytes in world.log.iter().flat_map(|record| &record.unit.events) {
            let event = convert::decode(bytes.clone()).expect("an event");
            prop_assert_eq!(Some(event.number), numbers.next(), "numbers without holes");
            if let crate::conversation::What::MessagePosted { message, .. } = event.what {
                prop_assert_eq!(stored.insert(message, event.number), None, "stored once");
            }
        }
        for (message, number) in &world.promised {
            prop_assert_eq!(stored.get(message), Some(number), "promised and there");
        }
        let last = numbers.start - 1;
        for site in &world.sites {
            prop_assert!(site.answers.is_empty(), "everybody has an answer");
            prop_assert!(site.hall.is_quiet());
            if last > 0 {
                prop_assert_eq!(site.watching.as_ref().map(|watching| watching.seen), Some(last), "watchers saw it all");
            }
        }
    }
}
