//! Does the journal's leader answer? A site that is cut off has a server of its own, but no leader.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use journal::Journal;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{accounts::ACCOUNTS, clock};

/// Between two questions.
const EVERY: Duration = Duration::from_millis(500);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Without an answer for so long there is no leader for this site, in ms: one question may be lost.
const GONE_MS: u64 = 2_000;

/// When the leader last answered, by [`clock::steady_ms`]; 0: never.
#[derive(Debug, Default)]
pub(crate) struct Leader(AtomicU64);

impl Leader {
    pub(crate) fn answered_at(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether it answered lately.
    pub(crate) fn is_there(&self, now: u64) -> bool {
        let at = self.answered_at();
        at > 0 && now.saturating_sub(at) < GONE_MS
    }
}

/// Keeps asking until `stop`.
pub(crate) async fn ask(journal: Journal, leader: Arc<Leader>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, journal.last_sequence(&ACCOUNTS)).await {
            leader.0.store(clock::steady_ms().max(1), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_that_never_answered_or_not_lately_is_not_there() {
        let leader = Leader::default();
        assert!(!leader.is_there(1));
        leader.0.store(5_000, Ordering::Relaxed);
        assert!(leader.is_there(6_999));
        assert!(!leader.is_there(7_000));
    }
}
