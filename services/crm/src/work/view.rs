//! Cases and tasks as this site's database has them: all SQL.

use std::collections::{BTreeMap, BTreeSet};

use journal::{ProjectError, Projection, Record};
use prost::Message as _;
use proto::{
    chat::v1::{ChatEvent, chat_event::What},
    crm::v1::{CaseEvent, TaskEvent},
};
use sqlx::{PgConnection, PgPool, Row as _};

use super::{
    About, about, case_subject,
    stored::{Stored, StoredCase, StoredTask},
    task_subject, words,
};
use crate::{
    case::{self, Late},
    task,
};

/// The channel of conversations that tasks became.
pub(crate) const TASK: &str = "task";

/// Name under which the position is kept.
pub(crate) const WORKED: &str = "crm_work";

/// WORK → `work_events`, `cases`, `tasks`.
pub(crate) struct Work;

impl Projection for Work {
    fn name(&self) -> &'static str {
        WORKED
    }

    async fn apply(&mut self, tx: &mut PgConnection, records: &[Record]) -> Result<(), ProjectError> {
        let (mut subjects, mut sequences, mut places, mut events) = (vec![], vec![], vec![], vec![]);
        let mut touched = BTreeSet::new();
        for record in records {
            if about(&record.subject).is_none() {
                continue;
            }
            touched.insert(record.subject.clone());
            for (place, event) in (0_i32..).zip(&record.unit.events) {
                subjects.push(record.subject.clone());
                sequences.push(record.sequence.cast_signed());
                places.push(place);
                events.push(event.to_vec());
            }
        }
        sqlx::query(
            "insert into work_events (subject, sequence, place, event) \
             select * from unnest($1::text[], $2::bigint[], $3::int[], $4::bytea[]) on conflict do nothing",
        )
        .bind(&subjects)
        .bind(&sequences)
        .bind(&places)
        .bind(&events)
        .execute(&mut *tx)
        .await?;
        let stored = read_events(tx, &touched.into_iter().collect::<Vec<_>>()).await?;
        for (subject, events) in &stored {
            write(tx, subject, events).await?;
        }
        forget_erased(tx, &stored.into_keys().collect::<Vec<_>>()).await?;
        Ok(())
    }
}

async fn write(tx: &mut PgConnection, subject: &str, events: &[Vec<u8>]) -> Result<(), ProjectError> {
    match about(subject) {
        Some(About::Case(id)) => {
            let stored = replay::<StoredCase>(events)?;
            // Its first events were set aside: nothing is known of it.
            if stored.record().is_empty() { Ok(()) } else { Ok(write_case(tx, id, &stored).await?) }
        }
        Some(About::Task(id)) => {
            let stored = replay::<StoredTask>(events)?;
            if stored.record().is_empty() { Ok(()) } else { Ok(write_task(tx, id, &stored).await?) }
        }
        None => Ok(()),
    }
}

fn replay<S: Stored>(events: &[Vec<u8>]) -> Result<S, ProjectError> {
    let mut stored = S::default();
    for bytes in events {
        let event = S::Event::decode(bytes.as_slice()).map_err(|error| ProjectError::Poison(error.to_string()))?;
        stored.take(&event);
    }
    Ok(stored)
}

async fn write_case(tx: &mut PgConnection, id: &str, stored: &StoredCase) -> Result<(), sqlx::Error> {
    let core = &stored.core;
    let solved = *core.phase() == case::Phase::Solved;
    let sort = if solved { -stored.last_at.cast_signed() } else { core.due().cast_signed() };
    let late: i16 = core.escalated().iter().map(|late| bit(*late)).sum();
    sqlx::query(
        "insert into cases (case_id, record_id, department, owner, solved, sort_ms, next_ms, late) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (case_id) do update set department = excluded.department, \
         owner = excluded.owner, solved = excluded.solved, sort_ms = excluded.sort_ms, next_ms = excluded.next_ms, \
         late = excluded.late",
    )
    .bind(id)
    .bind(core.record())
    .bind(core.department())
    .bind(core.owner())
    .bind(solved)
    .bind(sort)
    .bind(case::next_deadline(core).map(u64::cast_signed))
    .bind(late)
    .execute(tx)
    .await?;
    Ok(())
}

/// The bit of `cases.late`.
pub(crate) fn bit(late: Late) -> i16 {
    match late {
        Late::First => 1,
        Late::Solve => 2,
    }
}

