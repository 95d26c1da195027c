//! The operations of success plans.

use schemars::SchemaGenerator;

use super::{
    super::plans::shapes::{End, ForSegment, Plan, Plans, Start, Started, StartedMany, Templates},
    Operation, of, operation,
};

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (templates, plan) = (of::<Templates>(schemas), of::<Plan>(schemas));
    let (plans, started, many) = (of::<Plans>(schemas), of::<Started>(schemas), of::<StartedMany>(schemas));
    let (all, members) = ("/api/v1/plan-templates", "/api/v1/plan-templates/{template}/members");
    let (of_one, end) = ("/api/v1/customers/{id}/plans", "/api/v1/customers/{id}/plans/{plan}/end");
    vec![
        operation("get", all, "agent", "All templates of success plans", templates.clone()),
        Operation {
            body: Some(templates.clone()),
            ..operation("put", all, "supervisor", "Set all templates", templates)
        },
        Operation {
            body: Some(of::<ForSegment>(schemas)),
            ..operation("post", members, "supervisor", "Start it for the next members of a segment", many)
        },
        operation("get", of_one, "agent", "A customer's plans and how far they are", plans),
        Operation {
            body: Some(of::<Start>(schemas)),
            ..operation("post", of_one, "agent", "Start a plan for a customer", started)
        },
        Operation {
            body: Some(of::<End>(schemas)),
            ..operation("post", end, "agent", "End a plan: open tasks are withdrawn", plan)
        },
    ]
}
