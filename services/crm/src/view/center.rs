//! What happened in conversations and calls, from CHAT and TELEPHONY. A conversation and its call have one id, so they are one touchpoint; each
//! stream writes its own part of it, in whatever order they come.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use journal::{DataKey, ProjectError, Projection, Record as Unit};
use prost::Message as _;
use proto::{
    chat::v1::{ChatEvent, PartyKind, chat_event::What as Chatted},
    crm::v1::{self as pb, IdentityKind},
    journal::v1::Sealed,
    telephony::v1::{CallEvent, call_event::What as Called},
};
use sqlx::PgConnection;

use super::{
    project::Means,
    signed,
    write::{self, erased},
};
use crate::{
    convert::{GIVEN_NAME, field_pieces, identity_pieces},
    fold::{self, is_record_id},
    record::{Boxed, Fact, Record, What},
    work::{self, TASK},
};

/// Names under which the positions are kept.
pub(crate) const CONVERSATIONS: &str = "crm_conversations";
pub(crate) const CALLS: &str = "crm_calls";

/// A rating of 3 of 5 says nothing of the mood.
const MIDDLE: i16 = 3;

/// What a batch says of one thread: a conversation or a call.
#[derive(Clone, Debug, Default, PartialEq)]
struct Thread {
    /// Whose it is, when this batch has its beginning.
    record: Option<String>,
    began_at_ms: u64,
    heard_at_ms: u64,
    kind: &'static str,
    channel: &'static str,
    route: Option<String>,
    reason: Option<String>,
    mood: Option<i16>,
    /// A name or number, sealed in the thread's own subject.
    sealed: Option<Sealed>,
}

type Threads = BTreeMap<String, Thread>;

/// CHAT → touchpoints, and the conversations of tasks.
pub(crate) struct Conversations(pub Means);

