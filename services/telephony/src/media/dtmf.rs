//! Pressed keys as tones in the sound itself: for peers that do not speak RFC 4733.

use std::f64::consts::TAU;

use super::mix::Pcm;

const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const PAD: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
/// Samples looked at together: 25.6 ms, where the eight tones are best told apart.
const BLOCK: usize = 205;
/// Mean square below which nothing is a key (about −40 dBm0).
const QUIET: f64 = 30_000.0;
/// Share of a block's energy that must be in the two tones.
const PURE: f64 = 0.75;
/// How much louder one tone may be than the other (8 dB).
const TWIST: f64 = 6.3;

/// Listens for keys in a stream of 8 kHz samples.
#[derive(Debug)]
pub struct Detector {
    block: Vec<f64>,
    seen: Option<char>,
    times: u8,
    told: bool,
}

impl Default for Detector {
    fn default() -> Self {
        Self { block: Vec::with_capacity(BLOCK), seen: None, times: 0, told: false }
    }
}

impl Detector {
    /// The next 20 ms. `Some` when a key has been held for two blocks (about 51 ms), once a press.
    pub fn hear(&mut self, pcm: &Pcm) -> Option<char> {
        let mut heard = None;
        for sample in pcm {
            self.block.push(f64::from(*sample));
            if self.block.len() == BLOCK {
                heard = self.judge().or(heard);
                self.block.clear();
            }
        }
        heard
    }

    fn judge(&mut self) -> Option<char> {
        let found = key_in(&self.block);
        if found != self.seen {
            (self.seen, self.times, self.told) = (found, 0, false);
        }
        self.times = self.times.saturating_add(1);
        if found.is_some() && self.times >= 2 && !self.told {
            self.told = true;
            return found;
        }
        None
    }
}

fn key_in(block: &[f64]) -> Option<char> {
    let energy: f64 = block.iter().map(|sample| sample * sample).sum();
    if energy < QUIET * block.len() as f64 {
        return None;
    }
    let (row, row_power) = loudest(block, ROWS)?;
    let (column, column_power) = loudest(block, COLUMNS)?;
    let pure = (row_power + column_power) >= PURE * energy * block.len() as f64 / 2.0;
    let level = row_power < TWIST * column_power && column_power < TWIST * row_power;
    (pure && level).then(|| PAD[row][column])
}

/// The one tone of a group that stands out.
fn loudest(block: &[f64], group: [f64; 4]) -> Option<(usize, f64)> {
    let powers = group.map(|hz| goertzel(block, hz));
    let (at, best) = powers.into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let alone = powers.iter().enumerate().all(|(other, power)| other == at || power * 6.3 < best);
    alone.then_some((at, best))
}

fn goertzel(block: &[f64], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / 8_000.0).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in block {
        let now = sample + coefficient * one - two;
        (two, one) = (one, now);
    }
    one * one + two * two - coefficient * one * two
}

/// A key as sound: 100 ms of its two tones and 60 ms of silence, for peers without RFC 4733.
pub fn tone(key: char) -> Vec<i16> {
    let key = key.to_ascii_uppercase();
    let place =
        PAD.iter().enumerate().find_map(|(row, keys)| Some((row, keys.iter().position(|known| *known == key)?)));
    let Some((row, column)) = place else { return Vec::new() };
    let sample = |at: usize| {
        let time = TAU * at as f64 / 8_000.0;
        (6_000.0 * ((time * ROWS[row]).sin() + (time * COLUMNS[column]).sin())) as i16
    };
    (0..800).map(sample).chain(std::iter::repeat_n(0, 480)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::g711::{Codec, FRAME};
    use super::*;

    fn hear(samples: &[i16]) -> String {
        let mut detector = Detector::default();
        samples.chunks_exact(FRAME).filter_map(|frame| detector.hear(frame.try_into().unwrap())).collect()
    }

    #[test]
    fn every_key_is_heard_once_through_either_law() {
        let keys = "123A456B789C*0#D1155";
        for codec in [Codec::Pcmu, Codec::Pcma] {
            let sound: Vec<i16> =
                keys.chars().flat_map(tone).map(|sample| codec.decode(codec.encode(sample))).collect();
            assert_eq!(hear(&sound), keys, "{codec:?}");
        }
    }

    #[test]
    fn one_tone_alone_and_silence_are_no_key() {
        for hz in [440.0, 697.0, 1_000.0, 1_336.0] {
            let sound: Vec<i16> =
                (0..8_000).map(|at| (8_000.0 * (TAU * hz * f64::from(at) / 8_000.0).sin()) as i16).collect();
            assert_eq!(hear(&sound), "", "{hz} Hz");
        }
        assert_eq!(hear(&[0; 8_000]), "");
    }

    #[test]
    fn a_voice_that_has_the_tones_of_a_key_among_others_is_no_key() {
        let voice = |at: usize| (5_000.0 * (TAU * 1_050.0 * at as f64 / 8_000.0).sin()) as i16;
        let sound: Vec<i16> = tone('5').iter().enumerate().map(|(at, sample)| sample + voice(at)).collect();
        assert_eq!(hear(&sound), "");
    }

    proptest! {
        #[test]
        fn noise_is_no_key(samples in proptest::collection::vec(-20_000i16..20_000, 4_000)) {
            prop_assert_eq!(hear(&samples), "");
        }

        #[test]
        fn a_key_in_noise_of_a_tenth_is_heard(noise in proptest::collection::vec(-1_200i16..1_200, 1_280), at in 0usize..16) {
            let key = PAD[at / 4][at % 4];
            let sound: Vec<i16> = tone(key).iter().zip(&noise).map(|(tone, noise)| tone + noise).collect();
            prop_assert_eq!(hear(&sound), key.to_string());
        }
    }
}
