//! What supervisors changed, and taking it back.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use proto::routing::v1::{self as routing, ListChangesRequest, UndoChange, changeable, execute_request::What, setting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    QueueBody,
    agents::{AgentRules, Forced},
    settings::{CalendarBody, PrioritiesBody, ReasonBody},
};
use crate::{
    door::App,
    http::{
        error::ApiError,
        extract::{Client, Supervisor},
    },
};

/// One change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub(crate) struct ChangeBody {
    /// Its number.
    change: u64,
    /// When, milliseconds since the Unix epoch.
    at: u64,
    /// Who: an account's id; empty: not said.
    by: String,
    /// `queue`, `agent`, `calendar`, `reasons`, `priorities` or `forced`: a state that somebody else than the agent set.
    kind: &'static str,
    /// The id of what was changed; empty where there is only one.
    what: String,
    /// As it was; null when it was new.
    before: Value,
    /// As it is since.
    after: Value,
    /// The change that took it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_by: Option<u64>,
    /// The change that it took back.
    #[serde(skip_serializing_if = "Option::is_none")]
    undoes: Option<u64>,
}

impl From<routing::Change> for ChangeBody {
    fn from(change: routing::Change) -> Self {
        let (kind, what, after) = shown(change.after.as_ref());
        let some = |number: u64| (number > 0).then_some(number);
        Self {
            change: change.change,
            at: change.at_ms,
            by: change.by,
            kind,
            what,
            before: shown(change.before.as_ref()).2,
            after,
            undone_by: some(change.undone_by),
            undoes: some(change.undoes),
        }
    }
}

fn shown(thing: Option<&routing::Changeable>) -> (&'static str, String, Value) {
    match thing.and_then(|thing| thing.what.as_ref()) {
        Some(changeable::What::Queue(queue)) => ("queue", queue.queue_id.clone(), json!(QueueBody::from(queue))),
        Some(changeable::What::Agent(agent)) => ("agent", agent.agent_id.clone(), json!(AgentRules::from(agent))),
        Some(changeable::What::Setting(it)) => match &it.what {
            Some(setting::What::Calendar(calendar)) => {
                ("calendar", calendar.calendar_id.clone(), json!(CalendarBody::from(calendar)))
            }
            Some(setting::What::Reasons(reasons)) => {
                let reasons: Vec<ReasonBody> = reasons.reasons.iter().cloned().map(ReasonBody::from).collect();
                ("reasons", String::new(), json!(reasons))
            }
            Some(setting::What::Priorities(it)) => ("priorities", String::new(), json!(PrioritiesBody::from(it))),
            None => ("", String::new(), Value::Null),
        },
        Some(changeable::What::Forced(forced)) => ("forced", forced.agent_id.clone(), json!(Forced::from(forced))),
        None => ("", String::new(), Value::Null),
    }
}

/// Query of `GET /api/v1/changes`.
#[derive(Deserialize)]
pub(in crate::http) struct Limit {
    /// 1 to 200.
    #[serde(default)]
    limit: u32,
}

/// Lists the last changes, the newest first.
pub(in crate::http) async fn list(
    State(app): State<Arc<App>>,
    _: Supervisor,
    Query(Limit { limit }): Query<Limit>,
) -> Result<Json<Vec<ChangeBody>>, ApiError> {
    let request = ListChangesRequest { floor: app.routing.floor.clone(), limit };
    let changes = app.routing.client.clone().list_changes(request).await?.into_inner().changes;
    Ok(Json(changes.into_iter().map(ChangeBody::from).collect()))
}

/// Answer of `POST /api/v1/changes/{change}/undo`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Undone")]
pub(crate) struct Undone {
    /// The change taken back.
    change: u64,
}

/// Takes one change back.
pub(in crate::http) async fn undo(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(change): Path<u64>,
) -> Result<Json<Undone>, ApiError> {
    let outcome = app.routing.execute_by(&by.id, What::UndoChange(UndoChange { change })).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "change_undo", &change.to_string(), word);
    outcome?;
    Ok(Json(Undone { change }))
}
