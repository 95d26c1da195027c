//! How long something took, of bounded size: 32 buckets for each doubling, so that a time is told within about 3 %.

use std::collections::BTreeMap;

use super::Millis;

/// Buckets of a doubling, as a power of two.
const FINE: u32 = 5;

/// Times, counted by size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread {
    buckets: BTreeMap<u32, u64>,
    count: u64,
}

impl Spread {
    /// Takes a time in.
    pub fn add(&mut self, time: Millis) {
        *self.buckets.entry(bucket(time)).or_default() += 1;
        self.count += 1;
    }

    /// How many times were taken in.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// A time that `percent` (1 to 100) of all took no longer than; 0: nothing was taken in.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Millis {
        let rank = (self.count * percent.min(100)).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().find(|(_, count)| {
            seen += **count;
            seen >= rank
        });
        found.map_or(0, |(bucket, _)| middle(*bucket))
    }
}

fn bucket(time: Millis) -> u32 {
    let doublings = (u64::BITS - time.leading_zeros()).saturating_sub(FINE + 1);
    let fine = u32::try_from(time >> doublings).unwrap_or(u32::MAX);
    (doublings << FINE) + fine
}

/// The middle of a bucket.
fn middle(bucket: u32) -> Millis {
    let doublings = (bucket >> FINE).saturating_sub(1);
    let least = u64::from(bucket - (doublings << FINE)) << doublings;
    least + ((1_u64 << doublings) >> 1)
}
