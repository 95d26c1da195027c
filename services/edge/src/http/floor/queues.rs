//! Queues' rules, for supervisors; the list of them, for agents.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use proto::routing::v1::{self as routing, DefineQueue, execute_request::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SkillBody, read};
use crate::{
    door::App,
    http::{
        error::ApiError,
        extract::{Agent, Body, Client, Supervisor},
    },
};

/// When contacts leave a queue for another: as soon as one condition holds.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Overflow")]
pub(crate) struct OverflowBody {
    /// After waiting so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_ms: Option<u64>,
    /// At arrival, when more than so many wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    longer_than: Option<u32>,
    /// At arrival, when the wait expected is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected_over_ms: Option<u64>,
    /// Where to.
    to_queue: String,
}

/// Rules of a queue.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Queue")]
pub(crate) struct QueueBody {
    /// 1 to 40 characters of [a-z0-9_-]. With PUT the path says it.
    #[serde(default)]
    queue: String,
    /// Display name, at most 100 characters; empty: the id.
    #[serde(default)]
    name: String,
    /// `chat`, `voice`, `mail`, `callback` or `task`; absent: `chat`. A queue keeps its channel.
    #[serde(default)]
    channel: ChannelWord,
    /// Those of an agent: required, or preferred for a while.
    #[serde(default)]
    skills: Vec<SkillBody>,
    /// 0 (lowest) to 9.
    #[serde(default)]
    priority: u32,
    /// 1,000 to 120,000; 0 or absent means 20,000.
    #[serde(default)]
    offer_timeout_ms: u32,
    /// A contact should be accepted within this; 0: no target.
    #[serde(default)]
    target_ms: u64,
    /// A calendar's id; empty: always open.
    #[serde(default)]
    calendar: String,
    /// Where contacts go that it cannot serve in time.
    #[serde(default)]
    overflow: Vec<OverflowBody>,
    /// Longest wait; 0: the floor's own limit.
    #[serde(default)]
    max_wait_ms: u64,
    /// Where contacts go then; empty: anybody on the channel may have them.
    #[serde(default)]
    on_limit_queue: String,
    /// How long an agent finishes the work after a contact; 0: not at all.
    #[serde(default)]
    after_work_ms: u64,
}

/// A channel's name.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Channel")]
pub(crate) enum ChannelWord {
    /// Text conversations.
    #[default]
    Chat,
    /// Calls.
    Voice,
    /// Letters.
    Mail,
    /// Calls that we make.
    Callback,
    /// Clerical work.
    Task,
}

impl From<routing::Channel> for ChannelWord {
    fn from(channel: routing::Channel) -> Self {
        match channel {
            routing::Channel::Chat | routing::Channel::Unspecified => Self::Chat,
            routing::Channel::Voice => Self::Voice,
            routing::Channel::Mail => Self::Mail,
            routing::Channel::Callback => Self::Callback,
            routing::Channel::Task => Self::Task,
        }
    }
}

impl From<ChannelWord> for routing::Channel {
    fn from(word: ChannelWord) -> Self {
        match word {
            ChannelWord::Chat => Self::Chat,
            ChannelWord::Voice => Self::Voice,
            ChannelWord::Mail => Self::Mail,
            ChannelWord::Callback => Self::Callback,
            ChannelWord::Task => Self::Task,
        }
    }
}

impl From<&routing::Queue> for QueueBody {
    fn from(queue: &routing::Queue) -> Self {
        let overflow = queue.overflow.iter().map(|rule| OverflowBody {
            after_ms: rule.after_ms,
            longer_than: rule.longer_than,
            expected_over_ms: rule.expected_over_ms,
            to_queue: rule.to_queue_id.clone(),
        });
        Self {
            queue: queue.queue_id.clone(),
            name: queue.name.clone(),
            channel: queue.channel().into(),
            skills: queue.skills.iter().map(SkillBody::from).collect(),
            priority: queue.priority,
            offer_timeout_ms: queue.offer_timeout_ms,
            target_ms: queue.target_ms,
            calendar: queue.calendar_id.clone(),
            overflow: overflow.collect(),
            max_wait_ms: queue.max_wait_ms,
            on_limit_queue: queue.on_limit_queue_id.clone(),
            after_work_ms: queue.after_work_ms,
        }
    }
}

