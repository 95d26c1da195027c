//! Figures that threads count and anybody reads.

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
    pub(super) cpu_us: AtomicU64,
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
        out.cpu_us += one.cpu_us.load(Relaxed);
        out.received += one.received.load(Relaxed);
        out.sent += one.sent.load(Relaxed);
        out.strange += one.strange.load(Relaxed);
        out.events_lost += one.events_lost.load(Relaxed);
        out.chunks_lost += one.chunks_lost.load(Relaxed);
    }
    out
}

/// CPU time of the calling thread in microseconds; 0 where the kernel does not tell.
pub(super) fn thread_cpu_us() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or_default() / 1_000
}
