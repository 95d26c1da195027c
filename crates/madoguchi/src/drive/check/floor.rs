//! The floor's journal: who took what, and who owned it.

use std::collections::BTreeMap;

use proto::{
    journal::v1::Unit,
    routing::v1::{RoutingEvent, routing_event::What},
};

/// What the floor's journal shows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct FloorFindings {
    /// Contacts accepted while somebody held them, or by somebody who was not asked.
    pub double_accepts: u64,
    /// Units written with another epoch than the last claim's: an owner that acted after it was replaced.
    pub stale_units: u64,
    /// Hand-overs of the floor.
    pub claims: u64,
    /// Offers accepted.
    pub accepted: u64,
    /// The first few, in words.
    pub notes: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
enum Stands {
    Waiting,
    Offered { agent: String, round: u32 },
    Held { agent: String },
}

/// Reads a floor's units in the journal's order.
#[derive(Default)]
pub struct FloorCheck {
    contacts: BTreeMap<String, Stands>,
    epoch: u64,
    findings: FloorFindings,
}

impl FloorCheck {
    /// The next unit, with its events decoded.
    pub fn unit(&mut self, sequence: u64, unit: &Unit, events: &[RoutingEvent]) {
        if let Some(claim) = &unit.claim {
            self.findings.claims += 1;
            if claim.epoch <= self.epoch {
                self.stale(sequence, claim.epoch);
            }
            self.epoch = self.epoch.max(claim.epoch);
        } else if unit.epoch != self.epoch {
            self.stale(sequence, unit.epoch);
        }
        for event in events {
            if let Some(what) = &event.what {
                self.event(sequence, what);
            }
        }
    }

    /// What was found so far.
    pub fn findings(&self) -> &FloorFindings {
        &self.findings
    }

    fn event(&mut self, sequence: u64, what: &What) {
        match what {
            What::ContactEnqueued(enqueued) => {
                if let Some(contact) = &enqueued.contact {
                    self.contacts.insert(contact.contact_id.clone(), Stands::Waiting);
                }
            }
            What::ContactOffered(offered) => {
                if let Some(offer) = &offered.offer {
                    self.offered(sequence, &offer.contact_id, &offer.agent_id, offer.round);
                }
            }
            What::OfferAccepted(accepted) => {
                self.accepted(sequence, &accepted.contact_id, &accepted.agent_id, accepted.round);
            }
            What::OfferEnded(ended) => {
                self.contacts.insert(ended.contact_id.clone(), Stands::Waiting);
            }
            What::ContactEnded(ended) => {
                self.contacts.remove(&ended.contact_id);
            }
            What::QueueDefined(_)
            | What::AgentDefined(_)
            | What::AvailabilityChanged(_)
            | What::ContactReleased(_)
            | What::ContactChanged(_)
            | What::SettingDefined(_) => {}
        }
    }

    fn offered(&mut self, sequence: u64, contact: &str, agent: &str, round: u32) {
        if let Some(Stands::Held { agent: holder }) = self.contacts.get(contact) {
            let note = format!("{sequence}: {contact} offered to {agent} while {holder} holds it");
            self.double(note);
        }
        let stands = Stands::Offered { agent: agent.to_owned(), round };
        self.contacts.insert(contact.to_owned(), stands);
    }

    fn accepted(&mut self, sequence: u64, contact: &str, agent: &str, round: u32) {
        self.findings.accepted += 1;
        let asked = Stands::Offered { agent: agent.to_owned(), round };
        if self.contacts.get(contact) != Some(&asked) {
            self.double(format!("{sequence}: {agent} took {contact} round {round} without being asked"));
        }
        let stands = Stands::Held { agent: agent.to_owned() };
        self.contacts.insert(contact.to_owned(), stands);
    }

    fn double(&mut self, note: String) {
        self.findings.double_accepts += 1;
        self.note(note);
    }

    fn stale(&mut self, sequence: u64, epoch: u64) {
        self.findings.stale_units += 1;
        self.note(format!("{sequence}: epoch {epoch} after a claim with {}", self.epoch));
    }

