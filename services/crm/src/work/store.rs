//! Read a subject, decide, append on what was read. A lost race is read and decided again.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, DataKey, Expect, Journal};
use prost::Message as _;
use proto::{crm::v1 as pb, journal::v1::Unit};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    WORK, case_subject,
    stored::{Stored, StoredCase, StoredTask},
    task_subject,
    words::{self, Text},
};
use crate::{
    case,
    error::{locked, unavailable},
    service::now_ms,
    task,
};

/// How long a change is tried.
const PATIENCE: Duration = Duration::from_secs(8);
/// Pause before a subject is read again.
const PAUSE: Duration = Duration::from_millis(50);

/// Shared by everything that changes cases and tasks.
#[derive(Clone)]
pub(crate) struct Store {
    journal: Journal,
}

/// What was read of a subject.
struct Read<S: Stored> {
    stored: S,
    events: Vec<S::Event>,
    last: u64,
}

impl Store {
    pub(crate) fn new(journal: Journal) -> Self {
        Self { journal }
    }

    /// Carries a command out on a case. `make` says what is asked, its texts sealed with the customer's key, which is that of
    /// `record` when the case is new.
    ///
    /// # Errors
    /// Why it was not.
    pub(crate) async fn change_case(
        &self,
        id: &str,
        record: &str,
        make: impl Fn(&Pen<'_>) -> case::Command<Text>,
    ) -> Result<StoredCase, Refusal> {
        let subject = case_subject(id);
        self.change(&subject, record, |stored: &StoredCase, pen| {
            let command = make(pen);
            let events = case::decide(&stored.core, &command, now_ms()).map_err(case_refusal)?;
            Ok(events.into_iter().map(words::case_event_out).collect())
        })
        .await
    }

    /// Carries a command out on a task, as [`Store::change_case`].
    ///
    /// # Errors
    /// Why it was not.
    pub(crate) async fn change_task(
        &self,
        id: &str,
        record: &str,
        make: impl Fn(&Pen<'_>) -> task::Command<Text>,
    ) -> Result<StoredTask, Refusal> {
        let subject = task_subject(id);
        self.change(&subject, record, |stored: &StoredTask, pen| {
            let command = make(pen);
            let events = task::decide(&stored.core, &command, now_ms()).map_err(task_refusal)?;
            Ok(events.into_iter().map(words::task_event_out).collect())
        })
        .await
    }

    /// Opens a text of this subject; empty: there is none any more.
    ///
    /// # Errors
    /// When the key store does not answer.
    pub(crate) async fn open(
        &self,
        subject: &str,
        sealed: Option<&proto::journal::v1::Sealed>,
    ) -> Result<String, Refusal> {
        let Some(sealed) = sealed else { return Ok(String::new()) };
        match self.journal.vault().existing(&sealed.key_id).await {
            Ok(Some(key)) => {
                let plain = key.open(subject, sealed).unwrap_or_default();
                Ok(String::from_utf8(plain).unwrap_or_default())
            }
            Ok(None) | Err(journal::KeyError::Erased { .. } | journal::KeyError::BadId { .. }) => Ok(String::new()),
            Err(error @ (journal::KeyError::Unavailable { .. } | journal::KeyError::Unusable { .. })) => {
                Err(locked(&error))
            }
        }
    }

    /// A case as the journal has it.
    ///
    /// # Errors
    /// There is none, or the journal does not answer.
    pub(crate) async fn case(&self, id: &str) -> Result<StoredCase, Refusal> {
        let read = self.read::<StoredCase>(&case_subject(id)).await?;
        if read.last == 0 { Err(case_refusal(case::Rejection::Unknown)) } else { Ok(read.stored) }
    }

    /// A case, and all that happened to it.
    ///
    /// # Errors
    /// As [`Store::case`].
    pub(crate) async fn case_with_events(&self, id: &str) -> Result<(StoredCase, Vec<pb::CaseEvent>), Refusal> {
        let read = self.read::<StoredCase>(&case_subject(id)).await?;
        if read.last == 0 { Err(case_refusal(case::Rejection::Unknown)) } else { Ok((read.stored, read.events)) }
    }

    /// A task as the journal has it.
    ///
    /// # Errors
    /// As [`Store::case`].
    pub(crate) async fn task(&self, id: &str) -> Result<StoredTask, Refusal> {
        let read = self.read::<StoredTask>(&task_subject(id)).await?;
        if read.last == 0 { Err(task_refusal(task::Rejection::Unknown)) } else { Ok(read.stored) }
    }

    async fn change<S: Stored>(
        &self,
        subject: &str,
        record: &str,
        decide: impl Fn(&S, &Pen<'_>) -> Result<Vec<S::Event>, Refusal>,
    ) -> Result<S, Refusal> {
        let began = Instant::now();
        loop {
            let mut read = self.read::<S>(subject).await?;
            let owner = if read.stored.record().is_empty() { record } else { read.stored.record() };
            let pen = self.pen(subject, owner).await?;
            let events = decide(&read.stored, &pen)?;
            if events.is_empty() {
                return Ok(read.stored);
            }
            pen.check()?;
            if self.append(subject, read.last, &events, began).await? {
                events.iter().for_each(|event| read.stored.take(event));
                return Ok(read.stored);
            }
            if began.elapsed() > PATIENCE {
                return Err(unavailable("other writers are always faster"));
            }
            sleep(PAUSE).await;
        }
    }

    /// What seals texts of `owner`; empty: nobody's. What needs no words is done for an erased customer, too: their cases end, their tasks are
    /// cancelled.
    async fn pen<'a>(&self, subject: &'a str, owner: &str) -> Result<Pen<'a>, Refusal> {
        let key = match owner {
            "" => None,
            owner => match self.journal.vault().key(owner).await {
                Ok(key) => Some(key),
                Err(journal::KeyError::Erased { .. }) => None,
                Err(
                    error @ (journal::KeyError::BadId { .. }
                    | journal::KeyError::Unavailable { .. }
                    | journal::KeyError::Unusable { .. }),
                ) => return Err(locked(&error)),
            },
        };
        Ok(Pen { subject, key, dry: AtomicBool::new(false) })
    }

    async fn read<S: Stored>(&self, subject: &str) -> Result<Read<S>, Refusal> {
        let away = |_| unavailable("the journal does not answer");
        let replay = self.journal.replay(&WORK, subject, 0).await.map_err(away)?;
        let mut read = Read { stored: S::default(), events: Vec::new(), last: 0 };
        for record in &replay.records {
            read.last = record.sequence;
            for bytes in &record.unit.events {
                match S::Event::decode(bytes.clone()) {
                    Ok(event) => {
                        read.stored.take(&event);
                        read.events.push(event);
                    }
                    Err(error) => {
                        tracing::error!(%error, subject, sequence = record.sequence, "an event cannot be read")
                    }
                }
            }
        }
        Ok(read)
    }

    /// Appends on what was read; false: somebody else wrote first. The same unit is sent until its fate is known.
    async fn append<E: prost::Message>(
        &self,
        subject: &str,
        last: u64,
        events: &[E],
        began: Instant,
    ) -> Result<bool, Refusal> {
        let unit = Unit {
            events: events.iter().map(|event| event.encode_to_vec().into()).collect(),
            decided_at_ms: now_ms(),
            site: self.journal.site().to_owned(),
            ..Unit::default()
        };
        let (subject, id) = (subject.to_owned(), Uuid::new_v4().to_string());
        let append = Append { stream: WORK, subject, expect: Expect::Last(last), id, unit };
        loop {
            match self.journal.append(append.clone()).await {
                Ok(_) => return Ok(true),
                Err(AppendError::Conflict { .. }) => return Ok(false),
                Err(AppendError::Unavailable { .. }) if began.elapsed() < PATIENCE => sleep(PAUSE).await,
                Err(AppendError::Unavailable { .. }) => {
                    return Err(unavailable("the journal does not confirm; the same command id may be sent again"));
                }
                Err(error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. })) => {
                    tracing::error!(%error, "a unit was refused");
                    return Err(Refusal::new(Code::Internal, "refused", "the journal refuses this change"));
                }
            }
        }
    }
}