impl From<QueueBody> for routing::Queue {
    fn from(body: QueueBody) -> Self {
        let overflow = body.overflow.into_iter().map(|rule| routing::Overflow {
            after_ms: rule.after_ms,
            longer_than: rule.longer_than,
            expected_over_ms: rule.expected_over_ms,
            to_queue_id: rule.to_queue,
        });
        Self {
            queue_id: body.queue,
            channel: routing::Channel::from(body.channel).into(),
            skills: body.skills.into_iter().map(routing::Skill::from).collect(),
            priority: body.priority,
            offer_timeout_ms: body.offer_timeout_ms,
            name: body.name,
            target_ms: body.target_ms,
            calendar_id: body.calendar,
            overflow: overflow.collect(),
            max_wait_ms: body.max_wait_ms,
            on_limit_queue_id: body.on_limit_queue,
            after_work_ms: body.after_work_ms,
            ..Self::default()
        }
    }
}

/// A queue with its figures.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "QueueNow")]
pub(crate) struct QueueNow {
    /// Its rules.
    #[serde(flatten)]
    rules: QueueBody,
    /// Open now.
    open: bool,
    /// When it opens, milliseconds since the Unix epoch; 0 when it is open.
    opens_at: u64,
    /// Contacts waiting, without those who wait for the opening.
    waiting: u32,
    /// Contacts offered.
    offered: u32,
    /// Contacts held.
    held: u32,
    /// Longest wait now.
    longest_wait_ms: u64,
    /// What somebody who came now would wait.
    expected_wait_ms: u64,
}

impl From<routing::Queue> for QueueNow {
    fn from(queue: routing::Queue) -> Self {
        Self {
            rules: QueueBody::from(&queue),
            open: queue.open,
            opens_at: queue.opens_at_ms,
            waiting: queue.waiting,
            offered: queue.offered,
            held: queue.held,
            longest_wait_ms: queue.longest_wait_ms,
            expected_wait_ms: queue.expected_wait_ms,
        }
    }
}

/// Creates or changes a queue.
pub(in crate::http) async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<QueueBody>,
) -> Result<Json<QueueBody>, ApiError> {
    let queue = routing::Queue::from(body.clone());
    let outcome = app.routing.execute_by(&by.id, What::DefineQueue(DefineQueue { queue: Some(queue) })).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "queue_set", &body.queue, word);
    outcome?;
    Ok(Json(body))
}

/// The same with the queue named in the path.
pub(in crate::http) async fn put(
    state: State<Arc<App>>,
    by: Supervisor,
    client: Client,
    Path(queue): Path<String>,
    Body(body): Body<QueueBody>,
) -> Result<Json<QueueBody>, ApiError> {
    set(state, by, client, Body(QueueBody { queue, ..body })).await
}

/// A queue as agents see it, to transfer to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedQueue")]
pub(crate) struct ListedQueue {
    /// Its id.
    queue: String,
    /// Display name.
    name: String,
    /// Open now.
    open: bool,
    /// Contacts waiting.
    waiting: u32,
    /// What somebody who came now would wait.
    expected_wait_ms: u64,
}

/// Lists the queues.
pub(in crate::http) async fn list(State(app): State<Arc<App>>, _: Agent) -> Result<Json<Vec<ListedQueue>>, ApiError> {
    let floor = read(&app, false, 1).await?;
    let listed = |queue: routing::Queue| ListedQueue {
        name: if queue.name.is_empty() { queue.queue_id.clone() } else { queue.name },
        queue: queue.queue_id,
        open: queue.open,
        waiting: queue.waiting,
        expected_wait_ms: queue.expected_wait_ms,
    };
    Ok(Json(floor.queues.into_iter().map(listed).collect()))
}
