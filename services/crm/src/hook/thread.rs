//! A webhook and who tells it, as its subject says. Pure.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use proto::{
    crm::v1::{WebhookDelivery, WebhookEvent, WebhookMoved, WebhookPlaces, WebhookState, webhook_event::What},
    journal::v1::{Claim, Sealed, Unit},
};

use super::{Millis, kind::Source, pace::Health};

/// How far each stream was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<Source, u64>);

impl Places {
    /// Up to where a stream was told.
    #[must_use]
    pub fn of(&self, source: Source) -> u64 {
        self.0.get(&source).copied().unwrap_or(0)
    }

    /// A stream was told up to here; places never go back.
    pub fn advance(&mut self, source: Source, sequence: u64) {
        let place = self.0.entry(source).or_default();
        *place = (*place).max(sequence);
    }

    /// As an event has them.
    #[must_use]
    pub fn written(&self) -> WebhookPlaces {
        WebhookPlaces {
            crm: self.of(Source::Crm),
            work: self.of(Source::Work),
            chat: self.of(Source::Chat),
            telephony: self.of(Source::Telephony),
            keys: self.of(Source::Keys),
        }
    }

    /// What an event has.
    #[must_use]
    pub fn read(written: &WebhookPlaces) -> Self {
        let mut places = Self::default();
        places.take(written);
        places
    }

    /// Takes in what an event says.
    fn take(&mut self, written: &WebhookPlaces) {
        let told = [written.crm, written.work, written.chat, written.telephony, written.keys];
        Source::ALL.into_iter().zip(told).for_each(|(source, sequence)| self.advance(source, sequence));
    }
}

/// A webhook as its events say.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// What people call it.
    pub name: String,
    /// What it is told of.
    pub kinds: BTreeSet<String>,
    /// Sealed `WebhookPrivate`.
    pub private: Option<Sealed>,
    /// Where it stands; never unspecified.
    pub state: WebhookState,
    /// When it was added.
    pub added_at: Millis,
    /// When it came to its state.
    pub since: Millis,
    /// Who added it.
    pub by: String,
    /// How far it was told.
    pub places: Places,
    /// How its receiver does.
    pub health: Health,
    /// The newest deliveries, newest first.
    pub deliveries: Vec<WebhookDelivery>,
}

impl Hook {
    /// Whether it is to be told.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == WebhookState::Active
    }

    fn turn(&mut self, state: WebhookState, at: Millis) {
        if self.state != state {
            (self.state, self.since) = (state, at);
        }
    }

    fn moved(&mut self, moved: &WebhookMoved) {
        if let Some(places) = &moved.places {
            self.places.take(places);
        }
        self.deliveries.clone_from(&moved.deliveries);
        self.health = Health { failures: moved.failures, failing_since: moved.failing_since_ms };
    }
}

/// What is known of a webhook's subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// The webhook; none: nobody added it, or it was removed.
    pub hook: Option<Hook>,
    /// Who tells it.
    pub claim: Option<Claim>,
    /// The subject's last sequence: what the next append expects.
    pub last: u64,
}

impl Thread {
    /// Takes a unit of the subject in. An event that cannot be read is stepped over.
    pub fn take(&mut self, sequence: u64, unit: &Unit) {
        if sequence <= self.last {
            return;
        }
        self.last = sequence;
        if let Some(claim) = &unit.claim {
            self.claim = Some(claim.clone());
        }
        let events = unit.events.iter().filter_map(|bytes| WebhookEvent::decode(bytes.clone()).ok());
        events.for_each(|event| evolve(&mut self.hook, &event));
    }

    /// The claim with which `owner` takes it.
    #[must_use]
    pub fn claimed_by(&self, owner: &str) -> Claim {
        Claim { owner: owner.to_owned(), epoch: self.epoch() + 1 }
    }

    /// Whether `owner` tells it.
    #[must_use]
    pub fn is_owned_by(&self, owner: &str) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.owner == owner)
    }

    /// The unit that says `what`, with or without a claim.
    #[must_use]
    pub fn unit(&self, event: Option<&WebhookEvent>, claim: Option<Claim>, site: &str, now: Millis) -> Unit {
        Unit {
            events: event.map(|event| event.encode_to_vec().into()).into_iter().collect(),
            decided_at_ms: now,
            site: site.to_owned(),
            epoch: claim.as_ref().map_or_else(|| self.epoch(), |claim| claim.epoch),
            claim,
        }
    }

    fn epoch(&self) -> u64 {
        self.claim.as_ref().map_or(0, |claim| claim.epoch)
    }
}

/// What follows from wanting this of a webhook; none: it holds already.
#[must_use]
pub fn decide(hook: &Hook, wanted: WebhookState) -> Option<What> {
    let what = match wanted {
        WebhookState::Active => What::Resumed(proto::crm::v1::WebhookResumed {}),
        WebhookState::Paused => What::Paused(proto::crm::v1::WebhookPaused { failed: false }),
        WebhookState::Failed => What::Paused(proto::crm::v1::WebhookPaused { failed: true }),
        WebhookState::Unspecified => return None,
    };
    // What a person paused is not called failed.
    let holds = hook.state == wanted || (wanted == WebhookState::Failed && !hook.is_active());
    (!holds).then_some(what)
}

fn evolve(hook: &mut Option<Hook>, event: &WebhookEvent) {
    let at = event.at_ms;
    match (hook.as_mut(), &event.what) {
        (None, Some(What::Added(added))) => {
            *hook = Some(Hook {
                name: added.name.clone(),
                kinds: added.kinds.iter().cloned().collect(),
                private: added.private.clone(),
                state: WebhookState::Active,
                added_at: at,
                since: at,
                by: event.by.clone(),
                places: Places::read(&added.places.unwrap_or_default()),
                health: Health::default(),
                deliveries: Vec::new(),
            });
        }
        (Some(hook), Some(What::Moved(moved))) => hook.moved(moved),
        (Some(hook), Some(What::Paused(paused))) => {
            hook.turn(if paused.failed { WebhookState::Failed } else { WebhookState::Paused }, at);
        }
        (Some(hook), Some(What::Resumed(_))) => {
            hook.turn(WebhookState::Active, at);
            hook.health = Health::default();
        }
        (Some(_), Some(What::Removed(_))) => *hook = None,
        (Some(_), Some(What::Added(_)) | None) | (None, _) => {}
    }
}
