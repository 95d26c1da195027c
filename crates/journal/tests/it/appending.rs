//! Appending to a healthy cluster.

use journal::{
    AppendError, Expect, Stream,
    testing::{Cluster, OSAKA, TOKYO},
};

use crate::common::{append, fill, unit, until};

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_told_and_repeats_are_recognised() {
    let stream = Stream::new("APPEND", "append");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "one").await;
    let other = cluster.journal(OSAKA, "two").await;
    let (one, two) = tokio::join!(journal.ensure_stream(&stream), other.ensure_stream(&stream));
    one.unwrap();
    two.unwrap();
    other.ensure_stream(&stream).await.unwrap();

    let first = journal.append(append(stream, "append.a", Expect::Last(0), "a1")).await.unwrap();
    assert!(!first.repeated);
    let again = other.append(append(stream, "append.a", Expect::Last(0), "a1")).await.unwrap();
    assert_eq!((again.sequence, again.repeated), (first.sequence, true));

    let lost = other.append(append(stream, "append.a", Expect::Last(0), "a2")).await;
    assert!(matches!(lost, Err(AppendError::Conflict { last, .. }) if last == first.sequence), "{lost:?}");
    let second = other.append(append(stream, "append.a", Expect::Last(first.sequence), "a2")).await.unwrap();
    let any = journal.append(append(stream, "append.b", Expect::Any, "b1")).await.unwrap();

    let replay = journal.replay(&stream, "append.a", 0).await.unwrap();
    let ids: Vec<_> = replay.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["a1", "a2"]);
    assert_eq!(replay.last, second.sequence);
    assert_eq!(replay.records[0].unit, unit("a1"));
    let rest = journal.replay(&stream, "append.a", first.sequence).await.unwrap();
    assert_eq!((rest.records.len(), rest.last), (1, second.sequence));
    let none = journal.replay(&stream, "append.a", second.sequence).await.unwrap();
    assert_eq!((none.records.len(), none.last), (0, second.sequence));
    let empty = journal.replay(&stream, "append.nobody", 0).await.unwrap();
    assert_eq!((empty.records.len(), empty.last), (0, 0));
    assert_eq!(journal.last_sequence(&stream).await.unwrap(), any.sequence);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_beyond_the_duplicate_window_is_still_the_same_append() {
    let stream = Stream::new("WINDOW", "window");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "one").await;
    journal.ensure_stream(&stream).await.unwrap();
    shrink_window(&journal).await;
    let first = journal.append(append(stream, "window.a", Expect::Last(0), "a1")).await.unwrap();
    let probe = journal.append(append(stream, "window.probe", Expect::Any, "probe")).await.unwrap();
    until("the server forgets ids", || async {
        let again = journal.append(append(stream, "window.probe", Expect::Any, "probe")).await.unwrap();
        again.sequence != probe.sequence
    })
    .await;
    let again = journal.append(append(stream, "window.a", Expect::Last(0), "a1")).await.unwrap();
    assert_eq!((again.sequence, again.repeated), (first.sequence, true));
    // Also when others wrote since.
    journal.append(append(stream, "window.a", Expect::Last(first.sequence), "a2")).await.unwrap();
    let again = journal.append(append(stream, "window.a", Expect::Last(0), "a1")).await.unwrap();
    assert_eq!((again.sequence, again.repeated), (first.sequence, true));
    assert_eq!(journal.replay(&stream, "window.a", 0).await.unwrap().records.len(), 2);
}

async fn shrink_window(journal: &journal::Journal) {
    let info = journal.client().request("$JS.API.STREAM.INFO.WINDOW", "".into()).await.unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info.payload).unwrap();
    let mut config = info["config"].clone();
    config["duplicate_window"] = serde_json::json!(100_000_000);
    let done = journal.client().request("$JS.API.STREAM.UPDATE.WINDOW", config.to_string().into()).await.unwrap();
    let done: serde_json::Value = serde_json::from_slice(&done.payload).unwrap();
    assert!(done["error"].is_null(), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_said_clearly() {
    let stream = Stream::new("LIMITS", "limits");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "one").await;
    journal.ensure_stream(&stream).await.unwrap();
    let mut big = append(stream, "limits.a", Expect::Any, "big");
    big.unit = unit("x".repeat(2 << 20));
    let refused = journal.append(big).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { size, limit, .. }) if size > limit), "{refused:?}");
    for (subject, id) in [("other.a", "x"), ("limits.", "x"), ("limits", "x"), ("limits.*", "x"), ("limits.a", "")] {
        let refused = journal.append(append(stream, subject, Expect::Any, id)).await;
        assert!(matches!(refused, Err(AppendError::Refused { .. })), "{subject:?} {id:?}: {refused:?}");
    }
    assert_eq!(journal.last_sequence(&stream).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_writers_of_one_subject_lose_nothing() {
    let stream = Stream::new("RACE", "race");
    let cluster = Cluster::shared().await;
    let mut writers = Vec::new();
    for home in [TOKYO, OSAKA] {
        let journal = cluster.journal(home, "race").await;
        journal.ensure_stream(&stream).await.unwrap();
        for writer in 0..2 {
            let journal = journal.clone();
            writers.push(tokio::spawn(async move {
                let mut last = 0;
                for n in 0..25 {
                    let id = format!("{home}-{writer}-{n}");
                    loop {
                        match journal.append(append(stream, "race.a", Expect::Last(last), &id)).await {
                            Ok(done) => break last = done.sequence,
                            Err(AppendError::Conflict { .. }) => {
                                last = journal.replay(&stream, "race.a", last).await.unwrap().last;
                            }
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            }));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let journal = cluster.journal(TOKYO, "race").await;
    let records = journal.replay(&stream, "race.a", 0).await.unwrap().records;
    let mut ids: Vec<_> = records.iter().map(|record| record.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((records.len(), ids.len()), (100, 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_do_not_sync_are_refused() {
    let cluster = Cluster::start("2m").await;
    let refused = journal::Journal::connect(cluster.settings(TOKYO, "strict")).await;
    assert!(matches!(refused.err(), Some(journal::ConnectError::NotDurable(_))));
    let mut practice = cluster.settings(TOKYO, "practice");
    practice.require_sync_always = false;
    let journal = journal::Journal::connect(practice).await.unwrap();
    let stream = Stream::new("PRACTICE", "practice");
    journal.ensure_stream(&stream).await.unwrap();
    fill(&journal, stream, "practice.a", 3).await;
}
