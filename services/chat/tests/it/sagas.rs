//! What a site left undone between two steps, another one does.

use journal::testing::{Cluster, OSAKA, Postgres, TOKYO};
use proto::chat::v1::{self as pb, chat_event::What as Happened, command::What};
use uuid::Uuid;

use crate::common::{Floor, Instance, accept, agent, customer, open, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_sites_sweeper_queues_and_ends_and_assigns() {
    let cluster = Cluster::shared().await;
    let postgres = Postgres::shared().await;
    let database = postgres.database().await;
    // Its routing is away: whatever it owes, it cannot do.
    let lame = Instance::with_database(&cluster, TOKYO, &database, Floor::absent()).await;
    let osaka = Instance::start(&cluster, OSAKA).await;
    let routing = cluster.journal(TOKYO, "routing").await;

    let unqueued = Uuid::new_v4();
    lame.insist(unqueued, customer("c7"), open()).await;
    until("osaka queues it", || async { osaka.routing.enqueued(unqueued, 1) }).await;

    let unassigned = Uuid::new_v4();
    lame.insist(unassigned, customer("c7"), open()).await;
    // Accepted by the routing of a site whose chat is gone.
    accept(&routing, "nowhere", unassigned, 1, "a7").await;
    until("a sweeper assigns it", || async {
        let events = osaka.read(unassigned, customer("c7")).await.unwrap();
        events.iter().any(|read| matches!(read.event.as_ref().unwrap().what, Some(Happened::Assigned(_))))
    })
    .await;

    lame.insist(unassigned, agent("a7"), What::Close(pb::Close {})).await;
    until("osaka ends the contact", || async { osaka.routing.ended(unassigned, 1) }).await;

    let closed = Uuid::new_v4();
    lame.insist(closed, customer("c7"), open()).await;
    lame.insist(closed, customer("c7"), What::Close(pb::Close {})).await;
    accept(&routing, "osaka", closed, 1, "a7").await;
    until("an acceptance that came too late is given back", || async { osaka.routing.ended(closed, 1) }).await;
    // Nobody ever opened it.
    let orphaned = Uuid::new_v4();
    accept(&routing, "osaka", orphaned, 1, "a7").await;
    until("a contact without a conversation ends", || async { osaka.routing.ended(orphaned, 1) }).await;
    lame.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_has_the_segment_that_follows_from_rules_unless_one_was_given_by_hand() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let given = || {
        let What::Open(open) = open() else { panic!("an opening opens") };
        What::Open(pb::Open { segment: "press".into(), ..open })
    };
    let cases = [
        ("rich-1", open(), "vip"),
        ("rich-2", given(), "press"),
        ("tel-rich", open(), "vip"),
        ("poor", open(), ""),
        ("broken", open(), ""),
    ];
    for (who, what, expected) in cases {
        let conversation = Uuid::new_v4();
        tokyo.insist(conversation, customer(who), what).await;
        until("it waits", || async { tokyo.routing.enqueued(conversation, 1) }).await;
        assert_eq!(tokyo.routing.segment(conversation, 1).as_deref(), Some(expected), "{who}");
    }
    tokyo.stop().await;
}
