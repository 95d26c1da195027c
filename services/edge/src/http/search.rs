//! Search over conversations. `chat` looks through texts and customers' names; the door adds what it knows: agents' names and
//! the names of codes.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
};
use proto::chat::v1::{Found, SearchConversationsRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    conversations::Summary,
    desk::codes_like,
    error::ApiError,
    extract::{Agent, Client},
};
use crate::door::App;

/// Query of `GET /api/v1/search`.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    limit: u32,
    #[serde(default)]
    beyond: String,
}

/// What was found, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Search")]
pub(crate) struct List {
    /// The conversations.
    conversations: Vec<Hit>,
    /// Not everything was looked at: older conversations may fit too.
    partial: bool,
    /// `beyond` of a search that goes on where this one stopped; empty when everything was looked at.
    older: String,
}

/// A conversation that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SearchHit")]
pub(crate) struct Hit {
    /// The conversation.
    #[serde(flatten)]
    conversation: Summary,
    /// The message that fits, cut to 120 characters; empty when it was found by something else.
    excerpt: String,
    /// Its event's number; 0 as above.
    number: u64,
}

/// Searches.
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Query(Asked { q, limit, beyond }): Query<Asked>,
) -> Result<Json<List>, ApiError> {
    let wanted = q.trim().to_lowercase();
    let fits = |name: &str| !wanted.is_empty() && name.to_lowercase().contains(&wanted);
    let accounts = app.accounts.list().await?;
    let agent_ids = accounts.into_iter().filter(|account| fits(&account.name)).map(|account| account.id).collect();
    let codes = codes_like(&app, fits);
    let request = SearchConversationsRequest { by: Some(by.party()), query: q, limit, agent_ids, codes, beyond };
    let outcome = app.chat.clone().search_conversations(request).await.map_err(ApiError::from);
    let word = outcome.as_ref().map_or_else(|error| error.0.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "conversation_search", "", word);
    let found = outcome?.into_inner();
    let hit = |Found { conversation, excerpt, number }| {
        Some(Hit { conversation: Summary::from(conversation?), excerpt, number })
    };
    let conversations = found.found.into_iter().filter_map(hit).collect();
    Ok(Json(List { conversations, partial: found.partial, older: found.older }))
}
