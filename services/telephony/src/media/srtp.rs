//! SRTP and SRTCP (RFC 3711) with AES_CM_128_HMAC_SHA1_80, keyed by the SDP (RFC 4568). The ciphers are str0m's.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use str0m::crypto::{Aes128CmSha1_80Cipher, CryptoProvider, from_feature_flags};

/// Whether a line's sound is encrypted. What comes later is stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Srtp {
    /// We do not ask for it. A peer that asks with `RTP/SAVP` gets it.
    #[default]
    Off,
    /// Our key is in a plain offer (`RTP/AVP`): a peer that answers with one of its own encrypts, another one talks plainly.
    Offered,
    /// Nothing is said in clear: a peer that does not encrypt gets no call.
    Required,
}

/// The one suite that is spoken, as SDP names it.
pub const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";
/// Bytes of a packet's tag.
const TAG: usize = 10;
/// Bytes of the number that follows the reports of a datagram.
const INDEX: usize = 4;

/// Master key and salt of one direction. Never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Master([u8; 30]);

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Master(…)")
    }
}

impl Master {
    /// A new one.
    pub fn random() -> Self {
        Self(rand::random::<[u8; 32]>()[..30].try_into().unwrap_or([0; 30]))
    }

    /// The value of `a=crypto` with this tag.
    pub fn attribute(&self, tag: u32) -> String {
        format!("{tag} {SUITE} inline:{}", STANDARD.encode(self.0))
    }

    /// Tag and key of an `a=crypto` value of the suite spoken here; with a key of its own for each packet (MKI) it is not.
    pub fn read(value: &str) -> Option<(u32, Self)> {
        let mut words = value.split_ascii_whitespace();
        let (tag, suite, key) = (words.next()?.parse().ok()?, words.next()?, words.next()?.strip_prefix("inline:")?);
        let mut parts = key.split('|');
        let bytes = STANDARD.decode(parts.next()?).ok()?;
        let plain = suite == SUITE && !parts.any(|part| part.contains(':'));
        Some((tag, Self(bytes.try_into().ok().filter(|_| plain)?)))
    }
}

/// What is made of a master for one kind of packet.
struct Session {
    cipher: Box<dyn Aes128CmSha1_80Cipher>,
    authentication: [u8; 20],
    salt: [u8; 14],
    provider: CryptoProvider,
}

impl Session {
    /// `label`: 0 for sound, 3 for reports.
    fn new(master: &Master, label: u8) -> Self {
        let provider = from_feature_flags();
        let ciphers = provider.srtp_provider.aes_128_cm_sha1_80();
        let mut key = [0; 16];
        key.copy_from_slice(&master.0[..16]);
        let mut derive = ciphers.create_cipher(key, true);
        let mut stream = |label: u8| {
            let mut iv = [0; 16];
            iv[..14].copy_from_slice(&master.0[16..]);
            iv[7] ^= label;
            let mut out = [0; 32];
            // Counter mode has nothing to fail on: the lengths are ours.
            let _ = derive.encrypt(&iv, &[0; 32], &mut out);
            out
        };
        let (cipher, authentication, salt) = (stream(label), stream(label + 1), stream(label + 2));
        let first = |bytes: [u8; 32]| <[u8; 16]>::try_from(&bytes[..16]).unwrap_or_default();
        Self {
            cipher: ciphers.create_cipher(first(cipher), true),
            authentication: authentication[..20].try_into().unwrap_or_default(),
            salt: salt[..14].try_into().unwrap_or_default(),
            provider,
        }
    }

    /// Both ways: counter mode is its own inverse.
    fn crypt(&mut self, ssrc: [u8; 4], index: u64, bytes: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&self.salt);
        let index = &index.to_be_bytes()[2..];
        for (at, byte) in ssrc.iter().chain(index).enumerate() {
            iv[4 + at] ^= byte;
        }
        let input = bytes.to_vec();
        // Counter mode has nothing to fail on: the lengths are the same.
        let _ = self.cipher.encrypt(&iv, &input, bytes);
    }

    fn tag(&self, parts: &[&[u8]]) -> [u8; TAG] {
        let whole = self.provider.sha1_hmac_provider.sha1_hmac(&self.authentication, parts);
        whole[..TAG].try_into().unwrap_or_default()
    }
}

/// One direction of a leg.
pub struct Stream {
    sound: Session,
    reports: Session,
    /// The highest packet number so far, with its rounds.
    highest: Option<u64>,
    /// Which of the 64 numbers up to the highest have been seen.
    seen: u64,
    report: u32,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("highest", &self.highest).finish_non_exhaustive()
    }
}

