//! For customers who cannot stay: leave a message, or go on elsewhere by a link that works once.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use proto::chat::v1::{Command, ExecuteRequest, ExecuteResponse, Open, Party, Post, command::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    conversations::customer_of,
    error::ApiError,
    extract::{Body, Client, Signed},
    segments::segment_of,
    sign_in::seal,
};
use crate::{clock, door::App, frames::Role, socket::frames::is_uuid, tokens::Link};

/// A link works so long, in ms.
const LINK_MS: u64 = 15 * 60 * 1_000;

/// Body of `POST /api/v1/messages`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LeftMessage")]
pub(crate) struct MessageBody {
    /// UUID chosen by the browser; the same id again is the same conversation.
    conversation: String,
    /// UUID chosen by the browser; the same id again is the same message.
    message: String,
    /// The queue to wait in.
    queue: String,
    /// Display name, at most 100 characters.
    #[serde(default)]
    name: String,
    /// BCP 47 tag of the page; absent: `ja`.
    #[serde(default)]
    language: String,
    /// Code of the chosen reason.
    #[serde(default)]
    reason: String,
    /// Answers by question, for example where to answer to.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// 1 to 4,000 characters.
    text: String,
}

/// Answer of `POST /api/v1/messages`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Left {
    /// The conversation; it waits in its queue, also while that is closed.
    conversation: String,
    /// Number of the message's event.
    number: u64,
    /// It had been left before.
    repeated: bool,
}

/// Leaves a message: a conversation with one message, which waits for the queue's next opening.
pub(super) async fn leave(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    client: Client,
    Body(body): Body<MessageBody>,
) -> Result<Json<Left>, ApiError> {
    if by.role != Role::Customer {
        return Err(Refusal::new(Code::PermissionDenied, "forbidden", "not with this role").into());
    }
    if !app.messages.take(client.address, clock::steady_ms()) {
        let message = "too many messages from this address";
        return Err(Refusal::new(Code::ResourceExhausted, "too_many_requests", message).into());
    }
    let conversation = body.conversation.clone();
    let outcome = store(&app, by.party(), body).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "message_left", &conversation, word);
    let done = outcome?;
    Ok(Json(Left { conversation, number: done.number, repeated: done.repeated }))
}

async fn store(app: &App, by: Party, body: MessageBody) -> Result<ExecuteResponse, Refusal> {
    let MessageBody { conversation, message, queue, name, language, reason, answers, text } = body;
    is_uuid(&conversation)?;
    is_uuid(&message)?;
    let answers = if answers.is_empty() { String::new() } else { serde_json::to_string(&answers).unwrap_or_default() };
    let segment = segment_of(app, &by.id);
    let open = Open { queue, customer_name: name, language, reason, answers, segment, ..Open::default() };
    execute(app, &conversation, by.clone(), What::Open(open)).await?;
    execute(app, &conversation, by, What::Post(Post { message_id: message, text, form: None })).await
}

async fn execute(app: &App, conversation: &str, by: Party, what: What) -> Result<ExecuteResponse, Refusal> {
    let command = Command { conversation_id: conversation.to_owned(), by: Some(by), what: Some(what) };
    let done = app.chat.clone().execute(ExecuteRequest { command: Some(command) }).await;
    Ok(done.map_err(|status| Refusal::from(&status))?.into_inner())
}

/// Answer of `GET /api/v1/conversations/{id}/resume-link`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LinkBody {
    /// An address of the widget; it works once.
    url: String,
    /// Until when, milliseconds since the Unix epoch.
    expires_at: u64,
}

/// Makes a link with which the same customer goes on elsewhere.
pub(super) async fn link(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    client: Client,
    Path(conversation): Path<String>,
) -> Result<Json<LinkBody>, ApiError> {
    is_uuid(&conversation)?;
    if by.role != Role::Customer {
        return Err(Refusal::new(Code::PermissionDenied, "forbidden", "only its customer goes on elsewhere").into());
    }
    customer_of(&app, by.party(), &conversation).await?;
    let expires_at = clock::unix_ms() + LINK_MS;
    let code = Uuid::new_v4().to_string();
    let link = Link { code, customer: by.id.to_string(), conversation: conversation.clone(), expires: expires_at };
    let sealed = app.tokens.seal_link(&link);
    let sealed = sealed.ok_or_else(|| Refusal::new(Code::Internal, "internal", "sealing a link"))?;
    client.note(&app, &by.id, "link_made", &conversation, "ok");
    let home = app.sites.first().map_or("", |site| site.url.as_str());
    // Behind `#` it is in no server's log and in no referrer.
    Ok(Json(LinkBody { url: format!("{home}/widget/#resume={sealed}"), expires_at }))
}

/// Body of `POST /api/v1/resume`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resume {
    /// What stands behind `#resume=` in the link.
    code: String,
}

/// Answer of `POST /api/v1/resume`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Resumed {
    /// For `Authorization: Bearer` and for `hello`, at any site.
    token: String,
    /// Milliseconds since the Unix epoch.
    expires_at: u64,
    /// Whose it is.
    customer_id: String,
    /// The conversation to go on with.
    conversation: String,
}

/// Takes a link: the first who does gets a token, at whatever site.
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    client: Client,
    Body(Resume { code }): Body<Resume>,
) -> Result<Json<Resumed>, ApiError> {
    if !app.links.take(client.address, clock::steady_ms()) {
        let message = "too many links from this address";
        return Err(Refusal::new(Code::ResourceExhausted, "too_many_requests", message).into());
    }
    let over = || Refusal::new(Code::FailedPrecondition, "link_over", "the link is over, was used, or is none of ours");
    let link = app.tokens.open_link(&code, clock::unix_ms()).map_err(|_| over())?;
    let used = app.keep.use_link(&link.code, &link.customer).await;
    let word = match &used {
        Ok(true) => "ok",
        Ok(false) => "link_over",
        Err(refusal) => refusal.reason.as_ref(),
    };
    client.note(&app, &link.customer, "link_used", &link.conversation, word);
    if !used? {
        return Err(over().into());
    }
    let (token, expires_at) = seal(&app, &link.customer, Role::Customer, app.config.sign_in.customer_token_s)?;
    Ok(Json(Resumed { token, expires_at, customer_id: link.customer, conversation: link.conversation }))
}
