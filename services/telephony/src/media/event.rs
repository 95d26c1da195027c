//! What goes in and out of media: orders, events, states, figures.

use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::format::Format;
use super::sdp::agree::Events;
use crate::ids::{CallId, LegId, LegKey};

/// Names a sound that is played to a leg; chosen by who asks, given back by [`MediaEvent::Played`].
pub type PlayId = u64;

/// What to do with a call's recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// Begin. A recording that runs is stopped first.
    Start {
        /// Names the file among those of the call; chosen by who asks.
        part: u32,
        /// Whom the left channel holds; whom they hear is on the right.
        left: LegId,
        /// The number of the first chunk: 0, or where another gateway stopped.
        first_chunk: u32,
    },
    /// Write silence from now on (card numbers). The time goes on.
    Pause,
    /// Write sound again.
    Resume,
    /// End. [`MediaEvent::RecordedAll`] follows when everything is written.
    Stop,
}

/// What media tells. What was told before a leg was dropped may still be taken after it.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    /// A key was pressed.
    Digit {
        /// Where.
        key: LegKey,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
    },
    /// A sound was played to its end. A sound that is stopped or replaced tells nothing.
    Played {
        /// To whom.
        key: LegKey,
        /// Which.
        play: PlayId,
    },
    /// Nothing has come for the configured time; once, until [`MediaEvent::Heard`].
    Silent {
        /// From whom.
        key: LegKey,
    },
    /// The first packet, or the first after silence.
    Heard {
        /// From whom.
        key: LegKey,
    },
    /// A browser is connected and can hear and speak.
    BrowserUp {
        /// Which.
        key: LegKey,
    },
    /// A browser's connection failed or was closed; it may come again by another offer.
    BrowserGone {
        /// Which.
        key: LegKey,
    },
    /// How well a leg does; every 5 s while packets come.
    Quality {
        /// Whose.
        key: LegKey,
        /// Packets of the last 5 s that did not come, or came too late, per mille.
        loss_permille: u16,
        /// RFC 3550 interarrival jitter in milliseconds: what the peer reports of our packets, or what is seen here (in steps of a tick).
        jitter_ms: u16,
        /// Round trip in milliseconds; unset until the peer has reported.
        rtt_ms: Option<u16>,
    },
    /// Up to 2 s of a recording. Every chunk but a part's last is whole.
    Recorded {
        /// Of which call.
        call: CallId,
        /// Of which file.
        part: u32,
        /// Counts from the order's `first_chunk`.
        chunk: u32,
        /// When its first sample was spoken, Unix time in milliseconds.
        start_ms: u64,
        /// Interleaved stereo µ-law at 8 kHz, `left` first.
        samples: Bytes,
    },
    /// A recording has ended and its file is whole.
    RecordedAll {
        /// Of which call.
        call: CallId,
        /// Which file.
        part: u32,
    },
}

/// What another gateway needs to go on with a leg's sound as if nothing had happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtpState {
    /// Our source.
    pub ssrc: u32,
    /// Our next sequence number at `at_ms`.
    pub sequence: u16,
    /// Our next timestamp at `at_ms`.
    pub timestamp: u32,
    /// When this was so, Unix time in milliseconds: we send every 20 ms, so the numbers of any later time follow.
    pub at_ms: u64,
    /// Where the peer was really heard from, or said to be.
    pub remote: Option<SocketAddr>,
    /// What we sent.
    pub codec: Format,
    /// Its payload type.
    pub payload_type: u8,
    /// How pressed keys are sent, if the peer speaks them as events.
    pub events: Option<Events>,
    /// Our port.
    pub port: u16,
    /// The sound is encrypted: whoever goes on offers new keys.
    #[serde(default)]
    pub secure: bool,
}

impl RtpState {
    /// The state at a later time, a little ahead of what the old gateway can have sent: a receiver takes what is
    /// behind as a repeat, and a gap as loss.
    pub fn at(self, now_ms: u64) -> Self {
        const AHEAD: u64 = 25;
        let ticks = now_ms.saturating_sub(self.at_ms) / 20 + AHEAD;
        let step = self.codec.step();
        Self {
            sequence: self.sequence.wrapping_add(ticks as u16),
            timestamp: self.timestamp.wrapping_add((ticks as u32).wrapping_mul(step)),
            at_ms: now_ms.max(self.at_ms),
            ..self
        }
    }
}

/// Figures of all media threads since their start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Legs now.
    pub legs: u64,
    /// Calls now.
    pub calls: u64,
    /// Slots of the wheel that were run.
    pub ticks: u64,
    /// Slots that began more than 10 ms after their time.
    pub late_ticks: u64,
    /// The latest of them, in microseconds.
    pub worst_late_us: u64,
    /// Ticks that were left out because the thread was more than a fifth of a second behind.
    pub skipped_ticks: u64,
    /// CPU time of the media threads in microseconds.
    pub cpu_us: u64,
    /// CPU time of the thread that writes recordings, in microseconds.
    pub writer_cpu_us: u64,
    /// RTP packets in.
    pub received: u64,
    /// RTP packets out.
    pub sent: u64,
    /// Datagrams from strangers, or that are neither RTP nor RTCP.
    pub strange: u64,
    /// Events that nobody took in time.
    pub events_lost: u64,
    /// Chunks of recordings that the disk did not take in time.
    pub chunks_lost: u64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::g711::Codec;
    use super::*;

    proptest! {
        #[test]
        fn who_goes_on_is_ahead_of_who_died_and_never_far(sequence: u16, timestamp: u32, gone_ms in 0u64..10_000_000, opus: bool) {
            let codec = if opus { Format::Opus } else { Codec::Pcmu.into() };
            let (payload_type, events, remote) = (96, None, None);
            let state =
                RtpState { ssrc: 1, sequence, timestamp, at_ms: 1_000, remote, codec, payload_type, events, port: 9, secure: false };
            let now = state.at(1_000 + gone_ms);
            let sent = gone_ms / 20;
            let ahead = now.sequence.wrapping_sub(sequence.wrapping_add(sent as u16));
            prop_assert!((1..=50).contains(&ahead));
            let samples = now.timestamp.wrapping_sub(timestamp.wrapping_add((sent as u32).wrapping_mul(codec.step())));
            prop_assert_eq!(samples, u32::from(ahead) * codec.step());
        }
    }
}
