//! How well packets come: counts of RFC 3550, appendix A.

use std::time::Instant;

use super::rtp::Header;

/// Sequence numbers that may be missing before a stream counts as another one.
const JUMP: u16 = 3_000;

/// How well a leg does, as the peer says it, or str0m.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) loss_permille: u16,
    pub(super) jitter_ms: u16,
    pub(super) rtt_ms: Option<u16>,
}

/// What has come of one peer's stream.
#[derive(Debug, Default)]
pub(super) struct Reception {
    stream: Option<Stream>,
}

#[derive(Debug, Clone)]
struct Stream {
    ssrc: u32,
    base: u32,
    highest: u32,
    received: u32,
    late: u32,
    /// At the last report: expected, received, late.
    before: (u32, u32, u32),
    transit: Option<i64>,
    jitter: f64,
    began: Instant,
}

/// What a report says of the time since the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) ssrc: u32,
    /// Of 256 packets, how many did not come.
    pub(super) fraction: u8,
    /// The same with those that came too late, per mille.
    pub(super) loss_permille: u16,
    /// Lost since the stream began.
    pub(super) lost: u32,
    /// Highest sequence number with its rounds.
    pub(super) highest: u32,
    /// In samples.
    pub(super) jitter: u32,
}

impl Reception {
    /// A packet came. Those of keys repeat their timestamp: only those of sound tell jitter.
    pub(super) fn packet(&mut self, header: &Header, sound: bool, now: Instant) {
        let known =
            self.stream.as_mut().is_some_and(|stream| stream.ssrc == header.ssrc && stream.counts(header.sequence));
        if !known {
            self.stream = None;
        }
        let stream = self.stream.get_or_insert_with(|| Stream::new(header, now));
        stream.received += 1;
        if !sound {
            return;
        }
        let arrived = now.saturating_duration_since(stream.began).as_micros() as i64 * 8 / 1_000;
        let transit = arrived - i64::from(header.timestamp);
        if let Some(before) = stream.transit.replace(transit) {
            let step = (transit - before).unsigned_abs();
            if step < 8_000 {
                stream.jitter += (step as f64 - stream.jitter) / 16.0;
            }
        }
    }

    /// The packet just counted came too late to be played.
    pub(super) fn late(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.late += 1;
        }
    }

    /// Closes an interval. `None` while nothing has come at all in it.
    pub(super) fn interval(&mut self) -> Option<Interval> {
        let stream = self.stream.as_mut()?;
        let expected = stream.highest.wrapping_sub(stream.base).wrapping_add(1);
        let (expected_before, received_before, late_before) = stream.before;
        let (of, came) = (expected.saturating_sub(expected_before), stream.received - received_before);
        if came == 0 {
            return None;
        }
        let late = stream.late - late_before;
        stream.before = (expected, stream.received, stream.late);
        let lost = of.saturating_sub(came);
        Some(Interval {
            ssrc: stream.ssrc,
            fraction: (u64::from(lost) * 256 / u64::from(of.max(1))).min(255) as u8,
            loss_permille: (u64::from(lost + late) * 1_000 / u64::from(of.max(1))).min(1_000) as u16,
            lost: expected.saturating_sub(stream.received),
            highest: stream.highest,
            jitter: stream.jitter as u32,
        })
    }
}

impl Stream {
    fn new(header: &Header, now: Instant) -> Self {
        let base = u32::from(header.sequence);
        let zero = (0, 0, 0);
        Self {
            ssrc: header.ssrc,
            base,
            highest: base,
            received: 0,
            late: 0,
            before: zero,
            transit: None,
            jitter: 0.0,
            began: now,
        }
    }

    /// Whether a sequence number belongs to this stream; notes it if it is the newest.
    fn counts(&mut self, sequence: u16) -> bool {
        let step = sequence.wrapping_sub(self.highest as u16);
        if step < JUMP {
            self.highest = self.highest.wrapping_add(u32::from(step));
            return true;
        }
        step.wrapping_neg() < JUMP
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn run(sequences: impl Iterator<Item = u16>, gap: impl Fn(u32) -> u64) -> Interval {
        let mut reception = Reception::default();
        let start = Instant::now();
        let mut time = 0;
        for (at, sequence) in sequences.enumerate() {
            time += gap(at as u32);
            let header =
                Header { marker: false, payload_type: 0, sequence, timestamp: u32::from(sequence) * 160, ssrc: 1 };
            reception.packet(&header, true, start + Duration::from_millis(time));
        }
        reception.interval().unwrap()
    }

    #[test]
    fn a_steady_stream_has_no_fault() {
        let got = run(1_000..1_250, |_| 20);
        assert_eq!((got.fraction, got.loss_permille, got.lost, got.highest, got.jitter), (0, 0, 0, 1_249, 0));
    }

    #[test]
    fn a_tenth_lost_is_said_so() {
        let got = run((1_000..1_250).filter(|sequence| sequence % 10 != 3), |_| 20);
        assert_eq!((got.loss_permille, got.lost, got.fraction), (100, 25, 25));
    }

    #[test]
    fn arrivals_that_swing_by_ten_milliseconds_are_jitter() {
        let got = run(1_000..1_500, |at| if at % 2 == 0 { 10 } else { 30 });
        assert!((70..=90).contains(&got.jitter), "{} samples", got.jitter);
    }

    #[test]
    fn the_count_goes_round() {
        let got = run((0..500u16).map(|at| 65_400u16.wrapping_add(at)), |_| 20);
        assert_eq!((got.lost, got.highest), (0, 65_400 + 499));
    }

    #[test]
    fn an_interval_without_packets_says_nothing() {
        let mut reception = Reception::default();
        assert_eq!(reception.interval(), None);
        let header = Header { marker: false, payload_type: 0, sequence: 5, timestamp: 0, ssrc: 1 };
        reception.packet(&header, true, Instant::now());
        assert!(reception.interval().is_some());
        assert_eq!(reception.interval(), None);
    }
}
