//! Events become state. Nothing here can fail: an event that makes no sense changes nothing.

use super::{
    command::Answer,
    estimate::Pace,
    event::{Arrival, ContactChange, Event, Offer, OfferEnd, What},
    overflow, requirement,
    slab::Ticket,
    state::{AgentKey, Contact, ESCALATED, Floor, Pause, QueueKey, QueueState, Stage},
    types::{AgentProfile, Availability, Channel, Id, Millis, Queue, Setting},
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
    /// Every contact may.
    pub(super) everybody: bool,
}

pub(super) fn apply(floor: &mut Floor, event: &Event) -> Touched {
    floor.at = floor.at.max(event.at);
    let at = floor.at;
    let memory = floor.rules.ended_memory_ms;
    floor.ended.forget_before(at.saturating_sub(memory));
    floor.remember_change(at, &event.what, event.by.as_ref());
    match &event.what {
        What::QueueDefined(queue) => queue_defined(floor, at, queue),
        What::AgentDefined(profile) => agent_defined(floor, at, profile),
        What::AvailabilityChanged { agent, availability, reason, until } => {
            availability_changed(floor, at, agent, (*availability, reason, *until))
        }
        What::ContactEnqueued(arrival) => contact_enqueued(floor, at, arrival),
        What::ContactChanged { contact, change } => contact_changed(floor, at, contact, change),
        What::SettingDefined(setting) => setting_defined(floor, at, setting),
        What::ContactOffered(offer) => contact_offered(floor, at, offer),
        What::OfferAccepted(answer) => offer_accepted(floor, answer),
        What::OfferEnded { offer, why, not_before } => offer_ended(floor, at, offer, *why, *not_before),
        What::ContactReleased { contact } => contact_released(floor, contact),
        What::ContactEnded { contact, .. } => contact_ended(floor, at, contact),
    }
}

fn queue_defined(floor: &mut Floor, at: Millis, queue: &Queue) -> Touched {
    let asked = floor.requirement(queue, queue.channel, &"".into(), 0);
    let class = floor.class_key(asked);
    let steps = requirement::steps(queue);
    let Some(key) = floor.queue_keys.get(&queue.id).copied() else {
        let key = floor.queues.len() as QueueKey;
        floor.queues.push(QueueState { rules: queue.clone(), class, steps, waiting: 0, pace: Pace::default() });
        floor.queue_keys.insert(queue.id.clone(), key);
        return Touched::default();
    };
    let contacts = floor.contacts_of(key);
    for ticket in contacts.iter().filter(|ticket| floor.waits(**ticket)).copied().collect::<Vec<_>>() {
        floor.unlist_waiting(ticket);
    }
    let state = &mut floor.queues[key as usize];
    // A channel never changes: the load of the agents at work was counted on it.
    let channel = state.rules.channel;
    state.rules = Queue { channel, ..queue.clone() };
    (state.class, state.steps) = (class, steps);
    for ticket in contacts {
        if let Some(contact) = floor.contacts.get_mut(ticket)
            && contact.step != ESCALATED
        {
            contact.step = 0;
        }
        floor.ask_anew(ticket);
        if floor.waits(ticket) {
            floor.list_waiting(ticket);
        }
    }
    renew_hours(floor, at, key);
    Touched { everybody: true, ..Touched::default() }
}

/// Contacts that wait for the opening of a queue wait for it by its hours of now.
fn renew_hours(floor: &mut Floor, at: Millis, queue: QueueKey) {
    let usual = floor.queue(queue).rules.channel;
    for ticket in floor.contacts_of(queue) {
        let closed = floor.contacts.get(ticket).is_some_and(|contact| {
            contact.asleep.is_some() && (contact.channel == usual || usual == Channel::Callback)
        });
        if closed {
            let until = overflow::closed_until(floor, queue, at).unwrap_or(at);
            floor.change_contact(ticket, |contact| contact.asleep = Some(until));
        }
    }
}

fn setting_defined(floor: &mut Floor, at: Millis, setting: &Setting) -> Touched {
    match setting {
        Setting::Calendar(calendar) => {
            floor.calendars.insert(calendar.id.clone(), calendar.clone());
            for key in 0..floor.queues.len() as QueueKey {
                if floor.queue(key).rules.calendar.as_ref() == Some(&calendar.id) {
                    renew_hours(floor, at, key);
                }
            }
        }
        Setting::Reasons(reasons) => floor.reasons.clone_from(reasons),
        Setting::Priorities(priorities) => floor.priorities.clone_from(priorities),
    }
    Touched::default()
}

fn agent_defined(floor: &mut Floor, at: Millis, profile: &AgentProfile) -> Touched {
    let key = floor.agent_key(&profile.id);
    // Leaves the sets of the free with the old skills, and comes back with the new ones.
    let availability = floor.agents[key as usize].availability;
    floor.change_agent(key, |agent| {
        agent.leaves(at, |agent| agent.limits = profile.capacities);
        agent.availability = Availability::Offline;
        agent.defined = true;
        agent.name = profile.name.clone();
        agent.unit = profile.unit.clone();
        agent.skills = profile.skills.clone();
        agent.reserved_for.clone_from(&profile.reserved_for);
    });
    floor.place_agent_in_classes(key);
    floor.change_agent(key, |agent| agent.availability = availability);
    let everybody = floor.renew_reserved();
    floor.renew_limits_for(key);
    Touched { everybody, ..touched_agent(key) }
}

