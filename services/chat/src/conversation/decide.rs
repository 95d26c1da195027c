//! Which events a command becomes.

use super::state::Passed;
use super::{
    Action, Body, CloseReason, Command, Conversation, Event, Form, MAX_EVENTS, MessageId, Millis, Party, PartyKind,
    Phase, Summary, What, beside, callback, form,
};

/// Why a command is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It has not begun.
    #[error("there is no such conversation")]
    NoSuchConversation,
    /// The party has no part in it, or does not hold it now.
    #[error("the conversation is someone else's")]
    NotYourConversation,
    /// Parties of this kind never may.
    #[error("this party may not ask for that")]
    Forbidden,
    /// It ended.
    #[error("the conversation is closed")]
    Closed,
    /// Somebody else's message has this id.
    #[error("the message id belongs to someone else's message")]
    MessageIdTaken,
    /// The assignment answers a round that is over.
    #[error("the assignment belongs to an earlier round")]
    OldRound,
    /// The assignment answers a round that has not begun, as far as is known here.
    #[error("the assignment belongs to a later round")]
    FutureRound,
    /// It has [`MAX_EVENTS`] events.
    #[error("the conversation is full")]
    Full,
    /// Only what ended can be rated.
    #[error("the conversation is not closed")]
    NotClosed,
    /// Only who waits can be called back instead.
    #[error("the conversation does not wait")]
    NotWaiting,
    /// Its files have [`MAX_FILES_BYTES`] together.
    #[error("the conversation has too many files")]
    FilesFull,
    /// Nobody offered it.
    #[error("this form was not offered")]
    NoSuchForm,
    /// An offer is answered once.
    #[error("this form was filled in already")]
    FormDone,
}

/// Decides on a command. No events: it was carried out before, or it changes nothing.
///
/// # Errors
/// Why it is not carried out; the conversation is as it was.
pub fn decide(state: &Conversation, command: &Command<Body>, now: Millis) -> Result<Vec<Event>, Rejection> {
    let by = &command.by;
    if state.phase == Phase::Absent && !matches!(command.action, Action::Open { .. }) {
        return Err(Rejection::NoSuchConversation);
    }
    let happened = match &command.action {
        Action::Open { queue, name, language, reason, answers, segment, channel } => {
            let opened = What::Opened {
                customer: by.id.clone(),
                queue: queue.clone(),
                name: name.clone(),
                language: language.clone(),
                reason: reason.clone(),
                answers: answers.clone(),
                segment: segment.clone(),
                channel: channel.clone(),
            };
            open(state, by, opened)?
        }
        Action::Post { message, text, form } => post(state, by, *message, text, form.as_ref())?,
        Action::MarkDelivered { up_to } => delivered(state, by, *up_to)?,
        Action::MarkRead { up_to } => read(state, by, *up_to)?,
        Action::Assign { agent, round, routing_sequence } => assign(state, by, agent, *round, *routing_sequence)?,
        Action::Transfer { queue, to_agent, summary } => {
            transfer(state, by, queue.as_deref(), to_agent.as_deref(), summary.as_ref())?
        }
        Action::Close => close(state, by)?,
        Action::Reopen => reopen(state, by)?,
        Action::Note { .. }
        | Action::Wrap { .. }
        | Action::Join
        | Action::Leave
        | Action::Take { .. }
        | Action::Rate { .. }
        | Action::PostFile { .. } => beside::decide(state, command)?,
        Action::AskCallback { .. } | Action::CancelCallback | Action::Served { .. } => {
            callback::decide(state, command)?
        }
    };
    let at = now.max(state.last_at);
    let numbers = state.last_number + 1..;
    Ok(numbers.zip(happened).map(|(number, what)| Event { number, at, by: by.clone(), what }).collect())
}

fn open(state: &Conversation, by: &Party, opened: What) -> Result<Vec<What>, Rejection> {
    if by.kind != PartyKind::Customer {
        return Err(Rejection::Forbidden);
    }
    if state.phase != Phase::Absent {
        return if state.customer == by.id { Ok(Vec::new()) } else { Err(Rejection::NotYourConversation) };
    }
    Ok(vec![opened])
}

/// A resend is answered before anything else is looked at: a customer whose message was stored must hear so, whatever
/// became of the conversation since.
fn post(
    state: &Conversation,
    by: &Party,
    message: MessageId,
    text: &Body,
    form: Option<&Form>,
) -> Result<Vec<What>, Rejection> {
    if stored(state, by, message)? {
        return Ok(Vec::new());
    }
    let said = What::MessagePosted { message, text: text.clone(), form: form.cloned() };
    if by.kind == PartyKind::System && form.is_none() {
        // The center's own word waits for nobody: it is said in a closed conversation too, which stays closed.
        refuse_when_full(state)?;
        return Ok(vec![said]);
    }
    let events = speak(state, by, said)?;
    form.map_or(Ok(()), |form| form::check(state, by, form))?;
    Ok(events)
}

/// Whether what has this id was stored before.
pub(super) fn stored(state: &Conversation, by: &Party, message: MessageId) -> Result<bool, Rejection> {
    let Some(posted) = state.messages.get(&message) else { return Ok(false) };
    let same = state.authors.get(posted.author).is_some_and(|author| author.is(by));
    if same { Ok(true) } else { Err(Rejection::MessageIdTaken) }
}

