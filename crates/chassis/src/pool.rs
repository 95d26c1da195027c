//! PostgreSQL pool and migrations.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection as _, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::Secret;

/// A connection that rested no longer than this is used without being asked whether it still stands.
const TRUSTED: Duration = Duration::from_millis(500);

/// Why a database could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The connection string is not one. It is not shown: it holds a password.
    #[error("the database's connection string is malformed")]
    Malformed,
    /// The server cannot be reached, or refuses.
    #[error("connecting to the database")]
    Connect(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("migrating the schema {schema}")]
    Migrate {
        /// Which one.
        schema: String,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
}

/// Opens a pool of up to `connections` on `url`, works in `schema` (made when missing) and brings it up to date.
///
/// # Errors
/// [`PoolError`]; waits at most 5 s for the server.
pub async fn connect(url: &Secret, connections: u32, migrator: &Migrator, schema: &str) -> Result<PgPool, PoolError> {
    let options = PgConnectOptions::from_str(url.expose())
        .map_err(|_| PoolError::Malformed)?
        .options([("search_path", schema), ("statement_timeout", "30000")]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        // A look before each statement would double its way; one that just answered is trusted.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(PoolError::Connect)?;
    // Two who create at once would both find nothing, and one would fail; the lock goes with the statements' transaction.
    let create = format!(
        "select pg_advisory_xact_lock(hashtext('create schema')); create schema if not exists \"{}\"",
        schema.replace('"', "\"\"")
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&pool).await.map_err(PoolError::Connect)?;
    migrator.run(&pool).await.map_err(|source| PoolError::Migrate { schema: schema.to_owned(), source })?;
    Ok(pool)
}
