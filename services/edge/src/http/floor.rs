//! Queues and the floor, for supervisors.

mod agents;
mod callbacks;
mod changes;
mod contacts;
mod queues;
mod settings;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use proto::routing::v1::{self as routing, GetFloorRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{error::ApiError, extract::Supervisor};
use crate::{door::App, frames::Availability, link::conversation_of};
pub(crate) use agents::{AgentRules, Forced, ListedAgent};
pub(super) use agents::{list as list_agents, set as set_agent, set_availability};
pub(crate) use callbacks::{CallbackMade, CallbackWish};
pub(super) use callbacks::{cancel_callback, make_callback};
pub(crate) use changes::{ChangeBody, Undone};
pub(super) use changes::{list as list_changes, undo as undo_change};
pub(crate) use contacts::{PlaceBody, Why};
pub(super) use contacts::{place, why};
pub(crate) use queues::{ChannelWord, ListedQueue, QueueBody, QueueNow};
pub(super) use queues::{list as list_queues, put as put_queue, set as set_queue};
pub(crate) use settings::{CalendarBody, PrioritiesBody, ReasonBody};
pub(super) use settings::{calendars, priorities, reasons, set_calendar, set_priorities, set_reasons};

/// A skill.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Skill")]
pub(crate) struct SkillBody {
    /// 1 to 40 characters of [a-z0-9_-].
    name: String,
    /// 1 (beginner) to 5 (expert).
    level: u32,
    /// Of a queue: only asked for until `relax_after_ms`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    preferred: bool,
    /// Of a preferred skill: 1,000 to 3,600,000; 0 or absent means 30,000.
    #[serde(default, skip_serializing_if = "is_zero")]
    relax_after_ms: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl From<&routing::Skill> for SkillBody {
    fn from(skill: &routing::Skill) -> Self {
        Self {
            name: skill.name.clone(),
            level: skill.level,
            preferred: skill.preferred,
            relax_after_ms: skill.relax_after_ms,
        }
    }
}

impl From<SkillBody> for routing::Skill {
    fn from(skill: SkillBody) -> Self {
        Self { name: skill.name, level: skill.level, preferred: skill.preferred, relax_after_ms: skill.relax_after_ms }
    }
}

/// How many chats an agent takes at once.
pub(super) fn chat_capacity(agent: &routing::Agent) -> u32 {
    let chat = agent.capacities.iter().find(|capacity| capacity.channel() == routing::Channel::Chat);
    chat.map_or(0, |capacity| capacity.limit)
}

/// The floor as routing has it.
async fn read(app: &App, with_lists: bool, limit: u32) -> Result<routing::GetFloorResponse, ApiError> {
    let request = GetFloorRequest { floor: app.routing.floor.clone(), with_lists, limit };
    Ok(app.routing.client.clone().get_floor(request).await?.into_inner())
}

/// The floor as this site knows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Floor")]
pub(crate) struct FloorBody {
    /// Who owns it, `<site>.<service>.<instance>`; empty when nobody does.
    owner: String,
    /// The owner's epoch.
    epoch: u64,
    /// Contacts waiting.
    waiting: u32,
    /// Contacts offered.
    offered: u32,
    /// Contacts held.
    held: u32,
    /// Agents ready.
    ready: u32,
    /// Longest wait now.
    longest_wait_ms: u64,
    /// The queues.
    queues: Vec<QueueNow>,
    /// The agents.
    agents: Vec<AgentBody>,
    /// The contacts, in the order they will be served.
    contacts: Vec<ContactBody>,
}

/// An agent on the floor.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Agent")]
pub(crate) struct AgentBody {
    /// The account's id.
    id: String,
    /// Display name.
    name: String,
    /// What they say.
    availability: Availability,
    /// Why they are away.
    reason: String,
    /// When it last changed, milliseconds since the Unix epoch.
    since: u64,
    /// Chats held or offered at once.
    limit: u32,
    /// Team or partner; empty: none.
    unit: String,
    /// What they take at once, by channel.
    capacities: Vec<agents::CapacityBody>,
    /// Only contacts of these segments; empty: all.
    reserved_for: Vec<String>,
    /// When the work after a contact is over at the latest, milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_work_until: Option<u64>,
    /// What they can do.
    skills: Vec<SkillBody>,
    /// Contacts they hold.
    holding: Vec<String>,
    /// Contacts offered to them.
    offers: Vec<String>,
}

/// A contact on the floor.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Contact")]
pub(crate) struct ContactBody {
    /// The contact.
    contact: String,
    /// Its queue.
    queue: String,
    /// 0 to 9, added to the queue's.
    priority: u32,
    /// `waiting`, `offered` or `held`.
    state: &'static str,
    /// When it began to wait, milliseconds since the Unix epoch.
    enqueued: u64,
    /// Who holds or is offered it; empty while waiting.
    agent: String,
    /// Its conversation.
    conversation: String,
    /// Its channel.
    channel: ChannelWord,
    /// The customer's segment; empty: none.
    segment: String,
    /// Why the customer came; empty: not said.
    reason: String,
    /// Its place in the queue, from 1, while it waits; 0 otherwise.
    place: u32,
    /// How long it will still wait as far as can be said.
    expected_wait_ms: u64,
    /// Not offered before, milliseconds since the Unix epoch; 0: at its turn.
    not_before: u64,
}

impl From<routing::Agent> for AgentBody {
    fn from(agent: routing::Agent) -> Self {
        let availability = match agent.availability() {
            routing::Availability::Ready => Availability::Ready,
            routing::Availability::Away => Availability::Away,
            routing::Availability::AfterWork => Availability::AfterWork,
            routing::Availability::Offline | routing::Availability::Unspecified => Availability::Offline,
        };
        Self {
            limit: chat_capacity(&agent),
            capacities: agent.capacities.iter().map(agents::CapacityBody::from).collect(),
            unit: agent.unit,
            reserved_for: agent.reserved_for,
            after_work_until: (agent.after_work_until_ms > 0).then_some(agent.after_work_until_ms),
            id: agent.agent_id,
            name: agent.name,
            availability,
            reason: agent.reason,
            since: agent.since_ms,
            skills: agent.skills.iter().map(SkillBody::from).collect(),
            holding: agent.holding,
            offers: agent.offers.into_iter().map(|offer| offer.contact_id).collect(),
        }
    }
}

impl From<routing::Contact> for ContactBody {
    fn from(contact: routing::Contact) -> Self {
        let state = match contact.state() {
            routing::ContactState::Offered => "offered",
            routing::ContactState::Held => "held",
            routing::ContactState::Waiting | routing::ContactState::Unspecified => "waiting",
        };
        Self {
            conversation: conversation_of(&contact.contact_id).to_owned(),
            channel: contact.channel().into(),
            segment: contact.segment,
            reason: contact.reason,
            place: contact.place,
            expected_wait_ms: contact.expected_wait_ms,
            not_before: contact.not_before_ms,
            contact: contact.contact_id,
            queue: contact.queue_id,
            priority: contact.priority,
            state,
            enqueued: contact.enqueued_at_ms,
            agent: contact.agent_id,
        }
    }
}

/// Query of `GET /api/v1/floor`.
#[derive(Deserialize)]
pub(super) struct Limit {
    /// Contacts listed, 1 to 1,000.
    #[serde(default)]
    limit: u32,
}

/// The floor in figures and lists.
pub(super) async fn floor(
    State(app): State<Arc<App>>,
    _: Supervisor,
    Query(Limit { limit }): Query<Limit>,
) -> Result<Json<FloorBody>, ApiError> {
    let floor = read(&app, true, limit).await?;
    Ok(Json(FloorBody {
        owner: floor.owner,
        epoch: floor.epoch,
        waiting: floor.waiting,
        offered: floor.offered,
        held: floor.held,
        ready: floor.ready,
        longest_wait_ms: floor.longest_wait_ms,
        queues: floor.queues.into_iter().map(QueueNow::from).collect(),
        agents: floor.agents.into_iter().map(AgentBody::from).collect(),
        contacts: floor.contacts.into_iter().map(ContactBody::from).collect(),
    }))
}
