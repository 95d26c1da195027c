//! Who is waited for, how long, and who of several is asked.

use super::*;

#[test]
fn a_preferred_agent_is_waited_for_only_so_long() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), agent(profile("b"))]);
    for id in ["a", "b"] {
        day.ask(ready(id));
    }
    day.ask(come(contact("busy", "q")));
    day.ask(accept("busy", 1, "a"));
    let kept = Enqueue { preferred_agent: Some("a".into()), preferred_for_ms: 5_000, ..contact("c", "q") };
    assert!(day.ask(come(kept)).is_empty());
    assert_eq!(day.why("c"), "waiting_for_agent");
    assert!(day.wait(4_999).is_empty());
    assert_eq!(day.wait(1), ["c>b"]);
}

#[test]
fn an_agent_without_the_channel_does_not_begin_to_be_absent_when_they_leave() {
    let mut capacities = Capacities::default();
    capacities[Channel::Mail.index()].limit = 1;
    let letters = AgentProfile { capacities, ..profile("a") };
    let mail = Queue { channel: Channel::Mail, offer_timeout_ms: 10_000, ..plain("mail") };
    let mut day = Day::new(vec![queue(plain("q")), queue(mail), agent(letters), agent(profile("b")), ready("b")]);
    day.ask(come(contact("letter", "mail")));
    day.ask(come(Enqueue { only_agent: Some("a".into()), ..contact("c", "q") }));
    assert_eq!(day.ask(ready("a")), ["letter>a"]);
    day.now += Rules::default().only_agent_patience_ms;
    assert_eq!(day.ask(Command::Tick), ["c>b"], "also when the offer of the letter lapses in the same moment");
}

#[test]
fn patience_counts_from_when_the_channel_was_taken_away() {
    let patience = Rules::default().only_agent_patience_ms;
    let mut capacities = chats(1);
    capacities[Channel::Mail.index()] = Capacity { limit: 1, weight: 100, interrupts: 0 };
    capacities[Channel::Chat.index()].weight = 10;
    let mail = Queue { channel: Channel::Mail, offer_timeout_ms: 10_000, ..plain("mail") };
    let with = |capacities| agent(AgentProfile { capacities, ..profile("a") });
    let mut day = Day::new(vec![queue(plain("q")), queue(mail), with(capacities), agent(profile("b"))]);
    day.ask(ready("a"));
    day.ask(ready("b"));
    day.ask(come(contact("letter", "mail")));
    day.ask(accept("letter", 1, "a"));
    day.ask(come(Enqueue { only_agent: Some("a".into()), ..contact("c", "q") }));
    assert!(day.wait(patience + 1).is_empty(), "busy is not absent");
    capacities[Channel::Chat.index()].limit = 0;
    day.ask(with(capacities));
    assert!(day.wait(patience - 1).is_empty());
    day.ask(set("a", Availability::Away));
    assert_eq!(day.wait(1), ["c>b"], "leaving a channel that they had left begins nothing anew");
}

#[test]
fn agents_who_return_together_get_the_contacts_in_their_order() {
    let two = |id, known: &[(&str, u32)]| AgentProfile { skills: skills(known), capacities: chats(2), ..profile(id) };
    let special = Queue { skills: skills(&[("s", 1)]), ..plain("special") };
    let mut day = Day::new(vec![queue(plain("q")), queue(special), agent(two("a", &[])), agent(two("b", &[("s", 1)]))]);
    for id in ["a", "b"] {
        day.ask(set(id, Availability::AfterWork));
    }
    for (id, queue) in [("first", "special"), ("second", "q"), ("third", "q")] {
        day.ask(come(contact(id, queue)));
    }
    let made = day.wait(MINUTE);
    assert_eq!(made, ["first>b", "second>a", "third>b"], "b was offered something before a was");
}

#[test]
fn an_agent_reserved_for_a_segment_gets_nobody_else() {
    let vip = AgentProfile { reserved_for: vec!["vip".into()], ..profile("vip") };
    let mut day = Day::new(vec![queue(plain("q")), agent(vip), ready("vip")]);
    assert!(day.ask(come(contact("c", "q"))).is_empty());
    let segment = Enqueue { segment: "vip".into(), ..contact("v", "q") };
    assert_eq!(day.ask(come(segment)), ["v>vip"]);
    day.ask(accept("v", 1, "vip"));
    let open = agent(profile("vip"));
    day.ask(open);
    assert_eq!(day.ask(end("v")), ["c>vip"], "no longer reserved");
}

