//! Webhooks: addresses that are told what happened (docs/crm-webhooks.md).

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{delete, get, post},
};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, webhook_service_client::WebhookServiceClient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    audited::audited,
    desk::Removed,
    error::ApiError,
    extract::{Body, Client, Supervisor},
};
use crate::{door::App, socket::frames::at_most};

/// Longest id.
const MAX_ID: usize = 64;

/// Where a webhook stands.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WebhookState")]
enum State_ {
    /// It is told.
    Active,
    /// A person paused it.
    Paused,
    /// The center paused it: its receiver failed for too long.
    Failed,
}

/// One try.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookDelivery")]
pub(crate) struct Delivery {
    /// The event's id.
    event: String,
    /// The event's kind.
    kind: String,
    /// When, milliseconds since the Unix epoch.
    at: u64,
    /// `ok`, or why not: `status_503`, `late`, `unreachable`, `refused_address`, `broken_off`.
    outcome: String,
    /// How long the receiver took, ms.
    took: u32,
}

/// A webhook, without its secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(crate) struct Webhook {
    webhook: String,
    name: String,
    /// Where events are posted to; empty: it cannot be read now.
    url: String,
    /// What it is told of.
    kinds: Vec<String>,
    state: State_,
    /// When it was added, milliseconds since the Unix epoch.
    added_at: u64,
    /// When it came to its state.
    since: u64,
    /// Account that added it.
    by: String,
    /// Tries without success since the last success.
    failures: u32,
    /// When they began; 0: none.
    failing_since: u64,
    /// The newest, newest first, at most 10; noted every few seconds.
    deliveries: Vec<Delivery>,
    /// Site that tells it.
    site: String,
}

/// All webhooks, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhooks")]
pub(crate) struct Webhooks {
    webhooks: Vec<Webhook>,
}

/// Body of `POST /api/v1/webhooks`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewWebhook")]
pub(crate) struct NewWebhook {
    /// 1 to 60 characters.
    name: String,
    /// `https://…`; `http://…` only for private networks.
    url: String,
    /// At least one, as docs/crm-webhooks.md names them.
    kinds: Vec<String>,
}

/// A webhook that was added.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AddedWebhook")]
pub(crate) struct Added {
    webhook: Webhook,
    /// What signatures are made with. Told here and never again.
    secret: String,
}

/// Every path of webhooks.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks", get(list).post(add))
        .route("/webhooks/{id}", delete(remove))
        .route("/webhooks/{id}/pause", post(pause))
        .route("/webhooks/{id}/resume", post(resume))
        .route("/webhooks/{id}/test", post(test))
}

fn service(app: &App) -> Result<WebhookServiceClient<Channel>, Refusal> {
    app.webhooks.clone().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))
}

/// All webhooks.
async fn list(State(app): State<Arc<App>>, Supervisor(_): Supervisor) -> Result<Json<Webhooks>, ApiError> {
    let asked = service(&app)?.list_webhooks(pb::ListWebhooksRequest {}).await;
    let told = asked.map_err(|status| Refusal::from(&status))?.into_inner().webhooks;
    Ok(Json(Webhooks { webhooks: told.into_iter().map(Webhook::from).collect() }))
}

/// Adds one; its secret is told here only.
async fn add(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<NewWebhook>,
) -> Result<Json<Added>, ApiError> {
    let NewWebhook { name, url, kinds } = body;
    let request = pb::AddWebhookRequest { name: name.clone(), url, kinds, by: by.id.to_string() };
    let asked = service(&app)?.add_webhook(request).await;
    let told = audited(asked, (&app, &by, &client), ("webhook_add", &name))?;
    Ok(Json(Added { webhook: told.webhook.unwrap_or_default().into(), secret: told.secret }))
}

/// Pauses one.
async fn pause(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Webhook>, ApiError> {
    at_most(&id, MAX_ID)?;
    let request = pb::PauseWebhookRequest { webhook_id: id.clone(), by: by.id.to_string() };
    let asked = service(&app)?.pause_webhook(request).await;
    let told = audited(asked, (&app, &by, &client), ("webhook_pause", &id))?;
    Ok(Json(told.webhook.unwrap_or_default().into()))
}

/// Goes on where it was paused.
async fn resume(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Webhook>, ApiError> {
    at_most(&id, MAX_ID)?;
    let request = pb::ResumeWebhookRequest { webhook_id: id.clone(), by: by.id.to_string() };
    let asked = service(&app)?.resume_webhook(request).await;
    let told = audited(asked, (&app, &by, &client), ("webhook_resume", &id))?;
    Ok(Json(told.webhook.unwrap_or_default().into()))
}

/// Removes one for ever.
async fn remove(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Removed>, ApiError> {
    at_most(&id, MAX_ID)?;
    let request = pb::RemoveWebhookRequest { webhook_id: id.clone(), by: by.id.to_string() };
    let asked = service(&app)?.remove_webhook(request).await;
    audited(asked, (&app, &by, &client), ("webhook_remove", &id))?;
    Ok(Json(Removed::new(true)))
}

/// Sends a test event and says what came of it.
async fn test(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Delivery>, ApiError> {
    at_most(&id, MAX_ID)?;
    let asked = service(&app)?.test_webhook(pb::TestWebhookRequest { webhook_id: id.clone() }).await;
    let told = audited(asked, (&app, &by, &client), ("webhook_test", &id))?;
    Ok(Json(told.delivery.unwrap_or_default().into()))
}

impl From<pb::WebhookDelivery> for Delivery {
    fn from(it: pb::WebhookDelivery) -> Self {
        Self { event: it.event_id, kind: it.kind, at: it.at_ms, outcome: it.outcome, took: it.took_ms }
    }
}

impl From<pb::Webhook> for Webhook {
    fn from(it: pb::Webhook) -> Self {
        let state = match it.state() {
            pb::WebhookState::Active => State_::Active,
            pb::WebhookState::Failed => State_::Failed,
            pb::WebhookState::Paused | pb::WebhookState::Unspecified => State_::Paused,
        };
        Self {
            state,
            webhook: it.webhook_id,
            name: it.name,
            url: it.url,
            kinds: it.kinds,
            added_at: it.added_at_ms,
            since: it.since_ms,
            by: it.by,
            failures: it.failures,
            failing_since: it.failing_since_ms,
            deliveries: it.deliveries.into_iter().map(Delivery::from).collect(),
            site: it.site,
        }
    }
}
