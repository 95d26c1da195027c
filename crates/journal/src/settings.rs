//! What a service must know to reach the journal.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

/// How to reach the journal and how strict to be about it.
#[derive(Clone)]
pub struct Settings {
    /// This site's name, one NATS token (`tokyo`).
    pub site: String,
    /// This service's name, one NATS token (`chat`).
    pub service: String,
    /// NATS addresses, `nats://host:port`, this site's own server first: the order is kept.
    pub servers: Vec<String>,
    /// NATS user; empty connects without credentials.
    pub user: String,
    /// Password of [`Settings::user`].
    pub password: String,
    /// Refuse to start when a server would acknowledge before its disk has the message (`sync_interval` other than
    /// `always`). False only for practice and for benchmarks that say so.
    pub require_sync_always: bool,
    /// Monitoring address of every NATS server, `http://host:port`; asked for `/jsz` when `require_sync_always` is set.
    pub monitoring: Vec<String>,
    /// Master keys that wrap the data keys: the first wraps new ones, all open old ones.
    pub master_keys: Vec<MasterKey>,
    /// Name of the NATS server that shall lead every stream: the witness. Empty steers nothing.
    pub preferred_leader: String,
    /// Copies of every stream. 3 in every real center.
    pub replicas: usize,
    /// A user of the NATS system account, needed only to steer the meta leader. `None` leaves the meta leader alone.
    pub system: Option<SystemUser>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            site: String::new(),
            service: String::new(),
            servers: Vec::new(),
            user: String::new(),
            password: String::new(),
            require_sync_always: true,
            monitoring: Vec::new(),
            master_keys: Vec::new(),
            preferred_leader: String::new(),
            replicas: 3,
            system: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("site", &self.site)
            .field("service", &self.service)
            .field("servers", &self.servers)
            .field("preferred_leader", &self.preferred_leader)
            .finish_non_exhaustive()
    }
}

/// A user of the NATS system account.
#[derive(Clone)]
pub struct SystemUser {
    /// Name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for SystemUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemUser").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A key that wraps data keys. It is configuration: never stored in the journal.
#[derive(Clone)]
pub struct MasterKey {
    /// Name stored beside every key it wrapped; unique among the configured ones.
    pub id: String,
    /// The key itself; wiped when dropped.
    pub key: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// A master key from its name and its 32 bytes.
    pub fn new(id: impl Into<String>, mut key: [u8; 32]) -> MasterKey {
        let kept = Zeroizing::new(key);
        key.zeroize();
        MasterKey { id: id.into(), key: kept }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A stream of the journal: one per service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    /// JetStream name, upper case (`CHAT`).
    pub name: &'static str,
    /// First token of its subjects (`chat`): it holds `chat.>` and is republished to `live.chat.>`.
    pub prefix: &'static str,
}

impl Stream {
    /// A stream by its name and its subjects' first token.
    pub const fn new(name: &'static str, prefix: &'static str) -> Stream {
        Stream { name, prefix }
    }
}
