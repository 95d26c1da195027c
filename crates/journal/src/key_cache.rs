//! Keys at hand: bounded, and never older than the last erasure heard of.

use std::{
    borrow::Borrow,
    collections::HashSet,
    hash::{Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::DataKey;

/// Keys in each of the two generations. A key takes about 130 bytes, so a million customers' are 130 MiB.
const ROOM: usize = 1_000_000;

/// What is known of a key.
#[derive(Clone, Debug)]
pub(crate) enum Cached {
    /// It opens.
    Key(DataKey),
    /// It was erased, and that is final.
    Erased,
}

/// Two generations: what was used since the last turn, and what was used in the one before. A full young generation
/// becomes the old one, and the old one is forgotten. As cheap as a set, and what is in use stays.
pub(crate) struct KeyCache {
    inner: Mutex<Generations>,
}

struct Generations {
    room: usize,
    young: Known,
    old: Known,
    erasures: u64,
}

#[derive(Default)]
struct Known {
    keys: HashSet<ById>,
    erased: HashSet<Box<str>>,
}

/// A key that is found by its id, which it holds anyway.
struct ById(DataKey);

impl Borrow<str> for ById {
    fn borrow(&self) -> &str {
        self.0.id()
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}

impl Eq for ById {}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id().hash(state);
    }
}

impl Default for KeyCache {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl KeyCache {
    fn with_room(room: usize) -> Self {
        let generations = Generations { room, young: Known::default(), old: Known::default(), erasures: 0 };
        Self { inner: Mutex::new(generations) }
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key_id: &str) -> Option<Cached> {
        let mut cache = self.lock();
        if let Some(found) = cache.young.get(key_id) {
            return Some(found);
        }
        if let Some(ById(key)) = cache.old.keys.take(key_id) {
            cache.put(key.clone());
            return Some(Cached::Key(key));
        }
        let key_id = cache.old.erased.take(key_id)?;
        cache.bury(key_id);
        Some(Cached::Erased)
    }

    pub(crate) fn len(&self) -> usize {
        let cache = self.lock();
        cache.young.len() + cache.old.len()
    }

    /// How many times something was erased or everything forgotten. Taken before a read, and given to [`Self::keep`].
    pub(crate) fn erasures(&self) -> u64 {
        self.lock().erasures
    }

    /// Keeps a key that was read, unless anything was erased since the read began: it could have been this one.
    pub(crate) fn keep(&self, key: DataKey, erasures: u64) {
        let mut cache = self.lock();
        if cache.erasures == erasures {
            cache.put(key);
        }
    }

    /// Keeps keys that nobody asked for yet, as [`Self::keep`], for which none must be forgotten.
    pub(crate) fn keep_ahead(&self, keys: Vec<DataKey>, erasures: u64) {
        let mut cache = self.lock();
        for key in keys {
            if cache.erasures != erasures || cache.young.len() >= cache.room {
                break;
            }
            let known = [&cache.young, &cache.old].iter().any(|known| known.get(key.id()).is_some());
            if !known {
                cache.put(key);
            }
        }
    }

    pub(crate) fn erase(&self, key_id: &str) {
        let mut cache = self.lock();
        cache.erasures += 1;
        cache.young.keys.remove(key_id);
        cache.old.keys.remove(key_id);
        cache.bury(key_id.into());
    }

    pub(crate) fn clear(&self) {
        let mut cache = self.lock();
        cache.erasures += 1;
        cache.young = Known::default();
        cache.old = Known::default();
    }
}

impl Generations {
    fn put(&mut self, key: DataKey) {
        self.turn();
        self.young.keys.insert(ById(key));
    }

    fn bury(&mut self, key_id: Box<str>) {
        self.turn();
        self.young.erased.insert(key_id);
    }

    fn turn(&mut self) {
        if self.young.len() >= self.room {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

impl Known {
    fn len(&self) -> usize {
        self.keys.len() + self.erased.len()
    }

    fn get(&self, key_id: &str) -> Option<Cached> {
        if self.erased.contains(key_id) {
            return Some(Cached::Erased);
        }
        self.keys.get(key_id).map(|ById(key)| Cached::Key(key.clone()))
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
        cache.keep(key("a"), before);
        cache.keep_ahead(vec![key("b")], before);
        assert!(matches!(cache.get("a"), Some(Cached::Erased)));
        assert!(cache.get("b").is_none());
        let before = cache.erasures();
        cache.clear();
        cache.keep(key("b"), before);
        assert!(cache.get("b").is_none());
    }

    #[test]
    fn what_was_erased_stays_so_and_leaves_no_key() {
        let cache = KeyCache::default();
        cache.keep(key("a"), 0);
        cache.erase("a");
        cache.keep_ahead(vec![key("a")], cache.erasures());
        assert!(matches!(cache.get("a"), Some(Cached::Erased)));
        assert!(cache.lock().young.keys.is_empty());
    }

    #[test]
    fn what_is_read_ahead_drives_nothing_out() {
        let cache = KeyCache::with_room(3);
        cache.keep(key("used"), 0);
        cache.keep_ahead(vec![key("a"), key("used"), key("b"), key("c")], 0);
        assert!(["used", "a", "b"].iter().all(|id| cache.get(id).is_some()));
        assert!(cache.get("c").is_none());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_used() {
        const ROOM: usize = 5_000;
        let cache = KeyCache::with_room(ROOM);
        cache.keep(key("used"), 0);
        for n in 0..3 * ROOM {
            cache.keep(key(&n.to_string()), 0);
            if n % 1_000 == 0 {
                assert!(cache.get("used").is_some(), "forgotten after {n}");
            }
        }
        assert!(cache.get("0").is_none());
        assert!(cache.len() <= 2 * ROOM + 1);
    }
}
