//! Any commands of two gateways on one log, each deciding on what it has read.
//!
//! What holds at every dial: the campaign runs, a window is open, the number is not on the list, it is not dialled already, it has
//! attempts left in all and today, no more ring than agents are free, and the share of the abandoned is within the cap.
//!
//! Broken by hand, and each seen to fail here: the window not looked at; the list not looked at; one attempt too many, in all
//! and on a day; ringing numbers not counted; the cap not looked at; a follower that does not take an entry out of the due ones.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;

use super::tests::{DAY, HOUR, MINUTE, MONDAY_10, plan};
use super::*;

const ENTRIES: usize = 8;

#[derive(Debug, Clone)]
enum Op {
    Dial { gateway: usize, free: u32 },
    Preview { agent: u8 },
    Keep { agent: u8 },
    DialPreviewed { gateway: usize, agent: u8 },
    Skip { agent: u8 },
    Result { entry: usize, outcome: Outcome },
    DoNotCall { entry: usize, never: bool },
    Phase { run: bool },
    Plan { holiday: bool, attempts: u32 },
    Read { gateway: usize },
    Wait(Millis),
}

fn op() -> impl Strategy<Value = Op> {
    use Outcome::{Abandoned, Answered, AskedNotToCall, Busy, Failed, Machine, NoAnswer, NoSuchNumber};
    let outcomes =
        vec![Answered, Answered, Abandoned, Busy, NoAnswer, Machine, Failed, Busy, NoSuchNumber, AskedNotToCall];
    let waits = vec![1_000, MINUTE, 11 * MINUTE, HOUR, 9 * HOUR, DAY];
    prop_oneof![
        8 => (0..2_usize, 0..4_u32).prop_map(|(gateway, free)| Op::Dial { gateway, free }),
        2 => (0..2_u8).prop_map(|agent| Op::Preview { agent }),
        1 => (0..2_u8).prop_map(|agent| Op::Keep { agent }),
        2 => (0..2_usize, 0..2_u8).prop_map(|(gateway, agent)| Op::DialPreviewed { gateway, agent }),
        1 => (0..2_u8).prop_map(|agent| Op::Skip { agent }),
        8 => (0..ENTRIES, select(outcomes)).prop_map(|(entry, outcome)| Op::Result { entry, outcome }),
        1 => (0..ENTRIES, any::<bool>()).prop_map(|(entry, never)| Op::DoNotCall { entry, never }),
        1 => prop::bool::weighted(0.8).prop_map(|run| Op::Phase { run }),
        1 => (any::<bool>(), 1..5_u32).prop_map(|(holiday, attempts)| Op::Plan { holiday, attempts }),
        4 => (0..2_usize).prop_map(|gateway| Op::Read { gateway }),
        5 => select(waits).prop_map(Op::Wait),
    ]
}

/// A log, and two gateways that have read some of it. The model counts for itself.
struct World {
    log: Vec<Event>,
    gateways: [(Campaign, usize); 2],
    now: Millis,
    mode: Mode,
    plan: Plan,
    running: bool,
    never: BTreeSet<String>,
    attempts: BTreeMap<String, Vec<Millis>>,
    ringing: BTreeMap<String, u32>,
    picked_up: Vec<(Millis, bool)>,
}

fn number(entry: usize) -> String {
    format!("+8190000000{entry:02}")
}

impl World {
    fn new(mode: Mode) -> World {
        let mut world = World {
            log: Vec::new(),
            gateways: [(Campaign::new(), 0), (Campaign::new(), 0)],
            now: MONDAY_10,
            mode,
            plan: plan(mode),
            running: false,
            never: BTreeSet::new(),
            attempts: BTreeMap::new(),
            ringing: BTreeMap::new(),
            picked_up: Vec::new(),
        };
        world.put(0, &Command::Define { plan: plan(mode) }, 0);
        let entries = (0..ENTRIES).map(|at| NewEntry { id: format!("e{at}"), number: number(at) }).collect();
        world.put(0, &Command::Add { entries }, 0);
        world.put(0, &Command::Start, 0);
        world
    }

