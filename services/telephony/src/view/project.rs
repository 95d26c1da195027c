//! TELEPHONY into rows. Each batch is a few statements, however many events it holds.

use std::{collections::BTreeMap, time::Duration};

use journal::{ProjectError, Projection, Record};
use sqlx::PgConnection;

use super::{
    row::{COLUMNS, Row, message_columns},
    signed,
};
use crate::{call::Phase, convert, ids::CallId};

/// Name under which the position is kept.
pub(super) const PROJECTION: &str = "telephony";

/// Batches smaller than this wait for company.
const SMALL: usize = 500;

/// TELEPHONY → `calls`.
pub(crate) struct Calls {
    /// How long a small batch waits before it is written: a transaction costs about the same for one event as for hundreds, and lists may be
    /// this much behind.
    pub pace: Duration,
}

type Rows = BTreeMap<CallId, Row>;

impl Projection for Calls {
    fn name(&self) -> &'static str {
        PROJECTION
    }

    async fn apply(&mut self, tx: &mut PgConnection, records: &[Record]) -> Result<(), ProjectError> {
        if records.len() < SMALL {
            tokio::time::sleep(self.pace).await;
        }
        let mut touched: Vec<CallId> = records.iter().filter_map(|record| convert::call_of(&record.subject)).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut rows = read_rows(tx, &touched).await?;
        for record in records {
            let Some(call) = convert::call_of(&record.subject) else {
                return Err(ProjectError::Poison(format!("{} is no call", record.subject)));
            };
            let row = rows.entry(call).or_default();
            row.apply(record).map_err(|error| ProjectError::Poison(error.to_string()))?;
        }
        // Nothing is known of a subject whose first units were set aside.
        rows.retain(|_, row| row.call.phase != Phase::Absent);
        write_rows(tx, &rows).await?;
        forget_erased(tx, &rows).await?;
        Ok(())
    }
}

async fn read_rows(tx: &mut PgConnection, touched: &[CallId]) -> Result<Rows, sqlx::Error> {
    let ids: Vec<String> = touched.iter().map(CallId::to_string).collect();
    let query = format!("select {COLUMNS} from calls c where c.call_id = any($1::text[]::uuid[])");
    let found = sqlx::query(sqlx::AssertSqlSafe(query)).bind(ids).fetch_all(tx).await?;
    found.iter().map(Row::read).collect()
}

const WRITE: &str = "insert into calls (call_id, customer_id, direction, phase, end_kind, began_at_ms, answered_at_ms, \
    ended_at_ms, dialled, trunk, queue, agent_id, dialled_by, people, recording, parts, moved, held, message_part, \
    message_mailbox, message_at_ms, message_length_ms, heard_at_ms, heard_by, site, legs, number_box, name_box, \
    answers_box, sequence, campaign_id) \
    select u.id::uuid, u.customer, u.direction, u.phase, u.end_kind, u.began, u.answered, u.ended, u.dialled, u.trunk, \
    u.queue, u.agent, u.dialled_by, string_to_array(u.people, e'\\n'), u.recording, u.parts, u.moved, u.held, u.part, \
    u.mailbox, u.left_at, u.length, u.heard_at, u.heard_by, u.site, u.legs, u.number, u.name, u.answers, u.sequence, u.campaign \
    from unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], \
    $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::smallint[], \
    $16::integer[], $17::integer[], $18::boolean[], $19::integer[], $20::text[], $21::bigint[], $22::bigint[], \
    $23::bigint[], $24::text[], $25::text[], $26::bytea[], $27::bytea[], $28::bytea[], $29::bytea[], $30::bigint[], \
    $31::text[]) \
    as u (id, customer, direction, phase, end_kind, began, answered, ended, dialled, trunk, queue, agent, dialled_by, \
    people, recording, parts, moved, held, part, mailbox, left_at, length, heard_at, heard_by, site, legs, number, \
    name, answers, sequence, campaign) \
    on conflict (call_id) do update set customer_id = excluded.customer_id, direction = excluded.direction, \
    phase = excluded.phase, end_kind = excluded.end_kind, began_at_ms = excluded.began_at_ms, \
    answered_at_ms = excluded.answered_at_ms, ended_at_ms = excluded.ended_at_ms, dialled = excluded.dialled, \
    trunk = excluded.trunk, queue = excluded.queue, agent_id = excluded.agent_id, dialled_by = excluded.dialled_by, \
    people = excluded.people, recording = excluded.recording, parts = excluded.parts, moved = excluded.moved, \
    held = excluded.held, message_part = excluded.message_part, message_mailbox = excluded.message_mailbox, \
    message_at_ms = excluded.message_at_ms, message_length_ms = excluded.message_length_ms, \
    heard_at_ms = excluded.heard_at_ms, heard_by = excluded.heard_by, site = excluded.site, legs = excluded.legs, \
    number_box = excluded.number_box, name_box = excluded.name_box, answers_box = excluded.answers_box, \
    sequence = excluded.sequence, campaign_id = excluded.campaign_id";

