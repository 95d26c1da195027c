//! What waits to be written to one socket: bounded, so that a slow reader costs itself and nobody else.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

/// One write takes at most so much from the queue, in bytes.
const BATCH: usize = 64 * 1024;

/// How a socket ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its reader did not keep up; what waited was dropped.
    TooSlow,
    /// After what waits was written, with this close code.
    Close(u16),
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
    slow: Notify,
    /// Somebody holds events back until this is empty.
    held_back: AtomicBool,
    limit: usize,
    total: Arc<Total>,
}

/// What waits in all outboxes together.
#[derive(Debug)]
pub(crate) struct Total {
    bytes: AtomicUsize,
    limit: usize,
}

impl Total {
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: AtomicUsize::new(0), limit }
    }
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    ending: Option<Ending>,
}

impl Outbox {
    pub(crate) fn new(limit: usize, total: Arc<Total>) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Notify::new(),
            slow: Notify::new(),
            held_back: AtomicBool::new(false),
            limit,
            total,
        }
    }

    /// Lets a frame wait. When there is no room, the socket ends as too slow; after an ending, nothing waits any more.
    pub(crate) fn push(&self, frame: Utf8Bytes) {
        let mut queue = self.lock();
        if queue.ending.is_some() {
            return;
        }
        let bytes = frame.len();
        let all = self.total.bytes.load(Ordering::Relaxed).saturating_add(bytes);
        if queue.bytes + bytes > self.limit || (all > self.total.limit && queue.bytes > 0) {
            self.forget(&mut queue);
            queue.ending = Some(Ending::TooSlow);
            self.slow.notify_one();
        } else {
            queue.bytes += bytes;
            self.total.bytes.fetch_add(bytes, Ordering::Relaxed);
            queue.frames.push_back(frame);
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Whether events of a watch may be pushed: they can be asked for again, so half of the room is left to answers.
    pub(crate) fn has_room(&self) -> bool {
        self.lock().bytes <= self.limit / 2
    }

    /// Asks the reader's task to say when nothing waits any more, through [`Outbox::is_released`].
    pub(crate) fn hold_back(&self) {
        self.held_back.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// True once after [`Outbox::hold_back`], when nothing waits.
    pub(crate) fn is_released(&self) -> bool {
        self.held_back.load(Ordering::Acquire)
            && self.lock().frames.is_empty()
            && self.held_back.swap(false, Ordering::AcqRel)
    }

    /// Ends the socket. The first ending counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.lock().ending.get_or_insert(ending);
        self.wake.notify_one();
    }

    /// Waits until there is something to take.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Waits until the reader counts as too slow.
    pub(crate) async fn overflowed(&self) {
        self.slow.notified().await;
    }

    /// Moves the next frames into `batch`; the ending comes when nothing is left before it.
    pub(crate) fn take(&self, batch: &mut Vec<Utf8Bytes>) -> Option<Ending> {
        let mut queue = self.lock();
        let mut bytes = 0;
        while bytes < BATCH
            && let Some(frame) = queue.frames.pop_front()
        {
            bytes += frame.len();
            batch.push(frame);
        }
        queue.bytes -= bytes;
        self.total.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if queue.frames.is_empty() {
            return queue.ending.clone();
        }
        drop(queue);
        self.wake.notify_one();
        None
    }

    fn forget(&self, queue: &mut Queue) {
        self.total.bytes.fetch_sub(queue.bytes, Ordering::Relaxed);
        queue.bytes = 0;
        queue.frames = VecDeque::new();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut queue = std::mem::take(self.queue.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.forget(&mut queue);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outbox(limit: usize, total: usize) -> Outbox {
        Outbox::new(limit, Arc::new(Total::new(total)))
    }

    fn frame(bytes: usize) -> Utf8Bytes {
        "x".repeat(bytes).into()
    }

    #[test]
    fn a_full_queue_ends_as_too_slow_and_holds_nothing() {
        let outbox = outbox(100, 1_000);
        outbox.push(frame(60));
        outbox.push(frame(41));
        outbox.push(frame(1));
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch), Some(Ending::TooSlow));
        assert!(batch.is_empty());
        assert_eq!(outbox.total.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn who_holds_back_hears_once_when_nothing_waits() {
        let outbox = outbox(100, 1_000);
        assert!(outbox.has_room() && !outbox.is_released());
        outbox.push(frame(51));
        assert!(!outbox.has_room());
        outbox.hold_back();
        assert!(!outbox.is_released());
        outbox.take(&mut Vec::new());
        assert!(outbox.is_released() && !outbox.is_released());
    }

    #[test]
    fn an_ending_comes_after_what_waits() {
        let outbox = outbox(100, 1_000);
        outbox.push(frame(10));
        outbox.end(Ending::Close(1001));
        outbox.end(Ending::Close(4401));
        outbox.push(frame(10));
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch), Some(Ending::Close(1001)));
        assert_eq!(batch.len(), 1);
    }

    #[test]
    fn when_all_are_full_only_who_has_something_waiting_ends() {
        let total = Arc::new(Total::new(100));
        let (slow, fast) = (Outbox::new(100, total.clone()), Outbox::new(100, total.clone()));
        slow.push(frame(100));
        fast.push(frame(50));
        assert_eq!(fast.take(&mut Vec::new()), None);
        slow.push(frame(0));
        slow.push(frame(1));
        assert_eq!(slow.take(&mut Vec::new()), Some(Ending::TooSlow));
        drop(slow);
        assert_eq!(total.bytes.load(Ordering::Relaxed), 0);
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_order_kept(steps in proptest::collection::vec((any::<bool>(), 1_usize..400), 1..300)) {
            let outbox = outbox(1_000, 10_000);
            let (mut next, mut expected) = (0, 0);
            for (push, bytes) in steps {
                if push {
                    outbox.push(format!("{next:0>bytes$}").into());
                    next += 1;
                } else {
                    let mut batch = Vec::new();
                    let ending = outbox.take(&mut batch);
                    for frame in batch {
                        prop_assert_eq!(frame.parse::<usize>().unwrap(), expected);
                        expected += 1;
                    }
                    if ending.is_some() {
                        break;
                    }
                }
                let queue = outbox.lock();
                prop_assert!(queue.bytes <= 1_000);
                prop_assert_eq!(queue.bytes, queue.frames.iter().map(|frame| frame.len()).sum::<usize>());
                prop_assert_eq!(queue.bytes, outbox.total.bytes.load(Ordering::Relaxed));
            }
        }
    }
}
