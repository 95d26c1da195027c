//! CHAT and ROUTING into rows. Each batch is a few statements, however many events it holds.

use std::{collections::HashMap, time::Duration};

use journal::{ProjectError, Projection, Record};
use prost::Message as _;
use proto::routing::v1::{RoutingEvent, routing_event::What as Routed};
use sqlx::{FromRow as _, PgConnection, Row as _};
use uuid::Uuid;

use super::{
    row::{MessageRow, Row},
    signed,
};
use crate::convert;

/// Name under which the conversations' position is kept.
pub(crate) const CHAT_PROJECTION: &str = "chat";
/// Name under which the contacts' position is kept.
pub(crate) const ROUTING_PROJECTION: &str = "chat_contacts";

/// Batches smaller than this wait for company.
const SMALL: usize = 500;

/// CHAT → `conversations` and `messages`.
pub(crate) struct Conversations {
    /// How long a small batch waits before it is written: a transaction costs about the same for one event as for hundreds, and lists may be
    /// this much behind.
    pub pace: Duration,
}

impl Projection for Conversations {
    fn name(&self) -> &'static str {
        CHAT_PROJECTION
    }

    async fn apply(&mut self, tx: &mut PgConnection, records: &[Record]) -> Result<(), ProjectError> {
        if records.len() < SMALL {
            // What comes meanwhile is the next batch. Nobody but an erasure waits for this transaction's lock.
            tokio::time::sleep(self.pace).await;
        }
        let mut touched: Vec<Uuid> =
            records.iter().filter_map(|record| convert::conversation_of(&record.subject)).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut rows = read_rows(tx, &touched).await?;
        let mut messages = Vec::new();
        for record in records {
            let Some(conversation) = convert::conversation_of(&record.subject) else {
                return Err(ProjectError::Poison(format!("{} is no conversation", record.subject)));
            };
            let row = rows.entry(conversation).or_default();
            for bytes in &record.unit.events {
                let event = convert::decode(bytes.clone()).map_err(|error| ProjectError::Poison(error.to_string()))?;
                messages.extend(row.apply(conversation, event));
            }
        }
        // Nothing is known of a subject whose first units were set aside.
        rows.retain(|_, row| row.last_number > 0);
        write_rows(tx, &rows).await?;
        write_messages(tx, &messages).await?;
        forget_erased(tx, &rows).await?;
        Ok(())
    }
}

