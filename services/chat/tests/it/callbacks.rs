//! Being called back: the number is sealed, routing is told, and who is served elsewhere waits no more.

use journal::testing::{Cluster, TOKYO};
use proto::{
    chat::v1::{self as pb, chat_event::What as Happened, command::What},
    routing::v1::execute_request::What as Told,
};
use uuid::Uuid;

use crate::common::{Instance, agent, customer, open, until};

const PHONE: &str = "090-1234-5678";

fn ask(phone: &str) -> What {
    What::AskCallback(pb::AskCallback { message_id: Uuid::new_v4().to_string(), phone: phone.to_owned(), at_ms: 9 })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_sealed_and_routing_is_told() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let (conversation, me) = (Uuid::new_v4(), format!("c-{}", Uuid::new_v4()));
    tokyo.insist(conversation, customer(&me), open()).await;
    let contact = format!("{conversation}.1");
    until("routing knows whose it is", || async {
        tokyo
            .routing
            .told(|what| matches!(what, Told::Enqueue(it) if it.contact_id == contact && it.customer_key == me))
    })
    .await;
    let refused = tokyo.execute(conversation, customer(&me), ask("call me")).await.unwrap_err();
    assert_eq!(refused.reason, "bad_phone");
    tokyo.insist(conversation, customer(&me), ask(PHONE)).await;
    until("routing calls back", || async {
        tokyo.routing.told(|what| matches!(what, Told::MakeCallback(it) if it.contact_id == contact && it.at_ms == 9))
    })
    .await;
    let events = tokyo.read(conversation, customer(&me)).await.unwrap();
    assert!(matches!(events[1].event.as_ref().unwrap().what, Some(Happened::CallbackAsked(_))));
    assert_eq!(events[1].text, PHONE);
    let journal = cluster.journal(TOKYO, "reader").await;
    let replay = journal.replay(&chat::CHAT, &format!("chat.{conversation}"), 0).await.unwrap();
    let bytes = replay.records.iter().flat_map(|record| &record.unit.events);
    assert!(bytes.clone().count() == 2 && !bytes.into_iter().any(|event| holds(event, PHONE)), "never in the clear");
    tokyo.insist(conversation, customer(&me), What::CancelCallback(pb::CancelCallback {})).await;
    until("routing lets it wait", || async {
        tokyo.routing.told(|what| matches!(what, Told::CancelCallback(it) if it.contact_id == contact))
    })
    .await;
    let other = tokyo.execute(conversation, agent("a1"), ask(PHONE)).await.unwrap_err();
    assert_eq!(other.reason, "not_your_conversation");
    tokyo.stop().await;
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Routing ends a callback when its customer is served elsewhere, and never lets that contact wait again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_whose_contact_is_over_does_not_wait_for_ever() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let (conversation, me) = (Uuid::new_v4(), format!("c-{}", Uuid::new_v4()));
    tokyo.routing.end(conversation, 1);
    tokyo.insist(conversation, customer(&me), open()).await;
    until("it is closed", || async {
        let events = tokyo.read(conversation, customer(&me)).await.unwrap();
        events.iter().any(|read| {
            let elsewhere = i32::from(pb::CloseReason::ServedElsewhere);
            matches!(&read.event.as_ref().unwrap().what, Some(Happened::Closed(it)) if it.reason == elsewhere)
        })
    })
    .await;
    tokyo.stop().await;
}
