//! Something and who owns it, as its subject tells. Pure.

use prost::Message;
use proto::journal::v1::{Claim, Unit};

/// What is made by the events of its subject.
pub trait Told: Sized {
    /// One event.
    type Event: Message + Default;

    /// Takes an event in.
    fn take(held: &mut Option<Self>, event: &Self::Event);
}

/// What is known of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread<S> {
    /// What its events made; none: nobody asked for it, or it was removed.
    pub held: Option<S>,
    /// Who looks after it.
    pub claim: Option<Claim>,
    /// The subject's last sequence: what the next append expects.
    pub last: u64,
}

impl<S> Default for Thread<S> {
    fn default() -> Self {
        Self { held: None, claim: None, last: 0 }
    }
}

impl<S: Told> Thread<S> {
    /// Takes a unit of the subject in. An event that cannot be read is stepped over.
    pub fn take(&mut self, sequence: u64, unit: &Unit) {
        if sequence <= self.last {
            return;
        }
        self.last = sequence;
        if let Some(claim) = &unit.claim {
            self.claim = Some(claim.clone());
        }
        let events = unit.events.iter().filter_map(|bytes| S::Event::decode(bytes.clone()).ok());
        events.for_each(|event| S::take(&mut self.held, &event));
    }

    /// The claim with which `owner` takes it.
    #[must_use]
    pub fn claimed_by(&self, owner: &str) -> Claim {
        Claim { owner: owner.to_owned(), epoch: self.epoch() + 1 }
    }

    /// Whether `owner` looks after it.
    #[must_use]
    pub fn is_owned_by(&self, owner: &str) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.owner == owner)
    }

    /// The epoch of the standing claim; 0: there is none.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.claim.as_ref().map_or(0, |claim| claim.epoch)
    }

    /// The unit that says `event`, with or without a claim.
    #[must_use]
    pub fn unit(&self, event: Option<&S::Event>, claim: Option<Claim>, site: &str, now: u64) -> Unit {
        Unit {
            events: event.map(|event| event.encode_to_vec().into()).into_iter().collect(),
            decided_at_ms: now,
            site: site.to_owned(),
            epoch: claim.as_ref().map_or_else(|| self.epoch(), |claim| claim.epoch),
            claim,
        }
    }
}
