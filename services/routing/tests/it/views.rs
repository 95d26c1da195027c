//! What is kept in PostgreSQL follows from the journal, exactly once.

use journal::testing::Cluster;
use proto::routing::v1::{Availability, ExplainContactRequest, ExplainContactResponse};
use sqlx::PgPool;

use crate::site::{Site, accept, agent, decline, end, enqueue, owner_first, queue, set, two_sites, until};

type Row = (String, Option<String>, bool, i32, i32, bool, Option<String>, bool);

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_s_history_is_the_same_at_both_sites_and_after_a_rebuild() {
    let cluster = Cluster::shared().await;
    let [mut tokyo, osaka] = owner_first(two_sites(&cluster, "history").await).await;
    work(&tokyo).await;
    let expected = vec![
        ("gone.1".to_owned(), Some("q".to_owned()), true, 0, 0, false, None, true),
        ("served.1".to_owned(), Some("q".to_owned()), true, 2, 1, true, Some("anna".to_owned()), true),
    ];
    for site in [&tokyo, &osaka] {
        until(async || history(&site.database).await == expected).await;
    }
    tokyo.stop().await;
    sqlx::query("drop schema routing cascade").execute(&tokyo.database).await.unwrap();
    tokyo.run().await;
    until(async || history(&tokyo.database).await == expected).await;
    assert_eq!(tokyo.floor().await.agents, osaka.floor().await.agents);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_goes_on_from_the_snapshot() {
    let cluster = Cluster::shared().await;
    let [mut tokyo, osaka] = owner_first(two_sites(&cluster, "snapshot").await).await;
    work(&tokyo).await;
    let held = tokyo.ok(enqueue("open.1")).await;
    tokyo.catch_up(held.sequence).await;
    tokyo.stop().await;
    let (kept, epoch): (i64, i64) =
        sqlx::query_as("select position, epoch from routing.floor_snapshot").fetch_one(&tokyo.database).await.unwrap();
    assert!(kept as u64 >= held.sequence, "{kept}");
    assert_eq!(epoch, 1);
    osaka.ok(end("open.1")).await;
    tokyo.run().await;
    tokyo.catch_up(osaka.floor().await.sequence).await;
    let (mut here, mut there) = (tokyo.floor().await, osaka.floor().await);
    (here.longest_wait_ms, there.longest_wait_ms) = (0, 0);
    assert_eq!(here, there);
    assert_eq!(here.epoch, 2, "the other site took over, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_explains_itself_also_after_its_end() {
    let [tokyo, osaka] = two_sites(&Cluster::shared().await, "explained").await;
    work(&tokyo).await;
    let expected = ["enqueued", "offered_longest_free", "declined", "offered_longest_free", "accepted", "completed"];
    for site in [&tokyo, &osaka] {
        until(async || {
            let answer = explain(site, "served.1").await;
            answer.is_some_and(|it| it.steps.iter().map(|step| step.code.as_str()).eq(expected))
        })
        .await;
    }
    assert!(explain(&tokyo, "never.1").await.is_none());
}

async fn explain(site: &Site, contact: &str) -> Option<ExplainContactResponse> {
    let request = ExplainContactRequest { floor: "explained".into(), contact_id: contact.into() };
    site.client.clone().explain_contact(request).await.ok().map(tonic::Response::into_inner)
}

/// One contact leaves, one is declined and served.
async fn work(site: &Site) {
    site.ok(queue("q", 120_000)).await;
    site.ok(enqueue("gone.1")).await;
    site.ok(end("gone.1")).await;
    for id in ["anna", "ben"] {
        site.ok(agent(id, 1)).await;
    }
    site.ok(set("ben", Availability::Ready)).await;
    site.ok(enqueue("served.1")).await;
    site.ok(set("anna", Availability::Ready)).await;
    site.ok(decline("served.1", 1, "ben")).await;
    site.ok(accept("served.1", 2, "anna")).await;
    site.ok(end("served.1")).await;
}

async fn history(database: &PgPool) -> Vec<Row> {
    let query = "select contact_id, queue_id, enqueued_at is not null, offers, declined, accepted_at is not null, \
         agent_id, ended_at is not null from routing.contact_history order by contact_id";
    sqlx::query_as(query).fetch_all(database).await.unwrap_or_default()
}
