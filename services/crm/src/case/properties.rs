//! Any commands of two writers on one log, each deciding on what it has read; the log takes an append only on its end.
//!
//! What holds after every event: a department has the case; lateness of one sort is said once until the case is reopened, and never
//! while it waits or is solved; its due time never comes nearer; a command is in the log once.
//!
//! Broken by hand, and each seen to fail here: an escalation that is not remembered; a tick that counts while it waits; a done
//! command that is forgotten; the waited time taken away instead of given back.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::select};

use super::{
    tests::{HOUR, opening},
    *,
};

#[derive(Debug, Clone)]
enum Op {
    Ask { writer: usize, id: u8, action: Action<String> },
    Tick { writer: usize },
    Read { writer: usize },
    Wait(Millis),
}

fn action() -> impl Strategy<Value = Action<String>> {
    let text = String::new;
    prop_oneof![
        2 => Just(Action::Open(opening())),
        2 => select(vec![None, Some("agent1".to_owned()), Some("agent2".to_owned())]).prop_map(|owner| Action::Assign { owner }),
        1 => select(vec!["sales", "quality"]).prop_map(move |it| Action::HandOver { department: it.to_owned(), text: text() }),
        1 => Just(Action::Note { text: String::new() }),
        1 => (0..3_u8).prop_map(|file| Action::Attach { file: file.to_string(), text: String::new() }),
        1 => (0..3_u8).prop_map(|it| Action::Join { conversation: it.to_string() }),
        1 => (0..11_u32).prop_map(|priority| Action::Rank { priority }),
        2 => prop::option::of(1..100 * HOUR).prop_map(|until| Action::Wait { whom: "customer".to_owned(), until }),
        2 => Just(Action::Resume),
        1 => Just(Action::Solve { code: "done".to_owned() }),
        1 => Just(Action::Reopen),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..2_usize, any::<u8>(), action()).prop_map(|(writer, id, action)| Op::Ask { writer, id, action }),
        3 => (0..2_usize).prop_map(|writer| Op::Tick { writer }),
        3 => (0..2_usize).prop_map(|writer| Op::Read { writer }),
        3 => select(vec![1, HOUR, 7 * HOUR, 24 * HOUR]).prop_map(Op::Wait),
    ]
}

#[derive(Default)]
struct World {
    log: Vec<Event<String>>,
    writers: [(Case, usize); 2],
    truth: Case,
    now: Millis,
    said: BTreeSet<Late>,
    ids: BTreeSet<String>,
}

impl World {
    fn read(&mut self, writer: usize) {
        let (case, read) = &mut self.writers[writer];
        self.log[*read..].iter().for_each(|event| evolve(case, event));
        *read = self.log.len();
    }

    fn ask(&mut self, writer: usize, command: &Command<String>) -> Result<(), TestCaseError> {
        let (case, read) = &self.writers[writer];
        let Ok(events) = decide(case, command, self.now) else { return Ok(()) };
        if *read != self.log.len() {
            // The journal refuses: somebody else wrote first.
            self.read(writer);
            return Ok(());
        }
        if !events.is_empty() {
            prop_assert!(self.ids.insert(command.id.clone()), "{} was done twice", command.id);
        }
        for event in events {
            self.store(event)?;
        }
        self.read(writer);
        Ok(())
    }

    fn store(&mut self, event: Event<String>) -> Result<(), TestCaseError> {
        let before = self.truth.clone();
        evolve(&mut self.truth, &event);
        match &event.what {
            What::Escalated { late } => {
                prop_assert!(self.said.insert(*late), "{late:?} was said twice");
                prop_assert_eq!(before.phase(), &Phase::Open);
            }
            What::Reopened => {
                self.said.remove(&Late::Solve);
            }
            What::Opened(_)
            | What::Assigned { .. }
            | What::HandedOver { .. }
            | What::Noted { .. }
            | What::Attached { .. }
            | What::Joined { .. }
            | What::Ranked { .. }
            | What::Waited { .. }
            | What::Resumed
            | What::Solved { .. } => {}
        }
        prop_assert!(self.truth.due() >= before.due(), "due came nearer");
        prop_assert!(!self.truth.department().is_empty());
        prop_assert!((1..=9).contains(&self.truth.priority()));
        if let Some(at) = next_deadline(&self.truth) {
            let open = matches!(self.truth.phase(), Phase::Open | Phase::Waiting { .. });
            prop_assert!(open && at > 0);
        }
        self.log.push(event);
        Ok(())
    }
}

proptest! {
    #[test]
    fn a_case_keeps_its_rules(ops in prop::collection::vec(op(), 1..120)) {
        let mut world = World { now: 1, ..World::default() };
        for op in ops {
            match op {
                Op::Ask { writer, id, action } => {
                    let command = Command { id: format!("c{id}"), by: "agent1".to_owned(), action };
                    world.ask(writer, &command)?;
                }
                Op::Tick { writer } => {
                    let due = next_deadline(&world.writers[writer].0).unwrap_or_default();
                    let fresh = world.writers[writer].1 == world.log.len();
                    let command = Command { id: format!("tick-{due}-{}", world.log.len()), by: String::new(), action: Action::Tick };
                    world.ask(writer, &command)?;
                    if fresh && due > 0 && due <= world.now {
                        let next = next_deadline(&world.writers[writer].0);
                        prop_assert!(next.is_none_or(|next| next != due), "a tick that changes nothing");
                    }
                }
                Op::Read { writer } => world.read(writer),
                Op::Wait(ms) => world.now += ms,
            }
        }
        world.read(0);
        world.read(1);
        prop_assert_eq!(&world.writers[0].0, &world.writers[1].0);
        prop_assert_eq!(&world.writers[0].0, &world.truth);
    }
}
