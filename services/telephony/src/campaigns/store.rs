//! Every campaign, as the journal has it, and the way to change one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, Expect, Journal, Record};
use prost::Message as _;
use proto::{
    journal::v1::{self as journal_pb, Claim, Unit},
    telephony::v1::{self as pb, campaign_event::What},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{followed::Offer, never::NeverCalled, words};
use crate::{
    campaign::{Campaign, Command, Event, Never, Outcome, Phase, Rejection, Stage, decide, evolve},
    error::unavailable,
    gateway::{CAMPAIGNS, now_ms},
    ids::CallId,
};

/// Pause before the same unit is appended again, and between looks at what was read.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a change is tried.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is personal of an entry, as the journal has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sealed {
    /// The number.
    pub number: Option<journal_pb::Sealed>,
    /// The name.
    pub name: Option<journal_pb::Sealed>,
}

/// A campaign as the journal has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    /// Its state.
    pub campaign: Campaign,
    /// Who drives it.
    pub claim: Option<Claim>,
    /// Sequence of its last unit.
    pub last: u64,
    /// Who changed it last.
    pub changed_by: String,
    /// What is personal, by entry.
    pub people: HashMap<String, Sealed>,
    /// Offers of the last hours, by conversation.
    pub offers: BTreeMap<String, Offer>,
    /// When entries were last taken off the campaign's list, ms since the Unix epoch.
    pub(super) may_call: HashMap<String, u64>,
}

/// Shared by everything in the gateway.
#[derive(Clone)]
pub(crate) struct Campaigns {
    pub(super) journal: Journal,
    /// Who is called by no campaign.
    pub(crate) never: NeverCalled,
    inner: Arc<Mutex<BTreeMap<String, Stored>>>,
    /// Campaigns that are just being claimed.
    claiming: Arc<Mutex<BTreeSet<String>>>,
}

impl Stored {
    /// Whether somebody drives it.
    pub(super) fn driven_by(&self, owner: &str) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.owner == owner)
    }

    /// Whether there is anything left to drive: a campaign that ended has results to wait for.
    fn lives(&self, now: u64) -> bool {
        let phase = self.campaign.phase();
        phase == Phase::Running || self.campaign.under_way().next().is_some() || self.followed(now).next().is_some()
    }

    fn take(&mut self, event: &pb::CampaignEvent, at: u64) {
        if !event.by.is_empty() {
            self.changed_by.clone_from(&event.by);
        }
        let Some(core) = words::decode(event) else { return };
        if let Some(What::Added(added)) = &event.what {
            let sealed = Sealed { number: added.number.clone(), name: added.name.clone() };
            self.people.insert(added.entry_id.clone(), sealed);
        }
        if let Event::Previewed { entry, agent, .. } = &core {
            let attempts = self.campaign.entry(entry).map_or(0, |it| it.attempts);
            self.follow(agent, Offer { entry: entry.clone(), at, attempts });
        }
        if let Event::MayCall { number } = &core {
            self.may_call.insert(number.clone(), at);
        }
        self.follow_talk(&core, at);
        evolve(&mut self.campaign, &core);
    }
}

impl Campaigns {
    pub(crate) fn new(journal: Journal) -> Self {
        let never = NeverCalled::new(journal.clone());
        Self { journal, never, inner: Arc::default(), claiming: Arc::default() }
    }

    /// Takes a unit of the journal.
    pub(crate) fn take(&self, record: &Record) {
        if self.never.take(record) {
            return;
        }
        let Some(id) = record.subject.strip_prefix("campaign.") else { return };
        let decoded = record.unit.events.iter().map(|bytes| pb::CampaignEvent::decode(bytes.clone()));
        let (events, faults): (Vec<_>, Vec<_>) = decoded.partition(Result::is_ok);
        if !faults.is_empty() {
            tracing::error!(campaign = id, sequence = record.sequence, "an event is set aside: it cannot be read");
        }
        let events: Vec<_> = events.into_iter().flatten().collect();
        self.apply(id, record.sequence, record.unit.claim.clone(), record.unit.decided_at_ms, &events);
    }

    /// Applies what is stored, once.
    fn apply(&self, id: &str, sequence: u64, claim: Option<Claim>, at: u64, events: &[pb::CampaignEvent]) {
        let mut inner = self.lock();
        let stored = inner.entry(id.to_owned()).or_default();
        if sequence <= stored.last {
            return;
        }
        stored.last = sequence;
        if claim.is_some() {
            stored.claim = claim;
        }
        events.iter().for_each(|event| stored.take(event, at));
    }

