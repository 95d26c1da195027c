//! Notes, wrap-ups, ratings and who takes part, between two sites.

use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::chat::v1::{self as pb, chat_event::What as Happened, command::What};
use uuid::Uuid;

use crate::common::{Instance, agent, customer, open, post, supervisor, until, views_equal};

fn note(text: &str, mentions: &[&str]) -> What {
    What::Note(pb::Note {
        message_id: Uuid::new_v4().to_string(),
        text: text.to_owned(),
        mentions: mentions.iter().map(|id| (*id).to_owned()).collect(),
        whisper: false,
        consult: false,
    })
}

fn is_hidden(read: &pb::ReadableEvent) -> bool {
    let event = read.event.as_ref().unwrap();
    matches!(event.what, Some(Happened::Hidden(_))) && event.by.is_none() && read.text.is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_reaches_the_center_everywhere_and_no_customer() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let (conversation, id) = (Uuid::new_v4(), format!("c-{}", Uuid::new_v4()));
    tokyo.insist(conversation, customer(&id), open()).await;
    let mut watch = osaka.watch().await;
    watch.start(conversation, customer(&id), 0, 1);
    watch.events_until(|read| read.event.as_ref().unwrap().number == 1).await;
    let refused = osaka.execute(conversation, agent("a2"), note("x", &[])).await.unwrap_err();
    assert_eq!(refused.reason, "not_your_conversation");
    tokyo.insist(conversation, supervisor(), note("要注意のお客様", &["a2"])).await;
    tokyo.insist(conversation, customer(&id), post(Uuid::new_v4(), "こんにちは")).await;
    let live = watch.events_until(|read| read.text == "こんにちは").await;
    assert_eq!(live.len(), 2, "numbers have no holes");
    assert!(is_hidden(&live[0]));
    let theirs = osaka.read(conversation, customer(&id)).await.unwrap();
    assert!(is_hidden(&theirs[1]) && theirs.len() == 3);
    // Who was called may read and join.
    let ours = osaka.read(conversation, agent("a2")).await.unwrap();
    assert_eq!(ours[1].text, "要注意のお客様");
    osaka.insist(conversation, agent("a2"), What::Join(pb::Join {})).await;
    osaka.insist(conversation, agent("a2"), post(Uuid::new_v4(), "承ります")).await;
    let wrap = What::Wrap(pb::Wrap {
        message_id: Uuid::new_v4().to_string(),
        code: "return".into(),
        tags: vec!["初回".into()],
        summary: "返品で解決".into(),
        follow_up_at_ms: 9,
    });
    osaka.insist(conversation, agent("a2"), wrap).await;
    until("the list has it", || async {
        let listed = tokyo.list(supervisor(), &id).await.unwrap();
        listed
            .first()
            .is_some_and(|row| row.wrap_code == "return" && row.tags == ["初回"] && row.participants == ["a2"])
    })
    .await;
    tokyo.insist(conversation, customer(&id), What::Close(pb::Close {})).await;
    let comment = "良かった".to_owned();
    let rate = What::Rate(pb::Rate { message_id: Uuid::new_v4().to_string(), score: 5, comment });
    tokyo.insist(conversation, customer(&id), rate).await;
    until("the rating is in the list", || async {
        let listed = osaka.list(supervisor(), &id).await.unwrap();
        listed.first().is_some_and(|row| row.rating == 5 && row.participants.is_empty() && row.last_text == "承ります")
    })
    .await;
    views_equal(&tokyo, &osaka).await;
    tokyo.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routing_hears_that_a_taken_conversation_is_off_its_hands() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let (conversation, id) = (Uuid::new_v4(), format!("c-{}", Uuid::new_v4()));
    tokyo.insist(conversation, customer(&id), open()).await;
    until("it waits on the floor", || async { tokyo.routing.enqueued(conversation, 1) }).await;
    tokyo.insist(conversation, supervisor(), What::Take(pb::Take::default())).await;
    until("the floor is told", || async { tokyo.routing.ended(conversation, 1) }).await;
    until("the list has the holder", || async {
        let listed = tokyo.list(supervisor(), &id).await.unwrap();
        listed.first().is_some_and(|row| row.agent_id == "boss")
    })
    .await;
    tokyo.insist(conversation, supervisor(), post(Uuid::new_v4(), "代わりました")).await;
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_is_found_in_any_form_until_the_customer_is_erased() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let (conversation, id) = (Uuid::new_v4(), format!("c-{}", Uuid::new_v4()));
    tokyo.insist(conversation, customer(&id), open()).await;
    let said = post(Uuid::new_v4(), "サーバーの件で０３－９９９９－１２３４へ折り返しをお願いします");
    tokyo.insist(conversation, customer(&id), said).await;
    let search = async |by: pb::Party, query: &str| {
        let query = query.to_owned();
        let request =
            pb::SearchConversationsRequest { by: Some(by), query, ..pb::SearchConversationsRequest::default() };
        let found = tokyo.client.clone().search_conversations(request).await.unwrap().into_inner().found;
        let ours =
            |found: &&pb::Found| found.conversation.as_ref().unwrap().conversation_id == conversation.to_string();
        found.iter().find(ours).map(|found| found.number)
    };
    until("it is found", || async { search(supervisor(), "ｻｰﾊﾞ 0399991234").await == Some(2) }).await;
    assert_eq!(search(supervisor(), "山田").await, Some(0), "by the customer's name");
    assert_eq!(search(supervisor(), "さーばー 返品").await, None, "all words must fit");
    assert_eq!(search(agent("a9"), "サーバー").await, None, "not what is someone else's");
    let erase = pb::EraseCustomerRequest { by: Some(supervisor()), customer_id: id.clone() };
    until("the key is gone", || async { tokyo.client.clone().erase_customer(erase.clone()).await.is_ok() }).await;
    until("nothing is found", || async { search(supervisor(), "サーバー").await.is_none() }).await;
    assert_eq!(search(supervisor(), "山田").await, None);
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_goes_on_where_it_stopped_until_everything_was_looked_at() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let word = Uuid::new_v4().simple().to_string();
    let mut said = Vec::new();
    for _ in 0..3 {
        let (conversation, id) = (Uuid::new_v4(), format!("c-{}", Uuid::new_v4()));
        tokyo.insist(conversation, customer(&id), open()).await;
        tokyo.insist(conversation, customer(&id), post(Uuid::new_v4(), &word)).await;
        said.insert(0, conversation.to_string());
    }
    let mut request = pb::SearchConversationsRequest {
        by: Some(supervisor()),
        query: word,
        ..pb::SearchConversationsRequest::default()
    };
    let all = || async { tokyo.client.clone().search_conversations(request.clone()).await.unwrap().into_inner() };
    until("all three are found at once", || async { all().await.found.len() == 3 }).await;
    assert_eq!(all().await.older, "");
    request.limit = 1;
    let mut found = Vec::new();
    loop {
        let page = tokyo.client.clone().search_conversations(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.partial, !page.older.is_empty());
        found.extend(page.found.into_iter().map(|found| found.conversation.unwrap().conversation_id));
        request.beyond = page.older;
        if request.beyond.is_empty() {
            break;
        }
    }
    assert_eq!(found, said, "newest first, each once");
    request.beyond = "yesterday".to_owned();
    assert!(tokyo.client.clone().search_conversations(request).await.is_err());
    tokyo.stop().await;
}
