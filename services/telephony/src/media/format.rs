//! How sound is written on the wire. Inside there is only G.711: 20 ms of codes a tick.

use serde::{Deserialize, Serialize};

use super::g711::{Codec, FRAME};

/// What a peer speaks. In the order of our preference: what comes first needs the least work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// A byte a sample, as it is inside.
    G711(Codec),
    /// Opus (RFC 6716, 7587), coded and decoded at the leg's edge, 8 kHz mono.
    Opus,
}

impl Format {
    /// The law of the codes that a leg of this format says and is sent inside.
    pub const fn law(self) -> Codec {
        match self {
            Self::G711(law) => law,
            Self::Opus => Codec::Pcmu,
        }
    }

    /// Units of its RTP clock in a second. Opus counts 48 kHz whatever is in it.
    pub const fn rate(self) -> u32 {
        match self {
            Self::G711(_) => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// Units of its RTP clock in a sample of 8 kHz.
    pub const fn units(self) -> u32 {
        self.rate() / 8_000
    }

    /// Units of its RTP clock in a tick.
    pub const fn step(self) -> u32 {
        self.units() * FRAME as u32
    }

    /// What follows the payload type in `a=rtpmap`.
    pub const fn rtpmap(self) -> &'static str {
        match self {
            Self::G711(Codec::Pcmu) => "PCMU/8000",
            Self::G711(Codec::Pcma) => "PCMA/8000",
            Self::Opus => "opus/48000/2",
        }
    }
}

impl From<Codec> for Format {
    fn from(law: Codec) -> Self {
        Self::G711(law)
    }
}