    /// Looks at a campaign; none when there is none.
    pub(super) fn look<T>(&self, id: &str, look: impl FnOnce(&Stored) -> T) -> Option<T> {
        self.lock().get(id).filter(|stored| stored.campaign.plan().is_some()).map(look)
    }

    /// The ids of all campaigns.
    pub(super) fn ids(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Campaigns that this gateway drives.
    pub(super) fn driven_by(&self, me: &str) -> Vec<String> {
        let inner = self.lock();
        inner.iter().filter(|(_, stored)| stored.driven_by(me)).map(|(id, _)| id.clone()).collect()
    }

    /// Campaigns that somebody must drive, and who does.
    pub(crate) fn claims(&self) -> Vec<(String, Option<Claim>)> {
        let (inner, now) = (self.lock(), now_ms());
        let live = inner.iter().filter(|(_, stored)| stored.lives(now));
        live.map(|(id, stored)| (id.clone(), stored.claim.clone())).collect()
    }

    /// Drives a campaign from now on, unless somebody was faster.
    pub(crate) async fn claim(&self, id: &str) -> bool {
        if !held(&self.claiming).insert(id.to_owned()) {
            return false;
        }
        let claimed = self.append_claim(id).await;
        held(&self.claiming).remove(id);
        claimed
    }

    async fn append_claim(&self, id: &str) -> bool {
        let Some((last, epoch)) =
            self.look(id, |stored| (stored.last, stored.claim.as_ref().map_or(0, |claim| claim.epoch)))
        else {
            return false;
        };
        let claim = Claim { owner: self.journal.owner_name(), epoch: epoch + 1 };
        let append = self.append_of(id, last, Some(claim.clone()), &[]);
        match self.journal.append(append).await {
            Ok(appended) => {
                self.apply(id, appended.sequence, Some(claim), now_ms(), &[]);
                true
            }
            Err(error) => {
                tracing::debug!(%error, campaign = id, "a campaign was not claimed");
                false
            }
        }
    }

    /// Decides on a campaign's state and appends what was decided, on that state. `sealed`: what entries to be added bring along.
    ///
    /// # Errors
    /// What `decide` says; `UNAVAILABLE` when the journal does not confirm, and then it may or may not be stored.
    pub(super) async fn change(
        &self,
        id: &str,
        by: &str,
        sealed: &HashMap<String, Sealed>,
        decide: impl Fn(&Stored) -> Result<Vec<Event>, Refusal>,
    ) -> Result<Vec<Event>, Refusal> {
        let end = Instant::now() + PATIENCE;
        loop {
            let (last, events) = {
                let inner = self.lock();
                let none = Stored::default();
                let stored = inner.get(id).unwrap_or(&none);
                (stored.last, decide(stored)?)
            };
            if events.is_empty() {
                return Ok(events);
            }
            let of = |event: &Event| if let Event::Added { entry, .. } = event { sealed.get(entry) } else { None };
            let units: Vec<_> = events.iter().map(|event| words::encode(event, by, of(event))).collect();
            if self.store(id, last, &units, end).await? {
                return Ok(events);
            }
            self.read_on(id, last, end).await?;
        }
    }

    /// Appends; false when somebody else was faster.
    async fn store(&self, id: &str, last: u64, events: &[pb::CampaignEvent], end: Instant) -> Result<bool, Refusal> {
        let append = self.append_of(id, last, None, events);
        let at = append.unit.decided_at_ms;
        loop {
            match self.journal.append(append.clone()).await {
                Ok(appended) => {
                    self.apply(id, appended.sequence, None, at, events);
                    return Ok(true);
                }
                Err(AppendError::Conflict { .. }) => return Ok(false),
                Err(AppendError::Unavailable { .. }) if Instant::now() < end => sleep(PAUSE).await,
                Err(error) => {
                    tracing::warn!(%error, campaign = id, "a campaign's change was not stored");
                    return Err(unavailable("the journal does not confirm"));
                }
            }
        }
    }

    /// Waits until what somebody else appended is here.
    async fn read_on(&self, id: &str, last: u64, end: Instant) -> Result<(), Refusal> {
        while self.lock().get(id).map_or(0, |stored| stored.last) <= last {
            if Instant::now() >= end {
                return Err(unavailable("the campaign is being changed and cannot be read just now"));
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    fn append_of(&self, id: &str, last: u64, claim: Option<Claim>, events: &[pb::CampaignEvent]) -> Append {
        Append {
            stream: CAMPAIGNS,
            subject: subject(id),
            expect: Expect::Last(last),
            id: Uuid::now_v7().to_string(),
            unit: Unit {
                events: events.iter().map(|event| event.encode_to_vec().into()).collect(),
                decided_at_ms: now_ms(),
                site: self.journal.site().to_owned(),
                epoch: claim.as_ref().map_or(0, |claim| claim.epoch),
                claim,
            },
        }
    }

    /// A command of the core.
    ///
    /// # Errors
    /// As [`Campaigns::change`].
    pub(super) async fn command(&self, id: &str, by: &str, command: Command) -> Result<Vec<Event>, Refusal> {
        let decide = |stored: &Stored| Ok(decide(known(stored)?, &self.never.all(), &command, now_ms())?);
        self.change(id, by, &HashMap::new(), decide).await
    }

    /// A command of who drives the campaign: nothing once somebody else does.
    ///
    /// # Errors
    /// As [`Campaigns::change`].
    pub(super) async fn drive(&self, id: &str, me: &str, command: Command) -> Result<Vec<Event>, Refusal> {
        let decide = |stored: &Stored| {
            let decided = || decide(&stored.campaign, &self.never.all(), &command, now_ms());
            if stored.driven_by(me) { Ok(decided()?) } else { Ok(Vec::new()) }
        };
        self.change(id, "", &HashMap::new(), decide).await
    }

    /// Somebody is about to be dialled. When a campaign offers that person, this is the attempt, appended before anything rings; the
    /// number to show comes back.
    ///
    /// # Errors
    /// They are being called for a campaign already, or must not be called now.
    pub(crate) async fn dial(&self, person: &str, call: CallId) -> Result<Option<String>, Refusal> {
        let call = call.to_string();
        for id in self.ids() {
            let concerned = |stored: &Stored| {
                stored.campaign.entry(person).is_some_and(|it| !matches!(it.stage, Stage::Due(_) | Stage::Done))
            };
            if !self.look(&id, concerned).unwrap_or_default() {
                continue;
            }
            self.change(&id, "", &HashMap::new(), |stored| attempt(stored, &self.never.all(), person, &call, now_ms()))
                .await?;
            let shown = |stored: &Stored| {
                let entry = stored.campaign.entry(person)?;
                let ours = matches!(&entry.stage, Stage::Dialled { by, .. } if *by == call);
                stored.campaign.plan().filter(|_| ours).map(|plan| plan.caller_id.clone())
            };
            if let Some(shown) = self.look(&id, shown).flatten() {
                return Ok(Some(shown));
            }
        }
        Ok(None)
    }

    /// What became of a call that a campaign waits for; of others nothing.
    ///
    /// # Errors
    /// As [`Campaigns::change`].
    pub(super) async fn result(&self, call: CallId, outcome: Outcome) -> Result<(), Refusal> {
        let call = call.to_string();
        let waits = |stored: &Stored| {
            let dialled = |stage: &Stage| matches!(stage, Stage::Dialled { by, .. } if *by == call);
            let found = stored.campaign.under_way().find(|(_, entry)| dialled(&entry.stage));
            found.map(|(id, entry)| (id.to_owned(), entry.attempts))
        };
        for id in self.ids() {
            let Some((entry, attempt)) = self.look(&id, waits).flatten() else { continue };
            self.command(&id, "", Command::Result { entry, attempt, outcome }).await?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Stored>> {
        held(&self.inner)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The campaign, when it was made.
pub(super) fn known(stored: &Stored) -> Result<&Campaign, Rejection> {
    if stored.campaign.plan().is_some() { Ok(&stored.campaign) } else { Err(Rejection::NoPlan) }
}

/// The attempt of a call to somebody who is offered. A resend of the same call is the same attempt.
fn attempt(stored: &Stored, never: &Never, person: &str, call: &str, now: u64) -> Result<Vec<Event>, Refusal> {
    let Some(entry) = stored.campaign.entry(person) else { return Ok(Vec::new()) };
    match &entry.stage {
        Stage::Previewed { agent, .. } => {
            let command = Command::DialPreviewed { agent: agent.clone(), by: call.to_owned() };
            Ok(decide(&stored.campaign, never, &command, now)?)
        }
        Stage::Dialled { by, until } if by != call && now < *until => {
            let message = "this person is being called already";
            Err(Refusal::new(Code::FailedPrecondition, "being_called", message))
        }
        Stage::Dialled { .. } | Stage::Due(_) | Stage::Done => Ok(Vec::new()),
    }
}

/// The subject of a campaign.
pub(super) fn subject(id: &str) -> String {
    format!("{}.{id}", CAMPAIGNS.prefix)
}
