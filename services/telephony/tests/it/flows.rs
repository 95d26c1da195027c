//! Flows in real calls: what they ask, and where they lead.

use std::time::Duration;

use proto::telephony::v1::{End, GetSettingRequest, LegState, Person, Phase, PutSettingRequest};
use serde_json::{Value, json};
use telephony::media::Codec;

use crate::{
    center::{self, Center},
    media::peer::{Phone, tones},
    services::{answer, service},
    sip::peer::{Dialog, Peer, called},
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

/// Numbers outside, one after the other: who does not answer leads to the next, and the last to a queue.
pub fn calling(numbers: &[(&str, u64)]) -> Value {
    let mut nodes = json!({ "queue": {"kind": "queue", "queue": "orders"} });
    for (at, (number, ring_ms)) in numbers.iter().enumerate() {
        let next = numbers.get(at + 1).map_or("queue", |_| NAMES[at + 1]);
        nodes[NAMES[at]] = json!({"kind": "transfer", "number": number, "ring_ms": ring_ms, "on_fail": next});
    }
    nodes
}

const NAMES: [&str; 3] = ["a", "b", "c"];
pub const OUTSIDE: (&str, u64) = ("+81450000000", 20_000);

/// Calls with sound and is answered.
pub async fn call(center: &Center, phone: &Phone) -> (Peer, Dialog) {
    let mut caller = center.caller().await;
    let name = format!("sounds{}", phone.port);
    let mut dialog = caller.call(&name);
    let invite = caller.request("INVITE", &dialog.target, &dialog, &name, "", &phone.sdp(false));
    caller.raw(invite.as_bytes()).await;
    let answer = caller.answered(&mut dialog).await;
    phone.talk(phone.agreed(&answer.body));
    caller.ack(&dialog, "ack").await;
    (caller, dialog)
}

#[tokio::test]
async fn a_flow_puts_the_caller_through_to_a_number_outside() {
    let mut outside = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut center = Center::start(calling(&[OUTSIDE]), &outside, json!({})).await;
    let (phone, other) = (Phone::new(Some(440.0), Codec::Pcmu), Phone::new(Some(700.0), Codec::Pcmu));
    let (mut caller, _) = call(&center, &phone).await;
    let ringing = outside.asked("INVITE").await;
    assert_eq!(ringing.uri.user(), Some("+81450000000"));
    outside.answer(&ringing, 180, "", "").await;
    phone.hears(&[400]).await;
    outside.answer(&ringing, 200, "", &other.sdp(false)).await;
    other.talk(other.agreed(&ringing.body));
    outside.asked("ACK").await;
    phone.hears(&[700]).await;
    other.hears(&[440]).await;
    center.call("they talk", |call| call.phase() == Phase::Talking).await;
    outside.within("BYE", &Dialog { cseq: 2, ..called(&ringing) }, "bye", "", "").await;
    let bye = caller.asked("BYE").await;
    caller.answer(&bye, 200, "", "").await;
    center.call("it was handed over", |call| call.end() == End::Transferred).await;
}

#[tokio::test]
async fn who_is_barred_busy_or_does_not_answer_leads_on_in_the_flow() {
    let mut outside = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let numbers = [("+19005550000", 20_000), ("+81450000001", 20_000), ("+81450000002", 1_500)];
    let mut center = Center::start(calling(&numbers), &outside, json!({})).await;
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    let (_caller, _) = call(&center, &phone).await;
    let busy = outside.asked("INVITE").await;
    assert_eq!(busy.uri.user(), Some("+81450000001"), "the first may not be dialled");
    outside.answer(&busy, 486, "", "").await;
    let silent = outside.asked("INVITE").await;
    assert_eq!(silent.uri.user(), Some("+81450000002"));
    outside.answer(&silent, 180, "", "").await;
    let cancel = outside.asked("CANCEL").await;
    outside.answer(&cancel, 200, "", "").await;
    outside.answer(&silent, 487, "", "").await;
    let call = center.call("it waits", |call| call.queue == "orders").await;
    assert_eq!(call.legs.len(), 1, "{:?}", call.legs);
    phone.waits_for(100).await;
    assert!(!phone.tones().contains(&400), "it rings no more");
}

#[tokio::test]
async fn who_was_put_through_talks_on_when_the_gateway_dies() {
    let mut outside = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut center = Center::start(calling(&[OUTSIDE]), &outside, json!({})).await;
    let (phone, other) = (Phone::new(Some(440.0), Codec::Pcmu), Phone::new(Some(700.0), Codec::Pcmu));
    let (mut caller, _) = call(&center, &phone).await;
    let invite = outside.asked("INVITE").await;
    outside.answer(&invite, 200, "", &other.sdp(false)).await;
    outside.asked("ACK").await;
    center.call("they talk", |call| call.phase() == Phase::Talking).await;
    center.another_takes_over().await;
    let (again, there) = tokio::join!(caller.asked("INVITE"), outside.asked("INVITE"));
    caller.answer(&again, 200, "", &phone.sdp(false)).await;
    outside.answer(&there, 200, "", &other.sdp(false)).await;
    tokio::join!(caller.asked("ACK"), outside.asked("ACK"));
    let call = center.call("it was taken over", |call| call.moved == 1 && call.legs.len() == 2).await;
    assert_eq!((call.phase(), call.queue.as_str()), (Phase::Talking, ""), "the flow has done its part");
}

#[tokio::test]
async fn a_gateway_without_its_database_takes_calls_over_and_carries_them() {
    let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut center = Center::start(json!({"a": {"kind": "queue", "queue": "orders"}}), &nowhere, json!({})).await;
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    let (mut caller, _) = call(&center, &phone).await;
    center.call("it waits", |call| call.phase() == Phase::Queued && call.legs[0].state() == LegState::Up).await;
    center.loses_databases();
    center.another_takes_over().await;
    let again = caller.asked("INVITE").await;
    caller.answer(&again, 200, "", &phone.sdp(false)).await;
    let moved = async |center: &mut Center| center.list(true).await.ok()?.pop().filter(|call| call.moved == 1);
    let moved = center.until("it was taken over", moved).await;
    assert_eq!(moved.queue, "orders");
    assert_eq!(center.list(false).await.unwrap_err().code(), tonic::Code::Unavailable);
}

#[tokio::test]
async fn whom_nobody_reached_yet_when_the_gateway_dies_goes_on_in_the_flow() {
    let mut outside = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut center = Center::start(calling(&[OUTSIDE]), &outside, json!({})).await;
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    let (mut caller, _) = call(&center, &phone).await;
    let ringing = outside.asked("INVITE").await;
    outside.answer(&ringing, 180, "", "").await;
    center.another_takes_over().await;
    let again = caller.asked("INVITE").await;
    caller.answer(&again, 200, "", &phone.sdp(false)).await;
    let call = center.call("it waits", |call| call.queue == "orders").await;
    assert_eq!((call.moved, call.legs.len()), (1, 1));
}

/// The flow says its text, and a key cuts it short.
pub fn voicemail() -> Value {
    let greeting = json!({"ja": {"text": "発信音の後に、ご用件をお話しください。"}});
    json!({"a": {"kind": "voicemail", "greeting": greeting, "max_s": 60, "mailbox": "night"}})
}

/// Presses a key of its telephone.
pub async fn press(caller: &mut Peer, dialog: &mut Dialog, key: char) {
    dialog.cseq += 1;
    caller.within("INFO", dialog, &format!("key{}", dialog.cseq), "", &format!("Signal={key}\r\n")).await;
    caller.response_to("INFO", 200).await;
}

#[tokio::test]
async fn a_message_is_kept_also_when_the_caller_just_hangs_up() {
    let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut center = Center::start(voicemail(), &nowhere, json!({})).await;
    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    let (mut caller, mut dialog) = call(&center, &phone).await;
    // From then on keys are the flow's.
    center.call("it was answered", |call| call.legs[0].state() == LegState::Up).await;
    press(&mut caller, &mut dialog, '5').await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(center.voicemails().await.is_empty(), "it is being recorded");
    dialog.cseq += 1;
    caller.within("BYE", &dialog, "bye", "", "").await;
    let call = center.call("it is over", |call| call.ended_at_ms > 0).await;
    let message = center.message("it is listed", |_| true).await;
    assert_eq!((message.call_id.as_str(), message.mailbox.as_str()), (call.call_id.as_str(), "night"));
    assert_eq!((message.number.as_str(), message.called_back_at_ms), ("+81312345678", 0));
    assert!((2_000..20_000).contains(&message.length_ms), "{}", message.length_ms);
    let sound = center.sound(&call.call_id, message.part).await;
    let said = center::left_of(&sound);
    assert!(said.len() > 12_000, "{} samples", said.len());
    assert_eq!(tones(&said[4_000..12_000]), [440].into());
}

#[tokio::test]
async fn two_editors_do_not_overwrite_each_other_and_what_was_before_is_told() {
    let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut center = Center::start(voicemail(), &nowhere, json!({})).await;
    let put = |number: &str, who: &str, version: Option<u32>| PutSettingRequest {
        kind: "numbers".to_owned(),
        id: "all".to_owned(),
        json: json!([{"number": number, "flow": "main"}]).to_string(),
        by: Some(Person { id: who.to_owned(), supervisor: true }),
        version,
    };
    center.client.put_setting(put("0120000001", "chief", Some(0))).await.unwrap();
    center.client.put_setting(put("0120000002", "vice", Some(1))).await.unwrap();
    let late = center.client.put_setting(put("0120000003", "chief", Some(1))).await.unwrap_err();
    assert_eq!(late.code(), tonic::Code::FailedPrecondition, "{late:?}");
    let asked = |kind: &str, id: &str, with_versions| GetSettingRequest {
        kind: kind.to_owned(),
        id: id.to_owned(),
        with_versions,
    };
    let told = center.client.get_setting(asked("numbers", "all", true)).await.unwrap().into_inner();
    let versions: Vec<_> = told.versions.iter().map(|it| (it.version, it.changed_by.as_str())).collect();
    assert_eq!(versions, [(1, "chief"), (2, "vice")]);
    assert!(told.versions[0].json.contains("0120000001") && told.setting.unwrap().json.contains("0120000002"));
    let told = center.client.get_setting(asked("numbers", "all", false)).await.unwrap().into_inner();
    assert!(told.versions.is_empty());
    let told = center.client.get_setting(asked("flow", "main", true)).await.unwrap().into_inner();
    assert_eq!(told.versions.len(), 1, "{:?}", told.versions);
}
