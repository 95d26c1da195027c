//! Any commands of two writers on one log, each deciding on what it has read; the log takes an append only on its end.
//!
//! What holds: a task is due once and not before its time; what is over stays over; a command is in the log once; a conversation is
//! wanted exactly while the task is due, and closed only if there was one.
//!
//! Broken by hand, and each seen to fail here: a tick before its time; a task moved while agents are offered it; a done command
//! that is forgotten; a conversation wanted closed that never was.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::select};

use super::*;

fn plan(at: Millis) -> Plan<String> {
    Plan {
        record: "rec-1".to_owned(),
        kind: "documents".to_owned(),
        case: String::new(),
        queue: "clerks".to_owned(),
        at,
        text: "send the catalogue".to_owned(),
        plan: String::new(),
    }
}

#[derive(Debug, Clone)]
enum Op {
    Ask { writer: usize, id: u8, action: Action<String> },
    Read { writer: usize },
    Wait(Millis),
}

fn op() -> impl Strategy<Value = Op> {
    let action = prop_oneof![
        2 => (0..500_u64).prop_map(|at| Action::Plan(plan(at))),
        2 => (0..500_u64).prop_map(|at| Action::Move { at }),
        1 => Just(Action::Cancel),
        1 => Just(Action::Finish { outcome: String::new() }),
        4 => Just(Action::Tick),
    ];
    prop_oneof![
        6 => (0..2_usize, any::<u8>(), action).prop_map(|(writer, id, action)| Op::Ask { writer, id, action }),
        3 => (0..2_usize).prop_map(|writer| Op::Read { writer }),
        2 => select(vec![1, 50, 200]).prop_map(Op::Wait),
    ]
}

#[derive(Default)]
struct World {
    log: Vec<Event<String>>,
    writers: [(Task, usize); 2],
    truth: Task,
    now: Millis,
    ids: BTreeSet<String>,
    dues: u32,
}

impl World {
    fn read(&mut self, writer: usize) {
        let (task, read) = &mut self.writers[writer];
        self.log[*read..].iter().for_each(|event| evolve(task, event));
        *read = self.log.len();
    }

    fn ask(&mut self, writer: usize, command: &Command<String>) -> Result<(), TestCaseError> {
        let (task, read) = &self.writers[writer];
        let Ok(events) = decide(task, command, self.now) else { return Ok(()) };
        if *read != self.log.len() {
            self.read(writer);
            return Ok(());
        }
        for event in events {
            prop_assert!(self.ids.insert(command.id.clone()), "{} was done twice", command.id);
            self.store(event)?;
        }
        self.read(writer);
        Ok(())
    }

    fn store(&mut self, event: Event<String>) -> Result<(), TestCaseError> {
        let before = self.truth.clone();
        prop_assert!(!matches!(before.phase(), Phase::Done | Phase::Cancelled), "something after the end");
        evolve(&mut self.truth, &event);
        if event.what == What::Due {
            self.dues += 1;
            let due = next_deadline(&before);
            prop_assert!(due.is_some_and(|at| at <= self.now), "due before its time");
            prop_assert_eq!(self.dues, 1, "due twice");
        }
        let wanted = match self.truth.phase() {
            Phase::Due => Some(true),
            Phase::Done | Phase::Cancelled => (self.dues > 0).then_some(false),
            Phase::None | Phase::Planned { .. } => None,
        };
        prop_assert_eq!(desired(&self.truth), wanted);
        self.log.push(event);
        Ok(())
    }
}

proptest! {
    #[test]
    fn a_task_keeps_its_rules(ops in prop::collection::vec(op(), 1..80)) {
        let mut world = World { now: 1, ..World::default() };
        for op in ops {
            match op {
                Op::Ask { writer, id, action } => {
                    world.ask(writer, &Command { id: format!("c{id}"), by: String::new(), action })?;
                }
                Op::Read { writer } => world.read(writer),
                Op::Wait(ms) => world.now += ms,
            }
        }
        world.read(0);
        world.read(1);
        prop_assert_eq!(&world.writers[0].0, &world.truth);
        prop_assert_eq!(&world.writers[1].0, &world.truth);
    }
}
