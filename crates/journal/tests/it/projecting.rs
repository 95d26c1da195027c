//! Exactly once into PostgreSQL.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use journal::{
    Expect, Journal, ProjectError, Projection, Record, Stream, project,
    testing::{Cluster, Postgres, TOKYO},
};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::common::{append, fill, until};

/// Counts every record in a table without any key: what is applied twice is there twice.
struct Ledger {
    committed: Arc<AtomicUsize>,
}

impl Ledger {
    fn new() -> (Ledger, Arc<AtomicUsize>) {
        let committed = Arc::new(AtomicUsize::new(0));
        (Ledger { committed: Arc::clone(&committed) }, committed)
    }
}

impl Projection for Ledger {
    fn name(&self) -> &'static str {
        "ledger"
    }

    async fn apply(&mut self, tx: &mut PgConnection, records: &[Record]) -> Result<(), ProjectError> {
        for record in records {
            if record.id.ends_with("-poison") {
                return Err(ProjectError::Poison("it says so itself".to_owned()));
            }
            let number: Option<i32> = if record.id.ends_with("-null") { None } else { Some(1) };
            sqlx::query("insert into ledger (sequence, id, number) values ($1, $2, $3)")
                .bind(i64::try_from(record.sequence).unwrap())
                .bind(&record.id)
                .bind(number)
                .execute(&mut *tx)
                .await?;
        }
        Ok(())
    }

    fn committed(&mut self, records: &[Record]) {
        self.committed.fetch_add(records.len(), Ordering::SeqCst);
    }
}

async fn prepare(pool: &PgPool) {
    sqlx::query("create table ledger (sequence bigint not null, id text not null, number int not null)")
        .execute(pool)
        .await
        .unwrap();
}

async fn sequences(pool: &PgPool, table: &'static str) -> Vec<i64> {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select sequence from {table} order by sequence")))
        .fetch_all(pool)
        .await
        .unwrap_or_default()
}

async fn position(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select sequence from journal_position where projection = 'ledger'")
        .fetch_one(pool)
        .await
        .unwrap_or(0)
}

