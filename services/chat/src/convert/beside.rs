//! Events beside the talk as the journal keeps them: notes, wrap-ups, ratings, who takes part, files.

use bytes::Bytes;
use proto::{
    chat::v1::{self as pb, chat_event::What as PbWhat},
    journal::v1::Sealed,
};
use uuid::Uuid;

use super::{canonical, events::BadEvent};
use crate::conversation::What;

/// What is stored of it; none of the others comes here.
pub(super) fn encode(what: &What, sealed: impl Fn(&Bytes) -> Option<Sealed>) -> PbWhat {
    let id = |id: &u128| Uuid::from_u128(*id).to_string();
    match what {
        What::Noted { message, text, mentions, whisper, consult } => PbWhat::Noted(pb::Noted {
            message_id: id(message),
            text: sealed(text),
            mentions: mentions.clone(),
            whisper: *whisper,
            consult: *consult,
        }),
        What::Wrapped { message, code, tags, summary, follow_up_at } => PbWhat::Wrapped(pb::Wrapped {
            message_id: id(message),
            code: code.clone(),
            tags: tags.clone(),
            summary: summary.as_ref().and_then(sealed),
            follow_up_at_ms: follow_up_at.unwrap_or(0),
        }),
        What::Joined { agent } => PbWhat::Joined(pb::Joined { agent_id: agent.clone() }),
        What::Left { agent } => PbWhat::Left(pb::Left { agent_id: agent.clone() }),
        What::Rated { message, score, comment } => PbWhat::Rated(pb::Rated {
            message_id: id(message),
            score: *score,
            comment: comment.as_ref().and_then(sealed),
        }),
        What::FilePosted { message, file, name, media_type, bytes } => PbWhat::FilePosted(pb::FilePosted {
            message_id: id(message),
            file_id: id(file),
            name: sealed(name),
            media_type: media_type.clone(),
            bytes: *bytes,
        }),
        What::CallbackAsked { message, phone, at } => PbWhat::CallbackAsked(pb::CallbackAsked {
            message_id: id(message),
            phone: sealed(phone),
            at_ms: at.unwrap_or(0),
        }),
        What::CallbackCancelled => PbWhat::CallbackCancelled(pb::CallbackCancelled {}),
        What::Opened { .. }
        | What::MessagePosted { .. }
        | What::Delivered { .. }
        | What::Read { .. }
        | What::Assigned { .. }
        | What::Transferred { .. }
        | What::Closed { .. }
        | What::Reopened { .. } => PbWhat::Hidden(pb::Hidden {}),
    }
}

/// The event of what is stored.
pub(super) fn decode(what: PbWhat) -> Result<What, BadEvent> {
    let id = |text: &str| canonical(text).map(|id| id.as_u128()).ok_or(BadEvent::Field("id"));
    Ok(match what {
        PbWhat::Noted(noted) => What::Noted {
            message: id(&noted.message_id)?,
            text: noted.text.ok_or(BadEvent::Field("text"))?.r#box,
            mentions: noted.mentions,
            whisper: noted.whisper,
            consult: noted.consult,
        },
        PbWhat::Wrapped(wrapped) => What::Wrapped {
            message: id(&wrapped.message_id)?,
            code: wrapped.code,
            tags: wrapped.tags,
            summary: wrapped.summary.map(|sealed| sealed.r#box),
            follow_up_at: Some(wrapped.follow_up_at_ms).filter(|at| *at > 0),
        },
        PbWhat::Joined(joined) => What::Joined { agent: joined.agent_id },
        PbWhat::Left(left) => What::Left { agent: left.agent_id },
        PbWhat::Rated(rated) => What::Rated {
            message: id(&rated.message_id)?,
            score: rated.score,
            comment: rated.comment.map(|sealed| sealed.r#box),
        },
        PbWhat::FilePosted(file) => What::FilePosted {
            message: id(&file.message_id)?,
            file: id(&file.file_id)?,
            name: file.name.ok_or(BadEvent::Field("name"))?.r#box,
            media_type: file.media_type,
            bytes: file.bytes,
        },
        PbWhat::CallbackAsked(asked) => What::CallbackAsked {
            message: id(&asked.message_id)?,
            phone: asked.phone.ok_or(BadEvent::Field("phone"))?.r#box,
            at: Some(asked.at_ms).filter(|at| *at > 0),
        },
        PbWhat::CallbackCancelled(_) => What::CallbackCancelled,
        PbWhat::Opened(_)
        | PbWhat::MessagePosted(_)
        | PbWhat::Delivered(_)
        | PbWhat::Read(_)
        | PbWhat::Assigned(_)
        | PbWhat::Transferred(_)
        | PbWhat::Closed(_)
        | PbWhat::Reopened(_)
        | PbWhat::Hidden(_) => return Err(BadEvent::Field("kind")),
    })
}
