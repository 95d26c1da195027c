//! Success plans: templates that supervisors set, plans that agents start and end for a customer, and supervisors for a segment.

pub(super) mod shapes;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, plan_service_client::PlanServiceClient};

use super::{
    audited::audited,
    error::ApiError,
    extract::{Agent, Body, Client, Supervisor},
};
use crate::{
    door::App,
    socket::frames::{at_most, is_id},
};
use shapes::{End, ForSegment, Plan, Plans, Start, Started, StartedMany, Templates};

/// Longest id of a template or plan, and longest place in a list.
const MAX_WORD: usize = 64;

/// Every path of plans.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/plan-templates", get(read).put(set))
        .route("/plan-templates/{template}/members", post(start_many))
        .route("/customers/{id}/plans", get(list).post(start))
        .route("/customers/{id}/plans/{plan}/end", post(end))
}

fn service(app: &App) -> Result<PlanServiceClient<Channel>, Refusal> {
    app.plans.clone().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))
}

/// All templates; agents start them.
async fn read(State(app): State<Arc<App>>, Agent(_): Agent) -> Result<Json<Templates>, ApiError> {
    let asked = service(&app)?.get_plan_templates(pb::GetPlanTemplatesRequest {}).await;
    let told = asked.map_err(|status| Refusal::from(&status))?.into_inner().templates;
    Ok(Json(Templates::from(told.unwrap_or_default())))
}

/// Sets them all. What was started stays as it is.
async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<Templates>,
) -> Result<Json<Templates>, ApiError> {
    let request = pb::SetPlanTemplatesRequest { templates: Some(body.into()), by: by.id.to_string() };
    let asked = service(&app)?.set_plan_templates(request).await;
    let told = audited(asked, (&app, &by, &client), ("plan_templates_set", ""))?;
    Ok(Json(Templates::from(told.templates.unwrap_or_default())))
}

/// A customer's plans.
async fn list(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Plans>, ApiError> {
    is_id(&id)?;
    let asked = service(&app)?.list_plans(pb::ListPlansRequest { customer_id: id.clone() }).await;
    let told = audited(asked, (&app, &by, &client), ("plans_listed", &id))?;
    Ok(Json(Plans { plans: told.plans.into_iter().map(Plan::from).collect() }))
}

/// Starts one for a customer.
async fn start(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Body(body): Body<Start>,
) -> Result<Json<Started>, ApiError> {
    is_id(&id)?;
    at_most(&body.template, MAX_WORD)?;
    at_most(&body.again, MAX_WORD)?;
    let subject = format!("{id} {}", body.template);
    let request =
        pb::StartPlanRequest { template_id: body.template, customer_id: id, again: body.again, by: by.id.to_string() };
    let asked = service(&app)?.start_plan(request).await;
    let told = audited(asked, (&app, &by, &client), ("plan_started", &subject))?;
    Ok(Json(Started { plan: told.plan.unwrap_or_default().into(), known: told.known }))
}

/// Starts one for the members of a segment among the next customers.
async fn start_many(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(template): Path<String>,
    Body(body): Body<ForSegment>,
) -> Result<Json<StartedMany>, ApiError> {
    for word in [&template, &body.segment, &body.after] {
        at_most(word, MAX_WORD)?;
    }
    let subject = format!("{template} {}", body.segment);
    let request = pb::StartPlansRequest {
        template_id: template,
        segment_id: body.segment,
        after: body.after,
        by: by.id.to_string(),
    };
    let asked = service(&app)?.start_plans(request).await;
    let told = audited(asked, (&app, &by, &client), ("plans_started", &subject))?;
    Ok(Json(StartedMany { started: told.started, known: told.known, left_out: told.left_out, next: told.next }))
}

/// Ends one: its open tasks are withdrawn.
async fn end(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path((id, plan)): Path<(String, String)>,
    Body(End {}): Body<End>,
) -> Result<Json<Plan>, ApiError> {
    is_id(&id)?;
    at_most(&plan, MAX_WORD)?;
    let subject = format!("{id} {plan}");
    let request = pb::EndPlanRequest { plan_id: plan, customer_id: id, by: by.id.to_string() };
    let asked = service(&app)?.end_plan(request).await;
    let told = audited(asked, (&app, &by, &client), ("plan_ended", &subject))?;
    Ok(Json(Plan::from(told.plan.unwrap_or_default())))
}
