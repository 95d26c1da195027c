//! Any commands of two gateways on one log, each deciding on what it has read.
//!
//! What holds: every lost call is in the ledger; a person has one open entry at most and is called by one gateway at a time; nobody
//! is called after they were reached, were served or the entry was closed, while they are on the line, or more often than
//! the rules say; followers agree.
//!
//! Broken by hand, and each seen to fail here: claims of what is claimed; calls that do not join; those on the line called; a reached
//! entry opened again; attempts not counted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{call, lost};
use super::*;
use crate::ids::CallId;

#[derive(Debug, Clone)]
enum Op {
    Lose { id: u8, person: u8 },
    ClaimAll { gateway: usize },
    Claim { gateway: usize, id: u8 },
    Result { id: u8, back: u32, reached: bool },
    Arrived { person: u8, id: u8 },
    Left { person: u8, id: u8, served: bool },
    Close { id: u8 },
    Wait(Millis),
}

fn op() -> impl Strategy<Value = Op> {
    let id = || 0..12_u8;
    let person = || 0..4_u8;
    prop_oneof![
        4 => (id(), person()).prop_map(|(id, person)| Op::Lose { id, person }),
        5 => (0..2_usize).prop_map(|gateway| Op::ClaimAll { gateway }),
        3 => (0..2_usize, id()).prop_map(|(gateway, id)| Op::Claim { gateway, id }),
        5 => (id(), 0..2_u32, any::<bool>()).prop_map(|(id, back, reached)| Op::Result { id, back, reached }),
        2 => (person(), 12..20_u8).prop_map(|(person, id)| Op::Arrived { person, id }),
        2 => (person(), 12..20_u8, any::<bool>()).prop_map(|(person, id, served)| Op::Left { person, id, served }),
        1 => id().prop_map(|id| Op::Close { id }),
        4 => prop_oneof![Just(1_000), Just(90_000), Just(600_000)].prop_map(Op::Wait),
    ]
}

/// The last person hides their number.
fn number(person: u8) -> Option<String> {
    (person < 3).then(|| format!("+8190000000{person:02}"))
}

struct World {
    log: Vec<Event>,
    gateways: [(Ledger, usize); 2],
    now: Millis,
    lost: BTreeSet<CallId>,
    numbers: BTreeMap<CallId, String>,
    on_the_line: BTreeMap<String, BTreeMap<CallId, Millis>>,
    calling: BTreeMap<String, CallId>,
    over: BTreeSet<CallId>,
    attempts: BTreeMap<CallId, u32>,
}

impl World {
    fn new() -> World {
        let gateway = || (Ledger::new(Rules::default()), 0);
        World {
            log: Vec::new(),
            gateways: [gateway(), gateway()],
            now: 10_000_000,
            lost: BTreeSet::new(),
            numbers: BTreeMap::new(),
            on_the_line: BTreeMap::new(),
            calling: BTreeMap::new(),
            over: BTreeSet::new(),
            attempts: BTreeMap::new(),
        }
    }

    fn take(&mut self, op: Op) {
        let id = |id: u8| call(u128::from(id));
        let by = |gateway: usize| format!("gateway{gateway}");
        match op {
            Op::Lose { id, person } => {
                let lost = lost(u128::from(id), number(person).as_deref(), self.now - u64::from(id) * 1_000);
                self.lost.insert(lost.call);
                self.put(0, &Command::Lose { lost });
            }
            Op::ClaimAll { gateway } => {
                for entry in to_call(&self.gateways[gateway].0, self.now) {
                    self.put(gateway, &Command::Claim { entry, by: by(gateway) });
                }
            }
            Op::Claim { gateway, id: entry } => {
                self.put(gateway, &Command::Claim { entry: id(entry), by: by(gateway) })
            }
            Op::Result { id: entry, back, reached } => {
                let attempt = self.attempts.get(&id(entry)).copied().unwrap_or(1).saturating_sub(back);
                let outcome = if reached { Outcome::Reached } else { Outcome::NotReached };
                self.put(1, &Command::Result { entry: id(entry), attempt, outcome });
            }
            Op::Arrived { person, id: on } => {
                let Some(number) = number(person) else { return };
                self.put(0, &Command::Arrived { number, call: id(on) });
            }
            Op::Left { person, id: on, served } => {
                let Some(number) = number(person) else { return };
                self.put(1, &Command::Left { number, call: id(on), served });
            }
            Op::Close { id: entry } => self.put(0, &Command::Close { entry: id(entry) }),
            Op::Wait(ms) => {
                self.now += ms;
                self.put(1, &Command::Tick);
            }
        }
    }

    fn read(&mut self, gateway: usize) {
        let (ledger, read) = &mut self.gateways[gateway];
        self.log[*read..].iter().for_each(|event| evolve(ledger, event));
        *read = self.log.len();
    }

    /// Decides on what the gateway has read; the log takes it only if that was all.
    fn put(&mut self, gateway: usize, command: &Command) {
        let (ledger, read) = &self.gateways[gateway];
        let decided = decide(ledger, command, self.now);
        if *read != self.log.len() {
            self.read(gateway);
            return self.put(gateway, command);
        }
        for event in decided.unwrap_or_default() {
            self.happened(&event);
            self.log.push(event);
        }
        self.read(gateway);
    }

    fn happened(&mut self, event: &Event) {
        match event {
            Event::Lost { lost, joins, .. } => {
                if let Some(number) = lost.number.clone() {
                    self.numbers.insert(joins.unwrap_or(lost.call), number);
                }
            }
            Event::Claimed { entry, attempt, .. } => self.claimed(*entry, *attempt),
            Event::NotReached { entry, .. } => self.calling.retain(|_, calling| calling != entry),
            Event::Closed { entry, .. } => {
                self.calling.retain(|_, calling| calling != entry);
                assert!(self.over.insert(*entry), "closed twice");
            }
            Event::OnTheLine { number, call, at } => {
                self.on_the_line.entry(number.clone()).or_default().insert(*call, *at);
            }
            Event::OffTheLine { number, call } => {
                self.on_the_line.entry(number.clone()).or_default().remove(call);
            }
            Event::Forgotten { entry } => {
                self.lost.retain(|lost| lost != entry);
            }
        }
    }

    fn claimed(&mut self, entry: CallId, attempt: u32) {
        assert!(!self.over.contains(&entry), "called after it was closed");
        let number = self.numbers[&entry].clone();
        let calls = self.on_the_line.get(&number).into_iter().flat_map(|calls| calls.values());
        assert!(calls.into_iter().all(|since| since + 7_200_000 <= self.now), "called while they call");
        assert_eq!(self.calling.insert(number, entry), None, "called by two");
        let made = self.attempts.entry(entry).or_default();
        *made += 1;
        assert!(*made == attempt && attempt <= 3, "attempt {attempt} after {made}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn everybody_is_called_back_once(ops in prop::collection::vec(op(), 0..120)) {
        let mut world = World::new();
        for op in ops {
            world.take(op);
        }
        world.read(0);
        world.read(1);
        prop_assert_eq!(&world.gateways[0].0, &world.gateways[1].0);
        let ledger = &world.gateways[0].0;
        for lost in &world.lost {
            prop_assert!(ledger.entry(*lost).is_some(), "{lost} is not in the ledger");
        }
        let open = ledger.entries().filter(|(_, entry)| !matches!(entry.stage, Stage::Closed { .. }));
        let numbers: Vec<&String> = open.filter_map(|(_, entry)| entry.lost.number.as_ref()).collect();
        prop_assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    }
}
