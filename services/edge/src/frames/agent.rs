//! What an agent is told of their work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An agent who looks at a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Viewer {
    /// The account.
    pub id: String,
    /// Display name.
    pub name: String,
    /// They are typing.
    pub typing: bool,
}

/// What a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A supervisor tells many.
    Broadcast,
    /// A note called the agent.
    Call,
    /// A colleague asks before they hand a conversation over.
    Consult,
}

/// A notice that an agent has not read yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct NoticeCard {
    /// Its id: `POST /api/v1/notices/{id}/read`.
    pub id: String,
    /// What it is.
    pub kind: NoticeKind,
    /// In Japanese; empty: only in English, or none.
    pub ja: String,
    /// In English; empty: only in Japanese, or none.
    pub en: String,
    /// The conversation it is about; empty: none.
    pub conversation: String,
    /// The account that sent it.
    pub by: String,
    /// When, milliseconds since the Unix epoch.
    pub at: u64,
    /// It goes by itself then, milliseconds since the Unix epoch.
    pub expires: u64,
}

/// A contact that an agent holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Held {
    /// The contact.
    pub contact: String,
    /// Its conversation.
    pub conversation: String,
}

/// "Will you take this one?", with what the agent must know to decide.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct OfferCard {
    /// The contact.
    pub contact: String,
    /// Its conversation.
    pub conversation: String,
    /// Send it back in `accept`.
    pub round: u32,
    /// Where it waited.
    pub queue: String,
    /// When the offer lapses, milliseconds since the Unix epoch.
    pub expires: u64,
    /// When the contact began to wait, milliseconds since the Unix epoch.
    pub enqueued: u64,
    /// The customer, for `GET /api/v1/customers/{id}`; empty while it is being looked up.
    pub customer: String,
    /// Empty when none was given or while it is being looked up.
    pub customer_name: String,
    /// `chat`, `voice`, `mail`, `callback` or `task`.
    pub channel: String,
    /// The customer waits to be called back.
    pub callback: bool,
    /// The last message, cut to 80 characters; empty when there is none or while it is being looked up.
    pub preview: String,
}
