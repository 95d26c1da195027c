//! Calls: connecting browsers, what people do with them, recordings.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    body::Body as HttpBody,
    extract::{Path, Query, State},
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::telephony::v1::{
    CommandCallRequest, Deed, End, GetCallRequest, JoinCallRequest, ListCallsRequest, ListPartsRequest, Person,
    ReadPartRequest, StartCallRequest, telephony_service_client::TelephonyServiceClient,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_stream::StreamExt as _;
use uuid::Uuid;

use super::{
    error::ApiError,
    extract::{Agent, Body, Client},
};
use crate::{
    door::App,
    frames::{Call, Role},
    socket::frames::is_uuid,
    tokens::Identity,
};

/// This site's telephony, when it has one.
pub(super) fn telephony(app: &App) -> Result<TelephonyServiceClient<Channel>, ApiError> {
    let none = || Refusal::new(Code::NotFound, "no_telephony", "this site has no telephony");
    Ok(app.telephony.clone().ok_or_else(none)?)
}

pub(super) fn person(by: &Identity) -> Option<Person> {
    Some(Person { id: by.id.to_string(), supervisor: by.role == Role::Supervisor })
}

/// Query of `GET /api/v1/calls` and `GET /api/v1/lost-calls`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    live: Option<String>,
    limit: u32,
    /// The rest counts unless `live` is set. Times in ms since the Unix epoch.
    from: u64,
    until: u64,
    agent: String,
    queue: String,
    /// `customer`, `agent`, `flow`, `failed`, `lost`, `transferred` or `abandoned`.
    end: String,
    answered: Option<bool>,
    customer: String,
    number: String,
    beyond: String,
}

/// Calls, the newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Calls")]
pub(crate) struct List {
    /// The calls.
    calls: Vec<Call>,
    /// There may be older ones: ask again with this as `beyond`.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<String>,
}

/// The agent's own calls, or all for supervisors.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    Query(asked): Query<Asked>,
) -> Result<Json<List>, ApiError> {
    find(&app, &by, asked, false).await
}

/// Calls that could not be kept when their gateway died, and who called back.
pub(super) async fn lost(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    Query(asked): Query<Asked>,
) -> Result<Json<List>, ApiError> {
    find(&app, &by, Asked { live: None, ..asked }, true).await
}

async fn find(app: &App, by: &Identity, asked: Asked, lost: bool) -> Result<Json<List>, ApiError> {
    let bad = || Refusal::new(Code::InvalidArgument, "bad_end", "there is no such end of a call");
    let request = ListCallsRequest {
        by: person(by),
        live: asked.live.is_some_and(|live| live != "0" && live != "false"),
        limit: asked.limit,
        lost,
        from_ms: asked.from,
        until_ms: asked.until,
        agent_id: short(asked.agent)?,
        queue: short(asked.queue)?,
        end: end_of(&asked.end).ok_or_else(bad)?.into(),
        answered: asked.answered,
        customer_id: short(asked.customer)?,
        number: short(asked.number)?,
        beyond: short(asked.beyond)?,
    };
    let found = telephony(app)?.list_calls(request).await?.into_inner();
    let older = Some(found.older).filter(|place| !place.is_empty());
    Ok(Json(List { calls: found.calls.into_iter().map(Call::from).collect(), older }))
}

/// A filter's text, which is never long.
fn short(text: String) -> Result<String, Refusal> {
    if text.len() <= 128 {
        Ok(text)
    } else {
        Err(Refusal::new(Code::InvalidArgument, "bad_filter", "a filter has at most 128 bytes"))
    }
}

fn end_of(word: &str) -> Option<End> {
    Some(match word {
        "" => End::Unspecified,
        "customer" => End::Customer,
        "agent" => End::Agent,
        "flow" => End::Flow,
        "failed" => End::Failed,
        "lost" => End::Lost,
        "transferred" => End::Transferred,
        "abandoned" => End::Abandoned,
        _ => return None,
    })
}

