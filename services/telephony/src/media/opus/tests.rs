use std::f64::consts::TAU;

use super::*;

fn header(ssrc: u32, at: u32) -> Header {
    let timestamp = 4_000_000_000u32.wrapping_add(at * 960);
    Header { marker: false, payload_type: 96, sequence: 65_530u16.wrapping_add(at as u16), timestamp, ssrc }
}

/// Packets of a second of one tone.
fn packets(hz: f64) -> Vec<Vec<u8>> {
    let mut encoding = Encoding::new().unwrap();
    let sample = |at: usize| (7_000.0 * (TAU * hz * at as f64 / 8_000.0).sin()) as i16;
    let codes = |tick: usize| std::array::from_fn(|at| Codec::Pcmu.encode(sample(tick * FRAME + at)));
    (0..50).map(|tick| encoding.encode(Codec::Pcmu, &codes(tick)).unwrap().to_vec()).collect()
}

/// How loud a tone is in samples; 1: there is nothing else.
fn share(samples: &[i16], hz: f64) -> f64 {
    let (mut sine, mut cosine, mut all) = (0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let (turn, sample) = (TAU * hz * at as f64 / 8_000.0, f64::from(*sample));
        sine += sample * turn.sin();
        cosine += sample * turn.cos();
        all += sample * sample;
    }
    2.0 * (sine * sine + cosine * cosine) / (all.max(1.0) * samples.len() as f64)
}

/// What is heard of packets, by where it belongs; `come`: whether one does.
fn heard(packets: &[Vec<u8>], come: impl Fn(usize) -> bool) -> (Vec<i16>, usize) {
    let mut decoding = Decoding::new().unwrap();
    let (mut all, mut made_up) = (Vec::new(), 0);
    for (at, packet) in packets.iter().enumerate().filter(|(at, _)| come(*at)) {
        let header = decoding.header(&header(1, at as u32));
        let (lost, samples) = decoding.sound(&header, packet).unwrap();
        made_up += lost;
        all.extend_from_slice(samples);
        decoding.tick();
    }
    (all, made_up)
}

#[test]
fn a_tone_comes_through_whole() {
    let packets = packets(440.0);
    let (samples, made_up) = heard(&packets, |_| true);
    assert_eq!((samples.len(), made_up), (50 * FRAME, 0));
    assert!(share(&samples[4_000..], 440.0) > 0.9);
    assert!(packets.iter().all(|packet| packet.len() < 150), "24 kbit/s, not more than G.711's 160 bytes");
}

#[test]
fn what_is_lost_is_made_up_in_its_place() {
    let packets = packets(440.0);
    // 60 ms in a row are more than a voice goes on for: a tone loses its phase.
    for (lost, least) in [(1, 0.7), (2, 0.7), (3, 0.5)] {
        let (samples, made_up) = heard(&packets, |at| at < 30 || at % 10 >= lost);
        assert_eq!((samples.len(), made_up), (50 * FRAME, 2 * lost * FRAME));
        let share = share(&samples[4_000..], 440.0);
        assert!(share > least, "{lost} in ten: {share}");
    }
}

#[test]
fn who_sends_more_than_anybody_can_hear_is_not_worked_for() {
    let packets = packets(440.0);
    let mut decoding = Decoding::new().unwrap();
    let mut taken = 0;
    for (at, packet) in packets.iter().enumerate() {
        let header = decoding.header(&header(1, at as u32));
        taken += decoding.sound(&header, packet).map_or(0, |(_, samples)| samples.len());
    }
    assert_eq!(taken, BUDGET);
    decoding.tick();
    let header = decoding.header(&header(1, 50));
    assert!(decoding.sound(&header, &packets[0]).is_some(), "the next tick's is heard again");
}

#[test]
fn a_pause_is_no_loss_and_what_comes_late_is_stepped_over() {
    let packets = packets(440.0);
    let mut decoding = Decoding::new().unwrap();
    let mut take = |header: Header, packet: &[u8]| {
        let header = decoding.header(&header);
        decoding.sound(&header, packet).map(|(lost, samples)| (lost, samples.len()))
    };
    assert_eq!(take(header(1, 0), &packets[0]), Some((0, 160)));
    let pause = Header { timestamp: header(1, 20).timestamp, ..header(1, 1) };
    assert_eq!(take(pause, &packets[1]), Some((0, 160)), "the next number, a later time");
    assert_eq!(take(Header { sequence: header(1, 3).sequence, ..header(1, 22) }, &packets[3]), Some((160, 320)));
    assert_eq!(take(Header { sequence: header(1, 2).sequence, ..header(1, 21) }, &packets[2]), None);
    assert_eq!(take(header(1, 40), &packets[4]), Some((0, 160)), "too much to be made up");
    assert_eq!(take(header(2, 7), &packets[5]), Some((0, 160)), "somebody else");
    assert_eq!(take(header(2, 8), &[]), None);
    assert_eq!(take(header(2, 8), &[0xFF; 3]), None, "torn");
}

#[test]
fn the_clock_goes_on_through_both_rounds() {
    let mut clock = Clock::default();
    let begin = clock.samples(4_294_960_000);
    let mut wire = 4_294_960_000u32;
    for tick in 1..10_000u32 {
        wire = wire.wrapping_add(960);
        assert_eq!(clock.samples(wire).wrapping_sub(begin), tick * 160);
    }
}
