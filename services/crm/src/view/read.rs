//! Look-up, timeline, suggestions.

use std::{collections::BTreeSet, fmt};

use chassis::refusal::Refusal;
use proto::crm::v1 as pb;
use spelling::{kana, names, places};
use sqlx::{PgPool, Postgres, Row as _, Transaction, postgres::PgRow};

use super::{
    load::{Opener, Reader, Whole, group_of},
    whom::{Mark, Whom, known_by_sql},
};
use crate::{
    bus,
    customer::{IDENTITY_LINK, Likeness, likeness},
    error::{away, locked, no_such_customer},
    fold::{self, Folded, is_record_id},
    secret::Hasher,
    word::{self, Stages},
};

/// Customers that a look-up answers.
pub(crate) const MOST_FOUND: usize = 20;
/// Customers that are opened at most to see whether they fit.
pub(crate) const CANDIDATES: usize = 200;

/// Who is known by any of these identities.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn look_up(
    reader: &Reader<'_>,
    hasher: &Hasher,
    identities: &[Folded],
) -> Result<Vec<Whole>, Refusal> {
    match marks(hasher, identities).as_slice() {
        [mark] => found(reader, Whom::Known(mark, CANDIDATES)).await,
        marks => found(reader, known_by(reader.pool, marks).await?.as_slice().into()).await,
    }
}

/// What these identities are found by.
pub(crate) fn marks(hasher: &Hasher, identities: &[Folded]) -> Vec<Mark> {
    let mark = |it: &Folded| Mark {
        hash: hasher.identity(it.kind, &it.namespace, &it.value).0.to_vec(),
        record: if it.kind == i32::from(pb::IdentityKind::Center) {
            it.value.clone()
        } else {
            hasher.record(it.kind, &it.namespace, &it.value)
        },
    };
    identities.iter().map(mark).collect()
}

/// Ids of who is known by any of these, who was heard of last first.
///
/// # Errors
/// As [`look_up`].
pub(crate) async fn known_by(pool: &PgPool, marks: &[Mark]) -> Result<Vec<String>, Refusal> {
    let query = match marks {
        [mark] => {
            sqlx::query_scalar(known_by_sql!("= $1", "select $2::text", "$3")).bind(&mark.hash).bind(&mark.record)
        }
        marks => {
            let (hashes, records): (Vec<_>, Vec<_>) =
                marks.iter().map(|mark| (mark.hash.clone(), mark.record.clone())).unzip();
            let query = sqlx::query_scalar(known_by_sql!("= any($1)", "select unnest($2::text[])", "$3"));
            query.bind(hashes).bind(records)
        }
    };
    let found = query.bind(i64::try_from(CANDIDATES).unwrap_or(i64::MAX)).fetch_all(pool).await;
    found.map_err(|error| away(&error))
}

/// These customers as a look-up shows them: who has a name first.
///
/// # Errors
/// As [`look_up`].
pub(crate) async fn found(reader: &Reader<'_>, whom: Whom<'_>) -> Result<Vec<Whole>, Refusal> {
    let mut customers = reader.customers(whom).await?;
    customers.sort_by_key(|whole| (whole.customer.thin, std::cmp::Reverse(whole.customer.last_at_ms)));
    customers.truncate(MOST_FOUND);
    Ok(customers)
}

/// A place in a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    at_ms: i64,
    fact: String,
    record: String,
}

impl Cursor {
    /// Reads what [`Display`](fmt::Display) wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '~');
        let (at_ms, fact, record) = (parts.next()?, parts.next()?, parts.next()?);
        let sound = is_record_id(record) && !fact.chars().any(char::is_control);
        let cursor = Self { at_ms: at_ms.parse().ok()?, fact: fact.to_owned(), record: record.to_owned() };
        sound.then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}~{}", self.at_ms, self.fact, self.record)
    }
}

