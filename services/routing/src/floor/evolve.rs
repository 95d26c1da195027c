//! Events become state. Nothing here can fail: an event that makes no sense changes nothing.

use super::{
    command::Answer,
    event::{Event, Offer, OfferEnd, What},
    slab::Ticket,
    state::{AgentKey, Contact, Floor, Pause, QueueKey, QueueState, Requirement, Stage},
    types::{AgentProfile, Availability, Id, Millis, Queue},
};

/// Applies an event.
pub fn evolve(floor: &mut Floor, event: &Event) {
    apply(floor, event);
}

/// Who may be matched differently after an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) contact: Option<Ticket>,
    pub(super) agent: Option<AgentKey>,
    pub(super) queue: Option<QueueKey>,
}

pub(super) fn apply(floor: &mut Floor, event: &Event) -> Touched {
    floor.at = floor.at.max(event.at);
    let at = floor.at;
    let memory = floor.rules.ended_memory_ms;
    floor.ended.forget_before(at.saturating_sub(memory));
    match &event.what {
        What::QueueDefined(queue) => queue_defined(floor, queue),
        What::AgentDefined(profile) => agent_defined(floor, profile),
        What::AvailabilityChanged { agent, availability, reason } => {
            availability_changed(floor, at, agent, *availability, reason)
        }
        What::ContactEnqueued { contact, queue, priority, only_agent } => {
            contact_enqueued(floor, at, contact, queue, *priority, only_agent.as_ref())
        }
        What::ContactOffered(offer) => contact_offered(floor, offer),
        What::OfferAccepted(answer) => offer_accepted(floor, answer),
        What::OfferEnded { offer, why, not_before } => offer_ended(floor, offer, *why, *not_before),
        What::ContactReleased { contact } => contact_released(floor, contact),
        What::ContactEnded { contact, .. } => contact_ended(floor, at, contact),
    }
}

fn queue_defined(floor: &mut Floor, queue: &Queue) -> Touched {
    let class = floor.class_key(Requirement { channel: queue.channel, skills: queue.skills.clone() });
    let Some(key) = floor.queue_keys.get(&queue.id).copied() else {
        let key = floor.queues.len() as QueueKey;
        floor.queues.push(QueueState { rules: queue.clone(), class });
        floor.queue_keys.insert(queue.id.clone(), key);
        return Touched::default();
    };
    let waiting = floor.waiting_in(key);
    for ticket in &waiting {
        floor.unlist_waiting(*ticket);
    }
    let state = &mut floor.queues[key as usize];
    // A channel never changes: the load of the agents at work was counted on it.
    let channel = state.rules.channel;
    state.rules = Queue { channel, ..queue.clone() };
    state.class = class;
    for ticket in waiting {
        floor.list_waiting(ticket);
    }
    Touched { queue: Some(key), ..Touched::default() }
}

fn agent_defined(floor: &mut Floor, profile: &AgentProfile) -> Touched {
    let key = floor.agent_key(&profile.id);
    // Leaves the sets of the free with the old skills, and comes back with the new ones.
    let availability = floor.agents[key as usize].availability;
    floor.change_agent(key, |agent| {
        agent.availability = Availability::Offline;
        agent.defined = true;
        agent.name = profile.name.clone();
        agent.skills = profile.skills.clone();
        agent.limits = profile.capacities;
    });
    floor.place_agent_in_classes(key);
    floor.change_agent(key, |agent| agent.availability = availability);
    floor.renew_patience_for(key);
    touched_agent(key)
}

fn availability_changed(floor: &mut Floor, at: Millis, agent: &Id, availability: Availability, reason: &Id) -> Touched {
    let key = floor.agent_key(agent);
    let was_ready = floor.agents[key as usize].availability == Availability::Ready;
    let returns = !was_ready && availability == Availability::Ready;
    let turn = returns.then(|| floor.take_turn());
    floor.change_agent(key, |agent| {
        if agent.availability != availability {
            agent.since = at;
        }
        if was_ready != (availability == Availability::Ready) {
            agent.turned_at = at;
        }
        agent.availability = availability;
        agent.reason = reason.clone();
        agent.turn = turn.unwrap_or(agent.turn);
    });
    floor.renew_patience_for(key);
    touched_agent(key)
}

