//! Reading stored messages: batches from any replica, single ones from the leader.
//!
//! A replica holds a prefix of the stream in order, perhaps short of its newest part. So what a replica returns is true
//! and in order, and what it does not return proves nothing: only the leader's answer can.

use std::time::Duration;

use async_nats::{Message, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    ReadError, Record, Stream,
    connection::Connection,
    record,
    wire::{ApiError, Batches, NoAnswer, Reply},
};

/// Records asked for in one batch.
pub(crate) const BATCH: usize = 5_000;
/// Bytes asked for in one batch: keeps a slow reader's memory small.
const BATCH_BYTES: usize = 4 << 20;
/// Longest pause inside a batch before it is asked for again.
const BATCH_PATIENCE: Duration = Duration::from_secs(1);
/// A leader answers in milliseconds; without one, nobody does.
pub(crate) const LEADER_PATIENCE: Duration = Duration::from_millis(750);
/// Status of the message that ends a batch.
const END_OF_BATCH: u16 = 204;
/// Tries of a read before its caller hears of it.
const TRIES: u32 = 4;

/// One subject's records.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// In order.
    pub records: Vec<Record>,
    /// Last sequence of the subject: what an append must expect. 0: the subject is empty.
    pub last: u64,
}

/// What a batch brought.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// In stream order, without a hole between them.
    pub records: Vec<Record>,
    /// How many more there were, as that replica knew.
    pub pending: u64,
}

/// Asks any replica for the messages from `from` on, of one subject (or all, when `None`).
pub(crate) async fn ask(
    connection: &Connection,
    stream: &Stream,
    from: u64,
    subject: Option<&str>,
) -> Result<Intake, NoAnswer> {
    let mut request = json!({ "seq": from.max(1), "batch": BATCH, "max_bytes": BATCH_BYTES });
    if let Some(subject) = subject {
        request["next_by_subj"] = json!(subject);
    }
    let api = format!("$JS.API.DIRECT.GET.{}", stream.name);
    let replies = connection.wire.ask(api, Bytes::from(request.to_string())).await;
    Ok(Intake {
        replies: replies.map_err(|_| NoAnswer::Disconnected)?,
        taken: Taken::default(),
        until: Instant::now() + BATCH_PATIENCE,
    })
}

/// Takes in the answers of one [`ask`]. Cancel-safe: what arrived is kept in it.
pub(crate) struct Intake {
    replies: Batches,
    taken: Taken,
    until: Instant,
}

impl Intake {
    /// Waits until the batch is over. A lost answer ends it early with what is certain.
    pub(crate) async fn finish(&mut self) -> Result<Batch, NoAnswer> {
        loop {
            let message = match self.replies.answer(self.until).await {
                Ok(Reply::Message(message)) => message,
                Ok(Reply::Reconnected) | Err(NoAnswer::TimedOut) if !self.taken.batch.records.is_empty() => {
                    self.taken.batch.pending = self.taken.batch.pending.max(1);
                    return Ok(std::mem::take(&mut self.taken.batch));
                }
                Ok(Reply::Reconnected) => return Err(NoAnswer::Disconnected),
                Err(error) => return Err(error),
            };
            self.until = Instant::now() + BATCH_PATIENCE;
            if self.taken.take(message) {
                return Ok(std::mem::take(&mut self.taken.batch));
            }
        }
    }
}

/// A batch as far as it arrived. Each message names the one before it, so a lost one is noticed.
#[derive(Debug, Default)]
struct Taken {
    batch: Batch,
    chain: u64,
}

impl Taken {
    /// Takes one answer; true when it was the last that counts.
    fn take(&mut self, message: Message) -> bool {
        let pending = header_number(&message, "Nats-Num-Pending");
        let linked = header_number(&message, "Nats-Last-Sequence") == Some(self.chain);
        match message.status.map(|status| status.as_u16()) {
            None => {}
            Some(END_OF_BATCH) => {
                self.batch.pending = pending.unwrap_or(0).max(u64::from(!linked));
                return true;
            }
            Some(_) => return true,
        }
        self.batch.pending = pending.unwrap_or(1).max(u64::from(!linked));
        match Record::read(message) {
            Some(record) if linked => {
                self.chain = record.sequence;
                self.batch.records.push(record);
                false
            }
            Some(_) | None => true,
        }
    }
}

fn header_number(message: &Message, name: &'static str) -> Option<u64> {
    // The server writes its own headers after the stored ones, and the last one is its own.
    let headers = message.headers.as_ref()?;
    headers.get_last(header::HeaderName::from_static(name))?.as_str().parse().ok()
}

/// A message as the leader's JSON answer holds it.
#[derive(Deserialize)]
struct Stored {
    message: StoredMessage,
}

#[derive(Deserialize)]
struct StoredMessage {
    subject: String,
    seq: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
}

