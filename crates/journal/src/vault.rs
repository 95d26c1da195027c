//! A key per customer, kept apart from the events, so that deleting it makes every copy of them unreadable.
//!
//! Keys live in the stream `KEYS`, one subject each, wrapped by a master key that is configuration. Whoever creates a
//! key expects an empty subject, so of several creators one wins and the others use its key. Erasing writes a
//! tombstone, which is final, and then has the servers overwrite the wrapped key in their stores.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_nats::Subscriber;
use bytes::Bytes;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use futures::StreamExt as _;
use prost::Message as _;
use proto::journal::v1::WrappedKey;
use rand::RngCore as _;
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::watch, task::JoinHandle, time::sleep};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    AppendError, ConnectError, DataKey, Expect, Follower, KeyError, ReadError, Record, Stream,
    append::Outgoing,
    connection::{Connection, LinkState},
    key_cache::{Cached, KeyCache},
    read, record,
    seal::{shut, unlock},
};

/// The stream of wrapped keys.
pub const KEYS: Stream = Stream::new("KEYS", "keys");

/// Rounds of read, decide, write before a busy key is given up.
const ROUNDS: usize = 8;
/// Between two batches of keys that nobody asked for: a tenth of a core at most.
const UNHURRIED: Duration = Duration::from_millis(100);
/// After a reconnect others have more urgent questions.
const SETTLED: Duration = Duration::from_secs(2);
/// "No message found", "message delete failed": it is gone already.
const GONE: [u32; 2] = [10_037, 10_057];

/// The keys of sealed personal data.
pub struct Vault {
    connection: Arc<Connection>,
    masters: Vec<(String, XChaCha20Poly1305)>,
    cache: Arc<KeyCache>,
    listener: JoinHandle<()>,
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// What is stored under a key's subject.
enum Stored {
    Nothing,
    Key { sequence: u64, wrapped: WrappedKey },
    Tombstone { sequence: u64, erased_at_ms: u64 },
}

/// What a record of [`KEYS`] says of an erasure: the key's id and when it was erased, milliseconds since the epoch; none for a key.
pub fn tombstone(record: &Record) -> Option<(String, u64)> {
    let key = WrappedKey::decode(record.payload.clone()).ok().filter(|key| key.erased_at_ms > 0)?;
    Some((record.subject.strip_prefix(KEYS.prefix)?.strip_prefix('.')?.to_owned(), key.erased_at_ms))
}

impl Vault {
    pub(crate) async fn start(connection: Arc<Connection>) -> Result<Vault, ConnectError> {
        connection.ensure(&KEYS, Duration::ZERO).await?;
        let cache = Arc::new(KeyCache::default());
        let feed = connection
            .client
            .subscribe(format!("{}{}.>", record::LIVE, KEYS.prefix))
            .await
            .map_err(|error| ConnectError::Subscribe(error.to_string()))?;
        let listener = tokio::spawn(forget_erased(feed, connection.link.clone(), Arc::clone(&cache)));
        let masters = connection
            .settings
            .master_keys
            .iter()
            .map(|master| (master.id.clone(), XChaCha20Poly1305::new((&*master.key).into())))
            .collect();
        Ok(Vault { connection, masters, cache, listener })
    }

    /// The key with this id; made when there is none. Several callers at once, anywhere, get the same one.
    ///
    /// # Errors
    /// [`KeyError::Erased`] for good; [`KeyError::Unavailable`] when the store does not answer.
    pub async fn key(&self, key_id: &str) -> Result<DataKey, KeyError> {
        if let Some(key) = self.cached(key_id)? {
            return Ok(key);
        }
        let subject = subject(key_id)?;
        for _ in 0..ROUNDS {
            if let Some(key) = self.read_key(key_id, &subject).await? {
                return Ok(key);
            }
            if let Some(key) = self.create(key_id, &subject).await? {
                return Ok(key);
            }
        }
        Err(unavailable(key_id, "other writers are always faster"))
    }

    /// The key with this id, if there is one. `None` never comes from a replica that lags.
    ///
    /// # Errors
    /// As [`Vault::key`].
    pub async fn existing(&self, key_id: &str) -> Result<Option<DataKey>, KeyError> {
        if let Some(key) = self.cached(key_id)? {
            return Ok(Some(key));
        }
        let subject = subject(key_id)?;
        self.read_key(key_id, &subject).await
    }

