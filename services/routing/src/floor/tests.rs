//! What a floor does, told as short stories.

use super::*;

const START: Millis = 1_000_000;

fn queue(id: &str, priority: u32, skills: &[(&str, u32)]) -> Command {
    Command::DefineQueue(Queue {
        id: id.into(),
        channel: Channel::Chat,
        skills: skills.iter().map(|(name, level)| ((*name).into(), *level)).collect(),
        priority,
        ..Queue::default()
    })
}

fn agent(id: &str, capacity: u32, skills: &[(&str, u32)]) -> Command {
    Command::DefineAgent(AgentProfile {
        id: id.into(),
        name: id.into(),
        skills: skills.iter().map(|(name, level)| ((*name).into(), *level)).collect(),
        capacities: chats(capacity),
        ..AgentProfile::default()
    })
}

fn set(agent: &str, availability: Availability) -> Command {
    Command::SetAvailability { agent: agent.into(), availability, reason: "".into() }
}

fn ready(agent: &str) -> Command {
    set(agent, Availability::Ready)
}

fn enqueue(contact: &str, priority: u32) -> Command {
    Command::Enqueue(Enqueue { contact: contact.into(), queue: "q".into(), priority, ..Enqueue::default() })
}

fn enqueue_for(contact: &str, only: &str) -> Command {
    let only_agent = Some(only.into());
    Command::Enqueue(Enqueue { contact: contact.into(), queue: "q".into(), only_agent, ..Enqueue::default() })
}

fn answer(contact: &str, round: u32, agent: &str) -> Answer {
    Answer { contact: contact.into(), round, agent: agent.into() }
}

fn end(contact: &str) -> Command {
    Command::EndContact { contact: contact.into(), why: ContactEnd::Completed }
}

/// A floor with queue `q` and these commands done at `START`.
fn floor(commands: &[Command]) -> Floor {
    let mut floor = Floor::new(Rules::default());
    step(&mut floor, &queue("q", 0, &[]), START).unwrap();
    for command in commands {
        step(&mut floor, command, START).unwrap();
    }
    floor
}

/// Who is offered what by these events, as `contact>agent`.
fn offers(events: &[Event]) -> Vec<String> {
    let offered = events.iter().filter_map(|event| match &event.what {
        What::ContactOffered(offer) => Some(format!("{}>{}", offer.contact, offer.agent)),
        What::QueueDefined(_)
        | What::AgentDefined(_)
        | What::AvailabilityChanged { .. }
        | What::ContactEnqueued(_)
        | What::ContactChanged { .. }
        | What::SettingDefined(_)
        | What::OfferAccepted(_)
        | What::OfferEnded { .. }
        | What::ContactReleased { .. }
        | What::ContactEnded { .. } => None,
    });
    offered.collect()
}

#[test]
fn a_contact_reaches_the_agent_longest_without_work() {
    let mut floor = floor(&[agent("a", 1, &[]), agent("b", 1, &[]), ready("b"), ready("a")]);
    let events = step(&mut floor, &enqueue("c1", 0), START + 5).unwrap();
    assert_eq!(offers(&events), ["c1>b"]);
    let events = step(&mut floor, &enqueue("c2", 0), START + 6).unwrap();
    assert_eq!(offers(&events), ["c2>a"]);
    assert_eq!(floor.agent("a").unwrap().offers[0].expires_at, START + 6 + 20_000);
}

#[test]
fn waiting_makes_up_for_priority() {
    let mut floor = floor(&[agent("a", 1, &[])]);
    let ageing = Rules::default().ageing_ms;
    step(&mut floor, &enqueue("old", 0), START).unwrap();
    step(&mut floor, &enqueue("urgent", 2), START + 2 * ageing - 1).unwrap();
    step(&mut floor, &enqueue("late", 2), START + 2 * ageing + 1).unwrap();
    let order: Vec<_> = floor.contacts(10).iter().map(|contact| contact.id.to_string()).collect();
    assert_eq!(order, ["urgent", "old", "late"]);
    assert_eq!(offers(&step(&mut floor, &ready("a"), START + 200_000).unwrap()), ["urgent>a"]);
}

