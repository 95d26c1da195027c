//! From any rate to another by a windowed sinc: what the lower rate cannot carry is taken away first.

/// Zero crossings on each side of the middle: the filter is flat to 92 % of what the lower rate carries.
const CROSSINGS: f64 = 24.0;
const FLAT: f64 = 0.92;
/// The finest grid of positions between two samples.
const MAX_PHASES: u64 = 1_024;

/// The same sound at another rate. Both rates above 0.
#[must_use]
pub fn resample(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to || samples.is_empty() {
        return samples.to_vec();
    }
    let (from, to) = (u64::from(from.max(1)), u64::from(to.max(1)));
    let filter = Filter::new(from, to);
    let length = (samples.len() as u64 * to).div_ceil(from);
    (0..length).map(|at| filter.at(samples, at * from, to)).collect()
}

struct Filter {
    /// By position between two samples, and by sample.
    taps: Vec<Vec<f32>>,
    half: i64,
}

impl Filter {
    fn new(from: u64, to: u64) -> Filter {
        let cutoff = FLAT * (to as f64 / from as f64).min(1.0);
        let half = (CROSSINGS / cutoff).ceil();
        let phases = (to / gcd(from, to)).min(MAX_PHASES);
        let taps = (0..phases).map(|phase| Self::phase(phase as f64 / phases as f64, cutoff, half)).collect();
        Filter { taps, half: half as i64 }
    }

    /// The weights of the samples around a position; together 1.
    fn phase(offset: f64, cutoff: f64, half: f64) -> Vec<f32> {
        let count = 2 * half as i64;
        let weights = (0..count).map(|tap| {
            let distance = (tap as f64) - (half - 1.0) - offset;
            sinc(distance * cutoff) * blackman(distance / half)
        });
        let weights: Vec<f64> = weights.collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| (weight / sum) as f32).collect()
    }

    /// The value at `position / scale` samples.
    fn at(&self, samples: &[i16], position: u64, scale: u64) -> i16 {
        let middle = (position / scale) as i64;
        let phase = (position % scale) * self.taps.len() as u64 / scale;
        let first = middle - self.half + 1;
        let taps = &self.taps[phase as usize];
        let end = (first + taps.len() as i64).clamp(0, samples.len() as i64) as usize;
        let begin = (first.max(0) as usize).min(end);
        let skipped = (begin as i64 - first) as usize;
        let mut heard = 0.0;
        for (sample, weight) in samples[begin..end].iter().zip(taps.iter().skip(skipped)) {
            heard += weight * f32::from(*sample);
        }
        heard.round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
}

/// 1 in the middle, 0 from -1 and 1 on.
fn blackman(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return 0.0;
    }
    let angle = std::f64::consts::PI * x;
    0.42 + 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: u32, ms: u32) -> Vec<i16> {
        let samples = 0..rate * ms / 1_000;
        let angle = |at: u32| std::f64::consts::TAU * hz * f64::from(at) / f64::from(rate);
        samples.map(|at| (angle(at).sin() * 10_000.0) as i16).collect()
    }

    /// The loudness of the middle half.
    fn loudness(samples: &[i16]) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        (middle.iter().map(|it| f64::from(*it).powi(2)).sum::<f64>() / middle.len() as f64).sqrt()
    }

    #[test]
    fn speech_is_kept_and_what_8_khz_cannot_carry_is_taken_away() {
        for rate in [11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000, 12_347] {
            for hz in [300.0, 1_000.0, 3_400.0] {
                let loud = loudness(&resample(&tone(hz, rate, 400), rate, 8_000)) / 7_071.0;
                assert!((0.95..1.05).contains(&loud), "{hz} Hz at {rate}: {loud}");
            }
            for hz in [4_600.0, 5_200.0] {
                let loud = loudness(&resample(&tone(hz, rate, 400), rate, 8_000)) / 7_071.0;
                assert!(loud < 0.01, "{hz} Hz at {rate} is heard as something else: {loud}");
            }
        }
    }

    #[test]
    fn the_length_stays() {
        for (rate, samples, length) in
            [(48_000, 48_000, 8_000), (22_050, 22_050, 8_000), (4_000, 100, 200), (8_000, 5, 5), (16_000, 0, 0)]
        {
            assert_eq!(resample(&vec![0; samples], rate, 8_000).len(), length);
        }
    }

    #[test]
    fn nothing_overflows() {
        let square: Vec<i16> = (0..4_800).map(|at| if at / 24 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        let heard = resample(&square, 48_000, 8_000);
        assert!(heard.iter().any(|it| *it > 30_000) && heard.iter().any(|it| *it < -30_000));
        assert_eq!(resample(&[100; 1_000], 48_000, 8_000)[100], 100, "a constant stays");
    }

    #[test]
    fn a_tone_keeps_its_phase() {
        let heard = resample(&tone(500.0, 48_000, 100), 48_000, 8_000);
        let expected = tone(500.0, 8_000, 100);
        let off =
            heard[100..700].iter().zip(&expected[100..700]).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs()).max();
        assert!(off < Some(200), "{off:?}");
    }
}
