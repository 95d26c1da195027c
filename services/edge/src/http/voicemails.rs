//! Messages that callers left. Their sound is a part of the call's recording.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use chassis::refusal::Refusal;
use proto::telephony::v1::{self as pb, ListVoicemailsRequest, MarkHeardRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    calls::{person, telephony, word},
    error::ApiError,
    extract::{Agent, Client},
};
use crate::{door::App, socket::frames::is_uuid};

/// Query of `GET /api/v1/voicemails`.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    limit: u32,
}

/// Messages, the newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Voicemails")]
pub(crate) struct List {
    /// The messages.
    voicemails: Vec<Voicemail>,
}

/// A message. Times in ms since the Unix epoch.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Voicemail {
    /// The call in which it was left.
    call: String,
    /// The part of that call's recording with the sound.
    part: u32,
    /// Where it is kept, as the flow names it.
    mailbox: String,
    /// Caller's number; empty when withheld.
    number: String,
    /// Name that came with the call; may be empty.
    name: String,
    /// When it was begun.
    at: u64,
    /// How long it is, ms; 0: its gateway died while it was recorded.
    length_ms: u64,
    /// When somebody called the customer after it and was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    called_back: Option<u64>,
    /// The agent who did.
    #[serde(skip_serializing_if = "Option::is_none")]
    called_back_by: Option<String>,
    /// When it was first marked as heard.
    #[serde(skip_serializing_if = "Option::is_none")]
    heard: Option<u64>,
    /// Who marked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    heard_by: Option<String>,
}

/// All messages for supervisors; for agents those of calls in which they took part, of queues that they serve, and those whose call back is
/// theirs.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    Query(asked): Query<Asked>,
) -> Result<Json<List>, ApiError> {
    let request = ListVoicemailsRequest { by: person(&by), limit: asked.limit };
    let voicemails = telephony(&app)?.list_voicemails(request).await?.into_inner().voicemails;
    Ok(Json(List { voicemails: voicemails.into_iter().map(Voicemail::from).collect() }))
}

/// A message was heard.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "VoicemailHeard")]
pub(crate) struct Heard {
    /// When it was first marked as heard, ms since the Unix epoch.
    heard: u64,
    /// Who marked it.
    heard_by: String,
}

/// Marks a message as heard. Who was first stays.
pub(super) async fn heard(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(call_id): Path<String>,
) -> Result<Json<Heard>, ApiError> {
    is_uuid(&call_id)?;
    let request = MarkHeardRequest { call_id: call_id.clone(), by: person(&by) };
    let marked = telephony(&app)?.mark_heard(request).await.map_err(|status| Refusal::from(&status));
    client.note(&app, &by.id, "voicemail_heard", &call_id, word(&marked));
    let marked = marked?.into_inner();
    Ok(Json(Heard { heard: marked.heard_at_ms, heard_by: marked.heard_by }))
}

impl From<pb::Voicemail> for Voicemail {
    fn from(left: pb::Voicemail) -> Self {
        Self {
            call: left.call_id,
            part: left.part,
            mailbox: left.mailbox,
            number: left.number,
            name: left.name,
            at: left.at_ms,
            length_ms: left.length_ms,
            called_back: Some(left.called_back_at_ms).filter(|at| *at != 0),
            called_back_by: Some(left.called_back_by).filter(|by| !by.is_empty()),
            heard: Some(left.heard_at_ms).filter(|at| *at != 0),
            heard_by: Some(left.heard_by).filter(|by| !by.is_empty()),
        }
    }
}
