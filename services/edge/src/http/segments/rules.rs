//! The company's segments and offers, who belongs to a segment, and what customers said to offers.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, fact::What, segment_service_client::SegmentServiceClient};
use serde::Deserialize;

use super::{
    super::{
        audited::{audited, outcome_word},
        error::ApiError,
        extract::{Agent, Body, Client, Supervisor},
    },
    shapes::{Answer, AnswerBody, Answered, Members, Settings},
};
use crate::{
    door::App,
    socket::frames::{at_most, is_id, is_uuid},
};

/// Longest place in a list, as `crm` takes it.
const MAX_PLACE: usize = 64;

/// Every path of segments and offers.
pub(in super::super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/segments", get(read).put(set))
        .route("/segments/{segment}/members", get(members))
        .route("/customers/{id}/offers/{offer}", post(answer))
}

pub(super) fn service(app: &App) -> Result<SegmentServiceClient<Channel>, Refusal> {
    app.segments.clone().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))
}

/// All segments and offers; agents need their names.
async fn read(State(app): State<Arc<App>>, Agent(_): Agent) -> Result<Json<Settings>, ApiError> {
    let asked = service(&app)?.get_segments(pb::GetSegmentsRequest {}).await;
    let told = asked.map_err(|status| Refusal::from(&status))?.into_inner().settings.unwrap_or_default();
    Ok(Json(Settings::from(told)))
}

/// Sets them all.
async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<Settings>,
) -> Result<Json<Settings>, ApiError> {
    let request = pb::SetSegmentsRequest { settings: Some(body.into()), by: by.id.to_string() };
    let asked = service(&app)?.set_segments(request).await;
    let told = audited(asked, (&app, &by, &client), ("segments_set", ""))?;
    Ok(Json(Settings::from(told.settings.unwrap_or_default())))
}

/// Query of `GET /api/v1/segments/{segment}/members`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    after: String,
    limit: u32,
}

/// Who belongs to a segment now.
async fn members(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(segment): Path<String>,
    Query(Page { after, limit }): Query<Page>,
) -> Result<Json<Members>, ApiError> {
    at_most(&segment, MAX_PLACE)?;
    at_most(&after, MAX_PLACE)?;
    let request = pb::ListMembersRequest { segment_id: segment.clone(), after, limit: limit.min(500) };
    let asked = service(&app)?.list_members(request).await;
    let page = audited(asked, (&app, &by, &client), ("segment_members", &segment))?;
    Ok(Json(Members::from(page)))
}

/// Notes what a customer said to an offer; the offer then rests.
async fn answer(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path((id, offer)): Path<(String, String)>,
    Body(body): Body<AnswerBody>,
) -> Result<Json<Answered>, ApiError> {
    is_id(&id)?;
    let outcome = store(&app, &by.id, &id, &offer, &body).await;
    client.note(&app, &by.id, "offer_answered", &format!("{id} {offer}"), outcome_word(&outcome));
    outcome?;
    Ok(Json(Answered { offer, answer: body.answer }))
}

async fn store(app: &App, by: &str, id: &str, offer: &str, body: &AnswerBody) -> Result<(), Refusal> {
    is_uuid(&body.change)?;
    at_most(&body.conversation, MAX_PLACE)?;
    let told = service(app)?.get_segments(pb::GetSegmentsRequest {}).await;
    let told = told.map_err(|status| Refusal::from(&status))?.into_inner().settings.unwrap_or_default();
    if !told.offers.iter().any(|known| known.offer_id == offer) {
        return Err(Refusal::new(Code::NotFound, "no_such_offer", "there is no offer of this id"));
    }
    let reason = match body.answer {
        Answer::Accepted => "accepted",
        Answer::Declined => "declined",
    };
    let touchpoint = pb::Touchpoint {
        kind: "offer".to_owned(),
        route: offer.to_owned(),
        reason: reason.to_owned(),
        reference: body.conversation.clone(),
        ..pb::Touchpoint::default()
    };
    let fact = pb::Fact {
        fact_id: body.change.clone(),
        record_id: id.to_owned(),
        what: Some(What::Touchpoint(touchpoint)),
        ..pb::Fact::default()
    };
    let crm = app.crm.as_ref().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))?;
    match crm.report(by, vec![fact]).await?.first() {
        Some(outcome) if !outcome.refused.is_empty() => {
            let reason = outcome.refused.clone();
            Err(Refusal::new(Code::InvalidArgument, reason, "this answer can never be stored"))
        }
        Some(_) | None => Ok(()),
    }
}
