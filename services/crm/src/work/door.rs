//! gRPC in and out: bad input is refused here, decisions are the cores'.

use chassis::refusal::Refusal;
use proto::crm::v1::{
    self as pb, case_service_server::CaseService, change_case_request::What as AskCase,
    change_task_request::What as AskTask,
};
use sqlx::PgPool;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    case_subject,
    config::WorkConfig,
    entries,
    store::{Pen, Store, case_out, task_out},
    view::{self, CaseFilter, CasePlace, TaskFilter, TaskPlace},
    words::Text,
};
use crate::{
    case::{self, Action, Opening},
    error::{away, invalid},
    service::now_ms,
    task,
};

/// How far ahead a task is planned at most, ms: two years.
const FAR_MS: u64 = 2 * 366 * 86_400_000;

/// The service.
pub(crate) struct Door {
    /// Cases and tasks.
    pub store: Store,
    /// This site's view.
    pub pool: PgPool,
    /// How cases are to be served.
    pub config: WorkConfig,
}

#[tonic::async_trait]
impl CaseService for Door {
    async fn change_case(
        &self,
        request: Request<pb::ChangeCaseRequest>,
    ) -> Result<Response<pb::ChangeCaseResponse>, Status> {
        let request = request.into_inner();
        let case = self.changed_case(&request).await?;
        Ok(Response::new(pb::ChangeCaseResponse { case: Some(case) }))
    }

    async fn get_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<pb::GetCaseResponse>, Status> {
        let id = uuid(&request.into_inner().case_id)?;
        let (stored, events) = self.store.case_with_events(&id).await?;
        let subject = case_subject(&id);
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            told.push(entries::entry(&self.store, &subject, event).await?);
        }
        let case = case_out(&self.store, &id, &stored).await?;
        Ok(Response::new(pb::GetCaseResponse { case: Some(case), entries: told }))
    }

    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        let request = request.into_inner();
        let limit = page(request.limit)?;
        let after = case_place(&request.after)?;
        let filter = CaseFilter {
            records: some_ids(request.record_ids)?,
            department: request.department,
            owner: request.owner,
            solved: request.solved,
        };
        let listed = view::list_cases(&self.pool, &filter, &after, limit).await.map_err(|error| away(&error))?;
        let full = listed.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next =
            listed.last().filter(|_| full).map(|(place, _)| format!("{}.{}.{}", i32::from(place.0), place.1, place.2));
        let mut cases = Vec::with_capacity(listed.len());
        for ((_, _, id), stored) in &listed {
            cases.push(case_out(&self.store, id, stored).await?);
        }
        Ok(Response::new(pb::ListCasesResponse { cases, next: next.unwrap_or_default() }))
    }

    async fn change_task(
        &self,
        request: Request<pb::ChangeTaskRequest>,
    ) -> Result<Response<pb::ChangeTaskResponse>, Status> {
        let request = request.into_inner();
        let task = self.changed_task(&request).await?;
        Ok(Response::new(pb::ChangeTaskResponse { task: Some(task) }))
    }

    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        let request = request.into_inner();
        let limit = page(request.limit)?;
        let after = task_place(&request.after)?;
        let filter = TaskFilter { records: some_ids(request.record_ids)?, case: request.case_id, over: request.over };
        let listed = view::list_tasks(&self.pool, &filter, &after, limit).await.map_err(|error| away(&error))?;
        let full = listed.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next = listed.last().filter(|_| full).map(|(place, _)| format!("{}.{}", place.0, place.1));
        let mut tasks = Vec::with_capacity(listed.len());
        for ((_, id), stored) in &listed {
            tasks.push(task_out(&self.store, id, stored).await?);
        }
        Ok(Response::new(pb::ListTasksResponse { tasks, next: next.unwrap_or_default() }))
    }
}

