//! Events to the receiver: several customers at once, each customer's in order; what fails is tried again until it is taken.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chassis::outside::{Asked, Outside, OutsideError};
use futures::{StreamExt as _, stream};
use hyper::{
    Method,
    header::{HeaderName, HeaderValue},
};
use proto::crm::v1::WebhookDelivery;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{
    keeper::Keeper,
    kind::Source,
    pace::{Health, pause},
    sign::signature,
    tell::Event,
    thread::Places,
};
use crate::service::now_ms;

/// Customers that are told of at once.
const AT_ONCE: usize = 8;
/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Deliveries that are remembered.
const REMEMBERED: usize = 10;
/// Whoever has not heard from the journal for so long may have lost the webhook to somebody else.
const SURE_FOR: Duration = Duration::from_millis(2_500);
/// How often it is looked whether it was heard from again.
const LOOK: Duration = Duration::from_millis(100);
/// Header with which a receiver checks who wrote.
const SIGNATURE: HeaderName = HeaderName::from_static("madoguchi-signature");

/// A receiver.
pub(super) struct Receiver {
    pub(super) target: Outside,
    pub(super) secret: String,
}

/// How far a webhook is.
pub(super) struct Progress {
    pub(super) places: Places,
    pub(super) health: Health,
    pub(super) deliveries: VecDeque<WebhookDelivery>,
    /// Something was delivered or failed since it was noted.
    pub(super) told: bool,
    /// It turned from well to bad or back since it was noted.
    pub(super) turned: bool,
}

/// What all lanes of a webhook share.
pub(super) struct Lanes<'a> {
    pub(super) keeper: &'a Keeper,
    pub(super) receiver: Receiver,
    progress: Mutex<Progress>,
    sure_at: Mutex<Instant>,
}

impl<'a> Lanes<'a> {
    pub(super) fn new(keeper: &'a Keeper, receiver: Receiver, progress: Progress) -> Self {
        Self { keeper, receiver, progress: Mutex::new(progress), sure_at: Mutex::new(Instant::now()) }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The webhook was this process's at that time.
    pub(super) fn was_ours_at(&self, at: Instant) {
        *self.sure_at.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Until the receiver has taken them all.
    pub(super) async fn deliver(&self, events: Vec<Event>) {
        let mut lanes: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for event in events {
            lanes.entry(event.customer.clone()).or_default().push(event);
        }
        let lane = |events: Vec<Event>| async move {
            for event in events {
                self.insist(&event).await;
            }
        };
        stream::iter(lanes.into_values()).for_each_concurrent(AT_ONCE, lane).await;
    }

    /// A stream was told up to here.
    pub(super) fn advance(&self, source: Source, sequence: u64) {
        self.progress().places.advance(source, sequence);
    }

    async fn insist(&self, event: &Event) {
        let mut tries = 0;
        loop {
            self.until_sure().await;
            let delivery = send(self.keeper, &self.receiver, event).await;
            tries += 1;
            if self.note(delivery) {
                return;
            }
            let dice = Uuid::new_v4().as_u128() % 1_000;
            sleep(Duration::from_millis(pause(tries, u32::try_from(dice).unwrap_or(0)))).await;
        }
    }

    /// Whether it was taken.
    fn note(&self, delivery: WebhookDelivery) -> bool {
        let mut progress = self.progress();
        let (ok, was_well) = (delivery.outcome == OK, progress.health.failures == 0);
        if ok {
            progress.health.succeed();
        } else {
            progress.health.fail(now_ms());
        }
        progress.turned |= ok != was_well;
        progress.told = true;
        progress.deliveries.push_front(delivery);
        progress.deliveries.truncate(REMEMBERED);
        ok
    }

    async fn until_sure(&self) {
        while self.sure_at.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > SURE_FOR {
            sleep(LOOK).await;
        }
    }
}

/// What stands for success.
const OK: &str = "ok";

/// One try.
pub(super) async fn send(keeper: &Keeper, receiver: &Receiver, event: &Event) -> WebhookDelivery {
    let (at_ms, began) = (now_ms(), Instant::now());
    let outcome = match timeout(PATIENCE, told(keeper, receiver, event, at_ms)).await {
        Ok(outcome) => outcome,
        Err(_) => "late".to_owned(),
    };
    WebhookDelivery {
        event_id: event.id.clone(),
        kind: event.kind.to_owned(),
        at_ms,
        outcome,
        took_ms: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX),
    }
}

async fn told(keeper: &Keeper, receiver: &Receiver, event: &Event, at_ms: u64) -> String {
    let signed = signature(&receiver.secret, at_ms / 1_000, &event.body);
    let header = HeaderValue::from_str(&signed).ok().map(|value| (SIGNATURE, value));
    let asked = Asked { method: Method::POST, path: String::new(), header, body: event.body.clone(), most: 0 };
    match receiver.target.tell(asked, keeper.may_reach(receiver.target.is_secured())).await {
        Ok(status) if status.is_success() => OK.to_owned(),
        Ok(status) => format!("status_{}", status.as_u16()),
        Err(OutsideError::Address) => "refused_address".to_owned(),
        Err(OutsideError::Connect(_)) => "unreachable".to_owned(),
        Err(OutsideError::Http(_) | OutsideError::Body(_) | OutsideError::Request(_)) => "broken_off".to_owned(),
    }
}
