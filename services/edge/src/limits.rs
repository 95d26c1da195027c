//! How often somebody may ask: pure, the caller brings the time in milliseconds.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::config::Rate;

/// Entries that a table of addresses or logins holds before the idle ones are dropped.
const SWEEP_AT: usize = 1_024;

/// A token bucket, counted in thousandths of a token so that no fraction is lost.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    thousandths: u64,
    at: u64,
}

impl Bucket {
    pub(crate) fn new(rate: Rate, now: u64) -> Self {
        Self { rate, thousandths: u64::from(rate.burst) * 1_000, at: now }
    }

    /// Takes one token; false when there is none.
    pub(crate) fn take(&mut self, now: u64) -> bool {
        self.refill(now);
        let enough = self.thousandths >= 1_000;
        if enough {
            self.thousandths -= 1_000;
        }
        enough
    }

    fn refill(&mut self, now: u64) {
        let passed = now.saturating_sub(self.at);
        let full = u64::from(self.rate.burst) * 1_000;
        self.thousandths =
            passed.saturating_mul(u64::from(self.rate.per_second)).saturating_add(self.thousandths).min(full);
        self.at = self.at.max(now);
    }

    fn is_full(&mut self, now: u64) -> bool {
        self.refill(now);
        self.thousandths == u64::from(self.rate.burst) * 1_000
    }
}

/// A bucket for each address. Full buckets are forgotten, so the table is as large as the addresses that are busy.
#[derive(Debug)]
pub(crate) struct Addresses {
    rate: Rate,
    buckets: Mutex<AddressTable>,
}

#[derive(Debug, Default)]
struct AddressTable {
    of: HashMap<IpAddr, Arc<Mutex<Bucket>>>,
    sweep_at: usize,
}

/// The bucket of one address, shared by its sockets.
#[derive(Clone, Debug)]
pub(crate) struct AddressBucket(Arc<Mutex<Bucket>>);

impl AddressBucket {
    /// Takes one token; false when there is none.
    pub(crate) fn take(&self, now: u64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(now)
    }
}

impl Addresses {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(AddressTable { of: HashMap::new(), sweep_at: SWEEP_AT }) }
    }

    /// The bucket of `address`; an IPv6 client is its /64, which one household holds.
    pub(crate) fn bucket(&self, address: IpAddr, now: u64) -> AddressBucket {
        let mut table = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if table.of.len() >= table.sweep_at {
            table.of.retain(|_, bucket| {
                Arc::strong_count(bucket) > 1 || !bucket.lock().unwrap_or_else(PoisonError::into_inner).is_full(now)
            });
            table.sweep_at = (table.of.len() * 2).max(SWEEP_AT);
        }
        let bucket =
            table.of.entry(network(address)).or_insert_with(|| Arc::new(Mutex::new(Bucket::new(self.rate, now))));
        AddressBucket(bucket.clone())
    }

    /// Takes one token of `address`; false when there is none.
    pub(crate) fn take(&self, address: IpAddr, now: u64) -> bool {
        self.bucket(address, now).take(now)
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Failures within a window, by key.
#[derive(Debug)]
pub(crate) struct Failures<K> {
    allowed: u32,
    window_ms: u64,
    of: HashMap<K, Window>,
    sweep_at: usize,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    from: u64,
    failures: u32,
}

impl<K: Eq + Hash> Failures<K> {
    pub(crate) fn new(allowed: u32, window_ms: u64) -> Self {
        Self { allowed, window_ms, of: HashMap::new(), sweep_at: SWEEP_AT }
    }

    /// Whether `key` may try.
    pub(crate) fn may_try(&self, key: &K, now: u64) -> bool {
        self.of.get(key).is_none_or(|window| self.is_over(*window, now) || window.failures < self.allowed)
    }

    /// Counts a failure of `key`.
    pub(crate) fn failed(&mut self, key: K, now: u64) {
        if self.of.len() >= self.sweep_at {
            let window_ms = self.window_ms;
            self.of.retain(|_, window| now.saturating_sub(window.from) < window_ms);
            self.sweep_at = (self.of.len() * 2).max(SWEEP_AT);
        }
        let over = self.of.get(&key).is_none_or(|window| self.is_over(*window, now));
        let window = self.of.entry(key).or_insert(Window { from: now, failures: 0 });
        if over {
            *window = Window { from: now, failures: 0 };
        }
        window.failures = window.failures.saturating_add(1);
    }

    /// Forgets what `key` did: it has shown that it is who it says.
    pub(crate) fn succeeded(&mut self, key: &K) {
        self.of.remove(key);
    }

    /// Uncounts one failure of `key`.
    pub(crate) fn take_back(&mut self, key: &K) {
        if let Some(window) = self.of.get_mut(key) {
            window.failures = window.failures.saturating_sub(1);
        }
    }

    fn is_over(&self, window: Window, now: u64) -> bool {
        now.saturating_sub(window.from) >= self.window_ms
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_never_gives_more_than_its_rate(
            per_second in 1_u32..1_000, burst in 1_u32..1_000, steps in proptest::collection::vec(0_u64..500, 1..400),
        ) {
            let mut bucket = Bucket::new(Rate { per_second, burst }, 0);
            let (mut now, mut taken) = (0, 0_u64);
            for step in steps {
                now += step;
                taken += u64::from(bucket.take(now));
                prop_assert!(taken <= u64::from(burst) + now * u64::from(per_second) / 1_000);
            }
        }

        #[test]
        fn a_clock_that_jumps_back_gives_nothing_away(jump in 0_u64..10_000) {
            let mut bucket = Bucket::new(Rate { per_second: 1, burst: 1 }, 10_000);
            prop_assert!(bucket.take(10_000));
            prop_assert!(!bucket.take(10_000 - jump));
            prop_assert!(!bucket.take(10_999));
            prop_assert!(bucket.take(11_000));
        }
    }

    #[test]
    fn idle_addresses_are_forgotten() {
        let addresses = Addresses::new(Rate { per_second: 1_000, burst: 1 });
        for number in 0..100_000_u32 {
            let address = IpAddr::from(number.to_be_bytes());
            assert!(addresses.take(address, u64::from(number)));
        }
        assert!(addresses.buckets.lock().unwrap().of.len() <= 2 * SWEEP_AT);
    }

    #[test]
    fn one_household_is_one_client() {
        let addresses = Addresses::new(Rate { per_second: 1, burst: 1 });
        assert!(addresses.take("2001:db8::1".parse().unwrap(), 0));
        assert!(!addresses.take("2001:db8::2".parse().unwrap(), 0));
        assert!(addresses.take("2001:db8:0:1::2".parse().unwrap(), 0));
    }

    #[test]
    fn too_many_failures_wait_for_the_window() {
        let mut failures = Failures::new(2, 1_000);
        assert!(failures.may_try(&"sato", 0));
        failures.failed("sato", 0);
        failures.failed("sato", 10);
        assert!(!failures.may_try(&"sato", 999));
        assert!(failures.may_try(&"suzuki", 999));
        assert!(failures.may_try(&"sato", 1_000));
        failures.failed("sato", 1_000);
        assert!(failures.may_try(&"sato", 1_001));
        failures.succeeded(&"sato");
        assert!(failures.of.is_empty());
    }
}
