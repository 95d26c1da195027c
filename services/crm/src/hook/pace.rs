//! When a try follows, and when it is enough. Pure.

use super::Millis;

/// Pause after the first try without success, ms; doubled after each further one.
const FIRST_PAUSE_MS: Millis = 1_000;
/// Longest pause between two tries, ms, before it is spread.
const LONGEST_PAUSE_MS: Millis = 300_000;
/// Fewer tries never mean that a receiver is gone, however long ago the first one was.
const LEAST_TRIES: u32 = 10;

/// How a receiver does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Tries without success since the last success.
    pub failures: u32,
    /// When the first of them was; 0: none.
    pub failing_since: Millis,
}

impl Health {
    /// It took an event.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// It did not.
    pub fn fail(&mut self, now: Millis) {
        if self.failures == 0 {
            self.failing_since = now;
        }
        self.failures = self.failures.saturating_add(1);
    }

    /// Whether it failed for so long that it is not asked any more until a person says so.
    #[must_use]
    pub fn is_hopeless(&self, now: Millis, patience: Millis) -> bool {
        self.failures >= LEAST_TRIES && now.saturating_sub(self.failing_since) >= patience
    }
}

/// Pause after an event's `tries`-th try in vain, ms; `dice`, 0 to 999, spreads it by a quarter to both sides, so that receivers that come back are not met
/// by everybody at once.
#[must_use]
pub fn pause(tries: u32, dice: u32) -> Millis {
    let doublings = tries.saturating_sub(1).min(20);
    let plain = FIRST_PAUSE_MS.saturating_mul(1 << doublings).min(LONGEST_PAUSE_MS);
    plain * 3 / 4 + plain / 2 * Millis::from(dice.min(999)) / 999
}
