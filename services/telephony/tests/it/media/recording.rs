//! Recordings: a file that plays at any moment, and the same as chunks.

use std::fs;
use std::path::PathBuf;

use telephony::ids::{CallId, LegId};
use telephony::media::wav::stereo_of;
use telephony::media::writer::path;
use telephony::media::{Codec, MediaEvent, Record};

use super::peer::{Phone, Studio, tones};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("recordings-{}", uuid::Uuid::new_v4())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn channels(samples: &[i16]) -> [Vec<i16>; 2] {
    [0, 1].map(|channel| samples.iter().copied().skip(channel).step_by(2).collect())
}

fn samples(file: &[u8]) -> Vec<i16> {
    hound::WavReader::new(file).unwrap().into_samples().map(Result::unwrap).collect()
}

/// Chunks until the part is whole, or `most` of them.
async fn chunks(studio: &mut Studio, most: usize) -> Vec<(u32, u64, Vec<u8>)> {
    let mut out = Vec::new();
    while out.len() < most {
        let next = studio.event(|event| match event {
            MediaEvent::Recorded { chunk, start_ms, samples, .. } => Some(Some((*chunk, *start_ms, samples.to_vec()))),
            MediaEvent::RecordedAll { .. } => Some(None),
            MediaEvent::Digit { .. }
            | MediaEvent::Played { .. }
            | MediaEvent::Silent { .. }
            | MediaEvent::Heard { .. }
            | MediaEvent::BrowserUp { .. }
            | MediaEvent::BrowserGone { .. }
            | MediaEvent::Quality { .. } => None,
        });
        match next.await {
            Some(chunk) => out.push(chunk),
            None => break,
        }
    }
    out
}

#[tokio::test]
async fn the_caller_is_left_whom_they_hear_right_and_a_pause_is_silence() {
    let folder = Folder::new();
    let mut studio = Studio::new(|config| config.recordings = Some(folder.0.clone()));
    let call = CallId::new();
    let phones = [440.0, 700.0, 1_100.0].map(|hz| Phone::new(Some(hz), Codec::Pcmu));
    for (leg, phone) in phones.iter().enumerate() {
        phone.call(&studio.media, call.leg(leg as u32)).await;
    }
    // The third whispers: the agent hears them, the caller does not.
    studio.hear(call, &[(0, 1), (1, 0), (1, 2), (2, 0), (2, 1)]).await;
    phones[0].hears(&[700]).await;
    studio.media.record(call, Record::Start { part: 3, left: LegId(0), first_chunk: 5 }).await;
    let mut all = chunks(&mut studio, 1).await;
    studio.media.record(call, Record::Pause).await;
    all.extend(chunks(&mut studio, 2).await);
    studio.media.record(call, Record::Resume).await;
    all.extend(chunks(&mut studio, 1).await);
    studio.media.record(call, Record::Stop).await;
    all.extend(chunks(&mut studio, 9).await);

    assert!(all.iter().map(|(chunk, ..)| *chunk).eq(5..5 + all.len() as u32));
    let starts = all.windows(2).map(|pair| pair[1].1 - pair[0].1);
    assert!(starts.clone().all(|step| (1_500..4_000).contains(&step)), "{:?}", starts.collect::<Vec<_>>());
    let voice = channels(&samples(&stereo_of(&all[0].2)));
    assert_eq!(
        voice.map(|channel| tones(&channel[4_000..12_000]).into_iter().collect::<Vec<_>>()),
        [vec![440], vec![700]]
    );
    assert!(samples(&stereo_of(&all[2].2)).iter().all(|sample| *sample == 0), "paused");

    let file = fs::read(path(&folder.0, call, 3)).unwrap();
    let codes: Vec<u8> = all.iter().flat_map(|(.., codes)| codes.clone()).collect();
    assert!(file == stereo_of(&codes), "the file holds what the chunks hold");
}

/// The process dies in the middle: nothing is closed, and yet the file plays.
#[tokio::test]
async fn a_recording_plays_while_it_is_still_written() {
    let folder = Folder::new();
    let mut studio = Studio::new(|config| config.recordings = Some(folder.0.clone()));
    let call = CallId::new();
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    phone.call(&studio.media, call.leg(0)).await;
    studio.media.record(call, Record::Start { part: 0, left: LegId(0), first_chunk: 0 }).await;
    assert_eq!(chunks(&mut studio, 2).await.len(), 2);
    let file = fs::read(path(&folder.0, call, 0)).unwrap();
    let [left, right] = channels(&samples(&file));
    assert!(left.len() >= 32_000);
    assert_eq!(tones(&left[20_000..28_000]).into_iter().collect::<Vec<_>>(), [440]);
    assert!(right.iter().all(|sample| *sample == 0));
}

/// Half a second that the network loses is half a second of silence, not half a second less.
#[tokio::test]
async fn what_does_not_come_keeps_its_time() {
    let mut studio = Studio::new(|_| {});
    let call = CallId::new();
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    phone.call(&studio.media, call.leg(0)).await;
    phone.hears(&[]).await;
    studio.media.record(call, Record::Start { part: 0, left: LegId(0), first_chunk: 0 }).await;
    phone.mute.store(true, std::sync::atomic::Ordering::Relaxed);
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    phone.mute.store(false, std::sync::atomic::Ordering::Relaxed);
    let all = chunks(&mut studio, 1).await;
    let [left, _] = channels(&samples(&stereo_of(&all[0].2)));
    let silent = left.chunks_exact(160).filter(|frame| frame.iter().all(|sample| *sample == 0)).count();
    assert!((25..=90).contains(&silent), "{silent} silent ticks of 100");
    assert_eq!(tones(&left[12_000..16_000]).into_iter().collect::<Vec<_>>(), [440]);
}
