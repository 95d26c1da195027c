//! Pressed keys as RFC 4733 events, both ways.

use std::collections::VecDeque;

/// Keys that may wait to be sent on one leg.
const MOST_WAITING: usize = 64;
/// Length of a sent key in ticks of 20 ms.
const PRESS: u16 = 5;
/// How often the end is said, because any packet may be lost.
const ENDS: u16 = 3;
/// Ticks between two keys.
const GAP: u16 = 3;
/// Level of a sent key in −dBm0.
const VOLUME: u8 = 10;
const KEYS: &[u8; 16] = b"0123456789*#ABCD";

/// The code of a key.
pub fn code(key: char) -> Option<u8> {
    KEYS.iter().position(|known| char::from(*known) == key.to_ascii_uppercase()).map(|at| at as u8)
}

/// The key of a code; other events (flash, fax tones) are none.
pub fn key(code: u8) -> Option<char> {
    KEYS.get(usize::from(code)).map(|known| char::from(*known))
}

/// Hears the keys of one peer: each press once, however often its packets come and whichever of them are lost.
#[derive(Debug, Default)]
pub struct Receiver {
    last: Option<Press>,
}

#[derive(Debug, Clone, Copy)]
struct Press {
    ssrc: u32,
    timestamp: u32,
    code: u8,
    duration: u16,
    ended: bool,
}

impl Receiver {
    /// A packet of the event's payload type. `Some` at the first packet of a press.
    pub fn packet(&mut self, ssrc: u32, timestamp: u32, marker: bool, payload: &[u8]) -> Option<char> {
        let &[code, flags, high, low, ..] = payload else { return None };
        let press =
            Press { ssrc, timestamp, code, duration: u16::from_be_bytes([high, low]), ended: flags & 0x80 != 0 };
        if let Some(last) = &mut self.last
            && last.ssrc == ssrc
        {
            let newer = (timestamp.wrapping_sub(last.timestamp) as i32) > 0;
            // Some phones move the timestamp during one press; its duration goes on growing and its end is still to come.
            let goes_on = !last.ended && !marker && last.code == code && press.duration > last.duration;
            if !newer || goes_on {
                last.ended |= press.ended && (goes_on || timestamp == last.timestamp);
                last.duration = last.duration.max(press.duration);
                last.timestamp = if newer { timestamp } else { last.timestamp };
                return None;
            }
        }
        self.last = Some(press);
        key(code)
    }
}

/// One packet to send in place of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// What to send.
    pub payload: [u8; 4],
    /// The first of a press.
    pub marker: bool,
    /// The timestamp of the press, the same in all its packets.
    pub timestamp: u32,
}

/// Sends keys on one leg, one after the other, a packet a tick.
#[derive(Debug, Default)]
pub struct Sender {
    waiting: VecDeque<u8>,
    at: u16,
    began: u32,
}

impl Sender {
    /// Queues keys; what is no key, and what is too much, is left out.
    pub fn press(&mut self, keys: &str) {
        for code in keys.chars().filter_map(code) {
            if self.waiting.len() < MOST_WAITING {
                self.waiting.push_back(code);
            }
        }
    }

    /// Whether keys are still to be sent.
    pub fn busy(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// This tick's packet; `None` when sound goes out. `timestamp` is the stream's own at this tick, `step` how far the clock of the
    /// events goes in one.
    pub fn tick(&mut self, timestamp: u32, step: u16) -> Option<Event> {
        let code = *self.waiting.front()?;
        let at = self.at;
        self.at += 1;
        if at == 0 {
            self.began = timestamp;
        }
        if at >= PRESS + ENDS {
            if self.at == PRESS + ENDS + GAP {
                self.waiting.pop_front();
                self.at = 0;
            }
            return None;
        }
        let duration = (at + 1).min(PRESS) * step;
        let end = if at >= PRESS { 0x80 } else { 0 };
        let [high, low] = duration.to_be_bytes();
        Some(Event { payload: [code, end | VOLUME, high, low], marker: at == 0, timestamp: self.began })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(keys: &str) -> Vec<Event> {
        let mut sender = Sender::default();
        sender.press(keys);
        let mut out = Vec::new();
        let mut timestamp = 5_000u32;
        while sender.busy() {
            out.extend(sender.tick(timestamp, 160));
            timestamp += 160;
        }
        out
    }

    #[test]
    fn a_press_is_five_packets_and_three_ends() {
        let packets = sent("5");
        assert_eq!(packets.len(), 8);
        assert_eq!(packets[0], Event { payload: [5, 10, 0, 160], marker: true, timestamp: 5_000 });
        assert_eq!(packets[4].payload, [5, 10, 3, 32]);
        assert!(packets[5..].iter().all(|packet| packet.payload == [5, 0x8A, 3, 32] && packet.timestamp == 5_000));
    }

    #[test]
    fn a_phone_that_moves_the_timestamp_presses_once() {
        let mut receiver = Receiver::default();
        let heard: Vec<_> = (0..5u16)
            .filter_map(|at| receiver.packet(1, 100 + 160 * u32::from(at), at == 0, &[1, 10, 0, 160 + at as u8]))
            .collect();
        assert_eq!(heard, ['1']);
        assert_eq!(receiver.packet(1, 100 + 160 * 4, false, &[1, 0x8A, 3, 0]), None);
        assert_eq!(receiver.packet(1, 9_000, true, &[1, 10, 0, 160]), Some('1'), "the same key again");
    }

    #[test]
    fn flash_is_no_key() {
        assert_eq!(Receiver::default().packet(1, 1, true, &[16, 10, 0, 160]), None);
        assert_eq!(Receiver::default().packet(1, 1, true, &[1, 10]), None);
    }

    proptest! {
        #[test]
        fn each_press_is_heard_once_if_any_packet_of_it_arrives(
            keys in "[0-9*#A-D]{1,12}",
            kept in proptest::collection::vec(any::<bool>(), 96),
            doubled in proptest::collection::vec(any::<bool>(), 96),
        ) {
            let packets = sent(&keys);
            let mut receiver = Receiver::default();
            let mut heard = String::new();
            for (at, packet) in packets.iter().enumerate() {
                // Of each press at least the last end arrives.
                if kept[at] || at % 8 == 7 {
                    for _ in 0..=u8::from(doubled[at]) {
                        heard.extend(receiver.packet(9, packet.timestamp, packet.marker, &packet.payload));
                    }
                }
            }
            prop_assert_eq!(heard, keys);
        }
    }
}
