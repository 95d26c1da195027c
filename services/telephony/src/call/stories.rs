//! Calls as people live them, and the troubles that users of other systems report, each by its name.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;
use crate::ids::LegId;

const PATIENCE: Patience = Patience { connect_ms: 20_000, rejoin_ms: 20_000, ring_ms: 45_000 };

mod dialled;

struct Story {
    call: Call,
    now: Millis,
    ended: Vec<End>,
}

impl Story {
    fn new() -> Self {
        Self { call: Call::default(), now: 1_000, ended: Vec::new() }
    }

    fn inbound() -> Self {
        let mut story = Self::new();
        let begin = Begin {
            customer: "tel-1".to_owned(),
            number: "+81312345678".to_owned(),
            dialled: "0120".to_owned(),
            ..Begin::default()
        };
        story.ok(Command::Begin(begin));
        story.up(0);
        story
    }

    fn talking() -> Self {
        let mut story = Self::inbound();
        story.queue();
        story.assign("a", 2);
        story.ok(Command::Join(person("a")));
        story.up(1);
        assert_eq!(story.call.phase, Phase::Talking);
        story
    }

    fn put(&mut self, command: &Command) -> Result<Vec<What>, Rejection> {
        self.now += 10;
        let events = decide(&self.call, command, &PATIENCE, self.now)?;
        for event in &events {
            evolve(&mut self.call, event);
            if let What::Ended(end) = event.what {
                self.ended.push(end);
            }
        }
        Ok(events.into_iter().map(|event| event.what).collect())
    }

    fn ok(&mut self, command: Command) -> Vec<What> {
        self.put(&command).unwrap_or_else(|rejection| panic!("{command:?}: {rejection}"))
    }

    fn up(&mut self, leg: u32) {
        self.ok(Command::LegUp { leg: LegId(leg), snapshot: vec![leg as u8 + 1] });
    }

    fn queue(&mut self) {
        self.ok(Command::Queue { queue: "phone".to_owned(), answers: [("1".to_owned(), "2".to_owned())].into() });
    }

    fn assign(&mut self, agent: &str, number: u64) {
        self.ok(Command::Assign { agent: agent.to_owned(), number });
    }

    fn does(&mut self, who: &Person, deed: Deed) -> Result<Vec<What>, Rejection> {
        self.put(&Command::Do { id: Uuid::new_v4(), by: who.clone(), deed })
    }

    fn hears(&self, listener: u32, speaker: u32) -> bool {
        desired(&self.call).hear.contains(&(LegId(listener), LegId(speaker)))
    }

    fn nobody_is_stuck(&self) {
        assert!(self.call.living().next().is_none(), "a leg outlives its call: {:?}", self.call.legs);
        assert_eq!(self.call.phase, Phase::Ended);
    }
}

fn person(id: &str) -> Person {
    Person { id: id.to_owned(), supervisor: false }
}

fn supervisor() -> Person {
    Person { id: "s".to_owned(), supervisor: true }
}

#[test]
fn a_call_reaches_an_agent_and_is_recorded_from_the_first_word() {
    let story = Story::talking();
    assert!(story.hears(0, 1) && story.hears(1, 0));
    assert_eq!(desired(&story.call).recording, Some((1, false)));
    assert!(desired(&story.call).background.is_empty());
}

#[test]
fn a_call_that_goes_to_somebody_else_than_meant_leaves_no_agent_behind() {
    let mut story = Story::inbound();
    story.queue();
    story.assign("a", 2);
    story.ok(Command::RingPhone);
    story.ok(Command::Release { number: 3, queue: "phone".to_owned(), to_agent: Some("a".to_owned()) });
    story.assign("b", 4);
    let agents: Vec<_> = story.call.living().filter(|(_, leg)| matches!(leg.kind, LegKind::Agent(_))).collect();
    assert!(agents.is_empty(), "the telephone of who was meant still rings: {agents:?}");
}

#[test]
fn a_caller_who_waits_hears_music() {
    let mut story = Story::inbound();
    story.queue();
    assert_eq!(desired(&story.call).background.get(&LegId(0)), Some(&Background::Music));
    story.assign("a", 2);
    assert_eq!(desired(&story.call).background.get(&LegId(0)), Some(&Background::Music));
}

