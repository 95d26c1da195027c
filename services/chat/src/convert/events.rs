//! Events as the journal keeps them and as watchers read them.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use proto::{
    chat::v1::{self as pb, chat_event::What as PbWhat},
    journal::v1::Sealed,
};
use uuid::Uuid;

use super::{beside, canonical, contact, contact_id};
use crate::{
    conversation::{CloseReason, Event, Form, Party, PartyKind, Sort, What},
    service::Key,
};

/// Why stored bytes are not an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadEvent {
    /// Not protobuf.
    #[error("decoding an event: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A required field is missing or makes no sense.
    #[error("reading an event: its {0} makes no sense")]
    Field(&'static str),
}

/// An event's bytes. `customer` names the key that sealed its texts.
pub(crate) fn encode(event: &Event, conversation: Uuid, customer: &str) -> Bytes {
    let sealed = |body: &Bytes| Some(Sealed { key_id: customer.to_owned(), r#box: body.clone() });
    let what = match &event.what {
        What::Opened { customer, queue, name, language, reason, answers, segment, channel } => {
            PbWhat::Opened(pb::Opened {
                customer_id: customer.clone(),
                queue: queue.clone(),
                customer_name: name.as_ref().and_then(sealed),
                language: language.clone(),
                reason: reason.clone(),
                answers: answers.as_ref().and_then(sealed),
                segment: segment.clone(),
                channel: channel.clone(),
            })
        }
        What::MessagePosted { message, text, form } => PbWhat::MessagePosted(pb::MessagePosted {
            message_id: Uuid::from_u128(*message).to_string(),
            text: sealed(text),
            form: form.clone().map(|Form { form, filled, offer }| pb::Form { form, filled, offer }),
        }),
        What::Delivered { up_to } => PbWhat::Delivered(pb::Delivered { up_to: *up_to }),
        What::Read { up_to } => PbWhat::Read(pb::Read { up_to: *up_to }),
        What::Assigned { agent, round, routing_sequence } => PbWhat::Assigned(pb::Assigned {
            agent_id: agent.clone(),
            contact_id: contact_id(conversation, *round),
            routing_sequence: *routing_sequence,
        }),
        What::Transferred { queue, to_agent, round } => PbWhat::Transferred(pb::Transferred {
            queue: queue.clone(),
            to_agent_id: to_agent.clone().unwrap_or_default(),
            round: *round,
        }),
        What::Closed { reason } => PbWhat::Closed(pb::Closed {
            reason: match reason {
                CloseReason::Resolved => pb::CloseReason::Resolved,
                CloseReason::CustomerLeft => pb::CloseReason::CustomerLeft,
                CloseReason::ServedElsewhere => pb::CloseReason::ServedElsewhere,
            }
            .into(),
        }),
        What::Reopened { round } => PbWhat::Reopened(pb::Reopened { round: *round }),
        What::Noted { .. }
        | What::Wrapped { .. }
        | What::Joined { .. }
        | What::Left { .. }
        | What::Rated { .. }
        | What::FilePosted { .. }
        | What::CallbackAsked { .. }
        | What::CallbackCancelled => beside::encode(&event.what, sealed),
    };
    let event =
        pb::ChatEvent { number: event.number, at_ms: event.at, by: Some(from_party(&event.by)), what: Some(what) };
    event.encode_to_vec().into()
}

/// An event from its bytes.
pub(crate) fn decode(bytes: Bytes) -> Result<Event, BadEvent> {
    let event = pb::ChatEvent::decode(bytes)?;
    let by = super::party(event.by).map_err(|_| BadEvent::Field("party"))?;
    let what = match event.what.ok_or(BadEvent::Field("kind"))? {
        PbWhat::Opened(opened) => What::Opened {
            customer: opened.customer_id,
            queue: opened.queue,
            name: opened.customer_name.map(|sealed| sealed.r#box),
            language: opened.language,
            reason: opened.reason,
            answers: opened.answers.map(|sealed| sealed.r#box),
            segment: opened.segment,
            channel: opened.channel,
        },
        PbWhat::MessagePosted(posted) => What::MessagePosted {
            message: canonical(&posted.message_id).ok_or(BadEvent::Field("message id"))?.as_u128(),
            text: posted.text.ok_or(BadEvent::Field("text"))?.r#box,
            form: posted.form.map(|pb::Form { form, filled, offer }| Form { form, filled, offer }),
        },
        PbWhat::Delivered(delivered) => What::Delivered { up_to: delivered.up_to },
        PbWhat::Read(read) => What::Read { up_to: read.up_to },
        PbWhat::Assigned(assigned) => What::Assigned {
            round: contact(&assigned.contact_id).ok_or(BadEvent::Field("contact"))?.1,
            agent: assigned.agent_id,
            routing_sequence: assigned.routing_sequence,
        },
        PbWhat::Transferred(transferred) => What::Transferred {
            queue: transferred.queue,
            to_agent: Some(transferred.to_agent_id).filter(|agent| !agent.is_empty()),
            round: transferred.round,
        },
        PbWhat::Closed(closed) => What::Closed {
            reason: match closed.reason() {
                pb::CloseReason::Resolved => CloseReason::Resolved,
                pb::CloseReason::CustomerLeft => CloseReason::CustomerLeft,
                pb::CloseReason::ServedElsewhere => CloseReason::ServedElsewhere,
                pb::CloseReason::Unspecified => return Err(BadEvent::Field("reason")),
            },
        },
        PbWhat::Reopened(reopened) => What::Reopened { round: reopened.round },
        beside @ (PbWhat::Noted(_)
        | PbWhat::Wrapped(_)
        | PbWhat::Joined(_)
        | PbWhat::Left(_)
        | PbWhat::Rated(_)
        | PbWhat::FilePosted(_)
        | PbWhat::CallbackAsked(_)
        | PbWhat::CallbackCancelled(_)
        | PbWhat::Hidden(_)) => beside::decode(beside)?,
    };
    Ok(Event { number: event.number, at: event.at_ms, by, what })
}

fn from_party(party: &Party) -> pb::Party {
    let kind = match party.kind {
        PartyKind::Customer => pb::PartyKind::Customer,
        PartyKind::Agent => pb::PartyKind::Agent,
        PartyKind::System => pb::PartyKind::System,
    };
    pb::Party { kind: kind.into(), id: party.id.clone(), supervisor: party.supervisor }
}

/// An event as readers of a kind see it, its texts opened. `None` when the bytes are not an event.
pub(crate) fn readable(bytes: Bytes, key: &Key, subject: &str, reader: PartyKind) -> Option<pb::ReadableEvent> {
    let mut event = pb::ChatEvent::decode(bytes).ok()?;
    let shown = event.what.as_ref().and_then(sort).is_none_or(|sort| sort.shown_to(reader));
    if !shown {
        return Some(hidden(&event));
    }
    let mut read = pb::ReadableEvent { erased: matches!(key, Key::Erased), ..pb::ReadableEvent::default() };
    let mut lost = false;
    for (sealed, plain) in take_sealed(&mut event, &mut read).into_iter().flatten() {
        match key.open(subject, &sealed) {
            Some(text) => *plain = text,
            None => lost = true,
        }
    }
    read.erased |= lost;
    read.event = Some(event);
    Some(read)
}

/// The same event as another kind of reader sees it.
pub(crate) fn shown_as(read: &Arc<pb::ReadableEvent>, reader: PartyKind) -> Arc<pb::ReadableEvent> {
    let hides = |event: &&pb::ChatEvent| event.what.as_ref().and_then(sort).is_some_and(|sort| !sort.shown_to(reader));
    match read.event.as_ref().filter(hides) {
        Some(event) => Arc::new(hidden(event)),
        None => Arc::clone(read),
    }
}

/// Its number and time, and nothing else.
fn hidden(event: &pb::ChatEvent) -> pb::ReadableEvent {
    let what = Some(PbWhat::Hidden(pb::Hidden {}));
    let event = pb::ChatEvent { number: event.number, at_ms: event.at_ms, by: None, what };
    pb::ReadableEvent { event: Some(event), ..pb::ReadableEvent::default() }
}

fn sort(what: &PbWhat) -> Option<Sort> {
    Some(match what {
        PbWhat::Opened(_) => Sort::Opened,
        PbWhat::MessagePosted(_) => Sort::MessagePosted,
        PbWhat::Delivered(_) => Sort::Delivered,
        PbWhat::Read(_) => Sort::Read,
        PbWhat::Assigned(_) => Sort::Assigned,
        PbWhat::Transferred(_) => Sort::Transferred,
        PbWhat::Closed(_) => Sort::Closed,
        PbWhat::Reopened(_) => Sort::Reopened,
        PbWhat::Noted(_) => Sort::Noted,
        PbWhat::Wrapped(_) => Sort::Wrapped,
        PbWhat::Joined(_) => Sort::Joined,
        PbWhat::Left(_) => Sort::Left,
        PbWhat::Rated(_) => Sort::Rated,
        PbWhat::FilePosted(_) => Sort::FilePosted,
        PbWhat::CallbackAsked(_) => Sort::CallbackAsked,
        PbWhat::CallbackCancelled(_) => Sort::CallbackCancelled,
        PbWhat::Hidden(_) => return None,
    })
}

/// What is sealed in an event, each with the place where it is read; only `opened` holds two.
fn take_sealed<'a>(
    event: &mut pb::ChatEvent,
    read: &'a mut pb::ReadableEvent,
) -> [Option<(Sealed, &'a mut String)>; 2] {
    let text = match event.what.as_mut() {
        Some(PbWhat::Opened(opened)) => {
            let name = opened.customer_name.take().map(|sealed| (sealed, &mut read.customer_name));
            let answers = opened.answers.take().map(|sealed| (sealed, &mut read.answers));
            return [name, answers];
        }
        Some(PbWhat::MessagePosted(posted)) => posted.text.take(),
        Some(PbWhat::Noted(noted)) => noted.text.take(),
        Some(PbWhat::Wrapped(wrapped)) => wrapped.summary.take(),
        Some(PbWhat::Rated(rated)) => rated.comment.take(),
        Some(PbWhat::FilePosted(file)) => file.name.take(),
        Some(PbWhat::CallbackAsked(asked)) => asked.phone.take(),
        Some(
            PbWhat::Delivered(_)
            | PbWhat::Read(_)
            | PbWhat::Assigned(_)
            | PbWhat::Transferred(_)
            | PbWhat::Closed(_)
            | PbWhat::Reopened(_)
            | PbWhat::Joined(_)
            | PbWhat::Left(_)
            | PbWhat::CallbackCancelled(_)
            | PbWhat::Hidden(_),
        )
        | None => None,
    };
    [text.map(|sealed| (sealed, &mut read.text)), None]
}

impl From<&Party> for pb::Party {
    fn from(party: &Party) -> Self {
        from_party(party)
    }
}
