//! Flows in real calls: what they ask, and where they lead.

use serde_json::{Value, json};

use crate::{
    center::Center,
    services::{answer, service},
    sip::peer::Peer,
};

/// Asks a service; its answer leads to a queue, and a fault to the end.
fn asking() -> Value {
    json!({
        "a": {"kind": "lookup", "what": "customer", "by": "caller", "into": "customer", "found": "b", "missing": "b"},
        "b": {"kind": "set", "into": "item", "value": "7", "then": "c"},
        "c": {"kind": "ask", "service": "stock", "into": "stock", "then": "queue", "on_fail": "end"},
        "queue": {"kind": "queue", "queue": "orders"},
        "end": {"kind": "hangup"},
    })
}

#[tokio::test]
async fn a_flow_asks_services_and_the_agent_sees_the_answers() {
    let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let (stock, mut asked) = service(&answer("200 OK", r#"{"left": 3}"#)).await;
    let (customers, mut looked_up) = service(&answer("200 OK", r#"{"name": "鈴木"}"#)).await;
    let services = json!({
        "stock": { "url": format!("http://{stock}/") }, "customers": { "url": format!("http://{customers}/") },
    });
    let mut center = Center::start(asking(), &nowhere, services).await;
    let mut caller = center.caller().await;
    let mut dialog = caller.calls("asks").await;
    caller.answered(&mut dialog).await;
    caller.ack(&dialog, "ack").await;
    let call = center.call("it waits", |call| call.queue == "orders").await;
    let told = ["customer.name", "item", "stock.left"].map(|name| call.answers.get(name).map(String::as_str));
    assert_eq!(told, [Some("鈴木"), Some("7"), Some("3")]);
    let known = json!({"call": call.call_id, "dialled": "0120333906", "caller": "+81312345678"});
    let with = |more: Value| {
        let mut all = known.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let question = looked_up.recv().await.unwrap().body;
    assert_eq!(question, with(json!({"answers": {}, "what": "customer", "by": "+81312345678"})));
    let question = asked.recv().await.unwrap().body;
    assert_eq!(question, with(json!({"answers": {"customer.name": "鈴木", "item": "7"}})));
}

#[tokio::test]
async fn a_service_that_fails_takes_the_flows_other_way() {
    let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let (stock, mut asked) = service(&answer("503 Oops", "")).await;
    let mut center = Center::start(asking(), &nowhere, json!({ "stock": { "url": format!("http://{stock}/") } })).await;
    let mut caller = center.caller().await;
    let mut dialog = caller.calls("fails").await;
    caller.answered(&mut dialog).await;
    caller.ack(&dialog, "ack").await;
    let bye = caller.asked("BYE").await;
    caller.answer(&bye, 200, "", "").await;
    let call = center.call("it is over", |call| call.ended_at_ms > 0).await;
    assert_eq!(call.queue, "");
    assert_eq!(asked.recv().await.unwrap().body["answers"], json!({"item": "7"}), "nobody knew the customer");
}
