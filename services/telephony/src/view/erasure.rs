//! Erased customers leave the view, at every site: their keys' tombstones are followed.

use std::time::Duration;

use journal::{
    Follower, Journal,
    vault::{KEYS, tombstone},
};
use sqlx::PgPool;

use super::{
    project::{PROJECTION, empty},
    signed,
};

const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// Records after which the position is noted even when nobody was erased: bounds what a restart reads again.
const NOTE_EVERY: u64 = 1_000;

/// Follows the key stream for ever. Lost servers and databases are waited out.
pub(super) async fn follow_erasures(journal: Journal, pool: PgPool) {
    loop {
        if let Err(error) = run(&journal, &pool).await {
            tracing::warn!(error, "following erasures waits");
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn run(journal: &Journal, pool: &PgPool) -> Result<(), String> {
    let words = |error: sqlx::Error| error.to_string();
    let noted: i64 =
        sqlx::query_scalar("select sequence from erasure_position").fetch_one(pool).await.map_err(words)?;
    let mut noted = noted.unsigned_abs();
    let mut follower: Follower = journal.follow(&KEYS, noted).await.map_err(|error| error.to_string())?;
    loop {
        let records = follower.next().await.map_err(|error| error.to_string())?;
        let erased: Vec<(String, u64)> = records.iter().filter_map(tombstone).collect();
        let position = follower.position();
        if !erased.is_empty() || position >= noted + NOTE_EVERY {
            note(pool, &erased, position).await.map_err(words)?;
            noted = position;
        }
    }
}

async fn note(pool: &PgPool, erased: &[(String, u64)], position: u64) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    if !erased.is_empty() {
        // Whoever projects holds this row: either they see the tombstones, or we see their rows.
        let row: Option<i64> =
            sqlx::query_scalar("select sequence from journal_position where projection = $1 for update")
                .bind(PROJECTION)
                .fetch_optional(&mut *tx)
                .await?;
        row.ok_or(sqlx::Error::RowNotFound)?;
        let customers: Vec<String> = erased.iter().map(|(customer, _)| customer.clone()).collect();
        sqlx::query(
            "insert into erased_customers (customer_id, erased_at_ms) select * from unnest($1::text[], $2::bigint[]) \
             on conflict do nothing",
        )
        .bind(&customers)
        .bind(erased.iter().map(|(_, at)| signed(*at)).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
        empty(&mut tx, &customers).await?;
    }
    sqlx::query("update erasure_position set sequence = $1").bind(signed(position)).execute(&mut *tx).await?;
    tx.commit().await
}
