//! Legs over plain RTP.

use std::sync::atomic::Ordering;
use std::time::Duration;

use telephony::ids::CallId;
use telephony::media::srtp::Master;
use telephony::media::{Codec, MediaError, MediaEvent, Sound, Srtp, dtmf, tele};

use super::peer::{Phone, Studio, sine};

/// Each hears what the other says and nothing else, whatever law they speak.
#[tokio::test]
async fn two_parties_hear_each_other_and_not_themselves() {
    for other in [Codec::Pcmu, Codec::Pcma] {
        let studio = Studio::new(|_| {});
        let call = CallId::new();
        let caller = Phone::new(Some(440.0), Codec::Pcmu);
        let agent = Phone::new(Some(700.0), other);
        caller.call(&studio.media, call.leg(0)).await;
        agent.call(&studio.media, call.leg(1)).await;
        caller.hears(&[]).await;
        studio.hear(call, &[(0, 1), (1, 0)]).await;
        caller.hears(&[700]).await;
        agent.hears(&[440]).await;
    }
}

#[tokio::test]
async fn a_call_that_we_made_talks_by_the_answer() {
    let studio = Studio::new(|_| {});
    let call = CallId::new();
    let (caller, called) = (Phone::new(Some(440.0), Codec::Pcmu), Phone::new(Some(700.0), Codec::Pcma));
    caller.call(&studio.media, call.leg(0)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    let offer = studio.media.sip_offer(call.leg(1), None).await.unwrap();
    let ours = telephony::media::sdp::parse::parse(&offer).unwrap();
    studio.media.sip_answered(call.leg(1), called.sdp(true).as_bytes()).await.unwrap();
    called.talk((ours.media[0].address.unwrap(), ours.media[0].port).into());
    called.hears(&[440]).await;
    caller.hears(&[700]).await;
    let again = studio.media.sip_offer(call.leg(1), None).await.unwrap();
    assert_eq!(telephony::media::sdp::parse::parse(&again).unwrap().media[0].port, ours.media[0].port);
}

/// A phone with encryption and one without; then one that we call, which another gateway takes over.
#[tokio::test]
async fn encrypted_phones_talk_with_any() {
    let studio = Studio::new(|_| {});
    let call = CallId::new();
    let mut caller = Phone::new(Some(440.0), Codec::Pcmu);
    caller.master = Some(Master::random());
    let agent = Phone::new(Some(700.0), Codec::Pcmu);
    caller.call(&studio.media, call.leg(0)).await;
    agent.call(&studio.media, call.leg(1)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    caller.hears(&[700]).await;
    agent.hears(&[440]).await;
    studio.media.sip_accept(call.leg(0), caller.sdp(true).as_bytes()).await.unwrap();
    caller.hears(&[700]).await; // offered again with the same keys: the streams go on

    let mut called = Phone::new(Some(900.0), Codec::Pcmu);
    called.master = Some(Master::random());
    let offer = studio.media.sip_offer_as(call.leg(2), None, Srtp::Required).await.unwrap();
    let to = called.agreed(&offer);
    let plain = called.sdp(true).replace("RTP/SAVP", "RTP/AVP");
    assert!(
        studio.media.sip_answered(call.leg(2), plain.as_bytes()).await.is_err(),
        "what was asked for is not given up"
    );
    studio.media.sip_answered(call.leg(2), called.sdp(true).as_bytes()).await.unwrap();
    called.talk(to);
    studio.hear(call, &[(1, 2), (2, 1)]).await;
    agent.hears(&[900]).await;
    called.hears(&[700]).await;
    let state = studio.media.states(call).await[&telephony::ids::LegId(2)];
    let taken = Studio::new(|_| {});
    let again = taken.media.sip_offer(call.leg(2), Some(state)).await.unwrap();
    assert!(String::from_utf8(again).unwrap().contains("RTP/SAVP"), "it stays encrypted at the next gateway");
}

/// One tone per party: customer 440 Hz, agent 700 Hz, supervisor 1 100 Hz.
#[tokio::test]
async fn supervision_is_exactly_the_matrix() {
    let studio = Studio::new(|_| {});
    let call = CallId::new();
    let customer = Phone::new(Some(440.0), Codec::Pcmu);
    let agent = Phone::new(Some(700.0), Codec::Pcmu);
    let supervisor = Phone::new(Some(1_100.0), Codec::Pcma);
    for (leg, phone) in [&customer, &agent, &supervisor].into_iter().enumerate() {
        phone.call(&studio.media, call.leg(leg as u32)).await;
    }
    let monitor = [(0, 1), (1, 0), (2, 0), (2, 1)];
    let whisper = [&monitor[..], &[(1, 2)]].concat();
    let barge = [&whisper[..], &[(0, 2)]].concat();
    let bridge = &monitor[..2];
    for (pairs, heard) in [
        (&monitor[..], [&[700][..], &[440], &[440, 700]]),
        (&whisper[..], [&[700], &[440, 1_100], &[440, 700]]),
        (&barge[..], [&[700, 1_100], &[440, 1_100], &[440, 700]]),
        (bridge, [&[700], &[440], &[]]),
    ] {
        studio.hear(call, pairs).await;
        customer.hears(heard[0]).await;
        agent.hears(heard[1]).await;
        supervisor.hears(heard[2]).await;
    }
}

#[tokio::test]
async fn a_sound_is_heard_instead_of_the_others_until_it_ends_or_is_stopped() {
    let mut studio = Studio::new(|_| {});
    let call = CallId::new();
    let (caller, agent) = (Phone::new(Some(440.0), Codec::Pcmu), Phone::new(Some(700.0), Codec::Pcmu));
    caller.call(&studio.media, call.leg(0)).await;
    agent.call(&studio.media, call.leg(1)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    studio.media.play(call.leg(0), 7, Sound::tone(1_500.0, 1_000), false).await.unwrap();
    caller.hears(&[1_500]).await;
    agent.hears(&[440]).await;
    let played =
        studio.event(|event| if let MediaEvent::Played { key, play } = event { Some((*key, *play)) } else { None });
    assert_eq!(played.await, (call.leg(0), 7));
    caller.hears(&[700]).await;
    studio
        .media
        .play(call.leg(0), 8, Sound::new((0..800).map(|at| sine(Some(2_000.0), at)).collect()), true)
        .await
        .unwrap();
    caller.hears(&[2_000]).await;
    studio.media.stop_play(call.leg(0)).await;
    caller.hears(&[700]).await;
    let nobody = studio.media.play(call.leg(9), 9, Sound::hold_music(), true).await;
    assert!(matches!(nobody, Err(MediaError::UnknownLeg(_, key)) if key == call.leg(9)));
}

async fn digit(studio: &mut Studio) -> char {
    studio.event(|event| if let MediaEvent::Digit { digit, .. } = event { Some(*digit) } else { None }).await
}

#[tokio::test]
async fn keys_come_once_each_and_go_out_as_events() {
    let mut studio = Studio::new(|_| {});
    let call = CallId::new();
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    phone.call(&studio.media, call.leg(0)).await;
    // Two presses: a first packet, and the end three times, the last of the second one lost. Sent from the back.
    let packet =
        |code: u8, timestamp: u32, marker: bool, end: u8| (101, marker, timestamp, vec![code, end | 10, 3, 32]);
    let mut keys = vec![packet(4, 1_000, true, 0)];
    keys.extend((0..3).map(|_| packet(4, 1_000, false, 0x80)));
    keys.push(packet(11, 3_000, true, 0));
    keys.extend((0..2).map(|_| packet(11, 3_000, false, 0x80)));
    keys.push(packet(4, 5_000, true, 0));
    keys.reverse();
    *phone.keys.lock().unwrap() = keys;
    for wanted in ['4', '#', '4'] {
        assert_eq!(digit(&mut studio).await, wanted);
    }

    studio.media.send_digits(call.leg(0), "19*".to_owned()).await;
    let mut receiver = tele::Receiver::default();
    let mut heard = String::new();
    let mut seen = 0;
    while heard.len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let packets = phone.packets();
        for (header, payload) in &packets[seen..] {
            if header.payload_type == 101 {
                heard.extend(receiver.packet(header.ssrc, header.timestamp, header.marker, payload));
            }
        }
        seen = packets.len();
    }
    assert_eq!(heard, "19*");
    let packets = phone.packets();
    let steps = packets.windows(2).map(|pair| pair[1].0.sequence.wrapping_sub(pair[0].0.sequence));
    assert!(steps.clone().all(|step| step == 1), "keys take their place in the one stream");
}

#[tokio::test]
async fn keys_of_a_phone_without_events_are_heard_in_the_sound_and_sent_as_tones() {
    let mut studio = Studio::new(|_| {});
    let call = CallId::new();
    let phone = Phone::new(None, Codec::Pcma);
    phone.call_as(&studio.media, call.leg(0), false).await;
    let sound: Vec<i16> = "58#".chars().flat_map(dtmf::tone).collect();
    let mut packets: Vec<_> = sound
        .chunks_exact(160)
        .enumerate()
        .map(|(at, frame)| {
            // It begins anew, as far as the buffer is concerned: a jump far ahead.
            let timestamp = 900_000 + 160 * at as u32;
            (8, at == 0, timestamp, frame.iter().map(|sample| Codec::Pcma.encode(*sample)).collect())
        })
        .collect();
    packets.reverse();
    *phone.keys.lock().unwrap() = packets;
    for wanted in ['5', '8', '#'] {
        assert_eq!(digit(&mut studio).await, wanted);
    }
    studio.media.send_digits(call.leg(0), "7777777777".to_owned()).await;
    phone.hears(&[850, 1_210]).await;
}

#[tokio::test]
async fn silence_is_told_once_and_so_is_its_end() {
    let mut studio = Studio::new(|config| config.silence = Duration::from_millis(300));
    let call = CallId::new();
    let key = call.leg(0);
    let (phone, witness) = (Phone::new(Some(440.0), Codec::Pcmu), Phone::new(None, Codec::Pcmu));
    phone.call(&studio.media, key).await;
    witness.call(&studio.media, call.leg(1)).await;
    let mut told = Vec::new();
    for mute in [true, false, true] {
        let next = studio.event(|event| {
            let of = matches!(event, MediaEvent::Heard { key: of } | MediaEvent::Silent { key: of } if *of == key);
            of.then(|| event.clone())
        });
        told.push(next.await);
        witness.waits_for(30).await; // ticks in which nothing more may be told
        phone.mute.store(mute, Ordering::Relaxed);
    }
    assert_eq!(told, [MediaEvent::Heard { key }, MediaEvent::Silent { key }, MediaEvent::Heard { key }]);
}

#[tokio::test]
async fn a_stranger_is_not_heard_but_the_peers_own_address_always_is() {
    let studio = Studio::new(|_| {});
    let call = CallId::new();
    let (caller, agent) = (Phone::new(None, Codec::Pcmu), Phone::new(Some(700.0), Codec::Pcmu));
    caller.call(&studio.media, call.leg(0)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    let answer = studio.media.sip_accept(call.leg(1), agent.sdp(true).as_bytes()).await.unwrap();
    let ours = telephony::media::sdp::parse::parse(&answer).unwrap();
    let to = (ours.media[0].address.unwrap(), ours.media[0].port).into();
    let stranger = Phone::new(Some(1_900.0), Codec::Pcmu);
    stranger.talk(to);
    caller.hears(&[1_900]).await; // as a phone behind a translator of addresses would be
    agent.talk(to);
    caller.hears(&[700]).await;
    agent.hears(&[]).await;
    assert!(
        studio.media.stats().strange > 0 || {
            tokio::time::sleep(Duration::from_millis(500)).await;
            studio.media.stats().strange > 0
        }
    );
}

#[tokio::test]
async fn a_phone_that_holds_is_sent_nothing_until_it_returns() {
    let studio = Studio::new(|_| {});
    let call = CallId::new();
    let (phone, witness) = (Phone::new(Some(440.0), Codec::Pcmu), Phone::new(None, Codec::Pcmu));
    phone.call(&studio.media, call.leg(0)).await;
    witness.call(&studio.media, call.leg(1)).await;
    phone.hears(&[]).await;
    let hold = format!("{}a=sendonly\r\n", phone.sdp(true));
    let answer = studio.media.sip_accept(call.leg(0), hold.as_bytes()).await.unwrap();
    assert!(String::from_utf8(answer).unwrap().contains("a=recvonly"));
    witness.waits_for(30).await; // what was on its way has come
    let quiet = phone.packets().len();
    witness.waits_for(30).await;
    assert_eq!(phone.packets().len(), quiet);
    studio.media.sip_accept(call.leg(0), phone.sdp(true).as_bytes()).await.unwrap();
    phone.waits_for(10).await;
}

/// The gateway dies; another goes on with the same stream, a little ahead.
#[tokio::test]
async fn a_stream_goes_on_from_another_gateway() {
    let first = Studio::new(|_| {});
    let call = CallId::new();
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    phone.call(&first.media, call.leg(0)).await;
    phone.hears(&[]).await;
    let states = first.media.states(call).await;
    let state = states[&telephony::ids::LegId(0)];
    assert_eq!(state.remote.unwrap().port(), phone.port);
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(first);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = phone.packets();
    let last = before.last().unwrap().0;

    let second = Studio::new(|_| {});
    second.media.sip_offer(call.leg(0), Some(state)).await.unwrap();
    second.media.sip_answered(call.leg(0), phone.sdp(true).as_bytes()).await.unwrap();
    while phone.packets().len() < before.len() + 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let next = phone.packets()[before.len()].0;
    let steps = next.sequence.wrapping_sub(last.sequence);
    assert_eq!(next.ssrc, last.ssrc);
    assert!((1..3_000).contains(&steps), "{steps} numbers on");
    assert_eq!(next.timestamp.wrapping_sub(last.timestamp), u32::from(steps) * 160);
}

#[tokio::test]
async fn how_well_a_leg_does_is_told() {
    let mut studio = Studio::new(|_| {});
    let call = CallId::new();
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    phone.call(&studio.media, call.leg(0)).await;
    let loss = studio
        .event(|event| if let MediaEvent::Quality { loss_permille, .. } = event { Some(*loss_permille) } else { None })
        .await;
    assert!(loss < 200, "{loss} ‰ on loopback");
}

#[tokio::test]
async fn a_dropped_leg_falls_silent_and_a_closed_call_is_gone() {
    let studio = Studio::new(|_| {});
    let call = CallId::new();
    let (caller, agent) = (Phone::new(Some(440.0), Codec::Pcmu), Phone::new(Some(700.0), Codec::Pcmu));
    caller.call(&studio.media, call.leg(0)).await;
    agent.call(&studio.media, call.leg(1)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    caller.hears(&[700]).await;
    studio.media.drop_leg(call.leg(1)).await;
    caller.hears(&[]).await;
    studio.media.close(call).await;
    assert!(studio.media.states(call).await.is_empty());
    while studio.media.stats().legs > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
