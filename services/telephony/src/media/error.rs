//! What can go wrong with sound.

use std::io;

use super::sdp::SdpError;
use crate::ids::LegKey;

/// Why media could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A thread could not be started.
    #[error("starting the thread {0}")]
    Thread(&'static str, #[source] io::Error),
    /// The folder of recordings cannot be made.
    #[error("making the folder of recordings")]
    Folder(#[source] io::Error),
    /// The configuration cannot work.
    #[error("configuring media: {0}")]
    Config(&'static str),
    /// No port of the range could be bound.
    #[error("taking a port for sound: none of the range is free")]
    Ports,
    /// The peer's description cannot be used.
    #[error("agreeing on sound")]
    Sdp(#[from] SdpError),
    /// The browser's offer cannot be used.
    #[error("answering a browser's offer: {0}")]
    Browser(String),
    /// There is no such leg, or not of this kind, or nothing was offered to it.
    #[error("{1} is not known to media, when {0}")]
    UnknownLeg(&'static str, LegKey),
    /// Media has stopped.
    #[error("media has stopped")]
    Stopped,
}
