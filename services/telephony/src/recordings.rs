//! Recorded sound: sealed chunk by chunk into the journal, so that a site's death takes at most the last seconds; read back as WAV.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chassis::refusal::Refusal;
use journal::{Append, AppendError, DataKey, Expect, Journal, KeyError};
use prost::Message as _;
use proto::{
    journal::v1::Unit,
    telephony::v1::{Part, RecordedChunk},
};
use tokio::{sync::mpsc, time::Instant};

use crate::{
    error::unavailable,
    gateway::{RECORDINGS, now_ms},
    ids::CallId,
    media::MediaEvent,
};

/// Chunks that may wait for the journal: four minutes of a hundred calls.
const WAITING: usize = 12_000;
/// Pause before a key is asked for again.
const RETRY: Duration = Duration::from_millis(200);
/// How long an answer to "how much is stored?" holds.
const MEASURED_FOR: Duration = Duration::from_secs(30);
/// Bytes of a millisecond: 8 kHz stereo, one byte a sample.
const BYTES_PER_MS: u64 = 16;

/// Writes chunks in the background, in order.
pub(crate) struct Recorder {
    chunks: mpsc::Sender<Chunk>,
}

struct Chunk {
    call: CallId,
    customer: String,
    part: u32,
    chunk: u32,
    start_ms: u64,
    samples: bytes::Bytes,
    last: bool,
}

impl Recorder {
    /// `recordings_mib`: all recorded sound together, in MiB.
    pub(crate) fn new(journal: Journal, recordings_mib: u64) -> Self {
        let (chunks, waiting) = mpsc::channel(WAITING);
        let room = Room { most: recordings_mib << 20, measured: None };
        tokio::spawn(write(journal, room, waiting));
        Self { chunks }
    }

    /// Takes what media recorded. `customer` is whose key seals it.
    pub(crate) fn take(&self, event: &MediaEvent, customer: Option<String>) {
        let chunk = match event {
            MediaEvent::Recorded { call, part, chunk, start_ms, samples } => Chunk {
                call: *call,
                customer: customer.unwrap_or_default(),
                part: *part,
                chunk: *chunk,
                start_ms: *start_ms,
                samples: samples.clone(),
                last: false,
            },
            MediaEvent::RecordedAll { call, part } => Chunk {
                call: *call,
                customer: customer.unwrap_or_default(),
                part: *part,
                chunk: u32::MAX,
                start_ms: now_ms(),
                samples: bytes::Bytes::new(),
                last: true,
            },
            MediaEvent::Digit { .. }
            | MediaEvent::Played { .. }
            | MediaEvent::Silent { .. }
            | MediaEvent::Heard { .. }
            | MediaEvent::BrowserUp { .. }
            | MediaEvent::BrowserGone { .. }
            | MediaEvent::Quality { .. } => return,
        };
        if self.chunks.try_send(chunk).is_err() {
            tracing::error!("recorded sound is not stored: too much waits for the journal");
        }
    }
}

/// Recorded sound must not take the room of the calls themselves: what is beyond the limit is not stored.
struct Room {
    most: u64,
    measured: Option<(Instant, bool)>,
}

impl Room {
    async fn is_left(&mut self, journal: &Journal) -> bool {
        if let Some((at, left)) = self.measured
            && at.elapsed() < MEASURED_FOR
        {
            return left;
        }
        // Unknown: the append will tell.
        let left = !matches!(journal.stored_bytes(&RECORDINGS).await, Ok(bytes) if bytes >= self.most);
        if !left {
            tracing::error!(most_bytes = self.most, "calls are not recorded: recordings take all the room they may");
        }
        self.measured = Some((Instant::now(), left));
        left
    }
}

async fn write(journal: Journal, mut room: Room, mut waiting: mpsc::Receiver<Chunk>) {
    while let Some(chunk) = waiting.recv().await {
        if !room.is_left(&journal).await {
            continue;
        }
        let Some(key) = key_of(&journal, &chunk).await else { continue };
        let (subject, place) = (subject(&chunk.customer, chunk.call), place(chunk.call));
        let event = RecordedChunk {
            part: chunk.part,
            chunk: chunk.chunk,
            part_began_at_ms: 0,
            start_ms: chunk.start_ms,
            sound: (!chunk.samples.is_empty()).then(|| key.seal(&place, &chunk.samples)),
            last: chunk.last,
        };
        let unit = Unit {
            events: vec![event.encode_to_vec().into()],
            decided_at_ms: now_ms(),
            site: journal.site().to_owned(),
            claim: None,
            epoch: 0,
        };
        let id = format!("{}.{}.{}", chunk.call, chunk.part, chunk.chunk);
        let append = Append { stream: RECORDINGS, subject, expect: Expect::Any, id, unit };
        store(&journal, append).await;
    }
}

