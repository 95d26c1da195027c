//! Stories of a campaign.

use std::collections::BTreeSet;

use super::*;
use crate::ivr::flow::{Line, Prompt};

/// Monday, 7 December 2026, 10:00 in Tokyo.
pub(super) const MONDAY_10: Millis = 1_796_605_200_000;
pub(super) const MINUTE: Millis = 60_000;
pub(super) const HOUR: Millis = 60 * MINUTE;
pub(super) const DAY: Millis = 24 * HOUR;

pub(super) fn plan(mode: Mode) -> Plan {
    Plan {
        name: "再契約のご案内".into(),
        mode,
        queue: "sales".into(),
        caller_id: "+81312345678".into(),
        attempts: 3,
        attempts_per_day: 2,
        pauses: Pauses {
            busy_ms: 5 * MINUTE,
            no_answer_ms: HOUR,
            machine_ms: 2 * HOUR,
            abandoned_ms: DAY,
            failed_ms: 10 * MINUTE,
        },
        ring_ms: 25_000,
        preview_ms: 120_000,
        utc_offset_minutes: 540,
        windows: (1..=5).map(|weekday| Window { weekday, from: 9 * 60, to: 18 * 60 }).collect(),
        closed: BTreeSet::new(),
        abandon: Abandon { permille: 30, window_ms: HOUR },
        nobody: Some(Box::new(nobody())),
    }
}

fn nobody() -> Nobody {
    let line = Line { text: Some("担当者におつなぎできません。".into()), file: None };
    Nobody { within_ms: 3_000, announcement: Prompt { ja: Some(line), en: None } }
}

/// A campaign under way.
struct Story {
    campaign: Campaign,
    never: Never,
    now: Millis,
}

impl Story {
    fn new(mode: Mode, entries: usize) -> Story {
        let mut story = Story { campaign: Campaign::new(), never: Never::new(), now: MONDAY_10 };
        story.run(Command::Define { plan: plan(mode) });
        let entry = |at| NewEntry { id: format!("e{at}"), number: format!("+8190000000{at:02}") };
        story.run(Command::Add { entries: (0..entries).map(entry).collect() });
        story.run(Command::Start);
        story
    }

    fn run(&mut self, command: Command) -> Vec<Event> {
        self.ask(command).expect("carried out")
    }

    fn ask(&mut self, command: Command) -> Result<Vec<Event>, Rejection> {
        let events = decide(&self.campaign, &self.never, &command, self.now)?;
        events.iter().for_each(|event| evolve(&mut self.campaign, event));
        Ok(events)
    }

    fn dial(&mut self, free_agents: u32) -> Vec<(String, u32)> {
        let events = self.run(Command::Dial { by: "tokyo".into(), free_agents });
        let dialled = events.into_iter().map(|event| {
            let Event::Dialled { entry, attempt, .. } = event else { panic!("{event:?}") };
            (entry, attempt)
        });
        dialled.collect()
    }

    fn result(&mut self, entry: &str, attempt: u32, outcome: Outcome) -> Vec<Event> {
        self.run(Command::Result { entry: entry.into(), attempt, outcome })
    }
}

fn named(entries: &[(&str, u32)]) -> Vec<(String, u32)> {
    entries.iter().map(|(entry, attempt)| ((*entry).to_owned(), *attempt)).collect()
}

#[test]
fn no_more_numbers_ring_than_agents_are_free() {
    let mut story = Story::new(Mode::Progressive, 5);
    assert_eq!(story.dial(2), named(&[("e0", 1), ("e1", 1)]));
    assert_eq!(story.dial(2), [], "both agents have a number that rings");
    story.result("e0", 1, Outcome::Busy);
    assert_eq!(story.dial(2), named(&[("e2", 1)]));
    story.result("e1", 1, Outcome::Answered);
    assert_eq!(story.dial(1), [], "the other agent talks");
}

#[test]
fn numbers_are_tried_again_after_their_pause_and_not_too_often() {
    let mut story = Story::new(Mode::Progressive, 1);
    assert_eq!(story.dial(9), named(&[("e0", 1)]));
    story.result("e0", 1, Outcome::NoAnswer);
    assert_eq!(next_dial_at(&story.campaign, &story.never, story.now), Some(MONDAY_10 + HOUR));
    assert_eq!(story.dial(9), []);
    story.now += HOUR;
    assert_eq!(story.dial(9), named(&[("e0", 2)]));
    story.result("e0", 2, Outcome::Busy);
    story.now += HOUR;
    assert_eq!(story.dial(9), [], "twice on one day");
    let tuesday = MONDAY_10 + 23 * HOUR;
    assert_eq!(next_dial_at(&story.campaign, &story.never, story.now), Some(tuesday));
    story.now = tuesday;
    assert_eq!(story.dial(9), named(&[("e0", 3)]));
    let ended = story.result("e0", 3, Outcome::Busy);
    assert!(matches!(ended[..], [Event::Ended { again_at: None, .. }]), "three times in all");
    assert_eq!(next_dial_at(&story.campaign, &story.never, story.now), None);
}

