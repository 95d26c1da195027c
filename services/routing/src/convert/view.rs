//! What is shown of a floor.

use proto::routing::v1 as pb;

use super::{event::from_offer, from_availability, from_capacities, from_queue, from_skills};
use crate::floor::{AgentView, ContactView, Figures, Floor, Millis, Stage};

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
    }
}

/// The floor in figures at `now`; with a limit, also in lists.
pub(crate) fn from_figures(floor: &Floor, now: Millis, lists: Option<usize>) -> pb::GetFloorResponse {
    let Figures { waiting, offered, held, ready, waiting_since } = floor.figures();
    let mut response = pb::GetFloorResponse {
        waiting: waiting as u32,
        offered: offered as u32,
        held: held as u32,
        ready: ready as u32,
        longest_wait_ms: waiting_since.map_or(0, |since| now.saturating_sub(since)),
        queues: floor.queues().map(from_queue).collect(),
        ..pb::GetFloorResponse::default()
    };
    if let Some(limit) = lists {
        response.agents = floor.agents().map(|agent| from_agent(&agent)).collect();
        response.contacts = floor.contacts(limit).iter().map(from_contact).collect();
    }
    response
}
