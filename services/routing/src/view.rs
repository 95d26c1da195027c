//! All SQL of this service: the floor's snapshot, and the contacts' history.

mod history;
mod snapshot;
mod steps;

use std::{sync::Arc, time::Duration};

use chassis::pool::PoolError;
use journal::Journal;
use sqlx::{PgPool, migrate::Migrator};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

pub(crate) use snapshot::{Kept, load};
pub(crate) use steps::Steps;

use crate::{Config, RunError, SERVICE, STREAM};
use history::History;

static MIGRATOR: Migrator = sqlx::migrate!();

/// Pause before a database that was away at the start is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// The last snapshot gets this long at the end.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// This site's database; may be away at the start.
pub(crate) struct Database {
    config: Arc<Config>,
    pool: Option<PgPool>,
    steps: Steps,
}

impl Database {
    /// Contacts' steps, readable as soon as the database is open.
    pub(crate) fn steps(&self) -> Steps {
        self.steps.clone()
    }
}

/// Opens the database and brings its schema up to date.
///
/// # Errors
/// The connection string or a migration is wrong. A server that is away is no error.
pub(crate) async fn open(config: &Arc<Config>) -> Result<Database, RunError> {
    let pool = match connect(config).await {
        Ok(pool) => Some(pool),
        Err(error @ PoolError::Connect(_)) => {
            tracing::warn!(error = error_chain(&error), "starting without the database");
            None
        }
        Err(error @ (PoolError::Malformed | PoolError::Migrate { .. })) => return Err(RunError::Database(error)),
    };
    Ok(Database { config: config.clone(), pool, steps: Steps::default() })
}

/// Where the loop leaves snapshots.
pub(crate) struct Snapshots(mpsc::Sender<Kept>);

impl Snapshots {
    /// Hands a snapshot over, unless one still waits to be stored.
    pub(crate) fn offer(&self, kept: impl FnOnce() -> Kept) {
        if let Ok(place) = self.0.try_reserve() {
            place.send(kept());
        }
    }
}

/// Both ends of the way that snapshots take.
pub(crate) fn snapshots() -> (Snapshots, mpsc::Receiver<Kept>) {
    let (sender, receiver) = mpsc::channel(1);
    (Snapshots(sender), receiver)
}

/// Keeps both tables until `stop`, and then the last snapshot.
pub(crate) async fn keep(
    database: Database,
    journal: Journal,
    floor: String,
    mut snapshots: mpsc::Receiver<Kept>,
    stop: CancellationToken,
) {
    let steps = database.steps();
    let Some(pool) = opened(database, &stop).await else {
        return;
    };
    let _first = steps.0.set(pool.clone());
    let history = History::new(&floor);
    let projecting = journal::project(&journal, &STREAM, &pool, history, stop.clone());
    let storing = async {
        while let Some(kept) = snapshots.recv().await {
            store(&pool, &floor, kept).await;
        }
    };
    tokio::pin!(storing);
    let stored = tokio::select! {
        () = &mut storing => true,
        ended = projecting => {
            if let Err(error) = ended {
                tracing::error!(%error, "the contacts' history ended");
            }
            false
        }
    };
    // The loop has stopped before the view is told to, so this ends with its last snapshot.
    if !stored && timeout(LAST_WORDS, storing).await.is_err() {
        tracing::warn!("the floor's last snapshot was not stored in time");
    }
}

async fn store(pool: &PgPool, floor: &str, kept: Kept) {
    if let Err(error) = snapshot::store(pool, floor, kept).await {
        tracing::warn!(%error, "the floor's snapshot was not stored");
    }
}

async fn opened(database: Database, stop: &CancellationToken) -> Option<PgPool> {
    let Database { config, pool, .. } = database;
    let mut pool = pool;
    while pool.is_none() {
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(RETRY) => {}
        }
        pool =
            connect(&config).await.inspect_err(|error| tracing::warn!(error = error_chain(error), "no database")).ok();
    }
    pool
}

async fn connect(config: &Config) -> Result<PgPool, PoolError> {
    chassis::pool::connect(&config.database, config.database_connections, &MIGRATOR, SERVICE).await
}

/// An error with its causes, for a log.
fn error_chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