    /// Deletes the key for good: nothing that it sealed can be opened again, and no key is made under this id again.
    /// Repeating it finishes what an interrupted one left. Returns when it was erased, milliseconds since the epoch.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`]: it may or may not be erased yet; call again.
    pub async fn erase(&self, key_id: &str) -> Result<u64, KeyError> {
        let subject = subject(key_id)?;
        for _ in 0..ROUNDS {
            let expected = match self.read_from_leader(key_id, &subject).await? {
                Stored::Tombstone { sequence, erased_at_ms } => {
                    self.cache.erase(key_id);
                    self.wipe(key_id, &subject, sequence).await?;
                    return Ok(erased_at_ms);
                }
                Stored::Key { sequence, .. } => sequence,
                Stored::Nothing => 0,
            };
            let tombstone = WrappedKey { master_key_id: String::new(), wrapped: Bytes::new(), erased_at_ms: now_ms() };
            // Won or lost, the next round reads what stands now.
            self.write(key_id, &subject, expected, &tombstone).await?;
        }
        Err(unavailable(key_id, "other writers are always faster"))
    }

    /// Has the keys at hand before anybody asks for them, oldest first, as many as there is room for; again after a reconnect made all be
    /// forgotten. A key that is not at hand costs the server a block of its store: megabytes read for a hundred bytes. Never ends.
    pub async fn keep_at_hand(&self) -> Infallible {
        let mut link = self.connection.link.clone();
        loop {
            let generation = link.borrow_and_update().generation;
            tokio::select! {
                Err(error) = self.read_ahead() => tracing::debug!(%error, "reading keys ahead waits"),
                Ok(_) = link.wait_for(|link| link.generation != generation) => {}
            }
            sleep(SETTLED).await;
        }
    }

    /// Keys that are at hand now; an erased one counts too.
    pub fn at_hand(&self) -> usize {
        self.cache.len()
    }

    /// All keys in the order of their stream, for as long as that can be read: what a replica that lags still has, its tombstone follows.
    async fn read_ahead(&self) -> Result<Infallible, ReadError> {
        let mut follower = Follower::start(Arc::clone(&self.connection), KEYS, 0).await?;
        loop {
            let mut erasures = self.cache.erasures();
            let records = follower.next().await?;
            let mut keys = Vec::with_capacity(records.len());
            for record in &records {
                let Some(key_id) = record.subject.get(KEYS.prefix.len() + 1..) else { continue };
                match stored(key_id, record) {
                    // A key that does not open is told of when it is asked for.
                    Ok(Stored::Key { wrapped, .. }) => keys.extend(self.unwrap(key_id, &record.subject, &wrapped)),
                    Ok(Stored::Tombstone { .. }) => {
                        self.cache.erase(key_id);
                        erasures += 1;
                    }
                    Ok(Stored::Nothing) | Err(_) => {}
                }
            }
            self.cache.keep_ahead(keys, erasures);
            sleep(UNHURRIED).await;
        }
    }

    fn cached(&self, key_id: &str) -> Result<Option<DataKey>, KeyError> {
        match self.cache.get(key_id) {
            Some(Cached::Key(key)) => Ok(Some(key)),
            Some(Cached::Erased) => Err(erased(key_id)),
            None => Ok(None),
        }
    }

    async fn read_key(&self, key_id: &str, subject: &str) -> Result<Option<DataKey>, KeyError> {
        let before = self.cache.erasures();
        // Any replica may say what there is; only the leader may say that there is nothing.
        let near = read::last_from_any(&self.connection, &KEYS, subject).await.ok().flatten();
        let stored = match near {
            Some(record) => stored(key_id, &record)?,
            None => self.read_from_leader(key_id, subject).await?,
        };
        match stored {
            Stored::Nothing => Ok(None),
            Stored::Tombstone { .. } => {
                self.cache.erase(key_id);
                Err(erased(key_id))
            }
            Stored::Key { wrapped, .. } => {
                let key = self.unwrap(key_id, subject, &wrapped)?;
                self.cache.keep(key.clone(), before);
                Ok(Some(key))
            }
        }
    }

    async fn read_from_leader(&self, key_id: &str, subject: &str) -> Result<Stored, KeyError> {
        match read::last_from_leader(&self.connection, &KEYS, subject).await {
            Ok(Some(record)) => stored(key_id, &record),
            Ok(None) => Ok(Stored::Nothing),
            Err(error) => Err(unreadable(key_id, &error)),
        }
    }

    async fn create(&self, key_id: &str, subject: &str) -> Result<Option<DataKey>, KeyError> {
        let Some((master_key_id, master)) = self.masters.first() else {
            return Err(unusable(key_id, "no master key is configured"));
        };
        let before = self.cache.erasures();
        let mut plain = Zeroizing::new([0_u8; 32]);
        rand::rng().fill_bytes(plain.as_mut());
        let wrapped = WrappedKey {
            master_key_id: master_key_id.clone(),
            wrapped: shut(master, subject.as_bytes(), plain.as_ref()),
            erased_at_ms: 0,
        };
        if !self.write(key_id, subject, 0, &wrapped).await? {
            return Ok(None);
        }
        let key = DataKey::new(key_id, &plain);
        self.cache.keep(key.clone(), before);
        Ok(Some(key))
    }

