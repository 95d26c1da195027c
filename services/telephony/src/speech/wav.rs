//! WAV files: read at any rate, written as 8 kHz mono.

use std::io::Cursor;
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::resample::resample;
use super::{RATE, SpeechError};

/// The largest file that is read.
const MAX_BYTES: usize = 100 << 20;

/// The sound of a WAV file (PCM of 8 to 32 bits, or 32-bit float) as 8 kHz mono; channels are mixed. `path` is for the error.
///
/// # Errors
/// [`SpeechError::BadSound`]: it is no WAV file, or one of another kind.
pub fn decode(bytes: &[u8], path: &Path) -> Result<Vec<i16>, SpeechError> {
    let bad = |reason: String| SpeechError::BadSound { path: path.to_owned(), reason };
    if bytes.len() > MAX_BYTES {
        return Err(bad(format!("it has more than {MAX_BYTES} bytes")));
    }
    let reader = WavReader::new(Cursor::new(bytes)).map_err(|error| bad(error.to_string()))?;
    let spec = reader.spec();
    if !(1..=8).contains(&spec.channels) || !(1_000..=384_000).contains(&spec.sample_rate) {
        return Err(bad(format!("{} channels at {} Hz", spec.channels, spec.sample_rate)));
    }
    let samples = read(reader, spec).map_err(|error| bad(error.to_string()))?;
    Ok(resample(&mix(&samples, usize::from(spec.channels)), spec.sample_rate, RATE))
}

fn read(reader: WavReader<Cursor<&[u8]>>, spec: WavSpec) -> Result<Vec<i16>, hound::Error> {
    match spec.sample_format {
        SampleFormat::Float => {
            let scaled = |it: f32| (it * 32_767.0).clamp(-32_768.0, 32_767.0) as i16;
            reader.into_samples::<f32>().map(|it| it.map(scaled)).collect()
        }
        SampleFormat::Int => {
            let shift = i32::from(spec.bits_per_sample) - 16;
            let scaled = |it: i32| (if shift >= 0 { it >> shift } else { it << -shift }) as i16;
            reader.into_samples::<i32>().map(|it| it.map(scaled)).collect()
        }
    }
}

fn mix(samples: &[i16], channels: usize) -> Vec<i16> {
    let mean = |frame: &[i16]| (frame.iter().map(|it| i32::from(*it)).sum::<i32>() / channels as i32) as i16;
    samples.chunks_exact(channels).map(mean).collect()
}

/// A WAV file of 8 kHz mono, 16 bits.
///
/// # Errors
/// [`SpeechError::BadSound`]: more samples than a WAV file holds.
pub fn encode(samples: &[i16]) -> Result<Vec<u8>, SpeechError> {
    let spec = WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut bytes = Cursor::new(Vec::with_capacity(44 + samples.len() * 2));
    let written = WavWriter::new(&mut bytes, spec).and_then(|mut writer| {
        samples.iter().try_for_each(|sample| writer.write_sample(*sample))?;
        writer.finalize()
    });
    written.map_err(|error| SpeechError::BadSound { path: "(new)".into(), reason: error.to_string() })?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(channels: u16, rate: u32, bits: u16, format: SampleFormat, frames: &[f32]) -> Vec<u8> {
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec).expect("a writer");
        for frame in frames {
            for channel in 0..channels {
                let value = if channel == 0 { *frame } else { 0.0 };
                match format {
                    SampleFormat::Float => writer.write_sample(value).expect("written"),
                    SampleFormat::Int => {
                        let most = f64::from(2_u32.pow(u32::from(bits) - 1)) - 1.0;
                        writer.write_sample((f64::from(value) * most) as i32).expect("written");
                    }
                }
            }
        }
        writer.finalize().expect("finished");
        bytes.into_inner()
    }

    #[test]
    fn every_usual_kind_of_file_is_read() {
        let frames = vec![0.5; 2_000];
        for (bits, format) in [
            (8, SampleFormat::Int),
            (16, SampleFormat::Int),
            (24, SampleFormat::Int),
            (32, SampleFormat::Int),
            (32, SampleFormat::Float),
        ] {
            for (channels, level) in [(1, 16_384), (2, 8_192)] {
                let heard = decode(&wav(channels, 16_000, bits, format, &frames), Path::new("x")).expect("a sound");
                assert_eq!(heard.len(), 1_000);
                assert!((i32::from(heard[500]) - level).abs() < 300, "{bits} {format:?} {channels}: {}", heard[500]);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let samples: Vec<i16> = (0..500).map(|it| it * 60 - 15_000).collect();
        assert_eq!(decode(&encode(&samples).expect("a file"), Path::new("x")).expect("a sound"), samples);
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        for bytes in [b"".as_slice(), b"RIFF", b"hello, this is not a sound at all, but it is long enough to be one"] {
            assert!(matches!(decode(bytes, Path::new("x")), Err(SpeechError::BadSound { .. })));
        }
        let mut cut = wav(1, 8_000, 16, SampleFormat::Int, &[0.1; 100]);
        cut.truncate(100);
        assert!(matches!(decode(&cut, Path::new("x")), Err(SpeechError::BadSound { .. })));
    }
}
