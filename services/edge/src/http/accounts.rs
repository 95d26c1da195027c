//! Accounts, for supervisors. What an agent can do is `routing`'s; both are set together.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::{
    Secret,
    refusal::{Code, Refusal},
};
use proto::routing::v1::{self as routing, DefineAgent, GetFloorRequest, SetAvailability, execute_request::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    error::ApiError,
    extract::{Body, Client, Supervisor},
    floor::{SkillBody, chat_capacity},
};
use crate::{
    accounts::{Opened, SetAccount},
    door::App,
    frames::Role,
};

/// Chats at once of an agent whose capacity nobody said.
const CHAT_CAPACITY: u32 = 4;

/// Body of `POST /api/v1/accounts`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetAccount")]
pub(crate) struct SetBody {
    /// 1 to 40 characters of [a-z0-9._-].
    login: String,
    /// Display name, 1 to 100 characters.
    name: String,
    /// `agent`, `supervisor` or `reporter`.
    role: Role,
    /// 8 characters at least. Absent: an account that exists keeps its own.
    #[serde(default)]
    password: Option<String>,
    /// What they can do; replaces what they could. Absent: as it is.
    #[serde(default)]
    skills: Option<Vec<SkillBody>>,
    /// Chats held or offered at once, 0 to 20. Absent: as it is, 4 at first.
    #[serde(default)]
    chat_capacity: Option<u32>,
}

/// An account in the list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedAccount")]
pub(crate) struct Listed {
    /// Its id.
    id: String,
    /// What it signs in with.
    login: String,
    /// Display name.
    name: String,
    /// What it may do.
    role: Role,
    /// It can no longer sign in.
    disabled: bool,
    /// Absent while routing is out of reach, or does not know them.
    #[serde(skip_serializing_if = "Option::is_none")]
    skills: Option<Vec<SkillBody>>,
    /// Absent as `skills`.
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_capacity: Option<u32>,
}

/// Every account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Accounts")]
pub(crate) struct List {
    /// By login.
    accounts: Vec<Listed>,
}

fn listed(account: Opened, agent: Option<&routing::Agent>) -> Listed {
    let Opened { id, login, name, role, disabled } = account;
    let skills = agent.map(|agent| agent.skills.iter().map(SkillBody::from).collect());
    Listed { id, login, name, role, disabled, skills, chat_capacity: agent.map(chat_capacity) }
}

/// Lists them.
pub(super) async fn list(State(app): State<Arc<App>>, _: Supervisor) -> Result<Json<List>, ApiError> {
    let accounts = app.accounts.list().await?;
    let agents = agents(&app).await.unwrap_or_default();
    let accounts = accounts.into_iter().map(|account| {
        let agent = agents.get(&account.id);
        listed(account, agent)
    });
    Ok(Json(List { accounts: accounts.collect() }))
}

/// Creates or changes one.
pub(super) async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<SetBody>,
) -> Result<Json<Listed>, ApiError> {
    let outcome = set_both(&app, &by.id, body).await;
    let (subject, word) = match &outcome {
        Ok(account) => (account.id.as_str(), "ok"),
        Err(refusal) => ("", refusal.reason.as_ref()),
    };
    client.note(&app, &by.id, "account_set", subject, word);
    Ok(Json(outcome?))
}

