//! After how long without anything somebody is erased, and whom the center must keep (docs/crm-retention.md).

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, retention_service_client::RetentionServiceClient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    audited::audited,
    desk::Removed,
    error::ApiError,
    extract::{Body, Client, Supervisor},
};
use crate::{door::App, socket::frames::is_id};

/// What a company wants; nobody is erased by time until it is set.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RetentionRules")]
pub(crate) struct Rules {
    /// Days without anything after which somebody who never ordered is erased, 30 to 36,500; 0: never.
    prospect_days: u32,
    /// The same of somebody who ordered.
    customer_days: u32,
    /// Most customers that one daily run erases, 1 to 1,000.
    most_per_run: u32,
    /// Which version this is, or was when the writer read it: `409 conflict` when somebody else was faster.
    version: u64,
}

/// The newest run.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RetentionRun")]
struct Run {
    /// When it began, milliseconds since the Unix epoch.
    began_at: u64,
    /// When it ended; 0: not yet.
    ended_at: u64,
    /// The customers that it erased.
    erased: Vec<String>,
    /// Customers that could not be erased this time.
    failed: u32,
    /// There are more: the next run takes them.
    more: bool,
}

/// Answer of `GET` and `PUT /api/v1/retention`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Retention")]
pub(crate) struct Retention {
    rules: Rules,
    /// Absent: there was none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run: Option<Run>,
}

/// Somebody whom the rules would erase.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RetentionCandidate")]
struct Candidate {
    customer: String,
    /// When anything last happened, milliseconds since the Unix epoch.
    last_at: u64,
    /// They ordered once.
    ordered: bool,
}

/// Whom rules would erase now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RetentionPreview")]
pub(crate) struct Preview {
    /// How many who never ordered.
    prospects: u32,
    /// How many who ordered.
    customers: u32,
    /// How many are old enough but kept: something is open.
    kept_open: u32,
    /// How many are old enough but kept: somebody said so.
    kept_held: u32,
    /// There are more than were looked at.
    more: bool,
    /// The first of them, at most 100, the longest silent first.
    candidates: Vec<Candidate>,
}

/// A customer who is kept.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Hold")]
pub(crate) struct Hold {
    customer: String,
    /// Why; empty: it cannot be read now.
    reason: String,
    /// Account that said it.
    by: String,
    /// When, milliseconds since the Unix epoch.
    at: u64,
}

/// Everybody who is kept, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Holds")]
pub(crate) struct Holds {
    holds: Vec<Hold>,
}

/// Body of `PUT /api/v1/customers/{id}/hold`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HoldReason")]
pub(crate) struct Reason {
    /// 1 to 500 characters.
    reason: String,
}

/// Every path of retention.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/retention", get(read).put(set))
        .route("/retention/preview", post(preview))
        .route("/holds", get(holds))
        .route("/customers/{id}/hold", axum::routing::put(hold).delete(lift))
}

fn service(app: &App) -> Result<RetentionServiceClient<Channel>, Refusal> {
    app.retention.clone().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))
}

/// What holds, and what the last run did.
async fn read(State(app): State<Arc<App>>, Supervisor(_): Supervisor) -> Result<Json<Retention>, ApiError> {
    let asked = service(&app)?.get_retention(pb::GetRetentionRequest {}).await;
    let told = asked.map_err(|status| Refusal::from(&status))?.into_inner();
    Ok(Json(Retention { rules: told.settings.unwrap_or_default().into(), last_run: told.last_run.map(Run::from) }))
}

/// Sets it.
async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<Rules>,
) -> Result<Json<Rules>, ApiError> {
    let request = pb::SetRetentionRequest { settings: Some(body.into()), by: by.id.to_string() };
    let asked = service(&app)?.set_retention(request).await;
    let told = audited(asked, (&app, &by, &client), ("retention_set", ""))?;
    Ok(Json(told.settings.unwrap_or_default().into()))
}

/// Whom given rules would erase now.
async fn preview(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<Rules>,
) -> Result<Json<Preview>, ApiError> {
    let asked = service(&app)?.preview_retention(pb::PreviewRetentionRequest { settings: Some(body.into()) }).await;
    let told = audited(asked, (&app, &by, &client), ("retention_preview", ""))?;
    Ok(Json(told.into()))
}

/// Everybody who is kept.
async fn holds(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
) -> Result<Json<Holds>, ApiError> {
    let asked = service(&app)?.list_holds(pb::ListHoldsRequest {}).await;
    let told = audited(asked, (&app, &by, &client), ("holds_list", ""))?;
    Ok(Json(Holds { holds: told.holds.into_iter().map(Hold::from).collect() }))
}

/// Keeps a customer, whatever the rules say.
async fn hold(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(body): Body<Reason>,
) -> Result<Json<Hold>, ApiError> {
    is_id(&id)?;
    let request = pb::HoldCustomerRequest { customer_id: id.clone(), reason: body.reason, by: by.id.to_string() };
    let asked = service(&app)?.hold_customer(request).await;
    let told = audited(asked, (&app, &by, &client), ("hold_set", &id))?;
    Ok(Json(told.hold.unwrap_or_default().into()))
}

/// Lifts it.
async fn lift(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Removed>, ApiError> {
    is_id(&id)?;
    let request = pb::LiftHoldRequest { customer_id: id.clone(), by: by.id.to_string() };
    let asked = service(&app)?.lift_hold(request).await;
    audited(asked, (&app, &by, &client), ("hold_lift", &id))?;
    Ok(Json(Removed::new(true)))
}

impl From<pb::RetentionSettings> for Rules {
    fn from(it: pb::RetentionSettings) -> Self {
        let (prospect_days, customer_days) = (it.prospect_days, it.customer_days);
        Self { prospect_days, customer_days, most_per_run: it.most_per_run, version: it.version }
    }
}

impl From<Rules> for pb::RetentionSettings {
    fn from(it: Rules) -> Self {
        let (prospect_days, customer_days) = (it.prospect_days, it.customer_days);
        Self { prospect_days, customer_days, most_per_run: it.most_per_run, version: it.version }
    }
}

impl From<pb::RetentionRun> for Run {
    fn from(it: pb::RetentionRun) -> Self {
        let (began_at, ended_at) = (it.began_at_ms, it.ended_at_ms);
        Self { began_at, ended_at, erased: it.erased_customer_ids, failed: it.failed, more: it.more }
    }
}

impl From<pb::PreviewRetentionResponse> for Preview {
    fn from(it: pb::PreviewRetentionResponse) -> Self {
        let candidate = |it: pb::RetentionCandidate| Candidate {
            customer: it.customer_id,
            last_at: it.last_at_ms,
            ordered: it.ordered,
        };
        Self {
            prospects: it.prospects,
            customers: it.customers,
            kept_open: it.kept_open,
            kept_held: it.kept_held,
            more: it.more,
            candidates: it.candidates.into_iter().map(candidate).collect(),
        }
    }
}

impl From<pb::Hold> for Hold {
    fn from(it: pb::Hold) -> Self {
        Self { customer: it.customer_id, reason: it.reason, by: it.by, at: it.at_ms }
    }
}
