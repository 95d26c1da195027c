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
