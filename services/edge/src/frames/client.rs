//! What browsers send.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Availability, Form};

/// A frame from the browser.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame.
    Hello {
        /// Version of the protocol: 1.
        protocol: u32,
        /// From sign-in or from `POST /api/v1/customers`.
        token: String,
        /// BCP 47 tag of the page.
        #[serde(default)]
        language: String,
    },
    /// Begin a conversation.
    Open {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// UUID chosen by the browser; the same id again is the same conversation.
        conversation: String,
        /// The queue to enter.
        queue: String,
        /// Display name, at most 100 characters.
        #[serde(default)]
        name: Option<String>,
        /// Code of the chosen reason.
        #[serde(default)]
        reason: Option<String>,
        /// Answers before the chat, by question; 4,000 characters together as JSON.
        #[serde(default)]
        answers: BTreeMap<String, String>,
    },
    /// Events after a number, then live.
    Watch {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
        /// The last number that the browser has.
        #[serde(default)]
        after: u64,
    },
    /// End a watch.
    Unwatch {
        /// The conversation.
        conversation: String,
    },
    /// Say something.
    Post {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
        /// UUID chosen by the browser; the same id again is the same message.
        message: String,
        /// 1 to 4,000 characters; of a form a JSON object of strings.
        text: String,
        /// It is a form.
        #[serde(default)]
        form: Option<Form>,
    },
    /// The device shows everything up to here.
    Delivered {
        /// The conversation.
        conversation: String,
        /// Event number.
        up_to: u64,
    },
    /// The person has read everything up to here.
    Read {
        /// The conversation.
        conversation: String,
        /// Event number.
        up_to: u64,
    },
    /// Is typing.
    Typing {
        /// The conversation.
        conversation: String,
    },
    /// End the conversation.
    Close {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
    },
    /// An agent's state.
    Availability {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// From now on.
        availability: Availability,
        /// Why, at most 100 characters.
        #[serde(default)]
        reason: String,
    },
    /// Take an offer.
    Accept {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The contact.
        contact: String,
        /// The offer's round.
        round: u32,
    },
    /// Pass an offer on.
    Decline {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The contact.
        contact: String,
        /// The offer's round.
        round: u32,
    },
    /// Pass the conversation on.
    Transfer {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
        /// Absent: the queue it came through.
        #[serde(default)]
        queue: Option<String>,
        /// Absent: anybody of the queue.
        #[serde(default)]
        agent: Option<String>,
        /// For whoever takes it, at most 4,000 characters: becomes a note.
        #[serde(default)]
        summary: String,
        /// UUID of that note, chosen by the browser. Absent: made of `ref` and content.
        #[serde(default)]
        message: Option<String>,
    },
    /// Write something that customers never see.
    Note {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
        /// UUID chosen by the browser; the same id again is the same note.
        message: String,
        /// 1 to 4,000 characters.
        text: String,
        /// Ids of agents it calls, at most 20: they may read the conversation and join it from now on.
        #[serde(default)]
        mentions: Vec<String>,
        /// Said to the holder while they serve the customer.
        #[serde(default)]
        whisper: bool,
    },
    /// Say what it was about; the last one counts.
    Wrap {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
        /// UUID chosen by the browser; the same id again is the same wrap-up. Absent: made of `ref` and content.
        #[serde(default)]
        message: Option<String>,
        /// The wrap-up code; empty for none.
        #[serde(default)]
        code: String,
        /// At most 20 of at most 40 characters; no personal data.
        #[serde(default)]
        tags: Vec<String>,
        /// At most 4,000 characters.
        #[serde(default)]
        summary: String,
        /// When somebody shall come back to it, milliseconds since the Unix epoch.
        #[serde(default)]
        follow_up_at: Option<u64>,
    },
    /// Take part beside the holder.
    Join {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
    },
    /// Take part no longer.
    Leave {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
    },
    /// Become the holder: supervisors, and colleagues while the holder is not ready.
    Take {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
    },
    /// Say how it was, after the end; the last one counts.
    Rate {
        /// Comes back in the answer.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
        /// The conversation.
        conversation: String,
        /// UUID chosen by the browser; the same id again is the same rating. Absent: made of `ref` and content.
        #[serde(default)]
        message: Option<String>,
        /// 1 to 5.
        score: u32,
        /// At most 2,000 characters.
        #[serde(default)]
        comment: String,
    },
    /// An agent looks at the conversation, or does so no longer.
    Viewing {
        /// The conversation.
        conversation: String,
        /// No longer.
        #[serde(default)]
        stop: bool,
    },
    /// Answered by `pong`.
    Ping,
}

impl ClientFrame {
    /// What the answer must carry.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Open { reference, .. }
            | Self::Watch { reference, .. }
            | Self::Post { reference, .. }
            | Self::Close { reference, .. }
            | Self::Availability { reference, .. }
            | Self::Accept { reference, .. }
            | Self::Decline { reference, .. }
            | Self::Transfer { reference, .. }
            | Self::Note { reference, .. }
            | Self::Wrap { reference, .. }
            | Self::Join { reference, .. }
            | Self::Leave { reference, .. }
            | Self::Take { reference, .. }
            | Self::Rate { reference, .. } => reference.as_deref(),
            Self::Hello { .. }
            | Self::Unwatch { .. }
            | Self::Delivered { .. }
            | Self::Read { .. }
            | Self::Typing { .. }
            | Self::Viewing { .. }
            | Self::Ping => None,
        }
    }
}
