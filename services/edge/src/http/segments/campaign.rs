//! People of a campaign from a segment: their numbers go from crm to telephony, never through a browser.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use chassis::refusal::Refusal;
use proto::{crm::v1 as pb, telephony::v1 as voice};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        audited::outcome_word,
        calls::{person, telephony},
        error::ApiError,
        extract::{Body, Client, Supervisor},
    },
    rules::service,
};
use crate::{door::App, socket::frames::at_most, tokens::Identity};

/// Longest campaign, segment and place in a list.
const MAX_WORD: usize = 64;
/// Longest name that a campaign's list takes, characters.
const MAX_NAME: usize = 100;

/// Every path of it.
pub(in super::super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/campaigns/{id}/members", post(add))
}

/// Body of `POST /api/v1/campaigns/{id}/members`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CampaignMembers")]
pub(crate) struct Members {
    /// Whose members.
    segment: String,
    /// Purpose that they must allow by telephone (or by all channels), as consents name it: `marketing`, …
    purpose: String,
    /// Go on where an answer ended; empty: from the start.
    #[serde(default)]
    after: String,
}

/// What became of the members among the next customers.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "AddedCampaignMembers")]
pub(crate) struct Added {
    /// Added now.
    added: u32,
    /// In the campaign already.
    known: u32,
    /// Who do not allow it.
    not_allowed: u32,
    /// Who have no number, or none that may be dialled from here.
    no_number: u32,
    /// `after` of the next request; empty: that was all.
    next: String,
}

/// Adds the members among the next customers who may be called.
async fn add(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(body): Body<Members>,
) -> Result<Json<Added>, ApiError> {
    for word in [&id, &body.segment, &body.purpose, &body.after] {
        at_most(word, MAX_WORD)?;
    }
    let subject = format!("{id} {}", body.segment);
    let done = take(&app, &by, &id, body).await;
    client.note(&app, &by.id, "campaign_segment_added", &subject, outcome_word(&done));
    Ok(Json(done?))
}

async fn take(app: &App, by: &Identity, id: &str, body: Members) -> Result<Added, Refusal> {
    let mut telephony = telephony(app).map_err(|ApiError(refusal)| refusal)?;
    let Members { segment, purpose, after } = body;
    let request = pb::ListCallableRequest { segment_id: segment, purpose, after, limit: 0 };
    let found = service(app)?.list_callable(request).await.map_err(|status| Refusal::from(&status))?.into_inner();
    let mut told =
        Added { not_allowed: found.not_allowed, no_number: found.no_number, next: found.next, ..Added::default() };
    if found.callable.is_empty() {
        return Ok(told);
    }
    let entry = |it: pb::Callable| voice::NewCampaignEntry {
        number: it.number,
        name: it.name.chars().take(MAX_NAME).collect(),
    };
    let entries = found.callable.into_iter().map(entry).collect();
    let request = voice::AddEntriesRequest { campaign_id: id.to_owned(), entries, by: person(by) };
    let added = telephony.add_entries(request).await.map_err(|status| Refusal::from(&status))?.into_inner();
    told.added = added.added;
    told.known = added.known;
    told.no_number += u32::try_from(added.refused.len()).unwrap_or(u32::MAX);
    Ok(told)
}
