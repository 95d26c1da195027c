//! What became of each contact: folded in memory, one statement per batch.

use std::collections::BTreeMap;

use journal::{ProjectError, Projection, Record};
use prost::Message as _;
use proto::routing::v1::RoutingEvent;
use sqlx::PgConnection;

use crate::{
    SERVICE, convert,
    floor::{ContactChange, ContactEnd, Event, Id, OfferEnd, What},
};

use super::steps::{self, Step};

/// The projection of `routing.<floor>` into `contact_history`.
pub(super) struct History {
    subject: String,
}

/// What a batch says of one contact.
#[derive(Debug, Default, Clone, PartialEq)]
struct Change {
    sequence: u64,
    queue: Option<Id>,
    priority: Option<u32>,
    only_agent: Option<Id>,
    enqueued_at: Option<u64>,
    released_at: Option<u64>,
    first_offered_at: Option<u64>,
    offers: i32,
    declined: i32,
    timed_out: i32,
    taken_back: i32,
    accepted_at: Option<u64>,
    agent: Option<Id>,
    ended_at: Option<u64>,
    withdrawn: Option<bool>,
}

impl History {
    pub(super) fn new(floor: &str) -> History {
        History { subject: format!("{SERVICE}.{floor}") }
    }

    fn fold(&self, records: &[Record]) -> Result<(BTreeMap<Id, Change>, Vec<Step>), ProjectError> {
        let (mut changes, mut steps) = (BTreeMap::new(), Vec::new());
        for record in records.iter().filter(|record| record.subject == self.subject) {
            for (place, bytes) in record.unit.events.iter().enumerate() {
                let event = RoutingEvent::decode(bytes.clone())
                    .map_err(|error| ProjectError::Poison(format!("an event cannot be read: {error}")))?;
                if let Some(event) = convert::to_event(event) {
                    steps.extend(steps::step(&event, record.sequence, place));
                    note(&mut changes, record.sequence, event);
                }
            }
        }
        Ok((changes, steps))
    }
}

impl Projection for History {
    fn name(&self) -> &'static str {
        "contact_history"
    }

    async fn apply(&mut self, tx: &mut PgConnection, records: &[Record]) -> Result<(), ProjectError> {
        let (changes, steps) = self.fold(records)?;
        if !changes.is_empty() {
            store(tx, &changes).await?;
        }
        if !steps.is_empty() {
            steps::store(tx, &steps).await?;
        }
        Ok(())
    }
}

fn note(changes: &mut BTreeMap<Id, Change>, sequence: u64, event: Event) {
    let mut of = |contact: &Id, edit: &dyn Fn(&mut Change)| {
        let change = changes.entry(contact.clone()).or_default();
        change.sequence = sequence;
        edit(change);
    };
    let at = event.at;
    match event.what {
        What::QueueDefined(_) | What::AgentDefined(_) | What::AvailabilityChanged { .. } | What::SettingDefined(_) => {}
        What::ContactChanged { contact, change } => of(&contact, &|known| {
            if let ContactChange::Moved { queue, .. } = &change {
                known.queue = Some(queue.clone());
            }
        }),
        What::ContactEnqueued(arrival) => of(&arrival.contact, &|change| {
            change.queue = Some(arrival.queue.clone());
            change.priority = Some(arrival.priority);
            change.only_agent = arrival.only_agent.clone();
            change.enqueued_at = Some(at);
        }),
        What::ContactOffered(offer) => of(&offer.contact, &|change| {
            change.offers += 1;
            change.first_offered_at.get_or_insert(at);
        }),
        What::OfferAccepted(answer) => of(&answer.contact, &|change| {
            change.accepted_at = Some(at);
            change.agent = Some(answer.agent.clone());
        }),
        What::OfferEnded { offer, why, .. } => of(&offer.contact, &|change| match why {
            OfferEnd::Declined => change.declined += 1,
            OfferEnd::TimedOut => change.timed_out += 1,
            OfferEnd::AgentLeft => change.taken_back += 1,
        }),
        What::ContactReleased { contact } => of(&contact, &|change| change.released_at = Some(at)),
        What::ContactEnded { contact, why } => of(&contact, &|change| {
            change.ended_at = Some(at);
            change.withdrawn = Some(why == ContactEnd::Withdrawn);
        }),
    }
}

const UPSERT: &str = "insert into contact_history as old (contact_id, sequence, queue_id, priority, only_agent_id, \
     enqueued_at, released_at, first_offered_at, offers, declined, timed_out, taken_back, accepted_at, agent_id, \
     ended_at, withdrawn) \
     select * from unnest($1::text[], $2::bigint[], $3::text[], $4::integer[], $5::text[], $6::bigint[], \
     $7::bigint[], $8::bigint[], $9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::bigint[], \
     $14::text[], $15::bigint[], $16::boolean[]) \
     on conflict (contact_id) do update set sequence = excluded.sequence, \
     queue_id = coalesce(excluded.queue_id, old.queue_id), priority = coalesce(excluded.priority, old.priority), \
     only_agent_id = coalesce(excluded.only_agent_id, old.only_agent_id), \
     enqueued_at = coalesce(excluded.enqueued_at, old.enqueued_at), \
     released_at = coalesce(excluded.released_at, old.released_at), \
     first_offered_at = coalesce(old.first_offered_at, excluded.first_offered_at), \
     offers = old.offers + excluded.offers, declined = old.declined + excluded.declined, \
     timed_out = old.timed_out + excluded.timed_out, taken_back = old.taken_back + excluded.taken_back, \
     accepted_at = coalesce(excluded.accepted_at, old.accepted_at), \
     agent_id = coalesce(excluded.agent_id, old.agent_id), ended_at = coalesce(excluded.ended_at, old.ended_at), \
     withdrawn = coalesce(excluded.withdrawn, old.withdrawn)";

async fn store(tx: &mut PgConnection, changes: &BTreeMap<Id, Change>) -> Result<(), sqlx::Error> {
    fn column<T>(changes: &BTreeMap<Id, Change>, of: impl Fn(&Change) -> T) -> Vec<T> {
        changes.values().map(of).collect()
    }
    let text = |of: fn(&Change) -> &Option<Id>| column(changes, |change| of(change).as_ref().map(ToString::to_string));
    let time = |of: fn(&Change) -> Option<u64>| column(changes, |change| of(change).map(|at| at as i64));
    let count = |of: fn(&Change) -> i32| column(changes, of);
    sqlx::query(UPSERT)
        .bind(changes.keys().map(ToString::to_string).collect::<Vec<_>>())
        .bind(column(changes, |change| change.sequence as i64))
        .bind(text(|change| &change.queue))
        .bind(column(changes, |change| change.priority.map(|priority| priority as i32)))
        .bind(text(|change| &change.only_agent))
        .bind(time(|change| change.enqueued_at))
        .bind(time(|change| change.released_at))
        .bind(time(|change| change.first_offered_at))
        .bind(count(|change| change.offers))
        .bind(count(|change| change.declined))
        .bind(count(|change| change.timed_out))
        .bind(count(|change| change.taken_back))
        .bind(time(|change| change.accepted_at))
        .bind(text(|change| &change.agent))
        .bind(time(|change| change.ended_at))
        .bind(column(changes, |change| change.withdrawn))
        .execute(tx)
        .await?;
    Ok(())
}
