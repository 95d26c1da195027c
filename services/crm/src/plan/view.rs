//! Templates and plans as this site's database has them: all SQL.

use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1 as pb;
use sqlx::{PgConnection, PgPool};

use super::{Millis, settings};
use crate::{
    bus::CRM,
    view::signed,
    work::{StoredTask, replay_all, task_subject},
};

/// Tasks of plans of one customer that are looked at, the latest ones.
const MOST_TASKS: i64 = 200;

/// The templates' subject.
pub(super) fn subject() -> String {
    format!("{}.settings.plans", CRM.prefix)
}

/// Takes the templates of a batch in.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let subject = subject();
    let Some(unit) = units.iter().rev().find(|unit| unit.subject == subject) else { return Ok(()) };
    let Some(bytes) = unit.unit.events.last() else { return Ok(()) };
    let set = pb::PlanTemplatesSet::decode(bytes.clone());
    let set = set.map_err(|error| ProjectError::Poison(format!("decoding the templates of plans: {error}")))?;
    sqlx::query(
        "insert into plan_settings (sequence, settings) values ($1, $2) on conflict (only_row) do update \
         set sequence = excluded.sequence, settings = excluded.settings where excluded.sequence > plan_settings.sequence",
    )
    .bind(signed(unit.sequence))
    .bind(settings::at(set.templates.unwrap_or_default(), unit.sequence).encode_to_vec())
    .execute(tx)
    .await?;
    Ok(())
}

/// The templates that hold now; none until somebody sets some.
pub(super) async fn templates(pool: &PgPool) -> Result<pb::PlanTemplates, sqlx::Error> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("select settings from plan_settings").fetch_optional(pool).await?;
    bytes.map_or_else(
        || Ok(pb::PlanTemplates::default()),
        |bytes| pb::PlanTemplates::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into())),
    )
}

/// Tasks of plans that templates made for a customer, by time.
pub(super) async fn tasks(pool: &PgPool, customer: &str) -> Result<Vec<(String, StoredTask)>, sqlx::Error> {
    let ids: Vec<String> = sqlx::query_scalar(
        "select task_id from tasks join records using (record_id) where customer_id = $1 and starts_with(plan, 'tpl:') \
         order by at_ms desc, task_id limit $2",
    )
    .bind(customer)
    .bind(MOST_TASKS)
    .fetch_all(pool)
    .await?;
    let subjects: Vec<String> = ids.iter().map(|id| task_subject(id)).collect();
    let mut stored = replay_all::<StoredTask>(pool, &subjects).await?;
    let all = ids.into_iter().zip(subjects).rev();
    Ok(all.filter_map(|(id, subject)| Some((id, stored.remove(&subject)?))).collect())
}

/// When a customer last bought something, or something was last delivered to them. A cancelled order counts for nothing, and what was only
/// shipped has not arrived.
pub(super) async fn last(pool: &PgPool, customer: &str, kinds: &[&str]) -> Result<Option<Millis>, sqlx::Error> {
    let at: Option<i64> = sqlx::query_scalar(
        "select max(t.at_ms) from records r cross join lateral (select at_ms from touchpoints it \
         where it.record_id = r.record_id and it.kind = any($2) and it.reason not in ('cancelled', 'shipped') \
         and (it.reference = '' or not exists (select from touchpoints gone where gone.record_id = it.record_id \
         and gone.kind = 'order' and gone.reason = 'cancelled' and gone.reference = it.reference)) \
         order by at_ms desc limit 1) t where r.customer_id = $1",
    )
    .bind(customer)
    .bind(kinds)
    .fetch_one(pool)
    .await?;
    Ok(at.map(i64::unsigned_abs))
}