async fn set_both(app: &App, by: &str, body: SetBody) -> Result<Listed, Refusal> {
    let SetBody { login, name, role, password, skills, chat_capacity: limit } = body;
    let account = SetAccount { login, name, role, password: password.map(Secret::new) };
    if role == Role::Reporter {
        return Ok(listed(set_machine(app, by, account).await?, None));
    }
    // What routing knows is read first: nothing is stored while it could not be stored whole.
    let known = agents(app).await?;
    let account = app.accounts.set(account).await?;
    let known = known.get(&account.id);
    let skills = match skills {
        Some(skills) => skills.into_iter().map(routing::Skill::from).collect(),
        None => known.map(|agent| agent.skills.clone()).unwrap_or_default(),
    };
    let limit = limit.unwrap_or_else(|| known.map_or(CHAT_CAPACITY, chat_capacity));
    let capacities = with_chats(known, limit);
    let define = DefineAgent {
        agent_id: account.id.clone(),
        name: account.name.clone(),
        skills: skills.clone(),
        capacities: capacities.clone(),
        unit: known.map(|agent| agent.unit.clone()).unwrap_or_default(),
        reserved_for: known.map(|agent| agent.reserved_for.clone()).unwrap_or_default(),
    };
    app.routing.execute_by(by, What::DefineAgent(define)).await?;
    let agent = routing::Agent { skills, capacities, ..routing::Agent::default() };
    Ok(listed(account, Some(&agent)))
}

/// A machine is on no floor: somebody who was is taken off it.
async fn set_machine(app: &App, by: &str, account: SetAccount) -> Result<Opened, Refusal> {
    let known = app.accounts.credentials(&account.login).await?.map(|(account, _)| account);
    not_own(known.as_ref(), by)?;
    let was_somebody = known.is_some_and(|account| account.role != Role::Reporter);
    let account = app.accounts.set(account).await?;
    if was_somebody {
        off_the_floor(app, &account, "reporter").await;
    }
    Ok(account)
}

/// What the agent takes of other channels stays as it is.
fn with_chats(known: Option<&routing::Agent>, limit: u32) -> Vec<routing::Capacity> {
    let mut capacities = known.map(|agent| agent.capacities.clone()).unwrap_or_default();
    match capacities.iter_mut().find(|capacity| capacity.channel() == routing::Channel::Chat) {
        Some(chat) => chat.limit = limit,
        None => capacities.push(routing::Capacity {
            channel: routing::Channel::Chat.into(),
            limit,
            ..routing::Capacity::default()
        }),
    }
    capacities
}

async fn agents(app: &App) -> Result<HashMap<String, routing::Agent>, Refusal> {
    let request = GetFloorRequest { floor: app.routing.floor.clone(), with_lists: true, limit: 1 };
    let floor = app.routing.client.clone().get_floor(request).await.map_err(|status| Refusal::from(&status))?;
    Ok(floor.into_inner().agents.into_iter().map(|agent| (agent.agent_id.clone(), agent)).collect())
}

/// Disables one: it can no longer sign in, its tokens are refused, and it gets no more work.
pub(super) async fn disable(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(login): Path<String>,
) -> Result<Json<Listed>, ApiError> {
    let outcome = disable_both(&app, &by.id, &login).await;
    let (subject, word) = match &outcome {
        Ok(account) => (account.id.as_str(), "ok"),
        Err(refusal) => ("", refusal.reason.as_ref()),
    };
    client.note(&app, &by.id, "account_disable", subject, word);
    Ok(Json(listed(outcome?, None)))
}

async fn disable_both(app: &App, by: &str, login: &str) -> Result<Opened, Refusal> {
    not_own(app.accounts.credentials(login).await?.map(|(account, _)| account).as_ref(), by)?;
    let account = app.accounts.disable(login).await?;
    off_the_floor(app, &account, "disabled").await;
    Ok(account)
}

fn not_own(account: Option<&Opened>, by: &str) -> Result<(), Refusal> {
    if account.is_none_or(|account| account.id != by) {
        return Ok(());
    }
    let message = "nobody shuts their own account out: the last supervisor would be locked out";
    Err(Refusal::new(Code::FailedPrecondition, "own_account", message))
}

/// Of somebody whom the floor never knew there is nothing to say; else presence sets them away later.
async fn off_the_floor(app: &App, account: &Opened, reason: &str) {
    let offline = SetAvailability {
        agent_id: account.id.clone(),
        availability: routing::Availability::Offline.into(),
        reason: reason.to_owned(),
    };
    if let Err(refusal) = app.routing.execute(What::SetAvailability(offline)).await {
        tracing::warn!(reason = %refusal.reason, "an agent who is none any more is not offline yet");
    }
}
