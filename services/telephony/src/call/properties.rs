//! Whatever comes in whatever order: a call comes to its end, nobody hears what is not for them, and replaying gives the same.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ids::LegId;

const PATIENCE: Patience = Patience { connect_ms: 20_000, rejoin_ms: 20_000, ring_ms: 45_000 };

fn name() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("s")].prop_map(str::to_owned)
}

fn person() -> impl Strategy<Value = Person> {
    name().prop_map(|id| Person { supervisor: id == "s", id })
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Hold),
        Just(Deed::Resume),
        Just(Deed::HangUp),
        Just(Deed::PauseRecording),
        Just(Deed::ResumeRecording),
        Just(Deed::TransferOutside("1".to_owned())),
        name().prop_map(|to| Deed::Consult(To::Agent(to))),
        Just(Deed::Consult(To::Number("2".to_owned()))),
        Just(Deed::CancelConsult),
        Just(Deed::Conference),
        Just(Deed::HandToConsulted),
        prop_oneof![Just(Mode::Monitor), Just(Mode::Whisper), Just(Mode::Barge)].prop_map(Deed::Supervise),
        Just(Deed::StopSupervising),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let leg = || (0_u32..6).prop_map(LegId);
    prop_oneof![
        1 => Just(Command::Begin(Begin::default())),
        2 => Just(Command::Queue { queue: "q".to_owned(), answers: Default::default() }),
        2 => Just(Command::DialOut("3".to_owned())),
        1 => Just(Command::StopDialling),
        4 => (name(), 1_u64..40).prop_map(|(agent, number)| Command::Assign { agent, number }),
        2 => (0_u64..40, prop::option::of(name())).prop_map(|(number, to_agent)| Command::Release { number, queue: String::new(), to_agent }),
        4 => person().prop_map(Command::Join),
        1 => Just(Command::RingPhone),
        8 => leg().prop_map(|leg| Command::LegUp { leg, snapshot: vec![1] }),
        2 => leg().prop_map(Command::LegLost),
        2 => leg().prop_map(Command::LegEnded),
        6 => (any::<u128>(), person(), deed()).prop_map(|(id, by, deed)| Command::Do { id: Uuid::from_u128(id), by, deed }),
        1 => Just(Command::TakeOver),
        3 => Just(Command::Tick),
        1 => Just(Command::Close),
    ]
}

/// As a campaign begins it.
fn dialled() -> Begin {
    let campaign = "spring".to_owned();
    Begin { direction: Direction::Out, converses: true, campaign, within_ms: 5_000, ring_ms: 9_000, ..Begin::default() }
}

fn check(call: &Call) {
    let wanted = desired(call);
    let alive = |leg: LegId| call.legs.get(&leg).is_some_and(|leg| leg.state == LegState::Up);
    for (listener, speaker) in &wanted.hear {
        assert!(listener != speaker && alive(*listener) && alive(*speaker));
        let (ear, mouth) = (&call.legs[listener].kind, &call.legs[speaker].kind);
        if let LegKind::Supervisor(_, mode) = mouth {
            assert!(*mode != Mode::Monitor, "listening is silent");
            assert!(*mode == Mode::Barge || matches!(ear, LegKind::Agent(_)), "a whisper is for the agent");
        }
        let customer = *ear == LegKind::Customer || *mouth == LegKind::Customer;
        let supervised = matches!(ear, LegKind::Supervisor(..)) || matches!(mouth, LegKind::Supervisor(..));
        assert!(!(customer && call.held && !supervised), "who is on hold hears music");
    }
    if call.phase == Phase::Ended {
        assert!(call.living().next().is_none(), "no leg outlives its call");
        assert!(wanted.hear.is_empty() && wanted.recording.is_none() && wanted.background.is_empty());
    }
    let unheard = call.abandoned_at > 0 && call.phase == Phase::Flow;
    assert!(!unheard || call.agent.is_none(), "who found nobody is nobody's");
    let agents = call.living().filter(|(_, leg)| matches!(leg.kind, LegKind::Agent(_))).count();
    assert!(agents <= 1, "one agent has the call: {:?}", call.legs);
    for (leg, sound) in &wanted.background {
        assert!(alive(*leg), "{sound:?} for nobody");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_lawful(campaign in any::<bool>(), commands in prop::collection::vec((command(), 0_u64..30_000), 1..80)) {
        let mut call = Call::default();
        let mut history = Vec::new();
        let mut now = 1_000;
        let begin = Command::Begin(if campaign { dialled() } else { Begin::default() });
        for (command, passed) in [(begin, 0)].into_iter().chain(commands) {
            now += passed;
            let Ok(events) = decide(&call, &command, &PATIENCE, now) else { continue };
            for event in events {
                evolve(&mut call, &event);
                history.push(event);
            }
            check(&call);
        }
        let mut replayed = Call::default();
        for event in &history {
            evolve(&mut replayed, event);
        }
        prop_assert_eq!(&replayed, &call);
        // Left alone, nothing waits for ever but a caller in a queue or a talk.
        for _ in 0..20 {
            let Some(due) = next_deadline(&call, &PATIENCE) else { break };
            now = now.max(due);
            let events = decide(&call, &Command::Tick, &PATIENCE, now).unwrap();
            prop_assert!(!events.is_empty(), "a deadline that nothing follows: {:?}", call);
            for event in &events {
                evolve(&mut call, event);
            }
            check(&call);
        }
        prop_assert!(next_deadline(&call, &PATIENCE).is_none(), "deadlines without an end");
    }
}
