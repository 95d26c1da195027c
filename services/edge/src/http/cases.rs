//! Cases that departments work on, and tasks. For agents; what was done is told by the case itself, who read or listed it by the audit.

pub(crate) mod shapes;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, case_service_client::CaseServiceClient};
use serde::Deserialize;

use super::{
    error::ApiError,
    extract::{Agent, Body, Client},
};
use crate::door::App;
use shapes::CaseEntry;
pub(crate) use shapes::{Case, CaseBody, Cases, Task, TaskBody, Tasks, WholeCase};

/// Records that one question may name.
const MAX_RECORDS: usize = 200;

/// Every path of cases and tasks.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/cases", get(list))
        .route("/cases/{case}", get(get_one).post(change))
        .route("/tasks", get(tasks))
        .route("/tasks/{task}", post(change_task))
}

fn service(app: &App) -> Result<CaseServiceClient<Channel>, Refusal> {
    app.cases.clone().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))
}

fn records(text: &str) -> Result<Vec<String>, Refusal> {
    let records: Vec<String> = text.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if records.len() <= MAX_RECORDS {
        return Ok(records);
    }
    Err(Refusal::new(Code::InvalidArgument, "bad_request", "too many records are asked for at once"))
}

/// The customer whose cases or tasks were listed, for the audit; empty: everybody's.
fn first(records: &str) -> &str {
    records.split(',').next().unwrap_or_default()
}

/// Query of `GET /api/v1/cases`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AskedCases {
    records: String,
    department: String,
    owner: String,
    solved: bool,
    after: String,
    limit: u32,
}

/// Cases, those due first first.
async fn list(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Query(asked): Query<AskedCases>,
) -> Result<Json<Cases>, ApiError> {
    let request = pb::ListCasesRequest {
        record_ids: records(&asked.records)?,
        department: asked.department,
        owner: asked.owner,
        solved: asked.solved,
        limit: asked.limit,
        after: asked.after,
    };
    let found = service(&app)?.list_cases(request).await;
    client.note(&app, &by.id, "cases_listed", first(&asked.records), outcome(&found));
    let found = found?.into_inner();
    Ok(Json(Cases { cases: found.cases.into_iter().map(Case::from).collect(), next: found.next }))
}

/// One case with all that happened. That somebody read it is in the audit.
async fn get_one(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<WholeCase>, ApiError> {
    let found = service(&app)?.get_case(pb::GetCaseRequest { case_id: id.clone() }).await;
    client.note(&app, &by.id, "case_read", &id, outcome(&found));
    let found = found?.into_inner();
    let case = case_of(found.case)?;
    Ok(Json(WholeCase { case, entries: found.entries.into_iter().map(CaseEntry::from).collect() }))
}

/// Does something to a case.
async fn change(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Body(CaseBody { command, deed }): Body<CaseBody>,
) -> Result<Json<Case>, ApiError> {
    let request = pb::ChangeCaseRequest {
        case_id: id.clone(),
        command_id: command,
        by: by.id.to_string(),
        what: Some(deed.into()),
    };
    let done = service(&app)?.change_case(request).await;
    client.note(&app, &by.id, "case_changed", &id, outcome(&done));
    Ok(Json(case_of(done?.into_inner().case)?))
}

/// Query of `GET /api/v1/tasks`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AskedTasks {
    records: String,
    case: String,
    over: bool,
    after: String,
    limit: u32,
}

/// Tasks, those that come first first.
async fn tasks(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Query(asked): Query<AskedTasks>,
) -> Result<Json<Tasks>, ApiError> {
    let request = pb::ListTasksRequest {
        record_ids: records(&asked.records)?,
        case_id: asked.case,
        over: asked.over,
        limit: asked.limit,
        after: asked.after,
    };
    let found = service(&app)?.list_tasks(request).await;
    client.note(&app, &by.id, "tasks_listed", first(&asked.records), outcome(&found));
    let found = found?.into_inner();
    Ok(Json(Tasks { tasks: found.tasks.into_iter().map(Task::from).collect(), next: found.next }))
}

/// Does something to a task.
async fn change_task(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Body(TaskBody { command, deed }): Body<TaskBody>,
) -> Result<Json<Task>, ApiError> {
    let request = pb::ChangeTaskRequest {
        task_id: id.clone(),
        command_id: command,
        by: by.id.to_string(),
        what: Some(deed.into()),
    };
    let done = service(&app)?.change_task(request).await;
    client.note(&app, &by.id, "task_changed", &id, outcome(&done));
    let none = || Refusal::new(Code::NotFound, "no_such_task", "there is no such task");
    Ok(Json(done?.into_inner().task.ok_or_else(none)?.into()))
}

fn case_of(case: Option<pb::Case>) -> Result<Case, Refusal> {
    let none = || Refusal::new(Code::NotFound, "no_such_case", "there is no such case");
    Ok(case.ok_or_else(none)?.into())
}

fn outcome<T>(done: &Result<T, tonic::Status>) -> &'static str {
    if done.is_ok() { "ok" } else { "refused" }
}
