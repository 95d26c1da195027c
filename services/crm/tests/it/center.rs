//! What happens in conversations and calls is in the timeline, without being reported.

use bytes::Bytes;
use journal::{
    Append, Expect, Journal, Stream,
    testing::{Cluster, OSAKA, TOKYO},
};
use prost::Message as _;
use proto::{
    chat::v1::{self as chat, chat_event::What as Chatted},
    crm::v1::{self as pb, ProfileField},
    journal::v1::Unit,
    telephony::v1::{self as telephony, call_event::What as Called},
};
use uuid::Uuid;

use crate::common::{Instance, field, named, number, of_record, phone, unique, until, views_equal};

/// Writes what the chat service would.
pub async fn say(journal: &Journal, conversation: Uuid, at_ms: u64, by: chat::PartyKind, what: Chatted) {
    let by = Some(chat::Party { kind: by.into(), ..chat::Party::default() });
    let event = chat::ChatEvent { number: 0, at_ms, by, what: Some(what) };
    append(journal, Stream::new("CHAT", "chat"), format!("chat.{conversation}"), event.encode_to_vec().into()).await;
}

/// Writes what telephony would.
pub async fn call(journal: &Journal, call: Uuid, at_ms: u64, what: Called) {
    let event = telephony::CallEvent { at_ms, what: Some(what) };
    append(journal, Stream::new("TELEPHONY", "call"), format!("call.{call}"), event.encode_to_vec().into()).await;
}

/// A call that comes in from this number; its id.
pub async fn incoming(cluster: &Cluster, customer: &str, number: &str) -> Uuid {
    let journal = Journal::connect(cluster.settings(OSAKA, "telephony")).await.unwrap();
    let id = Uuid::new_v4();
    let key = journal.vault().key(customer).await.unwrap();
    let began = telephony::Began {
        direction: telephony::Direction::In.into(),
        customer_id: customer.to_owned(),
        number: Some(key.seal(&format!("call.{id}"), number.as_bytes())),
        dialled: "0120000000".into(),
        ..telephony::Began::default()
    };
    call(&journal, id, 5_000, Called::Began(began)).await;
    id
}

async fn append(journal: &Journal, stream: Stream, subject: String, event: Bytes) {
    let unit = Unit { events: vec![event], decided_at_ms: 1, site: "tokyo".into(), claim: None, epoch: 0 };
    let append = Append { stream, subject, expect: Expect::Any, id: Uuid::new_v4().to_string(), unit };
    journal.append(append).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_and_a_call_are_touchpoints_of_their_customers() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let journal = Journal::connect(cluster.settings(TOKYO, "chat")).await.unwrap();
    let (customer, conversation) = (format!("c-{}", unique()), Uuid::new_v4());
    let key = journal.vault().key(&customer).await.unwrap();
    let opened = chat::Opened {
        customer_id: customer.clone(),
        queue: "support".into(),
        customer_name: Some(key.seal(&format!("chat.{conversation}"), "山田 花子".as_bytes())),
        reason: "delivery".into(),
        ..chat::Opened::default()
    };
    say(&journal, conversation, 5_000, chat::PartyKind::Customer, Chatted::Opened(opened)).await;
    for site in [&tokyo, &osaka] {
        until("the chat is known", || async {
            site.customer(&customer).await.is_ok_and(|found| found.timeline.len() == 1)
        })
        .await;
    }
    let wrapped = chat::Wrapped { code: "late_parcel".into(), ..chat::Wrapped::default() };
    say(&journal, conversation, 6_000, chat::PartyKind::Agent, Chatted::Wrapped(wrapped)).await;
    let rated = chat::Rated { score: 5, ..chat::Rated::default() };
    say(&journal, conversation, 7_000, chat::PartyKind::Customer, Chatted::Rated(rated)).await;
    for site in [&tokyo, &osaka] {
        until("it was wrapped and rated", || async {
            let touchpoint = site.customer(&customer).await.unwrap().timeline[0].touchpoint.clone().unwrap();
            (touchpoint.reason.as_str(), touchpoint.mood) == ("late_parcel", 2)
        })
        .await;
        let found = site.customer(&customer).await.unwrap();
        let (who, entry) = (found.customer.unwrap(), &found.timeline[0]);
        assert!(who.thin, "nobody of the company wrote a name yet");
        assert_eq!((field(&who, ProfileField::Name), who.last_at_ms), ("山田 花子", 7_000));
        assert_eq!((entry.at_ms, entry.source.as_str()), (5_000, "center"));
        let touchpoint = entry.touchpoint.as_ref().unwrap();
        assert_eq!(
            (touchpoint.kind.as_str(), touchpoint.reference.as_str()),
            ("chat", conversation.to_string().as_str())
        );
        assert!(site.search("山田花子").await.iter().any(|found| found.customer_id == customer));
    }
    tokyo.insist("desk", vec![of_record("name", &customer, named("山田 はなこ"))]).await;
    until("what an agent wrote counts", || async {
        let who = osaka.customer(&customer).await.unwrap().customer.unwrap();
        field(&who, ProfileField::Name) == "山田 はなこ" && !who.thin
    })
    .await;
    views_equal(&tokyo, &osaka).await;
    tokyo.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_and_its_conversation_are_one_touchpoint_in_whatever_order_they_are_heard() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let journal = Journal::connect(cluster.settings(OSAKA, "telephony")).await.unwrap();
    let (customer, called) = (format!("tel-{}", unique()), number());
    let id = incoming(&cluster, &customer, &format!("+81{}", &called[1..])).await;
    let opened = chat::Opened { customer_id: customer.clone(), channel: "voice".into(), ..chat::Opened::default() };
    say(&journal, id, 5_500, chat::PartyKind::System, Chatted::Opened(opened)).await;
    say(
        &journal,
        id,
        6_000,
        chat::PartyKind::Agent,
        Chatted::Wrapped(chat::Wrapped { code: "order".into(), ..chat::Wrapped::default() }),
    )
    .await;
    call(&journal, id, 9_000, Called::Ended(telephony::Ended::default())).await;
    let seen = async |site: &Instance| {
        let Ok(found) = site.customer(&customer).await else { return false };
        let Some(touchpoint) = found.timeline.first().and_then(|entry| entry.touchpoint.clone()) else { return false };
        let whole = (touchpoint.route.as_str(), touchpoint.reason.as_str()) == ("0120000000", "order");
        whole
            && found.timeline.len() == 1
            && found.timeline[0].at_ms == 5_000
            && found.customer.unwrap().last_at_ms == 9_000
    };
    until("the call is known", || async { seen(&tokyo).await }).await;
    let found = tokyo.look_up(vec![phone(&called)]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].customer_id.as_str(), found[0].thin, found[0].identities[0].verified),
        (customer.as_str(), true, false)
    );
    assert_eq!(found[0].identities[0].kind, i32::from(pb::IdentityKind::Phone));
    let anew = Instance::start(&cluster, OSAKA).await;
    until("a view made anew knows the same", || async { seen(&anew).await }).await;
    tokyo.stop().await;
    anew.stop().await;
}
