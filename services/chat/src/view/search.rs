//! Search: the sealed texts of the messages that the searcher may see are opened, folded and looked through, newest first, so many at a time;
//! the next search goes on beyond the place where this one stopped. Nothing is derived from a text and kept, so there is nothing that an erasure could forget to take back; see `docs/chat.md`.

use std::{collections::HashMap, fmt};

use chassis::refusal::Refusal;
use journal::Vault;
use proto::{chat::v1 as pb, journal::v1::Sealed};
use spelling::text::{fold, words};
use sqlx::{FromRow as _, PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{
    away,
    read::{key, summary},
    row::Row,
};
use crate::service::Key;

/// Messages looked through by one search: tens of milliseconds.
const MESSAGES: usize = 20_000;
/// Conversations looked through by one search.
const CONVERSATIONS: usize = 5_000;
/// Conversations fetched at once.
const CHUNK: usize = 250;
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
    /// Only conversations beyond this place; all when unset.
    pub beyond: Option<Place>,
}

/// A place in the order of the search: newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    last_at_ms: i64,
    conversation: Uuid,
}

impl Place {
    /// Reads what [`Display`](fmt::Display) wrote.
    pub(crate) fn parse(text: &str) -> Option<Place> {
        let (last_at_ms, conversation) = text.split_once('.')?;
        Some(Place { last_at_ms: last_at_ms.parse().ok()?, conversation: conversation.parse().ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.last_at_ms, self.conversation)
    }
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
    let mut search = Search { pool, vault, query, words: words(&query.text), keys: HashMap::new(), messages: 0 };
    let mut response = pb::SearchConversationsResponse::default();
    if search.words.is_empty() {
        return Ok(response);
    }
    let (mut at, mut looked) = (query.beyond, 0);
    loop {
        let rows = search.rows(at).await?;
        let ended = rows.len() < CHUNK;
        let (mut hits, whole) = search.hits(&rows).await?;
        let last = whole.unwrap_or(rows.len());
        for (id, row) in rows.into_iter().take(last) {
            at = Some(Place { last_at_ms: row.last_at_ms, conversation: id });
            looked += 1;
            response.found.extend(search.judge(id, row, &mut hits).await?);
            if response.found.len() >= query.limit {
                return Ok(found(response, at));
            }
        }
        if whole.is_some() || looked >= CONVERSATIONS || search.messages >= MESSAGES {
            return Ok(found(response, at));
        }
        if ended {
            return Ok(response);
        }
    }
}

fn found(response: pb::SearchConversationsResponse, at: Option<Place>) -> pb::SearchConversationsResponse {
    pb::SearchConversationsResponse {
        partial: true,
        older: at.map_or_else(String::new, |at| at.to_string()),
        ..response
    }
}

struct Search<'a> {
    pool: &'a PgPool,
    vault: &'a Vault,
    query: &'a Query,
    words: Vec<String>,
    keys: HashMap<String, Key>,
    /// Opened so far.
    messages: usize,
}

