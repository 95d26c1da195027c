//! Owns webhooks: what is decided is decided on the webhook's subject, so a process that dies leaves nothing behind that another could not go on with.

use std::{net::IpAddr, sync::Arc};

use chassis::{
    outside::Outside,
    refusal::{Code, Refusal},
};
use journal::{Append, AppendError, Expect, Journal, KeyError, Silence, Stream, vault::KEYS};
use prost::Message as _;
use proto::{
    crm::v1::{WebhookEvent, WebhookPrivate, webhook_event::What},
    journal::v1::Claim,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Millis, address::may_reach, delivery, kind::Source, thread::Thread, view};
use crate::{
    WORK,
    bus::{CHAT, CRM, TELEPHONY},
    error::{away, locked, unavailable},
    owned::{Job, Jobs, Queue, Things, Unstored},
    service::now_ms,
};

/// Rounds of reading and deciding before a busy webhook is given up for now.
const ROUNDS: usize = 8;

/// Owns webhooks. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Keeper(Arc<Inner>);

struct Inner {
    journal: Journal,
    me: String,
    pool: PgPool,
    settings: Settings,
    /// Webhooks that this process tells just now.
    jobs: Jobs,
    stop: CancellationToken,
}

/// What a company may set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Receivers in private networks are allowed.
    pub private: bool,
    /// How long a receiver may fail before its webhook is paused.
    pub patience_ms: Millis,
}

/// The subject of a webhook.
pub(super) fn subject(hook: &str) -> String {
    format!("{}.webhook.{hook}", CRM.prefix)
}

/// The webhook of a subject.
pub(super) fn hook_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(CRM.prefix)?.strip_prefix(".webhook.")
}

/// The stream of a source.
pub(super) fn stream(source: Source) -> Stream {
    match source {
        Source::Crm => CRM,
        Source::Work => WORK,
        Source::Chat => CHAT,
        Source::Telephony => TELEPHONY,
        Source::Keys => KEYS,
    }
}

impl Keeper {
    pub(crate) fn new(journal: Journal, pool: PgPool, settings: Settings, stop: CancellationToken) -> (Self, Queue) {
        let me = journal.owner_name();
        let (jobs, queue) = Jobs::new();
        (Self(Arc::new(Inner { journal, me, pool, settings, jobs, stop })), queue)
    }

    /// Tells webhooks until the signal. Nothing of it goes on once this is dropped.
    pub(crate) async fn run(self, queue: Queue) {
        let mut running = queue.run(&self.0.stop, |job| self.clone().work(job)).await;
        // Each notes how far it came.
        while running.join_next().await.is_some() {}
    }

    async fn work(self, job: Job) {
        let id = match job {
            Job::Go(id) => id,
            Job::Claim(id, owner) => {
                if !self.claim(&id, &owner).await {
                    return self.0.jobs.end(&id);
                }
                tracing::info!(webhook = id, owner, "nobody tells a webhook: it is claimed");
                id
            }
        };
        delivery::tell(&self, &id).await;
        self.0.jobs.end(&id);
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.0.pool
    }

    pub(super) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    pub(super) fn patience(&self) -> Millis {
        self.0.settings.patience_ms
    }

    pub(super) fn is_mine(&self, thread: &Thread) -> bool {
        thread.is_owned_by(&self.0.me)
    }

    /// Whether a receiver with this address may be told.
    pub(super) fn may_reach(&self, secured: bool) -> impl Fn(IpAddr) -> bool + Send + Sync + use<> {
        let private = self.0.settings.private;
        move |address| may_reach(address, secured, private)
    }

    /// What an address leads to, as far as it can be seen without asking for its name.
    ///
    /// # Errors
    /// `bad_url`.
    pub(super) fn target(&self, url: &str) -> Result<Outside, Refusal> {
        let bad = |fault: &str| Refusal::new(Code::InvalidArgument, "bad_url", format!("the address: {fault}"));
        let target = Outside::new(url, None).map_err(bad)?;
        let literal = target.host().parse::<IpAddr>().ok();
        if literal.is_some_and(|address| !self.may_reach(target.is_secured())(address)) {
            return Err(bad("events may not go there"));
        }
        Ok(target)
    }

    /// A webhook as its subject tells.
    ///
    /// # Errors
    /// `unavailable` when the view or the journal does not answer.
    pub(super) async fn read(&self, id: &str) -> Result<Thread, Refusal> {
        let mut thread = view::one(&self.0.pool, id).await.map_err(|error| away(&error))?;
        self.catch_up(id, &mut thread).await?;
        Ok(thread)
    }

