//! Lists, messages, what a start needs, the digest.

use std::{collections::HashMap, fmt};

use chassis::refusal::Refusal;
use journal::{KeyError, Vault};
use proto::{journal::v1::Sealed, telephony::v1 as pb};
use sqlx::{PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{
    away,
    project::PROJECTION,
    row::{COLUMNS, Row, unsigned},
    signed,
};
use crate::{
    convert::{self, Sealer},
    error::unavailable,
    ids::CallId,
    voicemail::SHORTEST_MS,
};

const OUT: i16 = pb::Direction::Out as i16;
const ENDED: i16 = pb::Phase::Ended as i16;
const LOST: i16 = pb::End::Lost as i16;

/// A place in the order of lists: newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    began_at_ms: i64,
    call: Uuid,
}

impl Place {
    /// Reads what [`Display`](fmt::Display) wrote.
    pub(crate) fn parse(text: &str) -> Option<Place> {
        let (began_at_ms, call) = text.split_once('.')?;
        Some(Place { began_at_ms: began_at_ms.parse().ok()?, call: call.parse().ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.began_at_ms, self.call)
    }
}

/// Which calls to list; what is unset does not count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only those that this agent has, had or took part in: what they may see.
    pub seen_by: Option<String>,
    /// The same, as a wish.
    pub agent: Option<String>,
    /// Only those of this queue.
    pub queue: Option<String>,
    /// Only those that ended so.
    pub end: Option<pb::End>,
    /// Only those in which customer and agent talked, or never did.
    pub answered: Option<bool>,
    /// Only this customer's.
    pub customer: Option<String>,
    /// Only those that began then or later.
    pub from_ms: Option<u64>,
    /// Only those that began before.
    pub until_ms: Option<u64>,
    /// Only those beyond this place.
    pub beyond: Option<Place>,
    /// At most so many.
    pub limit: usize,
}

/// The first call to the same customer after `from` in which somebody was reached.
fn called_back(from: &str) -> String {
    format!(
        "left join lateral (select b.answered_at_ms as back_at, b.dialled_by as back_by from calls b \
         where b.customer_id = c.customer_id and b.direction = {OUT} and b.answered_at_ms > 0 and b.began_at_ms >= {from} \
         order by b.answered_at_ms limit 1) back on true"
    )
}

/// Calls, newest first, and the place to go on from when there may be more.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn list(
    pool: &PgPool,
    vault: &Vault,
    filter: &Filter,
) -> Result<(Vec<pb::Call>, Option<Place>), Refusal> {
    let mut query = select(filter);
    let found = query.build().fetch_all(pool).await.map_err(|error| away(&error))?;
    let mut opener = Opener { vault, keys: HashMap::new() };
    let mut calls = Vec::with_capacity(found.len());
    for found in &found {
        let (mut call, _) = opener.open(found).await?;
        let back = back(found).map_err(|error| away(&error))?;
        (call.called_back_at_ms, call.called_back_by) = back;
        calls.push(call);
    }
    let last = calls
        .last()
        .filter(|_| calls.len() >= filter.limit)
        .and_then(|call| Some(Place { began_at_ms: signed(call.began_at_ms), call: call.call_id.parse().ok()? }));
    Ok((calls, last))
}

