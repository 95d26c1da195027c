//! Appending: one unit, one subject, exactly once.

use std::time::Duration;

use async_nats::{HeaderMap, HeaderValue, Message, PublishError, Subject, client::PublishErrorKind, header};
use bytes::Bytes;
use prost::Message as _;
use proto::journal::v1::Unit;
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    AppendError, Stream,
    connection::Connection,
    read, trace,
    wire::{self, ApiError, NoAnswer, Reply, Ticket},
};

/// What to append, where, and on what condition.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: Stream,
    /// The subject, below the stream's prefix.
    pub subject: String,
    /// The condition.
    pub expect: Expect,
    /// Idempotency key (`Nats-Msg-Id`), unique in the stream: the same id is the same append, however often it is sent.
    pub id: String,
    /// What is written.
    pub unit: Unit,
}

/// The condition of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// None. A retry later than the servers' duplicate window (120 s) may store it again.
    Any,
    /// The subject's last message has this stream sequence; 0: the subject is empty. Safe to retry for ever.
    Last(u64),
}

/// A stored, replicated and synced append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the stream.
    pub sequence: u64,
    /// An earlier try with the same id had already stored it.
    pub repeated: bool,
}

/// One try's length: an acknowledgement takes milliseconds, or the way to the leader is broken.
const TRY: Duration = Duration::from_millis(500);
/// All tries together.
const DEADLINE: Duration = Duration::from_secs(5);
/// All tries together while nobody's append is confirmed: there is no quorum.
const SILENCE: Duration = Duration::from_secs(2);
/// As [`SILENCE`], once that was found out.
const KNOWN_SILENCE: Duration = Duration::from_millis(600);
/// Room that headers take of the servers' message limit, bytes.
const HEADER_ROOM: usize = 1_024;

/// "Wrong last sequence: N".
const WRONG_LAST: u32 = 10_071;
/// "Wrong last sequence", said by a leader that is still busy with the message before: not a lost race.
const WRONG_LAST_IN_FLIGHT: u32 = 10_164;
/// "Duplicate message id is in process".
const DUPLICATE_IN_PROCESS: u32 = 10_158;
/// "Message size exceeds maximum allowed".
const TOO_LARGE: u32 = 10_054;
/// "Stream not found": also the meta layer's word for a stream without a leader.
const STREAM_NOT_FOUND: u32 = 10_059;

/// What one try came to.
enum Answer {
    Stored { sequence: u64, duplicate: bool },
    Overtaken { last: u64 },
    TooLarge,
    Again { reason: String, pause: Duration },
    Refused { reason: String },
}

#[derive(Deserialize)]
struct Ack {
    error: Option<ApiError>,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    duplicate: bool,
}

impl Connection {
    pub(crate) async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let payload = Bytes::from(append.unit.encode_to_vec());
        self.append_bytes(Outgoing {
            stream: append.stream,
            subject: append.subject,
            expect: append.expect,
            id: append.id,
            payload,
        })
        .await
    }

    pub(crate) async fn append_bytes(&self, outgoing: Outgoing) -> Result<Appended, AppendError> {
        let sending = Sending::new(self, outgoing)?;
        let result = sending.run().await;
        match &result {
            Ok(_) => self.metrics.appends.add(1, &[]),
            Err(AppendError::Conflict { .. }) => self.metrics.conflicts.add(1, &[]),
            Err(AppendError::Unavailable { .. }) => self.metrics.unknown.add(1, &[]),
            Err(AppendError::TooLarge { .. } | AppendError::Refused { .. }) => {}
        }
        result
    }
}

/// An append as bytes.
pub(crate) struct Outgoing {
    pub stream: Stream,
    pub subject: String,
    pub expect: Expect,
    pub id: String,
    pub payload: Bytes,
}

/// One append on its way.
struct Sending<'a> {
    connection: &'a Connection,
    append: Outgoing,
    subject: Subject,
    trace: Option<String>,
    ticket: Ticket,
    started: Instant,
}