const NO_MESSAGE_FOUND: u32 = 10_037;

/// The leader's answer to "which message comes next on this subject (which may be `>`), from this sequence on?"
pub(crate) async fn next_from_leader(
    connection: &Connection,
    stream: &Stream,
    from: u64,
    subject: &str,
) -> Result<Option<Record>, ReadError> {
    let request = json!({ "seq": from.max(1), "next_by_subj": subject });
    from_leader(connection, stream, subject, &request).await
}

/// The leader's answer to "what is the last message of this subject?"
pub(crate) async fn last_from_leader(
    connection: &Connection,
    stream: &Stream,
    subject: &str,
) -> Result<Option<Record>, ReadError> {
    from_leader(connection, stream, subject, &json!({ "last_by_subj": subject })).await
}

async fn from_leader(
    connection: &Connection,
    stream: &Stream,
    subject: &str,
    request: &serde_json::Value,
) -> Result<Option<Record>, ReadError> {
    let what = || format!("{subject} of stream {}", stream.name);
    let api = format!("$JS.API.STREAM.MSG.GET.{}", stream.name);
    let answer = connection.wire.api::<Stored>(&api, request, LEADER_PATIENCE).await;
    match answer {
        Ok(Ok(stored)) => decode(stored.message)
            .map(Some)
            .ok_or_else(|| ReadError::Refused { what: what(), reason: "the answer is not base64".to_owned() }),
        Ok(Err(error)) if error.err_code == NO_MESSAGE_FOUND => Ok(None),
        Ok(Err(error)) => Err(refused(what(), &error)),
        Err(reason) => Err(ReadError::Unavailable { what: what(), reason: reason.to_string() }),
    }
}

pub(crate) fn refused(what: String, error: &ApiError) -> ReadError {
    // Without a leader the meta layer may say "stream not found": that passes.
    let passes = error.code >= 500 || error.err_code == 10_059;
    let reason = error.to_string();
    if passes { ReadError::Unavailable { what, reason } } else { ReadError::Refused { what, reason } }
}

