//! The operations of calls: connecting, deeds, recordings, flows, campaigns.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::{
    super::{calls, campaigns, do_not_call, flows, voicemails},
    Operation, of, operation,
};
use crate::frames::Call;

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = call_operations(schemas);
    all.extend(recording_operations(schemas));
    all.extend(flow_operations(schemas));
    all.extend(campaign_operations(schemas));
    all
}

/// An operation with a body.
fn with<Body: JsonSchema>(schemas: &mut SchemaGenerator, operation: Operation) -> Operation {
    Operation { body: Some(of::<Body>(schemas)), ..operation }
}

/// What a list of calls can be asked for; `live` alone is not for the lost ones.
const CALLS: &[(&str, &str)] = &[
    ("live", "string"),
    ("limit", "integer"),
    ("from", "integer"),
    ("until", "integer"),
    ("agent", "string"),
    ("queue", "string"),
    ("end", "string"),
    ("answered", "boolean"),
    ("customer", "string"),
    ("number", "string"),
    ("beyond", "string"),
];

fn call_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (list, call) = (of::<calls::List>(schemas), of::<Call>(schemas));
    let (started, joined, done) =
        (of::<calls::Started>(schemas), of::<calls::Joined>(schemas), of::<calls::Done>(schemas));
    let join = operation("post", "/api/v1/calls/{call}/join", "agent", "Connect a browser to a call", joined);
    let act = operation("post", "/api/v1/calls/{call}/do", "agent", "Do something with a call", done);
    let start = operation("post", "/api/v1/calls", "agent", "Click to dial", started);
    vec![
        Operation {
            query: CALLS,
            ..operation("get", "/api/v1/calls", "agent", "Own calls, or all for supervisors", list.clone())
        },
        with::<calls::StartBody>(schemas, start),
        operation("get", "/api/v1/calls/{call}", "agent", "A call", call),
        with::<calls::JoinBody>(schemas, join),
        with::<calls::DeedBody>(schemas, act),
        Operation {
            query: &CALLS[1..],
            ..operation("get", "/api/v1/lost-calls", "agent", "Calls that could not be kept", list)
        },
    ]
}

fn recording_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let sound = json!({ "type": "string", "format": "binary" });
    vec![
        operation(
            "get",
            "/api/v1/calls/{call}/recording",
            "agent",
            "Parts of a recording",
            of::<calls::Parts>(schemas),
        ),
        operation("get", "/api/v1/calls/{call}/recording/{file}", "agent", "A part's sound, `<part>.wav`", sound),
        Operation {
            query: &[("limit", "integer")],
            ..operation(
                "get",
                "/api/v1/voicemails",
                "agent",
                "Messages that callers left",
                of::<voicemails::List>(schemas),
            )
        },
        operation(
            "post",
            "/api/v1/voicemails/{call}/heard",
            "agent",
            "Mark a message as heard",
            of::<voicemails::Heard>(schemas),
        ),
    ]
}

fn flow_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (list, stored, version) =
        (of::<flows::List>(schemas), of::<flows::StoredVersions>(schemas), of::<flows::Version>(schemas));
    let (findings, tried, trunks) =
        (of::<flows::Findings>(schemas), of::<flows::Tried>(schemas), of::<flows::Trunks>(schemas));
    let json = |operation: Operation, body: Value| Operation { body: Some(body), ..operation };
    let (flow, numbers) = (json!({ "type": "object" }), json!({ "type": "array", "items": { "type": "object" } }));
    let put = operation("put", "/api/v1/flows/{id}", "supervisor", "Store a flow as a new version", version.clone());
    let try_out = operation("post", "/api/v1/flows/try", "supervisor", "Try a flow with a made-up caller", tried);
    vec![
        operation("get", "/api/v1/flows", "supervisor", "Flows of the IVR", list),
        operation("get", "/api/v1/flows/{id}", "supervisor", "A flow and its latest versions", stored),
        json(Operation { query: &[("version", "integer")], ..put }, flow.clone()),
        json(operation("post", "/api/v1/flows/check", "supervisor", "What the linter says of a flow", findings), flow),
        with::<flows::TryBody>(schemas, try_out),
        operation("get", "/api/v1/numbers", "supervisor", "Which number leads to which flow", numbers.clone()),
        json(operation("put", "/api/v1/numbers", "supervisor", "Set it, all numbers at once", version), numbers),
        operation("get", "/api/v1/trunks", "supervisor", "How this site's trunks stand", trunks),
    ]
}

fn campaign_operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (list, campaign) = (of::<campaigns::List>(schemas), of::<campaigns::Campaign>(schemas));
    let (page, added, never) =
        (of::<campaigns::Page>(schemas), of::<campaigns::Added>(schemas), of::<do_not_call::NeverSet>(schemas));
    let create = operation("post", "/api/v1/campaigns", "supervisor", "Make a campaign", campaign.clone());
    let act = operation("post", "/api/v1/campaigns/{id}/do", "supervisor", "Start, pause, end or change it", campaign);
    let add = operation("post", "/api/v1/campaigns/{id}/entries", "supervisor", "Add people to be called", added);
    let set = operation("post", "/api/v1/do-not-call", "supervisor", "Who is not to be called", never);
    vec![
        operation("get", "/api/v1/campaigns", "supervisor", "Outbound campaigns", list),
        with::<campaigns::New>(schemas, create),
        Operation {
            query: &[("after", "string"), ("limit", "integer")],
            ..operation("get", "/api/v1/campaigns/{id}", "supervisor", "A campaign with a page of its entries", page)
        },
        with::<campaigns::DeedBody>(schemas, act),
        with::<campaigns::NewEntries>(schemas, add),
        with::<do_not_call::Never>(schemas, set),
        Operation {
            query: &[("after", "string"), ("limit", "integer"), ("number", "string")],
            ..operation(
                "get",
                "/api/v1/do-not-call",
                "supervisor",
                "The center's do-not-call list",
                of::<do_not_call::List>(schemas),
            )
        },
    ]
}
