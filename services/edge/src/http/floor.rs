//! Queues and the floor, for supervisors.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use proto::routing::v1::{self as routing, DefineQueue, GetFloorRequest, execute_request::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    error::ApiError,
    extract::{Body, Client, Supervisor},
};
use crate::{door::App, frames::Availability};

/// A skill.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Skill")]
pub(crate) struct SkillBody {
    /// 1 to 40 characters of [a-z0-9_-].
    name: String,
    /// 1 (beginner) to 5 (expert).
    level: u32,
}

impl From<&routing::Skill> for SkillBody {
    fn from(skill: &routing::Skill) -> Self {
        Self { name: skill.name.clone(), level: skill.level }
    }
}

impl From<SkillBody> for routing::Skill {
    fn from(skill: SkillBody) -> Self {
        Self { name: skill.name, level: skill.level, ..Self::default() }
    }
}

/// How many chats an agent takes at once.
pub(super) fn chat_capacity(agent: &routing::Agent) -> u32 {
    let chat = agent.capacities.iter().find(|capacity| capacity.channel() == routing::Channel::Chat);
    chat.map_or(0, |capacity| capacity.limit)
}

/// Rules of a queue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Queue")]
pub(crate) struct QueueBody {
    /// 1 to 40 characters of [a-z0-9_-].
    queue: String,
    /// All are required of an agent, with these levels at least.
    #[serde(default)]
    skills: Vec<SkillBody>,
    /// 0 (lowest) to 9.
    #[serde(default)]
    priority: u32,
    /// 1,000 to 120,000; 0 or absent means 20,000.
    #[serde(default)]
    offer_timeout_ms: u32,
}

impl From<routing::Queue> for QueueBody {
    fn from(queue: routing::Queue) -> Self {
        Self {
            skills: queue.skills.iter().map(SkillBody::from).collect(),
            queue: queue.queue_id,
            priority: queue.priority,
            offer_timeout_ms: queue.offer_timeout_ms,
        }
    }
}

/// Creates or changes a queue.
pub(super) async fn set_queue(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<QueueBody>,
) -> Result<Json<QueueBody>, ApiError> {
    let queue = routing::Queue {
        queue_id: body.queue.clone(),
        channel: routing::Channel::Chat.into(),
        skills: body.skills.iter().cloned().map(routing::Skill::from).collect(),
        priority: body.priority,
        offer_timeout_ms: body.offer_timeout_ms,
        ..routing::Queue::default()
    };
    let outcome = app.routing.execute(What::DefineQueue(DefineQueue { queue: Some(queue) })).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "queue_set", &body.queue, word);
    outcome?;
    Ok(Json(body))
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
    queues: Vec<QueueBody>,
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
    let request = GetFloorRequest { floor: app.routing.floor.clone(), with_lists: true, limit };
    let floor = app.routing.client.clone().get_floor(request).await?.into_inner();
    Ok(Json(FloorBody {
        owner: floor.owner,
        epoch: floor.epoch,
        waiting: floor.waiting,
        offered: floor.offered,
        held: floor.held,
        ready: floor.ready,
        longest_wait_ms: floor.longest_wait_ms,
        queues: floor.queues.into_iter().map(QueueBody::from).collect(),
        agents: floor.agents.into_iter().map(AgentBody::from).collect(),
        contacts: floor.contacts.into_iter().map(ContactBody::from).collect(),
    }))
}
