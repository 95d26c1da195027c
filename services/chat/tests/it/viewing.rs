//! The view in PostgreSQL can be thrown away.

use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::chat::v1::{self as pb, command::What};
use uuid::Uuid;

use crate::common::{Instance, accept, agent, customer, open, post, until, views_equal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_database_is_rebuilt_and_equal() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let routing = cluster.journal(TOKYO, "routing").await;
    let mine = format!("c-{}", Uuid::new_v4());
    let mut conversations = Vec::new();
    for number in 0..5 {
        let conversation = Uuid::new_v4();
        tokyo.insist(conversation, customer(&mine), open()).await;
        for said in 0..number {
            tokyo.insist(conversation, customer(&mine), post(Uuid::new_v4(), &format!("text {said}"))).await;
        }
        conversations.push(conversation);
    }
    accept(&routing, "tokyo", conversations[4], 1, "a4").await;
    until("the agent has it", || async {
        tokyo.execute(conversations[4], agent("a4"), post(Uuid::new_v4(), "hello")).await.is_ok()
    })
    .await;
    let mark = What::MarkRead(pb::MarkRead { up_to: 3 });
    tokyo.insist(conversations[4], agent("a4"), mark).await;
    let close = What::Close(pb::Close {});
    tokyo.insist(conversations[0], customer(&mine), close).await;
    let osaka = Instance::start(&cluster, OSAKA).await;
    views_equal(&tokyo, &osaka).await;
    until("the list is whole", || async { osaka.list(customer(&mine), "").await.unwrap().len() == 5 }).await;
    let list = osaka.list(customer(&mine), &mine).await.unwrap();
    let of = |id: Uuid| list.iter().find(|summary| summary.conversation_id == id.to_string()).unwrap();
    let held = of(conversations[4]);
    assert_eq!((held.phase(), held.agent_id.as_str(), held.unread), (pb::Phase::Assigned, "a4", 2));
    assert_eq!((held.customer_name.as_str(), held.last_text.as_str()), ("山田 花子", "hello"));
    assert_eq!(of(conversations[0]).phase(), pb::Phase::Closed);
    assert_eq!((of(conversations[2]).last_text.as_str(), of(conversations[2]).unread), ("text 1", 0));
    tokyo.stop().await;
    osaka.stop().await;
}