fn spawn(
    journal: &Journal,
    stream: Stream,
    pool: &PgPool,
) -> (tokio::task::JoinHandle<()>, CancellationToken, Arc<AtomicUsize>) {
    let (ledger, committed) = Ledger::new();
    let shutdown = CancellationToken::new();
    let (journal, pool, token) = (journal.clone(), pool.clone(), shutdown.clone());
    let task = tokio::spawn(async move { project(&journal, &stream, &pool, ledger, token).await.unwrap() });
    (task, shutdown, committed)
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_between_batches_and_two_projectors_apply_everything_once() {
    let stream = Stream::new("PROJECT", "project");
    let (cluster, postgres) = tokio::join!(Cluster::shared(), Postgres::shared());
    let journal = cluster.journal(TOKYO, "one").await;
    let pool = postgres.database().await;
    prepare(&pool).await;
    journal.ensure_stream(&stream).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write_until(journal.clone(), stream, Arc::clone(&stop)));
    // Two projectors run all the time, and others that crash at no particular moment.
    let lasting = [spawn(&journal, stream, &pool), spawn(&journal, stream, &pool)];
    let mut crashes = 0;
    while crashes < 5 || lasting.iter().any(|(_, _, committed)| committed.load(Ordering::SeqCst) < 10) {
        let (crashing, _, committed) = spawn(&journal, stream, &pool);
        let before = crashes;
        for _ in 0..20 {
            if committed.load(Ordering::SeqCst) > 0 {
                crashes = before + 1;
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        crashing.abort();
    }
    stop.store(true, Ordering::SeqCst);
    let last = writing.await.unwrap();
    until("the projection is complete", || async { position(&pool).await == last }).await;
    let expected: Vec<i64> = (1..=last).collect();
    assert_eq!(sequences(&pool, "ledger").await, expected);
    for (task, shutdown, _) in lasting {
        shutdown.cancel();
        task.await.unwrap();
    }
}

async fn write_until(journal: Journal, stream: Stream, stop: Arc<AtomicBool>) -> i64 {
    let mut last = 0;
    while !stop.load(Ordering::SeqCst) {
        let wanted = append(stream, "project.a", Expect::Last(last), &format!("n{last}"));
        last = journal.append(wanted).await.unwrap().sequence;
    }
    i64::try_from(last).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_set_aside_and_the_rest_goes_on() {
    let stream = Stream::new("POISON", "poison");
    let (cluster, postgres) = tokio::join!(Cluster::shared(), Postgres::shared());
    let journal = cluster.journal(TOKYO, "one").await;
    let pool = postgres.database().await;
    prepare(&pool).await;
    journal.ensure_stream(&stream).await.unwrap();
    for n in 1..=30_u64 {
        let id = match n {
            7 => "7-poison".to_owned(),
            20 => "20-null".to_owned(),
            _ => n.to_string(),
        };
        if n == 12 {
            // Bytes that are no unit, as a damaged or foreign writer would leave them.
            let garbage = journal.client().request("poison.garbage", vec![0xff; 9].into()).await.unwrap();
            assert!(!String::from_utf8_lossy(&garbage.payload).contains("error"));
        } else {
            journal.append(append(stream, "poison.a", Expect::Any, &id)).await.unwrap();
        }
    }
    let (task, shutdown, committed) = spawn(&journal, stream, &pool);
    until("the projection is complete", || async { position(&pool).await == 30 }).await;
    assert_eq!(sequences(&pool, "journal_poison").await, [7, 12, 20]);
    let expected: Vec<i64> = (1..=30).filter(|n| ![7, 12, 20].contains(n)).collect();
    assert_eq!(sequences(&pool, "ledger").await, expected);
    let payload: Vec<u8> =
        sqlx::query_scalar("select payload from journal_poison where sequence = 12").fetch_one(&pool).await.unwrap();
    assert_eq!(payload, vec![0xff; 9]);
    until("every commit is told", || async { committed.load(Ordering::SeqCst) == 27 }).await;
    shutdown.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_waited_out() {
    let stream = Stream::new("LOSTDB", "lostdb");
    let (cluster, postgres) = tokio::join!(Cluster::shared(), Postgres::shared());
    let journal = cluster.journal(TOKYO, "one").await;
    let pool = postgres.database().await;
    prepare(&pool).await;
    journal.ensure_stream(&stream).await.unwrap();
    let (task, shutdown, _) = spawn(&journal, stream, &pool);
    let mut last = 0;
    for n in 1..=60_u32 {
        let id = n.to_string();
        last = journal.append(append(stream, "lostdb.a", Expect::Last(last), &id)).await.unwrap().sequence;
        if n % 20 == 0 {
            let _ = sqlx::query(
                "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid()",
            )
            .execute(&pool)
            .await;
        }
    }
    until("the projection is complete", || async { position(&pool).await == 60 }).await;
    let expected: Vec<i64> = (1..=60).collect();
    assert_eq!(sequences(&pool, "ledger").await, expected);
    assert!(sequences(&pool, "journal_poison").await.is_empty());
    shutdown.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_is_one_stream() {
    let (one, two) = (Stream::new("NAMEONE", "nameone"), Stream::new("NAMETWO", "nametwo"));
    let (cluster, postgres) = tokio::join!(Cluster::shared(), Postgres::shared());
    let journal = cluster.journal(TOKYO, "one").await;
    let pool = postgres.database().await;
    prepare(&pool).await;
    journal.ensure_stream(&one).await.unwrap();
    journal.ensure_stream(&two).await.unwrap();
    fill(&journal, one, "nameone.a", 1).await;
    let (task, shutdown, _) = spawn(&journal, one, &pool);
    until("the first projection runs", || async { position(&pool).await == 1 }).await;
    let refused = project(&journal, &two, &pool, Ledger::new().0, CancellationToken::new()).await;
    assert!(matches!(refused, Err(journal::FollowError::OtherStream { .. })));
    shutdown.cancel();
    task.await.unwrap();
}
