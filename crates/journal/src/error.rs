//! What can go wrong, said as what was attempted.

use thiserror::Error;

/// Why [`Journal::connect`](crate::Journal::connect) failed.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// No server could be reached, or none let us in.
    #[error("connecting to NATS at {servers}: {source}")]
    Unreachable {
        /// The addresses tried.
        servers: String,
        /// The client's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A setting cannot be used.
    #[error("reading the journal's settings: {0}")]
    Settings(String),
    /// The stream of the data keys could not be made.
    #[error("preparing the key store: {0}")]
    Keys(#[from] EnsureError),
    /// The connection was made and lost again before it could be used.
    #[error("subscribing: {0}")]
    Subscribe(String),
    /// A server acknowledges messages that its disk does not have yet, or could not be asked.
    #[error("checking that every NATS server syncs before it acknowledges: {0}")]
    NotDurable(String),
}

/// Why [`Journal::ensure_stream`](crate::Journal::ensure_stream) failed.
#[derive(Debug, Error)]
pub enum EnsureError {
    /// The servers refuse the stream.
    #[error("creating stream {stream}: {reason}")]
    Refused {
        /// The stream.
        stream: &'static str,
        /// The server's words.
        reason: String,
    },
    /// No leader appeared in time.
    #[error("creating stream {stream}: no answer within {waited_s} s ({reason})")]
    Unavailable {
        /// The stream.
        stream: &'static str,
        /// How long was waited, seconds.
        waited_s: u64,
        /// The last answer.
        reason: String,
    },
}

/// Why [`Journal::append`](crate::Journal::append) did not say yes.
#[derive(Debug, Error)]
pub enum AppendError {
    /// Somebody else wrote to the subject first. Nothing was stored: reload and decide again.
    #[error("appending to {subject}: its last sequence is {last}, not the expected one")]
    Conflict {
        /// The subject.
        subject: String,
        /// Its last sequence as the server knows it; 0 when it did not say.
        last: u64,
    },
    /// No quorum, no connection, or no answer in time. **The outcome is unknown**: retry with the same id, or reload.
    #[error("appending to {subject}: the journal did not confirm ({reason})")]
    Unavailable {
        /// The subject.
        subject: String,
        /// The last thing seen.
        reason: String,
    },
    /// The unit is bigger than the servers take. Nothing was stored.
    #[error("appending to {subject}: {size} bytes are more than the {limit} that the servers take")]
    TooLarge {
        /// The subject.
        subject: String,
        /// Size of the unit, bytes.
        size: usize,
        /// The servers' limit, bytes.
        limit: usize,
    },
    /// The servers or this crate refuse it for good. Nothing was stored.
    #[error("appending to {subject}: refused: {reason}")]
    Refused {
        /// The subject.
        subject: String,
        /// Why.
        reason: String,
    },
}

/// Why a read failed.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Nobody who could answer did so in time.
    #[error("reading {what}: no answer ({reason})")]
    Unavailable {
        /// What was read.
        what: String,
        /// The last thing seen.
        reason: String,
    },
    /// The servers refuse the request.
    #[error("reading {what}: refused: {reason}")]
    Refused {
        /// What was read.
        what: String,
        /// The server's words.
        reason: String,
    },
}

/// Why [`project`](crate::project()) stopped.
#[derive(Debug, Error)]
pub enum FollowError {
    /// Two streams were projected under one name.
    #[error("projection {projection}: its position belongs to stream {stored}, not {stream}")]
    OtherStream {
        /// The projection.
        projection: &'static str,
        /// The stream in the database.
        stored: String,
        /// The stream asked for.
        stream: &'static str,
    },
}

/// Why a [`Projection`](crate::Projection) could not apply records.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// One of the records can never be applied: it is looked for and set aside.
    #[error("applying a record: {0}")]
    Poison(String),
    /// The database failed. Data exceptions and broken constraints count as poison; everything else is tried again.
    #[error("writing to the database: {0}")]
    Database(#[from] sqlx::Error),
}

/// Why a data key is not to be had.
#[derive(Debug, Error)]
pub enum KeyError {
    /// It was deleted for good, and no new one is made under this id.
    #[error("key {key_id} was erased")]
    Erased {
        /// The key.
        key_id: String,
    },
    /// The key store did not answer.
    #[error("reaching the key {key_id}: {reason}")]
    Unavailable {
        /// The key.
        key_id: String,
        /// Why.
        reason: String,
    },
    /// No configured master key opens it, or the stored bytes are not what was wrapped.
    #[error("unwrapping the key {key_id}: {reason}")]
    Unusable {
        /// The key.
        key_id: String,
        /// Why.
        reason: String,
    },
    /// The id cannot be a part of a subject.
    #[error("key id {key_id:?}: 1 to 128 of A-Z a-z 0-9 - _ = only")]
    BadId {
        /// The id.
        key_id: String,
    },
}

/// Why sealed bytes could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// They belong to another key, another place, or were changed.
    #[error("opening sealed data of key {key_id}: not what this key sealed here")]
    Rejected {
        /// The key asked.
        key_id: String,
    },
}
