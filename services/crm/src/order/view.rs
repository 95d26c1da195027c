//! Orders in rows, and read again. All SQL of orders.

use std::collections::{BTreeMap, BTreeSet};

use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1::{OrderReported, OrderState};
use sqlx::{FromRow, PgConnection, PgPool};

use super::{
    report::order_of,
    state::{Milestone, milestones, take},
};
use crate::view::signed;

/// Takes the orders of a batch in; erased customers' keep their figures only.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let mut held: BTreeMap<String, Option<OrderReported>> = BTreeMap::new();
    // Of every report, not only of those that hold: which ones meet in a batch must not be seen afterwards.
    let mut heard: BTreeMap<String, u64> = BTreeMap::new();
    for unit in units {
        let Some(order) = order_of(&unit.subject) else { continue };
        for bytes in &unit.unit.events {
            let report = OrderReported::decode(bytes.clone());
            let report = report.map_err(|error| ProjectError::Poison(format!("decoding an order: {error}")))?;
            let last = heard.entry(report.record_id.clone()).or_default();
            *last = (*last).max(last_at(order, &report));
            take(held.entry(order.to_owned()).or_default(), &report);
        }
    }
    let reports: Vec<(String, OrderReported)> = held.into_iter().filter_map(|(order, it)| Some((order, it?))).collect();
    if reports.is_empty() {
        return Ok(());
    }
    let erased = crate::view::erased(tx, heard.keys().cloned().collect()).await?;
    heard.retain(|record, _| !erased.contains(record));
    write_records(tx, &heard).await?;
    let before = owners(tx, &reports).await?;
    let changed = write(tx, &reports, &erased).await?;
    let changed: Vec<&(String, OrderReported)> = reports.iter().filter(|(order, _)| changed.contains(order)).collect();
    forget_milestones(tx, &before).await?;
    let living: Vec<_> = changed.into_iter().filter(|(_, it)| !erased.contains(&it.record_id)).collect();
    write_milestones(tx, &living).await?;
    Ok(())
}

/// When something of a state happened last.
fn last_at(order: &str, report: &OrderReported) -> u64 {
    let told = report.state.as_ref().map(|state| milestones(order, state)).unwrap_or_default();
    told.into_iter().map(|told| told.at_ms).max().unwrap_or(0)
}

