//! The socket's frames, exactly as `docs/socket.md` has them. `docs/socket.schema.json` is generated from here.

mod agent;
mod call;
mod event;

use std::{borrow::Cow, collections::BTreeMap};

use axum::extract::ws::Utf8Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use agent::{Held, OfferCard, Viewer};
pub use call::{Call, CallLeg, CallQuality};
pub use event::{By, Event, What};

use crate::config::SiteAddress;

/// The protocol's version.
pub const PROTOCOL: u32 = 1;
/// Longest frame, in bytes.
pub const MAX_FRAME: usize = 32 * 1024;
/// Longest `ref`, in characters.
pub const MAX_REF: usize = 64;

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
        /// 1 to 4,000 characters.
        text: String,
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

/// What an agent says of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Takes work.
    Ready,
    /// Keeps what they hold, gets nothing new.
    Away,
    /// Finishes the work after a contact; ready again at a limit.
    AfterWork,
    /// Signed out.
    Offline,
}

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person who contacts.
    Customer,
    /// A person who answers.
    Agent,
    /// Sees and steers the whole floor; an agent too.
    Supervisor,
}

/// A frame from the center.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// Signed in.
    Welcome {
        /// Version of the protocol: 1.
        protocol: u32,
        /// Account or customer id.
        id: Cow<'a, str>,
        /// What they may do.
        role: Role,
        /// Display name of an account; empty for customers.
        name: Cow<'a, str>,
        /// This site.
        site: Cow<'a, str>,
        /// Every site, this one first.
        sites: Cow<'a, [SiteAddress]>,
        /// Something is sent at least so often.
        heartbeat_ms: u64,
    },
    /// Carried out.
    Done {
        /// The frame's.
        #[serde(rename = "ref")]
        reference: Cow<'a, str>,
        /// Number of the event that holds it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        number: Option<u64>,
        /// It had been carried out before.
        repeated: bool,
    },
    /// Not carried out.
    Error {
        /// The frame's; absent: about the connection or a frame without one.
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none", default)]
        reference: Option<Cow<'a, str>>,
        /// A word for programs.
        reason: Cow<'a, str>,
        /// A sentence in English.
        message: Cow<'a, str>,
        /// The same frame may succeed later or elsewhere.
        retry: bool,
    },
    /// The next event of a watched conversation.
    Event {
        /// The conversation.
        conversation: Cow<'a, str>,
        /// The event.
        #[serde(borrow)]
        event: Event<'a>,
    },
    /// Somebody is typing.
    Typing {
        /// The conversation.
        conversation: Cow<'a, str>,
        /// Who.
        #[serde(borrow)]
        by: By<'a>,
    },
    /// Where the customer's contact waits, while it waits.
    Place {
        /// The conversation.
        conversation: Cow<'a, str>,
        /// Place in the queue, from 1; 0 while it waits for the opening.
        place: u32,
        /// How long it will still wait as far as can be said, in ms.
        expected_wait_ms: u64,
        /// The queue is open.
        open: bool,
        /// When it opens, milliseconds since the Unix epoch; 0 when it is open.
        opens_at: u64,
    },
    /// Who looks at a conversation now, to agents who look at it too.
    Viewers {
        /// The conversation.
        conversation: Cow<'a, str>,
        /// Everybody, oneself too.
        agents: Vec<Viewer>,
    },
    /// An agent's whole state.
    Agent {
        /// What they say.
        availability: Availability,
        /// Why they are away.
        reason: Cow<'a, str>,
        /// When it last changed, milliseconds since the Unix epoch.
        since: u64,
        /// Contacts held or offered at once.
        limit: u32,
        /// When the work after a contact is over at the latest, milliseconds since the Unix epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_work_until: Option<u64>,
        /// What they hold.
        holding: Vec<Held>,
        /// What is offered to them.
        offers: Vec<OfferCard>,
    },
    /// This site is closing: go to another one now.
    Move {
        /// `drain`.
        reason: Cow<'a, str>,
    },
    /// A call in which the agent takes part, or any for supervisors, changed.
    Call {
        /// As it stands now.
        call: Box<Call>,
    },
    /// Nothing else to say.
    Pong,
}

/// Both directions, for the schema.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
#[schemars(title = "Madoguchi socket")]
struct Socket {
    /// Frames that a browser sends.
    from_browser: ClientFrame,
    /// Frames that the center sends.
    from_center: ServerFrame<'static>,
}

/// A frame as it goes out. It cannot fail: every key is a string.
pub fn encode(frame: &ServerFrame<'_>) -> Utf8Bytes {
    serde_json::to_string(frame).unwrap_or_default().into()
}

/// Reads a browser's frame.
///
/// # Errors
/// What is wrong, and the frame's `ref` when that much could be read.
pub fn decode(text: &str) -> Result<ClientFrame, BadFrame> {
    let frame: ClientFrame = serde_json::from_str(text).map_err(|error| BadFrame::new(text, &error))?;
    match frame.reference() {
        Some(reference) if reference.chars().count() > MAX_REF => {
            Err(BadFrame { reference: None, message: format!("ref is longer than {MAX_REF} characters") })
        }
        Some(_) | None => Ok(frame),
    }
}

/// A frame that is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFrame {
    /// Its `ref`, when that much could be read.
    pub reference: Option<String>,
    /// What is wrong; nothing of the content.
    pub message: String,
}

impl BadFrame {
    fn new(text: &str, error: &serde_json::Error) -> Self {
        #[derive(Deserialize)]
        struct OnlyRef {
            #[serde(rename = "ref")]
            reference: Option<String>,
        }
        let reference = serde_json::from_str(text).ok().and_then(|OnlyRef { reference }| reference);
        let what = match error.classify() {
            serde_json::error::Category::Data => "a field is missing, unknown in value or of the wrong kind",
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => "not JSON",
        };
        let message = format!("{what}, at line {} column {}", error.line(), error.column());
        Self { reference: reference.filter(|reference| reference.chars().count() <= MAX_REF), message }
    }
}

/// JSON schema of both directions.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Socket).to_value()
}

#[cfg(test)]
mod tests;