#[test]
fn nobody_is_called_outside_the_windows() {
    let mut story = Story::new(Mode::Progressive, 3);
    let mut plan = plan(Mode::Progressive);
    plan.closed.insert(20_795);
    story.run(Command::Define { plan });
    story.now = MONDAY_10 + 8 * HOUR;
    assert_eq!(story.dial(1), [], "18:00");
    assert_eq!(
        next_dial_at(&story.campaign, &story.never, story.now),
        Some(MONDAY_10 + 47 * HOUR),
        "Tuesday is a holiday"
    );
    story.now = MONDAY_10 + 47 * HOUR;
    assert_eq!(story.dial(1).len(), 1);
    story.now = MONDAY_10 + 5 * DAY;
    assert_eq!(story.dial(2), [], "Saturday");
}

#[test]
fn who_asked_not_to_be_called_is_not() {
    let mut story = Story::new(Mode::Progressive, 3);
    story.run(Command::DoNotCall { numbers: vec!["+819000000000".into()] });
    assert_eq!(story.dial(1), named(&[("e1", 1)]));
    let events = story.result("e1", 1, Outcome::AskedNotToCall);
    assert!(events.contains(&Event::DoNotCall { number: "+819000000001".into() }));
    assert!(story.campaign.may_not_call("+819000000001"));
    story.run(Command::MayCall { numbers: vec!["+819000000000".into()] });
    assert_eq!(story.dial(1), named(&[("e0", 1)]));
}

#[test]
fn an_agent_looks_and_dials_or_leaves_it() {
    let mut story = Story::new(Mode::Preview, 2);
    let ann = || "ann".to_owned();
    assert_eq!(story.run(Command::Preview { agent: ann() }).len(), 1);
    assert_eq!(story.campaign.looking_at("ann"), Some("e0"));
    assert_eq!(story.run(Command::Preview { agent: ann() }), [], "they have one");
    story.run(Command::Preview { agent: "bob".into() });
    assert_eq!(story.campaign.looking_at("bob"), Some("e1"), "another one");
    story.run(Command::Skip { agent: "bob".into() });
    assert_eq!(story.run(Command::Preview { agent: "bob".into() }), [], "not at once again");
    let dialled = story.run(Command::DialPreviewed { agent: ann(), by: "tokyo".into() });
    assert!(matches!(&dialled[..], [Event::Dialled { agent: Some(agent), .. }] if agent == "ann"));
    assert_eq!(story.ask(Command::DialPreviewed { agent: ann(), by: "tokyo".into() }), Err(Rejection::NoEntry));
    story.result("e0", 1, Outcome::Answered);
    story.now += HOUR;
    story.run(Command::Preview { agent: ann() });
    story.run(Command::DoNotCall { numbers: vec!["+819000000001".into()] });
    assert_eq!(story.ask(Command::DialPreviewed { agent: ann(), by: "x".into() }), Err(Rejection::NotNow));
    story.now = next_deadline(&story.campaign).expect("the time to look is over");
    story.run(Command::Tick);
    assert_eq!(story.campaign.looking_at("ann"), None);
    assert_eq!(story.ask(Command::Dial { by: "x".into(), free_agents: 1 }), Err(Rejection::WrongMode));
}

#[test]
fn whoever_takes_an_offer_has_the_whole_time_to_look() {
    let mut story = Story::new(Mode::Preview, 1);
    let offer = || "conversation".to_owned();
    story.run(Command::Preview { agent: offer() });
    let lapses = next_deadline(&story.campaign).expect("offered");
    story.now += 100_000;
    assert_eq!(story.run(Command::Keep { agent: offer() }).len(), 1);
    assert_eq!(next_deadline(&story.campaign), Some(lapses + 100_000));
    story.now = lapses;
    assert_eq!(story.run(Command::Tick), [], "the old time counts no more");
    assert_eq!(story.campaign.looking_at("conversation"), Some("e0"));
    assert_eq!(story.run(Command::Keep { agent: "nobody".into() }), []);
}

#[test]
fn a_gateway_that_dies_leaves_a_lost_attempt() {
    let mut story = Story::new(Mode::Progressive, 1);
    story.dial(1);
    story.now = next_deadline(&story.campaign).expect("due");
    assert_eq!(story.now, MONDAY_10 + 145_000);
    let events = story.run(Command::Tick);
    assert!(matches!(events[..], [Event::Ended { outcome: Outcome::Lost, again_at: Some(_), .. }]));
    assert_eq!(next_deadline(&story.campaign), None);
    let late = Command::Result { entry: "e0".into(), attempt: 1, outcome: Outcome::Answered };
    assert_eq!(story.ask(late), Err(Rejection::NotUnderWay));
}