    /// Takes in what came to a webhook's subject since.
    ///
    /// # Errors
    /// `unavailable` when the journal does not answer.
    pub(super) async fn catch_up(&self, id: &str, thread: &mut Thread) -> Result<(), Refusal> {
        let replay = self.0.journal.replay(&CRM, &subject(id), thread.last).await.map_err(|error| {
            tracing::warn!(%error, "a webhook cannot be read");
            unavailable("the journal does not answer")
        })?;
        replay.records.iter().for_each(|record| thread.take(record.sequence, &record.unit));
        thread.last = thread.last.max(replay.last);
        Ok(())
    }

    /// Stores something of a webhook.
    pub(super) async fn store(
        &self,
        id: &str,
        thread: &mut Thread,
        (by, what): (&str, Option<What>),
        claim: Option<Claim>,
    ) -> Result<(), Unstored> {
        let now = now_ms();
        let event = what.map(|what| WebhookEvent { at_ms: now, by: by.to_owned(), what: Some(what) });
        let unit = thread.unit(event.as_ref(), claim, self.0.journal.site(), now);
        let (expect, message) = (Expect::Last(thread.last), Uuid::now_v7().to_string());
        let append = Append { stream: CRM, subject: subject(id), expect, id: message, unit: unit.clone() };
        match self.0.journal.append(append).await {
            Ok(appended) => {
                thread.take(appended.sequence, &unit);
                Ok(())
            }
            Err(AppendError::Conflict { .. }) => Err(Unstored::Overtaken),
            Err(
                error @ (AppendError::Unavailable { .. } | AppendError::TooLarge { .. } | AppendError::Refused { .. }),
            ) => {
                tracing::warn!(%error, webhook = id, "a webhook's event is not confirmed");
                Err(Unstored::Unknown)
            }
        }
    }

    /// Decides on a webhook and stores that; `decide` says nothing when it holds already.
    ///
    /// # Errors
    /// `no_such_webhook`; `unavailable`: it may or may not be stored, ask again.
    pub(super) async fn change(
        &self,
        id: &str,
        by: &str,
        decide: impl Fn(&Thread) -> Result<Option<What>, Refusal>,
    ) -> Result<Thread, Refusal> {
        let mut thread = self.read(id).await?;
        for _ in 0..ROUNDS {
            let Some(what) = decide(&thread)? else { return Ok(thread) };
            match self.store(id, &mut thread, (by, Some(what)), None).await {
                Ok(()) => return Ok(thread),
                Err(Unstored::Overtaken) => self.catch_up(id, &mut thread).await?,
                Err(Unstored::Unknown) => break,
            }
        }
        Err(unavailable("the journal did not confirm the change"))
    }

    /// Stores a new webhook, claims it, and begins.
    ///
    /// # Errors
    /// `unavailable`: it may or may not be stored.
    pub(super) async fn add(&self, id: &str, by: &str, what: What) -> Result<Thread, Refusal> {
        let mut thread = Thread::default();
        let claim = thread.claimed_by(&self.0.me);
        let stored = self.store(id, &mut thread, (by, Some(what)), Some(claim)).await;
        // Perhaps only the confirmation was lost, and its secret is told once only.
        if stored.is_err() && (self.catch_up(id, &mut thread).await.is_err() || thread.held.is_none()) {
            return Err(unavailable("the journal did not confirm the webhook"));
        }
        self.0.jobs.start(Job::Go(id.to_owned()));
        Ok(thread)
    }

    /// Where it is told, and what its signatures are made with.
    ///
    /// # Errors
    /// `unavailable`; none: its key is gone.
    pub(super) async fn private(&self, id: &str, thread: &Thread) -> Result<Option<WebhookPrivate>, Refusal> {
        let Some(sealed) = thread.held.as_ref().and_then(|hook| hook.private.as_ref()) else { return Ok(None) };
        let key = match self.0.journal.vault().existing(id).await {
            Ok(Some(key)) => key,
            Ok(None) | Err(KeyError::Erased { .. } | KeyError::BadId { .. }) => return Ok(None),
            Err(error @ (KeyError::Unavailable { .. } | KeyError::Unusable { .. })) => return Err(locked(&error)),
        };
        let plain = key.open(&subject(id), sealed).ok();
        Ok(plain.and_then(|plain| WebhookPrivate::decode(plain.as_slice()).ok()))
    }

    /// Goes on with webhooks that the view has as active: those of this process that nothing runs for, and those of processes that fell silent.
    pub(crate) fn look_after(&self, active: Things, silence: &mut Silence) {
        self.0.jobs.look_after(&self.0.me, active, silence);
    }

    /// Takes a webhook from an owner who fell silent; the append tells whether it was so.
    async fn claim(&self, id: &str, from: &str) -> bool {
        let Ok(mut thread) = self.read(id).await else { return false };
        let active = thread.held.as_ref().is_some_and(super::thread::Hook::is_active);
        if !active || !thread.is_owned_by(from) {
            return false;
        }
        let claim = thread.claimed_by(&self.0.me);
        self.store(id, &mut thread, ("", None), Some(claim)).await.is_ok()
    }
}
