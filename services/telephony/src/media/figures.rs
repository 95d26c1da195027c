//! Figures that threads count and anybody reads.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::event::Stats;

/// One thread's figures. Only its thread writes, so plain stores of running sums are enough.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) legs: AtomicU64,
    pub(super) calls: AtomicU64,
    pub(super) ticks: AtomicU64,
    pub(super) late_ticks: AtomicU64,
    pub(super) worst_late_us: AtomicU64,
    pub(super) skipped_ticks: AtomicU64,
    pub(super) task: Task,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) strange: AtomicU64,
    pub(super) events_lost: AtomicU64,
    pub(super) chunks_lost: AtomicU64,
}

/// Counts one more, or several.
pub(super) fn add(counter: &AtomicU64, more: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(more), Relaxed);
}

/// The sum over threads; of the latest tick the worst.
pub(super) fn sum<'a>(all: impl Iterator<Item = &'a Figures>) -> Stats {
    let mut out = Stats::default();
    for one in all {
        out.legs += one.legs.load(Relaxed);
        out.calls += one.calls.load(Relaxed);
        out.ticks += one.ticks.load(Relaxed);
        out.late_ticks += one.late_ticks.load(Relaxed);
        out.worst_late_us = out.worst_late_us.max(one.worst_late_us.load(Relaxed));
        out.skipped_ticks += one.skipped_ticks.load(Relaxed);
        out.cpu_us += one.task.cpu_us();
        out.received += one.received.load(Relaxed);
        out.sent += one.sent.load(Relaxed);
        out.strange += one.strange.load(Relaxed);
        out.events_lost += one.events_lost.load(Relaxed);
        out.chunks_lost += one.chunks_lost.load(Relaxed);
    }
    out
}

/// A thread, to be asked from others how much CPU time it took.
#[derive(Debug, Default)]
pub(super) struct Task(OnceLock<PathBuf>);

impl Task {
    /// The calling thread is the one.
    pub(super) fn is_this(&self) {
        if let Ok(place) = fs::read_link("/proc/thread-self") {
            // A thread says this once; a second time would be the same place.
            let _ = self.0.set(Path::new("/proc").join(place).join("schedstat"));
        }
    }

    /// In microseconds; 0 where the kernel does not tell.
    pub(super) fn cpu_us(&self) -> u64 {
        let text = self.0.get().and_then(|place| fs::read_to_string(place).ok()).unwrap_or_default();
        text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or_default() / 1_000
    }
}
