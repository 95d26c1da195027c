//! Taking an erased customer's bytes out of a stream of files or recorded sound.
//!
//! Without its key a sealed byte is noise; purging gives the disk back. The subjects of such a stream are
//! `<prefix>.<customer>.…`. How far [`KEYS`](crate::vault::KEYS) was followed is noted in the stream itself, at `<prefix>.purged`, by its sequence:
//! what was erased while nobody ran is purged by the next who starts. All sites may do it at once; it is safe to repeat.

use std::time::Duration;

use prost::Message as _;
use proto::journal::v1::{Purged, Unit};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    Append, Expect, Journal, ReadError, Record, Stream,
    read::refused,
    vault::{KEYS, tombstone},
};

/// A purge rewrites blocks.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);
/// Keys followed without an erasure before the position is noted: bounds what a restart reads again.
const NOTE_EVERY: u64 = 10_000;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    purged: u64,
}

/// Keeps a stream free of erased customers' bytes, for ever. Lost servers are waited out.
pub async fn purge_erased(journal: &Journal, stream: &Stream) {
    loop {
        if let Err(error) = follow(journal, stream).await {
            tracing::warn!(%error, stream = stream.name, "purging erased customers' bytes waits");
        }
        sleep(PAUSE).await;
    }
}

async fn follow(journal: &Journal, stream: &Stream) -> Result<(), ReadError> {
    let notes = format!("{}.purged", stream.prefix);
    let mut position = noted(&journal.replay(stream, &notes, 0).await?.records);
    let mut keys = journal.follow(&KEYS, position).await?;
    loop {
        let records = keys.next().await?;
        let mut erased = false;
        for (customer, _) in records.iter().filter_map(tombstone) {
            let purged = purge(journal, stream, &format!("{}.{customer}.>", stream.prefix)).await?;
            tracing::info!(stream = stream.name, purged, "an erased customer's bytes are gone");
            erased = true;
        }
        if erased || keys.position() >= position + NOTE_EVERY {
            position = keys.position();
            note(journal, stream, &notes, position).await;
        }
    }
}

fn noted(records: &[Record]) -> u64 {
    let events = records.iter().flat_map(|record| &record.unit.events);
    events.filter_map(|event| Purged::decode(event.clone()).ok()).map(|note| note.keys_sequence).max().unwrap_or(0)
}

/// What is not noted is purged again after a restart.
async fn note(journal: &Journal, stream: &Stream, subject: &str, keys_sequence: u64) {
    let unit = Unit {
        events: vec![Purged { keys_sequence }.encode_to_vec().into()],
        site: journal.site().to_owned(),
        ..Unit::default()
    };
    let (subject, id) = (subject.to_owned(), Uuid::new_v4().to_string());
    let append = Append { stream: *stream, subject, expect: Expect::Any, id, unit };
    if let Err(error) = journal.append(append).await {
        tracing::warn!(%error, stream = stream.name, "how far erasures were followed is not noted");
    }
}

async fn purge(journal: &Journal, stream: &Stream, filter: &str) -> Result<u64, ReadError> {
    let what = || format!("purging {filter} of stream {}", stream.name);
    let api = format!("$JS.API.STREAM.PURGE.{}", stream.name);
    let asked = json!({ "filter": filter });
    match journal.connection().wire.api::<Answer>(&api, &asked, PATIENCE).await {
        Ok(Ok(answer)) => Ok(answer.purged),
        Ok(Err(error)) => Err(refused(what(), &error)),
        Err(reason) => Err(ReadError::Unavailable { what: what(), reason: reason.to_string() }),
    }
}