fn availability_changed(
    floor: &mut Floor,
    at: Millis,
    agent: &Id,
    (availability, reason, until): (Availability, &Id, Option<Millis>),
) -> Touched {
    let key = floor.agent_key(agent);
    let was_ready = floor.agents[key as usize].availability == Availability::Ready;
    let returns = !was_ready && availability == Availability::Ready;
    let turn = returns.then(|| floor.take_turn());
    if let Some(before) = floor.agents[key as usize].after_work_until {
        floor.after_work_due.remove(&(before, key));
    }
    let until = until.filter(|_| availability == Availability::AfterWork);
    floor.after_work_due.extend(until.map(|until| (until, key)));
    floor.change_agent(key, |agent| {
        if agent.availability != availability {
            agent.since = at;
        }
        agent.leaves(at, |agent| agent.availability = availability);
        agent.after_work_until = until;
        agent.reason = reason.clone();
        agent.turn = turn.unwrap_or(agent.turn);
    });
    floor.renew_limits_for(key);
    touched_agent(key)
}

fn contact_enqueued(floor: &mut Floor, at: Millis, arrival: &Arrival) -> Touched {
    let Some(queue) = floor.queue_keys.get(&arrival.queue).copied() else {
        return Touched::default();
    };
    if floor.contacts.ticket(&arrival.contact).is_some() {
        return Touched::default();
    }
    let only = arrival.only_agent.as_ref().map(|agent| floor.agent_key(agent));
    let place = floor.next_place;
    floor.next_place += 1;
    let class = floor.class_for(queue, arrival.channel, &arrival.segment, 0);
    let ticket = floor.contacts.insert(Contact {
        id: arrival.contact.clone(),
        place,
        queue,
        channel: arrival.channel,
        class,
        priority: arrival.priority,
        segment: arrival.segment.clone(),
        reason: arrival.reason.clone(),
        customer: arrival.customer.clone(),
        only,
        only_until: arrival.only_until,
        enqueued_at: at,
        queued_at: at,
        asleep: arrival.not_before,
        step: 0,
        round: 0,
        stage: Stage::Waiting,
        pauses: Vec::new(),
        limit: None,
    });
    floor.note_callback(ticket);
    floor.begins_to_wait(ticket, at);
    floor.list_waiting(ticket);
    touched_contact(ticket)
}

/// Only of a contact that waits.
fn contact_changed(floor: &mut Floor, at: Millis, id: &Id, change: &ContactChange) -> Touched {
    let Some(ticket) = floor.contacts.ticket(id).filter(|ticket| floor.waits(*ticket)) else {
        return Touched::default();
    };
    match change {
        ContactChange::Relaxed { step } => floor.change_contact(ticket, |contact| contact.step = *step),
        ContactChange::Woken => {
            floor.begins_to_wait(ticket, at);
            floor.change_contact(ticket, |contact| (contact.asleep, contact.queued_at) = (None, at));
        }
        ContactChange::Moved { queue, not_before, .. } => {
            let Some(key) = floor.queue_keys.get(queue).copied() else {
                return Touched::default();
            };
            if floor.queue(key).waiting == 0 {
                floor.queues[key as usize].pace.begins(at);
            }
            floor.change_contact(ticket, |contact| {
                (contact.queue, contact.asleep, contact.queued_at, contact.step) = (key, *not_before, at, 0);
            });
        }
        ContactChange::Channel { channel, not_before } => {
            floor.forget_callback(ticket);
            floor.change_contact(ticket, |contact| (contact.channel, contact.asleep) = (*channel, *not_before));
            floor.note_callback(ticket);
        }
    }
    touched_contact(ticket)
}

fn contact_offered(floor: &mut Floor, at: Millis, offer: &Offer) -> Touched {
    let Some((ticket, contact)) = floor.contact_of(&offer.contact) else {
        return Touched::default();
    };
    if contact.stage != Stage::Waiting {
        return Touched::default();
    }
    let served = (contact.round == 0 && contact.queued_at < at).then_some(contact.queue);
    if let Some(queue) = served {
        floor.queues[queue as usize].pace.left(at);
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
        floor.forget_callback(ticket);
        floor.set_stage(ticket, Stage::Held { agent });
    }
    Touched::default()
}

fn offer_ended(floor: &mut Floor, at: Millis, offer: &Answer, why: OfferEnd, not_before: Millis) -> Touched {
    let Some((ticket, agent)) = open_offer(floor, offer) else {
        return Touched::default();
    };
    floor.load(agent, ticket, false, None);
    floor.begins_to_wait(ticket, at);
    floor.set_stage(ticket, Stage::Waiting);
    if why == OfferEnd::Declined {
        floor.pause(ticket, Pause { agent, round: offer.round, until: not_before });
    }
    Touched { contact: Some(ticket), agent: Some(agent), everybody: false }
}

fn contact_released(floor: &mut Floor, id: &Id) -> Touched {
    let Some(ticket) = floor.contacts.ticket(id) else {
        return Touched::default();
    };
    floor.change_contact(ticket, |contact| (contact.only, contact.only_until) = (None, None));
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
    floor.forget_callback(ticket);
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
