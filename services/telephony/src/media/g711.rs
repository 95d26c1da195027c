//! G.711, both laws, both ways. One byte is one sample at 8 kHz.

use serde::{Deserialize, Serialize};

/// Samples in one tick of 20 ms at 8 kHz; also its bytes in either law.
pub const FRAME: usize = 160;

/// How sound is written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Codec {
    /// G.711 µ-law, payload type 0: what Japanese and American carriers speak.
    Pcmu,
    /// G.711 A-law, payload type 8: what European carriers speak.
    Pcma,
}

const ULAW: [i16; 256] = table(Codec::Pcmu);
const ALAW: [i16; 256] = table(Codec::Pcma);
const ULAW_BIAS: i32 = 0x84;
const ULAW_CLIP: i32 = 32_635;

impl Codec {
    /// The static payload type of RFC 3551.
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The name in `a=rtpmap`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// The code of digital silence.
    pub const fn silence(self) -> u8 {
        match self {
            Self::Pcmu => 0xFF,
            Self::Pcma => 0xD5,
        }
    }

    /// One code as a linear sample.
    #[inline]
    pub const fn decode(self, code: u8) -> i16 {
        match self {
            Self::Pcmu => ULAW[code as usize],
            Self::Pcma => ALAW[code as usize],
        }
    }

    /// One linear sample as a code.
    #[inline]
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Pcmu => ulaw(sample),
            Self::Pcma => alaw(sample),
        }
    }
}

const fn table(codec: Codec) -> [i16; 256] {
    let mut out = [0; 256];
    let mut code = 0;
    while code < 256 {
        out[code] = match codec {
            Codec::Pcmu => from_ulaw(code as u8),
            Codec::Pcma => from_alaw(code as u8),
        };
        code += 1;
    }
    out
}

const fn ulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let loud = (sample as i32).abs();
    let magnitude = (if loud > ULAW_CLIP { ULAW_CLIP } else { loud }) + ULAW_BIAS;
    let exponent = 24 - magnitude.leading_zeros() as i32;
    let mantissa = (magnitude >> (exponent + 3)) & 0x0F;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

const fn from_ulaw(code: u8) -> i16 {
    let code = !code as i32;
    let magnitude = ((((code & 0x0F) << 3) + ULAW_BIAS) << ((code >> 4) & 7)) - ULAW_BIAS;
    (if code & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

const fn alaw(sample: i16) -> u8 {
    let thirteen = (sample >> 3) as i32;
    let (magnitude, mask) = if thirteen >= 0 { (thirteen, 0xD5) } else { (-thirteen - 1, 0x55) };
    let exponent = if magnitude < 32 { 0 } else { 27 - magnitude.leading_zeros() as i32 };
    let mantissa = if exponent < 2 { magnitude >> 1 } else { magnitude >> exponent } & 0x0F;
    ((exponent << 4 | mantissa) as u8) ^ mask
}

const fn from_alaw(code: u8) -> i16 {
    let code = (code ^ 0x55) as i32;
    let mantissa = (code & 0x0F) << 4;
    let exponent = (code >> 4) & 7;
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    (if code & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_codes_of_g711_table_2a_and_1a() {
        // Decision values of ITU-T G.711: the loudest, the quietest and the segment ends of either sign.
        for (code, sample) in [
            (0x80, 32_124),
            (0x00, -32_124),
            (0xFF, 0),
            (0x7F, 0),
            (0xFE, 8),
            (0x7E, -8),
            (0xEF, 132),
            (0x9F, 8_316),
            (0x8F, 16_764),
        ] {
            assert_eq!(Codec::Pcmu.decode(code), sample, "µ-law {code:#04x}");
        }
        for (code, sample) in
            [(0xD5, 8), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256), (0xC5, 264), (0x45, -264), (0xBA, 16_128)]
        {
            assert_eq!(Codec::Pcma.decode(code), sample, "A-law {code:#04x}");
        }
        assert_eq!((Codec::Pcmu.encode(0), Codec::Pcma.encode(0)), (0xFF, 0xD5));
        assert_eq!((Codec::Pcmu.encode(i16::MAX), Codec::Pcmu.encode(i16::MIN)), (0x80, 0x00));
        assert_eq!((Codec::Pcma.encode(i16::MAX), Codec::Pcma.encode(i16::MIN)), (0xAA, 0x2A));
    }

    #[test]
    fn a_digital_milliwatt_is_a_sine_of_1_khz() {
        // The sequence that G.711 itself prints (tables 5 and 6).
        let ulaw = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E];
        let alaw = [0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4];
        for (codec, codes) in [(Codec::Pcmu, ulaw), (Codec::Pcma, alaw)] {
            for (at, code) in codes.into_iter().enumerate() {
                let wanted = -22_600.0 * ((at as f64 + 0.5) * std::f64::consts::FRAC_PI_4).sin();
                let got = f64::from(codec.decode(code));
                assert!((got - wanted).abs() < 700.0, "{codec:?} {at}: {got} is not {wanted}");
            }
        }
    }

    #[test]
    fn every_code_comes_back_as_itself() {
        for code in 0..=255u8 {
            assert_eq!(Codec::Pcma.encode(Codec::Pcma.decode(code)), code);
            let back = Codec::Pcmu.encode(Codec::Pcmu.decode(code));
            assert!(back == code || (code == 0x7F && back == 0xFF), "µ-law has two zeros, nothing else: {code:#x}");
        }
    }

    proptest! {
        #[test]
        fn a_sample_comes_back_within_a_step_of_its_segment(sample: i16) {
            for codec in [Codec::Pcmu, Codec::Pcma] {
                let back = i32::from(codec.decode(codec.encode(sample)));
                let allowed = (i32::from(sample).abs() / 16).max(16) ;
                prop_assert!((back - i32::from(sample)).abs() <= allowed.min(1_024), "{codec:?}: {sample} became {back}");
            }
        }

        #[test]
        fn louder_never_becomes_quieter(a: i16, b: i16) {
            let (low, high) = (a.min(b), a.max(b));
            for codec in [Codec::Pcmu, Codec::Pcma] {
                prop_assert!(codec.decode(codec.encode(low)) <= codec.decode(codec.encode(high)));
            }
        }
    }
}
