//! One socket as the rest of the door sees it, and the list of all.

use std::{
    borrow::Cow,
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use chassis::refusal::{Code, Refusal};
use tokio::sync::Notify;

use super::outbox::{Ending, Outbox};
use crate::{
    frames::{ServerFrame, encode},
    metrics::metrics,
    tokens::Identity,
};

/// A signed-in socket.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) id: u64,
    pub(crate) identity: Identity,
    pub(crate) address: IpAddr,
    pub(crate) outbox: Outbox,
    /// Commands without an answer yet.
    in_flight: AtomicUsize,
}

impl Handle {
    pub(crate) fn new(id: u64, identity: Identity, address: IpAddr, outbox: Outbox) -> Self {
        Self { id, identity, address, outbox, in_flight: AtomicUsize::new(0) }
    }

    pub(crate) fn send(&self, frame: &ServerFrame<'_>) {
        self.outbox.push(encode(frame));
    }

    /// Answers a frame that had a `ref`.
    pub(crate) fn done(&self, reference: Option<&str>, number: Option<u64>, repeated: bool) {
        if let Some(reference) = reference {
            self.send(&ServerFrame::Done { reference: reference.into(), number, repeated });
        }
    }

    /// Says why a frame was not carried out.
    pub(crate) fn refuse(&self, reference: Option<&str>, refusal: &Refusal) {
        self.send(&error_frame(reference, refusal));
    }

    /// Counts a command; false when too many are open.
    pub(crate) fn begin(&self, limit: usize) -> bool {
        self.in_flight
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| (open < limit).then_some(open + 1))
            .is_ok()
    }

    /// A command that was counted has its answer.
    pub(crate) fn finish(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A refusal as a frame.
pub(crate) fn error_frame<'a>(reference: Option<&'a str>, refusal: &'a Refusal) -> ServerFrame<'a> {
    ServerFrame::Error {
        reference: reference.map(Cow::Borrowed),
        reason: refusal.reason.as_ref().into(),
        message: refusal.message.as_str().into(),
        retry: may_retry(refusal.code),
    }
}

/// Whether the same frame may succeed later or elsewhere.
pub(crate) fn may_retry(code: Code) -> bool {
    match code {
        Code::Unavailable | Code::ResourceExhausted | Code::Internal => true,
        Code::InvalidArgument | Code::NotFound | Code::PermissionDenied | Code::FailedPrecondition => false,
    }
}

/// Every socket of this door.
#[derive(Debug)]
pub(crate) struct Registry {
    max: usize,
    open: AtomicUsize,
    next_id: AtomicU64,
    signed_in: Mutex<HashMap<u64, Arc<Handle>>>,
    changed: Notify,
}

/// Room for one socket; given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot(Arc<Registry>);

impl Registry {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            open: AtomicUsize::new(0),
            next_id: AtomicU64::new(1),
            signed_in: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Room for one more socket, if there is any.
    pub(crate) fn reserve(self: &Arc<Self>) -> Option<Slot> {
        let max = self.max;
        let taken =
            self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| (open < max).then_some(open + 1));
        taken.is_ok().then(|| {
            metrics().sockets.add(1, &[]);
            Slot(self.clone())
        })
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn add(&self, handle: Arc<Handle>) {
        self.lock().insert(handle.id, handle);
    }

    pub(crate) fn remove(&self, id: u64) {
        self.lock().remove(&id);
    }

    /// The sockets of agents.
    pub(crate) fn of_agents(&self) -> Vec<Arc<Handle>> {
        self.lock().values().filter(|handle| handle.identity.is_agent()).cloned().collect()
    }

    /// Sends a frame to all.
    pub(crate) fn send_all(&self, frame: &ServerFrame<'_>) {
        let frame = encode(frame);
        for handle in self.lock().values() {
            handle.outbox.push(frame.clone());
        }
    }

    /// Sends a frame to some.
    pub(crate) fn send_to(&self, frame: &ServerFrame<'_>, wanted: impl Fn(&Identity) -> bool) {
        let frame = encode(frame);
        for handle in self.lock().values().filter(|handle| wanted(&handle.identity)) {
            handle.outbox.push(frame.clone());
        }
    }

    /// Ends all.
    pub(crate) fn end_all(&self, ending: &Ending) {
        for handle in self.lock().values() {
            handle.outbox.end(ending.clone());
        }
    }

    /// Waits until the last socket is gone.
    pub(crate) async fn empty(&self) {
        loop {
            let changed = self.changed.notified();
            if self.open() == 0 {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Handle>>> {
        self.signed_in.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        metrics().sockets.add(-1, &[]);
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::{frames::Role, socket::outbox::Total};

    /// A socket without a wire: what would be written can be taken.
    pub(crate) fn handle(id: u64, who: &str, role: Role) -> Arc<Handle> {
        let outbox = Outbox::new(1 << 20, Arc::new(Total::new(1 << 30)));
        let identity = Identity { id: who.into(), role, expires: u64::MAX };
        Arc::new(Handle::new(id, identity, [127, 0, 0, 1].into(), outbox))
    }

    /// What would have been written.
    pub(crate) fn taken(handle: &Handle) -> Vec<serde_json::Value> {
        let mut batch = Vec::new();
        handle.outbox.take(&mut batch);
        batch.iter().map(|frame| serde_json::from_str(frame).unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_sockets_than_allowed() {
        let registry = Arc::new(Registry::new(2));
        let slots = (registry.reserve(), registry.reserve());
        assert!(slots.0.is_some() && slots.1.is_some() && registry.reserve().is_none());
        drop(slots);
        assert_eq!(registry.open(), 0);
        assert!(registry.reserve().is_some());
    }
}
