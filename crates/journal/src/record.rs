//! One message of the journal, as its readers see it.

use std::fmt;

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use prost::Message as _;
use proto::journal::v1::Unit;

/// First token of every republished subject.
pub(crate) const LIVE: &str = "live.";

/// One message of the journal.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its place in the stream: grows, may have holes where messages were erased.
    pub sequence: u64,
    /// The message before it on the same subject; 0 when unknown (catch-up) or when it is the first.
    pub previous: u64,
    /// Its subject in the stream, never the republished one.
    pub subject: String,
    /// The writer's idempotency key.
    pub id: String,
    /// What it says. Empty when `fault` is set.
    pub unit: Unit,
    /// Why the payload could not be read, if so. Such a record carries no events; projections set it aside.
    pub fault: Option<String>,
    /// The bytes as stored.
    pub payload: Bytes,
    /// The trace of the writer's decision.
    pub trace: Option<TraceParent>,
}

/// A W3C `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(String);

impl TraceParent {
    /// The header's value, `00-<trace id>-<span id>-<flags>`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Record {
    /// Reads a message of a direct get or of the republished feed; `None` for what is neither.
    pub(crate) fn read(message: Message) -> Option<Record> {
        let headers = message.headers.as_ref()?;
        let sequence = number(headers, "Nats-Sequence")?;
        let subject = headers.get("Nats-Subject")?.as_str().to_owned();
        // A batched direct get uses the same header for its own chain, which says nothing of the subject.
        let previous =
            if message.subject.starts_with(LIVE) { number(headers, "Nats-Last-Sequence").unwrap_or(0) } else { 0 };
        let id = text(headers, "Nats-Msg-Id").unwrap_or_default();
        let trace = text(headers, "traceparent").map(TraceParent);
        Some(Record::new(sequence, previous, subject, id, message.payload, trace))
    }

    pub(crate) fn new(
        sequence: u64,
        previous: u64,
        subject: String,
        id: String,
        payload: Bytes,
        trace: Option<TraceParent>,
    ) -> Record {
        let (unit, fault) = match Unit::decode(payload.clone()) {
            Ok(unit) => (unit, None),
            Err(error) => (Unit::default(), Some(format!("decoding the unit: {error}"))),
        };
        Record { sequence, previous, subject, id, unit, fault, payload, trace }
    }
}

/// A stored header's value as a trace.
pub(crate) fn trace_parent(value: String) -> TraceParent {
    TraceParent(value)
}

/// A header's value as a number.
pub(crate) fn number(headers: &HeaderMap, name: &'static str) -> Option<u64> {
    headers.get(name)?.as_str().parse().ok()
}

fn text(headers: &HeaderMap, name: &'static str) -> Option<String> {
    headers.get(name).map(|value| value.as_str().to_owned())
}
