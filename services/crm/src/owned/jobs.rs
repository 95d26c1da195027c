//! What this process does with what it owns: each thing once at a time.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use journal::Silence;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Ids of things, and who owns each.
pub(crate) type Things = Vec<(String, String)>;

/// Something to do with a thing; it is marked as under way.
pub(crate) enum Job {
    /// Look after it.
    Go(String),
    /// Take it from an owner who fell silent, and look after it.
    Claim(String, String),
}

/// What is under way, and the way to more.
pub(crate) struct Jobs {
    under_way: Mutex<HashSet<String>>,
    queue: mpsc::UnboundedSender<Job>,
}

/// What is to be done, for [`Queue::run`].
pub(crate) struct Queue(mpsc::UnboundedReceiver<Job>);

impl Jobs {
    pub(crate) fn new() -> (Self, Queue) {
        let (queue, jobs) = mpsc::unbounded_channel();
        (Self { under_way: Mutex::default(), queue }, Queue(jobs))
    }

    /// Goes on with what `me` owns and nothing runs for, and with what belongs to those who fell silent.
    pub(crate) fn look_after(&self, me: &str, things: Things, silence: &mut Silence) {
        for (id, owner) in things {
            if owner == me {
                self.start(Job::Go(id));
            } else if silence.suspects(&owner) {
                self.start(Job::Claim(id, owner));
            }
        }
    }

    /// Begins, unless something is being done with it already.
    pub(crate) fn start(&self, job: Job) {
        let (Job::Go(id) | Job::Claim(id, _)) = &job;
        if self.lock().insert(id.clone()) {
            // The service stops when nobody takes it; then the next process finds the thing.
            let _stopping = self.queue.send(job);
        }
    }

    /// What something is being done with.
    pub(crate) fn under_way(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    /// Nothing is done with it any more.
    pub(crate) fn end(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Does what comes, all at once, until the signal; what is under way then. Nothing of it goes on once that is dropped.
    pub(crate) async fn run<F>(mut self, stop: &CancellationToken, mut begin: impl FnMut(Job) -> F) -> JoinSet<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                job = self.0.recv() => match job {
                    Some(job) => drop(running.spawn(begin(job))),
                    None => return running,
                },
                Some(_) = running.join_next() => {}
                () = stop.cancelled() => return running,
            }
        }
    }
}
