//! Each finding by a flow that has it and is otherwise right.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

/// A flow in Japanese that begins at `a`.
pub(crate) fn flow(nodes: Value) -> Flow {
    serde_json::from_value(json!({"id": "test", "language": "ja", "start": "a", "nodes": nodes})).expect("a flow")
}

fn known() -> Known {
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    Known {
        sounds: names(&["hello"]),
        queues: names(&["support"]),
        calendars: names(&["office"]),
        services: names(&["stock"]),
    }
}

fn codes(flow: &Flow) -> Vec<(String, Severity)> {
    let unique: BTreeMap<String, Severity> =
        lint(flow, &known()).into_iter().map(|finding| (finding.code, finding.severity)).collect();
    unique.into_iter().collect()
}

fn errors(nodes: Value) -> Vec<String> {
    let found = codes(&flow(nodes));
    found.into_iter().filter(|(_, severity)| *severity == Severity::Error).map(|(code, _)| code).collect()
}

fn warnings(nodes: Value) -> Vec<String> {
    let found = codes(&flow(nodes));
    found.into_iter().filter(|(_, severity)| *severity == Severity::Warning).map(|(code, _)| code).collect()
}

#[test]
fn a_right_flow_has_no_findings() {
    assert_eq!(
        codes(&flow(json!({
            "a": {"kind": "play", "sound": {"ja": {"file": "hello"}}, "then": "b"},
            "b": {"kind": "queue", "queue": "support"},
        }))),
        vec![]
    );
}

/// A right node `a`, with some fields changed, before an end.
fn changed(mut node: Value, fields: Value) -> Value {
    for (field, value) in fields.as_object().expect("fields") {
        node[field] = value.clone();
    }
    json!({"a": node, "b": {"kind": "hangup"}})
}

fn menu(fields: Value) -> Value {
    let prompt = json!({"ja": {"text": "どうぞ"}});
    let menu = json!({"kind": "menu", "prompt": prompt, "choices": {"1": "b"}, "on_none": "b", "on_wrong": "b"});
    changed(menu, fields)
}

fn collect(fields: Value) -> Value {
    let prompt = json!({"ja": {"text": "番号"}});
    let collect =
        json!({"kind": "collect", "prompt": prompt, "min": 1, "max": 4, "into": "n", "then": "b", "on_fail": "b"});
    changed(collect, fields)
}

fn each_has(table: &[(&str, Value)]) {
    for (code, nodes) in table {
        assert_eq!(errors(nodes.clone()), [*code], "{nodes}");
    }
}

#[test]
fn wrong_numbers_and_keys_are_found() {
    let voicemail = |max_s: u32, mailbox: &str| json!({"a": {"kind": "voicemail", "greeting": {"ja": {"text": "x"}}, "max_s": max_s, "mailbox": mailbox}});
    each_has(&[
        ("no_choices", menu(json!({"choices": {}}))),
        ("bad_digit", menu(json!({"choices": {"x": "b"}}))),
        ("out_of_range", menu(json!({"retries": 10}))),
        ("out_of_range", menu(json!({"wait_ms": 10}))),
        ("bad_variable", menu(json!({"into": "Über"}))),
        ("out_of_range", collect(json!({"min": 0}))),
        ("out_of_range", collect(json!({"max": 33}))),
        ("out_of_range", collect(json!({"min": 5}))),
        ("bad_terminator", collect(json!({"terminator": "5"}))),
        ("bad_variable", collect(json!({"into": "caller"}))),
        ("bad_number", json!({"a": {"kind": "transfer", "number": "03-1234-5678"}})),
        ("bad_mailbox", voicemail(60, "a b")),
        ("out_of_range", voicemail(3, "m")),
    ]);
}

#[test]
fn what_leads_nowhere_or_is_not_there_is_found() {
    let hangup = json!({"kind": "hangup"});
    each_has(&[
        ("no_start", json!({"b": hangup})),
        ("unknown_node", json!({"a": {"kind": "play", "sound": {"ja": {"text": "x"}}, "then": "b"}, "c": hangup})),
        ("prompt_missing", json!({"a": {"kind": "hangup", "sound": {"en": {"text": "Goodbye"}}}})),
        ("prompt_missing", json!({"a": {"kind": "hangup", "sound": {"ja": {"text": " "}}}})),
        ("sound_missing", json!({"a": {"kind": "hangup", "sound": {"ja": {"file": "bye"}}}})),
        ("text_too_long", json!({"a": {"kind": "hangup", "sound": {"ja": {"text": "あ".repeat(1_001)}}}})),
        ("unknown_queue", json!({"a": {"kind": "queue", "queue": "sales"}})),
        ("unknown_queue", json!({"a": {"kind": "callback", "queue": "sales"}})),
        ("unknown_calendar", json!({"a": {"kind": "hours", "calendar": "x", "open": "b", "closed": "b"}, "b": hangup})),
        (
            "unknown_service",
            json!({"a": {"kind": "ask", "service": "x", "into": "y", "then": "b", "on_fail": "b"}, "b": hangup}),
        ),
        ("callback_never_offered", json!({"a": {"kind": "queue", "queue": "support", "callback": "b"}, "b": hangup})),
        ("leave_incomplete", json!({"a": {"kind": "queue", "queue": "support", "leave_to": "b"}, "b": hangup})),
        (
            "value_too_long",
            json!({"a": {"kind": "set", "into": "x", "value": "x".repeat(201), "then": "b"}, "b": hangup}),
        ),
        ("no_bots_yet", json!({"a": {"kind": "bot", "name": "x", "then": "b", "on_fail": "b"}, "b": hangup})),
        ("bad_id", json!({"a": hangup, "B c": hangup})),
        (
            "variable_never_set",
            json!({"a": {"kind": "say", "what": "text", "from": {"variable": "x"}, "then": "b"}, "b": hangup}),
        ),
    ]);
}