/// Owners of orders are there, and were last heard of then.
async fn write_records(tx: &mut PgConnection, heard: &BTreeMap<String, u64>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into records (record_id, customer_id, kind, last_at_ms) \
         select r, r, 0, l from unnest($1::text[], $2::bigint[]) as v (r, l) \
         on conflict (record_id) do update set last_at_ms = greatest(records.last_at_ms, excluded.last_at_ms)",
    )
    .bind(heard.keys().cloned().collect::<Vec<_>>())
    .bind(heard.values().map(|at| signed(*at)).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

type Owners = Vec<(String, String)>;

/// Whose the orders are as the view has it, where a newer report comes.
async fn owners(tx: &mut PgConnection, reports: &[(String, OrderReported)]) -> Result<Owners, sqlx::Error> {
    sqlx::query_as(
        "select orders.order_id, orders.record_id from orders \
         join unnest($1::text[], $2::bigint[], $3::text[]) as new (id, version, report) on orders.order_id = new.id \
         where (new.version, new.report collate \"C\") > (orders.version, orders.report_id)",
    )
    .bind(column(reports, |(order, _)| order.clone()))
    .bind(column(reports, |(_, it)| signed(it.version)))
    .bind(column(reports, |(_, it)| it.report_id.clone()))
    .fetch_all(tx)
    .await
}

/// Writes what holds; the orders that changed.
async fn write(
    tx: &mut PgConnection,
    reports: &[(String, OrderReported)],
    erased: &BTreeSet<String>,
) -> Result<BTreeSet<String>, sqlx::Error> {
    let state = |it: &OrderReported| it.state.clone().unwrap_or_default();
    let sealed = |it: &OrderReported| {
        let sealed = it.private.as_ref().filter(|_| !erased.contains(&it.record_id));
        sealed.map(|sealed| sealed.r#box.to_vec())
    };
    let changed: Vec<String> = sqlx::query_scalar(
        "insert into orders (order_id, record_id, shop, placed_at_ms, version, report_id, source, state, sealed) \
         select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], \
         $8::bytea[], $9::bytea[]) \
         on conflict (order_id) do update set record_id = excluded.record_id, shop = excluded.shop, \
         placed_at_ms = excluded.placed_at_ms, version = excluded.version, report_id = excluded.report_id, \
         source = excluded.source, state = excluded.state, sealed = excluded.sealed \
         where (excluded.version, excluded.report_id) > (orders.version, orders.report_id) returning order_id",
    )
    .bind(column(reports, |(order, _)| order.clone()))
    .bind(column(reports, |(_, it)| it.record_id.clone()))
    .bind(column(reports, |(_, it)| state(it).shop))
    .bind(column(reports, |(_, it)| signed(state(it).placed_at_ms)))
    .bind(column(reports, |(_, it)| signed(it.version)))
    .bind(column(reports, |(_, it)| it.report_id.clone()))
    .bind(column(reports, |(_, it)| it.source.clone()))
    .bind(column(reports, |(_, it)| state(it).encode_to_vec()))
    .bind(column(reports, |(_, it)| sealed(it)))
    .fetch_all(&mut *tx)
    .await?;
    let shops: BTreeSet<String> = reports.iter().map(|(_, it)| state(it).shop).collect();
    sqlx::query("insert into order_shops (shop) select unnest($1::text[]) on conflict do nothing")
        .bind(shops.into_iter().collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(changed.into_iter().collect())
}

/// A newer state makes its milestones anew: a time that was wrong leaves nothing behind.
async fn forget_milestones(tx: &mut PgConnection, before: &Owners) -> Result<(), sqlx::Error> {
    if before.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "delete from touchpoints using unnest($1::text[], $2::text[]) as old (id, record) \
         where touchpoints.record_id = old.record collate \"C\" and touchpoints.fact > (old.id || '.') collate \"C\" \
         and touchpoints.fact < (old.id || '/') collate \"C\"",
    )
    .bind(column(before, |(order, _)| order.clone()))
    .bind(column(before, |(_, record)| record.clone()))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_milestones(tx: &mut PgConnection, orders: &[&(String, OrderReported)]) -> Result<(), sqlx::Error> {
    let of = |(order, it): &&(String, OrderReported)| {
        let told = milestones(order, &it.state.clone().unwrap_or_default());
        told.into_iter().map(|told| (it.record_id.clone(), it.source.clone(), told)).collect::<Vec<_>>()
    };
    let rows: Vec<(String, String, Milestone)> = orders.iter().flat_map(of).collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into touchpoints (record_id, fact, at_ms, kind, channel, route, reason, mood, reference, stage, amount) \
         select r, f, t, k, c, w, y, 0, e, 0, a from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], \
         $6::text[], $7::text[], $8::text[], $9::bigint[]) as v (r, f, t, k, c, w, y, e, a) \
         on conflict (record_id, fact) do nothing",
    )
    .bind(column(&rows, |(record, ..)| record.clone()))
    .bind(column(&rows, |(_, source, told)| format!("{}/{source}", told.id)))
    .bind(column(&rows, |(.., told)| signed(told.at_ms)))
    .bind(column(&rows, |(.., told)| told.touchpoint.kind.clone()))
    .bind(column(&rows, |(.., told)| told.touchpoint.channel.clone()))
    .bind(column(&rows, |(.., told)| told.touchpoint.route.clone()))
    .bind(column(&rows, |(.., told)| told.touchpoint.reason.clone()))
    .bind(column(&rows, |(.., told)| told.touchpoint.reference.clone()))
    .bind(column(&rows, |(.., told)| told.touchpoint.amount))
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes what is sealed of erased records out of the view.
pub(crate) async fn forget(tx: &mut PgConnection, records: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query("update orders set sealed = null where record_id = any($1)").bind(records).execute(tx).await?;
    Ok(())
}

fn column<T, V>(rows: &[T], of: impl Fn(&T) -> V) -> Vec<V> {
    rows.iter().map(of).collect()
}

/// An order as the view has it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) order_id: String,
    pub(crate) record_id: String,
    pub(crate) placed_at_ms: i64,
    pub(crate) version: i64,
    pub(crate) source: String,
    state: Vec<u8>,
    pub(crate) sealed: Option<Vec<u8>>,
}

impl Row {
    /// What is not personal.
    pub(crate) fn state(&self) -> OrderState {
        OrderState::decode(self.state.as_slice()).unwrap_or_default()
    }
}

/// The records of a customer, by the id of any of them; one that the view does not know is alone.
pub(crate) async fn records_of(pool: &PgPool, customer: &str) -> Result<Vec<String>, sqlx::Error> {
    let mut found: Vec<String> = sqlx::query_scalar(
        "select record_id from records where customer_id = (select customer_id from records where record_id = $1)",
    )
    .bind(customer)
    .fetch_all(pool)
    .await?;
    if found.is_empty() {
        found.push(customer.to_owned());
    }
    Ok(found)
}

/// A place in a list: when an order was placed, and its id.
pub(crate) type Place = (i64, String);

/// Orders of some records, newest first, after a place.
pub(crate) async fn list(
    pool: &PgPool,
    records: &[String],
    shop: &str,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let (at, id) = after.unwrap_or_else(|| (i64::MAX, "~".to_owned()));
    sqlx::query_as(
        "select order_id, record_id, placed_at_ms, version, source, state, sealed from orders \
         where record_id = any($1) and ($2 = '' or shop = $2) and (placed_at_ms, order_id) < ($3, $4 collate \"C\") \
         order by placed_at_ms desc, order_id desc limit $5",
    )
    .bind(records)
    .bind(shop)
    .bind(at)
    .bind(id)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Orders of everybody after one, in the order of their ids; not those of erased customers.
pub(crate) async fn page(pool: &PgPool, after: &str, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(
        "select order_id, record_id, placed_at_ms, version, source, state, sealed from orders \
         where order_id > $1 and sealed is not null order by order_id limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// One order.
pub(crate) async fn one(pool: &PgPool, order: &str) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(
        "select order_id, record_id, placed_at_ms, version, source, state, sealed from orders where order_id = $1",
    )
    .bind(order)
    .fetch_optional(pool)
    .await
}
