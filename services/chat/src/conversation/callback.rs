//! Being called back instead of waiting for an answer in writing.

use super::decide::{Rejection, refuse_when_full, stored};
use super::state::Callback;
use super::{Action, Body, CloseReason, Command, Conversation, PartyKind, Phase, What};

/// What follows from one of these commands; none of the others.
pub(super) fn decide(state: &Conversation, command: &Command<Body>) -> Result<Vec<What>, Rejection> {
    let by = &command.by;
    // As of a post: who stored it hears so, whatever became of the conversation since.
    if let Some(message) = command.action.message()
        && stored(state, by, message)?
    {
        return Ok(Vec::new());
    }
    if let Action::Served { round } = &command.action {
        return served(state, by.kind, *round);
    }
    if !state.may_speak(by) {
        return Err(Rejection::NotYourConversation);
    }
    let asked = matches!(state.callback, Callback::Asked(_));
    if let Action::AskCallback { message, phone, at } = &command.action {
        // Who serves the customer breaks off and promises to call back: it waits again as a callback, and as nothing else in between.
        let breaks_off = state.phase == Phase::Assigned && by.kind != PartyKind::Customer;
        if !breaks_off {
            waits(state)?;
        }
        refuse_when_full(state)?;
        let passed = What::Transferred { queue: state.queue.clone(), to_agent: None, round: state.round + 1 };
        let asked = What::CallbackAsked { message: *message, phone: phone.clone(), at: *at };
        return Ok(breaks_off.then_some(passed).into_iter().chain([asked]).collect());
    }
    if !asked {
        return Ok(Vec::new());
    }
    waits(state)?;
    refuse_when_full(state)?;
    Ok(vec![What::CallbackCancelled])
}

fn waits(state: &Conversation) -> Result<(), Rejection> {
    if state.phase == Phase::Waiting { Ok(()) } else { Err(Rejection::NotWaiting) }
}

/// Routing never lets a contact wait again that it ended, so a conversation that waited for it would wait for ever.
fn served(state: &Conversation, by: PartyKind, round: u32) -> Result<Vec<What>, Rejection> {
    if by != PartyKind::System {
        return Err(Rejection::Forbidden);
    }
    let waits = state.phase == Phase::Waiting && state.round == round;
    Ok(if waits { vec![What::Closed { reason: CloseReason::ServedElsewhere }] } else { Vec::new() })
}
