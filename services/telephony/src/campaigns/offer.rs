//! One entry, offered to agents as a conversation that asks for a call back, and what is heard of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use spelling::numbers;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    followed::Offer,
    list,
    store::{Campaigns, Stored},
    world::{Heard, Offered, World, Wrapped},
};

use crate::{
    campaign::{Command, Outcome, Phase, Stage},
    ids::CallId,
};

/// The wrap-up code of somebody who wants no more calls.
const DO_NOT_CALL: &str = "do_not_call";
/// How often an offer is compared with its campaign.
const LOOK: Duration = Duration::from_millis(500);
/// A wrap-up may come so long after the end.
const AFTERWARDS: Duration = Duration::from_secs(900);
/// What is heard and not yet worked through.
const HEARD: usize = 16;

/// An offer, followed by the gateway that drives its campaign.
pub(super) struct Following<W> {
    /// The campaigns.
    pub store: Campaigns,
    /// The center.
    pub world: Arc<W>,
    /// This gateway.
    pub me: String,
    /// The campaign.
    pub campaign: String,
    /// The conversation.
    pub conversation: CallId,
    /// What is offered.
    pub offer: Offer,
    /// An agent has it.
    pub taken: Arc<AtomicBool>,
}

/// How an offer stands in its campaign.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// Somebody else drives the campaign.
    NotOurs,
    /// It is offered.
    Open,
    /// It is offered, and must not be any more.
    Unwanted,
    /// It came back without having been dialled.
    Returned,
    /// It was dialled, or is.
    Dialled,
}

impl<W: World> Following<W> {
    /// Follows the offer to its end.
    pub(super) async fn run(self) {
        let (told, mut heard) = mpsc::channel(HEARD);
        let (world, conversation) = (Arc::clone(&self.world), self.conversation);
        if self.standing() == Standing::Open && !self.make().await {
            return;
        }
        let _watch = AbortOnDropHandle::new(tokio::spawn(async move { world.watch(conversation, told).await }));
        let mut pulse = interval(LOOK);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut closed: Option<Instant> = None;
        loop {
            tokio::select! {
                heard = heard.recv() => match heard {
                    Some(Heard::Assigned) => self.assigned().await,
                    Some(Heard::Closed) => {
                        closed = Some(Instant::now());
                        self.drive(Command::Skip { agent: conversation.to_string() }).await;
                    }
                    Some(Heard::Wrapped(wrapped)) => self.wrapped(&wrapped).await,
                    None => return,
                },
                _ = pulse.tick() => match self.standing() {
                    Standing::NotOurs => return,
                    Standing::Returned if closed.is_none() => {
                        self.world.close(conversation).await;
                        closed = Some(Instant::now());
                    }
                    Standing::Unwanted => self.drive(Command::Skip { agent: conversation.to_string() }).await,
                    Standing::Open | Standing::Returned | Standing::Dialled => {}
                },
            }
            if closed.is_some_and(|at| at.elapsed() >= AFTERWARDS) {
                return;
            }
        }
    }

    /// Offers it; false when there is nobody to be called any more.
    async fn make(&self) -> bool {
        let plan = |stored: &Stored| stored.campaign.plan().map(|plan| (plan.queue.clone(), plan.name.clone()));
        let Some((queue, about)) = self.store.look(&self.campaign, plan).flatten() else { return false };
        let person = self.offer.entry.clone();
        match self.store.person(&self.campaign, &person).await {
            Ok(Some((number, name))) => {
                let name = if name.is_empty() { numbers::in_japan(&number) } else { name };
                self.world.offer(self.conversation, Offered { queue, person, number, name, about }).await;
                true
            }
            Ok(None) => {
                // Erased: what nobody can read is called by nobody.
                self.drive(Command::DoNotCall { numbers: vec![person] }).await;
                self.drive(Command::Skip { agent: self.conversation.to_string() }).await;
                false
            }
            Err(error) => {
                tracing::warn!(%error, campaign = self.campaign, "an entry cannot be opened just now");
                self.drive(Command::Skip { agent: self.conversation.to_string() }).await;
                false
            }
        }
    }

    async fn assigned(&self) {
        self.taken.store(true, Ordering::Relaxed);
        self.drive(Command::Keep { agent: self.conversation.to_string() }).await;
    }

    /// The agent's word on it: for the campaign's list and the center's. Who was called and is still waited for has it as the attempt's result.
    /// Whoever follows the conversation hears it again: who may be called after all since then stays off the list.
    async fn wrapped(&self, wrapped: &Wrapped) {
        if wrapped.code != DO_NOT_CALL {
            return;
        }
        let entry = self.offer.entry.clone();
        let stands = |stored: &Stored| stored.may_call_since(&entry) < wrapped.at;
        if self.store.look(&self.campaign, stands).unwrap_or_default() {
            self.never_again(&entry).await;
        }
        if self.store.never.off_since(&entry) >= wrapped.at {
            return;
        }
        if let Err(refusal) = list::put_known(&self.store, &self.campaign, &entry, &wrapped.by).await {
            tracing::warn!(campaign = self.campaign, reason = %refusal.reason, "who wants no calls is on the campaign's list alone");
        }
    }

    async fn never_again(&self, entry: &str) {
        let called = |stored: &Stored| {
            let entry = stored.campaign.entry(entry)?;
            matches!(entry.stage, Stage::Dialled { .. }).then_some(entry.attempts)
        };
        if let Some(attempt) = self.store.look(&self.campaign, called).flatten() {
            let result = Command::Result { entry: entry.to_owned(), attempt, outcome: Outcome::AskedNotToCall };
            self.drive(result).await;
        }
        self.drive(Command::DoNotCall { numbers: vec![entry.to_owned()] }).await;
    }

    fn standing(&self) -> Standing {
        let standing = self.store.look(&self.campaign, |stored| {
            if !stored.driven_by(&self.me) {
                return Standing::NotOurs;
            }
            let Some(entry) = stored.campaign.entry(&self.offer.entry) else { return Standing::NotOurs };
            let barred = stored.campaign.may_not_call(&entry.number) || self.store.never.contains(&entry.number);
            let stops = stored.campaign.phase() != Phase::Running || barred;
            match &entry.stage {
                Stage::Previewed { agent, .. } if *agent == self.conversation.to_string() => {
                    if stops {
                        Standing::Unwanted
                    } else {
                        Standing::Open
                    }
                }
                _ if entry.attempts > self.offer.attempts => Standing::Dialled,
                Stage::Previewed { .. } | Stage::Dialled { .. } | Stage::Due(_) | Stage::Done => Standing::Returned,
            }
        });
        standing.unwrap_or(Standing::NotOurs)
    }

    async fn drive(&self, command: Command) {
        if let Err(refusal) = self.store.drive(&self.campaign, &self.me, command).await {
            tracing::debug!(campaign = self.campaign, reason = %refusal.reason, "a campaign does not take what was heard");
        }
    }
}