#[test]
fn a_result_counts_once() {
    let mut story = Story::new(Mode::Progressive, 2);
    story.dial(2);
    assert_eq!(story.result("e0", 1, Outcome::Busy).len(), 1);
    assert_eq!(story.result("e0", 1, Outcome::Busy), []);
    let other = Command::Result { entry: "e0".into(), attempt: 1, outcome: Outcome::Machine };
    assert_eq!(story.ask(other), Err(Rejection::NotUnderWay));
    let old = Command::Result { entry: "e1".into(), attempt: 2, outcome: Outcome::Busy };
    assert_eq!(story.ask(old), Err(Rejection::NotUnderWay));
}

#[test]
fn too_many_abandoned_calls_stop_the_dialling() {
    let mut story = Story::new(Mode::Progressive, 90);
    for at in 0..40 {
        story.dial(1);
        story.result(&format!("e{at}"), 1, Outcome::Answered);
    }
    story.dial(1);
    story.result("e40", 1, Outcome::Abandoned);
    assert_eq!(story.dial(1), named(&[("e41", 1)]), "one of 41 is 2.4 %");
    story.result("e41", 1, Outcome::Abandoned);
    assert_eq!(story.dial(5), [], "two of 42 are 4.8 %");
    let again = MONDAY_10 + HOUR;
    assert_eq!(next_dial_at(&story.campaign, &story.never, story.now), Some(again));
    story.now = again;
    assert_eq!(story.dial(5).len(), 5);
}

#[test]
fn of_two_gateways_one_dials() {
    let story = Story::new(Mode::Progressive, 1);
    let ask = |by: &str| Command::Dial { by: by.into(), free_agents: 1 };
    let tokyo = decide(&story.campaign, &story.never, &ask("tokyo"), story.now).expect("a dial");
    let osaka = decide(&story.campaign, &story.never, &ask("osaka"), story.now).expect("a dial");
    assert_eq!((tokyo.len(), osaka.len()), (1, 1), "both would, on the same sequence");
    let mut campaign = story.campaign;
    tokyo.iter().for_each(|event| evolve(&mut campaign, event));
    assert_eq!(
        decide(&campaign, &story.never, &ask("osaka"), story.now),
        Ok(vec![]),
        "refused by the sequence, osaka reads on"
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let mut story = Story::new(Mode::Progressive, 1);
    let bad = NewEntry { id: "x".into(), number: String::new() };
    assert_eq!(story.ask(Command::Add { entries: vec![bad] }), Err(Rejection::BadEntry("x".into())));
    let again = NewEntry { id: "other".into(), number: "+819000000000".into() };
    assert_eq!(story.run(Command::Add { entries: vec![again] }), [], "a number is in a campaign once");
    let greedy = Plan { abandon: Abandon { permille: 31, window_ms: HOUR }, ..plan(Mode::Progressive) };
    assert!(matches!(story.ask(Command::Define { plan: greedy }), Err(Rejection::BadPlan(_))));
    story.run(Command::Pause);
    assert_eq!(story.ask(Command::Dial { by: "x".into(), free_agents: 1 }), Err(Rejection::NotNow));
    story.run(Command::Finish);
    assert_eq!(story.ask(Command::Start), Err(Rejection::Finished));
    let mut empty = Story { campaign: Campaign::new(), never: Never::new(), now: 0 };
    assert_eq!(empty.ask(Command::Start), Err(Rejection::NoPlan));
}

#[test]
fn whom_the_center_never_calls_no_campaign_calls_also_those_who_are_being_looked_at() {
    let mut story = Story::new(Mode::Progressive, 2);
    let ask = |free_agents| Command::Dial { by: "call".into(), free_agents };
    story.never.insert("+819000000000".into());
    let dialled = story.run(ask(2));
    assert!(matches!(&dialled[..], [Event::Dialled { entry, .. }] if entry == "e1"), "{dialled:?}");
    story.never.clear();
    assert_eq!(story.run(ask(2)).len(), 1, "and after all");
    let mut story = Story::new(Mode::Preview, 1);
    story.run(Command::Preview { agent: "a".into() });
    story.never.insert("+819000000000".into());
    let dial = Command::DialPreviewed { agent: "a".into(), by: "call".into() };
    assert_eq!(story.ask(dial), Err(Rejection::NotNow));
    story.run(Command::Skip { agent: "a".into() });
    assert_eq!(next_dial_at(&story.campaign, &story.never, story.now), None);
}

#[test]
fn a_campaign_that_dials_by_itself_says_what_becomes_of_who_finds_nobody() {
    let fault = |plan: Plan| plan.check().map_err(|fault| fault.field);
    assert_eq!(fault(Plan { nobody: None, ..plan(Mode::Preview) }), Ok(()));
    assert_eq!(fault(Plan { nobody: None, ..plan(Mode::Progressive) }), Err("nobody"));
    let with = |nobody| Plan { nobody: Some(Box::new(nobody)), ..plan(Mode::Progressive) };
    assert_eq!(fault(with(Nobody { within_ms: 999, ..nobody() })), Err("nobody"));
    assert_eq!(fault(with(Nobody { announcement: Prompt::default(), ..nobody() })), Err("nobody"));
    assert_eq!(fault(with(nobody())), Ok(()));
}
