//! Events as they are stored.

use proto::routing::v1::{self as pb, routing_event};

use super::{
    from_availability, from_capacities, from_queue, from_skills, to_availability, to_capacities, to_optional, to_queue,
    to_skills,
};
use crate::floor::{AgentProfile, Answer, ContactEnd, Event, Offer, OfferEnd, What};

pub(crate) fn from_event(event: &Event) -> pb::RoutingEvent {
    pb::RoutingEvent { at_ms: event.at, what: Some(from_what(&event.what, event.at)) }
}

fn from_what(what: &What, at: u64) -> routing_event::What {
    match what {
        What::QueueDefined(queue) => {
            routing_event::What::QueueDefined(pb::QueueDefined { queue: Some(from_queue(queue)) })
        }
        What::AgentDefined(profile) => routing_event::What::AgentDefined(pb::AgentDefined {
            agent_id: profile.id.to_string(),
            name: profile.name.to_string(),
            skills: from_skills(&profile.skills),
            capacities: from_capacities(&profile.capacities),
        }),
        What::AvailabilityChanged { agent, availability, reason } => {
            routing_event::What::AvailabilityChanged(pb::AvailabilityChanged {
                agent_id: agent.to_string(),
                availability: from_availability(*availability).into(),
                reason: reason.to_string(),
            })
        }
        What::ContactEnqueued { contact, queue, priority, only_agent } => {
            let contact = pb::Contact {
                contact_id: contact.to_string(),
                queue_id: queue.to_string(),
                priority: *priority,
                only_agent_id: only_agent.as_deref().unwrap_or_default().to_owned(),
                state: pb::ContactState::Waiting.into(),
                enqueued_at_ms: at,
                agent_id: String::new(),
            };
            routing_event::What::ContactEnqueued(pb::ContactEnqueued { contact: Some(contact) })
        }
        What::ContactOffered(offer) => {
            routing_event::What::ContactOffered(pb::ContactOffered { offer: Some(from_offer(offer)) })
        }
        What::OfferAccepted(answer) => routing_event::What::OfferAccepted(pb::OfferAccepted {
            contact_id: answer.contact.to_string(),
            round: answer.round,
            agent_id: answer.agent.to_string(),
        }),
        What::OfferEnded { offer, why, not_before } => routing_event::What::OfferEnded(pb::OfferEnded {
            contact_id: offer.contact.to_string(),
            round: offer.round,
            agent_id: offer.agent.to_string(),
            why: from_offer_end(*why).into(),
            not_before_ms: *not_before,
        }),
        What::ContactReleased { contact } => {
            routing_event::What::ContactReleased(pb::ContactReleased { contact_id: contact.to_string() })
        }
        What::ContactEnded { contact, why } => routing_event::What::ContactEnded(pb::ContactEnded {
            contact_id: contact.to_string(),
            why: from_contact_end(*why).into(),
        }),
    }
}

/// None for an event of a kind that this version does not know: it changes nothing here.
pub(crate) fn to_event(event: pb::RoutingEvent) -> Option<Event> {
    let what = match event.what? {
        routing_event::What::QueueDefined(it) => What::QueueDefined(to_queue(it.queue?)?),
        routing_event::What::AgentDefined(it) => What::AgentDefined(AgentProfile {
            capacities: to_capacities(&it.capacities)?,
            id: it.agent_id.into(),
            name: it.name.into(),
            skills: to_skills(it.skills),
        }),
        routing_event::What::AvailabilityChanged(it) => What::AvailabilityChanged {
            availability: to_availability(it.availability())?,
            agent: it.agent_id.into(),
            reason: it.reason.into(),
        },
        routing_event::What::ContactEnqueued(it) => {
            let contact = it.contact?;
            What::ContactEnqueued {
                contact: contact.contact_id.into(),
                queue: contact.queue_id.into(),
                priority: contact.priority,
                only_agent: to_optional(contact.only_agent_id),
            }
        }
        routing_event::What::ContactOffered(it) => What::ContactOffered(to_offer(it.offer?)),
        routing_event::What::OfferAccepted(it) => {
            What::OfferAccepted(Answer { contact: it.contact_id.into(), round: it.round, agent: it.agent_id.into() })
        }
        routing_event::What::OfferEnded(it) => What::OfferEnded {
            why: to_offer_end(it.why())?,
            not_before: it.not_before_ms,
            offer: Answer { contact: it.contact_id.into(), round: it.round, agent: it.agent_id.into() },
        },
        routing_event::What::ContactReleased(it) => What::ContactReleased { contact: it.contact_id.into() },
        routing_event::What::ContactEnded(it) => {
            What::ContactEnded { why: to_contact_end(it.why())?, contact: it.contact_id.into() }
        }
    };
    Some(Event { at: event.at_ms, what })
}

