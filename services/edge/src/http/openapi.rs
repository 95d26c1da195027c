//! The OpenAPI document: the paths from one table, the bodies from the types that handlers use.

mod case_operations;
mod customer_operations;
mod floor_operations;
mod order_operations;
mod outward_operations;
mod plan_operations;
mod segment_operations;
mod voice_operations;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    Ready, Sites, accounts, company_words, conversations, desk, error::ErrorBody, files, floor, going_on, notices,
    search, segments, sign_in,
};

/// One operation.
struct Operation {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    /// Who may; empty for everybody.
    role: &'static str,
    query: &'static [(&'static str, &'static str)],
    body: Option<Value>,
    answer: Value,
}

/// The document.
pub fn document() -> Value {
    let mut schemas = SchemaSettings::openapi3().into_generator();
    let mut paths = Map::new();
    for operation in operations(&mut schemas) {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = operation.document();
    }
    let error = of::<ErrorBody<'_>>(&mut schemas);
    let unready = of::<Ready>(&mut schemas);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Madoguchi edge",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "HTTP of a site's door. Everything live goes over the WebSocket at /socket, see socket.schema.json.",
            "license": { "name": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "PASETO v4.local" } },
            "responses": {
                "Error": { "description": "Not carried out", "content": { "application/json": { "schema": error } } },
                "Unready": { "description": "Not ready", "content": { "application/json": { "schema": unready } } },
            },
        },
    })
}

fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

impl Operation {
    fn document(&self) -> Value {
        let mut document = json!({
            "summary": self.summary,
            "parameters": self.parameters(),
            "responses": {
                "200": { "description": "Done", "content": { "application/json": { "schema": self.answer } } },
                "default": { "$ref": "#/components/responses/Error" },
            },
        });
        if self.path.contains("/files") {
            let bytes = json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } });
            if self.method == "get" {
                document["responses"]["200"]["content"] = bytes.clone();
            } else {
                document["requestBody"] = json!({ "required": true, "content": bytes });
            }
        }
        if self.path.ends_with(".csv") {
            document["responses"]["200"]["content"] = json!({ "text/csv": { "schema": { "type": "string" } } });
        }
        if self.path == "/readyz" {
            document["responses"]["503"] = json!({ "$ref": "#/components/responses/Unready" });
        }
        if let Some(body) = self.body.as_ref().filter(|_| document.get("requestBody").is_none()) {
            document["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": body } } });
        }
        if !self.role.is_empty() {
            document["security"] = json!([{ "token": [] }]);
            document["description"] = json!(format!("Role: {}.", self.role));
        }
        document
    }

    fn parameters(&self) -> Vec<Value> {
        let in_path = self.path.split('/').filter_map(|part| Some(part.strip_prefix('{')?.split_once('}')?.0));
        let in_path =
            in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
        let in_query =
            self.query.iter().map(|(name, kind)| json!({ "name": name, "in": "query", "schema": { "type": kind } }));
        in_path.chain(in_query).collect()
    }
}

fn operation(
    method: &'static str,
    path: &'static str,
    role: &'static str,
    summary: &'static str,
    answer: Value,
) -> Operation {
    Operation { method, path, summary, role, query: &[], body: None, answer }
}

fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = sign_in_operations(schemas);
    all.extend(supervisor_operations(schemas));
    all.extend(floor_operations::operations(schemas));
    all.extend(voice_operations::operations(schemas));
    all.extend(order_operations::operations(schemas));
    all.extend(conversation_operations(schemas));
    all.extend(page_operations(schemas));
    all.extend(customer_operations::operations(schemas));
    all.extend(case_operations::operations(schemas));
    all.extend(segment_operations::operations(schemas));
    all.extend(plan_operations::operations(schemas));
    all.extend(outward_operations::operations(schemas));
    all.extend(setting_operations(schemas));
    all.extend(notice_operations(schemas));
    all.push(operation("get", "/healthz", "", "The process is alive", of::<Ready>(schemas)));
    all.push(operation("get", "/readyz", "", "Journal, chat and routing are within reach", of::<Ready>(schemas)));
    all
}

fn sign_in_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let signed_in = of::<sign_in::SignedIn>(schemas);
    vec![
        Operation {
            body: Some(of::<sign_in::SignIn>(schemas)),
            ..operation("post", "/api/v1/sign-in", "", "Sign in with a local account", signed_in)
        },
        operation("post", "/api/v1/customers", "", "A new anonymous customer", of::<sign_in::NewCustomer>(schemas)),
        operation("get", "/api/v1/sites", "", "Every site, this one first", of::<Sites>(schemas)),
        operation("get", "/api/v1/me", "any", "Whose token it is", of::<sign_in::Me>(schemas)),
    ]
}

