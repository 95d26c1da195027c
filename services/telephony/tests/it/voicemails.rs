//! Messages of callers, and whom they concern.

use std::time::Duration;

use proto::{
    routing::v1::{Agent, Capacity, Channel, Queue, Skill},
    telephony::v1::{LegState, ListVoicemailsRequest, MarkHeardRequest, Person, ReadPartRequest, Voicemail},
};
use serde_json::json;
use telephony::media::Codec;
use tonic::Code;

use crate::{
    center::{Center, agent},
    flows::{call, press, voicemail},
    media::peer::Phone,
    sip::peer::Peer,
};

async fn listed(center: &mut Center, by: &Person) -> Vec<Voicemail> {
    let request = ListVoicemailsRequest { by: Some(by.clone()), limit: 0 };
    center.client.list_voicemails(request).await.unwrap().into_inner().voicemails
}

fn skilled(id: &str, skills: Vec<Skill>) -> Agent {
    let voice = Capacity { channel: Channel::Voice.into(), limit: 1, ..Capacity::default() };
    Agent { agent_id: id.to_owned(), skills, capacities: vec![voice], ..Agent::default() }
}

#[tokio::test]
async fn an_agent_hears_messages_of_their_queues_and_those_they_are_to_call_back_and_marks_them() {
    let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut center = Center::start(voicemail(), &nowhere, json!({})).await;
    let night = Skill { name: "night".to_owned(), level: 1, ..Skill::default() };
    let queue = Queue {
        queue_id: "night".to_owned(),
        channel: Channel::Voice.into(),
        skills: vec![night.clone()],
        ..Queue::default()
    };
    center.office.floor(vec![skilled("owl", vec![night]), skilled("lark", Vec::new())], vec![queue]);

    let phone = Phone::new(Some(440.0), Codec::Pcmu);
    let (mut caller, mut dialog) = call(&center, &phone).await;
    center.call("it was answered", |call| call.legs[0].state() == LegState::Up).await;
    press(&mut caller, &mut dialog, '5').await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    dialog.cseq += 1;
    caller.within("BYE", &dialog, "bye", "", "").await;
    let message = center.message("it is listed", |_| true).await;
    let id = message.call_id.clone();

    let (owl, lark) = (agent("owl"), agent("lark"));
    assert_eq!(listed(&mut center, &owl).await, std::slice::from_ref(&message), "who serves the queue");
    assert!(listed(&mut center, &lark).await.is_empty(), "who does not");
    center.sound(&id, message.part).await;
    let read = |who: &Person, part| ReadPartRequest { call_id: id.clone(), by: Some(who.clone()), part };
    assert!(center.client.read_part(read(&owl, message.part)).await.is_ok());
    let other = center.client.read_part(read(&owl, 1)).await.unwrap_err();
    assert_eq!(other.code(), Code::NotFound, "the message alone, not what else was recorded");
    assert_eq!(center.client.read_part(read(&lark, message.part)).await.unwrap_err().code(), Code::NotFound);
    let mark = |who: &Person| MarkHeardRequest { call_id: id.clone(), by: Some(who.clone()) };
    assert_eq!(center.client.mark_heard(mark(&lark)).await.unwrap_err().code(), Code::NotFound);

    // The call back is given to the one who does not serve the queue.
    center.until("a call back is asked", async |center| center.office.wants_callback(&id).then_some(())).await;
    center.office.assign(&id, "lark");
    assert_eq!(listed(&mut center, &lark).await.len(), 1, "whose call back it is");
    let marked = center.client.mark_heard(mark(&lark)).await.unwrap().into_inner();
    assert_eq!(marked.heard_by, "lark");
    let again = center.client.mark_heard(mark(&owl)).await.unwrap().into_inner();
    assert_eq!(again, marked, "who was first stays");
    let heard = center.message("it is heard", |message| message.heard_at_ms > 0).await;
    assert_eq!((heard.heard_by.as_str(), heard.heard_at_ms), ("lark", marked.heard_at_ms));
}
