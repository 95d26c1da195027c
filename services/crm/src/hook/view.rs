//! Webhooks in rows, and what events need to know of records. All SQL of webhooks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::{
    crm::v1::{WebhookMoved, WebhookState},
    journal::v1::{Claim, Sealed},
};
use sqlx::{FromRow, PgConnection, PgPool};

use super::{
    keeper::hook_of,
    pace::Health,
    tell::{Known, Whose},
    thread::{Hook, Places, Thread},
};
use crate::{bus::record_of, record::Record, view::signed};

/// A webhook as the view has it.
#[derive(Clone, Debug, FromRow)]
struct Row {
    webhook_id: String,
    name: String,
    kinds: Vec<String>,
    private: Vec<u8>,
    state: i16,
    added_at_ms: i64,
    since_ms: i64,
    by_id: String,
    moved: Vec<u8>,
    owner: String,
    epoch: i64,
    sequence: i64,
}

const ROWS: &str = "select webhook_id, name, kinds, private, state, added_at_ms, since_ms, by_id, moved, owner, epoch, sequence from webhooks";

impl Row {
    /// The thread that it was written from.
    fn thread(self) -> Thread {
        let moved = WebhookMoved::decode(self.moved.as_slice()).unwrap_or_default();
        let private = Sealed { key_id: self.webhook_id, r#box: self.private.into() };
        let hook = Hook {
            name: self.name,
            kinds: self.kinds.into_iter().collect(),
            private: Some(private).filter(|it| !it.r#box.is_empty()),
            state: WebhookState::try_from(i32::from(self.state)).unwrap_or(WebhookState::Paused),
            added_at: self.added_at_ms.unsigned_abs(),
            since: self.since_ms.unsigned_abs(),
            by: self.by_id,
            places: Places::read(&moved.places.unwrap_or_default()),
            health: Health { failures: moved.failures, failing_since: moved.failing_since_ms },
            deliveries: moved.deliveries,
        };
        let claim = Claim { owner: self.owner, epoch: self.epoch.unsigned_abs() };
        Thread { held: Some(hook), claim: Some(claim), last: self.sequence.unsigned_abs() }
    }
}

/// Takes the webhooks of a batch in, and which of its records were never heard of.
///
/// # Errors
/// Of the database.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    units: &[Unit],
    records: &BTreeMap<String, Record>,
) -> Result<(), ProjectError> {
    births(tx, units, records).await?;
    let touched: Vec<(&str, &Unit)> = units.iter().filter_map(|unit| Some((hook_of(&unit.subject)?, unit))).collect();
    if touched.is_empty() {
        return Ok(());
    }
    let ids: BTreeSet<&str> = touched.iter().map(|(id, _)| *id).collect();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{ROWS} where webhook_id = any($1)")))
        .bind(ids.into_iter().collect::<Vec<_>>())
        .fetch_all(&mut *tx)
        .await?;
    let mut threads: BTreeMap<String, Thread> =
        rows.into_iter().map(|row| (row.webhook_id.clone(), row.thread())).collect();
    for (id, unit) in touched {
        threads.entry(id.to_owned()).or_default().take(unit.sequence, &unit.unit);
    }
    for (id, thread) in &threads {
        match &thread.held {
            Some(hook) => write(tx, id, thread, hook).await?,
            None => {
                sqlx::query("delete from webhooks where webhook_id = $1").bind(id).execute(&mut *tx).await?;
            }
        }
    }
    Ok(())
}

async fn births(tx: &mut PgConnection, units: &[Unit], records: &BTreeMap<String, Record>) -> Result<(), sqlx::Error> {
    let mut first: BTreeMap<&str, i64> = BTreeMap::new();
    for unit in units {
        if let Some(record) = record_of(&unit.subject).filter(|record| records.contains_key(*record)) {
            first.entry(record).or_insert_with(|| signed(unit.sequence));
        }
    }
    if first.is_empty() {
        return Ok(());
    }
    let (records, sequences): (Vec<&str>, Vec<i64>) = first.into_iter().unzip();
    sqlx::query("insert into record_births select * from unnest($1::text[], $2::bigint[]) on conflict do nothing")
        .bind(records)
        .bind(sequences)
        .execute(tx)
        .await?;
    Ok(())
}

async fn write(tx: &mut PgConnection, id: &str, thread: &Thread, hook: &Hook) -> Result<(), sqlx::Error> {
    let moved = WebhookMoved {
        places: Some(hook.places.written()),
        deliveries: hook.deliveries.clone(),
        failures: hook.health.failures,
        failing_since_ms: hook.health.failing_since,
    };
    let (owner, epoch) = thread.claim.as_ref().map(|claim| (claim.owner.clone(), claim.epoch)).unwrap_or_default();
    sqlx::query(
        "insert into webhooks (webhook_id, name, kinds, private, state, added_at_ms, since_ms, by_id, moved, owner, epoch, sequence) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (webhook_id) do update set \
         state = excluded.state, since_ms = excluded.since_ms, moved = excluded.moved, owner = excluded.owner, \
         epoch = excluded.epoch, sequence = excluded.sequence",
    )
    .bind(id)
    .bind(&hook.name)
    .bind(hook.kinds.iter().cloned().collect::<Vec<_>>())
    .bind(hook.private.as_ref().map(|sealed| sealed.r#box.to_vec()).unwrap_or_default())
    .bind(i16::try_from(i32::from(hook.state)).unwrap_or(0))
    .bind(signed(hook.added_at))
    .bind(signed(hook.since))
    .bind(&hook.by)
    .bind(moved.encode_to_vec())
    .bind(owner)
    .bind(signed(epoch))
    .bind(signed(thread.last))
    .execute(tx)
    .await?;
    Ok(())
}

/// All webhooks, oldest first.
pub(super) async fn all(pool: &PgPool) -> Result<Vec<(String, Thread)>, sqlx::Error> {
    let query = format!("{ROWS} order by added_at_ms, webhook_id");
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| (row.webhook_id.clone(), row.thread())).collect())
}

/// One of them; an empty thread: the view does not have it.
pub(super) async fn one(pool: &PgPool, id: &str) -> Result<Thread, sqlx::Error> {
    let query = format!("{ROWS} where webhook_id = $1");
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(pool).await?;
    Ok(row.map(Row::thread).unwrap_or_default())
}

/// Those that are to be told, and by whom.
pub(crate) async fn active(pool: &PgPool) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as("select webhook_id, owner from webhooks where state = $1")
        .bind(WebhookState::Active as i16)
        .fetch_all(pool)
        .await
}