/// Seals texts for one subject.
pub(crate) struct Pen<'a> {
    subject: &'a str,
    key: Option<DataKey>,
    /// Something was to be written without a key.
    dry: AtomicBool,
}

impl Pen<'_> {
    /// The text as the journal has it; none when the customer was erased: then the command that it belongs to is refused.
    pub(crate) fn seal(&self, text: &str) -> Text {
        self.dry.fetch_or(self.key.is_none(), Ordering::Relaxed);
        self.key.as_ref().map(|key| key.seal(self.subject, text.as_bytes()))
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.dry.load(Ordering::Relaxed) {
            return Err(Refusal::new(Code::FailedPrecondition, "erased", "the customer was erased"));
        }
        Ok(())
    }
}

fn case_refusal(rejection: case::Rejection) -> Refusal {
    use case::Rejection::{Bad, Full, NotSolved, NotWaiting, Solved, Taken, Unknown};
    let (code, reason) = match rejection {
        Unknown => (Code::NotFound, "no_such_case"),
        Taken => (Code::FailedPrecondition, "bad_id"),
        Bad => (Code::InvalidArgument, "bad_value"),
        Solved => (Code::FailedPrecondition, "case_solved"),
        NotSolved => (Code::FailedPrecondition, "case_not_solved"),
        NotWaiting => (Code::FailedPrecondition, "case_not_waiting"),
        Full => (Code::ResourceExhausted, "case_full"),
    };
    Refusal::new(code, reason, rejection.to_string())
}