impl Search<'_> {
    /// The next conversations beyond a place.
    async fn rows(&self, beyond: Option<Place>) -> Result<Vec<(Uuid, Row)>, Refusal> {
        let found = sqlx::query(
            "select conversation_id::text as id, * from conversations where ($1::text is null or agent_id = $1) and ($2::bigint is null or \
             (last_at_ms <= $2 and (last_at_ms, conversation_id) < ($2, $3::text::uuid))) \
             order by last_at_ms desc, conversation_id desc limit $4",
        )
        .bind(&self.query.agent)
        .bind(beyond.map(|place| place.last_at_ms))
        .bind(beyond.map(|place| place.conversation.to_string()))
        .bind(i64::try_from(CHUNK).unwrap_or(i64::MAX))
        .fetch_all(self.pool)
        .await
        .map_err(|error| away(&error))?;
        found.iter().map(|found| read(found).map_err(|error| away(&error))).collect()
    }

    /// The newest message that fits of each of these conversations, and how many of them were looked through when it is not all.
    async fn hits(&mut self, rows: &[(Uuid, Row)]) -> Result<(HashMap<Uuid, Hit>, Option<usize>), Refusal> {
        let ids: Vec<String> = rows.iter().map(|(id, _)| id.to_string()).collect();
        let messages = sqlx::query(
            "select c.place, m.number, m.text_box from unnest($1::text[]::uuid[]) with ordinality as c (id, place) \
             join messages m on m.conversation_id = c.id where m.text_box is not null \
             order by c.place, m.number desc limit $2",
        )
        .bind(&ids)
        .bind(i64::try_from(MESSAGES).unwrap_or(i64::MAX))
        .fetch_all(self.pool)
        .await
        .map_err(|error| away(&error))?;
        let cut = messages.len() == MESSAGES;
        let (mut hits, mut last) = (HashMap::new(), 0);
        for message in messages {
            let read =
                || Ok((message.try_get::<i64, _>("place")?, message.try_get("number")?, message.try_get("text_box")?));
            let (place, number, sealed): (i64, i64, Vec<u8>) = read().map_err(|error: sqlx::Error| away(&error))?;
            last = usize::try_from(place).unwrap_or(1) - 1;
            let Some((id, row)) = rows.get(last) else { continue };
            if !hits.contains_key(id)
                && let Some(excerpt) = self.fits(*id, &row.customer_id, sealed).await?
            {
                hits.insert(*id, Hit { number: number.unsigned_abs(), excerpt });
            }
        }
        // The one that was cut is looked at again by the next search, unless it is all that there is room for.
        Ok((hits, cut.then_some(last.max(1))))
    }

    /// The message's beginning when all words are in it.
    async fn fits(&mut self, conversation: Uuid, customer: &str, sealed: Vec<u8>) -> Result<Option<String>, Refusal> {
        self.messages += 1;
        if self.messages.is_multiple_of(PAUSE_EVERY) {
            tokio::task::yield_now().await;
        }
        let key = self.key(customer).await?;
        let sealed = Sealed { key_id: customer.to_owned(), r#box: sealed.into() };
        let Some(text) = key.open(&format!("chat.{conversation}"), &sealed) else { return Ok(None) };
        let folded = fold(&text);
        Ok(self.words.iter().all(|word| folded.contains(word)).then(|| text.chars().take(EXCERPT).collect()))
    }

    /// What is answered of a conversation that fits.
    async fn judge(&mut self, id: Uuid, row: Row, hits: &mut HashMap<Uuid, Hit>) -> Result<Option<pb::Found>, Refusal> {
        if row.customer_id.is_empty() {
            return Ok(None);
        }
        let key = self.key(&row.customer_id).await?;
        let by_office = row.agent_id.as_ref().is_some_and(|agent| self.query.agents.contains(agent))
            || self.query.codes.contains(&row.wrap_code);
        let summary = summary(id.to_string(), row, &key, 0);
        let name = fold(&summary.customer_name);
        let hit = hits.remove(&id);
        let fits = hit.is_some() || by_office || self.words.iter().all(|word| name.contains(word));
        let (number, excerpt) = hit.map_or((0, String::new()), |hit| (hit.number, hit.excerpt));
        Ok(fits.then_some(pb::Found { conversation: Some(summary), excerpt, number }))
    }

    async fn key(&mut self, customer: &str) -> Result<Key, Refusal> {
        if let Some(key) = self.keys.get(customer) {
            return Ok(key.clone());
        }
        let key = key(self.vault, customer).await?;
        self.keys.insert(customer.to_owned(), key.clone());
        Ok(key)
    }
}

fn read(found: &PgRow) -> Result<(Uuid, Row), sqlx::Error> {
    let id: String = found.try_get("id")?;
    let id = id.parse().map_err(|error: uuid::Error| sqlx::Error::Decode(error.into()))?;
    Ok((id, Row::from_row(found)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_and_nothing_else_is_one() {
        let place = Place { last_at_ms: 1_790_000_000_123, conversation: Uuid::from_u128(7) };
        assert_eq!(Place::parse(&place.to_string()), Some(place));
        for text in ["", "1", "x.00000000-0000-0000-0000-000000000007", "1.y"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