/// What a filter asks of the table.
fn select(filter: &Filter) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::<Postgres>::new(format!(
        "select {COLUMNS}, back.back_at, back.back_by from calls c {} where true",
        called_back(&format!("c.ended_at_ms and c.end_kind = {LOST}"))
    ));
    for agent in [&filter.seen_by, &filter.agent].into_iter().flatten() {
        query.push(" and (c.agent_id = ").push_bind(agent.clone());
        query.push(" or c.people @> array[").push_bind(agent.clone()).push("])");
    }
    if let Some(queue) = &filter.queue {
        query.push(" and c.queue = ").push_bind(queue.clone());
    }
    if let Some(end) = filter.end {
        query.push(" and c.end_kind = ").push_bind(end as i16);
    }
    if let Some(answered) = filter.answered {
        query.push(if answered { " and c.answered_at_ms > 0" } else { " and c.answered_at_ms = 0" });
    }
    if let Some(customer) = &filter.customer {
        query.push(" and c.customer_id = ").push_bind(customer.clone());
    }
    if let Some(from) = filter.from_ms {
        query.push(" and c.began_at_ms >= ").push_bind(signed(from));
    }
    if let Some(until) = filter.until_ms {
        query.push(" and c.began_at_ms < ").push_bind(signed(until));
    }
    if let Some(place) = filter.beyond {
        query.push(" and c.began_at_ms <= ").push_bind(place.began_at_ms);
        query.push(" and (c.began_at_ms, c.call_id) < (").push_bind(place.began_at_ms);
        query.push(", ").push_bind(place.call.to_string()).push("::uuid)");
    }
    query.push(" order by c.began_at_ms desc, c.call_id desc limit ").push_bind(count(filter.limit));
    query
}

fn back(found: &PgRow) -> Result<(u64, String), sqlx::Error> {
    let (at, by): (Option<i64>, Option<String>) = (found.try_get("back_at")?, found.try_get("back_by")?);
    Ok((at.unwrap_or_default().unsigned_abs(), by.unwrap_or_default()))
}

/// One call, and the people of the center who took part in it.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn get(
    pool: &PgPool,
    vault: &Vault,
    call: CallId,
) -> Result<Option<(pb::Call, Vec<String>)>, Refusal> {
    let query = format!("select {COLUMNS} from calls c where c.call_id = $1::text::uuid");
    let found = sqlx::query(sqlx::AssertSqlSafe(query)).bind(call.to_string()).fetch_optional(pool).await;
    let Some(found) = found.map_err(|error| away(&error))? else { return Ok(None) };
    let (call, row) = Opener { vault, keys: HashMap::new() }.open(&found).await?;
    Ok(Some((call, row.people.into_iter().collect())))
}

/// Whose messages an agent hears beside those of calls in which they took part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mailboxes {
    /// The agent.
    pub agent: String,
    /// Queues that they serve.
    pub queues: Vec<String>,
    /// Calls whose call back is theirs.
    pub calls: Vec<String>,
}

/// Messages that callers left, newest first: all, or those for an agent; of one call only when it is given. What is being recorded is
/// none yet, and what is hardly a second long never one; what a dead gateway left behind can be heard.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn voicemails(
    pool: &PgPool,
    vault: &Vault,
    agent: Option<&Mailboxes>,
    call: Option<CallId>,
    limit: usize,
) -> Result<Vec<pb::Voicemail>, Refusal> {
    let mut query = QueryBuilder::<Postgres>::new(format!(
        "select {COLUMNS}, back.back_at, back.back_by from calls c {} where c.message_part <> 0 and \
         (c.message_length_ms >= {SHORTEST_MS} or c.message_length_ms = 0 and c.end_kind = {LOST})",
        called_back("c.message_at_ms")
    ));
    if let Some(agent) = agent {
        query.push(" and (c.agent_id = ").push_bind(agent.agent.clone());
        query.push(" or c.people @> array[").push_bind(agent.agent.clone()).push("]");
        query.push(" or c.message_mailbox = any(").push_bind(agent.queues.clone());
        query.push(") or c.call_id = any(").push_bind(agent.calls.clone()).push("::text[]::uuid[]))");
    }
    if let Some(call) = call {
        query.push(" and c.call_id = ").push_bind(call.to_string()).push("::uuid");
    }
    query.push(" order by c.message_at_ms desc, c.call_id desc limit ").push_bind(count(limit));
    let found = query.build().fetch_all(pool).await.map_err(|error| away(&error))?;
    let mut opener = Opener { vault, keys: HashMap::new() };
    let mut left = Vec::with_capacity(found.len());
    for found in &found {
        let (call, row) = opener.open(found).await?;
        let (called_back_at_ms, called_back_by) = back(found).map_err(|error| away(&error))?;
        let Some((message, at_ms)) = row.call.message else { continue };
        let (heard_by, heard_at_ms) = row.call.heard.unwrap_or_default();
        left.push(pb::Voicemail {
            call_id: call.call_id,
            part: message.part,
            mailbox: message.mailbox,
            number: call.number,
            name: call.name,
            at_ms,
            length_ms: message.length_ms,
            called_back_at_ms,
            called_back_by,
            heard_at_ms,
            heard_by,
        });
    }
    Ok(left)
}

