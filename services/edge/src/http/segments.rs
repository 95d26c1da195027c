//! Customers' segments: the one that somebody gave a customer by hand, here, and those that follow from rules (`rules`). A conversation has
//! the segment that was given by hand when it began; without one, chat asks for those that follow.

pub(super) mod campaign;
pub(super) mod journeys;
pub(super) mod media;
pub(super) mod rules;
pub(super) mod shapes;
pub(super) mod trend;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    error::ApiError,
    extract::{Agent, Body, Client},
};
use crate::{door::App, keep::Kind, socket::frames::is_id};

/// Longest segment, as routing takes it.
const MAX_SEGMENT: usize = 40;

/// A customer's segment.
#[derive(Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Segment")]
pub(crate) struct SegmentBody {
    /// 1 to 40 characters of [a-z0-9_-]; empty: none.
    segment: String,
}

/// What is known of a customer; empty: nothing.
pub(crate) fn segment_of(app: &App, customer: &str) -> String {
    let document = app.keep.document(Kind::Segment, customer);
    let body = document.and_then(|document| serde_json::from_str::<SegmentBody>(&document.json).ok());
    body.unwrap_or_default().segment
}

/// Forgets it: the customer is erased.
pub(super) async fn forget(app: &App, by: &str, customer: &str) -> Result<(), Refusal> {
    app.keep.change(Kind::Segment, customer, by, None).await.map(|_| ())
}

/// A customer's segment.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    _: Agent,
    Path(customer): Path<String>,
) -> Result<Json<SegmentBody>, ApiError> {
    is_id(&customer)?;
    Ok(Json(SegmentBody { segment: segment_of(&app, &customer) }))
}

/// Sets it, for the conversations that they begin from now on.
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(customer): Path<String>,
    Body(body): Body<SegmentBody>,
) -> Result<Json<SegmentBody>, ApiError> {
    is_id(&customer)?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    if body.segment.len() > MAX_SEGMENT || !body.segment.bytes().all(allowed) {
        let message = "a segment is 1 to 40 characters of a-z 0-9 _ -";
        return Err(Refusal::new(Code::InvalidArgument, "bad_request", message).into());
    }
    let json = (!body.segment.is_empty()).then(|| serde_json::json!(body).to_string());
    let outcome = app.keep.change(Kind::Segment, &customer, &by.id, json).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "segment_set", &customer, word);
    outcome?;
    Ok(Json(body))
}
