//! The floor's operations: queues, agents, rules, explanations, changes.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::{super::floor, Operation, of, operation};

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = queues(schemas);
    all.extend(agents(schemas));
    all.extend(rules(schemas));
    all.extend(contacts(schemas));
    all.extend(changes(schemas));
    all
}

fn list(item: Value) -> Value {
    json!({ "type": "array", "items": item })
}

/// An operation that takes what it answers.
fn set(method: &'static str, path: &'static str, summary: &'static str, body: Value) -> Operation {
    Operation { body: Some(body.clone()), ..operation(method, path, "supervisor", summary, body) }
}

fn queues(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let listed = list(of::<floor::ListedQueue>(schemas));
    vec![
        operation("get", "/api/v1/queues", "agent", "Queues to pass a contact on to", listed),
        set("put", "/api/v1/queues/{queue}", "A queue's whole rules", of::<floor::QueueBody>(schemas)),
    ]
}

fn agents(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let listed = list(of::<floor::ListedAgent>(schemas));
    vec![
        operation("get", "/api/v1/agents", "agent", "Agents to pass a contact on to", listed),
        set("put", "/api/v1/agents/{id}", "What an agent can do, and for whom", of::<floor::AgentRules>(schemas)),
        set("post", "/api/v1/agents/{id}/availability", "Force a state", of::<floor::Forced>(schemas)),
    ]
}

fn rules(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (reasons, calendar) = (list(of::<floor::ReasonBody>(schemas)), of::<floor::CalendarBody>(schemas));
    let priorities = of::<floor::PrioritiesBody>(schemas);
    let (get_priorities, get_calendars) = (priorities.clone(), list(calendar.clone()));
    vec![
        operation("get", "/api/v1/reasons", "agent", "Reasons for being away", reasons.clone()),
        set("put", "/api/v1/reasons", "All reasons for being away", reasons),
        operation("get", "/api/v1/priorities", "supervisor", "Priority by segment and reason", get_priorities),
        set("put", "/api/v1/priorities", "Priority by segment and reason", priorities),
        operation("get", "/api/v1/calendars", "supervisor", "Opening hours", get_calendars),
        set("put", "/api/v1/calendars/{id}", "One calendar", calendar),
    ]
}

fn contacts(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let callback = "/api/v1/contacts/{contact}/callback";
    let made = of::<floor::CallbackMade>(schemas);
    let make = operation("post", callback, "its customer, agent", "Called back at the same place", made.clone());
    let why = "/api/v1/floor/contacts/{contact}/why";
    let place = "/api/v1/contacts/{contact}/place";
    let its_place = of::<floor::PlaceBody>(schemas);
    vec![
        operation("get", why, "supervisor", "Why it waits, why this agent", of::<floor::Why>(schemas)),
        operation("get", place, "its customer, agent", "Place in the queue and expected wait", its_place),
        Operation { body: Some(of::<floor::CallbackWish>(schemas)), ..make },
        operation("delete", callback, "its customer, agent", "Not called back", made),
    ]
}

fn changes(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let undo = "/api/v1/changes/{change}/undo";
    let log =
        operation("get", "/api/v1/changes", "supervisor", "Who changed what", list(of::<floor::ChangeBody>(schemas)));
    vec![
        Operation { query: &[("limit", "integer")], ..log },
        operation("post", undo, "supervisor", "Undo one change", of::<floor::Undone>(schemas)),
    ]
}
