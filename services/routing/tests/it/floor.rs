//! What callers of either site see of one floor.

use journal::testing::Cluster;
use proto::routing::v1::{Availability, ContactState, WatchAgentsRequest, WatchAgentsResponse};
use tokio_stream::StreamExt as _;
use tonic::Streaming;

use crate::site::{Site, accept, agent, decline, end, enqueue, queue, set, two_sites, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_goes_from_one_site_to_an_agent_of_the_other() {
    let [tokyo, osaka] = two_sites(&Cluster::shared().await, "across").await;
    assert!(tokyo.ok(queue("q", 60_000)).await.changed);
    osaka.ok(agent("anna", 1)).await;
    tokyo.ok(agent("ben", 1)).await;
    tokyo.ok(set("anna", Availability::Ready)).await;
    let enqueued = osaka.ok(enqueue("talk.1")).await;
    tokyo.catch_up(enqueued.sequence).await;
    assert_eq!(tokyo.contact("talk.1").await, Some((ContactState::Offered, "anna".into())));

    assert_eq!(osaka.refused(accept("talk.1", 1, "ben")).await, "not_yours");
    assert_eq!(tokyo.refused(accept("talk.1", 2, "anna")).await, "offer_over");
    assert!(osaka.ok(accept("talk.1", 1, "anna")).await.changed);
    assert!(!tokyo.ok(accept("talk.1", 1, "anna")).await.changed, "a repeat at the other site is no error");
    assert_eq!(tokyo.agent("anna").await.holding, ["talk.1"]);

    let ended = tokyo.ok(end("talk.1")).await;
    assert_eq!(osaka.refused(enqueue("talk.1")).await, "contact_over", "an ended contact is not revived");
    osaka.catch_up(ended.sequence).await;
    assert_eq!(osaka.contact("talk.1").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_may_not_ask_is_refused_with_a_word_for_programs() {
    let [tokyo, osaka] = two_sites(&Cluster::shared().await, "refusals").await;
    for site in [&tokyo, &osaka] {
        assert_eq!(site.refused(enqueue("talk.1")).await, "unknown_queue");
        assert_eq!(site.refused(set("nobody", Availability::Ready)).await, "unknown_agent");
        assert_eq!(site.refused(set("anna", Availability::Unspecified)).await, "invalid");
        assert_eq!(site.refused(agent("an na", 1)).await, "invalid");
        assert_eq!(site.refused(accept("talk.1", 1, "nobody")).await, "unknown_agent");
        assert!(!site.ok(end("never there")).await.changed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_at_both_sites_hear_each_state_of_an_agent() {
    let [tokyo, osaka] = two_sites(&Cluster::shared().await, "watching").await;
    tokyo.ok(queue("q", 60_000)).await;
    let mut watches = [watch(&tokyo, "anna").await, watch(&osaka, "anna").await];
    for news in &mut watches {
        let first = news.next().await.unwrap().unwrap().agent.unwrap();
        assert_eq!((first.agent_id.as_str(), first.capacities.len()), ("anna", 0), "not known yet");
    }
    tokyo.ok(agent("anna", 1)).await;
    tokyo.ok(set("anna", Availability::Ready)).await;
    tokyo.ok(enqueue("talk.1")).await;
    for news in &mut watches {
        let offered = wait_for(news, |news| news.agent.as_ref().is_some_and(|agent| agent.offers.len() == 1)).await;
        assert_eq!(offered.agent.unwrap().offers[0].contact_id, "talk.1");
    }
    osaka.ok(end("talk.1")).await;
    for news in &mut watches {
        wait_for(news, |news| news.agent.as_ref().is_some_and(|agent| agent.offers.is_empty())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_lapse_and_declined_contacts_come_again_without_anybody_asking() {
    let [tokyo, osaka] = two_sites(&Cluster::shared().await, "timers").await;
    tokyo.ok(queue("q", 1_000)).await;
    tokyo.ok(agent("anna", 1)).await;
    tokyo.ok(set("anna", Availability::Ready)).await;
    osaka.ok(enqueue("talk.1")).await;
    osaka.ok(decline("talk.1", 1, "anna")).await;
    assert!(!tokyo.ok(decline("talk.1", 1, "anna")).await.changed);
    assert_eq!(tokyo.agent("anna").await.availability(), Availability::Ready);
    // The pause ends: offered again. Nobody answers: the agent is away, and the contact waits.
    until(async || osaka.agent("anna").await.availability() == Availability::Away).await;
    assert_eq!(osaka.contact("talk.1").await, Some((ContactState::Waiting, String::new())));
    assert_eq!(osaka.refused(accept("talk.1", 2, "anna")).await, "offer_over");
}

async fn watch(site: &Site, agent: &str) -> Streaming<WatchAgentsResponse> {
    let wish = WatchAgentsRequest { floor: "watching".into(), agent_id: agent.into(), stop: false };
    let wishes = tokio_stream::once(wish);
    site.client.clone().watch_agents(wishes).await.unwrap().into_inner()
}

async fn wait_for(
    news: &mut Streaming<WatchAgentsResponse>,
    right: impl Fn(&WatchAgentsResponse) -> bool,
) -> WatchAgentsResponse {
    loop {
        let one = news.next().await.unwrap().unwrap();
        if right(&one) {
            return one;
        }
    }
}
