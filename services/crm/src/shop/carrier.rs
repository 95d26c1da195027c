//! Carries commands out: whoever claimed one asks its shop until it says yes or no. What is decided is decided on the command's subject,
//! never on memory, so a process that dies leaves nothing behind that another could not go on with.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, DataKey, Expect, Journal, KeyError, Silence};
use prost::Message as _;
use proto::{
    crm::v1::{CommandAsked, CommandBody, CommandEvent, ShopWords},
    journal::v1::Claim,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    asking,
    client::{Said, Shops},
    command::{Command, ERASED, Input, Rejection, UNREADABLE, decide},
    teller::{Heard, Teller},
    thread::Thread,
};
use crate::{
    bus::CRM,
    error::unavailable,
    events::{json::OrderJson, read},
    order::report::Orders,
    owned::{Job, Jobs, Queue, Things, Unstored},
    service::now_ms,
};

/// Pause before something that did not answer is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// How often the pause before telling again is doubled: half a minute at most.
const MOST_DOUBLED: u32 = 6;
/// Rounds of reading and deciding before a busy command is given up for now.
const ROUNDS: usize = 8;

/// Carries commands out. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Carrier(Arc<Inner>);

struct Inner {
    journal: Journal,
    me: String,
    shops: Arc<Shops>,
    orders: Orders,
    teller: Teller,
    /// Commands that this process is carrying out just now.
    jobs: Jobs,
    stop: CancellationToken,
}

/// The subject of a command.
pub(crate) fn subject(command: &str) -> String {
    format!("{}.command.{command}", CRM.prefix)
}

/// The command of a subject.
pub(crate) fn command_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(CRM.prefix)?.strip_prefix(".command.")
}

impl Carrier {
    pub(crate) fn new(
        journal: Journal,
        shops: Arc<Shops>,
        (orders, teller): (Orders, Teller),
        stop: CancellationToken,
    ) -> (Self, Queue) {
        let me = journal.owner_name();
        let (jobs, queue) = Jobs::new();
        (Self(Arc::new(Inner { journal, me, shops, orders, teller, jobs, stop })), queue)
    }

    /// Carries out what there is to carry out, until the signal. Nothing of it goes on once this is dropped.
    pub(crate) async fn run(self, queue: Queue) {
        queue.run(&self.0.stop, |job| self.clone().work(job)).await;
    }

    async fn work(self, job: Job) {
        let id = match job {
            Job::Go(id) => id,
            Job::Claim(id, owner) => {
                if !self.claim(&id, &owner).await {
                    return self.0.jobs.end(&id);
                }
                tracing::info!(command = id, owner, "nobody carries a command out: it is claimed");
                id
            }
        };
        self.carry(&id).await;
        self.0.jobs.end(&id);
    }

    /// The command of this id, if it was asked before.
    ///
    /// # Errors
    /// `command_exists` when it was asked for something else; `unavailable` when the journal does not answer.
    pub(crate) async fn known(&self, id: &str, digest: &Bytes) -> Result<Option<Thread>, Refusal> {
        let thread = self.read(id).await?;
        match &thread.held {
            None => Ok(None),
            Some(command) if command.asked.digest == digest => Ok(Some(thread)),
            Some(_) => Err(Rejection::Exists.into()),
        }
    }

