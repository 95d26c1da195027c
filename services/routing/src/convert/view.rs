//! What is shown of a floor.

use std::collections::{HashMap, HashSet};

use proto::routing::v1 as pb;

use super::{
    event::from_offer,
    from_availability, from_channel,
    rules::{from_calendar, from_capacities, from_priorities, from_queue, from_reasons, from_skills},
};
use crate::floor::{AgentView, ContactView, Explanation, Figures, Floor, Millis, Place, Queue, QueueFigures, Stage};

pub(crate) fn from_agent(agent: &AgentView) -> pb::Agent {
    pb::Agent {
        agent_id: agent.profile.id.to_string(),
        name: agent.profile.name.to_string(),
        availability: from_availability(agent.availability).into(),
        reason: agent.reason.to_string(),
        since_ms: agent.since,
        skills: from_skills(&agent.profile.skills),
        capacities: from_capacities(&agent.profile.capacities),
        holding: agent.holding.iter().map(ToString::to_string).collect(),
        offers: agent.offers.iter().map(from_offer).collect(),
        unit: agent.profile.unit.to_string(),
        reserved_for: agent.profile.reserved_for.iter().map(ToString::to_string).collect(),
        after_work_until_ms: agent.after_work_until.unwrap_or(0),
    }
}

/// An agent whom the floor does not know.
pub(crate) fn unknown_agent(id: &str) -> pb::Agent {
    pb::Agent { agent_id: id.to_owned(), ..pb::Agent::default() }
}

pub(crate) fn from_contact(contact: &ContactView) -> pb::Contact {
    let (state, agent) = match &contact.stage {
        Stage::Waiting => (pb::ContactState::Waiting, None),
        Stage::Offered(agent) => (pb::ContactState::Offered, Some(agent)),
        Stage::Held(agent) => (pb::ContactState::Held, Some(agent)),
    };
    pb::Contact {
        contact_id: contact.id.to_string(),
        queue_id: contact.queue.to_string(),
        priority: contact.priority,
        only_agent_id: contact.only_agent.as_deref().unwrap_or_default().to_owned(),
        state: state.into(),
        enqueued_at_ms: contact.enqueued_at,
        agent_id: agent.map(ToString::to_string).unwrap_or_default(),
        segment: contact.segment.to_string(),
        reason: contact.reason.to_string(),
        customer_key: contact.customer.to_string(),
        channel: from_channel(contact.channel).into(),
        only_until_ms: contact.only_until.unwrap_or(0),
        not_before_ms: contact.not_before.unwrap_or(0),
        relaxed: contact.relaxed,
        ..pb::Contact::default()
    }
}

pub(crate) fn from_explanation(explanation: Explanation) -> pb::Explanation {
    pb::Explanation { at_ms: explanation.at, code: explanation.code.to_owned(), ja: explanation.ja, en: explanation.en }
}

/// Where the waiting contacts of these conversations stand.
pub(crate) fn from_places(floor: &Floor, conversations: &[String], now: Millis) -> Vec<pb::Place> {
    let can_call_back = floor.calls_back();
    let asked: HashSet<&str> = conversations.iter().map(String::as_str).collect();
    let place = |place: Place| {
        let conversation = place.contact.rsplit_once('.').map_or(&*place.contact, |(conversation, _)| conversation);
        if !asked.contains(conversation) {
            return None;
        }
        let opens_at_ms = place.not_before.filter(|at| *at > now).unwrap_or(0);
        Some(pb::Place {
            conversation: conversation.to_owned(),
            contact_id: place.contact.to_string(),
            place: place.place as u32,
            expected_wait_ms: place.expected_wait_ms,
            open: opens_at_ms == 0,
            opens_at_ms,
            callback: place.callback,
            can_call_back,
        })
    };
    floor.places().into_iter().filter_map(place).collect()
}

fn from_queue_now(queue: &Queue, figures: &QueueFigures, floor: &Floor, now: Millis) -> pb::Queue {
    let opens_at = floor.opens_at(&queue.id, now);
    pb::Queue {
        open: opens_at.is_none(),
        opens_at_ms: opens_at.unwrap_or(0),
        waiting: figures.waiting as u32,
        offered: figures.offered as u32,
        held: figures.held as u32,
        longest_wait_ms: figures.waiting_since.map_or(0, |since| now.saturating_sub(since)),
        expected_wait_ms: figures.expected_wait_ms,
        ..from_queue(queue)
    }
}

/// The floor in figures at `now`; with a limit, also in lists.
pub(crate) fn from_figures(floor: &Floor, now: Millis, lists: Option<usize>) -> pb::GetFloorResponse {
    let Figures { waiting, offered, held, ready, waiting_since } = floor.figures();
    let figures = floor.queue_figures();
    let queues = floor.queues().zip(&figures).map(|(queue, figures)| from_queue_now(queue, figures, floor, now));
    let mut response = pb::GetFloorResponse {
        waiting: waiting as u32,
        offered: offered as u32,
        held: held as u32,
        ready: ready as u32,
        longest_wait_ms: waiting_since.map_or(0, |since| now.saturating_sub(since)),
        queues: queues.collect(),
        ..pb::GetFloorResponse::default()
    };
    if let Some(limit) = lists {
        response.agents = floor.agents().map(|agent| from_agent(&agent)).collect();
        let places: HashMap<_, _> = floor.places().into_iter().map(|place| (place.contact.clone(), place)).collect();
        let contact = |contact: &ContactView| {
            let place = places.get(&contact.id);
            pb::Contact {
                place: place.map_or(0, |place| place.place as u32),
                expected_wait_ms: place.map_or(0, |place| place.expected_wait_ms),
                ..from_contact(contact)
            }
        };
        response.contacts = floor.contacts(limit).iter().map(contact).collect();
        response.calendars = floor.calendars().map(from_calendar).collect();
        response.reasons = Some(from_reasons(floor.reasons()));
        response.priorities = Some(from_priorities(floor.priorities()));
    }
    response
}