#[test]
fn hold_and_resume() {
    let mut story = Story::talking();
    story.does(&person("a"), Deed::Hold).unwrap();
    assert!(!story.hears(0, 1) && !story.hears(1, 0));
    assert_eq!(desired(&story.call).background.get(&LegId(0)), Some(&Background::Music));
    story.does(&person("a"), Deed::Resume).unwrap();
    assert!(story.hears(0, 1) && story.hears(1, 0));
}

#[test]
fn whom_a_supervisor_hears_and_who_hears_the_supervisor() {
    let mut story = Story::talking();
    story.does(&supervisor(), Deed::Supervise(Mode::Monitor)).unwrap();
    story.up(2);
    let monitor: BTreeSet<_> = [(0, 1), (1, 0), (2, 0), (2, 1)].map(|(a, b)| (LegId(a), LegId(b))).into();
    assert_eq!(desired(&story.call).hear, monitor, "listening is silent");
    story.does(&supervisor(), Deed::Supervise(Mode::Whisper)).unwrap();
    assert!(story.hears(1, 2) && !story.hears(0, 2));
    story.does(&supervisor(), Deed::Supervise(Mode::Barge)).unwrap();
    assert!(story.hears(1, 2) && story.hears(0, 2));
    story.does(&supervisor(), Deed::StopSupervising).unwrap();
    assert_eq!(desired(&story.call).hear.len(), 2);
}

#[test]
fn an_agent_may_not_listen_in_on_others() {
    let mut story = Story::talking();
    assert_eq!(story.does(&person("b"), Deed::Supervise(Mode::Monitor)), Err(Rejection::Forbidden));
    assert_eq!(story.does(&person("b"), Deed::Hold), Err(Rejection::NotYourCall));
    assert_eq!(story.put(&Command::Join(person("b"))), Err(Rejection::NotYourCall));
}

#[test]
fn consulting_is_private_and_the_colleague_can_have_the_call() {
    let mut story = Story::talking();
    story.does(&person("a"), Deed::Consult(To::Agent("b".to_owned()))).unwrap();
    assert_eq!(desired(&story.call).background.get(&LegId(1)), Some(&Background::Ringback));
    assert!(story.ok(Command::Join(person("b"))).is_empty(), "the colleague joins the leg that waits");
    story.up(2);
    assert!(story.hears(1, 2) && story.hears(2, 1) && !story.hears(0, 1) && !story.hears(0, 2) && !story.hears(2, 0));
    assert_eq!(desired(&story.call).background.get(&LegId(0)), Some(&Background::Music));
    story.ok(Command::Release { number: 5, queue: String::new(), to_agent: Some("b".to_owned()) });
    assert_eq!(story.call.legs[&LegId(1)].state, LegState::Down);
    assert!(story.hears(0, 2) && story.hears(2, 0), "customer and colleague talk at once");
    story.assign("b", 6);
    assert_eq!(story.call.phase, Phase::Talking);
    assert_eq!(story.call.agent.as_deref(), Some("b"));
    assert_eq!(story.call.legs[&LegId(2)].kind, LegKind::Agent("b".to_owned()));
}

#[test]
fn a_conference_of_three() {
    let mut story = Story::talking();
    story.does(&person("a"), Deed::Consult(To::Number("+81450000000".to_owned()))).unwrap();
    assert_eq!(story.does(&person("a"), Deed::Conference), Err(Rejection::NotNow), "nobody answered yet");
    story.up(2);
    story.does(&person("a"), Deed::Conference).unwrap();
    assert_eq!(desired(&story.call).hear.len(), 6);
}

#[test]
fn a_customer_put_through_outside_talks_on_without_the_agent() {
    let mut story = Story::talking();
    story.does(&person("a"), Deed::TransferOutside("+81450000000".to_owned())).unwrap();
    story.up(2);
    assert_eq!(story.call.legs[&LegId(1)].state, LegState::Down);
    assert!(story.hears(0, 2) && story.hears(2, 0));
    assert_eq!(story.call.agent, None, "the agent is free");
    assert!(story.ok(Command::Close).is_empty(), "closing the conversation does not cut the customer off");
    story.ok(Command::LegEnded(LegId(2)));
    assert_eq!(story.ended, [End::Transferred]);
    story.nobody_is_stuck();
}

fn dialling() -> Story {
    let mut story = Story::inbound();
    story.ok(Command::DialOut("+81450000000".to_owned()));
    assert_eq!(desired(&story.call).background, [(LegId(0), Background::Ringback)].into());
    assert!(!story.hears(0, 1));
    story
}

