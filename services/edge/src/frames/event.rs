//! A conversation's event as browsers see it.

use std::borrow::Cow;

use proto::chat::v1::{self as chat, chat_event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An event of a conversation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Event<'a> {
    /// 1, 2, 3 … without holes.
    pub number: u64,
    /// When, milliseconds since the Unix epoch.
    pub at: u64,
    /// Who did it.
    #[serde(borrow)]
    pub by: By<'a>,
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
    },
    /// Somebody said something.
    Message {
        /// The sender's id for it.
        message: Cow<'a, str>,
        /// Empty after erasure.
        text: Cow<'a, str>,
        /// The customer was erased.
        erased: bool,
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
        /// `resolved` or `customer_left`.
        reason: Cow<'a, str>,
    },
    /// It goes on.
    Reopened {
        /// The new round.
        round: u32,
    },
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
        Some(Self { number: event.number, at: event.at_ms, by: By::from_party(event.by.as_ref()), what })
    }
}

impl<'a> What<'a> {
    fn from_event(what: &'a chat_event::What, readable: &'a chat::ReadableEvent) -> Self {
        match what {
            chat_event::What::Opened(opened) => Self::Opened {
                customer: opened.customer_id.as_str().into(),
                queue: opened.queue.as_str().into(),
                name: readable.customer_name.as_str().into(),
            },
            chat_event::What::MessagePosted(posted) => Self::Message {
                message: posted.message_id.as_str().into(),
                text: readable.text.as_str().into(),
                erased: readable.erased,
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
        }
    }
}

fn close_reason(reason: chat::CloseReason) -> &'static str {
    match reason {
        chat::CloseReason::Resolved => "resolved",
        chat::CloseReason::CustomerLeft => "customer_left",
        chat::CloseReason::Unspecified => "",
    }
}
