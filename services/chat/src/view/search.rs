//! Search: the sealed texts of the newest messages that the searcher may see are opened, folded and looked through. Nothing is
//! derived from a text and kept, so there is nothing that an erasure could forget to take back; see `docs/chat.md`.

use std::collections::{BTreeMap, HashMap};

use chassis::refusal::Refusal;
use journal::Vault;
use proto::{chat::v1 as pb, journal::v1::Sealed};
use sqlx::{FromRow as _, PgPool, Row as _};

use super::{
    away,
    read::{key, summary},
    row::Row,
};
use crate::{
    fold::{fold, words},
    service::Key,
};

/// Messages looked through by one search: tens of milliseconds.
const MESSAGES: i64 = 20_000;
/// Conversations looked through.
const CONVERSATIONS: i64 = 5_000;
/// Others get their turn after so many opened messages.
const PAUSE_EVERY: usize = 200;
/// Longest piece of the message that fits, characters.
const EXCERPT: usize = 120;

/// What to find, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// Only conversations that this agent holds, or held last; all when unset.
    pub agent: Option<String>,
    /// What was typed.
    pub text: String,
    /// Agents whose names fit.
    pub agents: Vec<String>,
    /// Codes whose names fit.
    pub codes: Vec<String>,
    /// At most so many.
    pub limit: usize,
}

/// A message that fits.
struct Hit {
    number: u64,
    excerpt: String,
}

/// Conversations that fit, newest first.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn search(
    pool: &PgPool,
    vault: &Vault,
    query: &Query,
) -> Result<pb::SearchConversationsResponse, Refusal> {
    let words = words(&query.text);
    if words.is_empty() {
        return Ok(pb::SearchConversationsResponse::default());
    }
    let mut keys = HashMap::new();
    let (hits, all_messages) = hits(pool, vault, query, &words, &mut keys).await?;
    let (mut rows, all_rows) = rows(pool, query, &hits).await?;
    let mut found = Vec::new();
    rows.retain(|(_, row)| !row.customer_id.is_empty());
    for (id, row) in rows {
        let key = held(vault, &mut keys, &row.customer_id).await?;
        let by_office = row.agent_id.as_ref().is_some_and(|agent| query.agents.contains(agent))
            || query.codes.contains(&row.wrap_code);
        let summary = summary(id, row, &key, 0);
        let name = fold(&summary.customer_name);
        let hit = hits.get(&summary.conversation_id);
        if hit.is_some() || by_office || words.iter().all(|word| name.contains(word)) {
            let (number, excerpt) = hit.map_or((0, String::new()), |hit| (hit.number, hit.excerpt.clone()));
            found.push(pb::Found { conversation: Some(summary), excerpt, number });
        }
        if found.len() >= query.limit {
            break;
        }
    }
    Ok(pb::SearchConversationsResponse { found, partial: !all_messages || !all_rows })
}

/// The newest message that fits of each conversation; false when older ones were not looked at.
async fn hits(
    pool: &PgPool,
    vault: &Vault,
    query: &Query,
    words: &[String],
    keys: &mut HashMap<String, Key>,
) -> Result<(BTreeMap<String, Hit>, bool), Refusal> {
    let messages = sqlx::query(
        "select m.conversation_id::text as id, m.number, m.text_box, c.customer_id from \
         (select conversation_id, customer_id, last_at_ms from conversations where ($1::text is null or agent_id = $1) \
         order by last_at_ms desc limit $3) c join messages m using (conversation_id) \
         where m.text_box is not null order by c.last_at_ms desc, m.conversation_id, m.number desc limit $2",
    )
    .bind(&query.agent)
    .bind(MESSAGES)
    .bind(CONVERSATIONS)
    .fetch_all(pool)
    .await
    .map_err(|error| away(&error))?;
    let all = i64::try_from(messages.len()).unwrap_or(i64::MAX) < MESSAGES;
    let mut hits = BTreeMap::new();
    for (count, message) in messages.into_iter().enumerate() {
        if count % PAUSE_EVERY == PAUSE_EVERY - 1 {
            tokio::task::yield_now().await;
        }
        let id: String = message.try_get("id").map_err(|error| away(&error))?;
        if hits.contains_key(&id) {
            continue;
        }
        let number: i64 = message.try_get("number").map_err(|error| away(&error))?;
        let customer: String = message.try_get("customer_id").map_err(|error| away(&error))?;
        let sealed: Vec<u8> = message.try_get("text_box").map_err(|error| away(&error))?;
        let key = held(vault, keys, &customer).await?;
        let sealed = Sealed { key_id: customer, r#box: sealed.into() };
        let Some(text) = key.open(&format!("chat.{id}"), &sealed) else { continue };
        let folded = fold(&text);
        if words.iter().all(|word| folded.contains(word)) {
            let excerpt = text.chars().take(EXCERPT).collect();
            hits.insert(id, Hit { number: number.unsigned_abs(), excerpt });
        }
    }
    Ok((hits, all))
}

/// The conversations with a hit and the newest of the others; false when older ones were not looked at.
async fn rows(
    pool: &PgPool,
    query: &Query,
    hits: &BTreeMap<String, Hit>,
) -> Result<(Vec<(String, Row)>, bool), Refusal> {
    let found = sqlx::query(
        "select c.conversation_id::text as id, c.* from conversations c where ($1::text is null or c.agent_id = $1) \
         order by c.conversation_id = any($2::text[]::uuid[]) desc, c.last_at_ms desc, c.conversation_id limit $3",
    )
    .bind(&query.agent)
    .bind(hits.keys().cloned().collect::<Vec<_>>())
    .bind(CONVERSATIONS)
    .fetch_all(pool)
    .await
    .map_err(|error| away(&error))?;
    let all = i64::try_from(found.len()).unwrap_or(i64::MAX) < CONVERSATIONS;
    let mut rows = Vec::with_capacity(found.len());
    for found in found {
        let id: String = found.try_get("id").map_err(|error| away(&error))?;
        rows.push((id, Row::from_row(&found).map_err(|error| away(&error))?));
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.last_at_ms));
    Ok((rows, all))
}

async fn held(vault: &Vault, keys: &mut HashMap<String, Key>, customer: &str) -> Result<Key, Refusal> {
    if let Some(key) = keys.get(customer) {
        return Ok(key.clone());
    }
    let key = key(vault, customer).await?;
    keys.insert(customer.to_owned(), key.clone());
    Ok(key)
}
