//! Followers: never a hole, never twice.

use std::time::Duration;

use futures::future::join_all;
use journal::{
    Expect, Journal, Record, Stream,
    testing::{Cluster, OSAKA, TOKYO},
};

use crate::common::{all, append, fill, until};

fn in_order(records: &[Record]) {
    for pair in records.windows(2) {
        assert_eq!(pair[0].sequence + 1, pair[1].sequence);
    }
}

/// Appends many records on many subjects at once.
async fn flood(journal: &Journal, stream: Stream, count: u64) {
    let appends = (0..count).map(|n| {
        let id = format!("flood-{n}");
        journal.append(append(stream, &format!("{}.f{n}", stream.prefix), Expect::Last(0), &id))
    });
    for done in join_all(appends).await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn catch_up_then_live_is_seamless() {
    let stream = Stream::new("FOLLOW", "follow");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "one").await;
    let other = cluster.journal(OSAKA, "two").await;
    journal.ensure_stream(&stream).await.unwrap();
    flood(&journal, stream, 500).await;
    let writing = tokio::spawn(async move { fill(&other, stream, "follow.live", 200).await });
    let records = all(&journal, &stream, 700).await;
    writing.await.unwrap();
    assert_eq!(records.len(), 700);
    in_order(&records);
    let mut late = journal.follow(&stream, 650).await.unwrap();
    let mut rest = Vec::new();
    while late.position() < 700 {
        rest.extend(late.next().await.unwrap());
    }
    assert_eq!((rest[0].sequence, rest.len()), (651, 50));
    assert_eq!(rest[49].id, records[699].id);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_may_be_cancelled_at_any_time() {
    let stream = Stream::new("CANCEL", "cancel");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "one").await;
    journal.ensure_stream(&stream).await.unwrap();
    let other = journal.clone();
    let writing = tokio::spawn(async move { flood(&other, stream, 400).await });
    let mut follower = journal.follow(&stream, 0).await.unwrap();
    let mut records = Vec::new();
    let mut patience = 0_u64;
    while follower.position() < 400 {
        patience = (patience + 37) % 1_500;
        let wait = tokio::time::timeout(Duration::from_micros(patience), follower.next());
        if let Ok(more) = wait.await {
            records.extend(more.unwrap());
        }
    }
    writing.await.unwrap();
    assert_eq!(records.len(), 400);
    in_order(&records);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overflowing_feed_costs_nothing_but_time() {
    let stream = Stream::new("SLOW", "slow");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "slow").await;
    let noisy = cluster.journal(TOKYO, "noisy").await;
    journal.ensure_stream(&stream).await.unwrap();
    fill(&noisy, stream, "slow.a", 1).await;
    let mut follower = journal.follow(&stream, 0).await.unwrap();
    assert_eq!(follower.next().await.unwrap().len(), 1);
    // Fill the feed with noise that is no record, so that the real ones below are dropped by the client.
    for _ in 0..40_000 {
        noisy.client().publish("live.slow.noise", "".into()).await.unwrap();
    }
    noisy.client().flush().await.unwrap();
    flood(&noisy, stream, 100).await;
    let mut records = Vec::new();
    while follower.position() < 101 {
        records.extend(follower.next().await.unwrap());
    }
    assert_eq!(records.len(), 100);
    in_order(&records);
}

#[tokio::test(flavor = "multi_thread")]
async fn erased_messages_are_stepped_over() {
    let stream = Stream::new("HOLES", "holes");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "one").await;
    journal.ensure_stream(&stream).await.unwrap();
    let mut follower = journal.follow(&stream, 0).await.unwrap();
    fill(&journal, stream, "holes.kept", 3).await;
    fill(&journal, stream, "holes.gone", 3).await;
    let mut seen = 0;
    while follower.position() < 6 {
        seen += follower.next().await.unwrap().len();
    }
    assert_eq!(seen, 6);
    let purge = r#"{"filter":"holes.gone"}"#;
    journal.client().request("$JS.API.STREAM.PURGE.HOLES", purge.into()).await.unwrap();
    fill(&journal, stream, "holes.more", 2).await;
    // A replica may be slow to purge; never is anything else left out or repeated.
    until("every replica purged", || async {
        let records = all(&journal, &stream, 8).await;
        let sequences: Vec<_> = records.iter().map(|record| record.sequence).collect();
        sequences == [1, 2, 3, 7, 8]
    })
    .await;
    let rest = follower.next().await.unwrap();
    assert_eq!(rest[0].sequence, 7);
}