#[test]
fn a_flow_puts_the_customer_through_outside() {
    let mut story = dialling();
    story.up(1);
    assert!(story.hears(0, 1) && story.hears(1, 0));
    assert!(desired(&story.call).background.is_empty());
    assert_eq!(story.call.phase, Phase::Talking, "no flow goes on after a takeover");
    assert_eq!(story.ok(Command::TakeOver), [What::Moved], "both are called again");
    story.ok(Command::LegEnded(LegId(1)));
    assert_eq!(story.ended, [End::Transferred]);
    story.nobody_is_stuck();
}

#[test]
fn whom_a_flow_does_not_reach_leaves_the_customer_to_the_flow() {
    let gone = [Command::LegEnded(LegId(1)), Command::StopDialling, Command::TakeOver];
    for gone in gone {
        let mut story = dialling();
        story.ok(gone);
        assert_eq!(story.call.legs[&LegId(1)].state, LegState::Down);
        assert_eq!((story.call.phase, story.ended.len()), (Phase::Flow, 0));
        assert!(desired(&story.call).background.is_empty());
        assert!(story.ok(Command::LegUp { leg: LegId(1), snapshot: vec![1] }).is_empty(), "too late");
        story.ok(Command::DialOut("+81460000000".to_owned()));
    }
    let mut story = dialling();
    story.now += PATIENCE.ring_ms;
    assert_eq!(story.ok(Command::Tick), [What::LegDown(LegId(1))]);
}

#[test]
fn who_has_an_agent_or_is_called_already_is_not_put_through_by_a_flow() {
    let number = || Command::DialOut("+81460000000".to_owned());
    assert_eq!(Story::talking().put(&number()), Err(Rejection::NotNow));
    assert_eq!(dialling().put(&number()), Err(Rejection::NotNow));
    let mut story = Story::inbound();
    story.queue();
    story.ok(number());
    story.assign("a", 2);
    assert_eq!(story.call.legs[&LegId(1)].state, LegState::Down, "the agent was first");
}

#[test]
fn a_number_that_was_asked_first_can_have_the_customer() {
    let mut story = Story::talking();
    story.does(&person("a"), Deed::Consult(To::Number("+81450000000".to_owned()))).unwrap();
    assert_eq!(story.does(&person("a"), Deed::HandToConsulted), Err(Rejection::NotNow));
    story.up(2);
    story.does(&person("a"), Deed::HandToConsulted).unwrap();
    assert!(story.hears(0, 2) && story.hears(2, 0));
    assert_eq!((story.call.agent.clone(), story.call.legs[&LegId(1)].state), (None, LegState::Down));
}

#[test]
fn the_same_deed_twice_is_one() {
    let mut story = Story::talking();
    let deed = Command::Do { id: Uuid::from_u128(7), by: person("a"), deed: Deed::Hold };
    assert!(!story.ok(deed.clone()).is_empty());
    story.does(&person("a"), Deed::Resume).unwrap();
    assert!(story.ok(deed).is_empty());
    assert!(!story.call.held);
}

#[test]
fn asterisk_176_two_agents_never_both_have_a_call() {
    let mut story = Story::inbound();
    story.queue();
    story.assign("a", 2);
    story.assign("b", 3);
    assert_eq!(story.put(&Command::Join(person("a"))), Err(Rejection::NotYourCall));
    story.assign("a", 2);
    assert_eq!(story.call.agent.as_deref(), Some("b"), "an old word changes nothing");
}

#[test]
fn asterisk_1557_an_agent_who_hangs_up_ends_this_call_only() {
    let mut story = Story::talking();
    story.does(&person("a"), Deed::HangUp).unwrap();
    assert_eq!(story.ended, [End::Agent]);
    story.nobody_is_stuck();
}

#[test]
fn freeswitch_2529_no_agent_leg_outlives_the_caller() {
    let mut story = Story::inbound();
    story.queue();
    story.assign("a", 2);
    story.ok(Command::Join(person("a")));
    story.ok(Command::LegEnded(LegId(0)));
    assert_eq!(story.ended, [End::Customer]);
    story.nobody_is_stuck();
    story.up(1);
    story.nobody_is_stuck();
}

