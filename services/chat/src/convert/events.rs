//! Events as the journal keeps them and as watchers read them.

use bytes::Bytes;
use prost::Message as _;
use proto::{
    chat::v1::{self as pb, chat_event::What as PbWhat},
    journal::v1::Sealed,
};
use uuid::Uuid;

use super::{canonical, contact, contact_id};
use crate::{
    conversation::{CloseReason, Event, Party, PartyKind, What},
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
        What::Opened { customer, queue, name, language } => PbWhat::Opened(pb::Opened {
            customer_id: customer.clone(),
            queue: queue.clone(),
            customer_name: name.as_ref().and_then(sealed),
            language: language.clone(),
        }),
        What::MessagePosted { message, text } => PbWhat::MessagePosted(pb::MessagePosted {
            message_id: Uuid::from_u128(*message).to_string(),
            text: sealed(text),
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
            }
            .into(),
        }),
        What::Reopened { round } => PbWhat::Reopened(pb::Reopened { round: *round }),
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
        },
        PbWhat::MessagePosted(posted) => What::MessagePosted {
            message: canonical(&posted.message_id).ok_or(BadEvent::Field("message id"))?.as_u128(),
            text: posted.text.ok_or(BadEvent::Field("text"))?.r#box,
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
                pb::CloseReason::Unspecified => return Err(BadEvent::Field("reason")),
            },
        },
        PbWhat::Reopened(reopened) => What::Reopened { round: reopened.round },
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

/// An event as watchers see it, its texts opened. `None` when the bytes are not an event.
pub(crate) fn readable(bytes: Bytes, key: &Key, subject: &str) -> Option<pb::ReadableEvent> {
    let mut event = pb::ChatEvent::decode(bytes).ok()?;
    let mut read = pb::ReadableEvent { erased: matches!(key, Key::Erased), ..pb::ReadableEvent::default() };
    let sealed = match event.what.as_mut() {
        Some(PbWhat::Opened(opened)) => opened.customer_name.take().map(|sealed| (sealed, &mut read.customer_name)),
        Some(PbWhat::MessagePosted(posted)) => posted.text.take().map(|sealed| (sealed, &mut read.text)),
        Some(
            PbWhat::Delivered(_)
            | PbWhat::Read(_)
            | PbWhat::Assigned(_)
            | PbWhat::Transferred(_)
            | PbWhat::Closed(_)
            | PbWhat::Reopened(_),
        )
        | None => None,
    };
    if let Some((sealed, plain)) = sealed {
        match key.open(subject, &sealed) {
            Some(text) => *plain = text,
            None => read.erased = true,
        }
    }
    read.event = Some(event);
    Some(read)
}

impl From<&Party> for pb::Party {
    fn from(party: &Party) -> Self {
        from_party(party)
    }
}