impl Projection for Conversations {
    fn name(&self) -> &'static str {
        CONVERSATIONS
    }

    async fn apply(&mut self, tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
        self.0.wait(units).await;
        work::hear_talks(tx, units).await?;
        let mut threads = Threads::new();
        each(units, "chat.", |thread, bytes| {
            let event = ChatEvent::decode(bytes).map_err(|error| poison(&error))?;
            threads.entry(thread.to_owned()).or_default().hear_chat(event);
            Ok(())
        })?;
        let name = |means: &Means, place: &str, sealed: &Sealed, key: &DataKey| {
            let name = String::from_utf8(key.open(place, sealed).ok()?).ok().filter(|name| !name.trim().is_empty())?;
            let pieces = field_pieces(&means.hasher, pb::ProfileField::Name, &name);
            let value = Some(Boxed { place: place.to_owned(), bytes: sealed.r#box.clone() });
            Some(What::FieldSet { field: GIVEN_NAME, value, pieces })
        };
        write_threads(tx, &self.0, "chat", threads, name).await
    }
}

/// TELEPHONY → touchpoints and numbers.
pub(crate) struct Calls(pub Means);

impl Projection for Calls {
    fn name(&self) -> &'static str {
        CALLS
    }

    async fn apply(&mut self, tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
        self.0.wait(units).await;
        let mut threads = Threads::new();
        each(units, "call.", |thread, bytes| {
            let event = CallEvent::decode(bytes).map_err(|error| poison(&error))?;
            threads.entry(thread.to_owned()).or_default().hear_call(event);
            Ok(())
        })?;
        let number = |means: &Means, place: &str, sealed: &Sealed, key: &DataKey| {
            let number = String::from_utf8(key.open(place, sealed).ok()?).ok()?;
            let folded = fold::identity(IdentityKind::Phone.into(), "", &number)?;
            let identity = means.hasher.identity(folded.kind, "", &folded.value);
            let pieces = identity_pieces(&means.hasher, folded.kind, &folded.value);
            let sealed = Boxed { place: place.to_owned(), bytes: sealed.r#box.clone() };
            // What a carrier says of a caller proves nothing.
            Some(What::Identified { identity, kind: PHONE, verified: false, sealed, pieces })
        };
        write_threads(tx, &self.0, "call", threads, number).await
    }
}

const PHONE: i16 = IdentityKind::Phone as i16;

fn poison(error: &prost::DecodeError) -> ProjectError {
    ProjectError::Poison(error.to_string())
}

fn each(
    units: &[Unit],
    prefix: &str,
    mut take: impl FnMut(&str, Bytes) -> Result<(), ProjectError>,
) -> Result<(), ProjectError> {
    for unit in units {
        let Some(thread) = unit.subject.strip_prefix(prefix) else { continue };
        unit.unit.events.iter().try_for_each(|bytes| take(thread, bytes.clone()))?;
    }
    Ok(())
}

impl Thread {
    fn hear_chat(&mut self, event: ChatEvent) {
        let by_customer = event.by.as_ref().is_some_and(|by| by.kind == i32::from(PartyKind::Customer));
        match event.what {
            Some(Chatted::Opened(opened)) => {
                let kind = match opened.channel.as_str() {
                    "voice" => ("call", "voice"),
                    TASK => (TASK, TASK),
                    _ => ("chat", "chat"),
                };
                self.begin(opened.customer_id, event.at_ms, kind);
                self.sealed = opened.customer_name;
                // What the customer chose holds until somebody says what it really was.
                self.reason = Some(opened.reason).filter(|reason| !reason.is_empty());
            }
            Some(Chatted::Wrapped(wrapped)) if !wrapped.code.is_empty() => self.reason = Some(wrapped.code),
            Some(Chatted::Rated(rated)) => {
                self.mood = i16::try_from(rated.score).ok().map(|score| (score - MIDDLE).clamp(-2, 2));
                self.hear(event.at_ms);
            }
            Some(Chatted::Closed(_)) => self.hear(event.at_ms),
            Some(_) if by_customer => self.hear(event.at_ms),
            Some(_) | None => {}
        }
    }

    fn hear_call(&mut self, event: CallEvent) {
        match event.what {
            Some(Called::Began(began)) => {
                self.begin(began.customer_id, event.at_ms, ("call", "voice"));
                self.route = Some(began.dialled.chars().take(128).collect());
                self.sealed = began.number;
            }
            Some(Called::Ended(_)) => self.hear(event.at_ms),
            Some(_) | None => {}
        }
    }

    fn begin(&mut self, record: String, at_ms: u64, (kind, channel): (&'static str, &'static str)) {
        self.record = Some(record).filter(|record| is_record_id(record));
        (self.began_at_ms, self.kind, self.channel) = (at_ms, kind, channel);
        self.hear(at_ms);
    }

    fn hear(&mut self, at_ms: u64) {
        self.heard_at_ms = self.heard_at_ms.max(at_ms);
    }
}

/// Writes what a batch says; `what` makes a fact of what the thread's beginning has sealed.
async fn write_threads(
    tx: &mut PgConnection,
    means: &Means,
    prefix: &str,
    mut threads: Threads,
    what: impl Fn(&Means, &str, &Sealed, &DataKey) -> Option<What>,
) -> Result<(), ProjectError> {
    let began: BTreeSet<String> = threads.values().filter_map(|thread| thread.record.clone()).collect();
    let erased = erased(tx, began).await?;
    threads.retain(|_, thread| thread.record.as_ref().is_none_or(|record| !erased.contains(record)));
    let owners = owners(tx, &threads).await?;
    let sealed = threads.values().filter(|thread| thread.sealed.is_some());
    let keys = means.keys(sealed.filter_map(|thread| thread.record.clone()).collect()).await?;
    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    let mut rows: Vec<(String, String, Thread)> = Vec::new();
    for (id, mut thread) in threads {
        let Some(owner) = thread.record.take().or_else(|| owners.get(&id).cloned()) else { continue };
        let record = records.entry(owner.clone()).or_default();
        record.last_at_ms = record.last_at_ms.max(thread.heard_at_ms);
        let place = format!("{prefix}.{id}");
        let opened = thread.sealed.as_ref().and_then(|sealed| what(means, &place, sealed, keys.get(&owner)?));
        if let Some(what) = opened {
            record.apply(Fact { key: fact(&id), at_ms: thread.began_at_ms, by: String::new(), what });
        }
        rows.push((id, owner, thread));
    }
    write::records(tx, &records).await?;
    write_rows(tx, &rows).await?;
    Ok(())
}

fn fact(thread: &str) -> String {
    format!("conv.{thread}/center")
}

/// Whose the threads are that began before this batch.
async fn owners(tx: &mut PgConnection, threads: &Threads) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let older: Vec<String> =
        threads.iter().filter(|(_, thread)| thread.record.is_none()).map(|(id, _)| id.clone()).collect();
    if older.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(String, String)> =
        sqlx::query_as("select thread_id, record_id from threads where thread_id = any($1)")
            .bind(older)
            .fetch_all(tx)
            .await?;
    Ok(found.into_iter().collect())
}

