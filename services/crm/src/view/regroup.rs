//! Which records are one customer, anew around what changed. What is far away stays untouched, whatever the size of the whole.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row as _};

use super::signed;
use crate::{
    customer::{Edges, MOST_SHARED, PersonLink, groups, identity_link},
    record::{Hash, Record},
};

/// Looks again at the customers of records whose links, proven identities or undone links these parts speak of.
/// `at`: how far the journal was told of with them.
pub(super) async fn regroup(
    tx: &mut PgConnection,
    records: &BTreeMap<String, Record>,
    at: u64,
) -> Result<(), sqlx::Error> {
    let mut seeds: BTreeSet<String> = BTreeSet::new();
    let mut undone: BTreeSet<String> = BTreeSet::new();
    for (name, record) in records {
        let proven = record.identities.values().any(|known| known.verified.is_some() || known.gone.is_some());
        if proven || !record.links.is_empty() || !record.undone.is_empty() {
            seeds.insert(name.clone());
        }
        seeds.extend(record.links.keys().map(|(_, other)| other.clone()));
        undone.extend(record.undone.iter().cloned());
    }
    if !undone.is_empty() {
        let ends: Vec<(String, String)> =
            sqlx::query_as("select record_id, other_id from links where link_id = any($1)")
                .bind(undone.into_iter().collect::<Vec<_>>())
                .fetch_all(&mut *tx)
                .await?;
        seeds.extend(ends.into_iter().flat_map(|(a, b)| [a, b]));
    }
    around(tx, seeds, at).await
}

/// Looks again at the customers of these records and of all that they are or were joined with.
pub(super) async fn around(tx: &mut PgConnection, seeds: BTreeSet<String>, at: u64) -> Result<(), sqlx::Error> {
    if seeds.is_empty() {
        return Ok(());
    }
    let near = near(tx, seeds).await?;
    let members: BTreeMap<String, String> = sqlx::query_as(
        "select record_id, customer_id from records where customer_id in (select customer_id from records where record_id = any($1))",
    )
    .bind(near.into_iter().collect::<Vec<_>>())
    .fetch_all(&mut *tx)
    .await?
    .into_iter()
    .collect();
    let names: BTreeSet<String> = members.keys().cloned().collect();
    let edges = edges(tx, &names).await?;
    let moved: Vec<(String, String)> = groups(&names, &edges)
        .into_iter()
        .filter(|(record, customer)| members.get(*record).is_some_and(|held| held != customer))
        .map(|(record, customer)| (record.to_owned(), customer.to_owned()))
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let (records, customers): (Vec<String>, Vec<String>) = moved.into_iter().unzip();
    sqlx::query(
        "update records set customer_id = v.customer from unnest($1::text[], $2::text[]) as v (record, customer) where record_id = v.record",
    )
    .bind(&records)
    .bind(customers)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into record_moves select r, $2 from unnest($1::text[]) r on conflict (record_id) do update \
         set sequence = greatest(record_moves.sequence, excluded.sequence)",
    )
    .bind(records)
    .bind(signed(at))
    .execute(tx)
    .await?;
    Ok(())
}

/// These records and those next to them, over links that stand or not.
pub(super) async fn near(tx: &mut PgConnection, seeds: BTreeSet<String>) -> Result<BTreeSet<String>, sqlx::Error> {
    // Of an identity that too many share, enough to see it, or everybody who had it before: who has it no more is a seed.
    let most = i64::try_from(MOST_SHARED + 2 + seeds.len()).unwrap_or(i64::MAX);
    let names: Vec<String> = seeds.iter().cloned().collect();
    let found: Vec<String> = sqlx::query_scalar(
        "select other_id from links where record_id = any($1) union select record_id from links where other_id = any($1) \
         union select o.record_id from (select distinct identity from identities where record_id = any($1) and verified is not null) i \
         cross join lateral (select record_id from identities where identity = i.identity and verified > coalesce(gone, '') limit $2) o",
    )
    .bind(names)
    .bind(most)
    .fetch_all(tx)
    .await?;
    Ok(seeds.into_iter().chain(found).collect())
}

/// Everything that joins these records with each other or with anybody.
pub(crate) async fn edges(tx: &mut PgConnection, records: &BTreeSet<String>) -> Result<Edges, sqlx::Error> {
    let names: Vec<String> = records.iter().cloned().collect();
    let mut edges = Edges::default();
    let links: Vec<(String, String, String)> = sqlx::query_as(
        "select link_id, record_id, other_id from links where record_id = any($1) or other_id = any($1)",
    )
    .bind(&names)
    .fetch_all(&mut *tx)
    .await?;
    edges.links = links.into_iter().map(|(link, a, b)| PersonLink { link, a, b }).collect();
    let shared = sqlx::query(
        "select i.identity, o.record_id from (select distinct identity from identities \
         where record_id = any($1) and verified > coalesce(gone, '')) i \
         cross join lateral (select record_id from identities where identity = i.identity and verified > coalesce(gone, '') limit $2) o",
    )
    .bind(&names)
    .bind(i64::try_from(MOST_SHARED + 1).unwrap_or(i64::MAX))
    .fetch_all(&mut *tx)
    .await?;
    for row in shared {
        let identity: Vec<u8> = row.try_get(0)?;
        let Ok(identity) = <[u8; 16]>::try_from(identity) else { continue };
        edges.identities.entry(Hash(identity)).or_default().insert(row.try_get(1)?);
    }
    edges.identities.retain(|_, records| records.len() > 1);
    let links = edges.links.iter().map(|said| said.link.clone());
    let named: Vec<String> = links.chain(edges.identities.keys().map(|identity| identity_link(*identity))).collect();
    let undone: Vec<(String, String)> =
        sqlx::query_as("select link_id, record_id from undone_links where link_id = any($1)")
            .bind(named)
            .fetch_all(tx)
            .await?;
    edges.undone = undone.into_iter().collect();
    Ok(edges)
}
