use proptest::prelude::*;

use super::*;

const SILENCE: u8 = 0xFF;

fn packet(number: u32) -> [u8; FRAME] {
    [(number % 200) as u8; FRAME]
}

fn push(jitter: &mut Jitter, number: u32) -> Pushed {
    jitter.push(7, 1_000 + number * FRAME as u32, &packet(number))
}

fn pop(jitter: &mut Jitter) -> (Popped, [u8; FRAME]) {
    let mut out = [0; FRAME];
    (jitter.pop(&mut out), out)
}

#[test]
fn before_the_first_packet_there_is_silence() {
    let mut jitter = Jitter::new(20, 200, SILENCE);
    assert_eq!(pop(&mut jitter), (Popped::Nothing, [SILENCE; FRAME]));
}

#[test]
fn packets_out_of_order_and_doubled_are_played_in_order_once() {
    let mut jitter = Jitter::new(40, 200, SILENCE);
    for number in [0, 2, 1, 1, 3] {
        push(&mut jitter, number);
    }
    assert_eq!((pop(&mut jitter).0, pop(&mut jitter).0), (Popped::Nothing, Popped::Nothing), "40 ms are held back");
    for number in 0..4 {
        assert_eq!(pop(&mut jitter), (Popped::Whole, packet(number)));
    }
    assert_eq!(pop(&mut jitter).0, Popped::Nothing);
}

#[test]
fn a_lost_packet_is_a_hole_of_its_length() {
    let mut jitter = Jitter::new(0, 200, SILENCE);
    for number in [0, 2] {
        push(&mut jitter, number);
    }
    assert_eq!(pop(&mut jitter).0, Popped::Whole);
    assert_eq!(pop(&mut jitter), (Popped::Nothing, [SILENCE; FRAME]));
    assert_eq!(pop(&mut jitter), (Popped::Whole, packet(2)));
}

#[test]
fn packets_of_thirty_milliseconds_fill_ticks_of_twenty() {
    let mut jitter = Jitter::new(0, 200, SILENCE);
    jitter.push(7, 0, &[1; 240]);
    jitter.push(7, 240, &[2; 240]);
    assert_eq!(pop(&mut jitter), (Popped::Whole, [1; FRAME]));
    let (popped, second) = pop(&mut jitter);
    assert_eq!((popped, second[79], second[80]), (Popped::Whole, 1, 2));
    assert_eq!(pop(&mut jitter), (Popped::Whole, [2; FRAME]));
}

#[test]
fn a_stream_that_is_late_once_is_in_time_from_then_on() {
    let mut jitter = Jitter::new(20, 200, SILENCE);
    push(&mut jitter, 0);
    for _ in 0..5 {
        pop(&mut jitter); // from now on every packet comes 60 ms later than the first one promised
    }
    assert_eq!(push(&mut jitter, 1), Pushed::Late);
    let mut whole = 0;
    for number in 2..20 {
        assert_eq!(push(&mut jitter, number), Pushed::Kept);
        whole += u32::from(pop(&mut jitter).0 == Popped::Whole);
    }
    assert!(whole >= 16, "{whole} of 18");
}

#[test]
fn another_source_or_a_jump_begins_anew() {
    let mut jitter = Jitter::new(0, 200, SILENCE);
    push(&mut jitter, 0);
    assert_eq!(jitter.push(8, 500_000, &[3; FRAME]), Pushed::Restarted);
    assert_eq!(pop(&mut jitter), (Popped::Whole, [3; FRAME]));
    assert_eq!(jitter.push(8, 900_000, &[4; FRAME]), Pushed::Restarted);
    assert_eq!(pop(&mut jitter), (Popped::Whole, [4; FRAME]));
}

#[test]
fn a_peer_whose_clock_runs_fast_does_not_pile_up_delay() {
    let mut jitter = Jitter::new(20, 200, SILENCE);
    let (mut number, mut most) = (0, 0);
    for tick in 0..60_000u32 {
        push(&mut jitter, number);
        number += 1;
        if tick % 500 == 0 {
            push(&mut jitter, number); // two per mille fast
            number += 1;
        }
        most = most.max(jitter.ahead());
        pop(&mut jitter);
    }
    assert!(most < 8 * 140, "{} ms held", most / 8);
}

#[test]
fn a_pause_of_minutes_is_no_riddle() {
    let mut jitter = Jitter::new(20, 200, SILENCE);
    push(&mut jitter, 0);
    for _ in 0..30_000 {
        pop(&mut jitter);
    }
    for number in 30_000..30_010 {
        push(&mut jitter, number);
        pop(&mut jitter);
    }
    assert_eq!(pop(&mut jitter).0, Popped::Whole);
}

proptest! {
    #[test]
    fn any_order_within_the_hold_plays_everything(start: u32, order in Just((0..8u32).collect::<Vec<_>>()).prop_shuffle()) {
        let mut jitter = Jitter::new(160, 200, SILENCE);
        // The first packet decides where reading begins; what is older than the hold by then cannot be asked for.
        for number in &order {
            jitter.push(1, start.wrapping_add(number * FRAME as u32), &packet(*number));
        }
        let mut heard = Vec::new();
        for _ in 0..40 {
            let (popped, codes) = pop(&mut jitter);
            if popped == Popped::Whole {
                heard.push(u32::from(codes[0]));
            }
        }
        prop_assert_eq!(heard, (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn no_stream_is_too_strange(acts in proptest::collection::vec((0u32..3, any::<u32>(), 0usize..1_500, any::<bool>()), 0..200)) {
        let mut jitter = Jitter::new(40, 200, SILENCE);
        for (ssrc, timestamp, length, near) in acts {
            let timestamp = if near { timestamp % 5_000 } else { timestamp };
            jitter.push(ssrc, timestamp, &vec![5; length]);
            let (popped, codes) = pop(&mut jitter);
            let silent = codes.iter().filter(|code| **code == SILENCE).count();
            match popped {
                Popped::Whole => prop_assert_eq!(silent, 0),
                Popped::Partly(absent) => prop_assert_eq!(silent, absent),
                Popped::Nothing => prop_assert_eq!(silent, FRAME),
            }
        }
    }
}
