//! What calls use: pieces of a flow in, one sound out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::timeout;

use super::cache::Cache;
use super::memory::Memory;
use super::sounds::Sounds;
use super::{RATE, Speech, SpeechError};
use crate::ivr::flow::Language;
use crate::ivr::run::Piece;

/// Between two pieces.
const GAP_MS: u32 = 150;
/// The same text is spoken once at a time: by its hash it waits for one of these.
const DOORS: usize = 64;
/// What is kept in memory: ten minutes.
const MEMORY_SAMPLES: usize = 600 * RATE as usize;

/// Where sounds come from and are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceConfig {
    /// The folder of recorded sounds.
    pub sounds: PathBuf,
    /// The folder of what was spoken.
    pub cache: PathBuf,
    /// How large it grows, in bytes. A second is 16,000.
    pub cache_bytes: u64,
    /// How many texts are spoken at once.
    pub at_once: usize,
    /// How long a text waits for its turn and is spoken, all in all.
    pub patience: Duration,
}

/// Recorded sounds and speech. Texts that say something of a caller are kept in memory only.
pub struct Voice {
    sounds: Sounds,
    speech: Box<dyn Speech>,
    cache: Arc<Cache>,
    memory: Memory,
    turns: Semaphore,
    doors: Vec<Mutex<()>>,
    patience: Duration,
}

impl Voice {
    /// A voice that speaks with `speech`.
    ///
    /// # Errors
    /// [`SpeechError::File`]: the folder of the cache cannot be made.
    pub fn new(config: &VoiceConfig, speech: impl Speech) -> Result<Self, SpeechError> {
        Ok(Self {
            sounds: Sounds::new(&config.sounds, MEMORY_SAMPLES),
            speech: Box::new(speech),
            cache: Arc::new(Cache::open(&config.cache, config.cache_bytes)?),
            memory: Memory::new(MEMORY_SAMPLES),
            turns: Semaphore::new(config.at_once.max(1)),
            doors: (0..DOORS).map(|_| Mutex::new(())).collect(),
            patience: config.patience,
        })
    }

    /// The recorded sounds.
    #[must_use]
    pub fn sounds(&self) -> &Sounds {
        &self.sounds
    }

    /// The pieces one after the other. A piece that cannot be had is left out, and its error is among those returned: a caller
    /// rather hears half than nothing. No samples: nothing could be had.
    pub async fn render(&self, pieces: &[Piece]) -> (Arc<[i16]>, Vec<SpeechError>) {
        let (mut samples, mut errors) = (Vec::new(), Vec::new());
        for piece in pieces {
            match self.piece(piece, &mut errors).await {
                Ok(sound) => {
                    if !samples.is_empty() {
                        samples.resize(samples.len() + (RATE * GAP_MS / 1_000) as usize, 0);
                    }
                    samples.extend_from_slice(&sound);
                }
                Err(error) => errors.push(error),
            }
        }
        (samples.into(), errors)
    }

    /// The file; else the text.
    async fn piece(&self, piece: &Piece, errors: &mut Vec<SpeechError>) -> Result<Arc<[i16]>, SpeechError> {
        if let Some(file) = &piece.file {
            match (self.sounds.get(file).await, &piece.text) {
                (Ok(sound), _) => return Ok(sound),
                (Err(error), None) => return Err(error),
                (Err(error), Some(_)) => errors.push(error),
            }
        }
        self.say(piece.text.as_deref().unwrap_or_default(), piece.language, !piece.personal).await
    }

    /// Speaks a text, or finds it spoken. `keep`: also on disk.
    ///
    /// # Errors
    /// As the engine says; [`SpeechError::TooSlow`] when its turn did not come in time.
    pub async fn say(&self, text: &str, language: Language, keep: bool) -> Result<Arc<[i16]>, SpeechError> {
        let (key, door) = self.key(text, language);
        if let Some(sound) = self.memory.get(&key) {
            return Ok(sound);
        }
        let spoken = timeout(self.patience, async {
            let _door = self.doors[door].lock().await;
            if let Some(sound) = self.memory.get(&key) {
                return Ok(sound);
            }
            if keep && let Some(sound) = self.cached(&key).await {
                self.memory.put(&key, Arc::clone(&sound));
                return Ok(sound);
            }
            let _turn = self.turns.acquire().await;
            let sound = self.speech.say(text, language).await?;
            self.memory.put(&key, Arc::clone(&sound));
            if keep {
                self.store(&key, &sound).await;
            }
            Ok(sound)
        });
        let slow = || SpeechError::TooSlow { program: self.speech.name(language), seconds: self.patience.as_secs() };
        spoken.await.unwrap_or_else(|_| Err(slow()))
    }

    async fn cached(&self, key: &str) -> Option<Arc<[i16]>> {
        let (cache, key) = (Arc::clone(&self.cache), key.to_owned());
        tokio::task::spawn_blocking(move || cache.get(&key)).await.ok()?
    }

    /// A full disk is no reason to be silent.
    async fn store(&self, key: &str, sound: &Arc<[i16]>) {
        let (cache, key, sound) = (Arc::clone(&self.cache), key.to_owned(), Arc::clone(sound));
        let stored = tokio::task::spawn_blocking(move || cache.put(&key, &sound)).await;
        match stored {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a spoken text is not kept"),
            Err(error) => tracing::warn!(%error, "a spoken text is not kept"),
        }
    }

    /// The text's hash, and its door.
    fn key(&self, text: &str, language: Language) -> (String, usize) {
        let mut hash = Sha256::new();
        for part in [self.speech.name(language).as_str(), &format!("{language:?}"), text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let hash = hash.finalize();
        let key = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        (key, usize::from(hash[0]) % DOORS)
    }
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voice").field("sounds", &self.sounds).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