/// Opens rows, asking for each customer's key once.
struct Opener<'a> {
    vault: &'a Vault,
    keys: HashMap<String, Option<journal::DataKey>>,
}

impl Opener<'_> {
    async fn open(&mut self, found: &PgRow) -> Result<(pb::Call, Row), Refusal> {
        let (id, row) = Row::read(found).map_err(|error| away(&error))?;
        let customer = row.call.customer.clone();
        let key = match self.keys.get(&customer) {
            Some(key) => key.clone(),
            None => self.keys.entry(customer.clone()).or_insert(key(self.vault, &customer).await?).clone(),
        };
        let sealer = Sealer::new(key, convert::subject(id));
        let open = |sealed: &Option<Vec<u8>>| {
            let sealed = sealed.clone().map(|sealed| Sealed { key_id: customer.clone(), r#box: sealed.into() });
            sealer.open(sealed.as_ref())
        };
        let text = |sealed| String::from_utf8(open(sealed)).unwrap_or_default();
        let call = pb::Call {
            number: text(&row.number),
            name: text(&row.name),
            answers: serde_json::from_slice(&open(&row.answers)).unwrap_or_default(),
            ..row.plain(id)
        };
        Ok((call, row))
    }
}

async fn key(vault: &Vault, customer: &str) -> Result<Option<journal::DataKey>, Refusal> {
    match vault.existing(customer).await {
        Ok(key) => Ok(key),
        Err(KeyError::Erased { .. }) => Ok(None),
        Err(error @ (KeyError::Unavailable { .. } | KeyError::Unusable { .. } | KeyError::BadId { .. })) => {
            tracing::warn!(%error, "calls of a list are not opened");
            Err(unavailable("customers' keys cannot be read now"))
        }
    }
}

/// How far the view is, and the calls that have not ended there, as of the same moment.
///
/// # Errors
/// When the database fails.
pub(crate) async fn living(pool: &PgPool) -> Result<(u64, Vec<CallId>), sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
    let there: Option<String> =
        sqlx::query_scalar("select to_regclass('journal_position')::text").fetch_one(&mut *tx).await?;
    if there.is_none() {
        return Ok((0, Vec::new()));
    }
    let position = sqlx::query("select sequence from journal_position where projection = $1")
        .bind(PROJECTION)
        .fetch_optional(&mut *tx)
        .await?;
    let position = position.map_or(Ok(0), |row| unsigned(&row, "sequence"))?;
    let ids: Vec<String> = sqlx::query_scalar("select call_id::text from calls where phase <> $1 order by call_id")
        .bind(ENDED)
        .fetch_all(&mut *tx)
        .await?;
    let ids = ids.iter().filter_map(|id| id.parse().ok()).map(CallId);
    Ok((position, ids.collect()))
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A digest of the whole view: equal at two sites exactly when their calls are, whatever the order and time in which the rows came. The
/// pool must be in the schema [`SCHEMA`](super::SCHEMA).
///
/// # Errors
/// When the database fails.
pub async fn digest(pool: &PgPool) -> Result<[u8; 32], sqlx::Error> {
    let digest: Vec<u8> = sqlx::query_scalar(
        "select sha256(convert_to((select concat_ws(':', count(*), sum(hashtextextended(c::text, 1)::numeric), \
         sum(hashtextextended(c::text, 2)::numeric)) from calls c), 'UTF8'))",
    )
    .fetch_one(pool)
    .await?;
    <[u8; 32]>::try_from(digest).map_err(|_| sqlx::Error::Protocol("the digest is not 32 bytes".to_owned()))
}
