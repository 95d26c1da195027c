//! Commands in rows, and read again. All SQL of commands.

use std::collections::BTreeMap;

use journal::{ProjectError, Record as Unit};
use proto::{
    crm::v1::{CommandAsked, CommandState},
    journal::v1::{Claim, Sealed},
};
use sqlx::{FromRow, PgConnection, PgPool};

use super::{carrier::command_of, command::Command, thread::Thread};
use crate::view::signed;

/// Commands of one process that are looked at at once, at most.
const OPEN: i64 = 1_000;

/// A command as the view has it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) command_id: String,
    shop: String,
    record_id: String,
    order_id: String,
    kind: i16,
    state: i16,
    by_id: String,
    conversation_id: String,
    asked_at_ms: i64,
    at_ms: i64,
    attempts: i64,
    fault: String,
    reason: String,
    body: Option<Vec<u8>>,
    words: Option<Vec<u8>>,
    owner: String,
    epoch: i64,
    sequence: i64,
    digest: Vec<u8>,
    tell: bool,
    told: Option<String>,
}

const COLUMNS: &str = "command_id, shop, record_id, order_id, kind, state, by_id, conversation_id, asked_at_ms, at_ms, attempts, \
    fault, reason, body, words, owner, epoch, sequence, digest, tell, told";

impl Row {
    /// The thread that it was written from.
    pub(crate) fn thread(self) -> Thread {
        let sealed =
            |bytes: Option<Vec<u8>>| bytes.map(|bytes| Sealed { key_id: self.record_id.clone(), r#box: bytes.into() });
        let (body, words) = (sealed(self.body), sealed(self.words));
        let asked = CommandAsked {
            shop: self.shop,
            record_id: self.record_id,
            order_id: self.order_id.clone(),
            kind: i32::from(self.kind),
            by: self.by_id,
            conversation_id: self.conversation_id,
            body,
            digest: self.digest.into(),
            tell: self.tell,
        };
        let command = Command {
            asked,
            asked_at: self.asked_at_ms.unsigned_abs(),
            state: CommandState::try_from(i32::from(self.state)).unwrap_or(CommandState::Asked),
            at: self.at_ms.unsigned_abs(),
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            fault: self.fault,
            reason: self.reason,
            words,
            order: self.order_id,
            told: self.told,
        };
        let claim = Claim { owner: self.owner, epoch: self.epoch.unsigned_abs() };
        Thread { held: Some(command), claim: Some(claim), last: self.sequence.unsigned_abs() }
    }
}

/// Takes the commands of a batch in.
///
/// # Errors
/// Of the database.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let touched: Vec<(&str, &Unit)> =
        units.iter().filter_map(|unit| Some((command_of(&unit.subject)?, unit))).collect();
    if touched.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<String> = touched.iter().map(|(id, _)| (*id).to_owned()).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("select {COLUMNS} from commands where command_id = any($1)")))
            .bind(&ids)
            .fetch_all(&mut *tx)
            .await?;
    let mut threads: BTreeMap<String, Thread> =
        rows.into_iter().map(|row| (row.command_id.clone(), row.thread())).collect();
    for (id, unit) in touched {
        threads.entry(id.to_owned()).or_default().take(unit.sequence, &unit.unit);
    }
    for (id, thread) in &threads {
        write(tx, id, thread).await?;
    }
    let records: std::collections::BTreeSet<String> =
        threads.values().filter_map(|it| it.held.as_ref()).map(|it| it.asked.record_id.clone()).collect();
    let erased: Vec<String> = crate::view::erased(tx, records).await?.into_iter().collect();
    if !erased.is_empty() {
        forget(tx, &erased).await?;
    }
    Ok(())
}

/// One at a time: people ask, not machines.
async fn write(tx: &mut PgConnection, id: &str, thread: &Thread) -> Result<(), sqlx::Error> {
    let Some(command) = &thread.held else { return Ok(()) };
    let bytes = |sealed: Option<&Sealed>| sealed.map(|sealed| sealed.r#box.to_vec());
    let (owner, epoch) = thread.claim.as_ref().map(|claim| (claim.owner.clone(), claim.epoch)).unwrap_or_default();
    sqlx::query(
        "insert into commands (command_id, shop, record_id, order_id, kind, state, by_id, conversation_id, asked_at_ms, at_ms, \
         attempts, fault, reason, body, words, owner, epoch, sequence, digest, tell, told) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
         on conflict (command_id) do update set order_id = excluded.order_id, state = excluded.state, at_ms = excluded.at_ms, \
         attempts = excluded.attempts, fault = excluded.fault, reason = excluded.reason, words = excluded.words, \
         owner = excluded.owner, epoch = excluded.epoch, sequence = excluded.sequence, \
         told = excluded.told \
         where excluded.sequence > commands.sequence",
    )
    .bind(id)
    .bind(&command.asked.shop)
    .bind(&command.asked.record_id)
    .bind(&command.order)
    .bind(i16::try_from(command.asked.kind).unwrap_or(0))
    .bind(i16::try_from(i32::from(command.state)).unwrap_or(0))
    .bind(&command.asked.by)
    .bind(&command.asked.conversation_id)
    .bind(signed(command.asked_at))
    .bind(signed(command.at))
    .bind(i64::from(command.attempts))
    .bind(&command.fault)
    .bind(&command.reason)
    .bind(bytes(command.asked.body.as_ref()))
    .bind(bytes(command.words.as_ref()))
    .bind(owner)
    .bind(signed(epoch))
    .bind(signed(thread.last))
    .bind(command.asked.digest.to_vec())
    .bind(command.asked.tell)
    .bind(&command.told)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes what is sealed of erased records out of the view.
pub(crate) async fn forget(tx: &mut PgConnection, records: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query("update commands set body = null, words = null where record_id = any($1)")
        .bind(records)
        .execute(tx)
        .await?;
    Ok(())
}

/// Commands that shops have not answered or whose answer is still to be told, but those that this process is busy with: of everybody who carries some out the oldest, and who that is.
pub(crate) async fn open(pool: &PgPool, under_way: &[String]) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "select command_id, owner from (select command_id, owner, \
         row_number() over (partition by owner order by asked_at_ms, command_id) as place from commands \
         where (state in (1, 2) or tell and told is null) and command_id <> all($1)) open where place <= $2",
    )
    .bind(under_way)
    .bind(OPEN)
    .fetch_all(pool)
    .await
}

/// Which commands are listed.
pub(crate) enum Of<'a> {
    /// Of these records.
    Records(&'a [String]),
    /// About this order.
    Order(&'a str),
    /// All that shops have not answered.
    Open,
}

/// Commands, newest first.
pub(crate) async fn list(pool: &PgPool, of: Of<'_>, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    let which = match of {
        Of::Records(_) => "record_id = any($1)",
        Of::Order(_) => "order_id = any($1)",
        Of::Open => "state in (1, 2) and $1::text[] is not null",
    };
    let ids: Vec<String> = match of {
        Of::Records(records) => records.to_vec(),
        Of::Order(order) => vec![order.to_owned()],
        Of::Open => Vec::new(),
    };
    let query =
        format!("select {COLUMNS} from commands where {which} order by asked_at_ms desc, command_id desc limit $2");
    sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(ids).bind(limit).fetch_all(pool).await
}
