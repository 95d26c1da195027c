//! Several voices in one.

use super::g711::FRAME;

/// One tick of sound, 8 kHz mono.
pub type Pcm = [i16; FRAME];

/// The sum of voices; what is too loud is cut, never wrapped.
pub fn mix<'a>(voices: impl Iterator<Item = &'a Pcm>) -> Pcm {
    let mut sum = [0i32; FRAME];
    for voice in voices {
        for (total, sample) in sum.iter_mut().zip(voice) {
            *total += i32::from(*sample);
        }
    }
    sum.map(|total| total.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn loud_voices_are_cut_not_wrapped() {
        let out = mix([[30_000; FRAME], [30_000; FRAME]].iter());
        assert_eq!(out, [i16::MAX; FRAME]);
        assert_eq!(mix([[-30_000; FRAME], [-30_000; FRAME]].iter()), [i16::MIN; FRAME]);
    }

    proptest! {
        #[test]
        fn one_voice_is_itself_and_the_order_of_voices_is_nothing(a: i16, b: i16, c: i16) {
            let voices = [[a; FRAME], [b; FRAME], [c; FRAME]];
            prop_assert_eq!(mix(voices[..1].iter()), voices[0]);
            prop_assert_eq!(mix(voices.iter()), mix(voices.iter().rev()));
            prop_assert_eq!(mix(std::iter::empty()), [0; FRAME]);
        }
    }
}
