//! Text to speech behind a trait, and recorded sounds: both end as 8 kHz mono.
//!
//! | module | what |
//! |---|---|
//! | [`engine`] | Open JTalk and eSpeak NG as processes |
//! | [`voice`] | what calls use: recorded sounds first, else speech, kept in memory and on disk |
//! | [`sounds`] | the folder of recorded sounds |
//! | [`wav`] | WAV files of any rate |
//! | [`resample`] | from any rate to 8 kHz |

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::ivr::flow::Language;

mod cache;
pub mod engine;
mod memory;
pub mod resample;
pub mod sounds;
pub mod voice;
pub mod wav;

pub use engine::{EngineConfig, Engines};
pub use sounds::Sounds;
pub use voice::{Voice, VoiceConfig};

/// Samples in a second of what calls hear.
pub const RATE: u32 = 8_000;

/// Something that speaks.
pub trait Speech: Send + Sync + 'static {
    /// Speaks a text: 8 kHz mono.
    fn say<'a>(&'a self, text: &'a str, language: Language) -> BoxFuture<'a, Result<Arc<[i16]>, SpeechError>>;

    /// Names the voice: what it says under another name may sound otherwise.
    fn name(&self, language: Language) -> String;
}

/// Why nothing can be heard.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// No program for the language is installed.
    #[error("speak {0:?}: no engine is installed (open-jtalk with a dictionary and a voice, or espeak-ng)")]
    NoEngine(Language),
    /// The program cannot be started.
    #[error("speak: start {program}: {source}")]
    Start {
        /// Which.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The program failed.
    #[error("speak: {program} failed: {reason}")]
    Failed {
        /// Which.
        program: String,
        /// Its exit status, and the end of what it wrote to its standard error.
        reason: String,
    },
    /// It took too long.
    #[error("speak: {program} took longer than {seconds} s")]
    TooSlow {
        /// Which.
        program: String,
        /// The limit.
        seconds: u64,
    },
    /// The text is empty, or longer than the most.
    #[error("speak: a text has 1 to {0} characters")]
    BadText(usize),
    /// There is no such recorded sound.
    #[error("there is no sound {0}")]
    NoSound(String),
    /// A file cannot be read as sound.
    #[error("read the sound {path}: {reason}")]
    BadSound {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The cache or a temporary file cannot be used.
    #[error("speak: {doing}: {source}")]
    File {
        /// What was attempted.
        doing: String,
        /// Why it failed.
        source: std::io::Error,
    },
}
