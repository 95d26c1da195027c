//! How many calls may begin, and be there at once. Pure: time comes as an argument.

use serde::Deserialize;

/// Limits of a gateway, or of one trunk.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls that may begin in a second, on average. 0: no limit. Default 400: below where the stack collapses (1 600 on
    /// two cores), with room for media.
    pub calls_per_s: u32,
    /// Calls that may begin at the same moment. Default 200.
    pub burst: u32,
    /// Legs at once. 0: no limit. Default 4 000.
    pub at_once: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls_per_s: 400, burst: 200, at_once: 4_000 }
    }
}

/// Why a call may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Too many began just now.
    Rate,
    /// Too many are there.
    AtOnce,
}

/// Counts beginnings in a bucket of tokens, and calls that are there.
#[derive(Clone, Debug)]
pub struct Bucket {
    limits: Limits,
    /// Thousandths of a token.
    tokens: u64,
    filled_ms: u64,
    there: u32,
}

const TOKEN: u64 = 1_000;

impl Bucket {
    /// A full bucket.
    pub fn new(limits: Limits, now_ms: u64) -> Self {
        Self { limits, tokens: full(limits), filled_ms: now_ms, there: 0 }
    }

    /// Lets a call begin, or says why not. Every `Ok` is ended by one [`Bucket::end`].
    ///
    /// # Errors
    /// [`Full`], and nothing is taken.
    pub fn begin(&mut self, now_ms: u64) -> Result<(), Full> {
        if self.limits.at_once > 0 && self.there >= self.limits.at_once {
            return Err(Full::AtOnce);
        }
        if self.limits.calls_per_s > 0 {
            self.fill(now_ms);
            self.tokens = self.tokens.checked_sub(TOKEN).ok_or(Full::Rate)?;
        }
        self.there += 1;
        Ok(())
    }

    /// Counts a call that is there without having been asked for: one that was taken over.
    pub fn join(&mut self) {
        self.there += 1;
    }

    /// A call ended.
    pub fn end(&mut self) {
        self.there = self.there.saturating_sub(1);
    }

    /// Calls that are there.
    pub fn there(&self) -> u32 {
        self.there
    }

    /// Whether a call could begin now.
    pub fn has_room(&mut self, now_ms: u64) -> bool {
        self.fill(now_ms);
        (self.limits.at_once == 0 || self.there < self.limits.at_once)
            && (self.limits.calls_per_s == 0 || self.tokens >= TOKEN)
    }

    /// New limits; calls that are there stay.
    pub fn set(&mut self, limits: Limits) {
        self.limits = limits;
        self.tokens = self.tokens.min(full(limits));
    }

    fn fill(&mut self, now_ms: u64) {
        let passed = now_ms.saturating_sub(self.filled_ms);
        self.filled_ms = self.filled_ms.max(now_ms);
        let new = passed.saturating_mul(u64::from(self.limits.calls_per_s));
        self.tokens = self.tokens.saturating_add(new).min(full(self.limits));
    }
}

fn full(limits: Limits) -> u64 {
    u64::from(limits.burst.max(1)) * TOKEN
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { calls_per_s: 10, burst: 3, at_once: 5 };

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::new(Limits { at_once: 0, ..LIMITS }, 0);
        assert_eq!((0..5).filter(|_| bucket.begin(0).is_ok()).count(), 3);
        assert_eq!(bucket.begin(99), Err(Full::Rate));
        assert_eq!(bucket.begin(100), Ok(()));
        assert_eq!(bucket.begin(100), Err(Full::Rate));
    }

    #[test]
    fn no_more_than_at_once() {
        let mut bucket = Bucket::new(LIMITS, 0);
        let took = (0..100).filter(|n| bucket.begin(n * 1_000).is_ok()).count();
        assert_eq!(took, 5);
        assert_eq!(bucket.begin(200_000), Err(Full::AtOnce));
        bucket.end();
        assert_eq!(bucket.begin(200_000), Ok(()));
    }

    proptest! {
        #[test]
        fn never_over_the_limits(steps in proptest::collection::vec((0u64..400, any::<bool>()), 1..300)) {
            let mut bucket = Bucket::new(LIMITS, 0);
            let (mut now, mut there, mut begun) = (0u64, 0u32, 0u64);
            for (pause, begin) in steps {
                now += pause;
                if !begin {
                    bucket.end();
                    there = there.saturating_sub(1);
                } else if bucket.begin(now).is_ok() {
                    there += 1;
                    begun += 1;
                }
                prop_assert_eq!(bucket.there(), there);
                prop_assert!(there <= 5);
                prop_assert!(begun <= 3 + now * 10 / 1_000, "{} began in {} ms", begun, now);
            }
        }
    }
}