/// Touchpoints of a customer, newest first, and where to go on.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn timeline(
    reader: &Reader<'_>,
    customer: &str,
    kinds: &[String],
    after: Option<&Cursor>,
    limit: usize,
) -> Result<(Vec<pb::TimelineEntry>, String), Refusal> {
    let page = page(reader.pool, customer, kinds, after, limit + 1);
    let (rows, stages) = tokio::try_join!(page, word::stages(reader.pool))?;
    let more = rows.len() > limit;
    let rows = &rows[..rows.len().min(limit)];
    let sealed =
        rows.iter().filter(|row| row.try_get::<Option<Vec<u8>>, _>("sealed").is_ok_and(|sealed| sealed.is_some()));
    let records: BTreeSet<String> = sealed.filter_map(|row| row.try_get("record_id").ok()).collect();
    let keys = bus::keys(reader.vault, records).await.map_err(|error| locked(&error))?;
    let opener = Opener { keys: &keys };
    let read: Result<Vec<_>, sqlx::Error> = rows.iter().map(|row| entry(row, &opener, &stages)).collect();
    let read = read.map_err(|error| away(&error))?;
    let next = read.last().filter(|_| more).map_or_else(String::new, |(cursor, _)| cursor.to_string());
    Ok((read.into_iter().map(|(_, entry)| entry).collect(), next))
}

/// Rows of touchpoints of a customer, newest first.
async fn page(
    pool: &PgPool,
    customer: &str,
    kinds: &[String],
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<PgRow>, Refusal> {
    let read = sqlx::query(
        "select t.* from records r cross join lateral (select * from touchpoints where record_id = r.record_id \
         and ($2::bigint is null or at_ms <= $2) and ($2::bigint is null or (at_ms, fact, record_id) < ($2, $3, $4)) \
         and (cardinality($5::text[]) = 0 or kind = any($5)) order by at_ms desc, fact desc limit $6) t \
         where r.customer_id = $1 order by t.at_ms desc, t.fact desc, t.record_id desc limit $6",
    )
    .bind(customer)
    .bind(after.map(|cursor| cursor.at_ms))
    .bind(after.map(|cursor| cursor.fact.clone()))
    .bind(after.map(|cursor| cursor.record.clone()))
    .bind(kinds)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await;
    read.map_err(|error| away(&error))
}

pub(super) fn entry(
    row: &PgRow,
    opener: &Opener<'_>,
    stages: &Stages,
) -> Result<(Cursor, pb::TimelineEntry), sqlx::Error> {
    let (record, fact, at_ms): (String, String, i64) =
        (row.try_get("record_id")?, row.try_get("fact")?, row.try_get("at_ms")?);
    let text = opener.open(row, &record)?.and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default();
    let kind: String = row.try_get("kind")?;
    let stage = stages.of_touchpoint(row.try_get("stage")?, &kind).into();
    let touchpoint = pb::Touchpoint {
        kind,
        channel: row.try_get("channel")?,
        route: row.try_get("route")?,
        reason: row.try_get("reason")?,
        mood: i32::from(row.try_get::<i16, _>("mood")?),
        text,
        reference: row.try_get("reference")?,
        stage,
        amount: row.try_get("amount")?,
    };
    let (fact_id, source) = fact.rsplit_once('/').unwrap_or((fact.as_str(), ""));
    let entry = pb::TimelineEntry {
        fact_id: fact_id.to_owned(),
        record_id: record.clone(),
        at_ms: at_ms.unsigned_abs(),
        source: source.to_owned(),
        touchpoint: Some(touchpoint),
    };
    Ok((Cursor { at_ms, fact, record }, entry))
}

/// Customers that may be the same as this one, likeliest first.
///
/// # Errors
/// `no_such_customer`; `unavailable` when the database or the key store does not answer.
pub(crate) async fn suggestions(
    reader: &Reader<'_>,
    hasher: &Hasher,
    record: &str,
) -> Result<Vec<pb::Suggestion>, Refusal> {
    let id = group_of(reader.pool, record).await?.ok_or_else(no_such_customer)?;
    let this = reader.customers(Whom::One(&id)).await?.pop().ok_or_else(no_such_customer)?;
    let own = likeness_of(&this);
    let hashes: Vec<Vec<u8>> =
        this.identities.iter().map(|it| hasher.identity(it.kind, &it.namespace, &it.value).0.to_vec()).collect();
    let sorts = [("name", &own.names), ("kana", &own.readings), ("address", &own.addresses)];
    let wholes: Vec<i32> =
        sorts.iter().flat_map(|(sort, values)| values.iter().map(|value| fold::whole(hasher, sort, value))).collect();
    let mut others = alike(reader.pool, hashes, wholes, &id).await.map_err(|error| away(&error))?;
    let apart = taken_apart(reader.pool, &this.customer.record_ids, &others).await.map_err(|error| away(&error))?;
    others.retain(|other| !apart.contains(other));
    let mut found: Vec<pb::Suggestion> = Vec::new();
    for other in reader.customers(others.as_slice().into()).await? {
        if let Some((score, reasons)) = likeness(&own, &likeness_of(&other)) {
            let reasons = reasons.into_iter().map(str::to_owned).collect();
            found.push(pb::Suggestion { other: Some(other.customer), score, reasons });
        }
    }
    found.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.score));
    found.truncate(MOST_FOUND);
    Ok(found)
}

