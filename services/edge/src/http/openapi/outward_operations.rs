//! The operations of webhooks and retention.

use schemars::SchemaGenerator;

use super::{
    super::{desk::Removed, retention, webhooks},
    Operation, of, operation,
};

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = webhooks(schemas);
    all.extend(retention(schemas));
    all
}

fn webhooks(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (list, one) = (of::<webhooks::Webhooks>(schemas), of::<webhooks::Webhook>(schemas));
    let (added, delivery) = (of::<webhooks::Added>(schemas), of::<webhooks::Delivery>(schemas));
    let (all, id) = ("/api/v1/webhooks", "/api/v1/webhooks/{id}");
    let (pause, resume) = ("/api/v1/webhooks/{id}/pause", "/api/v1/webhooks/{id}/resume");
    vec![
        operation("get", all, "supervisor", "All webhooks, without their secrets", list),
        Operation {
            body: Some(of::<webhooks::NewWebhook>(schemas)),
            ..operation("post", all, "supervisor", "Add a webhook; its secret is told here only", added)
        },
        operation("delete", id, "supervisor", "Remove a webhook for ever", of::<Removed>(schemas)),
        operation("post", pause, "supervisor", "Pause a webhook", one.clone()),
        operation("post", resume, "supervisor", "Go on where a webhook was paused", one),
        operation("post", "/api/v1/webhooks/{id}/test", "supervisor", "Send a test event now", delivery),
    ]
}

fn retention(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (whole, rules) = (of::<retention::Retention>(schemas), of::<retention::Rules>(schemas));
    let (hold, removed) = (of::<retention::Hold>(schemas), of::<Removed>(schemas));
    let (path, held) = ("/api/v1/retention", "/api/v1/customers/{id}/hold");
    let preview = of::<retention::Preview>(schemas);
    vec![
        operation("get", path, "supervisor", "When somebody is erased by time, and the last run", whole),
        Operation {
            body: Some(rules.clone()),
            ..operation("put", path, "supervisor", "Set when somebody is erased by time", rules.clone())
        },
        Operation {
            body: Some(rules),
            ..operation("post", "/api/v1/retention/preview", "supervisor", "Whom rules would erase now", preview)
        },
        operation("get", "/api/v1/holds", "supervisor", "Customers who are kept", of::<retention::Holds>(schemas)),
        Operation {
            body: Some(of::<retention::Reason>(schemas)),
            ..operation("put", held, "supervisor", "Keep a customer, whatever the rules say", hold)
        },
        operation("delete", held, "supervisor", "Keep them no longer", removed),
    ]
}
