//! Several owners, one command, a journal that fences, a shop that knows what it did already: whatever happens in whatever order, the shop
//! does it at most once, nobody speaks to it without having the command, and its word is the command's end.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proto::{
    crm::v1::{CommandAsked, CommandState},
    journal::v1::Unit,
};

use uuid::Uuid;

use super::{
    command::{Input, decide},
    telling::message_id,
    thread::Thread,
};

/// The subject, as the servers keep it.
#[derive(Default)]
struct Subject(Vec<Unit>);

impl Subject {
    /// Refused unless the writer knows the last one.
    fn append(&mut self, expect: u64, unit: Unit) -> Option<u64> {
        if expect != self.0.len() as u64 {
            return None;
        }
        self.0.push(unit);
        Some(expect + 1)
    }

    fn read(&self, thread: &mut Thread) {
        self.0.iter().enumerate().for_each(|(at, unit)| thread.take(at as u64 + 1, unit));
    }
}

/// A shop: each key once. The answer to a repetition is the first one.
#[derive(Default)]
struct Shop {
    deeds: u32,
    answer: Option<bool>,
    /// Messages in the conversation by id, as chat keeps them.
    said: BTreeSet<Uuid>,
}

impl Shop {
    fn ask(&mut self, yes: bool) -> bool {
        let answer = *self.answer.get_or_insert(yes);
        self.deeds = u32::from(answer);
        answer
    }
}

struct Owner {
    name: &'static str,
    thread: Thread,
    /// A `sent` of its own is stored, and nothing was heard since.
    may_speak: bool,
    /// Chat told it that the message is there.
    posted: bool,
    /// What the shop told it.
    heard: Option<bool>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Read,
    Ask,
    Claim,
    Send,
    /// The request reaches the shop; `heard`: so does the answer the owner.
    Speak {
        yes: bool,
        heard: bool,
    },
    Answer,
    /// The end reaches the conversation; `heard`: so does chat's answer the owner.
    Tell {
        heard: bool,
    },
    Note,
    Die,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Read),
        1 => Just(Step::Ask),
        1 => Just(Step::Claim),
        2 => Just(Step::Send),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(yes, heard)| Step::Speak { yes, heard }),
        2 => Just(Step::Answer),
        2 => any::<bool>().prop_map(|heard| Step::Tell { heard }),
        2 => Just(Step::Note),
        1 => Just(Step::Die),
    ]
}

impl Owner {
    fn store(&mut self, subject: &mut Subject, input: Option<Input>, claims: bool) -> bool {
        let event = match input.map(|input| decide(self.thread.held.as_ref(), input, 1)) {
            None => None,
            Some(Ok(Some(event))) => Some(event),
            Some(Ok(None) | Err(_)) => return false,
        };
        let claim = claims.then(|| self.thread.claimed_by(self.name));
        let unit = self.thread.unit(event.as_ref(), claim, "tokyo", 1);
        let Some(sequence) = subject.append(self.thread.last, unit.clone()) else { return false };
        self.thread.take(sequence, &unit);
        true
    }

    fn step(&mut self, step: Step, subject: &mut Subject, shop: &mut Shop) {
        let mine = self.thread.is_owned_by(self.name);
        match step {
            Step::Read => subject.read(&mut self.thread),
            Step::Ask => {
                let asked = CommandAsked { tell: true, ..CommandAsked::default() };
                let _ = self.store(subject, Some(Input::Ask(asked)), true);
            }
            Step::Claim if self.thread.held.is_some() && !mine => drop(self.store(subject, None, true)),
            Step::Send if mine => self.may_speak = self.store(subject, Some(Input::Send(String::new())), false),
            Step::Speak { yes, heard } if self.may_speak => {
                self.may_speak = false;
                let answer = shop.ask(yes);
                self.heard = heard.then_some(answer);
            }
            Step::Answer if mine => {
                let input = match self.heard.take() {
                    Some(true) => Input::Confirm(None, String::new()),
                    Some(false) => Input::Refuse("no".to_owned(), None),
                    None => return,
                };
                self.store(subject, Some(input), false);
            }
            Step::Tell { heard }
                if mine && self.thread.held.as_ref().is_some_and(|it| it.is_over() && !it.is_done()) =>
            {
                shop.said.insert(message_id("c-1"));
                self.posted = heard;
            }
            Step::Note if mine && std::mem::take(&mut self.posted) => {
                self.store(subject, Some(Input::Tell(String::new())), false);
            }
            Step::Die => *self = Self::new(self.name),
            Step::Claim | Step::Send | Step::Speak { .. } | Step::Answer | Step::Tell { .. } | Step::Note => {}
        }
    }

    fn new(name: &'static str) -> Self {
        Self { name, thread: Thread::default(), may_speak: false, posted: false, heard: None }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn a_command_is_carried_out_at_most_once_and_ends_as_the_shop_says(
        steps in proptest::collection::vec((0_usize..2, step()), 1..60),
    ) {
        let (mut subject, mut shop) = (Subject::default(), Shop::default());
        let mut owners = [Owner::new("tokyo.crm.1"), Owner::new("osaka.crm.1")];
        let mut ended = None;
        for (who, step) in steps {
            owners[who].step(step, &mut subject, &mut shop);
            let mut truth = Thread::default();
            subject.read(&mut truth);
            let Some(command) = truth.held else {
                prop_assert!(shop.answer.is_none());
                continue;
            };
            // Who was spoken to was asked on paper first.
            prop_assert!(shop.answer.is_none() || command.attempts > 0);
            let end = match command.state {
                CommandState::Confirmed => Some(true),
                CommandState::Refused => Some(false),
                CommandState::Unspecified | CommandState::Asked | CommandState::Sent => None,
            };
            prop_assert!(ended.is_none() || ended == end, "an end is final");
            prop_assert!(end.is_none() || end == shop.answer, "an end is the shop's word");
            ended = end;
            prop_assert!(command.told.is_none() || shop.said.len() == 1, "what counts as told was told");
            prop_assert!(shop.said.is_empty() || end.is_some(), "nobody is told what the shop has not said");
        }
        prop_assert!(shop.deeds <= 1);
        prop_assert!(shop.said.len() <= 1, "told once");
        let epochs: Vec<_> = subject.0.iter().filter_map(|unit| unit.claim.as_ref()).map(|claim| claim.epoch).collect();
        prop_assert!(epochs.windows(2).all(|pair| pair[0] < pair[1]), "each claim is later than the one before");
    }

    #[test]
    fn whoever_is_left_brings_it_to_its_end(before in proptest::collection::vec((0_usize..2, step()), 0..40)) {
        let (mut subject, mut shop) = (Subject::default(), Shop::default());
        let mut owners = [Owner::new("tokyo.crm.1"), Owner::new("osaka.crm.1")];
        owners[0].step(Step::Ask, &mut subject, &mut shop);
        for (who, step) in before {
            owners[who].step(step, &mut subject, &mut shop);
        }
        let survivor = &mut owners[1];
        let speak = Step::Speak { yes: true, heard: true };
        for step in [Step::Read, Step::Claim, Step::Send, speak, Step::Answer, Step::Tell { heard: true }, Step::Note] {
            survivor.step(step, &mut subject, &mut shop);
        }
        prop_assert!(survivor.thread.held.as_ref().is_some_and(super::command::Command::is_done));
        prop_assert_eq!(shop.said.len(), 1);
    }
}
