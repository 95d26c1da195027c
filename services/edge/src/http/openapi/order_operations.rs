//! The operations of orders, stock, commands to shops, and of what other systems report.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::{
    super::{
        orders::{Ask, Command, Commands, shapes},
        reports,
    },
    Operation, of, operation,
};

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = order_operations(schemas);
    all.extend(command_operations(schemas));
    all.extend(report_operations(schemas));
    all
}

fn order_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (orders, found) = (of::<shapes::Orders>(schemas), of::<shapes::Found>(schemas));
    let (shops, stock) = (of::<shapes::Shops>(schemas), of::<shapes::Stock>(schemas));
    let of_customer = "/api/v1/customers/{id}/orders";
    vec![
        Operation {
            query: &[("after", "string"), ("limit", "integer"), ("shop", "string")],
            ..operation("get", of_customer, "agent", "A customer's orders, newest first", orders)
        },
        Operation {
            query: &[("shop", "string"), ("number", "string")],
            ..operation("get", "/api/v1/orders", "agent", "An order by its number", found.clone())
        },
        Operation {
            query: &[("show", "string")],
            ..operation("get", "/api/v1/orders/{order}", "agent", "An order and what was asked of its shop", found)
        },
        operation("get", "/api/v1/shops", "agent", "Shops that can be asked", shops),
        Operation {
            query: &[("q", "string"), ("shop", "string"), ("place", "string"), ("limit", "integer")],
            ..operation("get", "/api/v1/stock", "agent", "Which places have what", stock)
        },
    ]
}

fn command_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (command, commands) = (of::<Command>(schemas), of::<Commands>(schemas));
    let (all, one) = ("/api/v1/shop-commands", "/api/v1/shop-commands/{command}");
    let of_customer = "/api/v1/customers/{id}/shop-commands";
    vec![
        Operation {
            body: Some(of::<Ask>(schemas)),
            ..operation("post", all, "agent", "Ask a shop to do something", command.clone())
        },
        operation("get", one, "agent", "What became of it", command),
        Operation {
            query: &[("limit", "integer")],
            ..operation("get", of_customer, "agent", "What was asked of shops for a customer", commands.clone())
        },
        Operation {
            query: &[("limit", "integer")],
            ..operation("get", all, "agent", "What shops have not answered", commands)
        },
    ]
}

fn report_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (reported, imported) = (of::<reports::Reported>(schemas), of::<reports::Imported>(schemas));
    let file = json!({ "type": "string", "maxLength": reports::MAX_BODY,
        "description": "CSV in UTF-8; the first row names the columns, see docs/crm-events.md." });
    vec![
        Operation {
            query: &[("source", "string")],
            body: Some(events()),
            ..operation("post", "/api/v1/events", "reporter, supervisor", "Report events, each once", reported)
        },
        Operation {
            query: &[("source", "string"), ("shop", "string"), ("at", "string"), ("dry_run", "boolean")],
            body: Some(file),
            ..operation("post", "/api/v1/imports/{kind}", "reporter, supervisor", "Import a file of CSV", imported)
        },
    ]
}

/// What every event has; the fields of each type are in docs/crm-events.md.
fn events() -> Value {
    let owner = json!({
        "type": "object",
        "required": ["kind", "value"],
        "properties": {
            "kind": { "type": "string", "enum": ["phone", "mail", "line", "sns", "ec", "card", "center", "corporate"] },
            "namespace": { "type": "string" },
            "value": { "type": "string" },
            "verified": { "type": "boolean" },
        },
    });
    json!({
        "type": "array",
        "maxItems": 500,
        "description": "An array, or one event a line (NDJSON). The fields of each type: docs/crm-events.md.",
        "items": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": { "type": "string", "enum": ["order", "stock", "customer", "touchpoint", "consent"] },
                "owner": owner,
            },
            "additionalProperties": true,
        },
    })
}
