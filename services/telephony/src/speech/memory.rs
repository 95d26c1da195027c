//! Sounds kept in memory: the newest used, up to so many samples.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A bounded memory.
#[derive(Debug)]
pub(super) struct Memory {
    most: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    sounds: BTreeMap<String, (u64, Arc<[i16]>)>,
    by_use: BTreeMap<u64, String>,
    uses: u64,
    samples: usize,
}

impl Memory {
    /// Holds at most `most` samples.
    pub(super) fn new(most: usize) -> Self {
        Self { most, inner: Mutex::default() }
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<[i16]>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let sound = Arc::clone(&inner.sounds.get(key)?.1);
        inner.put(key, Arc::clone(&sound));
        Some(sound)
    }

    pub(super) fn put(&self, key: &str, sound: Arc<[i16]>) {
        if sound.len() > self.most {
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.put(key, sound);
        while inner.samples > self.most {
            let Some((_, oldest)) = inner.by_use.pop_first() else { break };
            if let Some((_, sound)) = inner.sounds.remove(&oldest) {
                inner.samples -= sound.len();
            }
        }
    }
}

impl Inner {
    fn put(&mut self, key: &str, sound: Arc<[i16]>) {
        self.uses += 1;
        self.samples += sound.len();
        if let Some((used, before)) = self.sounds.insert(key.to_owned(), (self.uses, sound)) {
            self.by_use.remove(&used);
            self.samples -= before.len();
        }
        self.by_use.insert(self.uses, key.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let memory = Memory::new(10);
        let sound = |samples: usize| -> Arc<[i16]> { vec![1; samples].into() };
        memory.put("a", sound(4));
        memory.put("b", sound(4));
        assert!(memory.get("a").is_some());
        memory.put("c", sound(4));
        assert!(memory.get("b").is_none(), "b was the oldest");
        assert!(memory.get("a").is_some() && memory.get("c").is_some());
        memory.put("a", sound(6));
        assert_eq!(memory.get("a").map(|it| it.len()), Some(6));
        memory.put("d", sound(11));
        assert!(memory.get("d").is_none() && memory.get("a").is_some(), "what is too large pushes nothing out");
    }
}
