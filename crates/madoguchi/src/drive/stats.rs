//! Percentiles and the gaps that a conversation saw.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// The value below which `percent` (0 to 100) of `values` lie, by the nearest rank; zero when there are none.
pub fn percentile(values: &mut [Duration], percent: f64) -> Duration {
    if values.is_empty() {
        return Duration::ZERO;
    }
    values.sort_unstable();
    let rank = (percent / 100.0 * values.len() as f64).ceil() as usize;
    values[rank.clamp(1, values.len()) - 1]
}

/// Milliseconds with one digit behind the point.
pub fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// A conversation's longest gaps.
#[derive(Debug, Default, Clone, Copy)]
pub struct Longest {
    /// From one acknowledgement to the next, which holds the writer's own pause.
    pub between: Duration,
    /// In which something was waiting and nothing was acknowledged: what the customer feels.
    pub waited: Duration,
    /// When that wait ended; unset when nothing ever waited.
    pub waited_until: Option<Instant>,
}

/// The longest gaps that began while something had failed, and those that began after it was started again.
#[derive(Debug, Default, Clone, Copy)]
pub struct Gaps {
    /// Until the start.
    pub failure: Longest,
    /// From the start on.
    pub start: Longest,
}

/// Follows one conversation's messages and acknowledgements.
#[derive(Debug, Default)]
pub struct GapMeter {
    waiting: VecDeque<(u64, Instant)>,
    last_ack: Option<Instant>,
    started: Option<Instant>,
    gaps: Gaps,
}

impl GapMeter {
    /// A message was sent for the first time. Resends are not told.
    pub fn sent(&mut self, reference: u64, now: Instant) {
        self.waiting.push_back((reference, now));
    }

    /// A message was acknowledged.
    pub fn acknowledged(&mut self, reference: u64, now: Instant) {
        let oldest = self.waiting.front().map(|(_, at)| *at);
        self.close(oldest, now);
        self.waiting.retain(|(waiting, _)| *waiting != reference);
        self.last_ack = Some(now);
    }

    /// What had failed is started again at this time.
    pub fn started(&mut self, at: Option<Instant>) {
        self.started = at;
    }

    /// The talk is over; what never was acknowledged counts up to now.
    pub fn finish(&mut self, now: Instant) {
        if let Some((_, oldest)) = self.waiting.front().copied() {
            self.close(Some(oldest), now);
        }
    }

    /// The longest gaps so far.
    pub fn gaps(&self) -> Gaps {
        self.gaps
    }

    fn close(&mut self, oldest: Option<Instant>, now: Instant) {
        if let Some(last) = self.last_ack {
            let longest = self.since(last);
            longest.between = longest.between.max(now - last);
        }
        let Some(oldest) = oldest else { return };
        let start = self.last_ack.map_or(oldest, |last| last.max(oldest));
        let longest = self.since(start);
        if now - start > longest.waited {
            longest.waited = now - start;
            longest.waited_until = Some(now);
        }
    }

    fn since(&mut self, start: Instant) -> &mut Longest {
        let after = self.started.is_some_and(|started| start >= started);
        if after { &mut self.gaps.start } else { &mut self.gaps.failure }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn percentile_is_a_value_that_was_seen() {
        let mut values: Vec<Duration> = (1..=100).map(ms).collect();
        assert_eq!(percentile(&mut values, 99.0), ms(99));
        assert_eq!(percentile(&mut values, 100.0), ms(100));
        assert_eq!(percentile(&mut values, 0.0), ms(1));
        assert_eq!(percentile(&mut [ms(7)], 50.0), ms(7));
        assert_eq!(percentile(&mut [], 50.0), Duration::ZERO);
    }

    #[test]
    fn the_writers_own_pause_is_between_but_not_waited() {
        let start = Instant::now();
        let mut gaps = GapMeter::default();
        gaps.sent(1, start);
        gaps.acknowledged(1, start + ms(2));
        gaps.sent(2, start + ms(500));
        gaps.acknowledged(2, start + ms(503));
        assert_eq!(gaps.gaps().failure.between, ms(501));
        assert_eq!(gaps.gaps().failure.waited, ms(3));
    }

    #[test]
    fn an_outage_counts_from_the_last_acknowledgement_when_something_waited() {
        let start = Instant::now();
        let mut gaps = GapMeter::default();
        for reference in 0..10 {
            gaps.sent(reference, start + ms(reference * 10));
        }
        gaps.acknowledged(0, start + ms(12));
        gaps.acknowledged(1, start + ms(2_012));
        assert_eq!(gaps.gaps().failure.waited, ms(2_000));
        assert_eq!(gaps.gaps().failure.between, ms(2_000));
    }

    #[test]
    fn a_gap_belongs_to_the_time_in_which_it_began() {
        let start = Instant::now();
        let mut gaps = GapMeter::default();
        gaps.sent(1, start);
        gaps.started(Some(start + ms(50)));
        gaps.acknowledged(1, start + ms(100));
        gaps.sent(2, start + ms(110));
        gaps.acknowledged(2, start + ms(150));
        assert_eq!(gaps.gaps().failure.waited, ms(100));
        assert_eq!((gaps.gaps().start.waited, gaps.gaps().start.between), (ms(40), ms(50)));
    }

    #[test]
    fn what_is_never_acknowledged_counts_to_the_end() {
        let start = Instant::now();
        let mut gaps = GapMeter::default();
        gaps.sent(1, start);
        gaps.finish(start + ms(9_000));
        assert_eq!(gaps.gaps().failure.waited, ms(9_000));
    }
}