impl Door {
    async fn changed_case(&self, request: &pb::ChangeCaseRequest) -> Result<pb::Case, Refusal> {
        let id = uuid(&request.case_id)?;
        let command = command_id(&request.command_id)?;
        let what = request.what.as_ref().ok_or_else(|| invalid("bad_request", "nothing is asked"))?;
        check_case(what)?;
        let record = if let AskCase::Open(open) = what { open.record_id.as_str() } else { "" };
        let make = |pen: &Pen<'_>| case::Command {
            id: command.clone(),
            by: request.by.clone(),
            action: self.case_action(what, pen),
        };
        let stored = self.store.change_case(&id, record, make).await?;
        case_out(&self.store, &id, &stored).await
    }

    fn case_action(&self, what: &AskCase, pen: &Pen<'_>) -> Action<Text> {
        match what {
            AskCase::Open(it) => {
                let (department, sla) = self.config.serve(&it.kind);
                Action::Open(Opening {
                    record: it.record_id.clone(),
                    kind: it.kind.clone(),
                    department: if it.department.is_empty() { department } else { it.department.clone() },
                    priority: if it.priority == 0 { 5 } else { it.priority },
                    title: pen.seal(&it.title),
                    conversation: it.conversation_id.clone(),
                    sla,
                })
            }
            AskCase::Assign(it) => Action::Assign { owner: Some(it.owner.clone()).filter(|owner| !owner.is_empty()) },
            AskCase::HandOver(it) => {
                let text = if it.text.is_empty() { None } else { pen.seal(&it.text) };
                Action::HandOver { department: it.department.clone(), text }
            }
            AskCase::Note(it) => Action::Note { text: pen.seal(&it.text) },
            AskCase::Attach(it) => Action::Attach { file: it.file_id.clone(), text: pen.seal(&it.name) },
            AskCase::Join(it) => Action::Join { conversation: it.conversation_id.clone() },
            AskCase::Rank(it) => Action::Rank { priority: it.priority },
            AskCase::Wait(it) => {
                Action::Wait { whom: it.whom.clone(), until: Some(it.until_ms).filter(|until| *until > 0) }
            }
            AskCase::Resume(_) => Action::Resume,
            AskCase::Solve(it) => Action::Solve { code: it.code.clone() },
            AskCase::Reopen(_) => Action::Reopen,
        }
    }

    async fn changed_task(&self, request: &pb::ChangeTaskRequest) -> Result<pb::Task, Refusal> {
        let id = uuid(&request.task_id)?;
        let command = command_id(&request.command_id)?;
        let what = request.what.as_ref().ok_or_else(|| invalid("bad_request", "nothing is asked"))?;
        check_task(what)?;
        let record = if let AskTask::Plan(plan) = what { plan.record_id.as_str() } else { "" };
        let make = |pen: &Pen<'_>| task::Command {
            id: command.clone(),
            by: request.by.clone(),
            action: self.task_action(what, pen),
        };
        let stored = self.store.change_task(&id, record, make).await?;
        task_out(&self.store, &id, &stored).await
    }

    fn task_action(&self, what: &AskTask, pen: &Pen<'_>) -> task::Action<Text> {
        match what {
            AskTask::Plan(it) => task::Action::Plan(task::Plan {
                record: it.record_id.clone(),
                kind: it.kind.clone(),
                case: it.case_id.clone(),
                queue: if it.queue.is_empty() { self.config.task_queue.clone() } else { it.queue.clone() },
                at: it.at_ms.max(now_ms()),
                text: pen.seal(&it.text),
                plan: it.plan.clone(),
            }),
            AskTask::Move(it) => task::Action::Move { at: it.at_ms.max(now_ms()) },
            AskTask::Cancel(_) => task::Action::Cancel,
            AskTask::Finish(it) => task::Action::Finish { outcome: it.outcome.clone() },
        }
    }
}

fn check_case(what: &AskCase) -> Result<(), Refusal> {
    match what {
        AskCase::Open(it) => {
            record(&it.record_id)?;
            word(&it.kind)?;
            optional(&it.department, word)?;
            text(&it.title, 200)?;
            optional(&it.conversation_id, |id| uuid(id).map(|_| ()))
        }
        AskCase::Assign(it) => optional(&it.owner, record),
        AskCase::HandOver(it) => word(&it.department).and_then(|()| optional(&it.text, |words| text(words, 4_000))),
        AskCase::Note(it) => text(&it.text, 4_000),
        AskCase::Attach(it) => uuid(&it.file_id).and_then(|_| text(&it.name, 200)),
        AskCase::Join(it) => uuid(&it.conversation_id).map(|_| ()),
        AskCase::Wait(it) => word(&it.whom),
        AskCase::Solve(it) => word(&it.code),
        AskCase::Rank(_) | AskCase::Resume(_) | AskCase::Reopen(_) => Ok(()),
    }
}

