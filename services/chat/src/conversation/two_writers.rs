//! Two sites write one conversation: compare-and-set on its length, reload on conflict, acknowledgements lost.
//!
//! Each of these changes to the writer below was seen to fail: it says yes although the append was refused; it retries an
//! unknown outcome under another id and without reloading; it decides again without reloading.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Fate {
    Acknowledged,
    /// Stored, but the writer does not hear so.
    StoredUnheard,
    /// Not stored, and the writer does not know that.
    LostUnheard,
}

#[derive(Clone, Debug)]
enum Step {
    Submit { writer: usize, message: u128, fate: Fate, batch: usize },
    Follow { writer: usize },
}

#[derive(Default)]
struct Journal {
    units: Vec<(u64, Vec<Event>)>,
}

impl Journal {
    /// As JetStream does: deduplication comes before the comparison.
    fn append(&mut self, id: u64, expect: usize, events: &[Event]) -> Result<usize, usize> {
        if let Some(at) = self.units.iter().position(|(known, _)| *known == id) {
            return Ok(at + 1);
        }
        if self.units.len() != expect {
            return Err(self.units.len());
        }
        self.units.push((id, events.to_vec()));
        Ok(self.units.len())
    }
}

#[derive(Default)]
struct Writer {
    state: Conversation,
    position: usize,
    heard: BTreeMap<u128, u64>,
}

impl Writer {
    fn follow(&mut self, journal: &Journal) {
        for (_, events) in &journal.units[self.position..] {
            events.iter().for_each(|event| self.state.evolve(event));
        }
        self.position = journal.units.len();
    }

    fn submit(&mut self, journal: &mut Journal, ids: &mut u64, batch: &[Command<Body>], fate: &Fate) {
        loop {
            let mut draft = self.state.clone();
            let mut unit = Vec::new();
            for command in batch {
                let events = decide(&draft, command, 5).unwrap_or_default();
                events.iter().for_each(|event| draft.evolve(event));
                unit.extend(events);
            }
            if !unit.is_empty() {
                *ids += 1;
                let mut outcome = match fate {
                    Fate::LostUnheard => Err(None),
                    Fate::Acknowledged | Fate::StoredUnheard => {
                        journal.append(*ids, self.position, &unit).map_err(Some)
                    }
                };
                if matches!((fate, &outcome), (Fate::StoredUnheard, Ok(_)) | (Fate::LostUnheard, _)) {
                    outcome = journal.append(*ids, self.position, &unit).map_err(Some);
                }
                if outcome.is_err() {
                    self.follow(journal);
                    continue;
                }
                self.follow(journal);
            }
            self.hear(batch);
            return;
        }
    }

    fn hear(&mut self, batch: &[Command<Body>]) {
        for command in batch {
            if let Action::Post { message, .. } = &command.action {
                let number = self.state.number_of(command);
                if number > 0 {
                    let before = *self.heard.entry(*message).or_insert(number);
                    assert_eq!(before, number, "one message, one number");
                }
            }
        }
    }
}

fn steps() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![4 => Just(Fate::Acknowledged), 1 => Just(Fate::StoredUnheard), 1 => Just(Fate::LostUnheard)];
    prop_oneof![
        4 => (0..2usize, 0..30u128, fate, 1..4usize)
            .prop_map(|(writer, message, fate, batch)| Step::Submit { writer, message, fate, batch }),
        1 => (0..2usize).prop_map(|writer| Step::Follow { writer }),
    ]
}

fn batch(message: u128, count: usize) -> Vec<Command<Body>> {
    let by = Party { kind: PartyKind::Customer, id: "c1".into(), supervisor: false };
    let mut commands = vec![Command {
        by: by.clone(),
        action: Action::Open {
            queue: "support".into(),
            name: None,
            language: "ja".into(),
            reason: String::new(),
            answers: None,
            segment: String::new(),
            channel: String::new(),
        },
    }];
    let ids = (0..count as u128).map(|step| message + step);
    commands.extend(ids.map(|message| Command {
        by: by.clone(),
        action: Action::Post { message, text: Body::from_static(b"sealed"), form: None },
    }));
    commands
}

proptest! {
    #[test]
    fn any_interleaving_keeps_every_promise(steps in prop::collection::vec(steps(), 1..80)) {
        let (mut journal, mut ids) = (Journal::default(), 0);
        let mut writers = [Writer::default(), Writer::default()];
        for step in &steps {
            match step {
                Step::Submit { writer, message, fate, batch: count } => {
                    writers[*writer].submit(&mut journal, &mut ids, &batch(*message, *count), fate);
                }
                Step::Follow { writer } => writers[*writer].follow(&journal),
            }
        }
        let log: Vec<&Event> = journal.units.iter().flat_map(|(_, events)| events).collect();
        prop_assert!(log.iter().zip(1..).all(|(event, number)| event.number == number), "numbers without holes");
        let mut stored = BTreeMap::new();
        for event in log {
            if let What::MessagePosted { message, .. } = &event.what {
                prop_assert_eq!(stored.insert(*message, event.number), None, "stored once");
            }
        }
        for writer in &mut writers {
            writer.follow(&journal);
            for (message, number) in &writer.heard {
                prop_assert_eq!(stored.get(message), Some(number), "what was promised is there");
            }
        }
        prop_assert_eq!(&writers[0].state, &writers[1].state);
    }
}
