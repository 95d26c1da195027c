//! The calls that live, and a short tail of those that have just ended: the journal, followed. It is what a takeover starts from, and what
//! pages see of calls under way; what is over is read from the view.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt as _, stream};
use journal::{Journal, KeyError, ReadError, Record};
use proto::{journal::v1::Claim, telephony::v1 as pb};
use tokio::{sync::broadcast, time::sleep};

use crate::{
    call::{Call, End, Event, Phase, What, evolve},
    convert::{self, Sealer},
    gateway::CALLS,
    ids::CallId,
    view::{self, View},
};

/// Calls that ended and are still remembered: longer than the last of their sound is on its way.
const REMEMBERED: usize = 1_000;
/// Calls that are read at once at a start.
const AT_ONCE: usize = 16;
/// Pause before a key is asked for again.
const RETRY: Duration = Duration::from_millis(200);
/// Changes that a slow watcher may be behind.
const CHANGES: usize = 4_096;

/// A call as the journal has it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Its state.
    pub call: Call,
    /// Why it ended.
    pub end: Option<End>,
    /// Who owns it.
    pub claim: Option<Claim>,
    /// Sequence of its last unit.
    pub last: u64,
}

/// The calls, shared by everything in the gateway.
#[derive(Clone)]
pub(crate) struct Book {
    inner: Arc<Mutex<Inner>>,
    changes: broadcast::Sender<pb::Call>,
    journal: Journal,
    read: Arc<AtomicU64>,
}

#[derive(Default)]
struct Inner {
    calls: HashMap<CallId, Known>,
    ended: VecDeque<CallId>,
}

impl Book {
    pub(crate) fn new(journal: Journal) -> Self {
        Self { inner: Arc::default(), changes: broadcast::Sender::new(CHANGES), journal, read: Arc::default() }
    }

    /// Begins with the calls that the view has as living, each read from the journal; returns the sequence to follow the stream from. Without a
    /// view, or with one that is not made yet, that is its start.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(crate) async fn begin(&self, view: &View) -> Result<u64, ReadError> {
        let Ok(pool) = view.pool() else { return Ok(0) };
        let (position, living) = match view::living(pool).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the view of calls cannot be read: its stream is read from the start");
                return Ok(0);
            }
        };
        // A view of another journal says nothing of this one.
        if position > self.journal.last_sequence(&CALLS).await? {
            return Ok(0);
        }
        let read = |call| async move { self.journal.replay(&CALLS, &convert::subject(call), 0).await };
        let mut reads = pin!(stream::iter(living).map(read).buffered(AT_ONCE));
        while let Some(replay) = reads.next().await {
            self.take(&replay?.records).await;
        }
        Ok(position)
    }

    /// Records that were taken since the start.
    pub(crate) fn records_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// What is known of a call.
    pub(crate) fn get(&self, call: CallId) -> Option<Known> {
        self.lock().calls.get(&call).cloned()
    }

    /// Who owns the calls that have not ended.
    pub(crate) fn claims(&self) -> Vec<(CallId, Claim)> {
        let inner = self.lock();
        let live = inner.calls.iter().filter(|(_, known)| known.call.phase != Phase::Ended);
        live.filter_map(|(id, known)| Some((*id, known.claim.clone()?))).collect()
    }

    /// Every remembered call, the newest first.
    pub(crate) fn all(&self) -> Vec<(CallId, Known)> {
        let inner = self.lock();
        let by_time: BTreeMap<_, _> =
            inner.calls.iter().map(|(id, known)| ((known.call.began_at, *id), known)).collect();
        by_time.into_iter().rev().map(|((_, id), known)| (id, known.clone())).collect()
    }

    /// Changes from now on.
    pub(crate) fn watch(&self) -> broadcast::Receiver<pb::Call> {
        self.changes.subscribe()
    }

    /// The key of a customer's calls, waited for: without it a call could not be taken over. None when the customer was erased.
    async fn sealer(&self, call: CallId, customer: &str) -> Sealer {
        loop {
            match self.journal.vault().existing(customer).await {
                Ok(key) => return Sealer::new(key, convert::subject(call)),
                Err(KeyError::Unavailable { .. }) => sleep(RETRY).await,
                Err(error) => {
                    tracing::debug!(%error, %call, "what is sealed stays closed");
                    return Sealer::new(None, convert::subject(call));
                }
            }
        }
    }

    /// An erased customer's number, name and answers leave the memory too.
    pub(crate) fn erase(&self, customer: &str) {
        let mut inner = self.lock();
        for known in inner.calls.values_mut().filter(|known| known.call.customer == customer) {
            known.call.erase();
        }
    }

    /// Takes units of the journal.
    pub(crate) async fn take(&self, records: &[Record]) {
        self.read.fetch_add(records.len() as u64, Ordering::Relaxed);
        for record in records {
            if let Some(call) = convert::call_of(&record.subject) {
                self.take_call(call, record).await;
            }
        }
    }

    async fn take_call(&self, id: CallId, record: &Record) {
        let customer = self.get(id).map(|known| known.call.customer);
        let first = || record.unit.events.first().and_then(|bytes| convert::customer_of(bytes.clone()));
        let Some(customer) = customer.or_else(first) else { return };
        let sealer = self.sealer(id, &customer).await;
        let mut events = Vec::with_capacity(record.unit.events.len());
        for bytes in &record.unit.events {
            match convert::decode(bytes.clone(), &sealer) {
                Ok(event) => events.push(event),
                Err(error) => tracing::error!(%error, call = %id, sequence = record.sequence, "an event is set aside"),
            }
        }
        self.apply(id, record.sequence, record.unit.claim.clone(), &events);
    }

    /// Applies what is stored, once: the owner tells its own units before the follower brings them.
    pub(crate) fn apply(&self, id: CallId, sequence: u64, claim: Option<Claim>, events: &[Event]) {
        let mut inner = self.lock();
        let known =
            inner.calls.entry(id).or_insert_with(|| Known { call: Call::default(), end: None, claim: None, last: 0 });
        if sequence <= known.last {
            return;
        }
        known.last = sequence;
        if claim.is_some() {
            known.claim = claim;
        }
        for event in events {
            evolve(&mut known.call, event);
            if let What::Ended(why) = event.what {
                known.end = Some(why);
            }
        }
        let over = known.call.phase == Phase::Ended && events.iter().any(|event| matches!(event.what, What::Ended(_)));
        let view = view(id, known);
        if over {
            inner.forget_oldest(id);
        }
        drop(inner);
        // Nobody watching is no error.
        let _ = self.changes.send(view);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget_oldest(&mut self, ended: CallId) {
        self.ended.push_back(ended);
        if self.ended.len() > REMEMBERED
            && let Some(oldest) = self.ended.pop_front()
        {
            self.calls.remove(&oldest);
        }
    }
}

/// A known call as its people see it.
pub(crate) fn view(id: CallId, known: &Known) -> pb::Call {
    let site = known.claim.as_ref().map_or("", |claim| site_of(&claim.owner));
    convert::call_view(id, &known.call, known.end, site, known.last)
}

/// The site in an owner's name, `<site>.<service>.<id>`.
pub(crate) fn site_of(owner: &str) -> &str {
    owner.split_once('.').map_or(owner, |(site, _)| site)
}
