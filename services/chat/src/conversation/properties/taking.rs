//! Who takes part, takes over, sums up and rates, case by case.

use super::*;

#[test]
fn who_takes_a_conversation_holds_it_in_a_round_of_their_own() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 5));
    let take = |by, from: Option<&str>| command(by, Action::Take { from: from.map(str::to_owned) });
    assert_eq!(decide(&state, &take(agent("a2"), None), 8), Err(Rejection::NotYourConversation));
    assert_eq!(decide(&state, &take(agent("a2"), Some("a3")), 8), Err(Rejection::NotYourConversation));
    assert_eq!(decide(&state, &take(customer(), Some("a1")), 8), Err(Rejection::Forbidden));
    step(&mut state, &take(agent("a2"), Some("a1")));
    assert_eq!((state.holder(), state.round()), (Some("a2"), 2));
    assert_eq!(state.wishes(), [Wish::End { round: 1, withdrawn: false }], "the floor is told that a1 is free");
    assert_eq!(decide(&state, &assign("a1", 1, 9), 8), Err(Rejection::OldRound));
    let boss = party(PartyKind::Agent, "s", true);
    step(&mut state, &take(boss.clone(), None));
    assert_eq!(step(&mut state, &take(boss, None)), Vec::new());
    assert_eq!(state.holder(), Some("s"));
}

#[test]
fn who_is_called_may_join_and_speak_until_the_end() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 5));
    assert_eq!(decide(&state, &command(agent("a2"), Action::Join), 8), Err(Rejection::NotYourConversation));
    let note =
        Action::Note { message: 50, text: sealed(), mentions: vec!["a2".into()], whisper: false, consult: false };
    step(&mut state, &command(agent("a1"), note));
    assert!(state.may_read(&agent("a2")) && !state.may_speak(&agent("a2")));
    step(&mut state, &command(agent("a2"), Action::Join));
    assert!(state.may_speak(&agent("a2")));
    step(&mut state, &command(customer(), Action::Close));
    assert!(!state.may_speak(&agent("a2")) && state.may_read(&agent("a2")));
    assert_eq!(decide(&state, &command(agent("a2"), Action::Join), 8), Err(Rejection::Closed));
    let rate = command(customer(), Action::Rate { message: 60, score: 5, comment: None });
    assert_eq!(step(&mut state, &rate).len(), 1);
    assert_eq!(step(&mut state, &rate), Vec::new());
    step(&mut state, &post(customer(), 61));
    let again = command(customer(), Action::Rate { message: 62, score: 1, comment: None });
    assert_eq!(decide(&state, &again, 8), Err(Rejection::NotClosed));
}

#[test]
fn a_summary_goes_in_front_of_its_transfer() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 5));
    let summary = Some(Summary { message: 70, text: sealed() });
    let pass = command(agent("a1"), Action::Transfer { queue: None, to_agent: Some("a2".into()), summary });
    let events = step(&mut state, &pass);
    assert!(matches!(&events[0].what, What::Noted { message: 70, mentions, .. } if mentions == &["a2".to_owned()]));
    assert!(matches!(events[1].what, What::Transferred { round: 2, .. }));
    assert!(state.may_read(&agent("a2")), "who shall have it may read it before");
    step(&mut state, &assign("a1", 2, 6));
    assert_eq!(step(&mut state, &pass), Vec::new(), "the summary's id tells a resend even from whoever holds it again");
}

#[test]
fn the_center_says_something_in_a_closed_conversation_which_stays_closed() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 5));
    step(&mut state, &command(agent("a1"), Action::Close));
    let (wishes, told) = (state.wishes(), post(system(), 9));
    let events = step(&mut state, &told);
    assert!(matches!(events[..], [Event { what: What::MessagePosted { message: 9, .. }, .. }]));
    assert_eq!(step(&mut state, &told), Vec::new());
    assert_eq!((state.phase(), state.round(), state.wishes()), (Phase::Closed, 1, wishes));
    let read = command(customer(), Action::MarkRead { up_to: events[0].number });
    assert_eq!(step(&mut state, &read).len(), 1, "its customer reads it");
}
