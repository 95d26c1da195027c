//! Protobuf to the core's types and back. No decisions.

mod event;
mod rules;
mod view;

use chassis::refusal::Refusal;
use proto::routing::v1::{self as pb, execute_request};

pub(crate) use event::{from_event, to_event};
pub(crate) use rules::from_change;
use rules::{to_capacities, to_ids, to_queue, to_setting, to_skills};
pub(crate) use view::{from_agent, from_contact, from_explanation, from_figures, from_places, unknown_agent};

use crate::{
    error::invalid,
    floor::{AgentProfile, Answer, Availability, Channel, Command, ContactEnd, Due, Engage, Enqueue, Id},
};

/// The command that a request asks for.
///
/// # Errors
/// A required field is unset or an enum value unknown.
pub(crate) fn to_command(request: pb::ExecuteRequest) -> Result<Command, Refusal> {
    let command = to_plain(request.what.ok_or_else(|| invalid("what is unset"))?)?;
    if request.changed_by.is_empty() {
        return Ok(command);
    }
    if request.changed_by.chars().count() > 80 {
        return Err(invalid("changed_by: at most 80 characters"));
    }
    Ok(Command::As { who: request.changed_by.into(), command: Box::new(command) })
}

fn to_plain(what: execute_request::What) -> Result<Command, Refusal> {
    Ok(match what {
        execute_request::What::DefineQueue(ask) => {
            Command::DefineQueue(required(ask.queue.and_then(to_queue), "queue")?)
        }
        execute_request::What::DefineAgent(ask) => Command::DefineAgent(AgentProfile {
            id: ask.agent_id.into(),
            name: ask.name.into(),
            unit: ask.unit.into(),
            skills: to_skills(ask.skills),
            capacities: required(to_capacities(&ask.capacities), "capacities")?,
            reserved_for: to_ids(ask.reserved_for),
        }),
        execute_request::What::SetAvailability(ask) => Command::SetAvailability {
            availability: required(to_availability(ask.availability()), "availability")?,
            agent: ask.agent_id.into(),
            reason: ask.reason.into(),
        },
        execute_request::What::Enqueue(ask) => Command::Enqueue(Enqueue {
            contact: ask.contact_id.into(),
            queue: ask.queue_id.into(),
            priority: ask.priority,
            only_agent: to_optional(ask.only_agent_id),
            preferred_agent: to_optional(ask.preferred_agent_id),
            preferred_for_ms: ask.preferred_for_ms,
            callback: ask.callback.then(|| Due(Some(ask.callback_at_ms).filter(|at| *at > 0))),
            segment: ask.segment.into(),
            reason: ask.reason.into(),
            customer: ask.customer_key.into(),
        }),
        execute_request::What::Engage(ask) => Command::Engage(Engage {
            contact: ask.contact_id.into(),
            queue: ask.queue_id.into(),
            agent: to_optional(ask.agent_id),
            customer: ask.customer_key.into(),
        }),
        execute_request::What::DefineSetting(ask) => {
            Command::DefineSetting(required(ask.setting.and_then(to_setting), "setting")?)
        }
        execute_request::What::MakeCallback(ask) => {
            Command::MakeCallback { contact: ask.contact_id.into(), at: to_time(ask.at_ms) }
        }
        execute_request::What::CancelCallback(ask) => Command::CancelCallback { contact: ask.contact_id.into() },
        execute_request::What::UndoChange(ask) => Command::Undo { change: ask.change },
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

/// 0 says that there is none.
fn to_time(ms: u64) -> Option<u64> {
    (ms > 0).then_some(ms)
}

fn to_channel(channel: pb::Channel) -> Option<Channel> {
    match channel {
        pb::Channel::Unspecified => None,
        pb::Channel::Chat => Some(Channel::Chat),
        pb::Channel::Voice => Some(Channel::Voice),
        pb::Channel::Mail => Some(Channel::Mail),
        pb::Channel::Callback => Some(Channel::Callback),
        pb::Channel::Task => Some(Channel::Task),
    }
}

fn from_channel(channel: Channel) -> pb::Channel {
    match channel {
        Channel::Chat => pb::Channel::Chat,
        Channel::Voice => pb::Channel::Voice,
        Channel::Mail => pb::Channel::Mail,
        Channel::Callback => pb::Channel::Callback,
        Channel::Task => pb::Channel::Task,
    }
}

fn to_availability(availability: pb::Availability) -> Option<Availability> {
    match availability {
        pb::Availability::Unspecified => None,
        pb::Availability::Offline => Some(Availability::Offline),
        pb::Availability::Ready => Some(Availability::Ready),
        pb::Availability::Away => Some(Availability::Away),
        pb::Availability::AfterWork => Some(Availability::AfterWork),
    }
}

fn from_availability(availability: Availability) -> pb::Availability {
    match availability {
        Availability::Offline => pb::Availability::Offline,
        Availability::Ready => pb::Availability::Ready,
        Availability::Away => pb::Availability::Away,
        Availability::AfterWork => pb::Availability::AfterWork,
    }
}
