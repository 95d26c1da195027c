//! The frames of `docs/socket.md`, as a browser writes and reads them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A frame to the center.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Say<'a> {
    /// The first frame.
    Hello {
        /// Version of the protocol.
        protocol: u32,
        /// From sign-in.
        token: &'a str,
        /// BCP 47.
        language: &'a str,
    },
    /// Begin a conversation.
    Open {
        /// For the answer.
        #[serde(rename = "ref")]
        reference: Reference,
        /// Chosen by the customer.
        conversation: Uuid,
        /// Where to wait.
        queue: &'a str,
        /// Display name.
        name: &'a str,
    },
    /// Follow a conversation.
    Watch {
        /// For the answer.
        #[serde(rename = "ref")]
        reference: Reference,
        /// Which.
        conversation: Uuid,
        /// The last number seen.
        after: u64,
    },
    /// Say something.
    Post {
        /// For the answer.
        #[serde(rename = "ref")]
        reference: Reference,
        /// Where.
        conversation: Uuid,
        /// The message's own id.
        message: Uuid,
        /// What.
        text: &'a str,
    },
    /// Everything up to here is shown.
    Delivered {
        /// Where.
        conversation: Uuid,
        /// Event number.
        up_to: u64,
    },
    /// End a conversation.
    Close {
        /// For the answer.
        #[serde(rename = "ref")]
        reference: Reference,
        /// Which.
        conversation: Uuid,
    },
    /// An agent's state.
    Availability {
        /// For the answer.
        #[serde(rename = "ref")]
        reference: Reference,
        /// `ready`, `away` or `offline`.
        availability: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// Take an offer.
    Accept {
        /// For the answer.
        #[serde(rename = "ref")]
        reference: Reference,
        /// The offer's contact.
        contact: &'a str,
        /// The offer's round.
        round: u32,
    },
    /// Are you there?
    Ping,
}

/// A number that ties an answer to its question; text on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference(pub u64);

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A frame from the center: one flat shape, because a tagged one would be parsed twice.
#[derive(Debug, Deserialize)]
pub struct Hear<'a> {
    /// `welcome`, `done`, `error`, `event`, `typing`, `agent`, `move`, `pong`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// Whose answer it is.
    #[serde(rename = "ref", default, borrow)]
    pub reference: Option<Cow<'a, str>>,
    /// `done`: the event's number.
    #[serde(default)]
    pub number: Option<u64>,
    /// `done`: it had been carried out before.
    #[serde(default)]
    pub repeated: bool,
    /// `error`: the word.
    #[serde(default, borrow)]
    pub reason: Option<Cow<'a, str>>,
    /// `error`: the same frame may succeed later.
    #[serde(default)]
    pub retry: bool,
    /// `event`, `typing`: which conversation.
    #[serde(default)]
    pub conversation: Option<Uuid>,
    /// `event`: what happened.
    #[serde(default, borrow)]
    pub event: Option<Happened<'a>>,
    /// `welcome`: longest silence of a living center, ms.
    #[serde(default)]
    pub heartbeat_ms: Option<u64>,
    /// `agent`: their availability.
    #[serde(default, borrow)]
    pub availability: Option<Cow<'a, str>>,
    /// `agent`: what they hold.
    #[serde(default)]
    pub holding: Vec<Held>,
    /// `agent`: what they are asked to take.
    #[serde(default)]
    pub offers: Vec<Offer>,
}

impl Hear<'_> {
    /// The answer's reference, when it is one of ours.
    pub fn asked(&self) -> Option<Reference> {
        self.reference.as_ref()?.parse().ok().map(Reference)
    }
}

/// An event of a conversation.
#[derive(Debug, Deserialize)]
pub struct Happened<'a> {
    /// Its place.
    pub number: u64,
    /// `message`, `opened`, …
    #[serde(borrow)]
    pub what: Cow<'a, str>,
    /// Who.
    #[serde(borrow)]
    pub by: By<'a>,
    /// The message's id.
    #[serde(default)]
    pub message: Option<Uuid>,
    /// The message's text.
    #[serde(default, borrow)]
    pub text: Option<Cow<'a, str>>,
    /// The text is gone for good.
    #[serde(default)]
    pub erased: bool,
}

/// Who did something.
#[derive(Debug, Deserialize)]
pub struct By<'a> {
    /// `customer`, `agent`, `system`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
}

/// A conversation that an agent holds.
#[derive(Debug, Deserialize)]
pub struct Held {
    /// The contact.
    pub contact: String,
    /// Its conversation.
    pub conversation: Uuid,
}

/// "Will you take this one?"
#[derive(Debug, Deserialize)]
pub struct Offer {
    /// The contact.
    pub contact: String,
    /// Grows with every offer of the contact.
    pub round: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_written_as_the_protocol_says() {
        let frame = Say::Post {
            reference: Reference(7),
            conversation: Uuid::nil(),
            message: Uuid::nil(),
            text: "こん\"にちは",
        };
        let text = serde_json::to_string(&frame).unwrap();
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(
            text,
            format!(r#"{{"type":"post","ref":"7","conversation":"{nil}","message":"{nil}","text":"こん\"にちは"}}"#)
        );
        assert_eq!(serde_json::to_string(&Say::Ping).unwrap(), r#"{"type":"ping"}"#);
    }

    #[test]
    fn frames_of_the_center_are_read() {
        let text = r#"{"type":"event","conversation":"00000000-0000-0000-0000-000000000001","event":{"number":3,"at":1,"by":{"kind":"customer","id":"c"},"what":"message","message":"00000000-0000-0000-0000-000000000002","text":"a\nb","erased":false}}"#;
        let frame: Hear<'_> = serde_json::from_str(text).unwrap();
        let event = frame.event.unwrap();
        assert_eq!((event.number, event.text.as_deref()), (3, Some("a\nb")));
        let text = r#"{"type":"error","ref":"12","reason":"unavailable","message":"later","retry":true}"#;
        let frame: Hear<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(frame.asked(), Some(Reference(12)));
        assert!(frame.retry);
        let text = r#"{"type":"agent","availability":"ready","reason":"","since":1,"limit":4,"holding":[{"contact":"x.1","conversation":"00000000-0000-0000-0000-000000000001"}],"offers":[{"contact":"y.1","conversation":"00000000-0000-0000-0000-000000000001","round":2,"queue":"support","expires":1,"enqueued":1,"customer_name":"","preview":""}]}"#;
        let frame: Hear<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((frame.holding.len(), frame.offers[0].round), (1, 2));
    }
}
