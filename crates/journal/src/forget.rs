//! Erased customers leave a view: their keys' tombstones are followed into PostgreSQL.
//!
//! The schema has a table `erasure_position (only_row boolean primary key, sequence bigint)` with one row at most: how far
//! [`KEYS`](crate::vault::KEYS) was followed.

use std::{future::Future, time::Duration};

use sqlx::{PgConnection, PgPool};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    Journal,
    vault::{KEYS, tombstone},
};

const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// Records after which the position is noted even when nobody was erased: bounds what a restart reads again.
const NOTE_EVERY: u64 = 1_000;

/// A view that forgets.
pub trait Forgets: Send {
    /// The projections that write something of customers. Each must also look up who was erased before, in the transaction that writes: whoever
    /// projects and whoever forgets hold the same row of `journal_position`, so either they see the tombstones or we see their rows.
    fn projections(&self) -> &'static [&'static str];

    /// These customers were erased, milliseconds since the Unix epoch: caches forget them. It may be told again.
    fn erased(&mut self, customers: &[(String, u64)]) -> impl Future<Output = ()> + Send {
        let _ = customers;
        async {}
    }

    /// Notes them and takes their rows away.
    ///
    /// # Errors
    /// When the database fails: it is tried again.
    fn forget(
        &mut self,
        tx: &mut PgConnection,
        customers: &[(String, u64)],
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// Follows erasures into the view until `shutdown`. Lost servers and databases are waited out.
pub async fn follow_erasures(journal: Journal, pool: PgPool, mut view: impl Forgets, shutdown: CancellationToken) {
    let follow = async {
        loop {
            if let Err(error) = run(&journal, &pool, &mut view).await {
                tracing::warn!(error, "following erasures waits");
            }
            sleep(RETRY_PAUSE).await;
        }
    };
    tokio::select! {
        () = follow => {}
        () = shutdown.cancelled() => {}
    }
}

async fn run(journal: &Journal, pool: &PgPool, view: &mut impl Forgets) -> Result<(), String> {
    let words = |error: sqlx::Error| error.to_string();
    let noted: Option<i64> =
        sqlx::query_scalar("select sequence from erasure_position").fetch_optional(pool).await.map_err(words)?;
    let mut noted = noted.unwrap_or(0).unsigned_abs();
    let mut follower = journal.follow(&KEYS, noted).await.map_err(|error| error.to_string())?;
    loop {
        let records = follower.next().await.map_err(|error| error.to_string())?;
        let erased: Vec<(String, u64)> = records.iter().filter_map(tombstone).collect();
        if !erased.is_empty() {
            view.erased(&erased).await;
        }
        let position = follower.position();
        if !erased.is_empty() || position >= noted + NOTE_EVERY {
            note(pool, view, &erased, position).await.map_err(words)?;
            noted = position;
        }
    }
}

async fn note(
    pool: &PgPool,
    view: &mut impl Forgets,
    erased: &[(String, u64)],
    position: u64,
) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    if !erased.is_empty() {
        for projection in view.projections() {
            let row: Option<i64> =
                sqlx::query_scalar("select sequence from journal_position where projection = $1 for update")
                    .bind(projection)
                    .fetch_optional(&mut *tx)
                    .await?;
            row.ok_or(sqlx::Error::RowNotFound)?;
        }
        view.forget(&mut tx, erased).await?;
    }
    sqlx::query(
        "insert into erasure_position (only_row, sequence) values (true, $1) \
         on conflict (only_row) do update set sequence = excluded.sequence",
    )
    .bind(position.cast_signed())
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
