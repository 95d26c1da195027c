//! A command and who carries it out, as its subject tells. Pure.

use prost::Message as _;
use proto::{
    crm::v1::CommandEvent,
    journal::v1::{Claim, Unit},
};

use super::command::{Command, evolve};

/// What is known of a command's subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// The command; none: nobody asked.
    pub command: Option<Command>,
    /// Who carries it out.
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
        let events = unit.events.iter().filter_map(|bytes| CommandEvent::decode(bytes.clone()).ok());
        events.for_each(|event| evolve(&mut self.command, &event));
    }

    /// The claim with which `owner` takes it.
    #[must_use]
    pub fn claimed_by(&self, owner: &str) -> Claim {
        Claim { owner: owner.to_owned(), epoch: self.epoch() + 1 }
    }

    /// Whether `owner` carries it out.
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
    pub fn unit(&self, event: Option<&CommandEvent>, claim: Option<Claim>, site: &str, now: u64) -> Unit {
        Unit {
            events: event.map(|event| event.encode_to_vec().into()).into_iter().collect(),
            decided_at_ms: now,
            site: site.to_owned(),
            epoch: claim.as_ref().map_or_else(|| self.epoch(), |claim| claim.epoch),
            claim,
        }
    }
}