async fn write_rows(tx: &mut PgConnection, rows: &Rows) -> Result<(), sqlx::Error> {
    fn column<T>(rows: &Rows, of: impl Fn(&Row) -> T) -> Vec<T> {
        rows.values().map(of).collect()
    }
    let plain: Vec<_> = rows.iter().map(|(id, row)| row.plain(*id)).collect();
    let small = |of: fn(&proto::telephony::v1::Call) -> i32| -> Vec<i16> {
        plain.iter().map(|call| i16::try_from(of(call)).unwrap_or_default()).collect()
    };
    let messages = column(rows, |row| message_columns(&row.call));
    sqlx::query(WRITE)
        .bind(rows.keys().map(CallId::to_string).collect::<Vec<_>>())
        .bind(column(rows, |row| row.call.customer.clone()))
        .bind(small(|call| call.direction))
        .bind(small(|call| call.phase))
        .bind(small(|call| call.end))
        .bind(column(rows, |row| signed(row.call.began_at)))
        .bind(column(rows, |row| signed(row.call.answered_at)))
        .bind(column(rows, |row| signed(row.call.ended_at)))
        .bind(column(rows, |row| row.call.dialled.clone()))
        .bind(column(rows, |row| row.call.trunk.clone()))
        .bind(column(rows, |row| row.call.queue.clone()))
        .bind(column(rows, |row| row.call.agent.clone().unwrap_or_default()))
        .bind(column(rows, |row| row.dialled_by.clone()))
        .bind(column(rows, |row| row.people.iter().cloned().collect::<Vec<_>>().join("\n")))
        .bind(small(|call| call.recording))
        .bind(column(rows, |row| i32::try_from(row.call.parts).unwrap_or(i32::MAX)))
        .bind(column(rows, |row| i32::try_from(row.call.moved).unwrap_or(i32::MAX)))
        .bind(column(rows, |row| row.call.held))
        .bind(messages.iter().map(|message| message.0).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.1.clone()).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.2).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.3).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.4).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.5.clone()).collect::<Vec<_>>())
        .bind(column(rows, |row| row.site.clone()))
        .bind(column(rows, Row::legs))
        .bind(column(rows, |row| row.number.clone()))
        .bind(column(rows, |row| row.name.clone()))
        .bind(column(rows, |row| row.answers.clone()))
        .bind(column(rows, |row| signed(row.sequence)))
        .bind(column(rows, |row| row.call.campaign.clone()))
        .execute(tx)
        .await?;
    Ok(())
}

/// Events of a customer who was erased before they came here: a rebuild, or a view that lags. The erasure itself takes the lock that
/// moving the position took, so one of the two sees the other.
async fn forget_erased(tx: &mut PgConnection, rows: &Rows) -> Result<(), sqlx::Error> {
    let mut customers: Vec<String> = rows.values().map(|row| row.call.customer.clone()).collect();
    customers.sort_unstable();
    customers.dedup();
    let erased: Vec<String> =
        sqlx::query_scalar("select customer_id from erased_customers where customer_id = any($1)")
            .bind(customers)
            .fetch_all(&mut *tx)
            .await?;
    if erased.is_empty() { Ok(()) } else { empty(tx, &erased).await }
}

/// Takes the sealed numbers, names and answers of customers out of the view.
pub(super) async fn empty(tx: &mut PgConnection, customers: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update calls set number_box = null, name_box = null, answers_box = null where customer_id = any($1) \
         and (number_box is not null or name_box is not null or answers_box is not null)",
    )
    .bind(customers)
    .execute(tx)
    .await?;
    Ok(())
}