    fn note(&mut self, note: String) {
        if self.findings.notes.len() < 20 {
            self.findings.notes.push(note);
        }
    }
}

/// Contacts that two agents were told they had taken: `accepts` is each agent's list.
pub fn taken_twice<'a>(accepts: impl Iterator<Item = &'a [(String, u32)]>) -> u64 {
    let mut takers: BTreeMap<(&str, u32), u64> = BTreeMap::new();
    for (contact, round) in accepts.flatten() {
        *takers.entry((contact, *round)).or_default() += 1;
    }
    takers.values().filter(|takers| **takers > 1).count() as u64
}

#[cfg(test)]
mod tests {
    use proto::{
        journal::v1::Claim,
        routing::v1::{Contact, ContactEnqueued, ContactOffered, Offer, OfferAccepted, OfferEnded},
    };

    use super::*;

    fn enqueued() -> What {
        What::ContactEnqueued(ContactEnqueued {
            contact: Some(Contact { contact_id: "c.1".into(), ..Contact::default() }),
        })
    }

    fn offered(agent: &str, round: u32) -> What {
        What::ContactOffered(ContactOffered {
            offer: Some(Offer { contact_id: "c.1".into(), agent_id: agent.into(), round, ..Offer::default() }),
        })
    }

    fn accepted(agent: &str, round: u32) -> What {
        What::OfferAccepted(OfferAccepted { contact_id: "c.1".into(), agent_id: agent.into(), round })
    }

    fn ended(agent: &str, round: u32) -> What {
        What::OfferEnded(OfferEnded {
            contact_id: "c.1".into(),
            agent_id: agent.into(),
            round,
            why: 2,
            ..OfferEnded::default()
        })
    }

    fn check(whats: Vec<What>) -> FloorFindings {
        let mut check = FloorCheck::default();
        let events: Vec<RoutingEvent> = whats
            .into_iter()
            .map(|what| RoutingEvent { at_ms: 1, what: Some(what), ..RoutingEvent::default() })
            .collect();
        check.unit(1, &Unit::default(), &events);
        check.findings().clone()
    }

    #[test]
    fn an_offer_passed_on_is_no_double() {
        let found = check(vec![enqueued(), offered("a", 1), ended("a", 1), offered("b", 2), accepted("b", 2)]);
        assert_eq!((found.double_accepts, found.accepted), (0, 1));
    }

    #[test]
    fn a_planted_double_accept_is_found() {
        let twice = vec![enqueued(), offered("a", 1), accepted("a", 1), accepted("b", 1)];
        assert_eq!(check(twice).double_accepts, 1);
        let late = vec![enqueued(), offered("a", 1), ended("a", 1), offered("b", 2), accepted("a", 1)];
        assert_eq!(check(late).double_accepts, 1);
        let again = vec![enqueued(), offered("a", 1), accepted("a", 1), offered("b", 2), accepted("b", 2)];
        assert_eq!(check(again).double_accepts, 1);
        let lists = [vec![("c.1".to_owned(), 1)], vec![("c.1".to_owned(), 1)]];
        assert_eq!(taken_twice(lists.iter().map(Vec::as_slice)), 1);
    }

    #[test]
    fn an_owner_that_acts_after_its_replacement_is_found() {
        let claim =
            |epoch| Unit { claim: Some(Claim { owner: "tokyo.routing.x".into(), epoch }), epoch, ..Unit::default() };
        let act = |epoch| Unit { epoch, ..Unit::default() };
        let mut check = FloorCheck::default();
        for (sequence, unit) in [claim(1), act(1), claim(2), act(2)].iter().enumerate() {
            check.unit(sequence as u64, unit, &[]);
        }
        assert_eq!((check.findings().stale_units, check.findings().claims), (0, 2));
        check.unit(9, &act(1), &[]);
        check.unit(10, &claim(2), &[]);
        assert_eq!(check.findings().stale_units, 2);
    }
}
