//! Settings, runs, holds and what is open of whom, in rows. All SQL of retention.

use std::collections::{BTreeMap, HashMap};

use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::{
    crm::v1::{HoldSet, OrderState, OrderStatus, RetentionRan, RetentionRun, RetentionSet, RetentionSettings},
    journal::v1::Sealed,
};
use sqlx::{PgConnection, PgPool};

use super::{
    rule::{Facts, Millis, Rules},
    store::{RUNS, SETTINGS, held_of},
};
use crate::{bus::CRM, view::signed};

/// Customers on hold that are listed, at most.
const LISTED: i64 = 5_000;

/// Takes what a batch says in.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let mut holds: BTreeMap<&str, HoldSet> = BTreeMap::new();
    for unit in units {
        let Some(rest) = unit.subject.strip_prefix(CRM.prefix) else { continue };
        let Some(bytes) = unit.unit.events.last() else { continue };
        let poison = |error: prost::DecodeError| ProjectError::Poison(format!("decoding retention: {error}"));
        if rest == SETTINGS {
            set(tx, unit, RetentionSet::decode(bytes.clone()).map_err(poison)?).await?;
        } else if rest == RUNS {
            ran(tx, unit, RetentionRan::decode(bytes.clone()).map_err(poison)?).await?;
        } else if let Some(record) = held_of(rest) {
            holds.insert(record, HoldSet::decode(bytes.clone()).map_err(poison)?);
        }
    }
    if holds.is_empty() {
        return Ok(());
    }
    let erased = crate::view::erased(tx, holds.keys().map(|it| (*it).to_owned()).collect()).await?;
    for (record, hold) in holds.into_iter().filter(|(record, _)| !erased.contains(*record)) {
        held(tx, record, hold).await?;
    }
    Ok(())
}

async fn set(tx: &mut PgConnection, unit: &Unit, set: RetentionSet) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into retention_settings (sequence, at_ms, settings) values ($1, $2, $3) on conflict (only_row) do update \
         set sequence = excluded.sequence, at_ms = excluded.at_ms, settings = excluded.settings",
    )
    .bind(signed(unit.sequence))
    .bind(signed(set.at_ms))
    .bind(set.settings.unwrap_or_default().encode_to_vec())
    .execute(tx)
    .await?;
    Ok(())
}

async fn ran(tx: &mut PgConnection, unit: &Unit, ran: RetentionRan) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into retention_runs (sequence, run) values ($1, $2) on conflict (only_row) do update \
         set sequence = excluded.sequence, run = excluded.run",
    )
    .bind(signed(unit.sequence))
    .bind(ran.run.unwrap_or_default().encode_to_vec())
    .execute(tx)
    .await?;
    Ok(())
}

async fn held(tx: &mut PgConnection, record: &str, hold: HoldSet) -> Result<(), sqlx::Error> {
    let Some(reason) = hold.reason else {
        sqlx::query("delete from holds where record_id = $1").bind(record).execute(tx).await?;
        return Ok(());
    };
    sqlx::query(
        "insert into holds (record_id, reason, by_id, at_ms) values ($1, $2, $3, $4) on conflict (record_id) do update \
         set reason = excluded.reason, by_id = excluded.by_id, at_ms = excluded.at_ms",
    )
    .bind(record)
    .bind(reason.r#box.to_vec())
    .bind(hold.by)
    .bind(signed(hold.at_ms))
    .execute(tx)
    .await?;
    Ok(())
}

/// What holds, and since when; nothing until somebody set it.
pub(super) async fn settings(pool: &PgPool) -> Result<Option<(RetentionSettings, Millis)>, sqlx::Error> {
    let row: Option<(i64, i64, Vec<u8>)> =
        sqlx::query_as("select sequence, at_ms, settings from retention_settings").fetch_optional(pool).await?;
    let Some((sequence, at_ms, bytes)) = row else { return Ok(None) };
    let mut settings =
        RetentionSettings::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))?;
    settings.version = sequence.unsigned_abs();
    Ok(Some((settings, at_ms.unsigned_abs())))
}

/// The newest run, and its event's sequence.
pub(super) async fn last_run(pool: &PgPool) -> Result<Option<(RetentionRun, u64)>, sqlx::Error> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("select sequence, run from retention_runs").fetch_optional(pool).await?;
    let Some((sequence, bytes)) = row else { return Ok(None) };
    let run = RetentionRun::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Some((run, sequence.unsigned_abs())))
}

/// A hold as the view has it: customer, record, reason, by whom, when.
pub(super) type Held = (String, String, Sealed, String, Millis);

