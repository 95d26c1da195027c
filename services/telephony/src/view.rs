//! All SQL of this service: this site's view of all calls.
//!
//! | part | what |
//! |---|---|
//! | `project` | TELEPHONY into rows, exactly once |
//! | `row` | what a unit makes of a call's row: the core's own `evolve`, with what is personal left sealed |
//! | `erasure` | erased customers leave the view |
//! | `read` | lists, messages, what a start needs, the digest |
//!
//! Calls do not wait for the database: without it a gateway reads its stream from the start and goes on looking for it.

mod erasure;
mod project;
mod read;
mod row;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use chassis::{
    pool::PoolError,
    refusal::{Code, Refusal},
};
use journal::Journal;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{Config, gateway::CALLS};

pub use read::digest;
pub(crate) use read::{Filter, Mailboxes, Place, get, list, living, voicemails};

/// How this service's schema is made.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The schema in the site's database.
pub const SCHEMA: &str = "telephony";

/// Pause before a database that is away is looked for again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The view, once its database is there.
#[derive(Clone, Default)]
pub(crate) struct View {
    pool: Arc<OnceLock<PgPool>>,
}

impl View {
    /// Its database.
    ///
    /// # Errors
    /// `unavailable` until it was reached for the first time.
    pub(crate) fn pool(&self) -> Result<&PgPool, Refusal> {
        self.pool.get().ok_or_else(missing)
    }

    /// Looks for the database once; waits at most 5 s.
    pub(crate) async fn connect(&self, config: &Config) -> Result<(), PoolError> {
        let pool = chassis::pool::connect(&config.database, config.database_connections, &MIGRATOR, SCHEMA).await?;
        // Nobody else sets it.
        let _ = self.pool.set(pool);
        Ok(())
    }

    /// Keeps the view up to date for as long as the process lives, from when its database is there.
    pub(crate) async fn keep(self, journal: Journal, config: Config) {
        let pool = loop {
            if let Some(pool) = self.pool.get() {
                break pool.clone();
            }
            if let Err(error) = self.connect(&config).await {
                tracing::warn!(%error, "the view of calls waits for its database");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        };
        let calls = project::Calls { pace: Duration::from_millis(config.view_pace_ms) };
        let never = CancellationToken::new();
        let erasures = journal::follow_erasures(journal.clone(), pool.clone(), erasure::Erasures, never.clone());
        tokio::select! {
            ended = journal::project(&journal, &CALLS, &pool, calls, never) => {
                tracing::error!(error = ?ended.err(), "the view of calls stands still");
            }
            () = erasures => {}
        }
    }
}

fn missing() -> Refusal {
    Refusal::new(Code::Unavailable, "unavailable", "this site's view does not answer")
}

/// A database that does not answer, as a caller hears of it.
fn away(error: &sqlx::Error) -> Refusal {
    tracing::warn!(%error, "the view does not answer");
    missing()
}

/// Sequences and times as PostgreSQL keeps them.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
