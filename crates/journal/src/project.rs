//! A stream into PostgreSQL, exactly once.
//!
//! Rows and position change in one transaction, and the position is fenced: a transaction that does not find the
//! position it started from is undone. So a crash, a doubtful commit, or a second projector cost a repetition of work,
//! never of rows.

use std::{future::Future, time::Duration};

use sqlx::{Connection as _, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::{FollowError, Follower, Journal, ProjectError, Record, Stream};

/// Pause before a lost database is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// Something that turns records into rows.
pub trait Projection: Send {
    /// The name its position is kept under. A new name starts from the beginning of the stream.
    fn name(&self) -> &'static str;

    /// Applies records, in order, inside the transaction `tx` that also moves the position. It may be called again
    /// with the same records when the transaction could not be committed, so what it keeps in memory must not depend
    /// on being called once; [`Projection::committed`] does.
    ///
    /// # Errors
    /// [`ProjectError::Poison`] for a record that can never be applied: the batch is halved until it is found, it is
    /// put into `journal_poison`, and the rest goes on. A data exception or a broken constraint counts the same. Any
    /// other database error is tried again until it passes.
    fn apply(
        &mut self,
        tx: &mut PgConnection,
        records: &[Record],
    ) -> impl Future<Output = Result<(), ProjectError>> + Send;

    /// These records are in the database now. Each record is told of at most once in the life of a process.
    fn committed(&mut self, records: &[Record]) {
        let _ = records;
    }
}

/// What became of a batch.
enum Outcome {
    Done,
    /// The position is not where this projector left it: another one moves it, or a commit succeeded unseen.
    Moved,
    Poison(String),
    Again(String),
}

/// Follows `stream` into the database until `shutdown`: at most ~5,000 records in a transaction, or what is there.
///
/// It makes its own tables, `journal_position` and `journal_poison`, in the schema that the pool's connections are in.
/// The same projection may run several times at once; they share the work and spoil nothing.
///
/// # Errors
/// [`FollowError`] when the name belongs to another stream's projection. Lost servers and databases are waited out.
pub async fn project<P: Projection>(
    journal: &Journal,
    stream: &Stream,
    pool: &PgPool,
    projection: P,
    shutdown: CancellationToken,
) -> Result<(), FollowError> {
    let mut projector = Projector { journal, stream, pool, projection };
    tokio::select! {
        result = projector.run() => result,
        () = shutdown.cancelled() => Ok(()),
    }
}

struct Projector<'a, P> {
    journal: &'a Journal,
    stream: &'a Stream,
    pool: &'a PgPool,
    projection: P,
}