    /// Stores what is asked, claims it, and begins; the command as it stands. The same again is the same command.
    ///
    /// # Errors
    /// `command_exists`; `unavailable`: it may or may not be stored, ask again with the same id.
    pub(crate) async fn ask(&self, id: &str, asked: CommandAsked) -> Result<Thread, Refusal> {
        let mut thread = Thread::default();
        for _ in 0..ROUNDS {
            self.catch_up(id, &mut thread).await?;
            let event = match decide(thread.held.as_ref(), Input::Ask(asked.clone()), now_ms()) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(thread),
                Err(rejection) => return Err(rejection.into()),
            };
            let claim = thread.claimed_by(&self.0.me);
            match self.store(id, &mut thread, Some(&event), Some(claim)).await {
                Ok(()) => {
                    self.0.jobs.start(Job::Go(id.to_owned()));
                    return Ok(thread);
                }
                Err(Unstored::Overtaken) => {}
                Err(Unstored::Unknown) => break,
            }
        }
        Err(unavailable("the journal did not confirm the command"))
    }

    /// A command as its subject tells.
    ///
    /// # Errors
    /// `unavailable` when the journal does not answer.
    pub(crate) async fn read(&self, id: &str) -> Result<Thread, Refusal> {
        let mut thread = Thread::default();
        self.catch_up(id, &mut thread).await?;
        Ok(thread)
    }

    /// Takes in what came to a command's subject since.
    async fn catch_up(&self, id: &str, thread: &mut Thread) -> Result<(), Refusal> {
        let replay = self.0.journal.replay(&CRM, &subject(id), thread.last).await.map_err(|error| {
            tracing::warn!(%error, "a command cannot be read");
            unavailable("the journal does not answer")
        })?;
        replay.records.iter().for_each(|record| thread.take(record.sequence, &record.unit));
        thread.last = thread.last.max(replay.last);
        Ok(())
    }

    async fn store(
        &self,
        id: &str,
        thread: &mut Thread,
        event: Option<&CommandEvent>,
        claim: Option<Claim>,
    ) -> Result<(), Unstored> {
        let unit = thread.unit(event, claim, self.0.journal.site(), now_ms());
        let append = Append {
            stream: CRM,
            subject: subject(id),
            expect: Expect::Last(thread.last),
            id: Uuid::now_v7().to_string(),
            unit: unit.clone(),
        };
        // An append that nobody confirmed is the same append again: so a `sent` is never doubted.
        for _ in 0..2 {
            match self.0.journal.append(append.clone()).await {
                Ok(appended) => {
                    thread.take(appended.sequence, &unit);
                    return Ok(());
                }
                Err(AppendError::Conflict { .. }) => return Err(Unstored::Overtaken),
                Err(AppendError::Unavailable { .. }) => {}
                Err(error) => {
                    tracing::error!(%error, command = id, "a command's event cannot be stored");
                    return Err(Unstored::Unknown);
                }
            }
        }
        Err(Unstored::Unknown)
    }

    /// Goes on with commands that the view holds open: those of this process that nothing runs for, and those of processes that fell silent.
    pub(super) fn look_after(&self, open: Things, silence: &mut Silence) {
        self.0.jobs.look_after(&self.0.me, open, silence);
    }

    /// Takes a command from an owner who fell silent; the append tells whether it was so.
    async fn claim(&self, id: &str, from: &str) -> bool {
        let Ok(mut thread) = self.read(id).await else { return false };
        let open = thread.held.as_ref().is_some_and(|command| !command.is_done());
        if !open || !thread.is_owned_by(from) {
            return false;
        }
        let claim = thread.claimed_by(&self.0.me);
        self.store(id, &mut thread, None, Some(claim)).await.is_ok()
    }

    /// What something is being done with.
    pub(super) fn under_way(&self) -> Vec<String> {
        self.0.jobs.under_way()
    }

    /// Until the shop has said yes or no and who is to be told was told, or the command is somebody else's.
    async fn carry(&self, id: &str) {
        let mut fault = String::new();
        let mut thread = Thread::default();
        loop {
            if self.catch_up(id, &mut thread).await.is_err() {
                sleep(PAUSE).await;
                continue;
            }
            if thread.held.as_ref().is_none_or(Command::is_done) || !thread.is_owned_by(&self.0.me) {
                return;
            }
            let Some(due) = thread.held.as_ref().and_then(Command::next_try) else {
                return self.tell(id, thread).await;
            };
            sleep(Duration::from_millis(due.saturating_sub(now_ms()))).await;
            let before = thread.last;
            fault = self.attempt(id, &mut thread, fault).await;
            if thread.last == before {
                // Nothing was stored, so nothing says when to try again.
                sleep(PAUSE).await;
            }
        }
    }

    /// One try: on paper first, then at the shop. Why it brought no answer, in a word.
    async fn attempt(&self, id: &str, thread: &mut Thread, fault: String) -> String {
        let Some(command) = thread.held.clone() else { return fault };
        let key = match self.0.journal.vault().key(&command.asked.record_id).await {
            Ok(key) => key,
            Err(KeyError::Erased { .. }) => {
                self.say(id, thread, Input::GiveUp(ERASED)).await;
                return fault;
            }
            Err(error) => {
                tracing::warn!(%error, "a command waits: its customer's key is not to be had");
                return fault;
            }
        };
        let Some(body) = opened(id, &command, &key) else {
            tracing::error!(command = id, "a command cannot be opened and is refused");
            self.say(id, thread, Input::GiveUp(UNREADABLE)).await;
            return fault;
        };
        if !self.say(id, thread, Input::Send(fault.clone())).await {
            return fault;
        }
        let shop = &command.asked.shop;
        match self.0.shops.command(shop, id, &asking::written(id, &command.asked.record_id, &body)).await {
            Said::Nothing(fault) => {
                tracing::warn!(command = id, shop, fault, "a shop gave no answer to a command");
                fault
            }
            Said::No { reason, words } => {
                let words = sealed(id, &key, &words);
                self.insist(id, thread, Input::Refuse(reason, words)).await;
                String::new()
            }
            Said::Yes { words, order } => {
                let order = self.learn(shop, &command, order).await;
                let words = sealed(id, &key, &words);
                self.insist(id, thread, Input::Confirm(words, order)).await;
                String::new()
            }
        }
    }

    /// Tells the customer what became of it, then stores that it was told: whoever dies in between, the next owner says it under the same id.
    async fn tell(&self, id: &str, mut thread: Thread) {
        for tries in 0.. {
            let Some(command) = thread.held.clone().filter(|command| !command.is_done()) else { return };
            let reason = match self.0.journal.vault().existing(&command.asked.record_id).await {
                Ok(Some(key)) => match self.0.teller.tell(id, &command, &key, tries).await {
                    Heard::Yes => Some(String::new()),
                    Heard::Never(reason) => Some(reason),
                    Heard::NotNow => None,
                },
                Ok(None) | Err(KeyError::Erased { .. } | KeyError::BadId { .. }) => Some(ERASED.to_owned()),
                Err(KeyError::Unavailable { .. } | KeyError::Unusable { .. }) => None,
            };
            if let Some(reason) = reason {
                if !reason.is_empty() {
                    tracing::info!(command = id, reason, "the customer is not told of a shop's answer");
                }
                return self.insist(id, &mut thread, Input::Tell(reason)).await;
            }
            sleep(PAUSE * (1 << tries.min(MOST_DOUBLED))).await;
            // If it cannot be read, what is known of it holds.
            let _unread = self.catch_up(id, &mut thread).await;
            if !thread.is_owned_by(&self.0.me) {
                return;
            }
        }
    }

    /// Decides and stores; false when nothing was stored: somebody else has the command, or it is over.
    async fn say(&self, id: &str, thread: &mut Thread, input: Input) -> bool {
        match decide(thread.held.as_ref(), input, now_ms()) {
            Ok(Some(event)) => self.store(id, thread, Some(&event), None).await.is_ok(),
            Ok(None) | Err(_) => false,
        }
    }

    /// Stores the shop's word, or that it was told, however long that takes: as long as the command is this process's. Lost on the way it would be asked for again.
    async fn insist(&self, id: &str, thread: &mut Thread, input: Input) {
        while !self.say(id, thread, input.clone()).await {
            sleep(PAUSE).await;
            // If it cannot be read, what is known of it holds.
            let _unread = self.catch_up(id, thread).await;
            let open = thread.held.as_ref().is_some_and(|command| match input {
                Input::Tell(_) => !command.is_done(),
                Input::Ask(_) | Input::Send(_) | Input::Confirm(..) | Input::Refuse(..) | Input::GiveUp(_) => {
                    !command.is_over()
                }
            });
            if !open || !thread.is_owned_by(&self.0.me) {
                return;
            }
        }
    }

    /// Stores the order's new state before the confirmation, so that whoever sees it confirmed sees the change.
    async fn learn(&self, shop: &str, command: &Command, order: Option<Box<OrderJson>>) -> String {
        let Some(order) = order.map(|order| read::order(*order)) else { return String::new() };
        let fits = |report: &proto::crm::v1::OrderReport| report.state.as_ref().is_some_and(|state| state.shop == shop);
        let Some(mut report) = order.ok().filter(fits) else {
            tracing::warn!(shop, "a shop's answer to a command has an order that cannot be read");
            return String::new();
        };
        if report.owner.is_none() {
            report.record_id.clone_from(&command.asked.record_id);
        }
        loop {
            match self.0.orders.report(&format!("ec.{shop}"), vec![report.clone()]).await {
                Ok(outcomes) => {
                    let stored = outcomes.into_iter().next().and_then(Result::ok);
                    if stored.is_none() {
                        tracing::warn!(shop, "a shop's answer to a command has an order that cannot be stored");
                    }
                    return stored.map(|stored| stored.order_id).unwrap_or_default();
                }
                Err(refusal) if refusal.code == Code::Unavailable => sleep(PAUSE).await,
                Err(_) => return String::new(),
            }
        }
    }
}

