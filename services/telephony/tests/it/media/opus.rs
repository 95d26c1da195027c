//! Legs of Opus.

use std::sync::atomic::Ordering;
use std::time::Duration;

use telephony::ids::{CallId, LegId};
use telephony::media::sdp::{agree::Events, parse::parse};
use telephony::media::{Codec, Format, MediaEvent, Prefer, Sound};

use super::peer::{Phone, Studio};

/// A phone that speaks nothing but Opus and a telephone, then two such phones; every tenth packet is lost at last.
#[tokio::test]
async fn opus_and_g711_hear_each_other_although_packets_are_lost() {
    for other in [Format::G711(Codec::Pcmu), Format::G711(Codec::Pcma), Format::Opus] {
        let studio = Studio::new(|_| {});
        let call = CallId::new();
        let (home, other) = (Phone::new(Some(440.0), Format::Opus), Phone::new(Some(700.0), other));
        home.call(&studio.media, call.leg(0)).await;
        other.call(&studio.media, call.leg(1)).await;
        studio.hear(call, &[(0, 1), (1, 0)]).await;
        home.hears(&[700]).await;
        other.hears(&[440]).await;
        home.lossy.store(true, Ordering::Relaxed);
        other.waits_for(60).await;
        other.hears(&[440]).await;
        let packets = home.packets();
        let [(first, _), .., (last, payload)] = &packets[..] else { panic!("nothing came") };
        assert_eq!(last.payload_type, 96, "by the phone's own number");
        let steps = u32::from(last.sequence.wrapping_sub(first.sequence));
        assert_eq!(last.timestamp.wrapping_sub(first.timestamp), steps * 960);
        assert!(payload.len() < 120, "{} bytes in 20 ms", payload.len());
    }
}

/// Sounds are played to it, and keys go both ways on its own clock.
#[tokio::test]
async fn keys_and_sounds_on_a_leg_of_opus() {
    let mut studio = Studio::new(|_| {});
    let key = CallId::new().leg(0);
    let phone = Phone::new(Some(440.0), Format::Opus);
    phone.call(&studio.media, key).await;
    phone.waits_for(5).await;
    let press = |at: u16| (101, at == 0, 77_000, vec![7, if at > 2 { 0x8A } else { 10 }, 0, 160]);
    phone.keys.lock().unwrap().extend((0..5).rev().map(press));
    let digit = studio.event(|event| if let MediaEvent::Digit { digit, .. } = event { Some(*digit) } else { None });
    assert_eq!(digit.await, '7');

    studio.media.send_digits(key, "5".to_owned()).await;
    let ends = |phone: &Phone| {
        let keys = phone.packets().into_iter().filter(|(header, _)| header.payload_type == 101);
        keys.map(|(_, payload)| payload).filter(|payload| payload[1] & 0x80 != 0).collect::<Vec<_>>()
    };
    while ends(&phone).len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(ends(&phone).iter().all(|payload| payload[..] == [5, 0x8A, 0x12, 0xC0]), "100 ms are 4 800 at 48 kHz");

    let tone: Vec<i16> = (0..8_000).map(|at| super::peer::sine(Some(900.0), at)).collect();
    studio.media.play(key, 1, Sound::new(tone), true).await.unwrap();
    phone.hears(&[900]).await;
}

/// The gateway dies; another offers Opus by the same number and goes on with the same stream.
#[tokio::test]
async fn a_stream_of_opus_goes_on_from_another_gateway() {
    let first = Studio::new(|_| {});
    let call = CallId::new();
    let phone = Phone::new(Some(440.0), Format::Opus);
    phone.call(&first.media, call.leg(0)).await;
    phone.waits_for(10).await;
    let state = first.media.states(call).await[&LegId(0)];
    let keys = Some(Events { number: 101, rate: 48_000 });
    assert_eq!((state.codec, state.payload_type, state.events), (Format::Opus, 96, keys));
    drop(first);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = phone.packets();
    let last = before.last().unwrap().0;

    let second = Studio::new(|_| {});
    let offer = second.media.sip_offer(call.leg(0), Some(state)).await.unwrap();
    let formats = &parse(&offer).unwrap().media[0].formats;
    assert_eq!(formats[..], ["96", "0", "8", "101", "97"].map(str::to_owned), "what a number means does not change");
    second.media.sip_answered(call.leg(0), phone.sdp(true).as_bytes()).await.unwrap();
    while phone.packets().len() < before.len() + 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let next = phone.packets()[before.len()].0;
    let steps = next.sequence.wrapping_sub(last.sequence);
    assert_eq!((next.ssrc, next.payload_type), (last.ssrc, 96));
    assert!((1..3_000).contains(&steps), "{steps} numbers on");
    assert_eq!(next.timestamp.wrapping_sub(last.timestamp), u32::from(steps) * 960);
}

/// One that speaks both: as its line wants it, and what was agreed on stays when it offers again.
#[tokio::test]
async fn what_a_line_prefers_is_spoken_and_stays() {
    let both = |port: u16| {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\n"
        )
    };
    let formats = |answer: Vec<u8>| parse(&answer).unwrap().media.remove(0).formats;
    for (prefer, format, wanted) in [(Prefer::G711, Format::G711(Codec::Pcmu), "0"), (Prefer::Opus, Format::Opus, "96")]
    {
        let studio = Studio::new(|_| {});
        let call = CallId::new();
        let (home, other) = (Phone::new(Some(440.0), format), Phone::new(Some(700.0), Codec::Pcmu));
        other.call(&studio.media, call.leg(1)).await;
        studio.hear(call, &[(0, 1), (1, 0)]).await;
        let offer = both(home.port);
        let answer = studio.media.sip_accept_as(call.leg(0), offer.as_bytes(), prefer).await.unwrap();
        home.talk(home.agreed(&answer));
        assert_eq!(formats(answer), [wanted]);
        home.hears(&[700]).await;
        let again = studio.media.sip_accept(call.leg(0), offer.as_bytes()).await.unwrap();
        assert_eq!(formats(again), [wanted]);
        other.hears(&[440]).await;
    }
}
