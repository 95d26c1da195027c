//! The center's list of those who are not to be called: one subject a person, `campaign.never.<person>`. Any gateway appends.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chassis::refusal::Refusal;
use journal::{Append, AppendError, Expect, Journal, Record};
use prost::Message as _;
use proto::{
    journal::v1::{Sealed, Unit},
    telephony::v1::{self as pb, never_call_event::What},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    campaign::Never,
    error::unavailable,
    gateway::{CAMPAIGNS, now_ms},
};

/// Pause before a change is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a change is tried.
const PATIENCE: Duration = Duration::from_secs(8);

/// Somebody on the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Listed {
    /// Account of who put them there; empty: the center itself.
    pub by: String,
    /// When, ms since the Unix epoch.
    pub at: u64,
    /// The number; none when they were erased before.
    pub number: Option<Sealed>,
}

/// What is known of a person.
#[derive(Debug, Default)]
struct Known {
    listed: Option<Listed>,
    /// When they were last taken off, ms since the Unix epoch; 0: never.
    off_since: u64,
    last: u64,
}

#[derive(Debug, Default)]
struct Inner {
    people: BTreeMap<String, Known>,
    /// Who is on the list: given away whole, and copied when it changes meanwhile.
    never: Arc<Never>,
}

/// The list, shared by everything in the gateway.
#[derive(Clone)]
pub(crate) struct NeverCalled {
    journal: Journal,
    inner: Arc<Mutex<Inner>>,
}

impl NeverCalled {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, inner: Arc::default() }
    }

    /// Who is on the list, as of now.
    pub(super) fn all(&self) -> Arc<Never> {
        Arc::clone(&self.lock().never)
    }

    /// Whether somebody is on the list.
    pub(crate) fn contains(&self, person: &str) -> bool {
        self.lock().never.contains(person)
    }

    /// A page of the list, by key: those after one.
    pub(super) fn page(&self, after: &str, limit: usize) -> Vec<(String, Listed)> {
        let inner = self.lock();
        let range = (if after.is_empty() { Bound::Unbounded } else { Bound::Excluded(after) }, Bound::Unbounded);
        let known = inner.people.range::<str, _>(range);
        known.filter_map(|(id, known)| Some((id.clone(), known.listed.clone()?))).take(limit).collect()
    }

    /// Somebody's place on the list.
    pub(super) fn get(&self, person: &str) -> Option<Listed> {
        self.lock().people.get(person).and_then(|known| known.listed.clone())
    }

    /// When somebody was last taken off the list, ms since the Unix epoch; 0: never.
    pub(super) fn off_since(&self, person: &str) -> u64 {
        self.lock().people.get(person).map_or(0, |known| known.off_since)
    }

    /// Takes a unit of the journal; false when it is not of this list.
    pub(super) fn take(&self, record: &Record) -> bool {
        let Some(person) = record.subject.strip_prefix(&subject("")) else { return false };
        let decoded: Result<Vec<_>, _> =
            record.unit.events.iter().map(|bytes| pb::NeverCallEvent::decode(bytes.clone())).collect();
        match decoded {
            Ok(events) => self.apply(person, record.sequence, record.unit.decided_at_ms, &events),
            Err(error) => tracing::error!(%error, sequence = record.sequence, "a unit of the list cannot be read"),
        }
        true
    }

    /// Applies what is stored, once.
    fn apply(&self, person: &str, sequence: u64, at: u64, events: &[pb::NeverCallEvent]) {
        let mut inner = self.lock();
        let Inner { people, never } = &mut *inner;
        let known = people.entry(person.to_owned()).or_default();
        if sequence <= known.last {
            return;
        }
        known.last = sequence;
        for event in events {
            match &event.what {
                Some(What::NeverCall(listed)) => {
                    known.listed = Some(Listed { by: event.by.clone(), at, number: listed.number.clone() });
                    Arc::make_mut(never).insert(person.to_owned());
                }
                Some(What::CallAgain(_)) => {
                    known.listed = None;
                    known.off_since = at;
                    Arc::make_mut(never).remove(person);
                }
                Some(What::DialledEvenSo(_)) | None => {}
            }
        }
    }

    /// Puts somebody on the list; false when they are there.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the journal does not confirm; then it may or may not be stored.
    pub(super) async fn add(&self, person: &str, by: &str, number: Option<Sealed>) -> Result<bool, Refusal> {
        let what = What::NeverCall(pb::NeverCall { number });
        self.change(person, by, &what, |known| known.listed.is_none()).await
    }

    /// Takes somebody off the list; false when they are not there.
    ///
    /// # Errors
    /// As [`NeverCalled::add`].
    pub(super) async fn remove(&self, person: &str, by: &str) -> Result<bool, Refusal> {
        self.change(person, by, &What::CallAgain(pb::CallAgain {}), |known| known.listed.is_some()).await
    }

    /// Notes that somebody dials a person on the list, knowing it.
    ///
    /// # Errors
    /// As [`NeverCalled::add`].
    pub(crate) async fn even_so(&self, person: &str, by: &str, call: &str) -> Result<(), Refusal> {
        let what = What::DialledEvenSo(pb::DialledEvenSo { call_id: call.to_owned() });
        self.change(person, by, &what, |known| known.listed.is_some()).await.map(|_| ())
    }

    /// Appends an event on the state up to the person's last one, if it says anything new.
    async fn change(&self, person: &str, by: &str, what: &What, new: impl Fn(&Known) -> bool) -> Result<bool, Refusal> {
        let end = Instant::now() + PATIENCE;
        loop {
            let last = {
                let inner = self.lock();
                let none = Known::default();
                let known = inner.people.get(person).unwrap_or(&none);
                if !new(known) {
                    return Ok(false);
                }
                known.last
            };
            let event = pb::NeverCallEvent { by: by.to_owned(), what: Some(what.clone()) };
            if self.append(person, last, event, end).await? {
                return Ok(true);
            }
            self.read_on(person, last, end).await?;
        }
    }

    /// Appends; false when somebody else was faster.
    async fn append(&self, person: &str, last: u64, event: pb::NeverCallEvent, end: Instant) -> Result<bool, Refusal> {
        let unit = Unit {
            events: vec![event.encode_to_vec().into()],
            decided_at_ms: now_ms(),
            site: self.journal.site().to_owned(),
            ..Unit::default()
        };
        let (at, id) = (unit.decided_at_ms, Uuid::now_v7().to_string());
        let append = Append { stream: CAMPAIGNS, subject: subject(person), expect: Expect::Last(last), id, unit };
        loop {
            match self.journal.append(append.clone()).await {
                Ok(appended) => {
                    self.apply(person, appended.sequence, at, &[event]);
                    return Ok(true);
                }
                Err(AppendError::Conflict { .. }) => return Ok(false),
                Err(AppendError::Unavailable { .. }) if Instant::now() < end => sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, "a change of the do-not-call list was not stored");
                    return Err(unavailable("the journal does not confirm"));
                }
            }
        }
    }

    /// Waits until what somebody else appended is here.
    async fn read_on(&self, person: &str, last: u64, end: Instant) -> Result<(), Refusal> {
        while self.lock().people.get(person).map_or(0, |known| known.last) <= last {
            if Instant::now() >= end {
                return Err(unavailable("the list is being changed and cannot be read just now"));
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The subject of a person on the list; what is sealed is sealed for it. Ids of campaigns have no dots.
pub(super) fn subject(person: &str) -> String {
    format!("{}.never.{person}", CAMPAIGNS.prefix)
}
