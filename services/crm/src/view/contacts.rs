//! The contacts of a company.

use std::fmt;

use chassis::refusal::Refusal;
use proto::crm::v1 as pb;

use super::{array, load::Reader, read::by_index, signed};
use crate::{
    convert::field_pieces,
    error::{away, no_such_customer},
    fold::is_record_id,
    secret::Hasher,
};

/// A place in a list of contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContactPlace {
    last_at_ms: u64,
    customer: String,
}

impl ContactPlace {
    /// Reads what [`Display`](fmt::Display) wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (at, customer) = text.split_once('~')?;
        let last_at_ms = at.parse().ok()?;
        is_record_id(customer).then(|| Self { last_at_ms, customer: customer.to_owned() })
    }
}

impl fmt::Display for ContactPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.last_at_ms, self.customer)
    }
}

/// Customers by what any of their records says of their company; of several words the newest holds, as it does when the customer is shown. Each
/// customer is looked at by itself (`lateral`), by the indexes.
const CONTACTS: &str = "with named as materialized (select p::integer[] as pieces from unnest($1::text[]) p), \
    claimed as materialized (select distinct r.customer_id from fields f join records r using (record_id) \
     where f.field = 8 and f.pieces in (select pieces from named)) \
    select c.customer_id, l.last_at from claimed c \
    cross join lateral (select max(last_at_ms) as last_at from records where customer_id = c.customer_id) l \
    cross join lateral (select f.pieces from records m join fields f using (record_id) \
     where m.customer_id = c.customer_id and f.field = 8 order by f.stamp desc, f.record_id limit 1) w \
    where c.customer_id <> $2 and w.pieces in (select pieces from named) \
    and ($3::bigint is null or (l.last_at, c.customer_id) < ($3, $4 collate \"C\")) \
    order by l.last_at desc, c.customer_id desc limit $5";

/// The contacts of a company, who was heard of last first, and where to go on. The company is meant by any of its records, so that contacts stay with
/// it when records are joined.
///
/// # Errors
/// `no_such_customer`; `unavailable` when the database or the key store does not answer.
pub(crate) async fn contacts(
    reader: &Reader<'_>,
    hasher: &Hasher,
    company: &str,
    after: Option<&ContactPlace>,
    limit: usize,
) -> Result<(Vec<pb::Customer>, String), Refusal> {
    let records: Vec<String> = sqlx::query_scalar(
        "select record_id from records where customer_id in (select customer_id from records where record_id = $1)",
    )
    .bind(company)
    .fetch_all(reader.pool)
    .await
    .map_err(|error| away(&error))?;
    // A customer's id is the smallest of its records'.
    let own = records.iter().min().cloned().ok_or_else(no_such_customer)?;
    let pieces = records.iter().map(|record| array(&field_pieces(hasher, pb::ProfileField::CompanyId, record)));
    let mut tx = by_index(reader.pool).await.map_err(|error| away(&error))?;
    let mut found: Vec<(String, i64)> = sqlx::query_as(CONTACTS)
        .bind(pieces.collect::<Vec<_>>())
        .bind(own)
        .bind(after.map(|place| signed(place.last_at_ms)))
        .bind(after.map(|place| place.customer.clone()))
        .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
        .fetch_all(&mut *tx)
        .await
        .map_err(|error| away(&error))?;
    drop(tx);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map_or_else(String::new, |(customer, at)| {
        ContactPlace { last_at_ms: at.unsigned_abs(), customer: customer.clone() }.to_string()
    });
    let ids: Vec<String> = found.into_iter().map(|(customer, _)| customer).collect();
    let whole = reader.customers(ids.as_slice().into()).await?;
    Ok((whole.into_iter().map(|whole| whole.customer).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_and_nothing_else_is_one() {
        let place = ContactPlace { last_at_ms: 1_790_000_000_123, customer: "rec-a".into() };
        assert_eq!(ContactPlace::parse(&place.to_string()), Some(place));
        for text in ["", "1", "x~a", "1~", "1~a b", "~a"] {
            assert_eq!(ContactPlace::parse(text), None, "{text}");
        }
    }
}
