//! A webhook and who tells it, as its subject says. Pure.

use std::collections::{BTreeMap, BTreeSet};

use proto::{
    crm::v1::{WebhookDelivery, WebhookEvent, WebhookMoved, WebhookPlaces, WebhookState, webhook_event::What},
    journal::v1::Sealed,
};

use super::{Millis, kind::Source, pace::Health};
use crate::owned::{self, Told};

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

/// A webhook; none: nobody added it, or it was removed.
pub type Thread = owned::Thread<Hook>;

impl Told for Hook {
    type Event = WebhookEvent;

    fn take(held: &mut Option<Self>, event: &WebhookEvent) {
        evolve(held, event);
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
