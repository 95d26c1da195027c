//! Lists, the sweeper's candidates, the digest.

use std::collections::HashMap;

use chassis::refusal::Refusal;
use journal::{KeyError, Vault};
use proto::{chat::v1 as pb, journal::v1::Sealed};
use sqlx::{FromRow as _, PgPool, Row as _};
use uuid::Uuid;

use super::{
    away,
    row::{CLOSED, Row, WAITING, lines},
    signed,
};
use crate::{convert, error::unavailable, service::Key};

/// Longest piece of the last text that a list shows, characters.
const PREVIEW: usize = 80;

/// A contact may be without its conversation for so long, ms: a call that is dialled has the contact first.
const ORPHANED_MS: u64 = 120_000;

/// Which conversations to list.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// Only those this agent holds, or held last.
    pub agent: Option<String>,
    /// Only this customer's.
    pub customer: Option<String>,
    /// Closed ones too.
    pub closed: bool,
    /// At most so many.
    pub limit: u32,
    /// Only this one, closed or not.
    pub conversation: Option<Uuid>,
}

/// Conversations, newest first.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn list(
    pool: &PgPool,
    vault: &Vault,
    filter: &Filter,
) -> Result<Vec<pb::ConversationSummary>, Refusal> {
    let found = sqlx::query(
        "select c.conversation_id::text as id, c.*, (select count(*) from messages m \
         where m.conversation_id = c.conversation_id and m.by_kind = 1 and m.number > c.read_up_to) as unread \
         from conversations c where ($1::text is null or c.agent_id = $1) and ($2::text is null or c.customer_id = $2) \
         and ($3 or c.phase <> $4) and ($6::text is null or c.conversation_id = $6::text::uuid) order by c.last_at_ms desc, c.conversation_id limit $5",
    )
    .bind(&filter.agent)
    .bind(&filter.customer)
    .bind(filter.closed)
    .bind(CLOSED)
    .bind(i64::from(filter.limit))
    .bind(filter.conversation.map(|id| id.to_string()))
    .fetch_all(pool)
    .await
    .map_err(|error| away(&error))?;
    let mut keys: HashMap<String, Key> = HashMap::new();
    let mut summaries = Vec::with_capacity(found.len());
    for found in found {
        let row = Row::from_row(&found).map_err(|error| away(&error))?;
        let id: String = found.try_get("id").map_err(|error| away(&error))?;
        let unread: i64 = found.try_get("unread").map_err(|error| away(&error))?;
        let key = match keys.get(&row.customer_id) {
            Some(key) => key.clone(),
            None => keys.entry(row.customer_id.clone()).or_insert(key(vault, &row.customer_id).await?).clone(),
        };
        summaries.push(summary(id, row, &key, unread));
    }
    Ok(summaries)
}

pub(super) async fn key(vault: &Vault, customer: &str) -> Result<Key, Refusal> {
    match vault.existing(customer).await {
        Ok(Some(key)) => Ok(Key::Held(std::sync::Arc::new(key))),
        Ok(None) | Err(KeyError::Erased { .. }) => Ok(Key::Erased),
        Err(error @ (KeyError::Unavailable { .. } | KeyError::Unusable { .. } | KeyError::BadId { .. })) => {
            tracing::warn!(%error, "texts of a list not opened");
            Err(unavailable())
        }
    }
}

pub(super) fn summary(id: String, row: Row, key: &Key, unread: i64) -> pb::ConversationSummary {
    let place = format!("chat.{id}");
    let open = |sealed: Option<Vec<u8>>| {
        let sealed = Sealed { key_id: row.customer_id.clone(), r#box: sealed?.into() };
        key.open(&place, &sealed)
    };
    let last_text = open(row.last_text_box).unwrap_or_default();
    let customer_name = open(row.name_box).unwrap_or_default();
    let held = row.agent_id.is_some();
    pb::ConversationSummary {
        conversation_id: id,
        phase: i32::from(row.phase),
        agent_id: row.agent_id.unwrap_or_default(),
        queue: row.queue,
        last_number: row.last_number.unsigned_abs(),
        last_at_ms: row.last_at_ms.unsigned_abs(),
        customer_name,
        last_text: last_text.chars().take(PREVIEW).collect(),
        unread: if held { u32::try_from(unread).unwrap_or(u32::MAX) } else { 0 },
        customer_id: row.customer_id,
        wrap_code: row.wrap_code,
        tags: lines(&row.tags).map(str::to_owned).collect(),
        follow_up_at_ms: row.follow_up_at_ms.unsigned_abs(),
        rating: u32::from(row.rating.unsigned_abs()),
        participants: lines(&row.participants).map(str::to_owned).collect(),
        reason: row.reason,
        language: row.language,
    }
}

/// How far a projection is; 0 before its first record.
pub(crate) async fn position(pool: &PgPool, projection: &str) -> Result<u64, sqlx::Error> {
    let there: Option<String> =
        sqlx::query_scalar("select to_regclass('journal_position')::text").fetch_one(pool).await?;
    if there.is_none() {
        return Ok(0);
    }
    let sequence: Option<i64> = sqlx::query_scalar("select sequence from journal_position where projection = $1")
        .bind(projection)
        .fetch_optional(pool)
        .await?;
    Ok(sequence.unwrap_or(0).unsigned_abs())
}

/// What seems to have been left undone between a conversation and its contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stray {
    /// It waits, and routing has no contact of its round.
    Unqueued(Uuid),
    /// A contact whose round is over is still on the floor.
    Lingering(Uuid, u32),
    /// A contact without a conversation: whoever was to open it did not.
    Orphaned(Uuid, u32),
    /// Routing says that an agent holds it; the conversation does not say so.
    Unassigned {
        /// The conversation.
        conversation: Uuid,
        /// The contact's round.
        round: u32,
        /// The agent.
        agent: String,
        /// The routing message that says so.
        sequence: u64,
    },
}