#[test]
fn a_contact_that_moves_as_its_pause_ends_waits_at_its_new_place() {
    let pause = Rules::default().decline_pause_ms;
    let low = Overflow { after_ms: Some(pause), longer_than: None, expected_over_ms: None, to_queue: "low".into() };
    let high = Queue { priority: 3, overflow: vec![low], ..plain("high") };
    let middle = Queue { priority: 1, ..plain("middle") };
    let mut day = Day::new(vec![queue(plain("low")), queue(high), queue(middle), agent(profile("a")), ready("a")]);
    for (id, queue) in [("moves", "high"), ("stays", "middle")] {
        day.ask(come(contact(id, queue)));
        day.ask(Command::Decline(Answer { contact: id.into(), round: 1, agent: "a".into() }));
    }
    assert_eq!(day.wait(pause), ["stays>a"]);
}

#[test]
fn a_state_that_somebody_else_sets_is_remembered_with_who_and_can_be_taken_back() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a"))]);
    day.ask(ready("a"));
    day.ask(by("a", set("a", Availability::Away)));
    day.ask(by("a", ready("a")));
    let rules = day.floor.changes().count();
    day.ask(by("boss", set("a", Availability::Away)));
    let change = day.floor.changes().next().unwrap().clone();
    assert_eq!((&*change.by, change.at), ("boss", day.now));
    assert_eq!(day.floor.changes().count(), rules + 1, "what agents say of themselves is no change");
    assert!(matches!(change.before, Some(What::AvailabilityChanged { availability: Availability::Ready, .. })));
    let restored = Snapshot::of(&day.floor).restore(Rules::default()).unwrap();
    assert!(restored.changes().eq(day.floor.changes()), "the snapshot keeps it");
    day.ask(by("boss", Command::Undo { change: change.number }));
    assert_eq!(day.floor.agent("a").unwrap().availability, Availability::Ready);
    assert_eq!(day.floor.changes().nth(1).unwrap().undone_by, Some(change.number + 1));
}

#[test]
fn a_forced_state_is_not_taken_back_from_an_agent_who_said_something_since() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), ready("a")]);
    day.ask(by("boss", set("a", Availability::Away)));
    let change = day.floor.changes().next().unwrap().number;
    day.ask(set("a", Availability::Offline));
    assert_eq!(day.refused(by("boss", Command::Undo { change })), Rejection::ChangedSince);
}

#[test]
fn who_is_asked_to_help_is_who_would_be_offered_a_contact() {
    let expert = AgentProfile { skills: skills(&[("s", 1)]), ..profile("b") };
    let special = Queue { skills: skills(&[("s", 1)]), ..plain("special") };
    let mut day = Day::new(vec![queue(plain("q")), queue(special), agent(profile("a")), agent(expert)]);
    assert_eq!(day.floor.free_for("special", "a"), None, "nobody is ready");
    day.ask(ready("a"));
    day.ask(ready("b"));
    assert_eq!(day.floor.free_for("special", "a").as_deref(), Some("b"));
    assert_eq!(day.floor.free_for("q", "a").as_deref(), Some("b"), "never who asks");
    day.ask(come(contact("c", "special")));
    assert_eq!(day.floor.free_for("special", "a"), None, "who is offered something is not free");
    assert_eq!(day.floor.free_for("no such queue", ""), None);
}

/// The trap by its name: an agent is locked in a call that is over.
#[test]
fn no_agent_stays_locked_in_a_contact_that_is_over() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), ready("a")]);
    for number in 1..=5 {
        let id = format!("c{number}");
        assert_eq!(day.ask(come(contact(&id, "q"))), [format!("{id}>a")]);
        day.ask(accept(&id, 1, "a"));
        day.ask(end(&id));
    }
}

/// The trap by its name: an answer that crosses the lapse of its offer leaves the agent reserved.
#[test]
fn an_answer_in_the_moment_of_the_lapse_is_either_in_time_or_over() {
    let offered = || {
        let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), ready("a")]);
        day.ask(come(contact("c", "q")));
        day
    };
    let mut in_time = offered();
    in_time.wait(19_999);
    in_time.ask(accept("c", 1, "a"));
    assert_eq!(in_time.stage("c"), Stage::Held("a".into()));
    let mut over = offered();
    over.wait(20_000);
    assert_eq!(over.refused(accept("c", 1, "a")), Rejection::OfferOver);
    assert!(over.floor.agent("a").unwrap().offers.is_empty());
    assert_eq!(over.stage("c"), Stage::Waiting);
}

