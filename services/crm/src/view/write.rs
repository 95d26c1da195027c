//! Rows, many in one statement. What is there and what comes are joined by the rules of [`Record::apply`]: the greater stamp holds.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::{array, signed};
use crate::record::{Boxed, Hash, Known, Record, Stamp, Touch, Value};

type Records = BTreeMap<String, Record>;

/// Takes out what was erased before it came here: a rebuild, or a view that lags. The erasure itself takes the lock that moving the position
/// took, so one of the two sees the other.
pub(super) async fn forget_erased(tx: &mut PgConnection, records: &mut Records) -> Result<(), sqlx::Error> {
    let others = records.values().flat_map(|record| record.links.keys().map(|(_, other)| other.clone()));
    let named: BTreeSet<String> = records.keys().cloned().chain(others).collect();
    let erased = erased(tx, named).await?;
    for (name, record) in records.iter_mut() {
        record.links.retain(|(_, other), _| !erased.contains(other));
        if erased.contains(name) {
            *record = Record { undone: std::mem::take(&mut record.undone), ..Record::default() };
        }
    }
    // What was undone on an erased record is written all the same.
    let undone: Records = records
        .iter()
        .filter(|(name, _)| erased.contains(*name))
        .map(|(name, record)| (name.clone(), record.clone()))
        .collect();
    write_undone(tx, &undone).await?;
    records.retain(|name, _| !erased.contains(name));
    Ok(())
}

/// Which of these are erased.
pub(crate) async fn erased(tx: &mut PgConnection, named: BTreeSet<String>) -> Result<BTreeSet<String>, sqlx::Error> {
    let found: Vec<String> = sqlx::query_scalar("select record_id from erased_records where record_id = any($1)")
        .bind(named.into_iter().collect::<Vec<_>>())
        .fetch_all(tx)
        .await?;
    Ok(found.into_iter().collect())
}

/// Writes what these parts of records say.
pub(super) async fn records(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    write_records(tx, records).await?;
    write_identities(tx, records).await?;
    write_fields(tx, records).await?;
    write_findable(tx, records).await?;
    write_consents(tx, records).await?;
    write_links(tx, records).await?;
    write_undone(tx, records).await?;
    write_touches(tx, records).await
}

