//! What agents can do and what they say, for supervisors; who is there, for agents.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use proto::routing::v1::{self as routing, DefineAgent, SetAvailability, execute_request::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AgentBody, ChannelWord, SkillBody, read};
use crate::{
    door::App,
    frames::Availability,
    http::{
        error::ApiError,
        extract::{Agent, Body, Client, Supervisor},
    },
};

/// What an agent takes of a channel.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Capacity")]
pub(crate) struct CapacityBody {
    /// The channel.
    channel: ChannelWord,
    /// Contacts held or offered at once, 0 to 20.
    limit: u32,
    /// What each takes of the agent, 0 to 100; all together at most 100.
    #[serde(default)]
    weight: u32,
    /// Channels whose contacts in hand do not keep one of this channel out.
    #[serde(default)]
    interrupts: Vec<ChannelWord>,
}

impl From<&routing::Capacity> for CapacityBody {
    fn from(capacity: &routing::Capacity) -> Self {
        Self {
            channel: capacity.channel().into(),
            limit: capacity.limit,
            weight: capacity.weight,
            interrupts: capacity.interrupts().map(ChannelWord::from).collect(),
        }
    }
}

impl From<CapacityBody> for routing::Capacity {
    fn from(body: CapacityBody) -> Self {
        Self {
            channel: routing::Channel::from(body.channel).into(),
            limit: body.limit,
            weight: body.weight,
            interrupts: body.interrupts.into_iter().map(|word| routing::Channel::from(word).into()).collect(),
        }
    }
}

/// What an agent can do.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AgentRules")]
pub(crate) struct AgentRules {
    /// Display name, at most 100 characters.
    name: String,
    /// Team or partner; empty: none.
    #[serde(default)]
    unit: String,
    /// Their skills.
    #[serde(default)]
    skills: Vec<SkillBody>,
    /// What they take at once.
    capacities: Vec<CapacityBody>,
    /// Only contacts of these segments; empty: all.
    #[serde(default)]
    reserved_for: Vec<String>,
}

impl From<&routing::Agent> for AgentRules {
    fn from(agent: &routing::Agent) -> Self {
        Self {
            name: agent.name.clone(),
            unit: agent.unit.clone(),
            skills: agent.skills.iter().map(SkillBody::from).collect(),
            capacities: agent.capacities.iter().map(CapacityBody::from).collect(),
            reserved_for: agent.reserved_for.clone(),
        }
    }
}

/// Sets what an agent can do.
pub(in crate::http) async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(body): Body<AgentRules>,
) -> Result<Json<AgentRules>, ApiError> {
    let rules = body.clone();
    let define = DefineAgent {
        agent_id: id.clone(),
        name: rules.name,
        unit: rules.unit,
        skills: rules.skills.into_iter().map(routing::Skill::from).collect(),
        capacities: rules.capacities.into_iter().map(routing::Capacity::from).collect(),
        reserved_for: rules.reserved_for,
    };
    let outcome = app.routing.execute_by(&by.id, What::DefineAgent(define)).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "agent_set", &id, word);
    outcome?;
    Ok(Json(body))
}

/// A state that a supervisor sets.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Forced")]
pub(crate) struct Forced {
    /// From now on.
    availability: Availability,
    /// Why, at most 100 characters.
    #[serde(default)]
    reason: String,
}

impl From<&routing::ForcedState> for Forced {
    fn from(forced: &routing::ForcedState) -> Self {
        let availability = match forced.availability() {
            routing::Availability::Ready => Availability::Ready,
            routing::Availability::Away => Availability::Away,
            routing::Availability::AfterWork => Availability::AfterWork,
            routing::Availability::Offline | routing::Availability::Unspecified => Availability::Offline,
        };
        Self { availability, reason: forced.reason.clone() }
    }
}

/// Forces an agent's state.
pub(in crate::http) async fn set_availability(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(body): Body<Forced>,
) -> Result<Json<Forced>, ApiError> {
    let availability = match body.availability {
        Availability::Ready => routing::Availability::Ready,
        Availability::Away => routing::Availability::Away,
        Availability::AfterWork => routing::Availability::AfterWork,
        Availability::Offline => routing::Availability::Offline,
    };
    let set = SetAvailability { agent_id: id.clone(), availability: availability.into(), reason: body.reason.clone() };
    let outcome = app.routing.execute_by(&by.id, What::SetAvailability(set)).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "agent_availability", &id, word);
    outcome?;
    Ok(Json(body))
}

/// An agent as colleagues see them, to transfer to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedAgent")]
pub(crate) struct ListedAgent {
    /// The account's id.
    id: String,
    /// Display name.
    name: String,
    /// Team or partner; empty: none.
    unit: String,
    /// What they say.
    availability: Availability,
}

/// Lists the agents.
pub(in crate::http) async fn list(State(app): State<Arc<App>>, _: Agent) -> Result<Json<Vec<ListedAgent>>, ApiError> {
    let agents = read(&app, true, 1).await?.agents.into_iter().map(AgentBody::from);
    let listed = |agent: AgentBody| ListedAgent {
        id: agent.id,
        name: agent.name,
        unit: agent.unit,
        availability: agent.availability,
    };
    Ok(Json(agents.map(listed).collect()))
}
