//! The settings and histories as this site's database has them: all SQL.

use std::collections::HashMap;

use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1 as pb;
use sqlx::{PgConnection, PgPool, Row as _};

use super::{DAY, Figures, Millis, Touched, settings::Settings};
use crate::{bus::CRM, view::signed};

/// Touchpoints of a record that are looked at: the newest, of what was bought and answered, and of the rest.
const MOST_TOUCHES: i64 = 2_000;
/// How far the rest is looked at, ms.
const RECENT: Millis = 90 * DAY;

/// The settings' subject.
pub(crate) fn subject() -> String {
    format!("{}.settings.segments", CRM.prefix)
}

/// Takes the settings of a batch in.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let subject = subject();
    let Some(unit) = units.iter().rev().find(|unit| unit.subject == subject) else { return Ok(()) };
    let Some(bytes) = unit.unit.events.last() else { return Ok(()) };
    let set = pb::SegmentsSet::decode(bytes.clone());
    let set = set.map_err(|error| ProjectError::Poison(format!("decoding the segments: {error}")))?;
    sqlx::query(
        "insert into segment_settings (sequence, settings) values ($1, $2) on conflict (only_row) do update \
         set sequence = excluded.sequence, settings = excluded.settings where excluded.sequence > segment_settings.sequence",
    )
    .bind(signed(unit.sequence))
    .bind(set.settings.unwrap_or_default().encode_to_vec())
    .execute(tx)
    .await?;
    Ok(())
}

/// What holds now; the standard settings until somebody sets others.
pub(super) async fn settings(pool: &PgPool) -> Result<Settings, sqlx::Error> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("select sequence, settings from segment_settings").fetch_optional(pool).await?;
    let Some((sequence, bytes)) = row else { return Ok(Settings::standard()) };
    let mut told = pb::SegmentSettings::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))?;
    told.version = sequence.unsigned_abs();
    Settings::checked(told).map_err(|refusal| sqlx::Error::Decode(refusal.to_string().into()))
}

/// What these customers' histories say; who has none has no figures.
pub(super) async fn histories(
    pool: &PgPool,
    customers: &[String],
    now: Millis,
) -> Result<HashMap<String, Figures>, sqlx::Error> {
    let (touches, firsts, cases) =
        tokio::try_join!(touches(pool, customers, now), firsts(pool, customers), cases(pool, customers))?;
    let mut figures: HashMap<String, Figures> =
        touches.into_iter().map(|(customer, history)| (customer, Figures::of(&history))).collect();
    for (customer, first) in firsts {
        figures.entry(customer).or_default().first_at = first.unsigned_abs();
    }
    for (customer, open) in cases {
        figures.entry(customer).or_default().open_cases = u32::try_from(open).unwrap_or(u32::MAX);
    }
    Ok(figures)
}

async fn touches(
    pool: &PgPool,
    customers: &[String],
    now: Millis,
) -> Result<HashMap<String, Vec<Touched>>, sqlx::Error> {
    // Two looks, so that many page views never push an order out.
    let rows = sqlx::query(
        "select r.customer_id, t.* from records r cross join lateral ( \
         (select at_ms, kind, reason, reference, route, amount, mood from touchpoints where record_id = r.record_id \
          and kind in ('order', 'purchase', 'return', 'offer') order by at_ms desc limit $2) union all \
         (select at_ms, kind, reason, reference, route, amount, mood from touchpoints where record_id = r.record_id \
          and kind not in ('order', 'purchase', 'return', 'offer') and at_ms > $3 order by at_ms desc limit $2)) t \
         where r.customer_id = any($1)",
    )
    .bind(customers)
    .bind(MOST_TOUCHES)
    .bind(signed(now.saturating_sub(RECENT)))
    .fetch_all(pool)
    .await?;
    let mut histories: HashMap<String, Vec<Touched>> = HashMap::new();
    for row in rows {
        histories.entry(row.try_get("customer_id")?).or_default().push(Touched {
            at: row.try_get::<i64, _>("at_ms")?.unsigned_abs(),
            kind: row.try_get("kind")?,
            reason: row.try_get("reason")?,
            reference: row.try_get("reference")?,
            route: row.try_get("route")?,
            amount: row.try_get("amount")?,
            mood: i32::from(row.try_get::<i16, _>("mood")?),
        });
    }
    Ok(histories)
}

async fn firsts(pool: &PgPool, customers: &[String]) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "select r.customer_id, min(t.at_ms) from records r cross join lateral \
         (select at_ms from touchpoints where record_id = r.record_id order by at_ms limit 1) t \
         where r.customer_id = any($1) group by r.customer_id",
    )
    .bind(customers)
    .fetch_all(pool)
    .await
}

async fn cases(pool: &PgPool, customers: &[String]) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "select r.customer_id, count(*) from records r join cases c on c.record_id = r.record_id \
         where r.customer_id = any($1) and not c.solved group by r.customer_id",
    )
    .bind(customers)
    .fetch_all(pool)
    .await
}

/// The customers after one, in the order of their ids.
pub(crate) async fn page(pool: &PgPool, after: &str, limit: i64) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select customer_id from records where customer_id > $1 group by customer_id order by customer_id limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}
