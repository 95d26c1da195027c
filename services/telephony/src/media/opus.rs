//! Opus at the edge of a leg: 20 ms of codes out as one packet, packets of any length in as samples of 8 kHz.
//!
//! Packets are decoded as they come. What was lost before one is made up first: the last piece from what this packet repeats
//! of it (in-band FEC), what is longer by going on with the voice. One that comes behind its follower is therefore stepped over.

use ::opus::{Application, Bitrate, Channels, Decoder, Encoder};

use super::g711::{Codec, FRAME};
use super::rtp::Header;

/// What the libopus works at here.
const RATE: u32 = 8_000;
/// Samples that a packet may hold, and that are made up at most: 120 ms.
const MOST: usize = 6 * FRAME;
/// Samples that are worked out at most in a tick; what comes beyond is dropped as if it were late. A burst after a stall is far less, and whoever sends
/// more takes the time of every other call on the thread.
const BUDGET: usize = 3 * MOST;
/// Lengths of sound that Opus knows are multiples of this, in samples: 2.5 ms.
const GRAIN: usize = 20;
/// Packets that may come out of order; one that is further behind begins anew.
const BEHIND: i16 = -50;
/// What we send, in bits a second; a voice of 8 kHz with its repeats needs no more.
const BITRATE: i32 = 24_000;
/// Loss that our repeats are made for, per cent.
const LOSS: i32 = 10;
/// Of 10: what half of it saves in processor time nobody hears in a telephone's voice.
const COMPLEXITY: i32 = 5;
/// Bytes of a packet of ours: 20 ms at [`BITRATE`] are 60.
const PACKET: usize = 400;

/// The sending half.
#[derive(Debug)]
pub(super) struct Encoding {
    encoder: Encoder,
    packet: [u8; PACKET],
}

impl Encoding {
    /// `None`: there is no memory for it.
    pub(super) fn new() -> Option<Self> {
        let make = || {
            let mut encoder = Encoder::new(RATE, Channels::Mono, Application::Voip)?;
            encoder.set_bitrate(Bitrate::Bits(BITRATE))?;
            encoder.set_complexity(COMPLEXITY)?;
            encoder.set_inband_fec(true)?;
            encoder.set_packet_loss_perc(LOSS)?;
            Ok::<_, ::opus::Error>(encoder)
        };
        let encoder = made(make())?;
        Some(Self { encoder, packet: [0; PACKET] })
    }

    /// 20 ms as a packet.
    pub(super) fn encode(&mut self, law: Codec, codes: &[u8; FRAME]) -> Option<&[u8]> {
        let samples = codes.map(|code| law.decode(code));
        let length = self.encoder.encode(&samples, &mut self.packet).ok()?;
        Some(&self.packet[..length])
    }
}

/// What comes after a packet, if nothing is lost.
#[derive(Debug, Clone, Copy)]
struct Next {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

/// The receiving half.
#[derive(Debug)]
pub(super) struct Decoding {
    decoder: Decoder,
    clock: Clock,
    next: Option<Next>,
    samples: [i16; 2 * MOST],
    /// Samples worked out since the last tick.
    spent: usize,
}

impl Decoding {
    /// `None`: there is no memory for it.
    pub(super) fn new() -> Option<Self> {
        let decoder = made(Decoder::new(RATE, Channels::Mono))?;
        Some(Self { decoder, clock: Clock::default(), next: None, samples: [0; 2 * MOST], spent: 0 })
    }

    /// A packet's header with its time in samples of 8 kHz.
    pub(super) fn header(&mut self, header: &Header) -> Header {
        Header { timestamp: self.clock.samples(header.timestamp), ..*header }
    }

    /// A tick is over.
    pub(super) fn tick(&mut self) {
        self.spent = 0;
    }

    /// A packet's samples, and before them so many that make up for what was lost. `header` as [`Self::header`] gives it.
    pub(super) fn sound(&mut self, header: &Header, payload: &[u8]) -> Option<(usize, &[i16])> {
        let length = self.decoder.get_nb_samples(payload).ok().filter(|length| (1..=MOST).contains(length))?;
        let lost = self.lost(header)?;
        self.spent += lost + length;
        if self.spent > BUDGET {
            return None;
        }
        let made_up = lost > 0 && self.decoder.decode(payload, &mut self.samples[..lost], true).is_ok();
        let lost = if made_up { lost } else { 0 };
        let whole = lost + length;
        self.decoder.decode(payload, &mut self.samples[lost..whole], false).ok()?;
        self.next = Some(Next {
            ssrc: header.ssrc,
            sequence: header.sequence.wrapping_add(1),
            timestamp: header.timestamp.wrapping_add(length as u32),
        });
        Some((lost, &self.samples[..whole]))
    }

    /// Samples that are to be made up before this packet; `None`: its follower was there before it.
    fn lost(&mut self, header: &Header) -> Option<usize> {
        let known = self.next.filter(|next| next.ssrc == header.ssrc);
        let missing = known.map(|next| header.sequence.wrapping_sub(next.sequence) as i16);
        match (known, missing) {
            (Some(_), Some(BEHIND..0)) => None,
            (Some(next), Some(0..)) => {
                let gap = header.timestamp.wrapping_sub(next.timestamp) as usize;
                // Without a missing packet it is a pause: somebody who says nothing need not send.
                let loss = missing != Some(0) && gap <= MOST && gap.is_multiple_of(GRAIN);
                Some(if loss { gap } else { 0 })
            }
            _ => {
                // Without its past it only has to find its feet again.
                let _ = self.decoder.reset_state();
                Some(0)
            }
        }
    }
}

fn made<T>(result: Result<T, ::opus::Error>) -> Option<T> {
    result.inspect_err(|error| tracing::error!(%error, "Opus cannot be spoken on a leg")).ok()
}

/// The 48 kHz of the wire as 8 kHz, through all rounds of either.
#[derive(Debug, Default)]
struct Clock {
    wire: u32,
    samples: u32,
}

impl Clock {
    fn samples(&mut self, wire: u32) -> u32 {
        let step = (wire.wrapping_sub(self.wire) as i32) / 6;
        self.wire = self.wire.wrapping_add((step * 6) as u32);
        self.samples = self.samples.wrapping_add(step as u32);
        self.samples
    }
}

#[cfg(test)]
mod tests;
