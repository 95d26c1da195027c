//! How far a talk is, shared by its clients and whoever waits for them.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;

/// Counters of one talk. Every count only grows.
#[derive(Debug)]
pub struct Progress {
    start: Instant,
    opened: AtomicU64,
    assigned: AtomicU64,
    acked: AtomicU64,
    delivered: AtomicU64,
    drained: AtomicU64,
    gone: AtomicU64,
    latencies: Mutex<Vec<Duration>>,
    ends: Mutex<BTreeMap<Uuid, u64>>,
    started_again: OnceLock<Instant>,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Conversations that exist.
    pub opened: u64,
    /// Conversations that an agent has taken.
    pub assigned: u64,
    /// Messages of customers acknowledged.
    pub acked: u64,
    /// Messages of customers that reached an agent's socket.
    pub delivered: u64,
    /// Customers with nothing unanswered after the writing.
    pub drained: u64,
    /// Clients that have left.
    pub gone: u64,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            opened: AtomicU64::new(0),
            assigned: AtomicU64::new(0),
            acked: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            drained: AtomicU64::new(0),
            gone: AtomicU64::new(0),
            latencies: Mutex::default(),
            ends: Mutex::default(),
            started_again: OnceLock::new(),
        }
    }
}

impl Progress {
    /// The counts now.
    pub fn count(&self) -> Count {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Count {
            opened: read(&self.opened),
            assigned: read(&self.assigned),
            acked: read(&self.acked),
            delivered: read(&self.delivered),
            drained: read(&self.drained),
            gone: read(&self.gone),
        }
    }

    /// A conversation was opened.
    pub fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// A conversation was taken for the first time.
    pub fn assigned(&self) {
        self.assigned.fetch_add(1, Ordering::Relaxed);
    }

    /// A customer's message was acknowledged.
    pub fn acked(&self) {
        self.acked.fetch_add(1, Ordering::Relaxed);
    }

    /// A customer has nothing unanswered.
    pub fn drained(&self) {
        self.drained.fetch_add(1, Ordering::Relaxed);
    }

    /// A client left.
    pub fn gone(&self) {
        self.gone.fetch_add(1, Ordering::Relaxed);
    }

    /// A customer's message with this text reached an agent's socket at `now`.
    pub fn delivered(&self, text: &str, now: Instant) {
        self.delivered.fetch_add(1, Ordering::Relaxed);
        if let Some(sent) = self.sent_at(text) {
            lock(&self.latencies).push(now.saturating_duration_since(sent));
        }
    }

    /// Takes the times from send to the agent's socket that came in since the last call.
    pub fn take_latencies(&self) -> Vec<Duration> {
        std::mem::take(&mut lock(&self.latencies))
    }

    /// What had failed is being started again from now on.
    pub fn starts_again(&self) {
        let _ = self.started_again.set(Instant::now());
    }

    /// Since when what had failed is being started again.
    pub fn started_again(&self) -> Option<Instant> {
        self.started_again.get().copied()
    }

    /// The conversation's last number, known once its customer has closed it.
    pub fn ended(&self, conversation: Uuid, number: u64) {
        lock(&self.ends).insert(conversation, number);
    }

    /// True when every conversation of `tracks` that has ended was seen up to its end.
    pub fn all_seen<'a>(&self, mut tracks: impl Iterator<Item = (&'a Uuid, u64)>) -> bool {
        let ends = lock(&self.ends);
        tracks.all(|(conversation, last)| ends.get(conversation).is_some_and(|end| last >= *end))
    }

    /// A message's text: when it was sent for the first time, and words up to about `bytes`.
    pub fn text(&self, now: Instant, bytes: usize) -> String {
        const WORDS: &str = "お世話になっております。注文の件で確認をお願いします。";
        let mut text = format!("{} ", (now - self.start).as_micros());
        for word in WORDS.chars().cycle() {
            if text.len() + word.len_utf8() > bytes {
                return text;
            }
            text.push(word);
        }
        text
    }

    fn sent_at(&self, text: &str) -> Option<Instant> {
        let (micros, _) = text.split_once(' ')?;
        Some(self.start + Duration::from_micros(micros.parse().ok()?))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_tells_when_it_was_sent() {
        let progress = Progress::default();
        let sent = Instant::now() + Duration::from_millis(5);
        let text = progress.text(sent, 120);
        assert!((100..=120).contains(&text.len()));
        progress.delivered(&text, sent + Duration::from_millis(9));
        let latency = progress.take_latencies()[0];
        assert!(latency.abs_diff(Duration::from_millis(9)) < Duration::from_micros(2));
        assert_eq!(progress.count().delivered, 1);
    }
}