fn task_refusal(rejection: task::Rejection) -> Refusal {
    use task::Rejection::{Full, Offered, Over, Taken, Unknown};
    let (code, reason) = match rejection {
        Unknown => (Code::NotFound, "no_such_task"),
        Taken => (Code::FailedPrecondition, "bad_id"),
        Over => (Code::FailedPrecondition, "task_over"),
        Offered => (Code::FailedPrecondition, "task_offered"),
        Full => (Code::ResourceExhausted, "task_moved_too_often"),
    };
    Refusal::new(code, reason, rejection.to_string())
}

/// A case as lists show it, its title opened.
///
/// # Errors
/// When the key store does not answer.
pub(crate) async fn case_out(store: &Store, id: &str, stored: &StoredCase) -> Result<pb::Case, Refusal> {
    let title = store.open(&case_subject(id), stored.title.as_ref()).await?;
    let (phase, waits_until_ms) = match *stored.core.phase() {
        case::Phase::None => (pb::CasePhase::Unspecified, 0),
        case::Phase::Open => (pb::CasePhase::Open, 0),
        case::Phase::Waiting { until, .. } => (pb::CasePhase::Waiting, until.unwrap_or_default()),
        case::Phase::Solved => (pb::CasePhase::Solved, 0),
    };
    let core = &stored.core;
    Ok(pb::Case {
        case_id: id.to_owned(),
        record_id: core.record().to_owned(),
        kind: stored.kind.clone(),
        department: core.department().to_owned(),
        owner: core.owner().unwrap_or_default().to_owned(),
        priority: core.priority(),
        title,
        phase: phase.into(),
        waits_for: stored.waits_for.clone(),
        waits_until_ms,
        opened_at_ms: stored.opened_at,
        first_due_ms: core.first_due().unwrap_or_default(),
        due_ms: core.due(),
        late: core.escalated().iter().map(|late| words::late_out(*late).into()).collect(),
        code: stored.code.clone(),
        conversation_ids: core.conversations().iter().cloned().collect(),
        last_at_ms: stored.last_at,
    })
}

/// A task as lists show it, its text opened.
///
/// # Errors
/// When the key store does not answer.
pub(crate) async fn task_out(store: &Store, id: &str, stored: &StoredTask) -> Result<pb::Task, Refusal> {
    let text = store.open(&task_subject(id), stored.planned.text.as_ref()).await?;
    let phase = match stored.core.phase() {
        task::Phase::None => pb::TaskPhase::Unspecified,
        task::Phase::Planned { .. } => pb::TaskPhase::Planned,
        task::Phase::Due => pb::TaskPhase::Due,
        task::Phase::Done => pb::TaskPhase::Done,
        task::Phase::Cancelled => pb::TaskPhase::Cancelled,
    };
    Ok(pb::Task {
        task_id: id.to_owned(),
        record_id: stored.planned.record_id.clone(),
        kind: stored.planned.kind.clone(),
        case_id: stored.planned.case_id.clone(),
        queue: stored.planned.queue.clone(),
        at_ms: stored.at,
        text,
        plan: stored.planned.plan.clone(),
        phase: phase.into(),
        outcome: stored.outcome.clone(),
        last_at_ms: stored.last_at,
    })
}
