//! The view in PostgreSQL can be thrown away.

use journal::testing::{Cluster, OSAKA, Postgres, TOKYO};
use proto::chat::v1::{self as pb, command::What};
use uuid::Uuid;

use crate::common::{Floor, Instance, accept, agent, customer, open, post, until, views_equal};

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

/// Rows of an older version lack what it did not keep.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_of_an_older_version_is_made_anew() {
    let cluster = Cluster::shared().await;
    let postgres = Postgres::shared().await;
    let database = postgres.database().await;
    let tokyo = Instance::with_database(&cluster, TOKYO, &database, Floor::start()).await;
    let (mine, conversation) = (format!("c-{}", Uuid::new_v4()), Uuid::new_v4());
    tokyo.insist(conversation, customer(&mine), open()).await;
    tokyo.insist(conversation, customer(&mine), What::Close(pb::Close {})).await;
    let rate = pb::Rate { message_id: Uuid::new_v4().to_string(), score: 4, comment: String::new() };
    tokyo.insist(conversation, customer(&mine), What::Rate(rate)).await;
    let rating = async |site: &Instance| {
        let list = site.list(customer(&mine), &mine).await.unwrap();
        list.first().map_or(0, |summary| summary.rating)
    };
    until("it is rated", || async { rating(&tokyo).await == 4 }).await;
    let pool = tokyo.pool.clone();
    tokyo.stop().await;
    sqlx::query("update conversations set rating = 0").execute(&pool).await.unwrap();
    sqlx::query("delete from _sqlx_migrations where version = 3").execute(&pool).await.unwrap();
    let tokyo = Instance::with_database(&cluster, TOKYO, &database, Floor::start()).await;
    until("the rating is there again", || async { rating(&tokyo).await == 4 }).await;
    tokyo.stop().await;
}