fn decode(message: StoredMessage) -> Option<Record> {
    let headers = String::from_utf8(STANDARD.decode(message.hdrs).ok()?).ok()?;
    let header = |name: &str| {
        headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    Some(Record::new(
        message.seq,
        0,
        message.subject,
        header("Nats-Msg-Id").unwrap_or_default(),
        Bytes::from(STANDARD.decode(message.data).ok()?),
        header("traceparent").map(record::trace_parent),
    ))
}

/// One batch, whole, with its retries.
async fn batch(connection: &Connection, stream: &Stream, from: u64, subject: &str) -> Result<Batch, ReadError> {
    let mut reason = NoAnswer::TimedOut;
    for _ in 0..TRIES {
        let done = match ask(connection, stream, from, Some(subject)).await {
            Ok(mut intake) => intake.finish().await,
            Err(error) => Err(error),
        };
        match done {
            // Nothing, and yet more: the first answer was lost on its way.
            Ok(batch) if batch.records.is_empty() && batch.pending > 0 => {}
            Ok(batch) => return Ok(batch),
            Err(error) => reason = error,
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(ReadError::Unavailable { what: subject.to_owned(), reason: reason.to_string() })
}

pub(crate) async fn replay(
    connection: &Connection,
    stream: &Stream,
    subject: &str,
    after: u64,
) -> Result<Replay, ReadError> {
    let (truth, records) =
        tokio::join!(last_from_leader(connection, stream, subject), batches(connection, stream, subject, after),);
    let mut records = records?;
    let known = records.last().map_or(0, |record| record.sequence);
    let last = match truth {
        Ok(Some(last)) => {
            // Rare: the replica that answered lags behind the leader.
            let mut at = known.max(after);
            while at < last.sequence {
                match next_from_leader(connection, stream, at + 1, subject).await? {
                    Some(record) => {
                        at = record.sequence;
                        records.push(record);
                    }
                    // Another leader by now, and one that does not know yet what the first one knew.
                    None => return Err(disagree(subject)),
                }
            }
            records.last().map_or(0, |record| record.sequence).max(last.sequence)
        }
        Ok(None) => known,
        // Reads go on while a leader is being elected; an append on an old answer is refused by its expectation.
        Err(ReadError::Unavailable { .. }) if records.is_empty() => {
            let last = last_from_any(connection, stream, subject).await?.map_or(0, |record| record.sequence);
            // A replica that knows more than the one that was read: to name its last without what lies between would let the
            // caller decide on a state that is older than the sequence it expects.
            if last > after {
                return Err(disagree(subject));
            }
            last
        }
        Err(ReadError::Unavailable { .. }) => known,
        Err(error @ ReadError::Refused { .. }) => return Err(error),
    };
    Ok(Replay { records, last })
}

fn disagree(subject: &str) -> ReadError {
    ReadError::Unavailable { what: subject.to_owned(), reason: "the replicas do not agree yet".to_owned() }
}

/// Any replica's answer to "what is the last message of this subject?". It may be an old one.
pub(crate) async fn last_from_any(
    connection: &Connection,
    stream: &Stream,
    subject: &str,
) -> Result<Option<Record>, ReadError> {
    let api = format!("$JS.API.DIRECT.GET.{}", stream.name);
    let request = Bytes::from(json!({ "last_by_subj": subject }).to_string());
    let answer = connection.wire.request(&api, request, BATCH_PATIENCE).await;
    let message =
        answer.map_err(|reason| ReadError::Unavailable { what: subject.to_owned(), reason: reason.to_string() })?;
    Ok(Record::read(message))
}

async fn batches(
    connection: &Connection,
    stream: &Stream,
    subject: &str,
    after: u64,
) -> Result<Vec<Record>, ReadError> {
    let mut records = Vec::new();
    let mut at = after;
    loop {
        let batch = batch(connection, stream, at + 1, subject).await?;
        let more = batch.pending > 0 && !batch.records.is_empty();
        records.extend(batch.records);
        at = records.last().map_or(after, |record: &Record| record.sequence);
        if !more {
            return Ok(records);
        }
    }
}

pub(crate) async fn last_sequence(connection: &Connection, stream: &Stream) -> Result<u64, ReadError> {
    Ok(state(connection, stream).await?.last_seq)
}

pub(crate) async fn stored_bytes(connection: &Connection, stream: &Stream) -> Result<u64, ReadError> {
    Ok(state(connection, stream).await?.bytes)
}

#[derive(Deserialize)]
struct State {
    last_seq: u64,
    bytes: u64,
}

async fn state(connection: &Connection, stream: &Stream) -> Result<State, ReadError> {
    #[derive(Deserialize)]
    struct Info {
        state: State,
    }
    let what = || format!("the state of stream {}", stream.name);
    let api = format!("$JS.API.STREAM.INFO.{}", stream.name);
    let answer = connection.wire.api::<Info>(&api, &serde_json::Value::Null, LEADER_PATIENCE).await;
    match answer {
        Ok(Ok(info)) => Ok(info.state),
        Ok(Err(error)) => Err(refused(what(), &error)),
        Err(reason) => Err(ReadError::Unavailable { what: what(), reason: reason.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use async_nats::{HeaderMap, StatusCode};

    use super::*;

    fn message(headers: &[(&'static str, u64)], status: Option<u16>) -> Message {
        let mut map = HeaderMap::new();
        map.insert("Nats-Subject", "chat.a");
        // A stored message may bring a header of the same name; the server's own is the last.
        map.append("Nats-Num-Pending", "77");
        for (name, value) in headers {
            map.append(*name, value.to_string());
        }
        Message {
            subject: "inbox".into(),
            reply: None,
            payload: Bytes::new(),
            headers: Some(map),
            status: status.map(|code| StatusCode::from_u16(code).unwrap()),
            description: None,
            length: 0,
        }
    }

    fn stored(sequence: u64, before: u64, pending: u64) -> Message {
        let headers = [("Nats-Sequence", sequence), ("Nats-Last-Sequence", before), ("Nats-Num-Pending", pending)];
        message(&headers, None)
    }

    fn end(before: u64, pending: u64) -> Message {
        message(&[("Nats-Last-Sequence", before), ("Nats-Num-Pending", pending)], Some(END_OF_BATCH))
    }

    #[test]
    fn a_whole_batch_says_how_much_is_left() {
        let mut taken = Taken::default();
        assert!(!taken.take(stored(4, 0, 9)));
        assert!(!taken.take(stored(7, 4, 8)));
        assert!(taken.take(end(7, 3)));
        assert_eq!((taken.batch.records.len(), taken.batch.pending), (2, 3));
    }

    #[test]
    fn a_lost_answer_cuts_the_batch_off_before_it() {
        let mut taken = Taken::default();
        assert!(!taken.take(stored(4, 0, 2)));
        assert!(taken.take(stored(9, 7, 0)));
        assert_eq!((taken.batch.records.len(), taken.batch.pending), (1, 1));
        let mut first = Taken::default();
        assert!(first.take(stored(9, 7, 0)));
        assert_eq!((first.batch.records.len(), first.batch.pending), (0, 1));
        let mut last = Taken::default();
        assert!(!last.take(stored(4, 0, 1)));
        assert!(last.take(end(7, 0)));
        assert_eq!((last.batch.records.len(), last.batch.pending), (1, 1));
    }

    #[test]
    fn nothing_found_is_an_empty_batch() {
        let mut taken = Taken::default();
        assert!(taken.take(message(&[], Some(404))));
        assert_eq!((taken.batch.records.len(), taken.batch.pending), (0, 0));
    }
}