/// What was asked, opened.
pub(crate) fn opened(id: &str, command: &Command, key: &DataKey) -> Option<CommandBody> {
    let plain = key.open(&subject(id), command.asked.body.as_ref()?).ok()?;
    CommandBody::decode(plain.as_slice()).ok()
}

/// What the shop said, opened; what cannot be opened, nobody hears.
pub(super) fn words(id: &str, command: &Command, key: &DataKey) -> ShopWords {
    let plain = command.words.as_ref().and_then(|words| key.open(&subject(id), words).ok());
    plain.and_then(|plain| ShopWords::decode(plain.as_slice()).ok()).unwrap_or_default()
}

fn sealed(id: &str, key: &DataKey, words: &ShopWords) -> Option<proto::journal::v1::Sealed> {
    let plain = words.encode_to_vec();
    (!plain.is_empty()).then(|| key.seal(&subject(id), &plain))
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let (code, reason) = match rejection {
            Rejection::Exists => (Code::FailedPrecondition, "command_exists"),
            Rejection::Unknown => (Code::NotFound, "no_such_command"),
            Rejection::NeverSent => (Code::Internal, "never_sent"),
            Rejection::NoAnswer => (Code::Internal, "no_answer"),
        };
        Self::new(code, reason, rejection.to_string())
    }
}