impl<'a> Sending<'a> {
    fn new(connection: &'a Connection, append: Outgoing) -> Result<Sending<'a>, AppendError> {
        let refused =
            |reason: &str| AppendError::Refused { subject: append.subject.clone(), reason: reason.to_owned() };
        let below = append.subject.strip_prefix(append.stream.prefix);
        if below.is_none_or(|rest| rest.len() < 2 || !rest.starts_with('.')) {
            return Err(refused("the subject is not below the stream's prefix"));
        }
        if append.subject.contains(['*', '>']) {
            return Err(refused("the subject holds a wildcard"));
        }
        if append.id.is_empty() || append.id.contains(['\r', '\n']) {
            return Err(refused("the id is empty or holds a line break"));
        }
        let limit = connection.client.max_payload().saturating_sub(HEADER_ROOM);
        if append.payload.len() > limit {
            return Err(AppendError::TooLarge { subject: append.subject, size: append.payload.len(), limit });
        }
        Ok(Sending {
            subject: Subject::from(append.subject.as_str()),
            trace: trace::current(),
            ticket: connection.wire.ticket(),
            started: Instant::now(),
            connection,
            append,
        })
    }

    async fn run(mut self) -> Result<Appended, AppendError> {
        let mut tries: u64 = 0;
        loop {
            if tries > 0 {
                self.connection.metrics.retries.add(1, &[]);
            }
            tries += 1;
            match self.try_once().await {
                Answer::Stored { sequence, duplicate } => {
                    self.connection.pulse.confirmed();
                    return Ok(Appended { sequence, repeated: duplicate });
                }
                Answer::Overtaken { last } => {
                    self.connection.pulse.confirmed();
                    if let Some(verdict) = self.settle(last).await {
                        return verdict;
                    }
                }
                Answer::Again { reason, pause } => {
                    if self.patience_ended() {
                        return Err(self.unavailable(reason));
                    }
                    sleep(pause).await;
                }
                Answer::TooLarge => {
                    return Err(AppendError::TooLarge {
                        size: self.append.payload.len(),
                        limit: self.connection.client.max_payload(),
                        subject: self.append.subject,
                    });
                }
                Answer::Refused { reason } => {
                    return Err(AppendError::Refused { subject: self.append.subject, reason });
                }
            }
        }
    }

    fn patience_ended(&self) -> bool {
        let pulse = &self.connection.pulse;
        let waited = self.started.elapsed();
        let silence = if pulse.is_silent() { KNOWN_SILENCE } else { SILENCE };
        let ended = waited >= DEADLINE || (waited >= silence && pulse.silence() >= silence);
        if ended {
            pulse.gave_up();
        }
        ended
    }

    /// The end of one try: no later than its own length, and no later than patience may end.
    fn until(&self) -> Instant {
        let pulse = &self.connection.pulse;
        let silence = if pulse.is_silent() { KNOWN_SILENCE } else { SILENCE };
        let quiet = self.started + silence;
        let next = Instant::now() + TRY;
        if quiet > Instant::now() && pulse.silence() > TRY { next.min(quiet) } else { next }
    }

    async fn try_once(&mut self) -> Answer {
        let until = self.until();
        if !self.connection.is_connected() && !self.reconnected(until).await {
            return again("not connected to any NATS server".to_owned(), 0);
        }
        let headers = self.headers();
        let sending =
            self.connection.wire.send(&mut self.ticket, self.subject.clone(), headers, self.append.payload.clone());
        match timeout_at(until, sending).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return unsent(&error),
            Err(_) => return again("the connection takes nothing".to_owned(), 0),
        }
        match self.ticket.answer(until).await {
            Ok(Reply::Message(message)) => judge(&message),
            Ok(Reply::Reconnected) => again("the connection was lost".to_owned(), 0),
            Err(NoAnswer::NoResponders) => again(NoAnswer::NoResponders.to_string(), 100),
            Err(error @ (NoAnswer::TimedOut | NoAnswer::Disconnected)) => again(error.to_string(), 0),
        }
    }