#[test]
fn a_flow_that_goes_round_on_its_own_is_refused() {
    let menu = |on_none: &str, on_wrong: &str| {
        json!({
            "a": {"kind": "menu", "prompt": {"ja": {"text": "x"}}, "choices": {"1": "b"}, "on_none": on_none, "on_wrong": on_wrong},
            "b": {"kind": "hangup"},
        })
    };
    assert_eq!(errors(menu("a", "b")), ["loop_without_input"], "a silent caller");
    assert_eq!(errors(menu("b", "a")), [""; 0], "whoever presses wrong keys does something");
    let hours = json!({
        "a": {"kind": "hours", "calendar": "office", "open": "b", "closed": "c"},
        "b": {"kind": "queue", "queue": "support", "leave_after_ms": 60000, "leave_to": "a"},
        "c": {"kind": "hangup"},
    });
    assert_eq!(errors(hours), ["loop_without_input"]);
    let play = json!({
        "a": {"kind": "play", "sound": {"ja": {"text": "x"}}, "then": "b"},
        "b": {"kind": "play", "sound": {"ja": {"text": "x"}}, "then": "a"},
    });
    assert_eq!(errors(play), ["loop_without_input", "no_end"]);
    let found = lint(&flow(menu("a", "b")), &known());
    assert_eq!(
        found.iter().map(|it| it.node.as_deref()).collect::<Vec<_>>(),
        [Some("a")],
        "only what is on the circle"
    );
}

#[test]
fn what_can_be_published_and_should_be_looked_at() {
    let unreachable = json!({"a": {"kind": "hangup"}, "b": {"kind": "hangup"}});
    assert_eq!(warnings(unreachable), ["unreachable"]);
    let spoken = json!({"a": {"kind": "hangup", "sound": {"ja": {"file": "bye", "text": "さようなら"}}}});
    assert_eq!(warnings(spoken), ["sound_missing"]);
    let english = json!({
        "a": {"kind": "language", "language": "en", "then": "b"},
        "b": {"kind": "hangup", "sound": {"ja": {"text": "さようなら"}}},
    });
    assert_eq!(warnings(english), ["prompt_not_translated"]);
    let maybe = json!({
        "a": {"kind": "lookup", "what": "customer", "by": "caller", "into": "customer", "found": "b", "missing": "b"},
        "b": {"kind": "say", "what": "name", "from": {"variable": "customer.name"}, "then": "c"},
        "c": {"kind": "hangup"},
    });
    assert_eq!(warnings(maybe), ["variable_maybe_unset"]);
    let surely = json!({
        "a": {"kind": "lookup", "what": "customer", "by": "caller", "into": "customer", "found": "b", "missing": "c"},
        "b": {"kind": "say", "what": "name", "from": {"variable": "customer.name"}, "then": "c"},
        "c": {"kind": "hangup"},
    });
    assert_eq!(warnings(surely), [""; 0]);
}

#[test]
fn what_is_not_known_is_not_checked() {
    let queue = flow(json!({"a": {"kind": "queue", "queue": "anything"}}));
    assert_eq!(lint(&queue, &Known::default()), []);
}

#[test]
fn a_misspelt_field_is_no_flow() {
    let node = json!({"kind": "play", "sound": {"ja": {"text": "x"}}, "than": "b", "then": "b"});
    assert!(serde_json::from_value::<crate::ivr::flow::Node>(node).is_err());
}

#[test]
fn the_practice_flow_passes() {
    let text = include_str!("../../../flows/practice.json");
    let flow: Flow = serde_json::from_str(text).expect("a flow");
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let known = Known { queues: names(&["phone-orders", "phone"]), calendars: names(&["office"]), ..Known::default() };
    assert_eq!(lint(&flow, &known), []);
    let again: Flow = serde_json::from_str(&serde_json::to_string(&flow).expect("json")).expect("a flow");
    assert_eq!(again, flow);
}

fn branch(on: &str, cases: Value, otherwise: &str) -> Value {
    let prompt = json!({"ja": {"text": "どうぞ"}});
    json!({
        "a": {"kind": "lookup", "what": "customer", "by": "caller", "into": "customer", "found": "b", "missing": "b"},
        "b": {"kind": "branch", "on": on, "cases": cases, "else": otherwise},
        "c": {"kind": "hangup", "sound": prompt},
        "d": {"kind": "queue", "queue": "support"},
    })
}

#[test]
fn branches() {
    let case = |is: &str, then: &str| json!({"is": is, "then": then});
    let right = branch("customer.tier", json!([case("gold", "c"), case("*", "c")]), "d");
    assert_eq!(codes(&flow(right)), vec![], "also where the look-up found nobody");
    for (on, cases, otherwise, wanted) in [
        ("customer.tier", json!([]), "d", "no_choices"),
        ("customer.tier", json!([case("", "c")]), "d", "bad_case"),
        ("customer.tier", json!([case(" gold", "c")]), "d", "bad_case"),
        ("customer.tier", json!([case("gold", "c"), case("gold", "d")]), "d", "case_hidden"),
        ("customer.tier", json!([case("*", "c"), case("gold", "d")]), "d", "case_hidden"),
        ("customer.tier", json!([case("gold", "nowhere"), case("*", "c")]), "d", "unknown_node"),
        ("customer.tier", json!([case("gold", "c")]), "", "unknown_node"),
        ("customer.tier", json!([case("gold", "a")]), "d", "loop_without_input"),
        ("order.status", json!([case("sent", "c")]), "d", "variable_never_set"),
    ] {
        assert!(errors(branch(on, cases.clone(), otherwise)).contains(&wanted.to_owned()), "{wanted}: {cases}");
    }
}