fn check_task(what: &AskTask) -> Result<(), Refusal> {
    match what {
        AskTask::Plan(it) => {
            record(&it.record_id)?;
            word(&it.kind)?;
            optional(&it.case_id, |id| uuid(id).map(|_| ()))?;
            optional(&it.queue, record)?;
            text(&it.text, 2_000)?;
            optional(&it.plan, |plan| command_id(plan).map(|_| ()))?;
            soon(it.at_ms)
        }
        AskTask::Move(it) => soon(it.at_ms),
        AskTask::Cancel(_) => Ok(()),
        AskTask::Finish(it) => optional(&it.outcome, word),
    }
}

/// A UUID in the one spelling that ids have.
fn uuid(given: &str) -> Result<String, Refusal> {
    let lower = given.len() == 36 && !given.bytes().any(|byte| byte.is_ascii_uppercase());
    let known = Uuid::try_parse(given).ok().filter(|_| lower);
    known.map(|id| id.to_string()).ok_or_else(|| invalid("bad_id", "an id is a UUID in lower case with hyphens"))
}

fn command_id(given: &str) -> Result<String, Refusal> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    let good = (1..=64).contains(&given.len()) && given.bytes().all(fits);
    if good { Ok(given.to_owned()) } else { Err(invalid("bad_id", "an id has 1 to 64 characters of [A-Za-z0-9._:-]")) }
}

fn record(given: &str) -> Result<(), Refusal> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let good = (1..=64).contains(&given.len()) && given.bytes().all(fits);
    if good { Ok(()) } else { Err(invalid("bad_id", "an id has 1 to 64 characters of [A-Za-z0-9_-]")) }
}

fn word(given: &str) -> Result<(), Refusal> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let good = (1..=32).contains(&given.len()) && given.bytes().all(fits);
    if good { Ok(()) } else { Err(invalid("bad_word", "a word has 1 to 32 characters of [a-z0-9_]")) }
}

fn text(given: &str, most: usize) -> Result<(), Refusal> {
    let good = !given.trim().is_empty() && given.chars().count() <= most;
    if good { Ok(()) } else { Err(invalid("bad_text", "a text is empty or too long")) }
}

fn optional(given: &str, check: impl Fn(&str) -> Result<(), Refusal>) -> Result<(), Refusal> {
    if given.is_empty() { Ok(()) } else { check(given) }
}

fn soon(at: u64) -> Result<(), Refusal> {
    if at <= now_ms() + FAR_MS { Ok(()) } else { Err(invalid("bad_time", "a task is planned two years ahead at most")) }
}

fn some_ids(ids: Vec<String>) -> Result<Vec<String>, Refusal> {
    if ids.len() <= 1_000 { Ok(ids) } else { Err(invalid("too_many", "at most 1,000 records are asked for at once")) }
}

fn page(limit: u32) -> Result<i64, Refusal> {
    match limit {
        0 => Ok(50),
        1..=200 => Ok(i64::from(limit)),
        _ => Err(invalid("bad_limit", "a page has 1 to 200 entries")),
    }
}

fn case_place(after: &str) -> Result<CasePlace, Refusal> {
    if after.is_empty() {
        return Ok((false, i64::MIN, String::new()));
    }
    let bad = || invalid("bad_place", "`after` is no place in this list");
    let mut parts = after.splitn(3, '.');
    let solved = match parts.next() {
        Some("0") => false,
        Some("1") => true,
        Some(_) | None => return Err(bad()),
    };
    let sort = parts.next().and_then(|part| part.parse().ok()).ok_or_else(bad)?;
    Ok((solved, sort, parts.next().ok_or_else(bad)?.to_owned()))
}

fn task_place(after: &str) -> Result<TaskPlace, Refusal> {
    if after.is_empty() {
        return Ok((i64::MIN, String::new()));
    }
    let bad = || invalid("bad_place", "`after` is no place in this list");
    let (at, id) = after.split_once('.').ok_or_else(bad)?;
    Ok((at.parse().map_err(|_| bad())?, id.to_owned()))
}
