//! What one process of the service looks after at a time, and others go on with when it falls silent: commands to shops, webhooks.
//!
//! | part | what |
//! |---|---|
//! | `thread` | something and who owns it, as its subject tells; pure |
//! | `jobs` | what this process does with what it owns, each once at a time |

mod jobs;
mod thread;

pub(crate) use jobs::{Job, Jobs, Queue, Things};
pub use thread::{Thread, Told};

/// Why something was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unstored {
    /// Somebody else wrote first.
    Overtaken,
    /// Nobody knows.
    Unknown,
}
