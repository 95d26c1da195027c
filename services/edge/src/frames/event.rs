//! A conversation's event as browsers see it.

use std::{borrow::Cow, collections::BTreeMap};

use proto::chat::v1::{self as chat, chat_event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Form;

/// An event of a conversation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Event<'a> {
    /// 1, 2, 3 … without holes.
    pub number: u64,
    /// When, milliseconds since the Unix epoch.
    pub at: u64,
    /// Who did it; absent from what is hidden.
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    pub by: Option<By<'a>>,
    /// What happened.
    #[serde(flatten, borrow)]
    pub what: What<'a>,
}

/// Who.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct By<'a> {
    /// What they are in the conversation.
    pub kind: Kind,
    /// Customer id, account id or the service's name.
    pub id: Cow<'a, str>,
}

/// What a party is in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The person who contacts.
    Customer,
    /// A person who answers.
    Agent,
    /// The center itself.
    System,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What<'a> {
    /// The conversation began.
    Opened {
        /// Whose matter it is.
        customer: Cow<'a, str>,
        /// The queue it enters.
        queue: Cow<'a, str>,
        /// Display name; empty when none was given or after erasure.
        name: Cow<'a, str>,
        /// BCP 47 tag of the customer's page.
        #[serde(default)]
        language: Cow<'a, str>,
        /// Code of the reason that they chose; empty when none.
        #[serde(default)]
        reason: Cow<'a, str>,
        /// Their answers before the chat, by question; empty when nothing was asked and after erasure.
        #[serde(default)]
        answers: BTreeMap<String, String>,
        /// `voice` for a telephone call; empty: text.
        #[serde(skip_serializing_if = "str::is_empty", default)]
        channel: Cow<'a, str>,
    },
    /// Somebody said something.
    Message {
        /// The sender's id for it.
        message: Cow<'a, str>,
        /// Empty after erasure.
        text: Cow<'a, str>,
        /// The customer was erased.
        erased: bool,
        /// It is a form: its text is a JSON object of strings.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        form: Option<Form>,
    },
    /// A device shows everything up to a number.
    Delivered {
        /// The number.
        up_to: u64,
    },
    /// A person has read everything up to a number.
    Read {
        /// The number.
        up_to: u64,
    },
    /// An agent took it.
    Assigned {
        /// The agent.
        agent: Cow<'a, str>,
        /// The contact that was routed.
        contact: Cow<'a, str>,
    },
    /// It was passed on.
    Transferred {
        /// Where it waits now.
        queue: Cow<'a, str>,
        /// Who shall have it; empty: anybody of the queue.
        agent: Cow<'a, str>,
        /// The new round.
        round: u32,
    },
    /// It ended.
    Closed {
        /// `resolved`, `customer_left` or `served_elsewhere`.
        reason: Cow<'a, str>,
    },
    /// It goes on.
    Reopened {
        /// The new round.
        round: u32,
    },
    /// An agent wrote something that customers never see.
    Note {
        /// The writer's id for it.
        message: Cow<'a, str>,
        /// Empty after erasure.
        text: Cow<'a, str>,
        /// Agents it calls.
        mentions: Cow<'a, [String]>,
        /// Said to the holder while they serve the customer.
        whisper: bool,
        /// Asks those it calls before the conversation is handed over.
        #[serde(default)]
        consult: bool,
        /// The customer was erased.
        erased: bool,
    },
    /// An agent said what it was about; the last one counts. Customers never see it.
    Wrapped {
        /// The writer's id for it.
        message: Cow<'a, str>,
        /// The wrap-up code; empty for none.
        code: Cow<'a, str>,
        /// Words to find it by.
        tags: Cow<'a, [String]>,
        /// What happened; empty when nothing was written and after erasure.
        summary: Cow<'a, str>,
        /// When somebody shall come back to it, milliseconds since the Unix epoch.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        follow_up_at: Option<u64>,
    },
    /// An agent takes part beside the holder.
    Joined {
        /// The agent.
        agent: Cow<'a, str>,
    },
    /// An agent takes part no longer.
    Left {
        /// The agent.
        agent: Cow<'a, str>,
    },
    /// The customer said how it was; the last one counts.
    Rated {
        /// The customer's id for it.
        message: Cow<'a, str>,
        /// 1 to 5.
        score: u32,
        /// In their words; empty when there are none and after erasure.
        comment: Cow<'a, str>,
    },
    /// Somebody sent a file.
    File {
        /// The sender's id for the message.
        message: Cow<'a, str>,
        /// The file: `GET /api/v1/conversations/{id}/files/{file}`.
        file: Cow<'a, str>,
        /// Its name; empty after erasure.
        name: Cow<'a, str>,
        /// What its first bytes say it is.
        media_type: Cow<'a, str>,
        /// Its length in bytes.
        bytes: u64,
        /// The customer was erased.
        erased: bool,
    },
    /// Who waits is to be called back; the last one counts.
    CallbackAsked {
        /// The sender's id for it.
        message: Cow<'a, str>,
        /// The telephone number; empty after erasure.
        phone: Cow<'a, str>,
        /// Not before, milliseconds since the Unix epoch; absent: at its turn.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        not_before: Option<u64>,
        /// The customer was erased.
        erased: bool,
    },
    /// They are not called back any more.
    CallbackCancelled,
    /// Something that the reader may not see.
    Hidden,
}

