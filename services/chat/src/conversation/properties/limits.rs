//! What is bounded.

use super::*;

#[test]
fn a_full_conversation_can_end() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 1));
    for message in 0.. {
        match decide(&state, &post(customer(), message), 8) {
            Ok(events) => events.iter().for_each(|event| state.evolve(event)),
            Err(rejection) => {
                assert_eq!(rejection, Rejection::Full);
                break;
            }
        }
    }
    assert_eq!(state.last_number(), MAX_EVENTS);
    assert_eq!(step(&mut state, &command(agent("a1"), Action::MarkRead { up_to: MAX_EVENTS })), Vec::new());
    assert_eq!(decide(&state, &post(customer(), 0), 8), Ok(Vec::new()), "a resend still has its answer");
    assert_eq!(step(&mut state, &command(agent("a1"), Action::Close)).len(), 1);
    assert_eq!(decide(&state, &command(customer(), Action::Reopen), 8), Err(Rejection::Full));
}
