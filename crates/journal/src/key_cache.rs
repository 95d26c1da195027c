//! Keys at hand: bounded, and never older than the last erasure heard of.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::DataKey;

/// Keys in each of the two generations: about 20 MiB when full.
const ROOM: usize = 50_000;

/// What is known of a key.
#[derive(Clone, Debug)]
pub(crate) enum Cached {
    /// It opens.
    Key(DataKey),
    /// It was erased, and that is final.
    Erased,
}

/// Two generations: what was used since the last turn, and what was used in the one before. A full young generation
/// becomes the old one, and the old one is forgotten. As cheap as a map, and what is in use stays.
#[derive(Default)]
pub(crate) struct KeyCache {
    inner: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<String, Cached>,
    old: HashMap<String, Cached>,
    erasures: u64,
}

impl KeyCache {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key_id: &str) -> Option<Cached> {
        let mut cache = self.lock();
        if let Some(found) = cache.young.get(key_id) {
            return Some(found.clone());
        }
        let (key_id, found) = cache.old.remove_entry(key_id)?;
        cache.put(key_id, found.clone());
        Some(found)
    }

    /// How many times something was erased or everything forgotten. Taken before a read, and given to [`Self::keep`].
    pub(crate) fn erasures(&self) -> u64 {
        self.lock().erasures
    }

    /// Keeps a key that was read, unless anything was erased since the read began: it could have been this one.
    pub(crate) fn keep(&self, key_id: &str, key: DataKey, erasures: u64) {
        let mut cache = self.lock();
        if cache.erasures == erasures {
            cache.put(key_id.to_owned(), Cached::Key(key));
        }
    }

    pub(crate) fn erase(&self, key_id: &str) {
        let mut cache = self.lock();
        cache.erasures += 1;
        cache.old.remove(key_id);
        cache.put(key_id.to_owned(), Cached::Erased);
    }

    pub(crate) fn clear(&self) {
        let mut cache = self.lock();
        cache.erasures += 1;
        cache.young.clear();
        cache.old.clear();
    }
}

impl Generations {
    fn put(&mut self, key_id: String, value: Cached) {
        if self.young.len() >= ROOM {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key_id, value);
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn key(id: &str) -> DataKey {
        DataKey::new(id, &Zeroizing::new([1; 32]))
    }

    #[test]
    fn a_read_that_began_before_an_erasure_is_not_kept() {
        let cache = KeyCache::default();
        let before = cache.erasures();
        cache.erase("a");
        cache.keep("a", key("a"), before);
        assert!(matches!(cache.get("a"), Some(Cached::Erased)));
        let before = cache.erasures();
        cache.clear();
        cache.keep("b", key("b"), before);
        assert!(cache.get("b").is_none());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_used() {
        let cache = KeyCache::default();
        cache.keep("used", key("used"), 0);
        for n in 0..3 * ROOM {
            cache.keep(&n.to_string(), key("x"), 0);
            if n % 1_000 == 0 {
                assert!(cache.get("used").is_some(), "forgotten after {n}");
            }
        }
        assert!(cache.get("0").is_none());
        let inner = cache.lock();
        assert!(inner.young.len() + inner.old.len() <= 2 * ROOM + 1);
    }
}