impl<'a> By<'a> {
    /// From the wire between services; a missing party is the system.
    pub fn from_party(party: Option<&'a chat::Party>) -> Self {
        let (kind, id) = party.map_or((chat::PartyKind::System, ""), |party| (party.kind(), party.id.as_str()));
        let kind = match kind {
            chat::PartyKind::Customer => Kind::Customer,
            chat::PartyKind::Agent => Kind::Agent,
            chat::PartyKind::System | chat::PartyKind::Unspecified => Kind::System,
        };
        Self { kind, id: id.into() }
    }
}

impl<'a> Event<'a> {
    /// From the wire between services. `None` when the event says nothing that this version knows.
    pub fn from_readable(readable: &'a chat::ReadableEvent) -> Option<Self> {
        let event = readable.event.as_ref()?;
        let what = What::from_event(event.what.as_ref()?, readable);
        let by = (what != What::Hidden).then(|| By::from_party(event.by.as_ref()));
        Some(Self { number: event.number, at: event.at_ms, by, what })
    }
}

impl<'a> What<'a> {
    fn from_event(what: &'a chat_event::What, readable: &'a chat::ReadableEvent) -> Self {
        match what {
            chat_event::What::Opened(opened) => Self::Opened {
                customer: opened.customer_id.as_str().into(),
                queue: opened.queue.as_str().into(),
                name: readable.customer_name.as_str().into(),
                language: opened.language.as_str().into(),
                reason: opened.reason.as_str().into(),
                answers: serde_json::from_str(&readable.answers).unwrap_or_default(),
                channel: opened.channel.as_str().into(),
            },
            chat_event::What::MessagePosted(posted) => Self::Message {
                message: posted.message_id.as_str().into(),
                text: readable.text.as_str().into(),
                erased: readable.erased,
                form: posted.form.as_ref().map(Form::from),
            },
            chat_event::What::Delivered(delivered) => Self::Delivered { up_to: delivered.up_to },
            chat_event::What::Read(read) => Self::Read { up_to: read.up_to },
            chat_event::What::Assigned(assigned) => Self::Assigned {
                agent: assigned.agent_id.as_str().into(),
                contact: assigned.contact_id.as_str().into(),
            },
            chat_event::What::Transferred(transferred) => Self::Transferred {
                queue: transferred.queue.as_str().into(),
                agent: transferred.to_agent_id.as_str().into(),
                round: transferred.round,
            },
            chat_event::What::Closed(closed) => Self::Closed { reason: close_reason(closed.reason()).into() },
            chat_event::What::Reopened(reopened) => Self::Reopened { round: reopened.round },
            chat_event::What::Noted(_)
            | chat_event::What::Wrapped(_)
            | chat_event::What::Joined(_)
            | chat_event::What::Left(_)
            | chat_event::What::Rated(_)
            | chat_event::What::FilePosted(_)
            | chat_event::What::CallbackAsked(_)
            | chat_event::What::CallbackCancelled(_)
            | chat_event::What::Hidden(_) => Self::beside(what, readable),
        }
    }
}

impl<'a> What<'a> {
    fn beside(what: &'a chat_event::What, readable: &'a chat::ReadableEvent) -> Self {
        let text = readable.text.as_str();
        match what {
            chat_event::What::Noted(noted) => Self::Note {
                message: noted.message_id.as_str().into(),
                text: text.into(),
                mentions: noted.mentions.as_slice().into(),
                whisper: noted.whisper,
                consult: noted.consult,
                erased: readable.erased,
            },
            chat_event::What::Wrapped(wrapped) => Self::Wrapped {
                message: wrapped.message_id.as_str().into(),
                code: wrapped.code.as_str().into(),
                tags: wrapped.tags.as_slice().into(),
                summary: text.into(),
                follow_up_at: Some(wrapped.follow_up_at_ms).filter(|at| *at > 0),
            },
            chat_event::What::Joined(joined) => Self::Joined { agent: joined.agent_id.as_str().into() },
            chat_event::What::Left(left) => Self::Left { agent: left.agent_id.as_str().into() },
            chat_event::What::Rated(rated) => {
                Self::Rated { message: rated.message_id.as_str().into(), score: rated.score, comment: text.into() }
            }
            chat_event::What::FilePosted(file) => Self::File {
                message: file.message_id.as_str().into(),
                file: file.file_id.as_str().into(),
                name: text.into(),
                media_type: file.media_type.as_str().into(),
                bytes: file.bytes,
                erased: readable.erased,
            },
            chat_event::What::CallbackAsked(asked) => Self::CallbackAsked {
                message: asked.message_id.as_str().into(),
                phone: text.into(),
                not_before: Some(asked.at_ms).filter(|at| *at > 0),
                erased: readable.erased,
            },
            chat_event::What::CallbackCancelled(_) => Self::CallbackCancelled,
            chat_event::What::Hidden(_)
            | chat_event::What::Opened(_)
            | chat_event::What::MessagePosted(_)
            | chat_event::What::Delivered(_)
            | chat_event::What::Read(_)
            | chat_event::What::Assigned(_)
            | chat_event::What::Transferred(_)
            | chat_event::What::Closed(_)
            | chat_event::What::Reopened(_) => Self::Hidden,
        }
    }
}

fn close_reason(reason: chat::CloseReason) -> &'static str {
    match reason {
        chat::CloseReason::Resolved => "resolved",
        chat::CloseReason::CustomerLeft => "customer_left",
        chat::CloseReason::ServedElsewhere => "served_elsewhere",
        chat::CloseReason::Unspecified => "",
    }
}
