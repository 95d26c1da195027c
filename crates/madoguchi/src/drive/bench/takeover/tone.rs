//! A tone that is said, and an ear that knows when it last heard one.

use std::{
    f64::consts::TAU,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use telephony::media::Codec;
use tokio::time::Instant;

/// Samples of a packet: 20 ms.
pub(super) const PACKET: usize = 160;
/// What a caller says, Hz. A packet holds whole periods of it, and no key and no music is like it.
pub(super) const CALLER: u32 = 550;
/// What an agent says, Hz.
pub(super) const AGENT: u32 = 1_050;
/// Share of a packet's power that must be the tone.
const SHARE: f64 = 0.6;
/// Mean square below which a packet is silence.
const SILENCE: f64 = 10_000.0;

/// A packet of µ-law with a tone of whole periods; all of its packets are alike.
pub(super) fn packet(hz: u32) -> Vec<u8> {
    let sample = |at: usize| (7_000.0 * (TAU * f64::from(hz) * at as f64 / 8_000.0).sin()) as i16;
    (0..PACKET).map(|at| Codec::Pcmu.encode(sample(at))).collect()
}

/// Whether most of a packet is the tone (Goertzel).
fn holds(codes: &[u8], hz: u32) -> bool {
    let turn = 2.0 * (TAU * f64::from(hz) / 8_000.0).cos();
    let (mut one, mut two, mut power) = (0.0, 0.0, 0.0);
    for code in codes {
        let sample = f64::from(Codec::Pcmu.decode(*code));
        (one, two) = (sample + turn * one - two, one);
        power += sample * sample;
    }
    let count = codes.len() as f64;
    let tone = one * one + two * two - turn * one * two;
    power > SILENCE * count && 2.0 * tone / count > SHARE * power
}

/// Listens for one tone.
#[derive(Debug)]
pub(super) struct Ear {
    hz: u32,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    last: Option<Instant>,
    longest: Duration,
}

impl Ear {
    pub(super) fn new(hz: u32) -> Self {
        Self { hz, heard: Mutex::default() }
    }

    /// Takes a packet's µ-law.
    pub(super) fn take(&self, codes: &[u8]) {
        if holds(codes, self.hz) {
            self.note(Instant::now());
        }
    }

    /// The tone was there; what came before counts no more when it was another talk.
    fn note(&self, now: Instant) {
        let mut heard = self.lock();
        if let Some(last) = heard.last.replace(now) {
            heard.longest = heard.longest.max(now.saturating_duration_since(last));
        }
    }

    /// Forgets what it heard before.
    pub(super) fn clear(&self) {
        *self.lock() = Heard::default();
    }

    /// From now on gaps are measured.
    pub(super) fn measure(&self) {
        self.lock().longest = Duration::ZERO;
    }

    /// The longest time without the tone since [`Ear::measure`], one that lasts included. None: never heard.
    pub(super) fn gap(&self) -> Option<Duration> {
        let heard = self.lock();
        heard.last.map(|last| heard.longest.max(last.elapsed()))
    }

    /// Whether it was heard after `since`.
    pub(super) fn heard_after(&self, since: Instant) -> bool {
        self.lock().last.is_some_and(|last| last > since)
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_heard_and_another_is_not() {
        assert!(holds(&packet(CALLER), CALLER) && holds(&packet(AGENT), AGENT));
        assert!(!holds(&packet(CALLER), AGENT) && !holds(&packet(AGENT), CALLER));
        assert!(!holds(&[Codec::Pcmu.encode(0); PACKET], CALLER));
        let music = telephony::media::Sound::hold_music();
        let mut packets = music.samples().chunks_exact(PACKET);
        let codes = |samples: &[i16]| samples.iter().map(|sample| Codec::Pcmu.encode(*sample)).collect::<Vec<_>>();
        assert!(packets.all(|samples| !holds(&codes(samples), CALLER) && !holds(&codes(samples), AGENT)));
    }

    #[test]
    fn a_gap_lasts_from_tone_to_tone() {
        let (ear, start) = (Ear::new(CALLER), Instant::now());
        assert_eq!(ear.gap(), None);
        ear.note(start);
        ear.note(start + Duration::from_secs(9));
        ear.measure();
        ear.note(start + Duration::from_secs(11));
        ear.note(start + Duration::from_millis(11_020));
        assert_eq!(ear.gap(), Some(Duration::from_secs(2)));
        assert!(ear.heard_after(start + Duration::from_secs(11)));
        assert!(!ear.heard_after(start + Duration::from_secs(12)));
    }
}
