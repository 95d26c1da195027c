//! What one site's PostgreSQL alone does: rows like those of the chat view, inserted in batches.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{drive::Error, up::Center};

/// Rows a statement.
const BATCH: usize = 500;

/// Rows a second, of `bytes` each, over `length`, at the first site.
///
/// # Errors
/// When the database refuses.
pub async fn rate(center: &Center, bytes: usize, length: Duration) -> Result<f64, Error> {
    let site = center.sites().first().cloned().unwrap_or_default();
    let url = center.database_url(&site, "postgres")?;
    insert(&url, bytes, length).await.map_err(|source| Error::View { site, source })
}

async fn insert(url: &str, bytes: usize, length: Duration) -> Result<f64, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute("create schema if not exists bench").await?;
    connection.execute("drop table if exists bench.rows").await?;
    let table = "create table bench.rows (conversation uuid, number bigint, message uuid, box bytea, primary key (conversation, number))";
    connection.execute(table).await?;
    let (start, mut rows) = (Instant::now(), 0_usize);
    while start.elapsed() < length {
        batch(&mut connection, rows, bytes).await?;
        rows += BATCH;
    }
    let rate = rows as f64 / start.elapsed().as_secs_f64();
    connection.execute("drop schema bench cascade").await?;
    Ok(rate)
}

async fn batch(connection: &mut PgConnection, from: usize, bytes: usize) -> Result<(), sqlx::Error> {
    let rows = from..from + BATCH;
    let conversations: Vec<String> = rows.clone().map(|row| Uuid::from_u128((row % 200) as u128).to_string()).collect();
    let numbers: Vec<i64> = rows.clone().map(|row| row as i64).collect();
    let messages: Vec<String> = rows.map(|_| Uuid::new_v4().to_string()).collect();
    let boxes: Vec<Vec<u8>> = vec![vec![7; bytes]; BATCH];
    sqlx::query("insert into bench.rows select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bytea[])")
        .bind(conversations)
        .bind(numbers)
        .bind(messages)
        .bind(boxes)
        .execute(connection)
        .await?;
    Ok(())
}
