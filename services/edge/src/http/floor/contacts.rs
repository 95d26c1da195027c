//! Why a contact waits, and where.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use proto::routing::v1::{self as routing, ExplainContactRequest, GetPlacesRequest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    door::App,
    http::{
        conversations::customer_of,
        error::ApiError,
        extract::{Signed, Supervisor},
    },
    link::conversation_of,
    tokens::Identity,
};

/// How a contact stands, in words.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Said")]
pub(crate) struct Said {
    /// In Japanese.
    ja: String,
    /// In English.
    en: String,
}

/// What happened to a contact.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Step")]
pub(crate) struct Step {
    /// When, milliseconds since the Unix epoch.
    at: u64,
    /// A word for programs.
    code: String,
    /// In Japanese.
    ja: String,
    /// In English.
    en: String,
}

/// Why a contact waits, or why this agent has it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Why")]
pub(crate) struct Why {
    /// The contact.
    contact: String,
    /// How it stands now.
    now: Said,
    /// What led to it, the oldest first.
    steps: Vec<Step>,
}

/// Explains a contact, also after it ended.
pub(in crate::http) async fn why(
    State(app): State<Arc<App>>,
    _: Supervisor,
    Path(contact): Path<String>,
) -> Result<Json<Why>, ApiError> {
    let request = ExplainContactRequest { floor: app.routing.floor.clone(), contact_id: contact.clone() };
    let answer = app.routing.client.clone().explain_contact(request).await?.into_inner();
    let now = answer.now.unwrap_or_default();
    let step = |it: routing::Explanation| Step { at: it.at_ms, code: it.code, ja: it.ja, en: it.en };
    let steps = answer.steps.into_iter().map(step).collect();
    Ok(Json(Why { contact, now: Said { ja: now.ja, en: now.en }, steps }))
}

/// Where a conversation waits.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Place")]
pub(crate) struct PlaceBody {
    /// The contact.
    contact: String,
    /// From 1; 0 while it waits for the opening.
    place: u32,
    /// How long it will still wait as far as can be said.
    expected_wait_ms: u64,
    /// The queue is open.
    open: bool,
    /// When it opens, milliseconds since the Unix epoch; 0 when it is open. Of a callback: not before this time.
    opens_at: u64,
    /// They are to be called back, at this place.
    callback: bool,
    /// They may be called back instead of waiting.
    can_call_back: bool,
}

/// Where a contact waits, for its customer. The path takes a contact or its conversation.
pub(in crate::http) async fn place(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    Path(contact): Path<String>,
) -> Result<Json<PlaceBody>, ApiError> {
    concerns(&app, &by, &contact).await?;
    let place = waiting(&app, &contact).await?;
    Ok(Json(PlaceBody {
        contact: place.contact_id,
        place: place.place,
        expected_wait_ms: place.expected_wait_ms,
        open: place.open,
        opens_at: place.opens_at_ms,
        callback: place.callback,
        can_call_back: place.can_call_back,
    }))
}

/// A customer only asks about their own conversation: chat knows whose it is.
pub(super) async fn concerns(app: &App, by: &Identity, contact: &str) -> Result<(), ApiError> {
    if by.is_agent() {
        return Ok(());
    }
    customer_of(app, by.party(), conversation_of(contact)).await?;
    Ok(())
}

async fn waiting(app: &App, contact: &str) -> Result<routing::Place, ApiError> {
    let conversations = vec![conversation_of(contact).to_owned()];
    let request = GetPlacesRequest { floor: app.routing.floor.clone(), conversations };
    let places = app.routing.client.clone().get_places(request).await?.into_inner().places;
    let missing = || Refusal::new(Code::NotFound, "not_waiting", "this conversation does not wait");
    Ok(places.into_iter().next().ok_or_else(missing)?)
}

/// The contact of a conversation that waits, when only the conversation is named.
pub(super) async fn whole(app: &App, contact: String) -> Result<String, ApiError> {
    if contact.contains('.') {
        return Ok(contact);
    }
    Ok(waiting(app, &contact).await?.contact_id)
}