/// One call.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    Path(call_id): Path<String>,
) -> Result<Json<Call>, ApiError> {
    is_uuid(&call_id)?;
    let found = telephony(&app)?.get_call(GetCallRequest { call_id, by: person(&by) }).await?.into_inner();
    let none = || Refusal::new(Code::NotFound, "no_such_call", "there is no such call");
    Ok(Json(Call::from(found.call.ok_or_else(none)?)))
}

/// Body of `POST /api/v1/calls/{call}/join`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JoinCall")]
pub(crate) struct JoinBody {
    /// The browser's WebRTC offer.
    sdp: String,
}

/// Its answer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JoinedCall")]
pub(crate) struct Joined {
    /// The gateway's answer.
    sdp: String,
    /// The person's leg.
    leg: u32,
}

/// Connects a browser to a call, for the first time or again.
pub(super) async fn join(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(call_id): Path<String>,
    Body(JoinBody { sdp }): Body<JoinBody>,
) -> Result<Json<Joined>, ApiError> {
    is_uuid(&call_id)?;
    let request = JoinCallRequest { call_id: call_id.clone(), by: person(&by), sdp };
    let joined = telephony(&app)?.join_call(request).await.map_err(|status| Refusal::from(&status));
    client.note(&app, &by.id, "call_joined", &call_id, word(&joined));
    let joined = joined?.into_inner();
    Ok(Json(Joined { sdp: joined.sdp, leg: joined.leg }))
}

/// Body of `POST /api/v1/calls`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StartCall")]
pub(crate) struct StartBody {
    /// The number, in any usual spelling.
    to: String,
    /// The queue that it counts for; absent: the site's outbound queue.
    #[serde(default)]
    queue: String,
    /// UUID chosen by the page: the same id again dials once. Absent: a new one.
    #[serde(default)]
    call: Option<String>,
    /// Also when the number is on the do-not-call list; that it was is noted there. Otherwise it is refused as `do_not_call`.
    #[serde(default)]
    even_so: bool,
    /// The conversation in which it is dialled; absent: the call becomes a conversation of its own, which the agent holds.
    #[serde(default)]
    conversation: String,
}

/// Its answer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartedCall")]
pub(crate) struct Started {
    /// The call; join it, then the number is dialled.
    call: String,
}

/// Click to dial.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Body(StartBody { to, queue, call, even_so, conversation }): Body<StartBody>,
) -> Result<Json<Started>, ApiError> {
    let call_id = call.unwrap_or_else(|| Uuid::now_v7().to_string());
    is_uuid(&call_id)?;
    if !conversation.is_empty() {
        is_uuid(&conversation)?;
    }
    let request = StartCallRequest {
        by: person(&by),
        to,
        queue,
        call_id: call_id.clone(),
        even_so,
        conversation_id: conversation,
    };
    let started = telephony(&app)?.start_call(request).await.map_err(|status| Refusal::from(&status));
    client.note(&app, &by.id, "call_started", &call_id, word(&started));
    Ok(Json(Started { call: started?.into_inner().call_id }))
}

/// Body of `POST /api/v1/calls/{call}/do`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CallDeed")]
pub(crate) struct DeedBody {
    /// `hold`, `resume`, `hangup`, `record_pause`, `record_resume`, `digits`, `transfer`, `consult`, `consult_complete`, `consult_cancel`,
    /// `conference`, `monitor`, `whisper`, `barge`, `stop_supervising` or `takeover`.
    #[serde(rename = "do")]
    deed: String,
    /// UUID chosen by the page: the same id is the same deed.
    id: String,
    /// For `digits`: 0-9, *, #; at most 32.
    #[serde(default)]
    digits: String,
    /// For `transfer` and `consult`: one of `agent`, `queue`, `number`.
    #[serde(default)]
    to: BTreeMap<String, String>,
    /// For `transfer` and `consult_complete`: what the next agent should know; at most 4,000 bytes.
    #[serde(default)]
    summary: String,
}

/// Nothing to say.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CallDone")]
pub(crate) struct Done {}