#[test]
fn freeswitch_2540_an_agent_who_does_not_connect_is_given_up() {
    let mut story = Story::inbound();
    story.queue();
    story.assign("a", 2);
    let due = next_deadline(&story.call, &PATIENCE).unwrap();
    story.now = due;
    assert!(story.ok(Command::Tick).contains(&What::Released { number: 0, queue: String::new() }));
    assert_eq!((story.call.phase, story.call.agent.clone()), (Phase::Queued, None));
    story.assign("b", 4);
    assert_eq!(story.call.phase, Phase::Connecting);
}

#[test]
fn a_page_that_is_loaded_again_does_not_cut_the_customer_off() {
    let mut story = Story::talking();
    story.ok(Command::LegLost(LegId(1)));
    assert_eq!(story.call.phase, Phase::Talking);
    assert_eq!(desired(&story.call).background.get(&LegId(0)), Some(&Background::Music));
    assert!(story.ok(Command::Join(person("a"))).is_empty(), "the same leg again");
    story.up(1);
    assert!(story.hears(0, 1));
}

#[test]
fn a_browser_that_stays_away_gives_the_customer_back_to_the_queue() {
    let mut story = Story::talking();
    story.ok(Command::LegLost(LegId(1)));
    story.now = next_deadline(&story.call, &PATIENCE).unwrap();
    story.ok(Command::Tick);
    assert_eq!((story.call.phase, story.call.agent.clone()), (Phase::Queued, None));
    assert!(story.ended.is_empty());
}

#[test]
fn a_taken_over_call_keeps_its_phones_and_waits_for_its_browsers() {
    let mut story = Story::talking();
    story.does(&person("a"), Deed::PauseRecording).unwrap();
    story.ok(Command::TakeOver);
    assert_eq!((story.call.moved, story.call.legs[&LegId(1)].state), (1, LegState::Lost));
    let wanted = desired(&story.call);
    assert_eq!((&wanted.wires[&LegId(0)], &wanted.wires[&LegId(1)]), (&Wanted::Keep, &Wanted::Await));
    assert!(story.call.can_restore(LegId(0)));
    assert_eq!(wanted.recording, Some((2, true)), "card numbers stay unheard in the new part");
    story.ok(Command::Join(person("a")));
    story.up(1);
    assert!(story.hears(0, 1) && story.hears(1, 0));
}

#[test]
fn a_call_that_only_rang_when_its_gateway_died_is_in_the_ledger() {
    let mut story = Story::new();
    story.ok(Command::Begin(Begin::default()));
    story.ok(Command::TakeOver);
    assert_eq!(story.ended, [End::Lost]);
    story.nobody_is_stuck();
}

#[test]
fn click_to_dial_connects_the_agent_first() {
    let mut story = Story::new();
    let begin = Begin {
        direction: Direction::Out,
        number: "+81312345678".to_owned(),
        agent: Some("a".to_owned()),
        queue: "phone".to_owned(),
        ..Begin::default()
    };
    story.ok(Command::Begin(begin));
    assert!(story.call.customer_leg().is_none());
    story.ok(Command::Join(person("a")));
    story.up(0);
    assert_eq!(desired(&story.call).wires[&LegId(1)], Wanted::Call);
    assert_eq!(desired(&story.call).background.get(&LegId(0)), Some(&Background::Ringback));
    story.up(1);
    assert_eq!(story.call.phase, Phase::Talking);
    story.ok(Command::LegEnded(LegId(1)));
    assert_eq!(story.ended, [End::Customer]);
}

#[test]
fn a_number_that_was_being_dialled_when_the_gateway_died_is_nobody_s_loss() {
    let mut story = Story::new();
    story.ok(Command::Begin(Begin { direction: Direction::Out, agent: Some("a".to_owned()), ..Begin::default() }));
    story.up(0);
    story.ok(Command::TakeOver);
    assert_eq!(story.ended, [End::Failed]);
    story.nobody_is_stuck();
}

#[test]
fn nobody_answers_a_dialled_number() {
    let mut story = Story::new();
    let begin = Begin { direction: Direction::Out, agent: Some("a".to_owned()), ..Begin::default() };
    story.ok(Command::Begin(begin));
    story.up(0);
    story.now = next_deadline(&story.call, &PATIENCE).unwrap();
    story.ok(Command::Tick);
    assert_eq!(story.ended, [End::Failed]);
    story.nobody_is_stuck();
}