async fn read_rows(tx: &mut PgConnection, touched: &[Uuid]) -> Result<HashMap<Uuid, Row>, sqlx::Error> {
    let ids: Vec<String> = touched.iter().map(Uuid::to_string).collect();
    let found = sqlx::query(
        "select conversation_id::text as id, customer_id, phase, agent_id, queue, to_agent_id, round, last_number, \
         last_at_ms, changed_at_ms, language, name_box, last_text_box, reader_id, read_up_to, reason, wrap_code, \
         tags, follow_up_at_ms, rating, participants \
         from conversations where conversation_id = any($1::text[]::uuid[])",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    let mut rows = HashMap::with_capacity(touched.len());
    for row in found {
        let id: String = row.try_get("id")?;
        if let Some(id) = convert::canonical(&id) {
            rows.insert(id, Row::from_row(&row)?);
        }
    }
    Ok(rows)
}

async fn write_rows(tx: &mut PgConnection, rows: &HashMap<Uuid, Row>) -> Result<(), sqlx::Error> {
    fn column<T>(rows: &HashMap<Uuid, Row>, of: impl Fn(&Row) -> T) -> Vec<T> {
        rows.values().map(of).collect()
    }
    sqlx::query(
        "insert into conversations (conversation_id, customer_id, phase, agent_id, queue, to_agent_id, round, \
         last_number, last_at_ms, changed_at_ms, language, name_box, last_text_box, reader_id, read_up_to, reason, \
         wrap_code, tags, follow_up_at_ms, rating, participants) \
         select * from unnest($1::text[]::uuid[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], \
         $7::integer[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bytea[], $13::bytea[], \
         $14::text[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::bigint[], $20::smallint[], \
         $21::text[]) \
         on conflict (conversation_id) do update set customer_id = excluded.customer_id, phase = excluded.phase, \
         agent_id = excluded.agent_id, queue = excluded.queue, to_agent_id = excluded.to_agent_id, \
         round = excluded.round, last_number = excluded.last_number, last_at_ms = excluded.last_at_ms, \
         changed_at_ms = excluded.changed_at_ms, language = excluded.language, name_box = excluded.name_box, \
         last_text_box = excluded.last_text_box, reader_id = excluded.reader_id, read_up_to = excluded.read_up_to, \
         reason = excluded.reason, wrap_code = excluded.wrap_code, tags = excluded.tags, \
         follow_up_at_ms = excluded.follow_up_at_ms, rating = excluded.rating, participants = excluded.participants",
    )
    .bind(rows.keys().map(Uuid::to_string).collect::<Vec<_>>())
    .bind(column(rows, |row| row.customer_id.clone()))
    .bind(column(rows, |row| row.phase))
    .bind(column(rows, |row| row.agent_id.clone()))
    .bind(column(rows, |row| row.queue.clone()))
    .bind(column(rows, |row| row.to_agent_id.clone()))
    .bind(column(rows, |row| row.round))
    .bind(column(rows, |row| row.last_number))
    .bind(column(rows, |row| row.last_at_ms))
    .bind(column(rows, |row| row.changed_at_ms))
    .bind(column(rows, |row| row.language.clone()))
    .bind(column(rows, |row| row.name_box.clone()))
    .bind(column(rows, |row| row.last_text_box.clone()))
    .bind(column(rows, |row| row.reader_id.clone()))
    .bind(column(rows, |row| row.read_up_to))
    .bind(column(rows, |row| row.reason.clone()))
    .bind(column(rows, |row| row.wrap_code.clone()))
    .bind(column(rows, |row| row.tags.clone()))
    .bind(column(rows, |row| row.follow_up_at_ms))
    .bind(column(rows, |row| row.rating))
    .bind(column(rows, |row| row.participants.clone()))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_messages(tx: &mut PgConnection, messages: &[MessageRow]) -> Result<(), sqlx::Error> {
    fn column<T>(rows: &[MessageRow], of: impl Fn(&MessageRow) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    if messages.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into messages (conversation_id, number, message_id, by_kind, by_id, at_ms, text_box) \
         select * from unnest($1::text[]::uuid[], $2::bigint[], $3::text[]::uuid[], $4::smallint[], $5::text[], \
         $6::bigint[], $7::bytea[]) on conflict do nothing",
    )
    .bind(column(messages, |row| row.conversation.to_string()))
    .bind(column(messages, |row| row.number))
    .bind(column(messages, |row| row.message.to_string()))
    .bind(column(messages, |row| row.by_kind))
    .bind(column(messages, |row| row.by_id.clone()))
    .bind(column(messages, |row| row.at_ms))
    .bind(column(messages, |row| row.text.to_vec()))
    .execute(tx)
    .await?;
    Ok(())
}

/// Events of a customer who was erased before they came here: a rebuild, or a view that lags. The erasure itself takes the lock that
/// moving the position took, so one of the two sees the other.
async fn forget_erased(tx: &mut PgConnection, rows: &HashMap<Uuid, Row>) -> Result<(), sqlx::Error> {
    let mut customers: Vec<String> = rows.values().map(|row| row.customer_id.clone()).collect();
    customers.sort_unstable();
    customers.dedup();
    let erased: Vec<String> =
        sqlx::query_scalar("select customer_id from erased_customers where customer_id = any($1)")
            .bind(customers)
            .fetch_all(&mut *tx)
            .await?;
    if erased.is_empty() { Ok(()) } else { empty(tx, &erased).await }
}

/// Takes the sealed texts and names of customers out of the view.
pub(super) async fn empty(tx: &mut PgConnection, customers: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update messages set text_box = null where text_box is not null and conversation_id in \
         (select conversation_id from conversations where customer_id = any($1))",
    )
    .bind(customers)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update conversations set name_box = null, last_text_box = null where customer_id = any($1)")
        .bind(customers)
        .execute(tx)
        .await?;
    Ok(())
}

/// ROUTING → `contacts`.
pub(crate) struct Contacts;

/// The last word on a contact in a batch; `None`: it left the floor.
type Word = Option<(Option<String>, i64, i64)>;

impl Projection for Contacts {
    fn name(&self) -> &'static str {
        ROUTING_PROJECTION
    }

    async fn apply(&mut self, tx: &mut PgConnection, records: &[Record]) -> Result<(), ProjectError> {
        let mut words: HashMap<(Uuid, u32), Word> = HashMap::new();
        for record in records {
            for bytes in &record.unit.events {
                let event =
                    RoutingEvent::decode(bytes.clone()).map_err(|error| ProjectError::Poison(error.to_string()))?;
                if let Some((contact, word)) = word(event, record.sequence) {
                    words.insert(contact, word);
                }
            }
        }
        write_contacts(tx, &words).await?;
        Ok(())
    }
}

