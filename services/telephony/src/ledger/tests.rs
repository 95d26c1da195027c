//! Stories of lost calls.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::*;
use crate::ids::CallId;

const NUMBER: &str = "+819012345678";

pub(super) fn call(number: u128) -> CallId {
    CallId(Uuid::from_u128(number))
}

pub(super) fn lost(id: u128, number: Option<&str>, since: Millis) -> LostCall {
    LostCall {
        call: call(id),
        number: number.map(str::to_owned),
        queue: "support".into(),
        answers: BTreeMap::from([("inquiry".into(), format!("inquiry {id}"))]),
        waiting_since: since,
        why: Why::TakeoverRefused,
    }
}

struct Story {
    ledger: Ledger,
    now: Millis,
}

impl Story {
    fn new() -> Story {
        Story { ledger: Ledger::new(Rules::default()), now: 1_000_000 }
    }

    fn ask(&mut self, command: Command) -> Result<Vec<Event>, Rejection> {
        let events = decide(&self.ledger, &command, self.now)?;
        events.iter().for_each(|event| evolve(&mut self.ledger, event));
        Ok(events)
    }

    fn run(&mut self, command: Command) -> Vec<Event> {
        self.ask(command).expect("carried out")
    }

    fn claim(&mut self, id: u128) -> Result<Vec<Event>, Rejection> {
        self.ask(Command::Claim { entry: call(id), by: "tokyo".into() })
    }

    fn result(&mut self, id: u128, attempt: u32, outcome: Outcome) -> Result<Vec<Event>, Rejection> {
        self.ask(Command::Result { entry: call(id), attempt, outcome })
    }

    fn closed(&self, id: u128) -> Option<Closed> {
        let stage = &self.ledger.entry(call(id)).expect("an entry").stage;
        if let Stage::Closed { why, .. } = stage { Some(*why) } else { None }
    }
}

#[test]
fn who_waited_first_is_called_first_and_once() {
    let mut story = Story::new();
    story.run(Command::Lose { lost: lost(1, Some(NUMBER), 900_000) });
    story.run(Command::Lose { lost: lost(2, Some("+81312345678"), 800_000) });
    assert_eq!(story.run(Command::Lose { lost: lost(1, Some(NUMBER), 900_000) }), [], "the same call again");
    assert_eq!(to_call(&story.ledger, story.now), [call(2), call(1)]);
    assert_eq!(story.claim(2).expect("claimed").len(), 1);
    assert_eq!(story.claim(2), Err(Rejection::NotNow), "somebody calls them already");
    assert_eq!(to_call(&story.ledger, story.now), [call(1)]);
    story.result(2, 1, Outcome::Reached).expect("closed");
    assert_eq!(story.closed(2), Some(Closed::Reached));
    assert_eq!(story.claim(2), Err(Rejection::NotNow));
    assert_eq!(story.result(2, 1, Outcome::Reached), Ok(vec![]), "said again");
}

#[test]
fn a_person_s_calls_are_one_entry() {
    let mut story = Story::new();
    story.run(Command::Lose { lost: lost(1, Some(NUMBER), 900_000) });
    story.run(Command::Lose { lost: lost(2, Some(NUMBER), 950_000) });
    let entry = story.ledger.entry(call(2)).expect("joined");
    assert_eq!((entry.lost.call, &entry.joined[..]), (call(1), &[call(2)][..]));
    assert_eq!((entry.lost.waiting_since, entry.lost.answers["inquiry"].as_str()), (900_000, "inquiry 2"));
    assert_eq!(to_call(&story.ledger, story.now), [call(1)]);
}

#[test]
fn nobody_is_called_while_they_call_or_after_they_were_served() {
    let mut story = Story::new();
    story.run(Command::Lose { lost: lost(1, Some(NUMBER), 900_000) });
    story.run(Command::Arrived { number: NUMBER.into(), call: call(2) });
    assert_eq!(to_call(&story.ledger, story.now), []);
    assert_eq!(story.claim(1), Err(Rejection::NotNow));
    story.run(Command::Left { number: NUMBER.into(), call: call(2), served: false });
    assert_eq!(to_call(&story.ledger, story.now), [call(1)], "they hung up in the queue");
    story.run(Command::Arrived { number: NUMBER.into(), call: call(3) });
    story.run(Command::Lose { lost: lost(3, Some(NUMBER), 990_000) });
    assert_eq!(to_call(&story.ledger, story.now), [call(1)], "lost once more");
    story.run(Command::Arrived { number: NUMBER.into(), call: call(4) });
    story.run(Command::Left { number: NUMBER.into(), call: call(4), served: true });
    assert_eq!(story.closed(1), Some(Closed::ServedAgain));
    story.run(Command::Lose { lost: lost(5, Some(NUMBER), 999_000) });
    assert_eq!(to_call(&story.ledger, story.now), [call(5)], "a new matter");
    story.run(Command::Arrived { number: NUMBER.into(), call: call(6) });
    story.now += 2 * 3_600_000;
    assert_eq!(to_call(&story.ledger, story.now), [call(5)], "whose call nobody reported over");
}

#[test]
fn who_does_not_answer_is_tried_again_and_then_left() {
    let mut story = Story::new();
    story.run(Command::Lose { lost: lost(1, Some(NUMBER), 900_000) });
    story.claim(1).expect("claimed");
    story.result(1, 1, Outcome::NotReached).expect("not reached");
    assert_eq!(story.result(1, 1, Outcome::NotReached), Ok(vec![]), "said again");
    assert_eq!(story.claim(1), Err(Rejection::NotNow), "a pause");
    story.now += 600_000;
    story.claim(1).expect("claimed");
    story.now = next_deadline(&story.ledger).expect("the gateway is silent");
    story.run(Command::Tick);
    story.now += 600_000;
    story.claim(1).expect("claimed");
    assert_eq!(story.result(1, 7, Outcome::Reached), Err(Rejection::NotUnderWay));
    story.result(1, 3, Outcome::NotReached).expect("the last");
    assert_eq!(story.closed(1), Some(Closed::GaveUp));
}

#[test]
fn a_late_word_that_they_were_reached_counts() {
    let mut story = Story::new();
    story.run(Command::Lose { lost: lost(1, Some(NUMBER), 900_000) });
    story.claim(1).expect("claimed");
    story.now = next_deadline(&story.ledger).expect("due");
    story.run(Command::Tick);
    story.result(1, 1, Outcome::Reached).expect("late");
    assert_eq!(story.closed(1), Some(Closed::Reached));
}

#[test]
fn hidden_numbers_are_kept_and_old_entries_forgotten() {
    let mut story = Story::new();
    story.run(Command::Lose { lost: lost(1, None, 900_000) });
    assert_eq!((story.closed(1), to_call(&story.ledger, story.now)), (Some(Closed::NoNumber), vec![]));
    story.run(Command::Lose { lost: lost(2, Some(NUMBER), 900_000) });
    story.run(Command::Close { entry: call(2) });
    assert_eq!(story.closed(2), Some(Closed::ByHand));
    story.now = next_deadline(&story.ledger).expect("old");
    story.run(Command::Tick);
    assert_eq!(
        (story.ledger.entries().count(), story.ledger.entry(call(2)), next_deadline(&story.ledger)),
        (0, None, None)
    );
    assert_eq!(story.ask(Command::Close { entry: call(2) }), Err(Rejection::NoEntry));
}
