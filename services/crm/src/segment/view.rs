//! The settings and histories as this site's database has them: all SQL.

use std::collections::HashMap;

use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1 as pb;
use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow};

use super::{DAY, Figures, Millis, Touched, settings::Settings};
use crate::{
    bus::CRM,
    view::{Forms, Whom, forms, signed},
};

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

/// What holds now, with its version; none until somebody sets any.
pub(super) async fn settings(pool: &PgPool) -> Result<Option<(i64, Settings)>, sqlx::Error> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("select sequence, settings from segment_settings").fetch_optional(pool).await?;
    let Some((sequence, bytes)) = row else { return Ok(None) };
    let mut told = pb::SegmentSettings::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))?;
    told.version = sequence.unsigned_abs();
    let settings = Settings::checked(told).map_err(|refusal| sqlx::Error::Decode(refusal.to_string().into()))?;
    Ok(Some((sequence, settings)))
}

/// Which settings hold: 0 for the standard ones.
pub(super) async fn version(pool: &PgPool) -> Result<i64, sqlx::Error> {
    let held = sqlx::query_scalar("select sequence from segment_settings").fetch_optional(pool).await?;
    Ok(held.unwrap_or_default())
}

const TOUCH: i32 = 0;
const FIRST: i32 = 1;
const CASES: i32 = 2;
const VERSION: i32 = 3;

/// Two looks at the touchpoints, so that many page views never push an order out.
const HISTORIES: Forms = forms!(
    "",
    "select 0 as sort, m.customer_id, t.* from m cross join lateral ( \
      (select at_ms, kind, reason, reference, route, amount, mood from touchpoints where record_id = m.record_id \
       and kind in ('order', 'purchase', 'return', 'offer') order by at_ms desc limit $1) union all \
      (select at_ms, kind, reason, reference, route, amount, mood from touchpoints where record_id = m.record_id \
       and kind not in ('order', 'purchase', 'return', 'offer') and at_ms > $2 order by at_ms desc limit $1)) t \
     union all select 1, m.customer_id, t.at_ms, '', '', '', '', 0, 0::smallint from m cross join lateral \
      (select at_ms from touchpoints where record_id = m.record_id order by at_ms limit 1) t \
     union all select 2, m.customer_id, c.count, '', '', '', '', 0, 0::smallint from m cross join lateral \
      (select count(*) from cases where record_id = m.record_id and not solved offset 0) c \
     union all select 3, '', sequence, '', '', '', '', 0, 0::smallint from segment_settings",
    [3, 4, 5]
);

/// What some customers' histories say.
#[derive(Default)]
pub(super) struct Histories {
    /// By customer; who has none has no figures.
    pub figures: HashMap<String, Figures>,
    /// Which settings held when they were read; as [`version`].
    pub version: i64,
}

/// Reads them, by one statement.
pub(super) async fn histories(pool: &PgPool, whom: Whom<'_>, now: Millis) -> Result<Histories, sqlx::Error> {
    let numbers = [MOST_TOUCHES, signed(now.saturating_sub(RECENT))];
    let rows = HISTORIES.of(whom, &numbers).fetch_all(pool).await?;
    let mut touches: HashMap<String, Vec<Touched>> = HashMap::new();
    let mut firsts: HashMap<String, Millis> = HashMap::new();
    let mut cases: HashMap<String, u32> = HashMap::new();
    let mut histories = Histories::default();
    for row in rows {
        let (sort, customer, number): (i32, String, i64) =
            (row.try_get("sort")?, row.try_get("customer_id")?, row.try_get("at_ms")?);
        match sort {
            TOUCH => touches.entry(customer).or_default().push(touched(&row)?),
            FIRST => {
                let first = firsts.entry(customer).or_insert(Millis::MAX);
                *first = (*first).min(number.unsigned_abs());
            }
            CASES => *cases.entry(customer).or_default() += u32::try_from(number).unwrap_or(u32::MAX),
            VERSION => histories.version = number,
            other => return Err(sqlx::Error::Decode(format!("a row of sort {other}").into())),
        }
    }
    histories.figures = touches.into_iter().map(|(customer, history)| (customer, Figures::of(&history))).collect();
    for (customer, first) in firsts {
        histories.figures.entry(customer).or_default().first_at = first;
    }
    for (customer, open) in cases.into_iter().filter(|(_, open)| *open > 0) {
        histories.figures.entry(customer).or_default().open_cases = open;
    }
    Ok(histories)
}

fn touched(row: &PgRow) -> Result<Touched, sqlx::Error> {
    Ok(Touched {
        at: row.try_get::<i64, _>("at_ms")?.unsigned_abs(),
        kind: row.try_get("kind")?,
        reason: row.try_get("reason")?,
        reference: row.try_get("reference")?,
        route: row.try_get("route")?,
        amount: row.try_get("amount")?,
        mood: i32::from(row.try_get::<i16, _>("mood")?),
    })
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
