//! WAV files: read for what is played, written for what is recorded.

use std::io::Cursor;

use super::g711::Codec;

/// Bytes of the header that [`header`] makes.
pub const HEADER: usize = 44;

/// Why a WAV file cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// Not a WAV file, or a torn one.
    #[error("reading a WAV file")]
    Read(#[source] hound::Error),
    /// Not 16-bit whole numbers at 8 kHz in one or two channels; its rate in Hz and bits.
    #[error("reading a WAV file: {0} Hz at {1} bits; 8000 Hz at 16 bits is asked")]
    Form(u32, u16),
    /// Longer than ten minutes.
    #[error("reading a WAV file: longer than ten minutes")]
    TooLong,
}

/// The samples of a file of 8 kHz, 16 bits; two channels become one.
pub fn read(file: &[u8]) -> Result<Vec<i16>, WavError> {
    let mut reader = hound::WavReader::new(Cursor::new(file)).map_err(WavError::Read)?;
    let form = reader.spec();
    let right =
        form.sample_rate == 8_000 && form.bits_per_sample == 16 && form.sample_format == hound::SampleFormat::Int;
    if !right || !(1..=2).contains(&form.channels) {
        return Err(WavError::Form(form.sample_rate, form.bits_per_sample));
    }
    if reader.duration() > 8_000 * 600 {
        return Err(WavError::TooLong);
    }
    let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>().map_err(WavError::Read)?;
    if form.channels == 1 {
        return Ok(samples);
    }
    Ok(samples.chunks_exact(2).map(|pair| ((i32::from(pair[0]) + i32::from(pair[1])) / 2) as i16).collect())
}

/// The header of a file with `data` bytes of 16-bit samples at 8 kHz in `channels` channels.
pub fn header(channels: u16, data: u32) -> [u8; HEADER] {
    let block = channels * 2;
    let mut out = [0; HEADER];
    let parts: [&[u8]; 13] = [
        b"RIFF",
        &data.saturating_add(HEADER as u32 - 8).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16u32.to_le_bytes(),
        &1u16.to_le_bytes(),
        &channels.to_le_bytes(),
        &8_000u32.to_le_bytes(),
        &(8_000 * u32::from(block)).to_le_bytes(),
        &block.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ];
    let mut at = 0;
    for part in parts {
        out[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    out
}

/// µ-law codes as the 16-bit samples of a file's data.
pub fn data_of(codes: &[u8]) -> Vec<u8> {
    codes.iter().flat_map(|code| Codec::Pcmu.decode(*code).to_le_bytes()).collect()
}

/// A whole stereo file from interleaved µ-law codes, as `MediaEvent::Recorded` carries them.
pub fn stereo_of(codes: &[u8]) -> Vec<u8> {
    let data = data_of(codes);
    let mut file = header(2, data.len().try_into().unwrap_or(u32::MAX)).to_vec();
    file.extend(data);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let file = stereo_of(&[0x80, 0x80, 0xFF, 0x80]);
        let mut reader = hound::WavReader::new(Cursor::new(&file)).unwrap();
        assert_eq!((reader.spec().channels, reader.spec().sample_rate, reader.duration()), (2, 8_000, 2));
        assert_eq!(reader.samples::<i16>().map(Result::unwrap).collect::<Vec<_>>(), [32_124, 32_124, 0, 32_124]);
        assert_eq!(read(&file).unwrap(), [32_124, 16_062]);
    }

    #[test]
    fn other_rates_are_refused_by_name() {
        let mut file = stereo_of(&[0; 4]);
        file[24..28].copy_from_slice(&16_000u32.to_le_bytes());
        file[28..32].copy_from_slice(&64_000u32.to_le_bytes());
        assert!(matches!(read(&file), Err(WavError::Form(16_000, 16))));
        assert!(matches!(read(b"RIFF"), Err(WavError::Read(_))));
    }
}
