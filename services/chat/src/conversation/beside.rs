//! What goes on beside the talk: notes, wrap-ups, ratings, who takes part, files.

use super::decide::{Rejection, refuse_when_full, speak, stored};
use super::{Action, Body, Command, Conversation, MAX_FILES_BYTES, Party, PartyKind, Phase, What};

/// What follows from one of these commands; none of the others.
pub(super) fn decide(state: &Conversation, command: &Command<Body>) -> Result<Vec<What>, Rejection> {
    let by = &command.by;
    // As of a post: who stored it hears so, whatever became of the conversation since.
    if let Some(message) = command.action.message()
        && stored(state, by, message)?
    {
        return Ok(Vec::new());
    }
    match &command.action {
        Action::Note { message, text, mentions, whisper, consult } => {
            let (text, mentions) = (text.clone(), mentions.clone());
            if *consult && state.may_read(by) && !state.may_speak(by) {
                return Err(Rejection::NotYourConversation);
            }
            write(state, by, What::Noted { message: *message, text, mentions, whisper: *whisper, consult: *consult })
        }
        Action::Wrap { message, code, tags, summary, follow_up_at } => {
            let (code, tags, summary) = (code.clone(), tags.clone(), summary.clone());
            write(state, by, What::Wrapped { message: *message, code, tags, summary, follow_up_at: *follow_up_at })
        }
        Action::Join => join(state, by),
        Action::Leave => leave(state, by),
        Action::Take { from } => take(state, by, from.as_deref()),
        Action::Rate { message, score, comment } => {
            rate(state, by, What::Rated { message: *message, score: *score, comment: comment.clone() })
        }
        Action::PostFile { message, file, name, media_type, bytes } => {
            let (name, media_type) = (name.clone(), media_type.clone());
            let posted = What::FilePosted { message: *message, file: *file, name, media_type, bytes: *bytes };
            let events = speak(state, by, posted)?;
            if state.file_bytes.saturating_add(*bytes) > MAX_FILES_BYTES {
                Err(Rejection::FilesFull)
            } else {
                Ok(events)
            }
        }
        Action::Open { .. }
        | Action::Post { .. }
        | Action::MarkDelivered { .. }
        | Action::MarkRead { .. }
        | Action::Assign { .. }
        | Action::Transfer { .. }
        | Action::Close
        | Action::Reopen
        | Action::AskCallback { .. }
        | Action::CancelCallback
        | Action::Served { .. } => Ok(Vec::new()),
    }
}

/// Notes and wrap-ups are the center's own; they are written after the end too.
fn write(state: &Conversation, by: &Party, written: What) -> Result<Vec<What>, Rejection> {
    if by.kind == PartyKind::Customer {
        return Err(Rejection::Forbidden);
    }
    if !state.may_read(by) {
        return Err(Rejection::NotYourConversation);
    }
    refuse_when_full(state)?;
    Ok(vec![written])
}

fn join(state: &Conversation, by: &Party) -> Result<Vec<What>, Rejection> {
    if by.kind != PartyKind::Agent {
        return Err(Rejection::Forbidden);
    }
    if !state.may_read(by) {
        return Err(Rejection::NotYourConversation);
    }
    if state.takes_part(&by.id) || state.holder() == Some(by.id.as_str()) {
        return Ok(Vec::new());
    }
    if state.phase == Phase::Closed {
        return Err(Rejection::Closed);
    }
    refuse_when_full(state)?;
    Ok(vec![What::Joined { agent: by.id.clone() }])
}

fn leave(state: &Conversation, by: &Party) -> Result<Vec<What>, Rejection> {
    if by.kind != PartyKind::Agent {
        return Err(Rejection::Forbidden);
    }
    if !state.may_read(by) {
        return Err(Rejection::NotYourConversation);
    }
    if !state.takes_part(&by.id) {
        return Ok(Vec::new());
    }
    refuse_when_full(state)?;
    Ok(vec![What::Left { agent: by.id.clone() }])
}

/// A supervisor takes any; another agent only from a holder whom the door found away, and who holds it still.
fn take(state: &Conversation, by: &Party, from: Option<&str>) -> Result<Vec<What>, Rejection> {
    if by.kind != PartyKind::Agent {
        return Err(Rejection::Forbidden);
    }
    if state.holder() == Some(by.id.as_str()) {
        return Ok(Vec::new());
    }
    let from_holder = state.holder().is_some_and(|holder| from == Some(holder));
    if !by.supervisor && !from_holder {
        return Err(Rejection::NotYourConversation);
    }
    if state.phase == Phase::Closed {
        return Err(Rejection::Closed);
    }
    refuse_when_full(state)?;
    let (round, routing_sequence) = (state.round + 1, state.routing_sequence);
    Ok(vec![What::Assigned { agent: by.id.clone(), round, routing_sequence }])
}

fn rate(state: &Conversation, by: &Party, rated: What) -> Result<Vec<What>, Rejection> {
    if by.kind != PartyKind::Customer {
        return Err(Rejection::Forbidden);
    }
    if !state.may_read(by) {
        return Err(Rejection::NotYourConversation);
    }
    if state.phase != Phase::Closed {
        return Err(Rejection::NotClosed);
    }
    refuse_when_full(state)?;
    Ok(vec![rated])
}
