//! A customer is erased.

use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::chat::v1 as pb;
use uuid::Uuid;

use crate::common::{Instance, customer, open, post, supervisor, until, views_equal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_customers_texts_are_nowhere() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let (conversation, id) = (Uuid::new_v4(), format!("c-{}", Uuid::new_v4()));
    tokyo.insist(conversation, customer(&id), open()).await;
    tokyo.insist(conversation, customer(&id), post(Uuid::new_v4(), "secret")).await;
    let read = osaka.read(conversation, customer(&id)).await.unwrap();
    assert_eq!((read[1].text.as_str(), read[1].erased), ("secret", false));
    let erase = pb::EraseCustomerRequest { by: Some(supervisor()), customer_id: id.clone() };
    until("the key is gone", || async { tokyo.client.clone().erase_customer(erase.clone()).await.is_ok() }).await;
    for site in [&tokyo, &osaka] {
        until("the text is unreadable", || async {
            let read = site.read(conversation, supervisor()).await.unwrap();
            read.len() == 2
                && read.iter().all(|event| event.erased && event.text.is_empty() && event.customer_name.is_empty())
        })
        .await;
        until("the view has forgotten", || async { sealed(site, conversation).await == 0 }).await;
        let refused = site.execute(conversation, customer(&id), post(Uuid::new_v4(), "more")).await.unwrap_err();
        assert_eq!(refused.reason, "erased");
    }
    let rebuilt = Instance::start(&cluster, TOKYO).await;
    views_equal(&rebuilt, &osaka).await;
    assert_eq!(sealed(&rebuilt, conversation).await, 0, "a rebuilt view never shows what was erased");
    tokyo.stop().await;
    osaka.stop().await;
    rebuilt.stop().await;
}

async fn sealed(site: &Instance, conversation: Uuid) -> i64 {
    sqlx::query_scalar(
        "select (select count(*) from messages where conversation_id = $1::uuid and text_box is not null) \
         + (select count(*) from conversations where conversation_id = $1::uuid and (name_box is not null or last_text_box is not null))",
    )
    .bind(conversation.to_string())
    .fetch_one(&site.pool)
    .await
    .unwrap()
}
