//! Recorded sound: sealed chunk by chunk into the journal, so that a site's death takes at most the last seconds; read back as WAV.

use std::collections::BTreeMap;

use chassis::refusal::Refusal;
use journal::{Append, AppendError, Expect, Journal};
use prost::Message as _;
use proto::{
    journal::v1::Unit,
    telephony::v1::{Part, RecordedChunk},
};
use tokio::sync::mpsc;

use crate::{
    error::unavailable,
    gateway::{RECORDINGS, now_ms},
    ids::CallId,
    media::MediaEvent,
};

/// Chunks that may wait for the journal: four minutes of a hundred calls.
const WAITING: usize = 12_000;
/// Bytes of a second: 8 kHz stereo, one byte a sample.
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
    pub(crate) fn new(journal: Journal) -> Self {
        let (chunks, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(journal, waiting));
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

async fn write(journal: Journal, mut waiting: mpsc::Receiver<Chunk>) {
    while let Some(chunk) = waiting.recv().await {
        let Ok(key) = journal.vault().key(&chunk.customer).await else {
            tracing::warn!(call = %chunk.call, "recorded sound is not stored: the customer has no key");
            continue;
        };
        let subject = format!("recording.{}", chunk.call);
        let event = RecordedChunk {
            part: chunk.part,
            chunk: chunk.chunk,
            part_began_at_ms: 0,
            start_ms: chunk.start_ms,
            sound: (!chunk.samples.is_empty()).then(|| key.seal(&subject, &chunk.samples)),
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
        let subject = format!("recording.{call}");
        let away = |error: &dyn std::fmt::Display| {
            tracing::warn!(%error, %call, "a recording cannot be read");
            unavailable("the recording cannot be read now")
        };
        let key = journal.vault().existing(customer).await.ok().flatten();
        let replay = journal.replay(&RECORDINGS, &subject, 0).await.map_err(|error| away(&error))?;
        let mut parts: BTreeMap<u32, Sound> = BTreeMap::new();
        for record in &replay.records {
            for event in &record.unit.events {
                let Ok(chunk) = RecordedChunk::decode(event.clone()) else { continue };
                let part = parts.entry(chunk.part).or_default();
                part.complete |= chunk.last;
                let opened = chunk.sound.zip(key.as_ref()).and_then(|(sound, key)| key.open(&subject, &sound).ok());
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

/// A WAV file of G.711 µ-law, stereo, 8 kHz (format 7 of RFC 2361).
pub(crate) fn wav(samples: &[u8]) -> Vec<u8> {
    let length = samples.len() as u32;
    let mut file = Vec::with_capacity(samples.len() + 58);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(50 + length).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&18_u32.to_le_bytes());
    for word in [7_u16, 2] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for long in [8_000_u32, 16_000] {
        file.extend_from_slice(&long.to_le_bytes());
    }
    for word in [2_u16, 8, 0] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(b"fact");
    file.extend_from_slice(&4_u32.to_le_bytes());
    file.extend_from_slice(&(length / 2).to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(samples);
    file
}