pub(super) fn from_offer(offer: &Offer) -> pb::Offer {
    pb::Offer {
        contact_id: offer.contact.to_string(),
        round: offer.round,
        agent_id: offer.agent.to_string(),
        expires_at_ms: offer.expires_at,
        queue_id: offer.queue.to_string(),
        enqueued_at_ms: offer.enqueued_at,
    }
}

fn to_offer(offer: pb::Offer) -> Offer {
    Offer {
        contact: offer.contact_id.into(),
        round: offer.round,
        agent: offer.agent_id.into(),
        expires_at: offer.expires_at_ms,
        queue: offer.queue_id.into(),
        enqueued_at: offer.enqueued_at_ms,
    }
}

fn from_offer_end(why: OfferEnd) -> pb::OfferEnd {
    match why {
        OfferEnd::Declined => pb::OfferEnd::Declined,
        OfferEnd::TimedOut => pb::OfferEnd::TimedOut,
        OfferEnd::AgentLeft => pb::OfferEnd::AgentLeft,
    }
}

fn to_offer_end(why: pb::OfferEnd) -> Option<OfferEnd> {
    match why {
        pb::OfferEnd::Unspecified => None,
        pb::OfferEnd::Declined => Some(OfferEnd::Declined),
        pb::OfferEnd::TimedOut => Some(OfferEnd::TimedOut),
        pb::OfferEnd::AgentLeft => Some(OfferEnd::AgentLeft),
    }
}

fn from_contact_end(why: ContactEnd) -> pb::ContactEnd {
    match why {
        ContactEnd::Completed => pb::ContactEnd::Completed,
        ContactEnd::Withdrawn => pb::ContactEnd::Withdrawn,
    }
}

fn to_contact_end(why: pb::ContactEnd) -> Option<ContactEnd> {
    match why {
        pb::ContactEnd::Unspecified => None,
        pb::ContactEnd::Completed => Some(ContactEnd::Completed),
        pb::ContactEnd::Withdrawn => Some(ContactEnd::Withdrawn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::{Availability, Channel, Queue};

    #[test]
    fn every_event_comes_back_as_it_was() {
        let answer = || Answer { contact: "c.1".into(), round: 3, agent: "a".into() };
        let skills = [("ja".into(), 3)].into_iter().collect();
        let queue = Queue { id: "q".into(), channel: Channel::Chat, skills, priority: 4, offer_timeout_ms: 5_000 };
        let skills = queue.skills.clone();
        let whats = [
            What::QueueDefined(queue),
            What::AgentDefined(AgentProfile { id: "a".into(), name: "A".into(), skills, capacities: [3] }),
            What::AvailabilityChanged { agent: "a".into(), availability: Availability::Away, reason: "x".into() },
            What::ContactEnqueued {
                contact: "c.1".into(),
                queue: "q".into(),
                priority: 2,
                only_agent: Some("a".into()),
            },
            What::ContactEnqueued { contact: "c.1".into(), queue: "q".into(), priority: 2, only_agent: None },
            What::ContactOffered(Offer {
                contact: "c.1".into(),
                round: 3,
                agent: "a".into(),
                expires_at: 77,
                queue: "q".into(),
                enqueued_at: 66,
            }),
            What::OfferAccepted(answer()),
            What::OfferEnded { offer: answer(), why: OfferEnd::Declined, not_before: 99 },
            What::OfferEnded { offer: answer(), why: OfferEnd::TimedOut, not_before: 0 },
            What::OfferEnded { offer: answer(), why: OfferEnd::AgentLeft, not_before: 0 },
            What::ContactReleased { contact: "c.1".into() },
            What::ContactEnded { contact: "c.1".into(), why: ContactEnd::Withdrawn },
            What::ContactEnded { contact: "c.1".into(), why: ContactEnd::Completed },
        ];
        for what in whats {
            let event = Event { at: 123, what };
            assert_eq!(to_event(from_event(&event)), Some(event));
        }
        assert_eq!(to_event(pb::RoutingEvent::default()), None);
    }
}
