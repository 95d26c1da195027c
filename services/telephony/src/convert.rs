//! Protobuf to the core's types and back. What is personal is sealed on the way into the journal.

mod events;
mod words;

pub(crate) use events::{BadEvent, Sealer, customer_of, decode, encode, read};
pub(crate) use words::{call_view, person, restored, uuid};

use crate::ids::CallId;

/// The subject of a call.
pub(crate) fn subject(call: CallId) -> String {
    format!("call.{call}")
}

/// The call of a subject, when it is one.
pub(crate) fn call_of(subject: &str) -> Option<CallId> {
    subject.strip_prefix("call.")?.parse().ok().map(CallId)
}
