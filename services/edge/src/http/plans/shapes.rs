//! The shapes of JSON.

use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{cases::Task, segments::shapes::Name};

/// From when a plan's days are counted.
#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PlanAnchor")]
pub(crate) enum Anchor {
    /// When it is started.
    Start,
    /// The customer's last order or purchase.
    Purchase,
    /// The last delivery to them.
    Delivery,
}

/// A step of a plan.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanStep")]
pub(crate) struct Step {
    /// What is to be done, 1 to 200 characters.
    title: String,
    /// So many days after the anchor, 0 to 700.
    days: u32,
    /// Kind of the task, a word of [a-z0-9_]; empty: `follow_up`.
    #[serde(default)]
    kind: String,
    /// Queue that offers it; empty: that of tasks that name none.
    #[serde(default)]
    queue: String,
}

/// A template.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanTemplate")]
pub(crate) struct Template {
    /// 1 to 24 characters of [a-z0-9_].
    template: String,
    /// What people call it, 1 to 60 characters.
    name: Name,
    /// From when the days are counted.
    anchor: Anchor,
    /// 1 to 20.
    steps: Vec<Step>,
    /// Grows when the template changes: a plan is started once for a customer and version. Not looked at when it is set.
    #[serde(default)]
    version: u64,
}

/// All templates.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanTemplates")]
pub(crate) struct Templates {
    /// At most 50.
    templates: Vec<Template>,
    /// Which version this is, or was when the writer read it: `409 conflict` when somebody else was faster.
    version: u64,
}

impl From<pb::PlanTemplates> for Templates {
    fn from(told: pb::PlanTemplates) -> Self {
        let step = |it: pb::PlanStep| Step { title: it.title, days: it.days, kind: it.kind, queue: it.queue };
        let template = |it: pb::PlanTemplate| Template {
            anchor: match it.anchor() {
                pb::PlanAnchor::Unspecified | pb::PlanAnchor::Start => Anchor::Start,
                pb::PlanAnchor::Purchase => Anchor::Purchase,
                pb::PlanAnchor::Delivery => Anchor::Delivery,
            },
            template: it.template_id,
            name: Name { ja: it.name_ja, en: it.name_en },
            steps: it.steps.into_iter().map(step).collect(),
            version: it.version,
        };
        Self { templates: told.templates.into_iter().map(template).collect(), version: told.version }
    }
}

impl From<Templates> for pb::PlanTemplates {
    fn from(it: Templates) -> Self {
        let step = |it: Step| pb::PlanStep { title: it.title, days: it.days, kind: it.kind, queue: it.queue };
        let template = |it: Template| {
            let anchor = match it.anchor {
                Anchor::Start => pb::PlanAnchor::Start,
                Anchor::Purchase => pb::PlanAnchor::Purchase,
                Anchor::Delivery => pb::PlanAnchor::Delivery,
            };
            pb::PlanTemplate {
                template_id: it.template,
                name_ja: it.name.ja,
                name_en: it.name.en,
                anchor: anchor.into(),
                steps: it.steps.into_iter().map(step).collect(),
                version: it.version,
            }
        };
        Self { templates: it.templates.into_iter().map(template).collect(), version: it.version }
    }
}

/// A customer's plan.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Plan {
    /// Its id; its tasks have it as their plan.
    plan: String,
    /// The template.
    template: String,
    /// The template's version with which it was started.
    version: u64,
    /// By time.
    tasks: Vec<Task>,
    /// Tasks that are done.
    done: u32,
    /// Tasks that are planned or due.
    open: u32,
    /// Of those, whose time is more than a day past.
    overdue: u32,
}

impl From<pb::Plan> for Plan {
    fn from(it: pb::Plan) -> Self {
        Self {
            plan: it.plan_id,
            template: it.template_id,
            version: it.version,
            tasks: it.tasks.into_iter().map(Task::from).collect(),
            done: it.done,
            open: it.open,
            overdue: it.overdue,
        }
    }
}

/// A customer's plans.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Plans {
    /// The one with the newest task first.
    pub(super) plans: Vec<Plan>,
}

/// Body of `POST /api/v1/customers/{id}/plans`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanStart")]
pub(crate) struct Start {
    /// Which template.
    pub(super) template: String,
    /// Empty: once for a customer and version. Else one more, named by 1 to 8 characters of [a-z0-9]: sent again it is the same one.
    #[serde(default)]
    pub(super) again: String,
}

/// A plan that was started.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlanStarted")]
pub(crate) struct Started {
    /// As it is now.
    pub(super) plan: Plan,
    /// It was started before.
    pub(super) known: bool,
}

/// Body of `POST /api/v1/plan-templates/{template}/members`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanForSegment")]
pub(crate) struct ForSegment {
    /// Whose members.
    pub(super) segment: String,
    /// Go on where an answer ended; empty: from the start.
    #[serde(default)]
    pub(super) after: String,
}

/// What became of the next customers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlansStarted")]
pub(crate) struct StartedMany {
    /// Started now.
    pub(super) started: u32,
    /// Started before.
    pub(super) known: u32,
    /// For whom it cannot be: nothing was bought or delivered, or all steps are past.
    pub(super) left_out: u32,
    /// `after` of the next request; empty: that was all.
    pub(super) next: String,
}

/// Body of `POST /api/v1/customers/{id}/plans/{plan}/end`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanEnd")]
pub(crate) struct End {}
