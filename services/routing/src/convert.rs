//! Protobuf to the core's types and back. No decisions.

mod event;
mod view;

use std::collections::BTreeMap;

use chassis::refusal::Refusal;
use proto::routing::v1::{self as pb, execute_request};

pub(crate) use event::{from_event, to_event};
pub(crate) use view::{from_agent, from_contact, from_figures, unknown_agent};

use crate::{
    error::invalid,
    floor::{AgentProfile, Answer, Availability, Channel, Command, ContactEnd, Id, Queue, Skills},
};

/// The command that a request asks for.
///
/// # Errors
/// A required field is unset or an enum value unknown.
pub(crate) fn to_command(what: execute_request::What) -> Result<Command, Refusal> {
    Ok(match what {
        execute_request::What::DefineQueue(ask) => {
            Command::DefineQueue(required(ask.queue.and_then(to_queue), "queue")?)
        }
        execute_request::What::DefineAgent(ask) => Command::DefineAgent(AgentProfile {
            id: ask.agent_id.into(),
            name: ask.name.into(),
            skills: to_skills(ask.skills),
            capacities: required(to_capacities(&ask.capacities), "capacities")?,
        }),
        execute_request::What::SetAvailability(ask) => Command::SetAvailability {
            availability: required(to_availability(ask.availability()), "availability")?,
            agent: ask.agent_id.into(),
            reason: ask.reason.into(),
        },
        execute_request::What::Enqueue(ask) => Command::Enqueue {
            contact: ask.contact_id.into(),
            queue: ask.queue_id.into(),
            priority: ask.priority,
            only_agent: to_optional(ask.only_agent_id),
        },
        execute_request::What::Accept(ask) => {
            Command::Accept(Answer { contact: ask.contact_id.into(), round: ask.round, agent: ask.agent_id.into() })
        }
        execute_request::What::Decline(ask) => {
            Command::Decline(Answer { contact: ask.contact_id.into(), round: ask.round, agent: ask.agent_id.into() })
        }
        execute_request::What::EndContact(ask) => Command::EndContact {
            contact: ask.contact_id.into(),
            why: if ask.withdrawn { ContactEnd::Withdrawn } else { ContactEnd::Completed },
        },
    })
}

fn required<T>(value: Option<T>, field: &str) -> Result<T, Refusal> {
    value.ok_or_else(|| invalid(format!("{field} is unset or unknown")))
}

fn to_optional(id: String) -> Option<Id> {
    (!id.is_empty()).then(|| id.into())
}

fn to_queue(queue: pb::Queue) -> Option<Queue> {
    Some(Queue {
        channel: to_channel(queue.channel())?,
        id: queue.queue_id.into(),
        skills: to_skills(queue.skills),
        priority: queue.priority,
        offer_timeout_ms: queue.offer_timeout_ms,
    })
}

fn from_queue(queue: &Queue) -> pb::Queue {
    pb::Queue {
        queue_id: queue.id.to_string(),
        channel: from_channel(queue.channel).into(),
        skills: from_skills(&queue.skills),
        priority: queue.priority,
        offer_timeout_ms: queue.offer_timeout_ms,
    }
}

fn to_skills(skills: Vec<pb::Skill>) -> Skills {
    skills.into_iter().map(|skill| (skill.name.into(), skill.level)).collect::<BTreeMap<_, _>>()
}

fn from_skills(skills: &Skills) -> Vec<pb::Skill> {
    skills.iter().map(|(name, level)| pb::Skill { name: name.to_string(), level: *level }).collect()
}

fn to_capacities(capacities: &[pb::Capacity]) -> Option<[u32; Channel::COUNT]> {
    let mut limits = [0; Channel::COUNT];
    for capacity in capacities {
        limits[to_channel(capacity.channel())?.index()] = capacity.limit;
    }
    Some(limits)
}

fn from_capacities(limits: &[u32; Channel::COUNT]) -> Vec<pb::Capacity> {
    let channels = Channel::ALL.into_iter();
    channels
        .map(|channel| pb::Capacity { channel: from_channel(channel).into(), limit: limits[channel.index()] })
        .collect()
}

fn to_channel(channel: pb::Channel) -> Option<Channel> {
    match channel {
        pb::Channel::Unspecified => None,
        pb::Channel::Chat => Some(Channel::Chat),
    }
}

fn from_channel(channel: Channel) -> pb::Channel {
    match channel {
        Channel::Chat => pb::Channel::Chat,
    }
}

fn to_availability(availability: pb::Availability) -> Option<Availability> {
    match availability {
        pb::Availability::Unspecified => None,
        pb::Availability::Offline => Some(Availability::Offline),
        pb::Availability::Ready => Some(Availability::Ready),
        pb::Availability::Away => Some(Availability::Away),
    }
}

fn from_availability(availability: Availability) -> pb::Availability {
    match availability {
        Availability::Offline => pb::Availability::Offline,
        Availability::Ready => pb::Availability::Ready,
        Availability::Away => pb::Availability::Away,
    }
}
