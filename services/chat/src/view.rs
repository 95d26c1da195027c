//! All SQL of this service: this site's view of all conversations.
//!
//! | part | what |
//! |---|---|
//! | `project` | CHAT and ROUTING into rows, exactly once |
//! | `row` | what events make of a conversation's row |
//! | `erasure` | erased customers leave the view |
//! | `search` | what was said, found again |
//! | `read` | lists, the sweeper's candidates, the digest |

mod erasure;
mod project;
mod read;
mod row;
mod search;

pub(crate) use erasure::Erasures;
pub(crate) use project::{CHAT_PROJECTION, Contacts, Conversations, ROUTING_PROJECTION};
pub use read::digest;
pub(crate) use read::{Filter, Stray, list, position, strays};
pub(crate) use search::{Place, Query, search};

use chassis::refusal::{Code, Refusal};

/// How this service's schema is made.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The schema in the site's database.
pub const SCHEMA: &str = "chat";

/// A database that does not answer, as a caller hears of it.
fn away(error: &sqlx::Error) -> Refusal {
    tracing::warn!(%error, "the view does not answer");
    Refusal::new(Code::Unavailable, "unavailable", "this site's view does not answer")
}

/// Sequences and times as PostgreSQL keeps them.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
