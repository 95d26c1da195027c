//! The socket's frames, exactly as `docs/socket.md` has them. `docs/socket.schema.json` is generated from here.

mod agent;
mod call;
mod client;
mod event;
mod form;

use std::borrow::Cow;

use axum::extract::ws::Utf8Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use agent::{Held, NoticeCard, NoticeKind, OfferCard, Viewer};
pub use call::{Call, CallLeg, CallQuality};
pub use client::ClientFrame;
pub use event::{By, Event, What};
pub use form::Form;

use crate::config::SiteAddress;

/// The protocol's version.
pub const PROTOCOL: u32 = 1;
/// Longest frame, in bytes.
pub const MAX_FRAME: usize = 32 * 1024;
/// Longest `ref`, in characters.
pub const MAX_REF: usize = 64;

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
    /// A machine that reports events and may do nothing else: it has no socket.
    Reporter,
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
        /// When it opens, milliseconds since the Unix epoch; 0 when it is open. Of a callback: not before this time.
        opens_at: u64,
        /// They are to be called back, at this place.
        callback: bool,
        /// They may be called back instead of waiting here: somebody does that.
        can_call_back: bool,
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
    /// Everything that an agent has not read yet, when it changes.
    Notices {
        /// The newest first.
        notices: Vec<NoticeCard>,
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
