//! The newest sequence of conversations that changed lately: shows when a read came from a replica that lags.

use std::collections::HashMap;

use uuid::Uuid;

/// Conversations in one generation; two are kept. About 3 MB at most.
const GENERATION: usize = 32_768;

/// See the module.
#[derive(Default)]
pub(super) struct Recent {
    young: HashMap<Uuid, u64>,
    old: HashMap<Uuid, u64>,
}

impl Recent {
    /// Remembers that the conversation reaches at least this far.
    pub(super) fn note(&mut self, conversation: Uuid, sequence: u64) {
        let newest = self.newest(conversation).max(sequence);
        if self.young.len() >= GENERATION && !self.young.contains_key(&conversation) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(conversation, newest);
    }

    /// How far the conversation is known to reach; 0 when nothing is remembered.
    pub(super) fn newest(&self, conversation: Uuid) -> u64 {
        self.young.get(&conversation).or_else(|| self.old.get(&conversation)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_sequences_survive_a_generation() {
        let mut recent = Recent::default();
        for id in 0..GENERATION as u128 + 10 {
            recent.note(Uuid::from_u128(id), 5);
        }
        recent.note(Uuid::from_u128(3), 4);
        assert_eq!(recent.newest(Uuid::from_u128(3)), 5);
        assert_eq!(recent.newest(Uuid::from_u128(GENERATION as u128 + 9)), 5);
        assert_eq!(recent.newest(Uuid::from_u128(u128::MAX)), 0);
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION);
    }
}