/// Who is kept, each customer once by the newest word, newest first.
pub(super) async fn holds(pool: &PgPool) -> Result<Vec<Held>, sqlx::Error> {
    let rows: Vec<(String, String, Vec<u8>, String, i64)> = sqlx::query_as(
        "select * from (select distinct on (1) coalesce(r.customer_id, h.record_id), h.record_id, h.reason, h.by_id, h.at_ms \
         from holds h left join records r on r.record_id = h.record_id order by 1, h.at_ms desc, h.record_id) h \
         order by h.at_ms desc, h.record_id limit $1",
    )
    .bind(LISTED)
    .fetch_all(pool)
    .await?;
    let held = rows.into_iter().map(|(customer, record, reason, by, at)| {
        let sealed = Sealed { key_id: record.clone(), r#box: reason.into() };
        (customer, record, sealed, by, at.unsigned_abs())
    });
    Ok(held.collect())
}

/// Records of these customers that are kept, and whose they are.
pub(super) async fn held_records(pool: &PgPool, of: &[String]) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "select r.customer_id, h.record_id from records r join holds h using (record_id) where r.customer_id = any($1)",
    )
    .bind(of)
    .fetch_all(pool)
    .await
}

/// Whether any of these records is kept.
pub(crate) async fn is_held(pool: &PgPool, records: &[String]) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from holds where record_id = any($1))")
        .bind(records)
        .fetch_one(pool)
        .await
}

/// Customers of whom nothing was heard since `earliest` and whom any of the rules may mean, the longest silent first.
pub(super) async fn silent(
    pool: &PgPool,
    rules: &Rules,
    earliest: Millis,
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select customer_id, max(last_at_ms) from records group by customer_id having max(last_at_ms) < $1 \
         and case when $2 and $3 then true else $3 = bool_or(case when $2 and $3 then false else \
         exists (select from touchpoints t where t.record_id = records.record_id and t.kind in ('order', 'purchase')) \
         or exists (select from orders o where o.record_id = records.record_id) end) end order by 2, 1 limit $4",
    )
    .bind(signed(earliest))
    .bind(rules.prospect_days > 0)
    .bind(rules.customer_days > 0)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(customer, _)| customer).collect())
}

/// What is known of these customers. What departments did for them counts as well: when a case was solved, for when a task was that was done.
pub(super) async fn facts(pool: &PgPool, customers: &[String]) -> Result<HashMap<String, Facts>, sqlx::Error> {
    let rows: Vec<(String, i64, bool, i64)> = sqlx::query_as(
        "select r.customer_id, max(greatest(r.last_at_ms, coalesce(t.at_ms, 0), coalesce(c.at_ms, 0), coalesce(k.at_ms, 0))), \
         coalesce(bool_or(t.bought), false), \
         coalesce(sum(c.open + k.open + m.open), 0)::bigint from records r \
         cross join lateral (select max(at_ms) as at_ms, bool_or(kind in ('order', 'purchase')) as bought \
          from touchpoints where record_id = r.record_id) t \
         cross join lateral (select count(*) filter (where not solved) as open, max(-sort_ms) filter (where solved) as at_ms \
          from cases where record_id = r.record_id) c \
         cross join lateral (select count(*) filter (where phase in (1, 2)) as open, max(at_ms) filter (where phase = 3) as at_ms \
          from tasks where record_id = r.record_id) k \
         cross join lateral (select count(*) as open from commands where record_id = r.record_id and state in (1, 2)) m \
         where r.customer_id = any($1) group by r.customer_id",
    )
    .bind(customers)
    .fetch_all(pool)
    .await?;
    let mut facts: HashMap<String, Facts> = rows
        .into_iter()
        .map(|(customer, last, ordered, open)| {
            (customer, Facts { last_at: last.unsigned_abs(), ordered, open: open.unsigned_abs(), held: false })
        })
        .collect();
    let orders: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "select r.customer_id, o.state from orders o join records r on r.record_id = o.record_id where r.customer_id = any($1)",
    )
    .bind(customers)
    .fetch_all(pool)
    .await?;
    for (customer, state) in orders {
        let known = facts.entry(customer).or_default();
        known.ordered = true;
        known.open += u64::from(is_open(&state));
    }
    let held = held_records(pool, customers).await?;
    held.into_iter().for_each(|(customer, _)| facts.entry(customer).or_default().held = true);
    Ok(facts)
}

/// Whether anything of an order is still to come. What cannot be read is taken for open.
fn is_open(state: &[u8]) -> bool {
    let Ok(state) = OrderState::decode(state) else { return true };
    let over = match state.status() {
        OrderStatus::Delivered | OrderStatus::Cancelled | OrderStatus::Returned => true,
        OrderStatus::Unspecified | OrderStatus::Placed | OrderStatus::Preparing | OrderStatus::Shipped => false,
    };
    !over || state.returns.iter().any(|back| back.ended_at_ms == 0)
}