/// What a person does with a call.
pub(super) async fn act(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(call_id): Path<String>,
    Body(body): Body<DeedBody>,
) -> Result<Json<Done>, ApiError> {
    is_uuid(&call_id)?;
    is_uuid(&body.id)?;
    let deed =
        deed(&body.deed).ok_or_else(|| Refusal::new(Code::InvalidArgument, "bad_deed", "there is no such deed"))?;
    let to = |kind: &str| body.to.get(kind).cloned().unwrap_or_default();
    let request = CommandCallRequest {
        call_id: call_id.clone(),
        command_id: body.id.clone(),
        by: person(&by),
        deed: deed.into(),
        digits: body.digits.clone(),
        to_agent_id: to("agent"),
        to_queue: to("queue"),
        to_number: to("number"),
        summary: body.summary.clone(),
    };
    let done = telephony(&app)?.command_call(request).await.map_err(|status| Refusal::from(&status));
    client.note(&app, &by.id, &format!("call_{}", body.deed), &call_id, word(&done));
    done?;
    Ok(Json(Done {}))
}

fn deed(word: &str) -> Option<Deed> {
    Some(match word {
        "hold" => Deed::Hold,
        "resume" => Deed::Resume,
        "hangup" => Deed::HangUp,
        "record_pause" => Deed::PauseRecording,
        "record_resume" => Deed::ResumeRecording,
        "digits" => Deed::SendDigits,
        "transfer" => Deed::Transfer,
        "consult" => Deed::Consult,
        "consult_complete" => Deed::CompleteConsult,
        "consult_cancel" => Deed::CancelConsult,
        "conference" => Deed::Conference,
        "monitor" => Deed::Monitor,
        "whisper" => Deed::Whisper,
        "barge" => Deed::Barge,
        "stop_supervising" => Deed::StopSupervising,
        "takeover" => Deed::TakeOver,
        _ => return None,
    })
}

/// What was recorded of a call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CallRecording")]
pub(crate) struct Parts {
    /// In order.
    parts: Vec<Part>,
}

/// A part: a new one begins with each gateway that carries the call.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CallRecordingPart")]
pub(crate) struct Part {
    /// Its number; from 1000: a message left by the caller.
    part: u32,
    /// When its first sample was heard, ms since the Unix epoch.
    started: u64,
    /// How long it is, ms.
    length_ms: u64,
    /// False: its gateway died or still records.
    complete: bool,
}

/// Lists the parts of a recording.
pub(super) async fn parts(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    Path(call_id): Path<String>,
) -> Result<Json<Parts>, ApiError> {
    is_uuid(&call_id)?;
    let parts = telephony(&app)?.list_parts(ListPartsRequest { call_id, by: person(&by) }).await?.into_inner().parts;
    let part = |part: proto::telephony::v1::Part| Part {
        part: part.part,
        started: part.began_at_ms,
        length_ms: part.length_ms,
        complete: part.complete,
    };
    Ok(Json(Parts { parts: parts.into_iter().map(part).collect() }))
}

/// A part's sound.
pub(super) async fn sound(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path((call_id, file)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    is_uuid(&call_id)?;
    let number = file.strip_suffix(".wav").and_then(|part| part.parse().ok());
    let part = number.ok_or_else(|| Refusal::new(Code::NotFound, "no_such_part", "there is no such part"))?;
    let request = ReadPartRequest { call_id: call_id.clone(), by: person(&by), part };
    let read = telephony(&app)?.read_part(request).await.map_err(|status| Refusal::from(&status));
    client.note(&app, &by.id, "recording_heard", &call_id, word(&read));
    let pieces = read?.into_inner().map(|piece| piece.map(|piece| piece.piece));
    let headers = [(CONTENT_TYPE, "audio/wav"), (CACHE_CONTROL, "no-store")];
    Ok((headers, HttpBody::from_stream(pieces)).into_response())
}

pub(super) fn word<T>(outcome: &Result<T, Refusal>) -> &str {
    outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_end_a_call_shows_is_one_to_ask_for() {
        for end in (0..).map_while(|number| End::try_from(number).ok()) {
            let shown = Call::from(proto::telephony::v1::Call { end: end.into(), ..Default::default() }).end;
            assert_eq!(end_of(&shown.unwrap_or_default()), Some(end));
        }
        assert_eq!(end_of("?"), None);
    }
}
