//! A customer and an agent talk, each at another site.

use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::chat::v1::{self as pb, chat_event::What as Happened, command::What, watch_response::What as Watched};
use uuid::Uuid;

use crate::common::{Instance, accept, agent, command, customer, messages, open, post, supervisor, until};

fn happened(read: &pb::ReadableEvent) -> &Happened {
    read.event.as_ref().unwrap().what.as_ref().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_and_an_agent_talk_over_two_sites() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let conversation = Uuid::new_v4();
    let first = Uuid::new_v4();
    assert_eq!(tokyo.insist(conversation, customer("c1"), open()).await.number, 1);
    assert!(tokyo.execute(conversation, customer("c1"), open()).await.unwrap().repeated);
    let said = tokyo.insist(conversation, customer("c1"), post(first, "こんにちは")).await;
    assert_eq!((said.number, said.repeated), (2, false));
    let again = osaka.insist(conversation, customer("c1"), post(first, "こんにちは")).await;
    assert_eq!((again.number, again.repeated), (2, true), "a resend at the other site is the same message");
    until("routing has the contact", || async { tokyo.routing.enqueued(conversation, 1) }).await;

    let mut desk = osaka.watch().await;
    desk.start(conversation, agent("a1"), 0, 7);
    accept(&cluster.journal(TOKYO, "routing").await, "tokyo", conversation, 1, "a1").await;
    let seen = desk.events_until(|event| matches!(happened(event), Happened::Assigned(_))).await;
    assert_eq!(seen.len(), 3);
    assert_eq!((seen[0].customer_name.as_str(), seen[1].text.as_str()), ("山田 花子", "こんにちは"));
    until("the desk lists it", || async {
        let list = osaka.list(agent("a1"), "").await.unwrap();
        list.iter().any(|summary| summary.conversation_id == conversation.to_string() && summary.unread == 1)
    })
    .await;

    let mut widget = tokyo.watch().await;
    widget.start(conversation, customer("c1"), 2, 1);
    osaka.insist(conversation, agent("a1"), post(Uuid::new_v4(), "お電話ありがとうございます")).await;
    let seen = widget.events_until(|event| !event.text.is_empty()).await;
    let numbers: Vec<u64> = seen.iter().map(|event| event.event.as_ref().unwrap().number).collect();
    assert_eq!(numbers, [3, 4]);

    let mark = What::MarkRead(pb::MarkRead { up_to: 4 });
    tokyo.insist(conversation, customer("c1"), mark).await;
    desk.events_until(|event| matches!(happened(event), Happened::Read(read) if read.up_to == 4)).await;

    let typing = pb::SignalTypingRequest { conversation_id: conversation.to_string(), by: Some(customer("c1")) };
    tokyo.client.clone().signal_typing(typing).await.unwrap();
    assert!(matches!(desk.next().await, Watched::Typing(typing) if typing.by.as_ref().unwrap().id == "c1"));

    osaka.insist(conversation, agent("a1"), What::Close(pb::Close {})).await;
    until("the contact is over", || async { osaka.routing.ended(conversation, 1) }).await;
    let center = || pb::Party { kind: pb::PartyKind::System.into(), id: "crm".to_owned(), supervisor: false };
    let told = Uuid::new_v4();
    let stored = tokyo.insist(conversation, center(), post(told, "返品を受け付けました。")).await;
    let again = osaka.insist(conversation, center(), post(told, "返品を受け付けました。")).await;
    assert_eq!((stored.number, again.number, again.repeated), (7, 7, true), "the center's word, once, in a closed one");
    widget.events_until(|event| event.text == "返品を受け付けました。").await;
    let reopened = tokyo.insist(conversation, customer("c1"), post(Uuid::new_v4(), "もう一つ")).await;
    assert_eq!(reopened.number, 9, "reopened and posted");
    until("routing has the second round", || async { tokyo.routing.enqueued(conversation, 2) }).await;
    let (here, there) =
        (tokyo.read(conversation, customer("c1")).await.unwrap(), osaka.read(conversation, agent("a1")).await.unwrap());
    assert_eq!(here, there, "one order for all");
    tokyo.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sites_write_one_conversation_at_once() {
    const EACH: u64 = 60;
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let conversation = Uuid::new_v4();
    tokyo.insist(conversation, customer("c2"), open()).await;
    let mut watch = osaka.watch().await;
    watch.start(conversation, supervisor(), 0, 1);
    let (mut one, mut other) = (tokyo.submit().await, osaka.submit().await);
    for tag in 0..EACH {
        let say = |by| command(conversation, by, post(Uuid::new_v4(), &format!("{tag}")));
        one.send(tag, say(customer("c2")));
        other.send(tag, say(supervisor()));
    }
    let mut numbers = Vec::new();
    for submit in [&mut one, &mut other] {
        for _ in 0..EACH {
            let answer = submit.responses.message().await.unwrap().unwrap();
            match answer.result.unwrap() {
                pb::submit_response::Result::Done(done) => numbers.push(done.number),
                pb::submit_response::Result::Refusal(refusal) => panic!("{refusal:?}"),
            }
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (2..2 + 2 * EACH).collect::<Vec<_>>(), "every number once");
    let seen = watch.events_until(|event| event.event.as_ref().unwrap().number == 1 + 2 * EACH).await;
    assert!(seen.iter().zip(1..).all(|(event, number)| event.event.as_ref().unwrap().number == number));
    assert_eq!(messages(&seen), messages(&tokyo.read(conversation, customer("c2")).await.unwrap()));
    tokyo.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_keeps_to_what_is_theirs() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let conversation = Uuid::new_v4();
    tokyo.insist(conversation, customer("c3"), open()).await;
    let hello = || post(Uuid::new_v4(), "hello");
    for (by, what, reason) in [
        (customer("c4"), hello(), "not_your_conversation"),
        (agent("a9"), hello(), "not_your_conversation"),
        (customer("c4"), open(), "not_your_conversation"),
        (agent("a9"), open(), "forbidden"),
        (customer("c3"), post(Uuid::new_v4(), " "), "text_empty"),
        (customer("c3"), post(Uuid::new_v4(), &"x".repeat(4_001)), "text_too_long"),
        (customer("c3"), What::Transfer(pb::Transfer::default()), "forbidden"),
        (customer("c 3"), hello(), "bad_id"),
    ] {
        assert_eq!(tokyo.execute(conversation, by, what).await.unwrap_err().reason, reason);
    }
    let nowhere = tokyo.execute(Uuid::new_v4(), customer("c3"), hello()).await.unwrap_err();
    assert_eq!(nowhere.reason, "no_such_conversation");
    assert_eq!(tokyo.read(conversation, customer("c4")).await.unwrap_err().reason, "not_your_conversation");
    assert_eq!(tokyo.list(customer("c4"), "c3").await.unwrap_err().reason, "forbidden");
    let mut watch = tokyo.watch().await;
    watch.start(conversation, customer("c4"), 0, 3);
    assert!(matches!(watch.next().await, Watched::Refusal(refusal) if refusal.reason == "not_your_conversation"));
    let erase = pb::EraseCustomerRequest { by: Some(agent("a9")), customer_id: "c3".into() };
    assert!(tokyo.client.clone().erase_customer(erase).await.is_err());
    assert_eq!(tokyo.read(conversation, customer("c3")).await.unwrap().len(), 1, "nothing was stored");
    tokyo.stop().await;
}
