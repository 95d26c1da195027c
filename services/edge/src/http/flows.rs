//! Flows of the IVR, the numbers that lead to them, and the trunks: supervisors' business.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use chassis::refusal::{Code, Refusal};
use proto::telephony::v1::{
    CheckFlowRequest, GetSettingRequest, ListSettingsRequest, ListTrunksRequest, PutSettingRequest, Setting,
    TryFlowRequest,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    calls::{person, telephony},
    error::ApiError,
    extract::{Body, Client, Supervisor},
};
use crate::door::App;

/// A flow with who changed it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StoredFlow")]
pub(crate) struct Stored {
    /// Its id.
    id: String,
    /// From 1.
    version: u32,
    /// Account of who changed it last.
    changed_by: String,
    /// When, ms since the Unix epoch.
    at: u64,
    /// The flow; docs/telephony-ivr.md has its form.
    flow: Value,
}

/// A flow and how it stood before.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StoredFlowVersions")]
pub(crate) struct StoredVersions {
    /// As it stands.
    #[serde(flatten)]
    stored: Stored,
    /// Its latest versions, at most 50, the newest last; what it is now included.
    versions: Vec<Stored>,
}

/// Flows.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StoredFlows")]
pub(crate) struct List {
    /// By id.
    flows: Vec<Stored>,
}

fn stored(setting: Setting) -> Stored {
    Stored {
        id: setting.id,
        version: setting.version,
        changed_by: setting.changed_by,
        at: setting.at_ms,
        flow: serde_json::from_str(&setting.json).unwrap_or_default(),
    }
}

/// All flows.
pub(super) async fn list(State(app): State<Arc<App>>, Supervisor(_): Supervisor) -> Result<Json<List>, ApiError> {
    let request = ListSettingsRequest { kind: "flow".to_owned() };
    let settings = telephony(&app)?.list_settings(request).await?.into_inner().settings;
    Ok(Json(List { flows: settings.into_iter().map(stored).collect() }))
}

/// One flow, with its latest versions.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Supervisor(_): Supervisor,
    Path(id): Path<String>,
) -> Result<Json<StoredVersions>, ApiError> {
    let request = GetSettingRequest { kind: "flow".to_owned(), id, with_versions: true };
    let found = telephony(&app)?.get_setting(request).await?.into_inner();
    let none = || Refusal::new(Code::NotFound, "no_such_flow", "there is no such flow");
    let versions = found.versions.into_iter().map(stored).collect();
    Ok(Json(StoredVersions { stored: stored(found.setting.ok_or_else(none)?), versions }))
}

/// Its new version.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewVersion")]
pub(crate) struct Version {
    /// From 1.
    version: u32,
}

/// Query of `PUT /api/v1/flows/{id}`.
#[derive(Deserialize)]
pub(super) struct Changed {
    /// The version that was changed; 0: there was none.
    version: Option<u32>,
}

/// Stores a flow as a new version; one with errors is refused with the linter's findings in the message. When somebody else has stored one
/// since the version that was changed, it is refused too.
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Query(changed): Query<Changed>,
    Body(flow): Body<Value>,
) -> Result<Json<Version>, ApiError> {
    let request = PutSettingRequest {
        kind: "flow".to_owned(),
        id,
        json: flow.to_string(),
        by: person(&by),
        version: changed.version,
    };
    store(&app, &by, &client, request).await
}

async fn store(
    app: &App,
    by: &crate::tokens::Identity,
    client: &Client,
    request: PutSettingRequest,
) -> Result<Json<Version>, ApiError> {
    let (kind, id) = (request.kind.clone(), request.id.clone());
    let done = telephony(app)?.put_setting(request).await.map_err(|status| Refusal::from(&status));
    let word = done.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
    client.note(app, &by.id, &format!("{kind}_changed"), &id, word);
    Ok(Json(Version { version: done?.into_inner().version }))
}

/// What the linter says.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FlowFindings")]
pub(crate) struct Findings {
    /// Whether it could be stored.
    good: bool,
    /// `{node, code, severity, ja, en}` each.
    findings: Value,
}

/// Checks a flow without storing it.
pub(super) async fn check(
    State(app): State<Arc<App>>,
    Supervisor(_): Supervisor,
    Body(flow): Body<Value>,
) -> Result<Json<Findings>, ApiError> {
    let checked = telephony(&app)?.check_flow(CheckFlowRequest { json: flow.to_string() }).await?.into_inner();
    let findings = serde_json::from_str(&checked.findings_json).unwrap_or_default();
    Ok(Json(Findings { good: checked.good, findings }))
}

/// Body of `POST /api/v1/flows/try`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TryFlow")]
pub(crate) struct TryBody {
    /// The flow.
    flow: Value,
    /// What the made-up caller does: `{"digits":"1"}`, `"silence"`, …
    #[serde(default)]
    inputs: Vec<Value>,
}

/// What the caller heard.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TriedFlow")]
pub(crate) struct Tried {
    /// The beginning, then one for each input.
    steps: Value,
}

/// Tries a flow out.
pub(super) async fn try_out(
    State(app): State<Arc<App>>,
    Supervisor(_): Supervisor,
    Body(TryBody { flow, inputs }): Body<TryBody>,
) -> Result<Json<Tried>, ApiError> {
    let inputs_json = Value::Array(inputs).to_string();
    let tried = telephony(&app)?.try_flow(TryFlowRequest { json: flow.to_string(), inputs_json }).await?.into_inner();
    Ok(Json(Tried { steps: serde_json::from_str(&tried.steps_json).unwrap_or_default() }))
}

/// Which number leads where.
pub(super) async fn numbers(State(app): State<Arc<App>>, Supervisor(_): Supervisor) -> Result<Json<Value>, ApiError> {
    let request = ListSettingsRequest { kind: "numbers".to_owned() };
    let settings = telephony(&app)?.list_settings(request).await?.into_inner().settings;
    let numbers = settings.first().and_then(|setting| serde_json::from_str(&setting.json).ok());
    Ok(Json(numbers.unwrap_or_else(|| Value::Array(Vec::new()))))
}

/// Sets it: `[{number, flow, name}]`, all of them.
pub(super) async fn put_numbers(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(numbers): Body<Value>,
) -> Result<Json<Version>, ApiError> {
    let request = PutSettingRequest {
        kind: "numbers".to_owned(),
        id: "all".to_owned(),
        json: numbers.to_string(),
        by: person(&by),
        version: None,
    };
    store(&app, &by, &client, request).await
}

/// A trunk of this site.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trunk")]
pub(crate) struct Trunk {
    /// Its name.
    trunk: String,
    /// It answers.
    up: bool,
    /// Calls now.
    calls: u32,
    /// The most there may be; 0: no limit.
    limit: u32,
    /// Calls refused because of a limit since the start.
    refused: u64,
}

/// The trunks of this site.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trunks")]
pub(crate) struct Trunks {
    /// This site.
    site: String,
    /// By name.
    trunks: Vec<Trunk>,
}

/// How the trunks stand.
pub(super) async fn trunks(State(app): State<Arc<App>>, Supervisor(_): Supervisor) -> Result<Json<Trunks>, ApiError> {
    let listed = telephony(&app)?.list_trunks(ListTrunksRequest {}).await?.into_inner();
    let trunk = |trunk: proto::telephony::v1::Trunk| Trunk {
        trunk: trunk.trunk,
        up: trunk.up,
        calls: trunk.calls,
        limit: trunk.limit,
        refused: trunk.refused,
    };
    Ok(Json(Trunks { site: listed.site, trunks: listed.trunks.into_iter().map(trunk).collect() }))
}
