//! What a slot of the wheel hands down to calls and legs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use super::figures::Figures;
use super::outbox::Outbox;
use super::writer::Write;

/// Bytes that a datagram may have.
pub(super) const DATAGRAM: usize = 2_048;

/// A media thread's own things.
pub(super) struct Context {
    /// The moment that this slot is done at.
    pub(super) now: Instant,
    /// The same as Unix time in milliseconds.
    pub(super) now_ms: u64,
    /// Without a packet for so long a leg is silent.
    pub(super) silence: Duration,
    /// Jitter buffers' first and largest hold.
    pub(super) hold_ms: (u32, u32),
    /// Datagrams are read here …
    pub(super) inbound: Vec<u8>,
    /// … and made here.
    pub(super) outbound: Vec<u8>,
    pub(super) outbox: Outbox,
    pub(super) figures: Arc<Figures>,
    pub(super) writer: SyncSender<Write>,
    /// Beginnings and ends of recordings that the writer had no room for yet.
    pub(super) unwritten: VecDeque<Write>,
}

impl Context {
    /// Hands the writer what waits for it.
    pub(super) fn flush_writes(&mut self) {
        while let Some(write) = self.unwritten.pop_front() {
            if let Err(TrySendError::Full(write)) = self.writer.try_send(write) {
                return self.unwritten.push_front(write);
            }
        }
    }
}