async fn write_rows(tx: &mut PgConnection, rows: &[(String, String, Thread)]) -> Result<(), sqlx::Error> {
    let (began, later): (Vec<_>, Vec<_>) = rows.iter().partition(|(_, _, thread)| !thread.kind.is_empty());
    if !began.is_empty() {
        insert(tx, &began).await?;
    }
    let later: Vec<_> =
        later.into_iter().filter(|(_, _, thread)| thread.reason.is_some() || thread.mood.is_some()).collect();
    if later.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update touchpoints t set reason = coalesce(v.reason, t.reason), mood = coalesce(v.mood, t.mood) \
         from unnest($1::text[], $2::text[], $3::text[], $4::smallint[]) as v (record_id, fact, reason, mood) \
         where t.record_id = v.record_id and t.fact = v.fact",
    )
    .bind(later.iter().map(|(_, owner, _)| owner.clone()).collect::<Vec<_>>())
    .bind(later.iter().map(|(id, _, _)| fact(id)).collect::<Vec<_>>())
    .bind(later.iter().map(|(_, _, thread)| thread.reason.clone()).collect::<Vec<_>>())
    .bind(later.iter().map(|(_, _, thread)| thread.mood).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert(tx: &mut PgConnection, began: &[&(String, String, Thread)]) -> Result<(), sqlx::Error> {
    let owners: Vec<String> = began.iter().map(|(_, owner, _)| owner.clone()).collect();
    let ids: Vec<String> = began.iter().map(|(id, _, _)| id.clone()).collect();
    sqlx::query("insert into threads (thread_id, record_id) select * from unnest($1::text[], $2::text[]) on conflict do nothing")
        .bind(&ids)
        .bind(&owners)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into touchpoints (record_id, fact, at_ms, kind, channel, route, reason, mood, reference, stage, amount) \
         select o, f, a, k, c, coalesce(w, ''), coalesce(y, ''), coalesce(m, 0), r, 0, 0 from unnest($1::text[], $2::text[], $3::bigint[], \
         $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[], $9::text[]) as v (o, f, a, k, c, w, y, m, r) \
         on conflict (record_id, fact) do update set at_ms = least(touchpoints.at_ms, excluded.at_ms), \
         route = case when excluded.route <> '' then excluded.route else touchpoints.route end, \
         reason = case when excluded.reason <> '' then excluded.reason else touchpoints.reason end, \
         mood = case when excluded.mood <> 0 then excluded.mood else touchpoints.mood end",
    )
    .bind(&owners)
    .bind(ids.iter().map(|id| fact(id)).collect::<Vec<_>>())
    .bind(began.iter().map(|(_, _, thread)| signed(thread.began_at_ms)).collect::<Vec<_>>())
    .bind(began.iter().map(|(_, _, thread)| thread.kind.to_owned()).collect::<Vec<_>>())
    .bind(began.iter().map(|(_, _, thread)| thread.channel.to_owned()).collect::<Vec<_>>())
    .bind(began.iter().map(|(_, _, thread)| thread.route.clone()).collect::<Vec<_>>())
    .bind(began.iter().map(|(_, _, thread)| thread.reason.clone()).collect::<Vec<_>>())
    .bind(began.iter().map(|(_, _, thread)| thread.mood).collect::<Vec<_>>())
    .bind(&ids)
    .execute(tx)
    .await?;
    Ok(())
}
