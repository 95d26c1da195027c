//! What time does to cases and tasks, and what follows from it. Every site does it, from its own view: all of it may be done twice, the journal and
//! `chat` take each thing once. A site that dies leaves nothing undone that another one would not do.

use std::time::Duration;

use chassis::grpc::Channel;
use proto::chat::v1::{
    Close, Command, ExecuteRequest, Open, Party, PartyKind, chat_service_client::ChatServiceClient,
    command::What as Say,
};
use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, Row as _};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use uuid::Uuid;

use super::{
    case_subject,
    store::Store,
    view::{self, TASK},
    words::Text,
};
use crate::{
    case::{self, Late},
    service::now_ms,
    task,
};

/// How often it is looked what is due.
const LOOK: Duration = Duration::from_millis(500);
/// So much is done in one look, of each sort.
const AT_ONCE: i64 = 100;

/// What the clock needs.
pub(crate) struct Clock {
    /// Cases and tasks.
    pub store: Store,
    /// This site's view.
    pub pool: PgPool,
    /// This site's chat service; none: tasks that are due wait.
    pub chat: Option<Channel>,
    /// The queue of tasks that say that a case is late.
    pub queue: String,
}

/// Keeps time until the signal. A view or a journal that is away is waited for.
pub(crate) async fn run(clock: Clock, stop: CancellationToken) {
    let keep = async {
        loop {
            if let Err(error) = clock.look().await {
                tracing::warn!(%error, "cases and tasks wait for the view");
            }
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = keep => {}
        () = stop.cancelled() => {}
    }
}

impl Clock {
    async fn look(&self) -> Result<(), sqlx::Error> {
        self.tick_cases().await?;
        self.tick_tasks().await?;
        self.tell_of_late_cases().await?;
        self.finish_tasks().await?;
        let Some(chat) = &self.chat else { return Ok(()) };
        let mut chat = ChatServiceClient::new(chat.clone());
        self.open_talks(&mut chat).await?;
        self.close_talks(&mut chat).await
    }

    async fn due(&self, sql: &'static str) -> Result<Vec<(String, u64)>, sqlx::Error> {
        let rows = sqlx::query(sql).bind(now_ms().cast_signed()).bind(AT_ONCE).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs()))).collect()
    }

    async fn tick_cases(&self) -> Result<(), sqlx::Error> {
        let sql = "select case_id, next_ms from cases where next_ms <= $1 order by next_ms limit $2";
        for (id, at) in self.due(sql).await? {
            let tick = |_: &super::store::Pen<'_>| case::Command {
                id: format!("tick-{at}"),
                by: String::new(),
                action: case::Action::<Text>::Tick,
            };
            if let Err(refusal) = self.store.change_case(&id, "", tick).await {
                tracing::warn!(case = id, reason = %refusal.reason, "a case's time was not kept");
            }
        }
        Ok(())
    }

    async fn tick_tasks(&self) -> Result<(), sqlx::Error> {
        let sql = "select task_id, next_ms from tasks where next_ms <= $1 order by next_ms limit $2";
        for (id, at) in self.due(sql).await? {
            self.change_task(&id, &format!("tick-{at}"), task::Action::Tick).await;
        }
        Ok(())
    }

    /// A late case becomes work for somebody: a task, once for each sort of lateness.
    async fn tell_of_late_cases(&self) -> Result<(), sqlx::Error> {
        for (late, plan) in [(Late::First, "late.first"), (Late::Solve, "late.solve")] {
            let cases: Vec<String> = sqlx::query_scalar(
                "select case_id from cases where late & $1 > 0 and not solved and not exists \
                 (select from tasks where tasks.case_id = cases.case_id and tasks.plan = $2) limit $3",
            )
            .bind(view::bit(late))
            .bind(plan)
            .bind(AT_ONCE)
            .fetch_all(&self.pool)
            .await?;
            for id in cases {
                self.plan_escalation(&id, plan).await;
            }
        }
        Ok(())
    }

    async fn plan_escalation(&self, case: &str, plan: &str) {
        let Ok(stored) = self.store.case(case).await else { return };
        let Ok(title) = self.store.open(&case_subject(case), stored.title.as_ref()).await else { return };
        let record = stored.core.record().to_owned();
        let id = derived(&[case, plan]).to_string();
        let make = |pen: &super::store::Pen<'_>| task::Command {
            id: "late".to_owned(),
            by: String::new(),
            action: task::Action::Plan(task::Plan {
                record: record.clone(),
                kind: "escalation".to_owned(),
                case: case.to_owned(),
                queue: self.queue.clone(),
                at: now_ms(),
                // An erased customer's case has no words left, and still is late.
                text: if title.is_empty() { None } else { pen.seal(&title) },
                plan: plan.to_owned(),
            }),
        };
        if let Err(refusal) = self.store.change_task(&id, &record, make).await {
            tracing::warn!(case, reason = %refusal.reason, "nobody was told of a late case yet");
        }
    }

    /// Tasks that are due become conversations.
    async fn open_talks(&self, chat: &mut Chat) -> Result<(), sqlx::Error> {
        let tasks: Vec<String> = sqlx::query_scalar(
            "select task_id from tasks where wanted and not exists \
             (select from task_talks where conversation_id = task_id) limit $1",
        )
        .bind(AT_ONCE)
        .fetch_all(&self.pool)
        .await?;
        for id in tasks {
            let Ok(stored) = self.store.task(&id).await else { continue };
            if task::desired(&stored.core) != Some(true) {
                continue;
            }
            let subject = super::task_subject(&id);
            let Ok(text) = self.store.open(&subject, stored.planned.text.as_ref()).await else { continue };
            let answers = serde_json::json!({ "task": text, "case": stored.planned.case_id });
            let open = Say::Open(Open {
                queue: stored.planned.queue.clone(),
                language: "ja".to_owned(),
                reason: stored.planned.kind.clone(),
                answers: answers.to_string(),
                channel: TASK.to_owned(),
                ..Open::default()
            });
            let customer =
                Party { kind: PartyKind::Customer.into(), id: stored.planned.record_id.clone(), supervisor: false };
            if say(chat, &id, customer, open).await == Said::Refused {
                // Chat will never have it (an erased customer): nobody can do it any more.
                self.change_task(&id, "refused", task::Action::Cancel).await;
            }
        }
        Ok(())
    }

    /// A task whose conversation is over was done.
    async fn finish_tasks(&self) -> Result<(), sqlx::Error> {
        let rows = sqlx::query(
            "select task_id, code from tasks join task_talks on conversation_id = task_id \
             where wanted and closed limit $1",
        )
        .bind(AT_ONCE)
        .fetch_all(&self.pool)
        .await?;
        for row in rows {
            let (id, outcome): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            self.change_task(&id, "closed", task::Action::Finish { outcome }).await;
        }
        Ok(())
    }

    /// A task that is over needs no conversation.
    async fn close_talks(&self, chat: &mut Chat) -> Result<(), sqlx::Error> {
        let tasks: Vec<String> = sqlx::query_scalar(
            "select task_id from tasks join task_talks on conversation_id = task_id \
             where not wanted and not closed limit $1",
        )
        .bind(AT_ONCE)
        .fetch_all(&self.pool)
        .await?;
        for id in tasks {
            let center = Party { kind: PartyKind::System.into(), id: "crm".to_owned(), supervisor: false };
            say(chat, &id, center, Say::Close(Close::default())).await;
        }
        Ok(())
    }

    async fn change_task(&self, id: &str, command: &str, action: task::Action<Text>) {
        let make = |_: &super::store::Pen<'_>| task::Command {
            id: command.to_owned(),
            by: String::new(),
            action: action.clone(),
        };
        if let Err(refusal) = self.store.change_task(id, "", make).await {
            tracing::warn!(task = id, reason = %refusal.reason, "a task was not moved on");
        }
    }
}

type Chat = ChatServiceClient<Channel>;

async fn say(chat: &mut Chat, conversation: &str, by: Party, what: Say) -> Said {
    let command = Command { conversation_id: conversation.to_owned(), by: Some(by), what: Some(what) };
    match chat.execute(ExecuteRequest { command: Some(command) }).await {
        Ok(_) => Said::Heard,
        Err(status) if matches!(status.code(), Code::FailedPrecondition | Code::InvalidArgument) => {
            tracing::warn!(task = conversation, code = ?status.code(), message = status.message(), "a task's conversation is refused");
            Said::Refused
        }
        // The next look tries again.
        Err(_) => Said::NotYet,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Heard,
    Refused,
    NotYet,
}

/// An id that every site makes the same.
pub(crate) fn derived(parts: &[&str]) -> Uuid {
    let digest = Sha256::digest(parts.join("/"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
