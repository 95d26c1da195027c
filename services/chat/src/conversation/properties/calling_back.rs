//! Being called back, and coming back.

use super::*;

fn ask(message: MessageId, at: Option<Millis>) -> Command<Body> {
    command(customer(), Action::AskCallback { message, phone: sealed(), at })
}

fn waits_as(state: &Conversation) -> Vec<Wish> {
    state.wishes().into_iter().filter(|wish| !matches!(wish, Wish::End { .. })).collect()
}

#[test]
fn who_waits_may_be_called_back_and_may_cancel() {
    let mut state = opened();
    assert_eq!(step(&mut state, &ask(1, Some(90))).len(), 1);
    assert_eq!(step(&mut state, &ask(1, Some(90))), Vec::new(), "the same id is the same wish");
    assert_eq!(waits_as(&state)[1..], [Wish::CallBack { round: 1, at: Some(90) }]);
    step(&mut state, &ask(2, None));
    assert_eq!(waits_as(&state)[1..], [Wish::CallBack { round: 1, at: None }], "the last word counts");
    step(&mut state, &command(customer(), Action::CancelCallback));
    assert_eq!(waits_as(&state)[1..], [Wish::CallOff { round: 1 }]);
    assert_eq!(step(&mut state, &command(customer(), Action::CancelCallback)), Vec::new());
    step(&mut state, &assign("a1", 1, 5));
    assert_eq!(decide(&state, &ask(3, None), 8), Err(Rejection::NotWaiting));
    assert_eq!(decide(&state, &ask(1, None), 8), Ok(Vec::new()), "a resend still has its answer");
}

#[test]
fn who_serves_may_break_off_and_promise_a_callback() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 5));
    assert_eq!(decide(&state, &ask(1, None), 8), Err(Rejection::NotWaiting), "the customer is being served");
    for by in [agent("a1"), system()] {
        let mut state = state.clone();
        let events = step(&mut state, &command(by, ask(1, Some(90)).action));
        assert!(matches!(events[0].what, What::Transferred { round: 2, to_agent: None, .. }));
        assert_eq!(state.phase(), Phase::Waiting);
        let wishes = waits_as(&state);
        let Wish::Enqueue { round: 2, callback, priority, .. } = &wishes[0] else { panic!("{wishes:?}") };
        assert_eq!((callback, priority), (&Some(Due(Some(90))), &PROMISED));
        assert_eq!(step(&mut state, &command(system(), Action::CancelCallback)).len(), 1);
        assert!(matches!(waits_as(&state)[..], [Wish::Enqueue { callback: None, .. }, Wish::CallOff { round: 2 }]));
    }
    step(&mut state, &command(agent("a1"), Action::Close));
    assert_eq!(decide(&state, &command(system(), ask(1, None).action), 8), Err(Rejection::NotWaiting));
}

#[test]
fn only_its_customer_and_who_may_speak_ask_for_a_callback() {
    let mut state = opened();
    for stranger in [party(PartyKind::Customer, "c2", false), agent("a1")] {
        let asked = command(stranger, Action::AskCallback { message: 1, phone: sealed(), at: None });
        assert_eq!(decide(&state, &asked, 8), Err(Rejection::NotYourConversation));
    }
    step(&mut state, &command(party(PartyKind::Agent, "s", true), ask(1, None).action));
}

#[test]
fn a_new_round_begins_without_a_callback() {
    let mut state = opened();
    step(&mut state, &ask(1, None));
    step(&mut state, &assign("a1", 1, 5));
    let passed = Action::Transfer { queue: None, to_agent: None, summary: None };
    step(&mut state, &command(agent("a1"), passed));
    assert!(matches!(waits_as(&state)[..], [Wish::Enqueue { round: 2, .. }]));
}

#[test]
fn who_is_served_elsewhere_does_not_wait_for_ever() {
    let served = |round| command(system(), Action::Served { round });
    let mut state = opened();
    step(&mut state, &ask(1, None));
    assert_eq!(decide(&state, &command(customer(), served(1).action), 8), Err(Rejection::Forbidden));
    assert_eq!(step(&mut state, &served(2)), Vec::new(), "another round");
    let closed = step(&mut state, &served(1));
    assert!(matches!(closed[0].what, What::Closed { reason: CloseReason::ServedElsewhere }));
    assert_eq!(step(&mut state, &served(1)), Vec::new());
    step(&mut state, &post(customer(), 9));
    assert_eq!(state.phase(), Phase::Waiting, "their word opens it again");
    step(&mut state, &assign("a1", 2, 5));
    assert_eq!(step(&mut state, &served(2)), Vec::new(), "who is served here is served here");
}

/// The trap by its name: who comes back has to tell everything again.
#[test]
fn who_comes_back_is_kept_for_the_agent_who_served_them() {
    let last = |state: &Conversation| match &waits_as(state)[..] {
        [Wish::Enqueue { last_agent, .. }] => last_agent.clone(),
        _ => panic!("waits"),
    };
    let mut state = opened();
    assert_eq!(last(&state), None);
    step(&mut state, &assign("a1", 1, 5));
    step(&mut state, &command(agent("a1"), Action::Close));
    step(&mut state, &post(customer(), 9));
    assert_eq!(last(&state).as_deref(), Some("a1"));
    step(&mut state, &assign("a1", 2, 6));
    step(&mut state, &command(agent("a1"), Action::Transfer { queue: None, to_agent: None, summary: None }));
    assert_eq!(last(&state), None, "who passes it on does not get it back");
}