    fn take(&mut self, op: Op) {
        let agent = |agent: u8| format!("agent{agent}");
        let by = |gateway: usize| format!("gateway{gateway}");
        match op {
            Op::Dial { gateway, free } => {
                self.put(gateway, &Command::Dial { by: by(gateway), free_agents: free }, free)
            }
            Op::Preview { agent: who } => self.put(0, &Command::Preview { agent: agent(who) }, 0),
            Op::Keep { agent: who } => self.put(0, &Command::Keep { agent: agent(who) }, 0),
            Op::DialPreviewed { gateway, agent: who } => {
                self.put(gateway, &Command::DialPreviewed { agent: agent(who), by: by(gateway) }, u32::MAX);
            }
            Op::Skip { agent: who } => self.put(0, &Command::Skip { agent: agent(who) }, 0),
            Op::Result { entry, outcome } => {
                let id = format!("e{entry}");
                let attempt = self.attempts.get(&id).map_or(1, |made| made.len() as u32);
                self.put(0, &Command::Result { entry: id, attempt, outcome }, 0);
            }
            Op::DoNotCall { entry, never: true } => {
                self.put(0, &Command::DoNotCall { numbers: vec![number(entry)] }, 0)
            }
            Op::DoNotCall { entry, never: false } => self.put(0, &Command::MayCall { numbers: vec![number(entry)] }, 0),
            Op::Phase { run } => self.put(0, if run { &Command::Start } else { &Command::Pause }, 0),
            Op::Plan { holiday, attempts } => {
                let day = ((self.now + 9 * HOUR) / DAY) as i64;
                let closed = if holiday { BTreeSet::from([day]) } else { BTreeSet::new() };
                self.put(0, &Command::Define { plan: Plan { attempts, closed, ..plan(self.mode) } }, 0);
            }
            Op::Read { gateway } => self.read(gateway),
            Op::Wait(ms) => {
                self.now += ms;
                self.put(1, &Command::Tick, 0);
            }
        }
    }

    fn read(&mut self, gateway: usize) {
        let (campaign, read) = &mut self.gateways[gateway];
        self.log[*read..].iter().for_each(|event| evolve(campaign, event));
        *read = self.log.len();
    }

    /// Decides on what the gateway has read; the log takes it only if that was all.
    fn put(&mut self, gateway: usize, command: &Command, free: u32) {
        let (campaign, read) = &self.gateways[gateway];
        let Ok(events) = decide(campaign, &Never::new(), command, self.now) else { return };
        if *read != self.log.len() {
            self.read(gateway);
            return self.put(gateway, command, free);
        }
        let rang = self.ringing.len();
        for event in &events {
            self.happened(event);
        }
        if events.iter().any(|event| matches!(event, Event::Dialled { .. })) && free != u32::MAX {
            assert!(self.ringing.len() <= (free as usize).max(rang), "more ring than agents are free");
        }
        self.log.extend(events);
        self.read(gateway);
    }

    fn happened(&mut self, event: &Event) {
        match event {
            Event::Defined { plan } => self.plan = (**plan).clone(),
            Event::Started => self.running = true,
            Event::Paused | Event::Finished => self.running = false,
            Event::DoNotCall { number } => assert!(self.never.insert(number.clone())),
            Event::MayCall { number } => assert!(self.never.remove(number)),
            Event::Dialled { entry, attempt, .. } => self.dialled(entry, *attempt),
            Event::Ended { entry, attempt, outcome, at, .. } => {
                assert_eq!(self.ringing.remove(entry), Some(*attempt), "it was not ringing");
                if matches!(outcome, Outcome::Answered | Outcome::Abandoned | Outcome::AskedNotToCall) {
                    self.picked_up.push((*at, *outcome == Outcome::Abandoned));
                }
            }
            Event::Added { .. } | Event::Previewed { .. } | Event::Returned { .. } => {}
        }
    }

    fn dialled(&mut self, entry: &str, attempt: u32) {
        let now = self.now;
        let local = now + 9 * HOUR;
        let (day, weekday, minute) = (local / DAY, (local / DAY + 3) % 7 + 1, local % DAY / MINUTE);
        assert!(self.running && weekday <= 5 && (540..1_080).contains(&minute), "outside the window");
        assert!(!self.plan.closed.contains(&(day as i64)), "on a closed day");
        assert!(!self.never.contains(&number(entry[1..].parse().expect("a number"))), "on the list");
        assert!(self.ringing.insert(entry.to_owned(), attempt).is_none(), "dialled twice at once");
        let made = self.attempts.entry(entry.to_owned()).or_default();
        made.push(now);
        assert_eq!(made.len() as u32, attempt, "each attempt once");
        assert!(attempt <= self.plan.attempts, "too often");
        let today = made.iter().filter(|at| (**at + 9 * HOUR) / DAY == day).count();
        assert!(today <= 2, "too often today");
        let recent: Vec<bool> = self.picked_up.iter().filter(|(at, _)| *at + HOUR > now).map(|(_, it)| *it).collect();
        let nobody = recent.iter().filter(|it| **it).count();
        assert!(self.mode == Mode::Preview || nobody * 1_000 <= 30 * recent.len(), "{nobody} of {}", recent.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nobody_is_dialled_who_must_not_be(preview in any::<bool>(), ops in prop::collection::vec(op(), 0..150)) {
        let mut world = World::new(if preview { Mode::Preview } else { Mode::Progressive });
        for op in ops {
            world.take(op);
        }
        world.read(0);
        world.read(1);
        prop_assert_eq!(&world.gateways[0].0, &world.gateways[1].0);
        // Nothing is stuck: time alone brings back what is under way.
        for _ in 0..100 {
            let Some(due) = next_deadline(&world.gateways[0].0) else { break };
            world.now = world.now.max(due);
            world.put(0, &Command::Tick, 0);
        }
        prop_assert!(world.ringing.is_empty());
        prop_assert_eq!(next_deadline(&world.gateways[0].0), None);
    }
}
