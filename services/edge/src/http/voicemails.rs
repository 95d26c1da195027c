//! Messages that callers left. Their sound is a part of the call's recording.

use std::sync::Arc;

use axum::{Json, extract::State};
use proto::telephony::v1::{self as pb, ListVoicemailsRequest};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    calls::{person, telephony},
    error::ApiError,
    extract::Agent,
};
use crate::door::App;

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
}

/// All messages for supervisors; for agents those of calls in which they took part.
pub(super) async fn list(State(app): State<Arc<App>>, Agent(by): Agent) -> Result<Json<List>, ApiError> {
    let request = ListVoicemailsRequest { by: person(&by) };
    let voicemails = telephony(&app)?.list_voicemails(request).await?.into_inner().voicemails;
    Ok(Json(List { voicemails: voicemails.into_iter().map(Voicemail::from).collect() }))
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
        }
    }
}