/// What was left undone since before `before_ms`, of conversations after `cursor`, at most `limit` of each kind. Contacts without a
/// conversation are left alone until [`ORPHANED_MS`] more have passed.
pub(crate) async fn strays(pool: &PgPool, before_ms: u64, cursor: Uuid, limit: u32) -> Result<Vec<Stray>, sqlx::Error> {
    let rows = sqlx::query(
        "(select 1 as kind, c.conversation_id::text as id, c.round, null as agent_id, 0::bigint as sequence \
          from conversations c where c.phase = $3 and c.changed_at_ms < $1 and c.conversation_id > $2::text::uuid \
          and not exists (select from contacts k where k.conversation_id = c.conversation_id and k.round = c.round) \
          order by c.conversation_id limit $5) \
         union all \
         (select 2, k.conversation_id::text, k.round, null, 0 \
          from contacts k join conversations c using (conversation_id) \
          where greatest(c.changed_at_ms, k.changed_at_ms) < $1 and k.conversation_id > $2::text::uuid \
          and (k.round < c.round or k.round = c.round and c.phase = $4) order by k.conversation_id limit $5) \
         union all \
         (select 3, k.conversation_id::text, k.round, k.agent_id, k.sequence \
          from contacts k join conversations c using (conversation_id) \
          where greatest(c.changed_at_ms, k.changed_at_ms) < $1 and k.conversation_id > $2::text::uuid \
          and k.round = c.round and c.phase <> $4 and k.agent_id is distinct from c.agent_id and k.agent_id is not null \
          order by k.conversation_id limit $5) \
         union all \
         (select 4, k.conversation_id::text, k.round, null, 0 \
          from contacts k left join conversations c using (conversation_id) \
          where c.conversation_id is null and k.changed_at_ms < $6 and k.conversation_id > $2::text::uuid \
          order by k.conversation_id limit $5) order by 2",
    )
    .bind(signed(before_ms))
    .bind(cursor.to_string())
    .bind(WAITING)
    .bind(CLOSED)
    .bind(i64::from(limit))
    .bind(signed(before_ms.saturating_sub(ORPHANED_MS)))
    .fetch_all(pool)
    .await?;
    rows.iter().filter_map(|row| stray(row).transpose()).collect()
}

fn stray(row: &sqlx::postgres::PgRow) -> Result<Option<Stray>, sqlx::Error> {
    let id: String = row.try_get("id")?;
    let Some(conversation) = convert::canonical(&id) else { return Ok(None) };
    let round = row.try_get::<i32, _>("round")?.unsigned_abs();
    let agent: Option<String> = row.try_get("agent_id")?;
    let sequence = row.try_get::<i64, _>("sequence")?.unsigned_abs();
    Ok(Some(match (row.try_get::<i32, _>("kind")?, agent) {
        (3, Some(agent)) => Stray::Unassigned { conversation, round, agent, sequence },
        (2, _) => Stray::Lingering(conversation, round),
        (4, _) => Stray::Orphaned(conversation, round),
        _ => Stray::Unqueued(conversation),
    }))
}

/// A digest of the whole view: equal at two sites exactly when their conversations and messages are, whatever the order and time in
/// which the rows came. The pool must be in the schema [`SCHEMA`](super::SCHEMA).
///
/// # Errors
/// When the database fails.
pub async fn digest(pool: &PgPool) -> Result<[u8; 32], sqlx::Error> {
    let digest: Vec<u8> = sqlx::query_scalar(
        "select sha256(convert_to(concat_ws('|', \
         (select concat_ws(':', count(*), sum(hashtextextended(c::text, 1)::numeric), \
          sum(hashtextextended(c::text, 2)::numeric)) from conversations c), \
         (select concat_ws(':', count(*), sum(hashtextextended(m::text, 3)::numeric), \
          sum(hashtextextended(m::text, 4)::numeric)) from messages m)), 'UTF8'))",
    )
    .fetch_one(pool)
    .await?;
    <[u8; 32]>::try_from(digest).map_err(|_| sqlx::Error::Protocol("the digest is not 32 bytes".to_owned()))
}
