//! How long a group's leader is left alone after it was asked to step down in vain. Pure.

use std::time::Duration;

/// After the first order that came to nothing; doubles with each further one.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);

/// One group's patience. Times since some beginning.
#[derive(Debug, Default)]
pub(super) struct Patience {
    not_before: Duration,
    failures: u32,
}

impl Patience {
    /// Who leads now. The preferred one: earlier failures are forgotten.
    pub(super) fn saw(&mut self, leader: &str, preferred: &str, now: Duration) {
        if leader == preferred {
            *self = Self { not_before: now, failures: 0 };
        }
    }

    /// Whether the leader may be asked to step down.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        now >= self.not_before
    }

    /// The leader was asked to step down.
    pub(super) fn asked(&mut self, now: Duration) {
        self.not_before = now + LONGEST.min(FIRST * 2_u32.saturating_pow(self.failures));
        self.failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn orders_in_vain_come_ever_more_rarely() {
        let mut patience = Patience::default();
        let mut asked = Vec::new();
        for now in 0..300 {
            patience.saw("tokyo", "witness", seconds(now));
            if patience.is_over(seconds(now)) {
                patience.asked(seconds(now));
                asked.push(now);
            }
        }
        assert_eq!(asked, [0, 5, 15, 35, 75, 135, 195, 255]);
    }

    #[test]
    fn a_success_begins_anew() {
        let mut patience = Patience::default();
        for now in [0, 5, 15] {
            patience.asked(seconds(now));
        }
        patience.saw("witness", "witness", seconds(20));
        assert!(patience.is_over(seconds(20)));
        patience.asked(seconds(21));
        assert!(!patience.is_over(seconds(25)));
        assert!(patience.is_over(seconds(26)));
    }
}
