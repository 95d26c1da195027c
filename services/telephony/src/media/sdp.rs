//! Session descriptions (RFC 8866) and offer/answer (RFC 3264), as far as one audio line of a telephone call asks.
//!
//! | module | what |
//! |---|---|
//! | [`parse`] | text to [`Session`], strict, with limits |
//! | [`agree`] | our offers and answers, and what they agree on |

pub mod agree;
pub mod parse;

use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a description says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its media, in order; an answer has to keep that order.
    pub media: Vec<Line>,
}

/// One `m=` line with what belongs to it; what the session says for all of them is already here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `audio`, `video`, `image` …
    pub kind: String,
    /// Where its sender wants to hear; 0 = refused.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP` …
    pub protocol: String,
    /// Payload types in order of preference, as text (they need not be numbers for other media).
    pub formats: Vec<String>,
    /// Where its sender wants to hear. `None`: not said, or the hold address 0.0.0.0.
    pub address: Option<IpAddr>,
    /// From its sender's side.
    pub direction: Direction,
    /// Payload type → (name in upper case, rate in Hz).
    pub map: BTreeMap<u8, (String, u32)>,
    /// Where its sender wants to hear reports, if not at the next port.
    pub rtcp: Option<u16>,
    /// Reports may come on the port of the sound.
    pub rtcp_mux: bool,
    /// `a=crypto` lines as they are.
    pub crypto: Vec<String>,
}

/// Who sends, seen from who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both.
    SendReceive,
    /// Only who says it.
    SendOnly,
    /// Only the other.
    ReceiveOnly,
    /// Nobody.
    Inactive,
}

impl Direction {
    /// What the other side says to mean the same.
    pub fn mirrored(self) -> Self {
        match self {
            Self::SendOnly => Self::ReceiveOnly,
            Self::ReceiveOnly => Self::SendOnly,
            Self::SendReceive | Self::Inactive => self,
        }
    }

    /// Its attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendReceive => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::ReceiveOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// Whether who says it sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendReceive | Self::SendOnly)
    }

    /// Whether who says it hears.
    pub fn hears(self) -> bool {
        matches!(self, Self::SendReceive | Self::ReceiveOnly)
    }
}

/// Why a description cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Longer, or of more lines, than a telephone call has any reason for.
    #[error("reading a session description: it is too long")]
    TooLong,
    /// Not UTF-8.
    #[error("reading a session description: it is not text")]
    NotText,
    /// A line breaks the grammar; its number from 1.
    #[error("reading a session description: line {0} is malformed")]
    Malformed(usize),
    /// It has no audio that is not refused.
    #[error("agreeing on sound: the other side has no audio line")]
    NoAudio,
    /// Nothing that both sides speak.
    #[error("agreeing on sound: no codec in common")]
    NoCodec,
    /// Encryption is asked, but with no suite that is spoken here.
    #[error("agreeing on sound: no way of encryption in common")]
    NoKey,
    /// Encryption that is not spoken here, or the lack of it where it is asked.
    #[error("agreeing on sound: the transport {0} is not spoken")]
    Transport(String),
}