fn word(event: RoutingEvent, sequence: u64) -> Option<((Uuid, u32), Word)> {
    let (sequence, at) = (signed(sequence), signed(event.at_ms));
    match event.what? {
        Routed::ContactEnqueued(enqueued) => {
            Some((convert::contact(&enqueued.contact?.contact_id)?, Some((None, sequence, at))))
        }
        Routed::OfferAccepted(accepted) => {
            Some((convert::contact(&accepted.contact_id)?, Some((Some(accepted.agent_id), sequence, at))))
        }
        Routed::ContactEnded(ended) => Some((convert::contact(&ended.contact_id)?, None)),
        Routed::QueueDefined(_)
        | Routed::AgentDefined(_)
        | Routed::AvailabilityChanged(_)
        | Routed::ContactOffered(_)
        | Routed::ContactReleased(_)
        | Routed::ContactChanged(_)
        | Routed::SettingDefined(_)
        | Routed::OfferEnded(_) => None,
    }
}

async fn write_contacts(tx: &mut PgConnection, words: &HashMap<(Uuid, u32), Word>) -> Result<(), sqlx::Error> {
    let ids = |gone: bool| -> (Vec<String>, Vec<i32>) {
        let keys = words.iter().filter(|(_, word)| word.is_none() == gone).map(|(key, _)| key);
        keys.map(|(id, round)| (id.to_string(), i32::try_from(*round).unwrap_or(i32::MAX))).unzip()
    };
    let here: Vec<_> = words.values().flatten().collect();
    if !here.is_empty() {
        let (conversations, rounds) = ids(false);
        sqlx::query(
            "insert into contacts (conversation_id, round, agent_id, sequence, changed_at_ms) \
             select * from unnest($1::text[]::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[]) \
             on conflict (conversation_id, round) do update set agent_id = excluded.agent_id, \
             sequence = excluded.sequence, changed_at_ms = excluded.changed_at_ms",
        )
        .bind(conversations)
        .bind(rounds)
        .bind(here.iter().map(|word| word.0.clone()).collect::<Vec<_>>())
        .bind(here.iter().map(|word| word.1).collect::<Vec<_>>())
        .bind(here.iter().map(|word| word.2).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
    }
    if here.len() < words.len() {
        let (conversations, rounds) = ids(true);
        sqlx::query(
            "delete from contacts using unnest($1::text[]::uuid[], $2::integer[]) as gone (conversation_id, round) \
             where contacts.conversation_id = gone.conversation_id and contacts.round = gone.round",
        )
        .bind(conversations)
        .bind(rounds)
        .execute(tx)
        .await?;
    }
    Ok(())
}