#[test]
fn a_skill_below_the_level_asked_is_none() {
    let mut floor = floor(&[queue("q", 0, &[("ja", 3)]), agent("a", 1, &[("ja", 2)]), ready("a"), enqueue("c", 0)]);
    assert!(floor.agent("a").unwrap().offers.is_empty());
    assert_eq!(offers(&step(&mut floor, &agent("a", 1, &[("ja", 3)]), START).unwrap()), ["c>a"]);
}

#[test]
fn an_offer_that_lapses_sets_the_agent_away_and_passes_on_at_once() {
    let mut floor = floor(&[agent("a", 2, &[]), agent("b", 2, &[]), ready("a"), enqueue("c1", 0), ready("b")]);
    step(&mut floor, &enqueue("c2", 0), START + 10).unwrap();
    step(&mut floor, &enqueue("c3", 0), START + 20).unwrap();
    assert_eq!(next_deadline(&floor), Some(START + 20_000));
    let events = step(&mut floor, &Command::Tick, START + 20_000).unwrap();
    assert_eq!(offers(&events), ["c1>b"], "b has room for one more");
    let away = floor.agent("a").unwrap();
    assert_eq!((away.availability, &*away.reason), (Availability::Away, "no_answer"));
    assert!(away.offers.is_empty(), "the other offer is taken back too");
    assert_eq!(floor.contact("c2").unwrap().stage, Stage::Waiting);
}

#[test]
fn a_lone_agent_who_declines_is_asked_again_after_a_pause() {
    let mut floor = floor(&[agent("a", 1, &[]), ready("a"), enqueue("c", 0)]);
    let events = step(&mut floor, &Command::Decline(answer("c", 1, "a")), START).unwrap();
    assert_eq!(offers(&events), [""; 0]);
    let again = next_deadline(&floor).unwrap();
    assert_eq!(again, START + Rules::default().decline_pause_ms);
    assert_eq!(offers(&step(&mut floor, &Command::Tick, again).unwrap()), ["c>a"]);
    assert_eq!(floor.contact("c").unwrap().round, 2);
}

#[test]
fn only_the_live_round_is_accepted_and_a_repeat_is_no_error() {
    let mut floor = floor(&[agent("a", 1, &[]), agent("b", 1, &[]), ready("a"), ready("b"), enqueue("c", 0)]);
    let accept = |contact, round, by| Command::Accept(answer(contact, round, by));
    assert_eq!(step(&mut floor, &accept("c", 1, "b"), START), Err(Rejection::NotYours));
    assert_eq!(step(&mut floor, &accept("c", 2, "a"), START), Err(Rejection::OfferOver));
    assert_eq!(step(&mut floor, &accept("x", 1, "a"), START), Err(Rejection::OfferOver));
    assert_eq!(step(&mut floor, &accept("c", 1, "z"), START), Err(Rejection::UnknownAgent));
    assert_eq!(step(&mut floor, &accept("c", 1, "a"), START).unwrap().len(), 1);
    assert_eq!(step(&mut floor, &accept("c", 1, "a"), START), Ok(vec![]));
    assert_eq!(step(&mut floor, &accept("c", 1, "b"), START), Err(Rejection::OfferOver));
}

#[test]
fn a_contact_kept_for_one_agent_goes_to_anybody_when_they_decline() {
    let mut floor = floor(&[agent("a", 1, &[]), agent("b", 1, &[]), ready("b"), ready("a"), enqueue_for("c", "a")]);
    assert_eq!(floor.contact("c").unwrap().stage, Stage::Offered("a".into()));
    let events = step(&mut floor, &Command::Decline(answer("c", 1, "a")), START).unwrap();
    assert_eq!(offers(&events), ["c>b"]);
}

#[test]
fn a_contact_kept_for_an_absent_agent_is_released_in_time() {
    let mut floor = floor(&[agent("b", 1, &[]), ready("b"), enqueue_for("c", "nobody"), enqueue_for("d", "b")]);
    assert_eq!(floor.contact("c").unwrap().stage, Stage::Waiting);
    step(&mut floor, &Command::Accept(answer("d", 1, "b")), START).unwrap();
    step(&mut floor, &end("d"), START).unwrap();
    let released = START + Rules::default().only_agent_patience_ms;
    assert_eq!(next_deadline(&floor), Some(released));
    assert_eq!(offers(&step(&mut floor, &Command::Tick, released).unwrap()), ["c>b"]);
}

