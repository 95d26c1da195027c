//! `PlanService` over gRPC: requests in, answers out.

use std::collections::BTreeMap;

use chassis::refusal::{Code, Refusal};
use futures::{StreamExt as _, stream};
use journal::Expect;
use proto::crm::v1::{self as pb, plan_service_server::PlanService};
use tonic::{Request, Response, Status};

use super::{DAY, Millis, PlanId, schedule, settings, view};
use crate::{
    WORK, bus,
    error::{away, invalid, no_such_customer},
    fold::is_record_id,
    grpc::Door as Customers,
    segment,
    service::now_ms,
    task,
    view::group_of,
    work::{Pen, Store, StoredTask, WORKED, derived, task_out},
};

/// Customers of a page when a plan is started for a segment.
const CUSTOMERS: i64 = 50;
/// So many of them at once.
const AT_ONCE: usize = 8;
/// The plan that a customer has once.
const FIRST: &str = "1";

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) customers: Customers,
    pub(crate) store: Store,
    /// Queue of steps that name none.
    pub(crate) queue: String,
}

#[tonic::async_trait]
impl PlanService for Door {
    async fn get_plan_templates(
        &self,
        _: Request<pb::GetPlanTemplatesRequest>,
    ) -> Result<Response<pb::GetPlanTemplatesResponse>, Status> {
        let templates = Some(self.templates().await?);
        Ok(Response::new(pb::GetPlanTemplatesResponse { templates }))
    }

    async fn set_plan_templates(
        &self,
        request: Request<pb::SetPlanTemplatesRequest>,
    ) -> Result<Response<pb::SetPlanTemplatesResponse>, Status> {
        let pb::SetPlanTemplatesRequest { templates, by } = request.into_inner();
        let templates = templates.ok_or_else(|| invalid("bad_template", "templates are needed"))?;
        let templates = Some(self.set(templates, by).await?);
        Ok(Response::new(pb::SetPlanTemplatesResponse { templates }))
    }

    async fn start_plan(
        &self,
        request: Request<pb::StartPlanRequest>,
    ) -> Result<Response<pb::StartPlanResponse>, Status> {
        let request = request.into_inner();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let which = if request.again.is_empty() { FIRST } else { request.again.as_str() };
        if which.len() > 8 || !which.bytes().all(fits) || request.again == FIRST {
            return Err(invalid("bad_id", "one more plan is named by 1 to 8 characters of [a-z0-9], not by 1").into());
        }
        let template = self.template(&request.template_id).await?;
        let customer = self.customer(&request.customer_id).await?;
        let (plan, known) = self.start(&template, &customer, which, &request.by).await?;
        Ok(Response::new(pb::StartPlanResponse { plan: Some(plan), known }))
    }

    async fn start_plans(
        &self,
        request: Request<pb::StartPlansRequest>,
    ) -> Result<Response<pb::StartPlansResponse>, Status> {
        let request = request.into_inner();
        if !request.after.is_empty() && !is_record_id(&request.after) {
            return Err(invalid("bad_cursor", "that is no place in a list of members").into());
        }
        Ok(Response::new(self.start_for_members(&request).await?))
    }

    async fn end_plan(&self, request: Request<pb::EndPlanRequest>) -> Result<Response<pb::EndPlanResponse>, Status> {
        let request = request.into_inner();
        let plan = PlanId::parse(&request.plan_id).ok_or_else(no_such_plan)?;
        let customer = self.customer(&request.customer_id).await?;
        let plan = Some(self.end(&plan, &customer, &request.by).await?);
        Ok(Response::new(pb::EndPlanResponse { plan }))
    }

    async fn list_plans(
        &self,
        request: Request<pb::ListPlansRequest>,
    ) -> Result<Response<pb::ListPlansResponse>, Status> {
        let customer = self.customer(&request.into_inner().customer_id).await?;
        let tasks = self.tasks(&customer).await?;
        let mut plans: BTreeMap<PlanId, Vec<(String, StoredTask)>> = BTreeMap::new();
        for (id, task) in tasks {
            if let Some(plan) = PlanId::parse(&task.planned.plan) {
                plans.entry(plan).or_default().push((id, task));
            }
        }
        let mut told = Vec::with_capacity(plans.len());
        for (plan, tasks) in plans {
            told.push(self.told(&plan, &tasks).await?);
        }
        told.sort_by_key(|plan| std::cmp::Reverse(plan.tasks.last().map(|task| task.at_ms)));
        Ok(Response::new(pb::ListPlansResponse { plans: told }))
    }
}