impl<P: Projection> Projector<'_, P> {
    async fn run(&mut self) -> Result<(), FollowError> {
        loop {
            let position = match self.position().await {
                Ok(position) => position?,
                Err(error) => {
                    self.pause("reading the position", &error.to_string()).await;
                    continue;
                }
            };
            match self.journal.follow(self.stream, position).await {
                Ok(follower) => self.follow(follower).await,
                Err(error) => self.pause("following the stream", &error.to_string()).await,
            }
        }
    }

    /// Projects until the position must be read anew.
    async fn follow(&mut self, mut follower: Follower) {
        loop {
            let from = follower.position();
            let records = match follower.next().await {
                Ok(records) => records,
                Err(error) => return self.pause("following the stream", &error.to_string()).await,
            };
            if !self.work_off(from, &records).await {
                return;
            }
        }
    }

    /// Brings records into the database, poison aside; false when the position was not `from`.
    async fn work_off(&mut self, from: u64, records: &[Record]) -> bool {
        // Parts still to do, the first on top. Halving finds one bad record in log2 transactions.
        let mut parts = vec![records];
        let mut at = from;
        while let Some(part) = parts.pop() {
            let Some(last) = part.last() else { continue };
            match self.transact(at, part).await {
                Outcome::Done => {
                    at = last.sequence;
                    self.projection.committed(part);
                }
                Outcome::Moved => return false,
                Outcome::Poison(reason) => match part {
                    [record] => match self.set_aside(at, record, &reason).await {
                        Outcome::Done => at = record.sequence,
                        Outcome::Moved => return false,
                        Outcome::Poison(reason) | Outcome::Again(reason) => {
                            self.pause("setting a record aside", &reason).await;
                            parts.push(part);
                        }
                    },
                    _ => {
                        let (first, second) = part.split_at(part.len() / 2);
                        parts.push(second);
                        parts.push(first);
                    }
                },
                Outcome::Again(reason) => {
                    self.pause("projecting", &reason).await;
                    parts.push(part);
                }
            }
        }
        true
    }

    async fn transact(&mut self, from: u64, records: &[Record]) -> Outcome {
        if let Some(fault) = records.iter().find_map(|record| record.fault.as_deref()) {
            return Outcome::Poison(fault.to_owned());
        }
        let to = records.last().map_or(from, |record| record.sequence);
        match self.try_transact(from, to, records).await {
            Ok(true) => Outcome::Done,
            Ok(false) => Outcome::Moved,
            Err(ProjectError::Poison(reason)) => Outcome::Poison(reason),
            Err(ProjectError::Database(error)) if is_poison(&error) => Outcome::Poison(error.to_string()),
            Err(ProjectError::Database(error)) => Outcome::Again(error.to_string()),
        }
    }

    async fn try_transact(&mut self, from: u64, to: u64, records: &[Record]) -> Result<bool, ProjectError> {
        let mut connection = self.pool.acquire().await?;
        let mut tx = connection.begin().await?;
        if !fence(&mut tx, self.projection.name(), from, to).await? {
            return Ok(false);
        }
        self.projection.apply(&mut tx, records).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn set_aside(&mut self, from: u64, record: &Record, reason: &str) -> Outcome {
        match self.try_set_aside(from, record, reason).await {
            Ok(true) => {
                let projection = self.projection.name();
                self.journal.metrics().poison(projection);
                tracing::error!(
                    projection,
                    stream = self.stream.name,
                    sequence = record.sequence,
                    reason,
                    "record set aside: it cannot be applied"
                );
                Outcome::Done
            }
            Ok(false) => Outcome::Moved,
            Err(error) => Outcome::Again(error.to_string()),
        }
    }

    async fn try_set_aside(&mut self, from: u64, record: &Record, reason: &str) -> Result<bool, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let mut tx = connection.begin().await?;
        if !fence(&mut tx, self.projection.name(), from, record.sequence).await? {
            return Ok(false);
        }
        sqlx::query(
            "insert into journal_poison (projection, stream, sequence, subject, message_id, payload, reason) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        )
        .bind(self.projection.name())
        .bind(self.stream.name)
        .bind(signed(record.sequence))
        .bind(&record.subject)
        .bind(&record.id)
        .bind(record.payload.as_ref())
        .bind(reason.replace('\0', " "))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Where the projection stands; makes the tables and its row when they are missing.
    async fn position(&self) -> Result<Result<u64, FollowError>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let mut tx = connection.begin().await?;
        // Two projectors that start at once would both find nothing and both create.
        sqlx::query("select pg_advisory_xact_lock(hashtext('journal_position'))").execute(&mut *tx).await?;
        sqlx::raw_sql(TABLES).execute(&mut *tx).await?;
        let (stored, sequence): (String, i64) = sqlx::query_as(
            "insert into journal_position (projection, stream) values ($1, $2) \
             on conflict (projection) do update set projection = excluded.projection returning stream, sequence",
        )
        .bind(self.projection.name())
        .bind(self.stream.name)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        if stored == self.stream.name {
            return Ok(Ok(sequence.unsigned_abs()));
        }
        Ok(Err(FollowError::OtherStream { projection: self.projection.name(), stored, stream: self.stream.name }))
    }

    async fn pause(&self, attempted: &str, reason: &str) {
        let projection = self.projection.name();
        tracing::warn!(projection, attempted, reason, "projection waits");
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

const TABLES: &str = "
create table if not exists journal_position (
    projection text primary key,
    stream text not null,
    sequence bigint not null default 0,
    moved_at timestamptz not null default now()
);
create table if not exists journal_poison (
    projection text not null,
    stream text not null,
    sequence bigint not null,
    subject text not null,
    message_id text not null,
    payload bytea not null,
    reason text not null,
    set_aside_at timestamptz not null default now(),
    primary key (projection, sequence)
);";

/// Moves the position, if it is where it is believed to be. Takes the row's lock: a second projector waits here.
async fn fence(tx: &mut PgConnection, projection: &'static str, from: u64, to: u64) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "update journal_position set sequence = $3, moved_at = now() where projection = $1 and sequence = $2",
    )
    .bind(projection)
    .bind(signed(from))
    .bind(signed(to))
    .execute(tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// Class 22: data exceptions; class 23: broken constraints. The same record fails the same way for ever.
fn is_poison(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|database| database.code())
        .is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}
