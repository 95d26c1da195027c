//! Notices from supervisors to agents, and asking a colleague before handing a conversation over.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use proto::{
    chat::v1::{Command, ExecuteRequest, Note, command},
    routing::v1::{self as routing, FindAgentRequest, GetFloorRequest},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    desk::Removed,
    error::ApiError,
    extract::{Agent, Body, Client, Supervisor},
};
use crate::{
    clock,
    door::App,
    frames::{NoticeCard, NoticeKind},
    notices::{self, Notice},
    socket::frames::{is_id, is_text, is_uuid},
    tokens::Identity,
};

const MINUTE_MS: u64 = 60_000;
/// A call to a colleague goes by itself after so long, ms.
const CALL_MS: u64 = 8 * 60 * MINUTE_MS;
const MAX_MINUTES: u64 = 7 * 24 * 60;
const MAX_CHARS: usize = 500;

/// Whom a notice is for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum To {
    /// Every agent, also who comes later.
    All,
    /// Agents who have what a queue requires now.
    Queue(String),
    /// Agents of a team or partner now.
    Unit(String),
}

/// Body of `POST /api/v1/notices`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewNotice")]
pub(crate) struct NewNotice {
    /// In Japanese, at most 500 characters; one of the two is needed.
    #[serde(default)]
    ja: String,
    /// In English, at most 500 characters.
    #[serde(default)]
    en: String,
    /// Whom for.
    to: To,
    /// It goes by itself after so long, 1 to 10,080 minutes.
    minutes: u64,
}

/// A notice that was sent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SentNotice")]
pub(crate) struct SentNotice {
    /// The notice.
    #[serde(flatten)]
    notice: NoticeCard,
    /// Whom for: `all`, `queue <id>`, `unit <id>`.
    to: String,
    /// How many agents it was sent to; 0: everybody.
    of: usize,
    /// How many read it.
    read: usize,
}

/// Sends a notice.
pub(super) async fn send(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(new): Body<NewNotice>,
) -> Result<Json<SentNotice>, ApiError> {
    let texts = [&new.ja, &new.en];
    let fits = texts.iter().all(|text| text.chars().count() <= MAX_CHARS);
    if !fits || texts.iter().all(|text| text.trim().is_empty()) || !(1..=MAX_MINUTES).contains(&new.minutes) {
        let message = "a text of at most 500 characters in one language at least, for 1 to 10,080 minutes";
        return Err(Refusal::new(Code::InvalidArgument, "bad_request", message).into());
    }
    let (to, agents) = recipients(&app, &new.to).await?;
    let now = clock::unix_ms();
    let notice = Notice {
        kind: NoticeKind::Broadcast,
        ja: new.ja,
        en: new.en,
        conversation: String::new(),
        expires: now + new.minutes * MINUTE_MS,
        to: to.clone(),
        everybody: matches!(new.to, To::All),
        agents,
    };
    let id = Uuid::new_v4().to_string();
    let outcome = notices::send(&app, &id, &by.id, &notice).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "notice_send", &to, word);
    outcome?;
    Ok(Json(shown(&app, &notices::Sent { id, by: by.id.to_string(), at: now, notice })))
}

/// Names and agents of whom a notice is for.
async fn recipients(app: &App, to: &To) -> Result<(String, Vec<String>), ApiError> {
    if let To::All = to {
        return Ok(("all".to_owned(), Vec::new()));
    }
    let request = GetFloorRequest { floor: app.routing.floor.clone(), with_lists: true, limit: 1 };
    let floor = app.routing.client.clone().get_floor(request).await?.into_inner();
    let missing = || Refusal::new(Code::NotFound, "no_such_queue", "there is no such queue");
    let (word, skills) = match to {
        To::All => ("all".to_owned(), Vec::new()),
        To::Queue(id) => {
            let queue = floor.queues.into_iter().find(|queue| queue.queue_id == *id).ok_or_else(missing)?;
            (format!("queue {id}"), queue.skills)
        }
        To::Unit(id) => (format!("unit {id}"), Vec::new()),
    };
    let agents = floor.agents.into_iter().filter(|agent| match to {
        To::All => true,
        To::Queue(_) => able(agent, &skills),
        To::Unit(unit) => agent.unit == *unit,
    });
    Ok((word, agents.map(|agent| agent.agent_id).collect()))
}

/// Whether an agent has every skill that is required, not only preferred.
fn able(agent: &routing::Agent, skills: &[routing::Skill]) -> bool {
    let has =
        |wanted: &routing::Skill| agent.skills.iter().any(|it| it.name == wanted.name && it.level >= wanted.level);
    skills.iter().filter(|skill| !skill.preferred).all(has)
}

