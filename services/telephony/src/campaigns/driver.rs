//! One gateway drives a campaign: it offers entries to free agents or calls people for them, and lets lapse what nobody took.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use proto::routing::v1::Channel;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use uuid::Uuid;

use super::{
    followed::Offer,
    offer::Following,
    store::{Campaigns, Stored},
    world::World,
};
use crate::{
    campaign::{Command, Event, Mode, Outcome, Stage, next_deadline},
    gateway::now_ms,
    ids::CallId,
};

/// How often campaigns are looked at.
const PULSE: Duration = Duration::from_millis(500);
/// Entries offered in one go.
const AT_ONCE: u32 = 10;

/// Drives the campaigns of this gateway.
pub(super) struct Driver<W> {
    store: Campaigns,
    world: Arc<W>,
    me: String,
    /// Offers that are followed, or were, by campaign and conversation.
    offers: HashMap<(String, String), Followed>,
}

/// A task that follows an offer; it ends with this.
struct Followed {
    taken: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

impl<W: World> Driver<W> {
    pub(super) fn new(store: Campaigns, world: Arc<W>, me: String) -> Self {
        Self { store, world, me, offers: HashMap::new() }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = pulse.tick() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.step_all() => {}
            }
        }
    }

    /// What is due in all campaigns that are this gateway's.
    pub(super) async fn step_all(&mut self) {
        let mine = self.store.driven_by(&self.me);
        self.offers.retain(|(campaign, _), _| mine.contains(campaign));
        for campaign in mine {
            self.step(&campaign).await;
        }
    }

    async fn step(&mut self, campaign: &str) {
        let due = |stored: &Stored| next_deadline(&stored.campaign).is_some_and(|at| at <= now_ms());
        if self.store.look(campaign, due).unwrap_or_default() {
            self.drive(campaign, Command::Tick).await;
        }
        self.follow(campaign);
        let room = self.room(campaign, Mode::Progressive, Channel::Voice).await;
        for _ in 0..room {
            if !self.dial(campaign).await {
                break;
            }
        }
        let room = self.room(campaign, Mode::Preview, Channel::Callback).await;
        for _ in 0..room {
            let agent = Uuid::now_v7().to_string();
            let offered = self.drive(campaign, Command::Preview { agent }).await;
            if !offered.iter().any(|event| matches!(event, Event::Previewed { .. })) {
                break;
            }
        }
        self.follow(campaign);
    }

    /// Follows the offers of a campaign that are not followed yet, also those of the gateway that drove it before.
    fn follow(&mut self, campaign: &str) {
        let followed = |stored: &Stored| -> BTreeMap<String, Offer> {
            stored.followed(now_ms()).map(|(conversation, offer)| (conversation.clone(), offer.clone())).collect()
        };
        let followed = self.store.look(campaign, followed).unwrap_or_default();
        self.offers.retain(|(of, conversation), _| of != campaign || followed.contains_key(conversation));
        for (conversation, offer) in followed {
            let Ok(id) = conversation.parse().map(CallId) else { continue };
            let key = (campaign.to_owned(), conversation);
            if self.offers.contains_key(&key) {
                continue;
            }
            let taken = Arc::new(AtomicBool::new(false));
            let following = Following {
                store: self.store.clone(),
                world: Arc::clone(&self.world),
                me: self.me.clone(),
                campaign: campaign.to_owned(),
                conversation: id,
                offer,
                taken: Arc::clone(&taken),
            };
            self.offers.insert(key, Followed { taken, _task: AbortOnDropHandle::new(tokio::spawn(following.run())) });
        }
    }

    /// Calls the next person; the attempt is stored before anything rings; false: there is nobody to call.
    async fn dial(&self, campaign: &str) -> bool {
        let call = CallId::new();
        let person = match self.store.dial_next(campaign, &self.me, call).await {
            Ok(Some(person)) => person,
            Ok(None) => return false,
            Err(refusal) => {
                tracing::debug!(campaign, reason = %refusal.reason, "a campaign dials nobody");
                return false;
            }
        };
        let dialled = match self.store.dialling(campaign, &person).await {
            Ok(Some(dialling)) => self.world.dial(call, dialling).await,
            Ok(None) => {
                // Erased: what nobody can read is called by nobody.
                self.drive(campaign, Command::DoNotCall { numbers: vec![person] }).await;
                false
            }
            Err(error) => {
                tracing::warn!(%error, campaign, "an entry cannot be opened just now");
                false
            }
        };
        if !dialled && let Err(refusal) = self.store.result(call, Outcome::Failed).await {
            tracing::warn!(campaign, reason = %refusal.reason, "a call that never was is not stored: it counts as lost");
        }
        true
    }

    /// So many people may be offered or called now: not more than agents are free for. What is offered or rings already needs agents too,
    /// of whichever queue it is: each of it at most one of those whom it can have.
    async fn room(&self, campaign: &str, mode: Mode, channel: Channel) -> u32 {
        let Some(queue) = self.store.wants(campaign, mode) else { return 0 };
        let free = self.world.free(&queue, channel).await.unwrap_or_default();
        let mut needed = 0;
        for other in self.store.queues() {
            let waiting: u32 = self.store.driven_by(&self.me).iter().map(|id| self.waiting(id, &other)).sum();
            for (channel, open) in [(Channel::Callback, waiting), (Channel::Voice, self.store.ringing(&other))] {
                if open > 0 && !free.is_empty() {
                    let theirs = self.world.free(&other, channel).await.unwrap_or_else(|| free.clone());
                    needed += open.min(theirs.intersection(&free).count() as u32);
                }
            }
        }
        (free.len() as u32).saturating_sub(needed).min(AT_ONCE)
    }

    /// Offers to a queue that no agent has taken yet.
    fn waiting(&self, campaign: &str, queue: &str) -> u32 {
        let count = |stored: &Stored| {
            if stored.campaign.plan().is_none_or(|plan| plan.queue != queue) {
                return 0;
            }
            let untaken = |conversation: &str| {
                let key = (campaign.to_owned(), conversation.to_owned());
                self.offers.get(&key).is_none_or(|offer| !offer.taken.load(Ordering::Relaxed))
            };
            let open = stored.campaign.under_way();
            open.filter(|(_, it)| matches!(&it.stage, Stage::Previewed { agent, .. } if untaken(agent))).count() as u32
        };
        self.store.look(campaign, count).unwrap_or_default()
    }

    async fn drive(&self, campaign: &str, command: Command) -> Vec<Event> {
        let driven = self.store.drive(campaign, &self.me, command).await;
        driven.unwrap_or_else(|refusal| {
            tracing::debug!(campaign, reason = %refusal.reason, "a campaign does not move");
            Vec::new()
        })
    }
}