fn calls(id: &str) -> AgentProfile {
    let mut capacities = chats(1);
    capacities[Channel::Voice.index()] = Capacity { limit: 1, weight: 100, interrupts: 0 };
    AgentProfile { capacities, ..profile(id) }
}

fn engage(contact: &str, agent: Option<&str>) -> Command {
    let agent = agent.map(Into::into);
    Command::Engage(Engage { contact: contact.into(), queue: "phone".into(), agent, customer: "k".into() })
}

#[test]
fn who_dials_is_in_the_call_at_once_and_is_asked_nothing_else_meanwhile() {
    let phone = Queue { channel: Channel::Voice, ..plain("phone") };
    let mut day = Day::new(vec![queue(phone), queue(plain("q")), agent(calls("a")), agent(calls("b"))]);
    day.ask(ready("b"));
    let asked = Enqueue { callback: Some(Due(Some(START + MINUTE))), customer: "k".into(), ..contact("back", "phone") };
    assert_eq!(day.refused(engage("out", Some("nobody"))), Rejection::UnknownAgent);
    day.ask(agent(AgentProfile {
        capacities: {
            let mut capacities = calls("b").capacities;
            capacities[Channel::Callback.index()].limit = 1;
            capacities
        },
        ..calls("b")
    }));
    day.ask(come(asked));
    assert_eq!(day.ask(engage("out", Some("a"))), ["out>a"], "also while they are away");
    assert!(matches!(day.stage("out"), Stage::Held(_)));
    assert_eq!(day.stage("back"), Stage::Waiting, "who is dialled may not pick up: the promise stays");
    assert!(day.ask(engage("out", Some("a"))).is_empty(), "a repeat");
    assert!(day.ask(ready("a")).is_empty());
    assert_eq!(day.ask(come(contact("in", "phone"))), ["in>b"], "the other one is asked");
    day.ask(Command::EndContact { contact: "out".into(), why: ContactEnd::Completed });
    assert_eq!(day.refused(engage("out", Some("a"))), Rejection::ContactOver);
}

#[test]
fn a_contact_of_somebody_else_is_not_engaged() {
    let phone = Queue { channel: Channel::Voice, ..plain("phone") };
    let mut day = Day::new(vec![queue(phone), queue(plain("q")), agent(calls("a")), agent(calls("b"))]);
    day.ask(come(contact("waits", "q")));
    day.ask(engage("out", Some("b")));
    assert_eq!(day.refused(engage("waits", Some("a"))), Rejection::ContactTaken, "it waits");
    assert_eq!(day.refused(engage("out", Some("a"))), Rejection::ContactTaken, "another agent has it");
    let Command::Engage(other) = engage("out", Some("b")) else { panic!("an engagement") };
    let other = Engage { customer: "somebody".into(), ..other };
    assert_eq!(day.refused(Command::Engage(other)), Rejection::ContactTaken, "another customer");
    assert!(day.ask(engage("out", None)).is_empty(), "whoever has it");
    day.ask(ready("a"));
    assert_eq!(day.stage("waits"), Stage::Offered("a".into()));
    assert_eq!(day.refused(engage("waits", Some("a"))), Rejection::ContactTaken, "it is offered");
}

#[test]
fn whom_the_center_dials_for_goes_to_who_is_free_or_to_nobody() {
    let phone = Queue { channel: Channel::Voice, ..plain("phone") };
    let mut day = Day::new(vec![queue(phone), agent(calls("a")), agent(calls("b"))]);
    assert_eq!(day.refused(engage("one", None)), Rejection::NobodyFree);
    day.ask(ready("b"));
    day.ask(ready("a"));
    assert_eq!(day.ask(engage("one", None)), ["one>b"], "longest without work");
    assert_eq!(day.ask(engage("two", None)), ["two>a"]);
    assert_eq!(day.refused(engage("three", None)), Rejection::NobodyFree);
    assert!(day.ask(engage("two", None)).is_empty(), "a repeat changes nothing, whoever is free");
}
