//! The operations of customers: finding, reading, changing, merging, giving out, erasing.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::json;

use super::{super::customers, Operation, of, operation};

const ONE: &str = "/api/v1/customers/{id}";

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = reading(schemas);
    all.extend(writing(schemas));
    all
}

/// An operation with a body.
fn with<Body: JsonSchema>(schemas: &mut SchemaGenerator, operation: Operation) -> Operation {
    Operation { body: Some(of::<Body>(schemas)), ..operation }
}

fn reading(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (list, known, timeline) =
        (of::<customers::List>(schemas), of::<customers::Known>(schemas), of::<customers::Timeline>(schemas));
    let (suggestions, export) = (of::<customers::Suggestions>(schemas), of::<customers::Export>(schemas));
    let (timeline_path, suggestions_path) = ("/api/v1/customers/{id}/timeline", "/api/v1/customers/{id}/suggestions");
    let (contacts, contacts_path) = (of::<customers::Contacts>(schemas), "/api/v1/customers/{id}/contacts");
    let export_path = "/api/v1/customers/{id}/export";
    vec![
        Operation {
            query: &[("bom", "integer"), ("excel", "integer")],
            ..operation("get", "/api/v1/export/{what}.csv", "supervisor", "A whole table as CSV", json!({}))
        },
        operation("get", "/api/v1/export/{what}.parquet", "supervisor", "A whole table as Parquet", json!({})),
        Operation {
            query: &[
                ("q", "string"),
                ("limit", "integer"),
                ("phone", "string"),
                ("mail", "string"),
                ("line", "string"),
                ("sns", "string"),
                ("ec", "string"),
                ("card", "string"),
                ("corporate", "string"),
                ("namespace", "string"),
            ],
            ..operation("get", "/api/v1/customers", "agent", "Customers by words or by what they are known by", list)
        },
        Operation {
            query: &[("entries", "integer"), ("show", "string")],
            ..operation("get", ONE, "agent", "A customer, by any of their records", known)
        },
        Operation {
            query: &[("after", "string"), ("limit", "integer"), ("kinds", "string")],
            ..operation("get", timeline_path, "agent", "Their touchpoints, newest first", timeline)
        },
        Operation {
            query: &[("after", "string"), ("limit", "integer")],
            ..operation(
                "get",
                contacts_path,
                "agent",
                "The contacts of a company, who was heard of last first",
                contacts,
            )
        },
        operation("get", suggestions_path, "agent", "Who may be the same customer, and why", suggestions),
        operation("get", export_path, "supervisor", "All that is known of a customer, to be given out", export),
    ]
}

fn writing(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (stored, linked, erased) =
        (of::<customers::Stored>(schemas), of::<customers::Linked>(schemas), of::<customers::Erased>(schemas));
    let change = operation("patch", ONE, "agent", "Change fields, identities, consents or kind", stored.clone());
    let prospect = operation("post", "/api/v1/prospects", "agent", "Write somebody down who is not known yet", stored);
    let link = operation("post", "/api/v1/customers/{id}/links", "agent", "Two customers are one", linked.clone());
    let links = "/api/v1/customers/{id}/links/{link}";
    vec![
        with::<customers::ChangeBody>(schemas, change),
        with::<customers::ChangeBody>(schemas, prospect),
        with::<customers::LinkBody>(schemas, link),
        Operation {
            query: &[("record", "string")],
            ..operation("delete", links, "agent", "Take a merge apart", linked)
        },
        operation("delete", ONE, "supervisor", "Erase a person: all their records", erased),
    ]
}
