//! Conversations as this site's view has them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use chassis::refusal::{Code, Refusal};
use proto::chat::v1::{
    ConversationSummary, ListConversationsRequest, Party, Phase, ReadConversationRequest, ReadConversationResponse,
    chat_event,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    error::ApiError,
    extract::{Agent, Client, Signed},
};
use crate::{door::App, frames::Event, socket::frames::is_uuid};

/// Query of `GET /api/v1/conversations`.
#[derive(Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    agent: String,
    #[serde(default)]
    customer: String,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    limit: u32,
}

/// Conversations, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Conversations")]
pub(crate) struct List {
    /// The conversations.
    conversations: Vec<Summary>,
}

/// A conversation as lists show it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Conversation")]
pub(crate) struct Summary {
    /// Its id.
    conversation: String,
    /// Whose matter it is.
    customer: String,
    /// Their display name; empty when none was given or after erasure.
    customer_name: String,
    /// `waiting`, `assigned` or `closed`.
    phase: &'static str,
    /// Who holds it; empty when nobody does.
    agent: String,
    /// Where it waits or came through.
    queue: String,
    /// Number of its last event.
    last_number: u64,
    /// When that was, milliseconds since the Unix epoch.
    last_at: u64,
    /// The last message, cut to 80 characters.
    preview: String,
    /// Messages of the customer that its holder has not read.
    unread: u32,
    /// Code of the last wrap-up; empty when there is none.
    code: String,
    /// Tags of the last wrap-up.
    tags: Vec<String>,
    /// When somebody shall come back to it, milliseconds since the Unix epoch; 0: not at all.
    follow_up_at: u64,
    /// The customer's last rating, 1 to 5; 0: none.
    rating: u32,
    /// Agents who take part beside the holder.
    participants: Vec<String>,
    /// The reason that the customer chose; empty when none.
    reason: String,
    /// BCP 47 tag of the customer's page.
    language: String,
}

impl From<ConversationSummary> for Summary {
    fn from(summary: ConversationSummary) -> Self {
        let phase = match summary.phase() {
            Phase::Assigned => "assigned",
            Phase::Closed => "closed",
            Phase::Waiting | Phase::Unspecified => "waiting",
        };
        Self {
            conversation: summary.conversation_id,
            customer: summary.customer_id,
            customer_name: summary.customer_name,
            phase,
            agent: summary.agent_id,
            queue: summary.queue,
            last_number: summary.last_number,
            last_at: summary.last_at_ms,
            preview: summary.last_text,
            unread: summary.unread,
            code: summary.wrap_code,
            tags: summary.tags,
            follow_up_at: summary.follow_up_at_ms,
            rating: summary.rating,
            participants: summary.participants,
            reason: summary.reason,
            language: summary.language,
        }
    }
}

/// Lists conversations; an agent who names nobody gets their own.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    Query(mut filter): Query<Filter>,
) -> Result<Json<List>, ApiError> {
    let party = by.party();
    if !party.supervisor && filter.agent.is_empty() && filter.customer.is_empty() {
        filter.agent = by.id.to_string();
    }
    let request = ListConversationsRequest {
        by: Some(party),
        agent_id: filter.agent,
        customer_id: filter.customer,
        include_closed: filter.closed,
        limit: filter.limit,
        conversation_id: String::new(),
    };
    let response = app.chat.clone().list_conversations(request).await?.into_inner();
    Ok(Json(List { conversations: response.conversations.into_iter().map(Summary::from).collect() }))
}

/// Query of `GET /api/v1/conversations/{id}/events`.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    limit: u32,
}

/// A page of events.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Events")]
pub(crate) struct Events<'a> {
    /// In order, as in the socket's `event`.
    events: Vec<Event<'a>>,
    /// The conversation's last number.
    last_number: u64,
}

/// Reads a page of events.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    client: Client,
    Path(conversation_id): Path<String>,
    Query(Page { after, limit }): Query<Page>,
) -> Result<Response, ApiError> {
    is_uuid(&conversation_id)?;
    let request =
        ReadConversationRequest { conversation_id: conversation_id.clone(), by: Some(by.party()), after, limit };
    let outcome = app.chat.clone().read_conversation(request).await.map_err(ApiError::from);
    let word = outcome.as_ref().map_or_else(|error| error.0.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "conversation_read", &conversation_id, word);
    let ReadConversationResponse { events, last_number } = outcome?.into_inner();
    let events = events.iter().filter_map(Event::from_readable).collect();
    Ok(Json(Events { events, last_number }).into_response())
}

/// Whose conversation it is; refused when the party may not read it.
pub(crate) async fn customer_of(app: &App, by: Party, conversation: &str) -> Result<String, Refusal> {
    let request =
        ReadConversationRequest { conversation_id: conversation.to_owned(), by: Some(by), after: 0, limit: 1 };
    let page = app.chat.clone().read_conversation(request).await.map_err(|status| Refusal::from(&status))?.into_inner();
    let opened = page.events.into_iter().next().and_then(|first| first.event?.what);
    let missing = || Refusal::new(Code::NotFound, "no_such_conversation", "the conversation has no beginning");
    if let Some(chat_event::What::Opened(opened)) = opened { Ok(opened.customer_id) } else { Err(missing()) }
}
