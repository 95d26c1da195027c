//! Erased records leave the view, at every site: their keys' tombstones are followed.

use std::{collections::BTreeSet, time::Duration};

use journal::{
    Follower, Journal,
    vault::{KEYS, tombstone},
};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use super::{
    center::{CALLS, CONVERSATIONS},
    project::FACTS,
    regroup::{around, near},
    signed,
};

const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// Records after which the position is noted even when nobody was erased: bounds what a restart reads again.
const NOTE_EVERY: u64 = 1_000;
/// Tables whose rows go with the record.
const TABLES: [&str; 7] = ["records", "identities", "fields", "consents", "links", "touchpoints", "threads"];

/// Follows the key stream until `shutdown`. Lost servers and databases are waited out.
pub(crate) async fn follow_erasures(journal: Journal, pool: PgPool, shutdown: CancellationToken) {
    let follow = async {
        loop {
            if let Err(error) = run(&journal, &pool).await {
                tracing::warn!(error, "following erasures waits");
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    };
    tokio::select! {
        () = follow => {}
        () = shutdown.cancelled() => {}
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
        // Whoever projects holds its row: either they see the tombstones, or we see their rows.
        for projection in [FACTS, CONVERSATIONS, CALLS] {
            let row: Option<i64> =
                sqlx::query_scalar("select sequence from journal_position where projection = $1 for update")
                    .bind(projection)
                    .fetch_optional(&mut *tx)
                    .await?;
            row.ok_or(sqlx::Error::RowNotFound)?;
        }
        let records: Vec<String> = erased.iter().map(|(record, _)| record.clone()).collect();
        sqlx::query(
            "insert into erased_records (record_id, erased_at_ms) select * from unnest($1::text[], $2::bigint[]) \
             on conflict do nothing",
        )
        .bind(&records)
        .bind(erased.iter().map(|(_, at)| signed(*at)).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
        forget(&mut tx, &records).await?;
    }
    sqlx::query("update erasure_position set sequence = $1").bind(signed(position)).execute(&mut *tx).await?;
    tx.commit().await
}

/// Takes all rows of these records away. Who was joined over one of them may be several customers now.
async fn forget(tx: &mut PgConnection, records: &[String]) -> Result<(), sqlx::Error> {
    let gone: BTreeSet<String> = records.iter().cloned().collect();
    let mut left: BTreeSet<String> = near(tx, gone.clone()).await?;
    let members: Vec<String> = sqlx::query_scalar(
        "select record_id from records where customer_id in (select customer_id from records where record_id = any($1))",
    )
    .bind(records)
    .fetch_all(&mut *tx)
    .await?;
    left.extend(members);
    for table in TABLES {
        let delete = format!("delete from {table} where record_id = any($1)");
        sqlx::query(sqlx::AssertSqlSafe(delete)).bind(records).execute(&mut *tx).await?;
    }
    sqlx::query("delete from links where other_id = any($1)").bind(records).execute(&mut *tx).await?;
    around(tx, left.difference(&gone).cloned().collect()).await
}