/// What events of these need to know.
pub(super) async fn known(pool: &PgPool, whose: &[Whose], joined: bool) -> Result<Known, sqlx::Error> {
    let mut known = Known::default();
    let (mut records, mut cases, mut tasks) = (BTreeSet::new(), Vec::new(), Vec::new());
    for it in whose {
        match it {
            Whose::Record(record) => drop(records.insert(record.clone())),
            Whose::Case(case) => cases.push(case.clone()),
            Whose::Task(task) => tasks.push(task.clone()),
        }
    }
    if !cases.is_empty() {
        known.cases = pairs(pool, "select case_id, record_id from cases where case_id = any($1)", cases).await?;
    }
    if !tasks.is_empty() {
        known.tasks = pairs(pool, "select task_id, record_id from tasks where task_id = any($1)", tasks).await?;
    }
    records.extend(known.cases.values().chain(known.tasks.values()).cloned());
    let records: Vec<String> = records.into_iter().collect();
    known.customers =
        pairs(pool, "select record_id, customer_id from records where record_id = any($1)", records.clone()).await?;
    let births: Vec<(String, i64)> =
        sqlx::query_as("select record_id, sequence from record_births where record_id = any($1)")
            .bind(records)
            .fetch_all(pool)
            .await?;
    known.births = births.into_iter().map(|(record, sequence)| (record, sequence.unsigned_abs())).collect();
    if joined {
        known.groups = groups(pool, known.customers.values().cloned().collect()).await?;
    }
    Ok(known)
}

async fn pairs(pool: &PgPool, query: &'static str, ids: Vec<String>) -> Result<HashMap<String, String>, sqlx::Error> {
    let found: Vec<(String, String)> = sqlx::query_as(query).bind(ids).fetch_all(pool).await?;
    Ok(found.into_iter().collect())
}

async fn groups(
    pool: &PgPool,
    customers: BTreeSet<String>,
) -> Result<HashMap<String, (Vec<String>, u64)>, sqlx::Error> {
    let found: Vec<(String, Vec<String>, i64)> = sqlx::query_as(
        "select r.customer_id, array_agg(r.record_id order by r.record_id), coalesce(max(m.sequence), 0) from records r \
         left join record_moves m on m.record_id = r.record_id where r.customer_id = any($1) group by r.customer_id",
    )
    .bind(customers.into_iter().collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    Ok(found.into_iter().map(|(customer, records, at)| (customer, (records, at.unsigned_abs()))).collect())
}
