//! Who decides, and that nobody else does.

use std::{collections::BTreeMap, sync::Arc};

use journal::{Append, Expect, Journal, testing::Cluster};
use prost::Message as _;
use proto::{
    journal::v1::{Claim, Unit},
    routing::v1::{Availability, ContactState, RoutingEvent, routing_event::What},
};

use crate::site::{Site, accept, agent, end, enqueue, owner_first, queue, set, two_sites, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_survivor_goes_on_where_the_killed_owner_stood() {
    let cluster = Cluster::shared().await;
    let [mut owner, survivor] = owner_first(two_sites(&cluster, "killed").await).await;
    survivor.ok(queue("q", 120_000)).await;
    survivor.ok(agent("anna", 2)).await;
    survivor.ok(set("anna", Availability::Ready)).await;
    survivor.ok(enqueue("held.1")).await;
    survivor.ok(accept("held.1", 1, "anna")).await;
    survivor.ok(enqueue("offered.1")).await;
    let waiting = survivor.ok(enqueue("waiting.1")).await;
    survivor.catch_up(waiting.sequence).await;
    let before = survivor.floor().await;

    owner.kill();
    // No waiting: the command looks for the new owner by itself.
    survivor.ok(accept("offered.1", 1, "anna")).await;
    let after = survivor.floor().await;
    assert_eq!(after.epoch, before.epoch + 1);
    assert!(survivor.owns().await);
    assert_eq!(survivor.agent("anna").await.holding, ["held.1", "offered.1"]);
    survivor.ok(end("held.1")).await;
    assert_eq!(survivor.contact("waiting.1").await, Some((ContactState::Offered, "anna".into())));

    owner.run().await;
    assert!(!owner.owns().await, "who comes back is a follower");
    owner.catch_up(survivor.floor().await.sequence).await;
    assert_eq!(owner.floor().await.agents, survivor.floor().await.agents);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overtaken_owner_is_refused_and_the_floor_is_not_decided_twice() {
    let cluster = Cluster::shared().await;
    let [owner, other] = owner_first(two_sites(&cluster, "overtaken").await).await;
    owner.ok(queue("q", 120_000)).await;
    for id in ["anna", "ben"] {
        owner.ok(agent(id, 1)).await;
        owner.ok(set(id, Availability::Ready)).await;
    }
    let journal = Journal::connect(cluster.settings(0, "stranger")).await.unwrap();
    let epoch = owner.floor().await.epoch;
    claim(&journal, "overtaken", epoch + 1).await;
    // The stranger says nothing more, so one of the two claims the floor again, and the command reaches it.
    owner.ok(enqueue("talk.1")).await;
    let floor = owner.floor().await;
    assert!(floor.epoch > epoch + 1, "{}", floor.epoch);
    assert!(owner.owns().await || other.owns().await);
    assert_eq!(accepted_rounds(&journal, "overtaken").await, BTreeMap::new());
    owner.ok(accept("talk.1", 1, "anna")).await;
    assert_eq!(accepted_rounds(&journal, "overtaken").await.len(), 1);
    every_unit_is_of_the_standing_claim(&journal, "overtaken").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_of_both_sites_race_for_contacts_while_the_floor_changes_hands() {
    let cluster = Cluster::shared().await;
    let [tokyo, osaka] = two_sites(&cluster, "race").await;
    tokyo.ok(queue("q", 120_000)).await;
    for number in 0..4 {
        tokyo.ok(agent(&format!("agent-{number}"), 3)).await;
        tokyo.ok(set(&format!("agent-{number}"), Availability::Ready)).await;
    }
    let sites = Arc::new([tokyo, osaka]);
    let journal = Journal::connect(cluster.settings(1, "stranger")).await.unwrap();
    let enqueuing = (0..40).map(|number| {
        let sites = sites.clone();
        tokio::spawn(async move {
            sites[number % 2].ok(enqueue(&format!("talk.{number}"))).await;
        })
    });
    let enqueuing: Vec<_> = enqueuing.collect();
    let epoch = sites[0].floor().await.epoch;
    // One of the units in flight may win the sequence: then the claim is tried again.
    claim(&journal, "race", epoch + 1).await;
    for task in enqueuing {
        task.await.unwrap();
    }
    finish_all(&sites).await;
    let accepted = accepted_rounds(&journal, "race").await;
    assert_eq!(accepted.len(), 40, "each contact is accepted once");
    assert!(accepted.values().all(|times| *times == 1), "{accepted:?}");
    every_unit_is_of_the_standing_claim(&journal, "race").await;
    let last = sites[0].floor().await.sequence;
    sites[1].catch_up(last).await;
    assert_eq!(sites[0].floor().await.agents, sites[1].floor().await.agents);
}

/// Accepts every offer at both sites and ends what is held, until all 40 are gone.
async fn finish_all(sites: &[Site; 2]) {
    let mut ended = 0;
    while ended < 40 {
        for agent in sites[0].floor().await.agents {
            for offer in &agent.offers {
                let what = accept(&offer.contact_id, offer.round, &agent.agent_id);
                let both = tokio::join!(sites[0].execute(what.clone()), sites[1].execute(what));
                let _one_may_come_too_late = both;
            }
            for contact in &agent.holding {
                ended += u32::from(sites[1].ok(end(contact)).await.changed);
            }
        }
    }
}

/// Takes the floor in a stranger's name.
async fn claim(journal: &Journal, floor: &str, epoch: u64) {
    let subject = format!("routing.{floor}");
    for attempt in 0.. {
        let last = journal.replay(&routing::STREAM, &subject, 0).await.unwrap().last;
        let claim = Some(Claim { owner: "kyoto.routing.stranger".into(), epoch });
        let append = Append {
            stream: routing::STREAM,
            subject: subject.clone(),
            expect: Expect::Last(last),
            id: format!("stranger.{floor}.{attempt}"),
            unit: Unit { claim, epoch, site: "kyoto".into(), ..Unit::default() },
        };
        if journal.append(append).await.is_ok() {
            return;
        }
    }
}

/// Nobody wrote who had been overtaken.
async fn every_unit_is_of_the_standing_claim(journal: &Journal, floor: &str) {
    let replay = journal.replay(&routing::STREAM, &format!("routing.{floor}"), 0).await.unwrap();
    let mut standing = 0;
    for record in &replay.records {
        standing = record.unit.claim.as_ref().map_or(standing, |claim| claim.epoch);
        assert_eq!(record.unit.epoch, standing, "at {}", record.sequence);
    }
}

/// How often each round of each contact was accepted, by the journal.
async fn accepted_rounds(journal: &Journal, floor: &str) -> BTreeMap<String, u32> {
    let replay = journal.replay(&routing::STREAM, &format!("routing.{floor}"), 0).await.unwrap();
    let mut accepted = BTreeMap::new();
    for bytes in replay.records.iter().flat_map(|record| &record.unit.events) {
        if let Some(What::OfferAccepted(it)) = RoutingEvent::decode(bytes.clone()).unwrap().what {
            *accepted.entry(it.contact_id).or_insert(0) += 1;
        }
    }
    accepted
}

/// Two of three servers away: no promise is made, and that is said fast; reads go on; nothing is decided twice.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_commands_are_refused_and_reads_go_on() {
    let cluster = Cluster::start("always").await;
    let site = Site::start(&cluster, 0, "quorum").await;
    site.ok(queue("q", 120_000)).await;
    cluster.kill(1);
    cluster.kill(2);
    until(async || site.execute(enqueue("talk.1")).await.is_err_and(|s| s.code() == tonic::Code::Unavailable)).await;
    assert_eq!(site.floor().await.queues.len(), 1);
    cluster.start_server(1);
    cluster.start_server(2);
    site.ok(enqueue("talk.1")).await;
    until(async || site.contact("talk.1").await.is_some()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_stops_in_order_hands_the_floor_over() {
    let cluster = Cluster::shared().await;
    let [mut owner, survivor] = owner_first(two_sites(&cluster, "rolling").await).await;
    survivor.ok(queue("q", 120_000)).await;
    let last = survivor.ok(agent("anna", 2)).await.sequence;
    let epoch = survivor.floor().await.epoch;
    let journal = Journal::connect(cluster.settings(1, "listener")).await.unwrap();
    let mut beats = journal::listen(&journal, "routing", "rolling").await.unwrap();

    owner.stop().await;
    let leaving = loop {
        let (_, beat) = beats.next().await.unwrap();
        if beat.leaves_at > 0 {
            break beat;
        }
    };
    assert_eq!((leaving.epoch, leaving.leaves_at), (epoch, last), "with everything that it wrote");
    until(async || survivor.owns().await).await;
    assert_eq!(survivor.floor().await.epoch, epoch + 1);
    survivor.ok(set("anna", Availability::Ready)).await;
    owner.run().await;
    assert!(!owner.owns().await, "who comes back is a follower");
}