    async fn reconnected(&self, until: Instant) -> bool {
        let mut link = self.connection.link.clone();
        let connected = link.wait_for(|link| link.connected);
        timeout_at(until, connected).await.is_ok_and(|changed| changed.is_ok())
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::NATS_MESSAGE_ID, self.append.id.as_str());
        if let Expect::Last(last) = self.append.expect {
            headers.insert(header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(last));
        }
        if let Some(trace) = &self.trace {
            headers.insert("traceparent", trace.as_str());
        }
        headers
    }

    /// A refusal may be the echo of an earlier try of our own that was stored: beyond the duplicate window, or while a
    /// new leader had not read it yet. Whatever follows the expected message on the subject tells.
    async fn settle(&self, last: u64) -> Option<Result<Appended, AppendError>> {
        let conflict = |last| Some(Err(AppendError::Conflict { subject: self.append.subject.clone(), last }));
        let Expect::Last(expected) = self.append.expect else {
            return conflict(last);
        };
        let append = &self.append;
        let found = read::next_from_leader(self.connection, &append.stream, expected + 1, &append.subject).await;
        match found {
            Ok(Some(record)) if record.id == append.id => {
                Some(Ok(Appended { sequence: record.sequence, repeated: true }))
            }
            Ok(Some(record)) => conflict(last.max(record.sequence)),
            // The subject ends before the expected message: the caller knows of one that never was, or was erased.
            Ok(None) => conflict(last),
            Err(error) if self.patience_ended() => Some(Err(self.unavailable(error.to_string()))),
            Err(_) => None,
        }
    }

    fn unavailable(&self, reason: String) -> AppendError {
        AppendError::Unavailable { subject: self.append.subject.clone(), reason }
    }
}

fn again(reason: String, pause_ms: u64) -> Answer {
    Answer::Again { reason, pause: Duration::from_millis(pause_ms) }
}

fn unsent(error: &PublishError) -> Answer {
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => Answer::TooLarge,
        PublishErrorKind::InvalidSubject => Answer::Refused { reason: error.to_string() },
        PublishErrorKind::Send => again(error.to_string(), 10),
    }
}

fn judge(message: &Message) -> Answer {
    let ack: Ack = match serde_json::from_slice(&message.payload) {
        Ok(ack) => ack,
        Err(error) => return again(wire::unreadable(&error).to_string(), 10),
    };
    // The error first: an error answer carries `"seq":0` beside it.
    let error = match ack.error {
        Some(error) => error,
        None if ack.seq == 0 => return again("an acknowledgement without a sequence".to_owned(), 10),
        None => {
            return Answer::Stored { sequence: ack.seq, duplicate: ack.duplicate };
        }
    };
    match error.err_code {
        WRONG_LAST => {
            Answer::Overtaken { last: error.description.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0) }
        }
        WRONG_LAST_IN_FLIGHT => again(error.to_string(), 3),
        DUPLICATE_IN_PROCESS => again(error.to_string(), 25),
        TOO_LARGE => Answer::TooLarge,
        STREAM_NOT_FOUND => again(error.to_string(), 100),
        _ if error.code >= 500 => again(error.to_string(), 100),
        _ => Answer::Refused { reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(payload: &'static str) -> Answer {
        judge(&Message {
            subject: "inbox".into(),
            reply: None,
            payload: Bytes::from_static(payload.as_bytes()),
            headers: None,
            status: None,
            description: None,
            length: 0,
        })
    }

    #[test]
    fn the_error_is_looked_at_before_the_sequence() {
        let stored = answer(r#"{"stream":"CHAT","seq":7,"duplicate":true}"#);
        assert!(matches!(stored, Answer::Stored { sequence: 7, duplicate: true }));
        let lost = answer(
            r#"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 12"},"stream":"CHAT","seq":0}"#,
        );
        assert!(matches!(lost, Answer::Overtaken { last: 12 }));
    }

    #[test]
    fn what_passes_is_tried_again() {
        for passing in [
            r#"{"error":{"code":400,"err_code":10164,"description":"wrong last sequence"},"seq":0}"#,
            r#"{"error":{"code":409,"err_code":10158,"description":"duplicate message id is in process"},"seq":0}"#,
            r#"{"error":{"code":503,"err_code":10008,"description":"system temporarily unavailable"}}"#,
            r#"{"error":{"code":404,"err_code":10059,"description":"stream not found"}}"#,
            r#"{"stream":"CHAT","seq":0}"#,
            "not json",
        ] {
            assert!(matches!(answer(passing), Answer::Again { .. }), "{passing}");
        }
        let lasting = r#"{"error":{"code":400,"err_code":10060,"description":"expected stream does not match"}}"#;
        assert!(matches!(answer(lasting), Answer::Refused { .. }));
    }
}