impl Stream {
    /// From its master.
    pub fn new(master: &Master) -> Self {
        Self { sound: Session::new(master, 0), reports: Session::new(master, 3), highest: None, seen: 0, report: 0 }
    }

    /// Encrypts and signs an RTP packet of ours, which go out in order.
    pub fn protect(&mut self, packet: &mut Vec<u8>) {
        let Some((body, sequence, ssrc)) = places(packet) else { return };
        let index = self.index(sequence);
        self.highest = Some(index);
        self.sound.crypt(ssrc, index, &mut packet[body..]);
        let round = ((index >> 16) as u32).to_be_bytes();
        let tag = self.sound.tag(&[&packet[..], &round]);
        packet.extend(tag);
    }

    /// Checks and decrypts an RTP packet of the peer in its place; how long it is now. `None`: not the peer's, or a repeat.
    pub fn open(&mut self, packet: &mut [u8]) -> Option<usize> {
        let length = packet.len().checked_sub(TAG)?;
        let (body, sequence, ssrc) = places(&packet[..length])?;
        let index = self.index(sequence);
        let round = ((index >> 16) as u32).to_be_bytes();
        let (inner, tag) = packet.split_at_mut(length);
        if !same(&self.sound.tag(&[&*inner, &round]), tag) || !self.is_new(index) {
            return None;
        }
        self.sound.crypt(ssrc, index, &mut inner[body..]);
        Some(length)
    }

    /// Encrypts and signs a datagram of reports.
    pub fn protect_reports(&mut self, packet: &mut Vec<u8>) {
        let Some(ssrc) = packet.get(4..8).and_then(|bytes| bytes.try_into().ok()) else { return };
        self.report = self.report.wrapping_add(1) & 0x7FFF_FFFF;
        self.reports.crypt(ssrc, u64::from(self.report), &mut packet[8..]);
        packet.extend((self.report | 0x8000_0000).to_be_bytes());
        let tag = self.reports.tag(&[&packet[..]]);
        packet.extend(tag);
    }

    /// Checks and decrypts a datagram of reports in its place; how long it is now.
    pub fn open_reports(&mut self, packet: &mut [u8]) -> Option<usize> {
        let signed = packet.len().checked_sub(TAG).filter(|signed| *signed >= 8 + INDEX)?;
        let (inner, tag) = packet.split_at_mut(signed);
        if !same(&self.reports.tag(&[&*inner]), tag) {
            return None;
        }
        let length = signed - INDEX;
        let index = u32::from_be_bytes(inner[length..].try_into().ok()?);
        if index & 0x8000_0000 != 0 {
            let ssrc = inner[4..8].try_into().ok()?;
            self.reports.crypt(ssrc, u64::from(index & 0x7FFF_FFFF), &mut inner[8..length]);
        }
        Some(length)
    }

    /// The number of a packet with its rounds: of those that end so, the one nearest to the highest.
    fn index(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else { return u64::from(sequence) };
        let step = i64::from(sequence.wrapping_sub(highest as u16) as i16);
        highest.checked_add_signed(step).unwrap_or_else(|| u64::from(sequence))
    }

    /// Notes a number; `false` if it was seen, or is too old to know.
    fn is_new(&mut self, index: u64) -> bool {
        let Some(highest) = self.highest else {
            (self.highest, self.seen) = (Some(index), 1);
            return true;
        };
        if index > highest {
            self.seen = self.seen.checked_shl((index - highest).min(64) as u32).unwrap_or(0) | 1;
            self.highest = Some(index);
            return true;
        }
        let back = highest - index;
        let bit = 1u64.checked_shl(back.min(64) as u32).unwrap_or(0);
        let new = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}

/// Where the payload begins, the sequence number, the source.
fn places(packet: &[u8]) -> Option<(usize, u16, [u8; 4])> {
    let fixed: &[u8; 12] = packet.first_chunk()?;
    let mut body = 12 + 4 * usize::from(fixed[0] & 0x0F);
    if fixed[0] & 0x10 != 0 {
        let words = u16::from_be_bytes([*packet.get(body + 2)?, *packet.get(body + 3)?]);
        body += 4 + 4 * usize::from(words);
    }
    let ssrc = [fixed[8], fixed[9], fixed[10], fixed[11]];
    (body <= packet.len()).then_some((body, u16::from_be_bytes([fixed[2], fixed[3]]), ssrc))
}

/// Without telling by its time where two tags differ.
fn same(a: &[u8; TAG], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests;