impl Door {
    async fn templates(&self) -> Result<pb::PlanTemplates, Refusal> {
        view::templates(&self.customers.pool).await.map_err(|error| away(&error))
    }

    async fn template(&self, id: &str) -> Result<pb::PlanTemplate, Refusal> {
        let found = self.templates().await?.templates.into_iter().find(|template| template.template_id == id);
        found.ok_or_else(|| Refusal::new(Code::NotFound, "no_such_template", "there is no template of this id"))
    }

    async fn customer(&self, record: &str) -> Result<String, Refusal> {
        if !is_record_id(record) {
            return Err(invalid("bad_id", "an id is 1 to 64 of [A-Za-z0-9_-]"));
        }
        group_of(&self.customers.pool, record).await?.ok_or_else(no_such_customer)
    }

    async fn tasks(&self, customer: &str) -> Result<Vec<(String, StoredTask)>, Refusal> {
        view::tasks(&self.customers.pool, customer).await.map_err(|error| away(&error))
    }

    async fn set(&self, told: pb::PlanTemplates, by: String) -> Result<pb::PlanTemplates, Refusal> {
        let read = told.version;
        let before = self.templates().await?;
        if before.version != read {
            return Err(bus::conflict());
        }
        let templates = settings::checked(told, &before)?;
        let set = pb::PlanTemplatesSet { templates: Some(templates.clone()), by, at_ms: now_ms() };
        let sequence = bus::set(&self.customers.journal, view::subject(), Expect::Last(read), &set).await?;
        Ok(settings::at(templates, sequence))
    }

    /// Starts a plan, or finishes a start that broke off; true: there was nothing to do any more.
    async fn start(
        &self,
        template: &pb::PlanTemplate,
        customer: &str,
        which: &str,
        by: &str,
    ) -> Result<(pb::Plan, bool), Refusal> {
        let plan =
            PlanId { template: template.template_id.clone(), version: template.version, which: which.to_owned() };
        let mut tasks = self.of_plan(&plan, customer).await?;
        if tasks.iter().any(|(_, task)| task.core.phase() == task::Phase::Cancelled) {
            // It was ended before its start was finished: the rest of it does not come back.
            return Ok((self.told(&plan, &tasks).await?, true));
        }
        let days: Vec<u32> = template.steps.iter().map(|step| step.days).collect();
        let anchor = match begun(&plan, &days, &tasks) {
            Some(anchor) => anchor,
            None => self.anchor(template, customer).await?,
        };
        let steps = schedule(&days, anchor, now_ms());
        if steps.is_empty() && tasks.is_empty() {
            return Err(Refusal::new(
                Code::FailedPrecondition,
                "plan_too_late",
                "all steps of the plan lie in the past",
            ));
        }
        // Records may have been joined since: a plan goes on where it was begun.
        let record = tasks.first().map_or(customer, |(_, task)| task.planned.record_id.as_str()).to_owned();
        let mut made = 0;
        for (step, at) in steps {
            let id = step_id(&record, &plan, step);
            if tasks.iter().any(|(known, _)| *known == id) {
                continue;
            }
            let Some(told) = template.steps.get(step) else { continue };
            let task = self.plan_step((&id, &record, by), &plan, told, at).await?;
            tasks.push((id, task));
            made += 1;
        }
        Ok((self.told(&plan, &tasks).await?, made == 0))
    }

