//! The thread that signalling has to itself: a message that goes from the socket through its dialog and back wakes no other.

use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A runtime on a thread of its own. It ends when this is dropped, and whatever runs on it.
pub(super) struct Thread {
    runtime: Handle,
    _end: DropGuard,
}

impl Thread {
    /// # Errors
    /// When the system gives no thread or no poller.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, end) = (runtime.handle().clone(), CancellationToken::new());
        let ended = end.clone().cancelled_owned();
        thread::Builder::new().name("sip".to_owned()).spawn(move || runtime.block_on(ended))?;
        Ok(Self { runtime: handle, _end: end.drop_guard() })
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Does something there.
    ///
    /// # Errors
    /// When the thread ended meanwhile.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> io::Result<T> {
        self.runtime.spawn(work).await.map_err(io::Error::other)
    }
}