/// The customer comes first: what an erased one left is taken out by it.
fn subject(customer: &str, call: CallId) -> String {
    format!("{}.{customer}.{call}", RECORDINGS.prefix)
}

/// What sound is sealed for: it opens as this call's only.
fn place(call: CallId) -> String {
    format!("{}.{call}", RECORDINGS.prefix)
}

/// The key that seals a chunk, waited for; none when the customer was erased meanwhile: nothing more is kept of them.
async fn key_of(journal: &Journal, chunk: &Chunk) -> Option<DataKey> {
    loop {
        match journal.vault().key(&chunk.customer).await {
            Ok(key) => return Some(key),
            Err(KeyError::Unavailable { .. }) => tokio::time::sleep(RETRY).await,
            Err(error) => {
                tracing::warn!(%error, call = %chunk.call, "recorded sound is not stored");
                return None;
            }
        }
    }
}

async fn store(journal: &Journal, append: Append) {
    loop {
        match journal.append(append.clone()).await {
            Ok(_) => return,
            Err(AppendError::Unavailable { reason, .. }) => {
                tracing::warn!(reason, "recorded sound waits for the journal")
            }
            Err(
                error @ (AppendError::Conflict { .. } | AppendError::TooLarge { .. } | AppendError::Refused { .. }),
            ) => {
                tracing::error!(%error, "recorded sound cannot be stored");
                return;
            }
        }
    }
}

/// A call's recorded sound by part: interleaved stereo µ-law with when it began, and whether it is whole.
pub(crate) struct Recorded {
    /// By part.
    pub parts: BTreeMap<u32, Sound>,
}

/// A part.
#[derive(Default)]
pub(crate) struct Sound {
    /// When its first sample was heard.
    pub began_at_ms: u64,
    /// Interleaved stereo µ-law.
    pub samples: Vec<u8>,
    /// Its gateway ended it in order.
    pub complete: bool,
}

impl Recorded {
    /// Reads a call's recording from the journal.
    ///
    /// # Errors
    /// The journal or the key cannot be read now.
    pub(crate) async fn read(journal: &Journal, call: CallId, customer: &str) -> Result<Self, Refusal> {
        let (subject, place) = (subject(customer, call), place(call));
        let away = |error: &dyn std::fmt::Display| {
            tracing::warn!(%error, %call, "a recording cannot be read");
            unavailable("the recording cannot be read now")
        };
        let key = journal.vault().existing(customer).await.ok().flatten();
        let replay = journal.replay(&RECORDINGS, &subject, 0).await.map_err(|error| away(&error))?;
        let (mut parts, mut seen) = (BTreeMap::<u32, Sound>::new(), BTreeSet::new());
        for record in &replay.records {
            for event in &record.unit.events {
                let Ok(chunk) = RecordedChunk::decode(event.clone()) else { continue };
                // The servers know an id again for two minutes only: an append that was repeated for longer may stand twice.
                if !seen.insert((chunk.part, chunk.chunk)) {
                    continue;
                }
                let part = parts.entry(chunk.part).or_default();
                part.complete |= chunk.last;
                let opened = chunk.sound.zip(key.as_ref()).and_then(|(sound, key)| key.open(&place, &sound).ok());
                let Some(samples) = opened else { continue };
                if part.samples.is_empty() {
                    part.began_at_ms = chunk.start_ms;
                }
                part.samples.extend_from_slice(&samples);
            }
        }
        parts.retain(|_, part| !part.samples.is_empty());
        Ok(Self { parts })
    }

    /// What there is.
    pub(crate) fn list(&self) -> Vec<Part> {
        let describe = |(part, sound): (&u32, &Sound)| Part {
            part: *part,
            began_at_ms: sound.began_at_ms,
            length_ms: sound.samples.len() as u64 / BYTES_PER_MS,
            complete: sound.complete,
        };
        self.parts.iter().map(describe).collect()
    }
}