/// Every part of one sort with its record's id, as columns are made from.
fn parts<'a, T: 'a, I: Iterator<Item = T>>(
    records: &'a Records,
    of: impl Fn(&'a Record) -> I + 'a,
) -> Vec<(&'a String, T)> {
    records.iter().flat_map(|(name, record)| of(record).map(move |part| (name, part))).collect()
}

fn column<'a, T, V>(parts: &'a [(&'a String, T)], of: impl Fn(&'a T) -> V) -> Vec<V> {
    parts.iter().map(|(_, part)| of(part)).collect()
}

fn names<T>(parts: &[(&String, T)]) -> Vec<String> {
    parts.iter().map(|(name, _)| (*name).clone()).collect()
}

fn text(stamp: Option<&Stamp>) -> Option<String> {
    stamp.map(|stamp| stamp.as_str().to_owned())
}

fn bytes(sealed: Option<&Boxed>) -> Option<Vec<u8>> {
    sealed.map(|sealed| sealed.bytes.to_vec())
}

fn place(sealed: Option<&Boxed>) -> Option<String> {
    sealed.map(|sealed| sealed.place.clone())
}

/// A record that is only linked to is there as well, so that it belongs to a customer.
async fn write_records(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let linked = records.values().flat_map(|record| record.links.keys().map(|(_, other)| other));
    let bare = Record::default();
    let mut rows: BTreeMap<&String, &Record> = linked.map(|other| (other, &bare)).collect();
    rows.extend(records.iter());
    let rows: Vec<(&String, &Record)> = rows.into_iter().collect();
    sqlx::query(
        "insert into records (record_id, customer_id, kind, kind_stamp, last_at_ms) \
         select r, r, k, s, l from unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[]) as v (r, k, s, l) \
         on conflict (record_id) do update set \
         kind = case when excluded.kind_stamp > coalesce(records.kind_stamp, '') then excluded.kind else records.kind end, \
         kind_stamp = greatest(records.kind_stamp, excluded.kind_stamp), \
         last_at_ms = greatest(records.last_at_ms, excluded.last_at_ms)",
    )
    .bind(names(&rows))
    .bind(column(&rows, |record| record.kind.as_ref().map_or(0, |(_, kind)| *kind)))
    .bind(column(&rows, |record| text(record.kind.as_ref().map(|(stamp, _)| stamp))))
    .bind(column(&rows, |record| signed(record.last_at_ms)))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_identities(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let rows: Vec<(&String, (&Hash, &Known))> = parts(records, |record| record.identities.iter());
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into identities (record_id, identity, kind, seen, verified, gone, sealed, place, pieces) \
         select r, i, k, s, v, g, b, p, t::integer[] from unnest($1::text[], $2::bytea[], $3::smallint[], $4::text[], $5::text[], \
         $6::text[], $7::bytea[], $8::text[], $9::text[]) as n (r, i, k, s, v, g, b, p, t) \
         on conflict (record_id, identity) do update set \
         kind = case when excluded.seen > coalesce(identities.seen, '') then excluded.kind else identities.kind end, \
         sealed = case when excluded.seen > coalesce(identities.seen, '') then excluded.sealed else identities.sealed end, \
         place = case when excluded.seen > coalesce(identities.seen, '') then excluded.place else identities.place end, \
         pieces = case when excluded.seen > coalesce(identities.seen, '') then excluded.pieces else identities.pieces end, \
         seen = greatest(identities.seen, excluded.seen), verified = greatest(identities.verified, excluded.verified), \
         gone = greatest(identities.gone, excluded.gone)",
    )
    .bind(names(&rows))
    .bind(column(&rows, |(hash, _)| hash.0.to_vec()))
    .bind(column(&rows, |(_, known)| known.kind))
    .bind(column(&rows, |(_, known)| text(known.seen.as_ref())))
    .bind(column(&rows, |(_, known)| text(known.verified.as_ref())))
    .bind(column(&rows, |(_, known)| text(known.gone.as_ref())))
    .bind(column(&rows, |(_, known)| bytes(known.sealed.as_ref())))
    .bind(column(&rows, |(_, known)| place(known.sealed.as_ref())))
    .bind(column(&rows, |(_, known)| array(&known.pieces)))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_fields(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let rows: Vec<(&String, (&i16, &Value))> = parts(records, |record| record.fields.iter());
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into fields (record_id, field, stamp, sealed, place, pieces) \
         select r, f, s, b, p, t::integer[] from unnest($1::text[], $2::smallint[], $3::text[], $4::bytea[], $5::text[], $6::text[]) \
         as n (r, f, s, b, p, t) \
         on conflict (record_id, field) do update set stamp = excluded.stamp, sealed = excluded.sealed, place = excluded.place, \
         pieces = excluded.pieces where excluded.stamp > fields.stamp",
    )
    .bind(names(&rows))
    .bind(column(&rows, |(field, _)| **field))
    .bind(column(&rows, |(_, value)| value.stamp.as_str().to_owned()))
    .bind(column(&rows, |(_, value)| bytes(value.sealed.as_ref())))
    .bind(column(&rows, |(_, value)| place(value.sealed.as_ref())))
    .bind(column(&rows, |(_, value)| array(&value.pieces)))
    .execute(tx)
    .await?;
    Ok(())
}

/// Anew from what the record has now.
async fn write_findable(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let changed = records.iter().filter(|(_, record)| !record.fields.is_empty() || !record.identities.is_empty());
    let names: Vec<String> = changed.map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into findable (record_id, pieces) select r, coalesce((select array_agg(distinct piece) from \
         (select unnest(pieces) from fields where record_id = r union all \
         select unnest(pieces) from identities where record_id = r and seen > coalesce(gone, '')) has (piece)), '{}') \
         from unnest($1::text[]) changed (r) \
         on conflict (record_id) do update set pieces = excluded.pieces where findable.pieces <> excluded.pieces",
    )
    .bind(names)
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_consents(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let rows = parts(records, |record| record.consents.iter());
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into consents (record_id, purpose, channel, stamp, granted) \
         select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) \
         on conflict (record_id, purpose, channel) do update set stamp = excluded.stamp, granted = excluded.granted \
         where excluded.stamp > consents.stamp",
    )
    .bind(names(&rows))
    .bind(column(&rows, |((purpose, _), _)| purpose.clone()))
    .bind(column(&rows, |((_, channel), _)| channel.clone()))
    .bind(column(&rows, |(_, (stamp, _))| stamp.as_str().to_owned()))
    .bind(column(&rows, |(_, (_, granted))| *granted))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_links(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let rows = parts(records, |record| record.links.iter());
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into links (record_id, link_id, other_id, stamp, said_by) \
         select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) \
         on conflict (record_id, link_id, other_id) do update set stamp = excluded.stamp, said_by = excluded.said_by \
         where excluded.stamp < links.stamp",
    )
    .bind(names(&rows))
    .bind(column(&rows, |((link, _), _)| link.clone()))
    .bind(column(&rows, |((_, other), _)| other.clone()))
    .bind(column(&rows, |(_, (stamp, _))| stamp.as_str().to_owned()))
    .bind(column(&rows, |(_, (_, by))| by.clone()))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_undone(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let rows: Vec<(&String, &String)> = parts(records, |record| record.undone.iter());
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into undone_links (record_id, link_id) select * from unnest($1::text[], $2::text[]) on conflict do nothing",
    )
    .bind(names(&rows))
    .bind(column(&rows, |link| (*link).clone()))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_touches(tx: &mut PgConnection, records: &Records) -> Result<(), sqlx::Error> {
    let rows = parts(records, |record| record.touches.iter());
    if rows.is_empty() {
        return Ok(());
    }
    let touches: Vec<&Touch> = rows.iter().map(|(_, (_, (_, touch)))| touch).collect();
    sqlx::query(
        "insert into touchpoints (record_id, fact, at_ms, kind, channel, route, reason, mood, reference, stage, amount, sealed, place) \
         select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[], \
         $9::text[], $10::smallint[], $11::bigint[], $12::bytea[], $13::text[]) \
         on conflict (record_id, fact) do update set at_ms = excluded.at_ms, kind = excluded.kind, channel = excluded.channel, \
         route = excluded.route, reason = excluded.reason, mood = excluded.mood, reference = excluded.reference, \
         stage = excluded.stage, amount = excluded.amount, sealed = excluded.sealed, place = excluded.place \
         where excluded.at_ms < touchpoints.at_ms",
    )
    .bind(names(&rows))
    .bind(column(&rows, |(fact, _)| (*fact).clone()))
    .bind(column(&rows, |(_, (at_ms, _))| signed(*at_ms)))
    .bind(touches.iter().map(|touch| touch.kind.clone()).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| touch.channel.clone()).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| touch.route.clone()).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| touch.reason.clone()).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| touch.mood).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| touch.reference.clone()).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| touch.stage).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| touch.amount).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| bytes(touch.text.as_ref())).collect::<Vec<_>>())
    .bind(touches.iter().map(|touch| place(touch.text.as_ref())).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}
