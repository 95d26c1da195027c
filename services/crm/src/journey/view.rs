//! Touchpoints of a page of customers: all SQL.

use std::collections::BTreeMap;

use proto::crm::v1 as pb;
use sqlx::{PgPool, Row as _};

use super::{Millis, Stage, Touch};
use crate::{view::signed, word::Stages};

/// Touchpoints of a customer that are looked at: the first of the period.
const MOST_TOUCHES: usize = 500;

/// What happened with these customers after `from` and up to `until`, at most the first 500 of each.
pub(super) async fn touches(
    pool: &PgPool,
    customers: &[String],
    (from, until): (Millis, Millis),
    stages: &Stages,
) -> Result<BTreeMap<String, Vec<Touch>>, sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("set local statement_timeout = '10s'").execute(&mut *tx).await?;
    let rows = sqlx::query(
        "select r.customer_id, t.* from records r cross join lateral (select fact, at_ms, kind, reason, stage, channel, route \
         from touchpoints where record_id = r.record_id and at_ms > $2 and at_ms <= $3 \
         order by at_ms, fact limit $4) t where r.customer_id = any($1)",
    )
    .bind(customers)
    .bind(signed(from))
    .bind(signed(until))
    .bind(i64::try_from(MOST_TOUCHES).unwrap_or(i64::MAX))
    .fetch_all(&mut *tx)
    .await?;
    let mut all: BTreeMap<String, Vec<Touch>> = BTreeMap::new();
    for row in rows {
        let kind: String = row.try_get("kind")?;
        let touch = Touch {
            at: row.try_get::<i64, _>("at_ms")?.unsigned_abs(),
            fact: row.try_get("fact")?,
            stage: of(stages, row.try_get("stage")?, &kind, row.try_get("reason")?),
            kind,
            channel: row.try_get("channel")?,
            route: row.try_get("route")?,
        };
        all.entry(row.try_get("customer_id")?).or_default().push(touch);
    }
    // A customer of several records has the first of all of them.
    for touches in all.values_mut().filter(|touches| touches.len() > MOST_TOUCHES) {
        touches.sort_unstable();
        touches.truncate(MOST_TOUCHES);
    }
    Ok(all)
}

/// The stage that a reporter said, else that of the kind. What was taken back is no step to anywhere.
fn of(stages: &Stages, said: i16, kind: &str, reason: &str) -> Option<Stage> {
    let taken_back = matches!((kind, reason), ("order" | "purchase", "cancelled") | ("payment", "refunded" | "failed"));
    if said == 0 && taken_back { None } else { stage(stages.of_touchpoint(said, kind)) }
}

fn stage(told: pb::Stage) -> Option<Stage> {
    match told {
        pb::Stage::Know => Some(Stage::Know),
        pb::Stage::Consider => Some(Stage::Consider),
        pb::Stage::Buy => Some(Stage::Buy),
        pb::Stage::Use => Some(Stage::Use),
        pb::Stage::Contact => Some(Stage::Contact),
        pb::Stage::Again => Some(Stage::Again),
        pb::Stage::Unspecified => None,
    }
}