fn supervisor_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (list, listed) = (of::<accounts::List>(schemas), of::<accounts::Listed>(schemas));
    let set = |method| Operation {
        method,
        ..operation("post", "/api/v1/accounts", "supervisor", "Create or change an account", listed.clone())
    };
    let set_body = of::<accounts::SetBody>(schemas);
    let disable = "/api/v1/accounts/{login}/disable";
    let queue = of::<floor::QueueBody>(schemas);
    vec![
        operation("get", "/api/v1/accounts", "supervisor", "Every account", list),
        Operation { body: Some(set_body.clone()), ..set("post") },
        Operation { body: Some(set_body), ..set("put") },
        operation("post", disable, "supervisor", "An account can no longer sign in", listed.clone()),
        Operation {
            body: Some(queue.clone()),
            ..operation("post", "/api/v1/queues", "supervisor", "Create or change a queue", queue)
        },
        Operation {
            query: &[("limit", "integer")],
            ..operation("get", "/api/v1/floor", "supervisor", "The floor", of::<floor::FloorBody>(schemas))
        },
    ]
}

fn conversation_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let list = of::<conversations::List>(schemas);
    let events = of::<conversations::Events<'_>>(schemas);
    let segment = of::<segments::SegmentBody>(schemas);
    let segment_path = "/api/v1/customers/{id}/segment";
    let events_path = "/api/v1/conversations/{id}/events";
    vec![
        Operation {
            query: &[("agent", "string"), ("customer", "string"), ("closed", "boolean"), ("limit", "integer")],
            ..operation("get", "/api/v1/conversations", "agent", "Conversations, newest first", list)
        },
        Operation {
            query: &[("after", "integer"), ("limit", "integer")],
            ..operation("get", events_path, "its customer, agent", "A page of events", events)
        },
        operation("get", segment_path, "agent", "A customer's segment", segment.clone()),
        Operation {
            body: Some(segment.clone()),
            ..operation("put", segment_path, "agent", "A customer's segment, from now on", segment)
        },
    ]
}

fn page_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let search =
        operation("get", "/api/v1/search", "agent", "Conversations by what was said", of::<search::List>(schemas));
    let (left, resumed) = (of::<going_on::Left>(schemas), of::<going_on::Resumed>(schemas));
    let link = "/api/v1/conversations/{id}/resume-link";
    let (upload, download) = ("/api/v1/conversations/{id}/files", "/api/v1/conversations/{id}/files/{file}");
    vec![
        Operation { query: &[("q", "string"), ("limit", "integer"), ("beyond", "string")], ..search },
        Operation {
            body: Some(of::<going_on::MessageBody>(schemas)),
            ..operation("post", "/api/v1/messages", "customer", "Leave a message for the next opening", left)
        },
        operation("get", link, "its customer", "A link that works once, elsewhere", of::<going_on::LinkBody>(schemas)),
        Operation {
            body: Some(of::<going_on::Resume>(schemas)),
            ..operation("post", "/api/v1/resume", "", "Take such a link", resumed)
        },
        Operation {
            body: Some(json!({ "type": "string", "format": "binary", "maxLength": files::MAX_FILE })),
            ..operation("post", upload, "its customer, agent", "Send a file: its bytes", of::<files::Stored>(schemas))
        },
        operation("get", download, "its customer, agent", "A file", json!({ "type": "string", "format": "binary" })),
    ]
}

fn notice_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let sent = of::<notices::SentNotice>(schemas);
    let list = json!({ "type": "array", "items": sent });
    let (consult, consulted) = ("/api/v1/conversations/{id}/consult", of::<notices::Consulted>(schemas));
    let read = of::<notices::NoticeRead>(schemas);
    vec![
        operation("get", "/api/v1/notices", "supervisor", "Notices to agents that have not expired", list),
        Operation {
            body: Some(of::<notices::NewNotice>(schemas)),
            ..operation("post", "/api/v1/notices", "supervisor", "A notice to agents", sent)
        },
        operation("delete", "/api/v1/notices/{id}", "supervisor", "Take one back", of::<desk::Removed>(schemas)),
        operation("post", "/api/v1/notices/{id}/read", "agent", "It was read", read),
        Operation {
            body: Some(of::<notices::Consultation>(schemas)),
            ..operation("post", consult, "agent", "Ask a colleague before handing over", consulted)
        },
    ]
}

fn setting_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = Vec::new();
    let removed = of::<desk::Removed>(schemas);
    let kinds = [
        (of::<desk::CannedBody>(schemas), "/api/v1/canned", "/api/v1/canned/{id}"),
        (of::<desk::MacroBody>(schemas), "/api/v1/macros", "/api/v1/macros/{id}"),
        (of::<desk::CodeBody>(schemas), "/api/v1/codes", "/api/v1/codes/{id}"),
    ];
    for (body, list, one) in kinds {
        all.push(operation("get", list, "agent", "All of them", json!({ "type": "array", "items": body })));
        let put = operation("put", one, "supervisor", "Create or change one", body.clone());
        all.push(Operation { body: Some(body), ..put });
        all.push(operation("delete", one, "supervisor", "Remove one", removed.clone()));
    }
    let theme = of::<desk::ThemeBody>(schemas);
    all.push(operation("get", "/api/v1/theme", "", "The company's look and questions", theme.clone()));
    let put = operation("put", "/api/v1/theme", "supervisor", "Set them", theme.clone());
    all.push(Operation { body: Some(theme), ..put });
    let (words, path) = (of::<company_words::Words>(schemas), "/api/v1/words");
    all.push(operation("get", path, "agent", "The company's own words", words.clone()));
    let put = operation("put", path, "supervisor", "Set them all", words.clone());
    all.push(Operation { body: Some(words), ..put });
    all
}