/// Something new that the other side hears. The customer's word reopens what was closed.
pub(super) fn speak(state: &Conversation, by: &Party, said: What) -> Result<Vec<What>, Rejection> {
    if state.phase == Phase::Closed && by.kind != PartyKind::Customer {
        return Err(if state.may_read(by) { Rejection::Closed } else { Rejection::NotYourConversation });
    }
    if !state.may_speak(by) {
        return Err(Rejection::NotYourConversation);
    }
    refuse_when_full(state)?;
    Ok(if state.phase == Phase::Closed { vec![What::Reopened { round: state.round + 1 }, said] } else { vec![said] })
}

fn delivered(state: &Conversation, by: &Party, up_to: u64) -> Result<Vec<What>, Rejection> {
    let up_to = heard(state, by, up_to)?;
    let news = up_to > state.receipts(by).delivered && state.last_number < MAX_EVENTS;
    Ok(if news { vec![What::Delivered { up_to }] } else { Vec::new() })
}

fn read(state: &Conversation, by: &Party, up_to: u64) -> Result<Vec<What>, Rejection> {
    let up_to = heard(state, by, up_to)?;
    let news = up_to > state.receipts(by).read && state.last_number < MAX_EVENTS;
    Ok(if news { vec![What::Read { up_to }] } else { Vec::new() })
}

/// A receipt counts up to the other side's last message: receipts about receipts would never end.
fn heard(state: &Conversation, by: &Party, up_to: u64) -> Result<u64, Rejection> {
    if !state.may_read(by) {
        return Err(Rejection::NotYourConversation);
    }
    let other_side = match by.kind {
        PartyKind::Customer => state.from_center,
        PartyKind::Agent => state.from_customer,
        PartyKind::System => return Err(Rejection::Forbidden),
    };
    Ok(up_to.min(other_side))
}

fn assign(
    state: &Conversation,
    by: &Party,
    agent: &str,
    round: u32,
    routing_sequence: u64,
) -> Result<Vec<What>, Rejection> {
    if by.kind != PartyKind::System {
        return Err(Rejection::Forbidden);
    }
    if round < state.round {
        return Err(Rejection::OldRound);
    }
    if round > state.round {
        return Err(Rejection::FutureRound);
    }
    if state.phase == Phase::Closed {
        return Err(Rejection::Closed);
    }
    if routing_sequence <= state.routing_sequence {
        return Ok(Vec::new());
    }
    Ok(vec![What::Assigned { agent: agent.to_owned(), round, routing_sequence }])
}

fn transfer(
    state: &Conversation,
    by: &Party,
    queue: Option<&str>,
    to_agent: Option<&str>,
    summary: Option<&Summary<Body>>,
) -> Result<Vec<What>, Rejection> {
    if by.kind == PartyKind::Customer {
        return Err(Rejection::Forbidden);
    }
    // A summary is a message with an id: stored once, its transfer happened.
    if let Some(Summary { message, .. }) = summary
        && stored(state, by, *message)?
    {
        return Ok(Vec::new());
    }
    let queue = queue.unwrap_or(&state.queue);
    let repeats = |passed: &Passed| passed.by.is(by) && passed.queue == queue && passed.to_agent.as_deref() == to_agent;
    let holds = state.holder() == Some(by.id.as_str());
    let last_word = state.passed.as_ref().filter(|passed| repeats(passed));
    if !holds && last_word.is_some_and(|passed| !by.is_supervisor() || passed.number == state.changed_in) {
        return Ok(Vec::new());
    }
    if state.phase == Phase::Closed {
        return Err(if state.may_read(by) { Rejection::Closed } else { Rejection::NotYourConversation });
    }
    if !state.may_speak(by) {
        return Err(Rejection::NotYourConversation);
    }
    refuse_when_full(state)?;
    let note = summary.map(|Summary { message, text }| {
        let mentions = to_agent.map(str::to_owned).into_iter().collect();
        What::Noted { message: *message, text: text.clone(), mentions, whisper: false, consult: false }
    });
    let passed =
        What::Transferred { queue: queue.to_owned(), to_agent: to_agent.map(str::to_owned), round: state.round + 1 };
    Ok(note.into_iter().chain([passed]).collect())
}

fn close(state: &Conversation, by: &Party) -> Result<Vec<What>, Rejection> {
    if state.phase == Phase::Closed {
        return if state.may_read(by) { Ok(Vec::new()) } else { Err(Rejection::NotYourConversation) };
    }
    if !state.may_speak(by) {
        return Err(Rejection::NotYourConversation);
    }
    let reason = match by.kind {
        PartyKind::Customer => CloseReason::CustomerLeft,
        PartyKind::Agent | PartyKind::System => CloseReason::Resolved,
    };
    Ok(vec![What::Closed { reason }])
}

fn reopen(state: &Conversation, by: &Party) -> Result<Vec<What>, Rejection> {
    if !state.may_read(by) {
        return Err(Rejection::NotYourConversation);
    }
    if state.phase != Phase::Closed {
        return Ok(Vec::new());
    }
    refuse_when_full(state)?;
    Ok(vec![What::Reopened { round: state.round + 1 }])
}

pub(super) fn refuse_when_full(state: &Conversation) -> Result<(), Rejection> {
    if state.last_number >= MAX_EVENTS { Err(Rejection::Full) } else { Ok(()) }
}