fn contact_enqueued(floor: &mut Floor, at: Millis, id: &Id, queue: &Id, priority: u32, only: Option<&Id>) -> Touched {
    let Some(queue) = floor.queue_keys.get(queue).copied() else {
        return Touched::default();
    };
    if floor.contacts.ticket(id).is_some() {
        return Touched::default();
    }
    let only = only.map(|agent| floor.agent_key(agent));
    let place = floor.next_place;
    floor.next_place += 1;
    let ticket = floor.contacts.insert(Contact {
        id: id.clone(),
        place,
        queue,
        priority,
        only,
        enqueued_at: at,
        round: 0,
        stage: Stage::Waiting,
        pauses: Vec::new(),
        patience: None,
    });
    floor.list_waiting(ticket);
    touched_contact(ticket)
}

fn contact_offered(floor: &mut Floor, offer: &Offer) -> Touched {
    let Some((ticket, contact)) = floor.contact_of(&offer.contact) else {
        return Touched::default();
    };
    if contact.stage != Stage::Waiting {
        return Touched::default();
    }
    let agent = floor.agent_key(&offer.agent);
    let turn = floor.take_turn();
    floor.set_stage(ticket, Stage::Offered { agent, expires_at: offer.expires_at });
    if let Some(contact) = floor.contacts.get_mut(ticket) {
        contact.round = offer.round;
    }
    floor.load(agent, ticket, true, Some(turn));
    Touched::default()
}

fn offer_accepted(floor: &mut Floor, answer: &Answer) -> Touched {
    if let Some((ticket, agent)) = open_offer(floor, answer) {
        floor.set_stage(ticket, Stage::Held { agent });
    }
    Touched::default()
}

fn offer_ended(floor: &mut Floor, offer: &Answer, why: OfferEnd, not_before: Millis) -> Touched {
    let Some((ticket, agent)) = open_offer(floor, offer) else {
        return Touched::default();
    };
    floor.load(agent, ticket, false, None);
    floor.set_stage(ticket, Stage::Waiting);
    if why == OfferEnd::Declined {
        floor.pause(ticket, Pause { agent, round: offer.round, until: not_before });
    }
    Touched { contact: Some(ticket), agent: Some(agent), queue: None }
}

fn contact_released(floor: &mut Floor, id: &Id) -> Touched {
    let Some((ticket, contact)) = floor.contact_of(id) else {
        return Touched::default();
    };
    let waiting = contact.stage == Stage::Waiting;
    if waiting {
        floor.unlist_waiting(ticket);
    }
    if let Some(contact) = floor.contacts.get_mut(ticket) {
        contact.only = None;
    }
    if waiting {
        floor.list_waiting(ticket);
    }
    touched_contact(ticket)
}

fn contact_ended(floor: &mut Floor, at: Millis, id: &Id) -> Touched {
    let Some((ticket, contact)) = floor.contact_of(id) else {
        return Touched::default();
    };
    let (agent, turn) = match contact.stage {
        Stage::Waiting => (None, None),
        Stage::Offered { agent, .. } => (Some(agent), None),
        Stage::Held { agent } => (Some(agent), Some(floor.take_turn())),
    };
    if let Some(agent) = agent {
        floor.load(agent, ticket, false, turn);
    }
    floor.leave_stage(ticket);
    floor.forget_pauses(ticket);
    floor.contacts.remove(ticket);
    floor.ended.remember(at, id.clone());
    Touched { agent, ..Touched::default() }
}

fn open_offer(floor: &Floor, answer: &Answer) -> Option<(Ticket, AgentKey)> {
    let (ticket, contact) = floor.contact_of(&answer.contact)?;
    let (key, _) = floor.agent_of(&answer.agent)?;
    match contact.stage {
        Stage::Offered { agent, .. } if agent == key && contact.round == answer.round => Some((ticket, agent)),
        Stage::Waiting | Stage::Offered { .. } | Stage::Held { .. } => None,
    }
}

fn touched_contact(ticket: Ticket) -> Touched {
    Touched { contact: Some(ticket), ..Touched::default() }
}

fn touched_agent(key: AgentKey) -> Touched {
    Touched { agent: Some(key), ..Touched::default() }
}
