//! What a line of SIP wants of its sound, as it is configured.

use serde::{Deserialize, Serialize};

use super::srtp::Srtp;

/// What is spoken with somebody who speaks several codecs. What comes later is kept once it is agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prefer {
    /// G.711: nothing is transcoded, nothing is lost. Opus is for those who speak nothing else.
    #[default]
    G711,
    /// Opus: a third of the bandwidth, and a lost packet is made up from the next one.
    Opus,
}

/// Encryption and codec of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Whether its sound is encrypted.
    pub srtp: Srtp,
    /// What is spoken on it.
    pub codec: Prefer,
}

impl Wish {
    /// What counts where both do: the stricter encryption, Opus before G.711.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { srtp: self.srtp.max(other.srtp), codec: self.codec.max(other.codec) }
    }
}

impl From<Srtp> for Wish {
    fn from(srtp: Srtp) -> Self {
        Self { srtp, codec: Prefer::G711 }
    }
}

impl From<Prefer> for Wish {
    fn from(codec: Prefer) -> Self {
        Self { srtp: Srtp::Off, codec }
    }
}

/// Our offer, for lines of every wish: which one takes the call is not known beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers([[Vec<u8>; 3]; 2]);

impl Offers {
    /// Made for each.
    pub fn new(of: impl Fn(Wish) -> Vec<u8>) -> Self {
        let all = |codec| [Srtp::Off, Srtp::Offered, Srtp::Required].map(|srtp| of(Wish { srtp, codec }));
        Self([Prefer::G711, Prefer::Opus].map(all))
    }

    /// That of a line.
    pub fn of(&self, wish: Wish) -> &Vec<u8> {
        let Self([g711, opus]) = self;
        let [off, offered, required] = match wish.codec {
            Prefer::G711 => g711,
            Prefer::Opus => opus,
        };
        match wish.srtp {
            Srtp::Off => off,
            Srtp::Offered => offered,
            Srtp::Required => required,
        }
    }
}

impl From<Vec<u8>> for Offers {
    /// The same for all.
    fn from(offer: Vec<u8>) -> Self {
        Self::new(|_| offer.clone())
    }
}

impl From<&str> for Offers {
    /// The same for all.
    fn from(offer: &str) -> Self {
        offer.as_bytes().to_vec().into()
    }
}
