//! The replicated journal: the truth that every database is a view of. The only code that knows JetStream.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | what a service must know to reach the journal |
//! | [`mod@append`] | one unit, one subject, exactly once |
//! | [`record`] | one message, as readers see it |
//! | [`read`] | one subject from its start |
//! | [`mod@follow`] | a whole stream for ever: catch-up, then live, never a hole, never twice |
//! | [`mod@project`] | a stream into PostgreSQL, exactly once |
//! | [`forget`] | erased customers leave PostgreSQL |
//! | [`ownership`] | who owns a thing, by claim and epoch |
//! | [`silence`] | which other processes have been silent, for owners of many things |
//! | [`beat`] | "I am alive", a guess at who is dead |
//! | [`placement`] | stream leaders stay on the witness |
//! | [`vault`], [`seal`] | personal data is sealed with a key per customer that can be deleted |
//! | [`purge_erased`] | an erased customer's files and recorded sound give their disk back |
//! | [`error`] | what can go wrong |
//! | `testing` | a real three-server cluster and PostgreSQL for tests (feature `testing`) |
//!
//! # Contract
//!
//! * **Yes means yes.** [`Journal::append`] says yes after a quorum has the unit on disk.
//! * **Unknown means: the same id again.** [`AppendError::Unavailable`] says neither yes nor no. The same id with
//!   [`Expect::Last`] may be retried for ever and is stored once; with [`Expect::Any`] for 120 s.
//! * **Lost quorum is fast and clear**: `Unavailable` after 2 s, then after 0.6 s for as long as it lasts.
//! * **A reconnect is not an event**: what waits is sent again at once, followers ask for what they missed.
//! * **Readers** get every message of a stream once, in stream order, whatever the live feed or a replica left out.

pub mod append;
pub mod beat;
mod connection;
mod ensure;
pub mod error;
pub mod follow;
pub mod forget;
mod health;
mod journal;
mod key_cache;
mod metrics;
pub mod ownership;
pub mod placement;
pub mod project;
mod purge;
pub mod read;
pub mod record;
pub mod seal;
pub mod settings;
pub mod silence;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;
pub mod vault;
mod wire;

pub use append::{Append, Appended, Expect};
pub use beat::{Beats, beat, leave, listen, listen_to_all};
pub use error::{AppendError, ConnectError, EnsureError, FollowError, KeyError, OpenError, ProjectError, ReadError};
pub use follow::Follower;
pub use forget::{Forgets, follow_erasures};
pub use journal::Journal;
pub use ownership::{NextClaim, Ownership};
pub use project::{Projection, project};
pub use purge::purge_erased;
pub use read::Replay;
pub use record::{Record, TraceParent};
pub use seal::DataKey;
pub use settings::{MasterKey, Settings, Stream, SystemUser};
pub use silence::Silence;
pub use vault::Vault;