/// Customers that share an identity or a whole value with one.
async fn alike(pool: &PgPool, hashes: Vec<Vec<u8>>, wholes: Vec<i32>, id: &str) -> Result<Vec<String>, sqlx::Error> {
    let mut tx = by_index(pool).await?;
    sqlx::query_scalar(
        "select distinct r.customer_id from records r join ((select record_id from identities where identity = any($1) \
         and seen > coalesce(gone, '') limit $4) union (select record_id from findable where pieces && $2 limit $4)) f using (record_id) \
         where r.customer_id <> $3 limit $4",
    )
    .bind(hashes)
    .bind(wholes)
    .bind(id)
    .bind(i64::try_from(CANDIDATES).unwrap_or(i64::MAX))
    .fetch_all(&mut *tx)
    .await
}

/// Which of these customers a person took apart from one: a link between a record of each was undone.
async fn taken_apart(pool: &PgPool, records: &[String], others: &[String]) -> Result<BTreeSet<String>, sqlx::Error> {
    let found: Vec<String> = sqlx::query_scalar(
        "select distinct r.customer_id from records r where r.customer_id = any($2) and (exists (select 1 from links l \
         join undone_links u on u.link_id = l.link_id where (l.record_id = r.record_id and l.other_id = any($1)) \
         or (l.other_id = r.record_id and l.record_id = any($1))) \
         or exists (select 1 from identities theirs join identities own on own.identity = theirs.identity \
         join undone_links u on u.link_id = $3 || encode(own.identity, 'hex') and u.record_id in (own.record_id, theirs.record_id) \
         where theirs.record_id = r.record_id and own.record_id = any($1) \
         and theirs.verified is not null and own.verified is not null))",
    )
    .bind(records)
    .bind(others)
    .bind(IDENTITY_LINK)
    .fetch_all(pool)
    .await?;
    Ok(found.into_iter().collect())
}

/// A transaction in which pieces are found by their index. The planner cannot know how rare a piece is, and for a limited answer it would rather
/// read the table from its start, hoping to meet enough soon.
pub(super) async fn by_index(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("set local enable_seqscan = off").execute(&mut *tx).await?;
    Ok(tx)
}

fn likeness_of(whole: &Whole) -> Likeness {
    let mut like = Likeness::default();
    for identity in &whole.identities {
        match pb::IdentityKind::try_from(identity.kind) {
            Ok(pb::IdentityKind::Phone) => like.phones.insert(identity.value.clone()),
            Ok(pb::IdentityKind::Mail) => like.mails.insert(identity.value.clone()),
            Ok(_) | Err(_) => {
                like.others.insert(format!("{}/{}/{}", identity.kind, identity.namespace, identity.value))
            }
        };
    }
    for field in &whole.customer.fields {
        let value = field.value.as_str();
        match pb::ProfileField::try_from(field.field) {
            Ok(pb::ProfileField::Name) => {
                like.names.insert(names::name(value).replace(' ', ""));
                like.readings.extend(kana::reading(value));
            }
            Ok(pb::ProfileField::Kana) => like.readings.extend(kana::reading(value)),
            Ok(pb::ProfileField::Address) => {
                like.addresses.insert(places::address(value));
            }
            Ok(pb::ProfileField::Birthday) => {
                like.birthdays.insert(value.to_owned());
            }
            Ok(_) | Err(_) => {}
        }
    }
    like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_and_nothing_else_is_one() {
        let place = Cursor { at_ms: 1_790_000_000_123, fact: "conv.1/center".into(), record: "tel-a".into() };
        assert_eq!(Cursor::parse(&place.to_string()), Some(place));
        for text in ["", "1", "x~a~b", "1~a", "1~a~", "1~a~b c", "1~a\0~b", "1~a~b\0"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