fn shown(app: &App, sent: &notices::Sent) -> SentNotice {
    SentNotice {
        notice: sent.card(),
        to: sent.notice.to.clone(),
        of: sent.notice.agents.len(),
        read: notices::readers(&*app.keep, &sent.id),
    }
}

/// The notices that supervisors sent and that have not expired, the newest first.
pub(super) async fn list(State(app): State<Arc<App>>, _: Supervisor) -> Json<Vec<SentNotice>> {
    let all = notices::current(&*app.keep, clock::unix_ms());
    let broadcasts = all.iter().filter(|sent| sent.notice.kind == NoticeKind::Broadcast);
    Json(broadcasts.map(|sent| shown(&app, sent)).collect())
}

/// Takes one back.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Removed>, ApiError> {
    is_uuid(&id)?;
    let outcome = notices::take_back(&app, &id, &by.id).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "notice_remove", &id, word);
    Ok(Json(Removed::new(outcome?)))
}

/// Answer of `POST /api/v1/notices/{id}/read`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NoticeRead")]
pub(crate) struct NoticeRead {
    /// The notice.
    id: String,
}

/// An agent has read one.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    Path(id): Path<String>,
) -> Result<Json<NoticeRead>, ApiError> {
    is_uuid(&id)?;
    notices::read(&app, &id, &by.id).await?;
    Ok(Json(NoticeRead { id }))
}

/// Whom an agent asks, and what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Consultation")]
pub(crate) struct Consultation {
    /// UUID chosen by the browser; the same id again is the same question.
    message: String,
    /// 1 to 4,000 characters: becomes a note that the customer never sees.
    text: String,
    /// A colleague.
    #[serde(default)]
    agent: Option<String>,
    /// Or whoever is free for this queue.
    #[serde(default)]
    queue: Option<String>,
}

/// Who is asked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Consulted")]
pub(crate) struct Consulted {
    /// The agent.
    agent: String,
}

/// Asks a colleague, or whoever is free for a queue, about a conversation. They may read it and answer with notes, or take part;
/// the customer sees nothing of it.
pub(super) async fn consult(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(conversation): Path<String>,
    Body(asked): Body<Consultation>,
) -> Result<Json<Consulted>, ApiError> {
    is_uuid(&conversation)?;
    is_uuid(&asked.message)?;
    is_text(&asked.text)?;
    let outcome = ask(&app, &by, &conversation, asked).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "conversation_consult", &conversation, word);
    Ok(Json(Consulted { agent: outcome? }))
}

async fn ask(app: &App, by: &Identity, conversation: &str, asked: Consultation) -> Result<String, Refusal> {
    let agent = match (asked.agent, asked.queue) {
        (Some(agent), None) => agent,
        (None, Some(queue)) => free_for(app, by, queue).await?,
        (None, None) | (Some(_), Some(_)) => {
            return Err(Refusal::new(Code::InvalidArgument, "bad_request", "name an agent or a queue"));
        }
    };
    is_id(&agent)?;
    let mentions = vec![agent.clone()];
    let note = Note { message_id: asked.message.clone(), text: asked.text, mentions, whisper: false, consult: true };
    let what = Some(command::What::Note(note));
    let command = Some(Command { conversation_id: conversation.to_owned(), by: Some(by.party()), what });
    app.chat.clone().execute(ExecuteRequest { command }).await.map_err(|status| Refusal::from(&status))?;
    call(app, &by.id, &asked.message, conversation, vec![agent.clone()], NoticeKind::Consult).await?;
    Ok(agent)
}

async fn free_for(app: &App, by: &Identity, queue_id: String) -> Result<String, Refusal> {
    let (floor, but_agent_id) = (app.routing.floor.clone(), by.id.to_string());
    let request = FindAgentRequest { floor, queue_id, but_agent_id };
    let found = app.routing.client.clone().find_agent(request).await.map_err(|status| Refusal::from(&status))?;
    let agent = found.into_inner().agent_id;
    if agent.is_empty() {
        return Err(Refusal::new(Code::FailedPrecondition, "nobody_free", "nobody is free for this queue"));
    }
    Ok(agent)
}

/// Tells agents that a note called them. The text stays in the conversation.
pub(crate) async fn call(
    app: &App,
    by: &str,
    message: &str,
    conversation: &str,
    agents: Vec<String>,
    kind: NoticeKind,
) -> Result<(), Refusal> {
    let notice = Notice {
        kind,
        ja: String::new(),
        en: String::new(),
        conversation: conversation.to_owned(),
        expires: clock::unix_ms() + CALL_MS,
        to: String::new(),
        everybody: false,
        agents,
    };
    notices::send(app, message, by, &notice).await
}
