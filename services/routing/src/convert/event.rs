//! Events as they are stored.

use proto::routing::v1::{self as pb, routing_event};

use super::{
    from_availability, from_channel,
    rules::{from_capacities, from_queue, from_setting, from_skills, to_setting},
    to_availability, to_capacities, to_channel, to_ids, to_optional, to_queue, to_skills, to_time,
};
use crate::floor::{
    AgentProfile, Answer, Arrival, By, Channel, ContactChange, ContactEnd, Event, MoveWhy, Offer, OfferEnd, OfferWhy,
    What,
};

pub(crate) fn from_event(event: &Event) -> pb::RoutingEvent {
    let by = event.by.as_ref();
    pb::RoutingEvent {
        at_ms: event.at,
        what: Some(from_what(&event.what, event.at)),
        changed_by: by.map(|by| by.who.to_string()).unwrap_or_default(),
        undoes: by.and_then(|by| by.undoes).unwrap_or(0),
    }
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
            unit: profile.unit.to_string(),
            reserved_for: profile.reserved_for.iter().map(ToString::to_string).collect(),
        }),
        What::AvailabilityChanged { agent, availability, reason, until } => {
            routing_event::What::AvailabilityChanged(pb::AvailabilityChanged {
                agent_id: agent.to_string(),
                availability: from_availability(*availability).into(),
                reason: reason.to_string(),
                until_ms: until.unwrap_or(0),
            })
        }
        What::ContactEnqueued(arrival) => {
            routing_event::What::ContactEnqueued(pb::ContactEnqueued { contact: Some(from_arrival(arrival, at)) })
        }
        What::ContactChanged { contact, change } => routing_event::What::ContactChanged(pb::ContactChanged {
            contact_id: contact.to_string(),
            what: Some(from_contact_change(change)),
        }),
        What::SettingDefined(setting) => {
            routing_event::What::SettingDefined(pb::SettingDefined { setting: Some(from_setting(setting)) })
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
            unit: it.unit.into(),
            reserved_for: to_ids(it.reserved_for),
        }),
        routing_event::What::AvailabilityChanged(it) => What::AvailabilityChanged {
            availability: to_availability(it.availability())?,
            agent: it.agent_id.into(),
            reason: it.reason.into(),
            until: to_time(it.until_ms),
        },
        routing_event::What::ContactEnqueued(it) => What::ContactEnqueued(to_arrival(it.contact?)),
        routing_event::What::ContactChanged(it) => {
            What::ContactChanged { contact: it.contact_id.into(), change: to_contact_change(it.what?)? }
        }
        routing_event::What::SettingDefined(it) => What::SettingDefined(to_setting(it.setting?)?),
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
    let said = !event.changed_by.is_empty() || event.undoes > 0;
    let by = said.then(|| By { who: event.changed_by.into(), undoes: to_time(event.undoes) });
    Some(Event { at: event.at_ms, what, by })
}

fn from_arrival(arrival: &Arrival, at: u64) -> pb::Contact {
    pb::Contact {
        contact_id: arrival.contact.to_string(),
        queue_id: arrival.queue.to_string(),
        priority: arrival.priority,
        only_agent_id: arrival.only_agent.as_deref().unwrap_or_default().to_owned(),
        state: pb::ContactState::Waiting.into(),
        enqueued_at_ms: at,
        segment: arrival.segment.to_string(),
        reason: arrival.reason.to_string(),
        customer_key: arrival.customer.to_string(),
        channel: from_channel(arrival.channel).into(),
        only_until_ms: arrival.only_until.unwrap_or(0),
        not_before_ms: arrival.not_before.unwrap_or(0),
        ..pb::Contact::default()
    }
}

fn to_arrival(contact: pb::Contact) -> Arrival {
    Arrival {
        channel: to_channel(contact.channel()).unwrap_or(Channel::Chat),
        contact: contact.contact_id.into(),
        queue: contact.queue_id.into(),
        priority: contact.priority,
        segment: contact.segment.into(),
        reason: contact.reason.into(),
        customer: contact.customer_key.into(),
        only_agent: to_optional(contact.only_agent_id),
        only_until: to_time(contact.only_until_ms),
        not_before: to_time(contact.not_before_ms),
    }
}

