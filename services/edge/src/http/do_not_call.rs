//! Who is not to be called: the center's list, and campaigns' own. Supervisors' business.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use proto::telephony::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    audited::audited,
    calls::{person, telephony},
    error::ApiError,
    extract::{Body, Client, Supervisor},
};
use crate::door::App;

/// Query of `GET /api/v1/do-not-call`.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    limit: u32,
    #[serde(default)]
    number: String,
}

/// The center's list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DoNotCallList")]
pub(crate) struct List {
    /// A page, by key.
    entries: Vec<Entry>,
    /// On the list in all.
    total: u32,
}

/// Somebody who is not to be called.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DoNotCallEntry")]
pub(crate) struct Entry {
    /// The person's key.
    id: String,
    /// In E.164; empty after erasure.
    number: String,
    /// Account of who put them there; empty: the center itself.
    by: String,
    /// When, ms since the Unix epoch.
    at: u64,
}

/// A page of the list, or one number of it. That somebody looked at people's numbers is in the audit.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Query(Asked { after, limit, number }): Query<Asked>,
) -> Result<Json<List>, ApiError> {
    let request = pb::ListDoNotCallRequest { by: person(&by), after, limit, number };
    let found = telephony(&app)?.list_do_not_call(request).await;
    let found = audited(found, (&app, &by, &client), ("do_not_call_read", ""))?;
    let entry = |it: pb::NeverCallEntry| Entry { id: it.entry_id, number: it.number, by: it.by, at: it.at_ms };
    Ok(Json(List { entries: found.entries.into_iter().map(entry).collect(), total: found.total }))
}

/// Body of `POST /api/v1/do-not-call`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DoNotCall")]
pub(crate) struct Never {
    /// At most 500.
    numbers: Vec<String>,
    /// They may be called after all; with the center's list that is so in every campaign that is not finished.
    #[serde(default)]
    may_call: bool,
    /// This campaign's own list; empty: the center's, which holds for all campaigns and for numbers dialled by hand.
    #[serde(default)]
    campaign: String,
}

/// What it changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DoNotCallSet")]
pub(crate) struct NeverSet {
    /// People whose place on the center's list changed, or campaigns that changed.
    changed: u32,
}

/// Says who is not to be called, or may be after all.
pub(super) async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(Never { numbers, may_call, campaign }): Body<Never>,
) -> Result<Json<NeverSet>, ApiError> {
    let request = pb::SetDoNotCallRequest { campaign_id: campaign.clone(), numbers, may_call, by: person(&by) };
    let done = telephony(&app)?.set_do_not_call(request).await;
    let action = if may_call { "may_call_set" } else { "do_not_call_set" };
    Ok(Json(NeverSet { changed: audited(done, (&app, &by, &client), (action, &campaign))?.changed }))
}
