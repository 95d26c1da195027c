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
    /// Empty when none was given or while it is being looked up.
    pub customer_name: String,
    /// The last message, cut to 80 characters; empty when there is none or while it is being looked up.
    pub preview: String,
}
