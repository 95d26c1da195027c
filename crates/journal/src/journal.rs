//! The handle a service holds.

use std::{sync::Arc, time::Duration};

use crate::{
    Append, AppendError, Appended, ConnectError, EnsureError, Follower, ReadError, Replay, Settings, Stream, Vault,
    connection::Connection, metrics::Metrics, read,
};

/// A connection to the journal. Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct Journal {
    connection: Arc<Connection>,
    vault: Arc<Vault>,
}

impl Journal {
    /// Connects, refuses servers that are not durable when asked to, and makes the key stream exist.
    ///
    /// # Errors
    /// [`ConnectError`] when no server answers, a setting cannot be used, or a server does not sync.
    pub async fn connect(settings: Settings) -> Result<Journal, ConnectError> {
        let connection = Arc::new(Connection::connect(settings).await?);
        let vault = Vault::start(Arc::clone(&connection)).await?;
        Ok(Journal { connection, vault: Arc::new(vault) })
    }

    /// This site's name.
    pub fn site(&self) -> &str {
        &self.connection.settings.site
    }

    /// This process's name as an owner: `<site>.<service>.<instance>`, new at every start.
    pub fn owner_name(&self) -> String {
        self.connection.owner.clone()
    }

    /// Core NATS on the same connection: typing, owner requests, heartbeats. Nothing that must not be lost.
    pub fn client(&self) -> &async_nats::Client {
        &self.connection.client
    }

    /// Makes the stream exist as this crate wants it. Waits until it has a leader; may be called by everybody at once.
    ///
    /// # Errors
    /// [`EnsureError`] when the servers refuse it, or no leader appears within 30 s.
    pub async fn ensure_stream(&self, stream: &Stream) -> Result<(), EnsureError> {
        self.connection.ensure(stream, Duration::ZERO).await
    }

    /// The same of a stream whose messages are dropped at an age: recorded sound. Zero: never.
    ///
    /// # Errors
    /// As [`Journal::ensure_stream`].
    pub async fn ensure_aging_stream(&self, stream: &Stream, max_age: Duration) -> Result<(), EnsureError> {
        self.connection.ensure(stream, max_age).await
    }

    /// Appends one unit. Many may run at once; appends to one subject should follow one another.
    ///
    /// Tries again, with the same id, whatever is worth trying again: at most 5 s, and only 2 s while nobody's append
    /// is confirmed.
    ///
    /// # Errors
    /// See [`AppendError`]; only `Unavailable` leaves the outcome unknown.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.connection.append(append).await
    }

    /// Everything on one subject after a stream sequence (0: from the start), including what was acknowledged before
    /// the call began whenever the stream has a leader.
    ///
    /// # Errors
    /// [`ReadError`] when no replica answers.
    pub async fn replay(&self, stream: &Stream, subject: &str, after: u64) -> Result<Replay, ReadError> {
        read::replay(&self.connection, stream, subject, after).await
    }

    /// The stream's last sequence as its leader knows it. An answer also shows that the stream has a leader.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when there is no leader.
    pub async fn last_sequence(&self, stream: &Stream) -> Result<u64, ReadError> {
        read::last_sequence(&self.connection, stream).await
    }

    /// Bytes that the stream takes at each of its servers.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when there is no leader.
    pub async fn stored_bytes(&self, stream: &Stream) -> Result<u64, ReadError> {
        read::stored_bytes(&self.connection, stream).await
    }

    /// Follows the whole stream after a sequence (0: from the start).
    ///
    /// # Errors
    /// [`ReadError`] when the live feed cannot be subscribed to.
    pub async fn follow(&self, stream: &Stream, after: u64) -> Result<Follower, ReadError> {
        Follower::start(Arc::clone(&self.connection), *stream, after).await
    }

    /// The keys of sealed personal data.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Whether a server is reachable now.
    pub fn is_connected(&self) -> bool {
        self.connection.is_connected()
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.connection.metrics
    }
}