    /// False when somebody else wrote first.
    async fn write(&self, key_id: &str, subject: &str, expected: u64, wrapped: &WrappedKey) -> Result<bool, KeyError> {
        let outgoing = Outgoing {
            stream: KEYS,
            subject: subject.to_owned(),
            expect: Expect::Last(expected),
            id: Uuid::new_v4().to_string(),
            payload: Bytes::from(wrapped.encode_to_vec()),
        };
        match self.connection.append_bytes(outgoing).await {
            Ok(_) => Ok(true),
            Err(AppendError::Conflict { .. }) => Ok(false),
            Err(
                error @ (AppendError::Unavailable { .. } | AppendError::TooLarge { .. } | AppendError::Refused { .. }),
            ) => Err(unavailable(key_id, &error.to_string())),
        }
    }

    /// Has every replica overwrite what stood on the subject before the tombstone.
    async fn wipe(&self, key_id: &str, subject: &str, tombstone: u64) -> Result<(), KeyError> {
        #[derive(Deserialize)]
        struct Deleted {}
        loop {
            let first = read::next_from_leader(&self.connection, &KEYS, 1, subject)
                .await
                .map_err(|error| unreadable(key_id, &error))?;
            let Some(record) = first.filter(|record| record.sequence < tombstone) else {
                return Ok(());
            };
            let request = json!({ "seq": record.sequence, "no_erase": false });
            let api = format!("$JS.API.STREAM.MSG.DELETE.{}", KEYS.name);
            let answer = self.connection.wire.api::<Deleted>(&api, &request, read::LEADER_PATIENCE).await;
            match answer {
                Ok(Ok(Deleted {})) => {}
                Ok(Err(error)) if GONE.contains(&error.err_code) => {}
                Ok(Err(error)) => return Err(unavailable(key_id, &error.to_string())),
                Err(reason) => return Err(unavailable(key_id, &reason.to_string())),
            }
        }
    }

    fn unwrap(&self, key_id: &str, subject: &str, wrapped: &WrappedKey) -> Result<DataKey, KeyError> {
        let (_, master) = self
            .masters
            .iter()
            .find(|(id, _)| *id == wrapped.master_key_id)
            .ok_or_else(|| unusable(key_id, &format!("master key {} is not configured", wrapped.master_key_id)))?;
        let plain = unlock(master, subject.as_bytes(), &wrapped.wrapped)
            .map(Zeroizing::new)
            .ok_or_else(|| unusable(key_id, "the master key does not open it"))?;
        let plain = <[u8; 32]>::try_from(plain.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| unusable(key_id, "it is not 32 bytes"))?;
        Ok(DataKey::new(key_id, &plain))
    }
}

fn stored(key_id: &str, record: &Record) -> Result<Stored, KeyError> {
    let wrapped = WrappedKey::decode(record.payload.clone()).map_err(|error| unusable(key_id, &error.to_string()))?;
    let sequence = record.sequence;
    Ok(match wrapped.erased_at_ms {
        0 => Stored::Key { sequence, wrapped },
        erased_at_ms => Stored::Tombstone { sequence, erased_at_ms },
    })
}

fn subject(key_id: &str) -> Result<String, KeyError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=');
    if (1..=128).contains(&key_id.len()) && key_id.bytes().all(fits) {
        return Ok(format!("{}.{key_id}", KEYS.prefix));
    }
    Err(KeyError::BadId { key_id: key_id.to_owned() })
}

/// Follows the key stream's live feed for tombstones. When something may have been missed, nothing cached is trusted.
async fn forget_erased(mut feed: Subscriber, mut link: watch::Receiver<LinkState>, cache: Arc<KeyCache>) {
    let prefix = record::LIVE.len() + KEYS.prefix.len() + 1;
    let mut generation = link.borrow_and_update().generation;
    loop {
        tokio::select! {
            message = feed.next() => {
                let Some(message) = message else { return };
                let tombstone = WrappedKey::decode(message.payload).is_ok_and(|key| key.erased_at_ms > 0);
                if let (true, Some(key_id)) = (tombstone, message.subject.get(prefix..)) {
                    cache.erase(key_id);
                }
            }
            changed = link.changed() => {
                if changed.is_err() {
                    return;
                }
                let now = link.borrow_and_update().generation;
                if now != generation {
                    generation = now;
                    cache.clear();
                }
            }
        }
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn erased(key_id: &str) -> KeyError {
    KeyError::Erased { key_id: key_id.to_owned() }
}

fn unavailable(key_id: &str, reason: &str) -> KeyError {
    KeyError::Unavailable { key_id: key_id.to_owned(), reason: reason.to_owned() }
}

fn unreadable(key_id: &str, error: &ReadError) -> KeyError {
    unavailable(key_id, &error.to_string())
}

fn unusable(key_id: &str, reason: &str) -> KeyError {
    KeyError::Unusable { key_id: key_id.to_owned(), reason: reason.to_owned() }
}
