//! What happened to each contact and why, in plain words.

use std::sync::{Arc, OnceLock};

use sqlx::{PgConnection, PgPool, Row as _};

use crate::floor::{Event, Id, explain};

/// A contact's own story is short; somebody who declines for hours does not make it endless.
const MOST: i64 = 200;

/// One row of `contact_step`.
pub(super) struct Step {
    contact: Id,
    sequence: u64,
    place: usize,
    event: crate::floor::Explanation,
}

/// The step that an event is, `place` in the message of `sequence`.
pub(super) fn step(event: &Event, sequence: u64, place: usize) -> Option<Step> {
    explain(event).map(|(contact, event)| Step { contact, sequence, place, event })
}

pub(super) async fn store(tx: &mut PgConnection, steps: &[Step]) -> Result<(), sqlx::Error> {
    fn column<T>(steps: &[Step], of: impl Fn(&Step) -> T) -> Vec<T> {
        steps.iter().map(of).collect()
    }
    let query = "insert into contact_step (contact_id, sequence, place, at, code, ja, en) \
         select * from unnest($1::text[], $2::bigint[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $7::text[]) \
         on conflict do nothing";
    sqlx::query(query)
        .bind(column(steps, |step| step.contact.to_string()))
        .bind(column(steps, |step| step.sequence as i64))
        .bind(column(steps, |step| step.place as i32))
        .bind(column(steps, |step| step.event.at as i64))
        .bind(column(steps, |step| step.event.code))
        .bind(column(steps, |step| step.event.ja.clone()))
        .bind(column(steps, |step| step.event.en.clone()))
        .execute(tx)
        .await?;
    Ok(())
}

/// Reads them, once this site's database is open.
#[derive(Clone, Default)]
pub(crate) struct Steps(pub(super) Arc<OnceLock<PgPool>>);

impl Steps {
    /// A contact's steps, the oldest first; empty while the database is away.
    pub(crate) async fn of(&self, contact: &str) -> Vec<proto::routing::v1::Explanation> {
        let Some(pool) = self.0.get() else {
            return Vec::new();
        };
        match read(pool, contact).await {
            Ok(steps) => steps,
            Err(error) => {
                tracing::warn!(%error, "a contact's steps cannot be read");
                Vec::new()
            }
        }
    }
}

async fn read(pool: &PgPool, contact: &str) -> Result<Vec<proto::routing::v1::Explanation>, sqlx::Error> {
    let query = "select at, code, ja, en from contact_step where contact_id = $1 order by sequence, place limit $2";
    let rows = sqlx::query(query).bind(contact).bind(MOST).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let at: i64 = row.try_get("at")?;
            Ok(proto::routing::v1::Explanation {
                at_ms: at as u64,
                code: row.try_get("code")?,
                ja: row.try_get("ja")?,
                en: row.try_get("en")?,
            })
        })
        .collect()
}