    async fn plan_step(
        &self,
        (id, record, by): (&str, &str, &str),
        plan: &PlanId,
        step: &pb::PlanStep,
        at: Millis,
    ) -> Result<StoredTask, Refusal> {
        let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
        self.store
            .change_task(id, record, |pen: &Pen<'_>| task::Command {
                id: "plan".to_owned(),
                by: by.to_owned(),
                action: task::Action::Plan(task::Plan {
                    record: record.to_owned(),
                    kind: or(&step.kind, "follow_up"),
                    case: String::new(),
                    queue: or(&step.queue, &self.queue),
                    at,
                    text: pen.seal(&step.title),
                    plan: plan.to_string(),
                }),
            })
            .await
    }

    async fn of_plan(&self, plan: &PlanId, customer: &str) -> Result<Vec<(String, StoredTask)>, Refusal> {
        let plan = plan.to_string();
        Ok(self.tasks(customer).await?.into_iter().filter(|(_, task)| task.planned.plan == plan).collect())
    }

    async fn anchor(&self, template: &pb::PlanTemplate, customer: &str) -> Result<Millis, Refusal> {
        let kinds: &[&str] = match template.anchor() {
            pb::PlanAnchor::Unspecified | pb::PlanAnchor::Start => return Ok(now_ms()),
            pb::PlanAnchor::Purchase => &["order", "purchase"],
            pb::PlanAnchor::Delivery => &["delivery"],
        };
        let last = view::last(&self.customers.pool, customer, kinds).await.map_err(|error| away(&error))?;
        let none = || Refusal::new(Code::FailedPrecondition, "plan_no_anchor", "nothing was bought or delivered yet");
        last.ok_or_else(none)
    }

    async fn start_for_members(&self, request: &pb::StartPlansRequest) -> Result<pb::StartPlansResponse, Refusal> {
        let template = self.template(&request.template_id).await?;
        let (members, next) =
            segment::members(&self.customers, (&request.segment_id, &request.after), CUSTOMERS).await?;
        let ids: Vec<String> = members.into_iter().map(|(whole, _)| whole.customer.customer_id).collect();
        let (template, by) = (&template, request.by.as_str());
        let start = |id: String| async move { self.start(template, &id, FIRST, by).await };
        let started: Vec<_> = stream::iter(ids).map(start).buffer_unordered(AT_ONCE).collect().await;
        let mut told = pb::StartPlansResponse { next, ..pb::StartPlansResponse::default() };
        for outcome in started {
            match outcome {
                Ok((_, false)) => told.started += 1,
                Ok((_, true)) => told.known += 1,
                // Sent again, the page goes on where it broke off.
                Err(refusal) if refusal.code == Code::Unavailable => return Err(refusal),
                Err(_) => told.left_out += 1,
            }
        }
        Ok(told)
    }

    async fn end(&self, plan: &PlanId, customer: &str, by: &str) -> Result<pb::Plan, Refusal> {
        // What the view does not know of yet would stay open.
        self.customers.caught_up(&WORK, WORKED).await?;
        let mut tasks = self.of_plan(plan, customer).await?;
        if tasks.is_empty() {
            return Err(no_such_plan());
        }
        for (id, task) in tasks.iter_mut().filter(|(_, task)| is_open(task)) {
            let withdraw = |_: &Pen<'_>| task::Command {
                id: "plan-end".to_owned(),
                by: by.to_owned(),
                action: task::Action::Cancel,
            };
            match self.store.change_task(id, "", withdraw).await {
                Ok(now) => *task = now,
                // Somebody did it meanwhile.
                Err(refusal) if refusal.reason == "task_over" => *task = self.store.task(id).await?,
                Err(refusal) => return Err(refusal),
            }
        }
        self.told(plan, &tasks).await
    }

    async fn told(&self, plan: &PlanId, tasks: &[(String, StoredTask)]) -> Result<pb::Plan, Refusal> {
        let mut told = pb::Plan {
            plan_id: plan.to_string(),
            template_id: plan.template.clone(),
            version: plan.version,
            ..pb::Plan::default()
        };
        let now = now_ms();
        for (id, stored) in tasks {
            let open = is_open(stored);
            told.open += u32::from(open);
            told.overdue += u32::from(open && stored.at.saturating_add(DAY) < now);
            told.done += u32::from(stored.core.phase() == task::Phase::Done);
            told.tasks.push(task_out(&self.store, id, stored).await?);
        }
        told.tasks.sort_by_key(|task| task.at_ms);
        Ok(told)
    }
}

/// A step's task, the same at every site.
fn step_id(record: &str, plan: &PlanId, step: usize) -> String {
    derived(&[record, &plan.to_string(), &step.to_string()]).to_string()
}

/// From when the days of a plan that was begun are counted, whatever was bought since; none: it was not.
fn begun(plan: &PlanId, days: &[u32], tasks: &[(String, StoredTask)]) -> Option<Millis> {
    let (_, first) = tasks.first()?;
    let record = first.planned.record_id.as_str();
    days.iter().enumerate().rev().find_map(|(step, days)| {
        let id = step_id(record, plan, step);
        let (_, task) = tasks.iter().find(|(known, _)| *known == id)?;
        Some(task.planned.at_ms.saturating_sub(u64::from(*days) * DAY))
    })
}

fn is_open(task: &StoredTask) -> bool {
    matches!(task.core.phase(), task::Phase::Planned { .. } | task::Phase::Due)
}

fn no_such_plan() -> Refusal {
    Refusal::new(Code::NotFound, "no_such_plan", "this customer has no such plan")
}