async fn write_task(tx: &mut PgConnection, id: &str, stored: &StoredTask) -> Result<(), sqlx::Error> {
    let core = &stored.core;
    let phase: i16 = match core.phase() {
        task::Phase::None => 0,
        task::Phase::Planned { .. } => 1,
        task::Phase::Due => 2,
        task::Phase::Done => 3,
        task::Phase::Cancelled => 4,
    };
    sqlx::query(
        "insert into tasks (task_id, record_id, case_id, plan, phase, at_ms, next_ms, wanted) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (task_id) do update set phase = excluded.phase, \
         at_ms = excluded.at_ms, next_ms = excluded.next_ms, wanted = excluded.wanted",
    )
    .bind(id)
    .bind(core.record())
    .bind(&stored.planned.case_id)
    .bind(&stored.planned.plan)
    .bind(phase)
    .bind(stored.at.cast_signed())
    .bind(task::next_deadline(core).map(u64::cast_signed))
    .bind(task::desired(core))
    .execute(tx)
    .await?;
    Ok(())
}

/// CHAT → `task_talks`: conversations that tasks became, whether they are over, and with what code.
pub(crate) async fn hear_talks(tx: &mut PgConnection, units: &[Record]) -> Result<(), ProjectError> {
    let mut heard: Vec<(&str, What)> = Vec::new();
    let mut opened = Vec::new();
    for unit in units {
        let Some(id) = unit.subject.strip_prefix("chat.") else { continue };
        for bytes in &unit.unit.events {
            let event = ChatEvent::decode(bytes.clone()).map_err(|error| ProjectError::Poison(error.to_string()))?;
            match event.what {
                Some(What::Opened(it)) if it.channel == TASK => opened.push(id),
                Some(what @ (What::Wrapped(_) | What::Closed(_) | What::Reopened(_))) => heard.push((id, what)),
                // Whatever else is said in a conversation does not end it.
                Some(_) | None => {}
            }
        }
    }
    if !opened.is_empty() {
        sqlx::query(
            "insert into task_talks select id, false, '' from unnest($1::text[]) as v (id) on conflict do nothing",
        )
        .bind(&opened)
        .execute(&mut *tx)
        .await?;
    }
    if heard.is_empty() {
        return Ok(());
    }
    // Most conversations are no tasks.
    let ids: Vec<&str> = heard.iter().map(|(id, _)| *id).collect();
    let talks: BTreeSet<String> =
        sqlx::query_scalar("select conversation_id from task_talks where conversation_id = any($1)")
            .bind(&ids)
            .fetch_all(&mut *tx)
            .await?
            .into_iter()
            .collect();
    for (id, what) in heard.into_iter().filter(|(id, _)| talks.contains(*id)) {
        hear(tx, id, what).await?;
    }
    Ok(())
}

async fn hear(tx: &mut PgConnection, id: &str, what: What) -> Result<(), sqlx::Error> {
    let (closed, code) = if let What::Wrapped(wrapped) = what {
        (None, Some(wrapped.code))
    } else {
        (Some(matches!(what, What::Closed(_))), None)
    };
    sqlx::query(
        "update task_talks set closed = coalesce($2, closed), code = coalesce($3, code) where conversation_id = $1",
    )
    .bind(id)
    .bind(closed)
    .bind(code)
    .execute(tx)
    .await?;
    Ok(())
}

async fn read_events(
    tx: &mut PgConnection,
    subjects: &[String],
) -> Result<BTreeMap<String, Vec<Vec<u8>>>, sqlx::Error> {
    let rows =
        sqlx::query("select subject, event from work_events where subject = any($1) order by subject, sequence, place")
            .bind(subjects)
            .fetch_all(tx)
            .await?;
    let mut events: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for row in rows {
        events.entry(row.try_get("subject")?).or_default().push(row.try_get("event")?);
    }
    Ok(events)
}

/// What comes of customers who were erased already: in a rebuild, or by a writer who had the key a moment longer.
async fn forget_erased(tx: &mut PgConnection, touched: &[String]) -> Result<(), sqlx::Error> {
    let records: Vec<String> = sqlx::query_scalar(
        "select distinct record_id from erased_records where record_id in \
         (select record_id from cases where $2 || case_id = any($1) \
          union select record_id from tasks where $3 || task_id = any($1))",
    )
    .bind(touched)
    .bind(case_subject(""))
    .bind(task_subject(""))
    .fetch_all(&mut *tx)
    .await?;
    if records.is_empty() { Ok(()) } else { forget(tx, &records).await }
}