#[test]
fn a_late_repeat_does_not_revive_an_ended_contact() {
    let mut floor = floor(&[agent("a", 1, &[]), ready("a"), enqueue("c", 0), end("c")]);
    assert_eq!(step(&mut floor, &enqueue("c", 0), START + 1_000), Err(Rejection::ContactOver));
    assert_eq!(step(&mut floor, &end("c"), START + 1_000), Ok(vec![]));
    assert_eq!(floor.contact("c"), None);
}

#[test]
fn what_a_queue_asks_for_changes_for_those_who_wait() {
    let mut floor =
        floor(&[queue("q", 0, &[("x", 5)]), agent("a", 2, &[]), ready("a"), enqueue("c", 0), enqueue("d", 9)]);
    assert_eq!(offers(&step(&mut floor, &queue("q", 3, &[]), START).unwrap()), ["d>a", "c>a"]);
    assert_eq!(audit(&floor, START), Ok(()));
}

#[test]
fn time_never_runs_back() {
    let mut floor = floor(&[agent("a", 1, &[]), ready("a")]);
    let events = step(&mut floor, &enqueue("c", 0), START - 500).unwrap();
    assert!(events.iter().all(|event| event.at == START), "{events:?}");
}

#[test]
fn what_breaks_the_contract_is_refused() {
    let mut floor = floor(&[]);
    let refused = [
        queue("Q", 0, &[]),
        queue("q2", 10, &[]),
        queue("q2", 0, &[("x", 6)]),
        queue("q2", 0, &[("x", 0)]),
        agent("", 1, &[]),
        agent("a", 21, &[]),
        agent("a b", 1, &[]),
        enqueue("c/1", 0),
        enqueue(&"c".repeat(81), 0),
        enqueue("c", 10),
    ];
    for command in refused {
        let refusal = step(&mut floor, &command, START);
        assert!(matches!(refusal, Err(Rejection::Invalid(_))), "{command:?} gave {refusal:?}");
    }
    assert_eq!(step(&mut floor, &ready("a"), START), Err(Rejection::UnknownAgent));
    let nowhere = Command::Enqueue(Enqueue { contact: "c".into(), queue: "nowhere".into(), ..Enqueue::default() });
    assert_eq!(step(&mut floor, &nowhere, START), Err(Rejection::UnknownQueue));
}

/// One step's events must fit one journal message, and nobody may be forgotten for it.
#[test]
fn more_than_fits_one_step_is_due_at_once() {
    let mut floor = floor(&[queue("q", 0, &[("x", 1)])]);
    for number in 0..1_200 {
        let id = format!("a{number}");
        step(&mut floor, &agent(&id, 1, &[]), START).unwrap();
        step(&mut floor, &ready(&id), START).unwrap();
        step(&mut floor, &enqueue(&format!("c{number}"), 0), START).unwrap();
    }
    let mut made = offers(&step(&mut floor, &queue("q", 0, &[]), START).unwrap()).len();
    assert!(made < 1_200);
    while next_deadline(&floor) == Some(START) {
        let more = offers(&step(&mut floor, &Command::Tick, START).unwrap()).len();
        assert_ne!(more, 0, "what is due stays due");
        made += more;
    }
    assert_eq!(made, 1_200);
    let lapsed = START + 20_000;
    while next_deadline(&floor).is_some_and(|due| due <= lapsed) {
        let events = step(&mut floor, &Command::Tick, lapsed).unwrap();
        assert!(!events.is_empty() && events.len() <= 1_100, "{}", events.len());
    }
    assert_eq!(floor.figures().offered, 0);
}

#[test]
fn broken_snapshots_are_refused() {
    let floor = floor(&[agent("a", 1, &[]), ready("a"), enqueue("c", 0)]);
    let bytes = prost::Message::encode_to_vec(&Snapshot::of(&floor));
    assert!(Snapshot::decode_floor(&bytes, Rules::default()).is_ok());
    assert!(Snapshot::decode_floor(&bytes[..bytes.len() - 1], Rules::default()).is_err());
    assert!(matches!(Snapshot::decode_floor(&[], Rules::default()), Err(SnapshotError::Version(0))));
}