fn from_contact_change(change: &ContactChange) -> pb::contact_changed::What {
    use pb::contact_changed::What;
    match change {
        ContactChange::Relaxed { step } => What::Relaxed(pb::ContactRelaxed { step: *step }),
        ContactChange::Moved { queue, why, not_before } => What::Moved(pb::ContactMoved {
            queue_id: queue.to_string(),
            why: from_move_why(*why).into(),
            not_before_ms: not_before.unwrap_or(0),
        }),
        ContactChange::Woken => What::Woken(pb::ContactWoken {}),
        ContactChange::Channel { channel, not_before } => What::Channel(pb::ContactChannel {
            channel: from_channel(*channel).into(),
            not_before_ms: not_before.unwrap_or(0),
        }),
    }
}

fn to_contact_change(change: pb::contact_changed::What) -> Option<ContactChange> {
    use pb::contact_changed::What;
    Some(match change {
        What::Relaxed(it) => ContactChange::Relaxed { step: it.step },
        What::Moved(it) => ContactChange::Moved {
            why: to_move_why(it.why())?,
            queue: it.queue_id.into(),
            not_before: to_time(it.not_before_ms),
        },
        What::Woken(_) => ContactChange::Woken,
        What::Channel(it) => {
            ContactChange::Channel { channel: to_channel(it.channel())?, not_before: to_time(it.not_before_ms) }
        }
    })
}

fn from_move_why(why: MoveWhy) -> pb::MoveWhy {
    match why {
        MoveWhy::After => pb::MoveWhy::After,
        MoveWhy::Length => pb::MoveWhy::Length,
        MoveWhy::Expected => pb::MoveWhy::Expected,
        MoveWhy::Limit => pb::MoveWhy::Limit,
    }
}

fn to_move_why(why: pb::MoveWhy) -> Option<MoveWhy> {
    match why {
        pb::MoveWhy::Unspecified => None,
        pb::MoveWhy::After => Some(MoveWhy::After),
        pb::MoveWhy::Length => Some(MoveWhy::Length),
        pb::MoveWhy::Expected => Some(MoveWhy::Expected),
        pb::MoveWhy::Limit => Some(MoveWhy::Limit),
    }
}

fn from_offer_why(why: OfferWhy) -> pb::OfferWhy {
    match why {
        OfferWhy::Unsaid => pb::OfferWhy::Unspecified,
        OfferWhy::AgentFreeLongest => pb::OfferWhy::AgentFreeLongest,
        OfferWhy::FirstInLine => pb::OfferWhy::FirstInLine,
        OfferWhy::KeptForAgent => pb::OfferWhy::KeptForAgent,
        OfferWhy::Engaged => pb::OfferWhy::Engaged,
    }
}

fn to_offer_why(why: pb::OfferWhy) -> OfferWhy {
    match why {
        pb::OfferWhy::Unspecified => OfferWhy::Unsaid,
        pb::OfferWhy::AgentFreeLongest => OfferWhy::AgentFreeLongest,
        pb::OfferWhy::FirstInLine => OfferWhy::FirstInLine,
        pb::OfferWhy::KeptForAgent => OfferWhy::KeptForAgent,
        pb::OfferWhy::Engaged => OfferWhy::Engaged,
    }
}

pub(super) fn from_offer(offer: &Offer) -> pb::Offer {
    pb::Offer {
        contact_id: offer.contact.to_string(),
        round: offer.round,
        agent_id: offer.agent.to_string(),
        expires_at_ms: offer.expires_at,
        queue_id: offer.queue.to_string(),
        enqueued_at_ms: offer.enqueued_at,
        why: from_offer_why(offer.why).into(),
        candidates: offer.candidates,
        channel: from_channel(offer.channel).into(),
    }
}

fn to_offer(offer: pb::Offer) -> Offer {
    Offer {
        channel: to_channel(offer.channel()).unwrap_or(Channel::Chat),
        why: to_offer_why(offer.why()),
        candidates: offer.candidates,
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
mod tests;
