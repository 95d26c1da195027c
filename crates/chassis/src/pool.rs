//! PostgreSQL pool and migrations.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection as _, PgConnection, PgPool,
    migrate::{MigrateError, Migrator},
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
        source: MigrateError,
    },
}

/// Opens a pool of up to `connections` on `url`, works in `schema` (made when missing) and brings it up to date. A schema that other migrations made
/// than these is emptied and made anew: what is in it is a view, which its service rebuilds.
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
    let mut connection = pool.acquire().await.map_err(PoolError::Connect)?.detach();
    let prepared = prepare(&pool, &mut connection, migrator, schema).await;
    // The lock goes with the connection.
    connection.close().await.map_err(PoolError::Connect)?;
    prepared.map(|()| pool)
}

/// Brings a schema up to date; one that other migrations made is made anew.
async fn prepare(
    pool: &PgPool,
    connection: &mut PgConnection,
    migrator: &Migrator,
    schema: &str,
) -> Result<(), PoolError> {
    let named = schema.replace('"', "\"\"");
    // One process at a time, also while it drops and makes; the migrator's own lock would stay behind when it refuses.
    let mut migrator = Migrator { migrations: migrator.migrations.clone(), ..Migrator::DEFAULT };
    migrator.set_locking(false);
    let lock = "select pg_advisory_lock(hashtext('prepare schema'))".to_owned();
    let create = format!("create schema if not exists \"{named}\"");
    run(connection, format!("set statement_timeout = 0; {lock}; {create}")).await?;
    let mut migrated = migrator.run(pool).await;
    if let Err(MigrateError::VersionMismatch(version)) = migrated {
        // Whatever a service keeps in its schema is a view of the journal.
        tracing::warn!(schema, version, "the view has another form than this program's: it is made anew");
        run(connection, dropped(schema)).await?;
        migrated = migrator.run(pool).await;
    }
    migrated.map_err(|source| PoolError::Migrate { schema: schema.to_owned(), source })
}

/// Drops a schema's tables; the schema itself may be the administrator's.
fn dropped(schema: &str) -> String {
    let literal = schema.replace('\'', "''");
    format!(
        "do $drop$ declare one text; begin for one in select tablename from pg_tables where schemaname = '{literal}' loop \
         execute format('drop table %I.%I cascade', '{literal}', one); end loop; end $drop$"
    )
}

async fn run(connection: &mut PgConnection, statements: String) -> Result<(), PoolError> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(connection).await.map_err(PoolError::Connect)?;
    Ok(())
}
