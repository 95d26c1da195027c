//! What is played to a leg: encoded once, shared by all who hear it.

use std::f64::consts::TAU;
use std::sync::{Arc, LazyLock, OnceLock};

use super::g711::{Codec, FRAME};
use super::wav::{self, WavError};

/// A sound of 8 kHz mono. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sound(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    samples: Vec<i16>,
    ulaw: OnceLock<Vec<u8>>,
    alaw: OnceLock<Vec<u8>>,
}

static HOLD_MUSIC: LazyLock<Sound> = LazyLock::new(|| Sound::new(hold_music()));

impl Sound {
    /// From samples at 8 kHz.
    pub fn new(samples: Vec<i16>) -> Self {
        Self(Arc::new(Inner { samples, ulaw: OnceLock::new(), alaw: OnceLock::new() }))
    }

    /// From a WAV file of 8 kHz and 16 bits, at most ten minutes.
    pub fn from_wav(file: &[u8]) -> Result<Self, WavError> {
        wav::read(file).map(Self::new)
    }

    /// A sine of `hz` for `ms` milliseconds, fading in and out so that it does not click.
    pub fn tone(hz: f64, ms: u32) -> Self {
        let length = ms as usize * 8;
        let sample = |at: usize| {
            let edge = at.min(length - at).min(80) as f64 / 80.0;
            (8_000.0 * edge * (TAU * hz * at as f64 / 8_000.0).sin()) as i16
        };
        Self::new((0..length).map(sample).collect())
    }

    /// A quiet loop to wait by, made by code.
    pub fn hold_music() -> Self {
        HOLD_MUSIC.clone()
    }

    /// Its samples.
    pub fn samples(&self) -> &[i16] {
        &self.0.samples
    }

    /// Its length in milliseconds.
    pub fn length_ms(&self) -> u32 {
        (self.0.samples.len() / 8) as u32
    }

    /// Its codes; made at the first call, whoever asks.
    pub fn codes(&self, codec: Codec) -> &[u8] {
        let cell = match codec {
            Codec::Pcmu => &self.0.ulaw,
            Codec::Pcma => &self.0.alaw,
        };
        cell.get_or_init(|| self.0.samples.iter().map(|sample| codec.encode(*sample)).collect())
    }
}

/// A sound on its way to a leg.
#[derive(Debug)]
pub(super) struct Playing {
    sound: Sound,
    looped: bool,
    at: usize,
}

impl Playing {
    pub(super) fn new(sound: Sound, looped: bool) -> Self {
        Self { looped: looped && !sound.samples().is_empty(), sound, at: 0 }
    }

    /// The next 20 ms. `true` when nothing follows.
    pub(super) fn tick(&mut self, codec: Codec, out: &mut [u8; FRAME]) -> bool {
        let codes = self.sound.codes(codec);
        let mut filled = 0;
        while filled < FRAME {
            let part = (codes.len() - self.at).min(FRAME - filled);
            out[filled..filled + part].copy_from_slice(&codes[self.at..self.at + part]);
            filled += part;
            self.at += part;
            if self.at < codes.len() {
                continue;
            }
            if !self.looped {
                out[filled..].fill(codec.silence());
                return true;
            }
            self.at = 0;
        }
        false
    }
}

/// Eight bars of broken chords, 16 s, on soft decaying tones.
fn hold_music() -> Vec<i16> {
    const CHORDS: [[f64; 4]; 8] = [
        [261.63, 329.63, 392.00, 493.88],
        [220.00, 261.63, 329.63, 392.00],
        [174.61, 261.63, 329.63, 349.23],
        [196.00, 246.94, 293.66, 392.00],
        [164.81, 246.94, 329.63, 392.00],
        [220.00, 261.63, 329.63, 440.00],
        [146.83, 220.00, 293.66, 349.23],
        [196.00, 293.66, 349.23, 493.88],
    ];
    const ORDER: [usize; 8] = [0, 2, 1, 3, 2, 1, 3, 2];
    const NOTE: usize = 2_000;
    let length = CHORDS.len() * ORDER.len() * NOTE;
    let mut sum = vec![0.0f64; length];
    for (bar, chord) in CHORDS.iter().enumerate() {
        for (beat, tone) in ORDER.iter().enumerate() {
            let start = (bar * ORDER.len() + beat) * NOTE;
            for at in 0..3 * NOTE {
                let time = at as f64 / 8_000.0;
                let envelope = (time * 60.0).min(1.0) * (-3.5 * time).exp();
                let voice = (TAU * chord[*tone] * time).sin() + 0.25 * (2.0 * TAU * chord[*tone] * time).sin();
                sum[(start + at) % length] += envelope * voice;
            }
        }
    }
    let loudest = sum.iter().fold(1.0f64, |most, sample| most.max(sample.abs()));
    sum.into_iter().map(|sample| (sample / loudest * 5_000.0) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(sound: Sound, looped: bool, ticks: usize) -> (Vec<u8>, Vec<bool>) {
        let mut playing = Playing::new(sound, looped);
        let mut all = Vec::new();
        let ends = (0..ticks)
            .map(|_| {
                let mut out = [0; FRAME];
                let end = playing.tick(Codec::Pcmu, &mut out);
                all.extend(out);
                end
            })
            .collect();
        (all, ends)
    }

    #[test]
    fn a_sound_ends_once_in_silence() {
        let (codes, ends) = played(Sound::new(vec![1_000; 200]), false, 2);
        assert_eq!(ends, [false, true]);
        assert_eq!((codes[199], codes[200]), (Codec::Pcmu.encode(1_000), 0xFF));
        assert_eq!(played(Sound::new(Vec::new()), true, 1).1, [true], "nothing, looped, is still nothing");
    }

    #[test]
    fn a_loop_shorter_than_a_tick_goes_round() {
        let (codes, ends) = played(Sound::new(vec![0, 8_000, -8_000]), true, 3);
        assert_eq!(ends, [false; 3]);
        assert!((0..480).all(|at| codes[at] == codes[at % 3]));
    }

    #[test]
    fn hold_music_is_quiet_and_closes_on_itself() {
        let music = Sound::hold_music();
        assert_eq!(music.length_ms(), 16_000);
        let samples = music.samples();
        assert!(samples.iter().all(|sample| sample.abs() <= 5_000));
        let steps =
            samples.iter().zip(samples.iter().cycle().skip(1)).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs());
        assert!(steps.max().unwrap() < 3_500, "no click, not even where it begins again");
    }
}