/// What is personal in the events of these records' cases and tasks leaves the view.
pub(crate) async fn forget(tx: &mut PgConnection, records: &[String]) -> Result<(), sqlx::Error> {
    let cases: Vec<String> = ids(tx, "select case_id from cases where record_id = any($1)", records).await?;
    let tasks: Vec<String> = ids(tx, "select task_id from tasks where record_id = any($1)", records).await?;
    let subjects = cases.iter().map(|id| case_subject(id)).chain(tasks.iter().map(|id| task_subject(id)));
    let rows = sqlx::query("select subject, sequence, place, event from work_events where subject = any($1)")
        .bind(subjects.collect::<Vec<_>>())
        .fetch_all(&mut *tx)
        .await?;
    for row in rows {
        let (subject, bytes): (String, Vec<u8>) = (row.try_get("subject")?, row.try_get("event")?);
        let bare = match about(&subject) {
            Some(About::Case(_)) => {
                CaseEvent::decode(bytes.as_slice()).map(|event| words::bare_case(event).encode_to_vec())
            }
            Some(About::Task(_)) | None => {
                TaskEvent::decode(bytes.as_slice()).map(|event| words::bare_task(event).encode_to_vec())
            }
        };
        sqlx::query("update work_events set event = $4 where subject = $1 and sequence = $2 and place = $3")
            .bind(subject)
            .bind(row.try_get::<i64, _>("sequence")?)
            .bind(row.try_get::<i32, _>("place")?)
            .bind(bare.unwrap_or_default())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn ids(tx: &mut PgConnection, sql: &'static str, records: &[String]) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(sql).bind(records).fetch_all(tx).await
}

/// Which cases a list is of.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaseFilter {
    /// Empty: everybody's.
    pub records: Vec<String>,
    /// Empty: all.
    pub department: String,
    /// Empty: all.
    pub owner: String,
    /// Solved ones too.
    pub solved: bool,
}

/// A place in a list of cases: solved, order, id.
pub(crate) type CasePlace = (bool, i64, String);

/// A page of cases after a place.
pub(crate) async fn list_cases(
    pool: &PgPool,
    filter: &CaseFilter,
    after: &CasePlace,
    limit: i64,
) -> Result<Vec<(CasePlace, StoredCase)>, sqlx::Error> {
    // Two statements: a plan for both would read all cases to find a customer's.
    let of = if filter.records.is_empty() { "cardinality($1::text[]) = 0" } else { "record_id = any($1)" };
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "select solved, sort_ms, case_id from cases where {of} \
         and ($2 = '' or department = $2) and ($3 = '' or owner = $3) and ($4 or not solved) \
         and (solved, sort_ms, case_id) > ($5, $6, $7) order by solved, sort_ms, case_id limit $8"
    )))
    .bind(&filter.records)
    .bind(&filter.department)
    .bind(&filter.owner)
    .bind(filter.solved)
    .bind(after.0)
    .bind(after.1)
    .bind(&after.2)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let places = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)));
    let places: Vec<CasePlace> = places.collect::<Result<_, sqlx::Error>>()?;
    let subjects: Vec<String> = places.iter().map(|place| case_subject(&place.2)).collect();
    let mut stored = replay_all(pool, &subjects).await?;
    Ok(places
        .into_iter()
        .zip(subjects)
        .filter_map(|(place, subject)| Some((place, stored.remove(&subject)?)))
        .collect())
}

/// Which tasks a list is of.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskFilter {
    /// Empty: everybody's.
    pub records: Vec<String>,
    /// Empty: all.
    pub case: String,
    /// Those that are over, too.
    pub over: bool,
}

/// A place in a list of tasks: time, id.
pub(crate) type TaskPlace = (i64, String);

/// A page of tasks after a place.
pub(crate) async fn list_tasks(
    pool: &PgPool,
    filter: &TaskFilter,
    after: &TaskPlace,
    limit: i64,
) -> Result<Vec<(TaskPlace, StoredTask)>, sqlx::Error> {
    let of = if filter.records.is_empty() { "cardinality($1::text[]) = 0" } else { "record_id = any($1)" };
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "select at_ms, task_id from tasks where {of} \
         and ($2 = '' or case_id = $2) and ($3 or phase < 3) and (at_ms, task_id) > ($4, $5) \
         order by at_ms, task_id limit $6"
    )))
    .bind(&filter.records)
    .bind(&filter.case)
    .bind(filter.over)
    .bind(after.0)
    .bind(&after.1)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let places = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    let places: Vec<TaskPlace> = places.collect::<Result<_, sqlx::Error>>()?;
    let subjects: Vec<String> = places.iter().map(|place| task_subject(&place.1)).collect();
    let mut stored = replay_all(pool, &subjects).await?;
    Ok(places
        .into_iter()
        .zip(subjects)
        .filter_map(|(place, subject)| Some((place, stored.remove(&subject)?)))
        .collect())
}

/// These subjects' things as their events tell them; one that is not known is missing.
pub(crate) async fn replay_all<S: Stored>(
    pool: &PgPool,
    subjects: &[String],
) -> Result<BTreeMap<String, S>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let events = read_events(&mut connection, subjects).await?;
    let stored = events.into_iter().filter_map(|(subject, events)| Some((subject, replay(&events).ok()?)));
    Ok(stored.collect())
}
