//! Killed, frozen and missing servers, with a ledger of every acknowledgement kept outside of them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use journal::{
    Append, AppendError, Appended, Expect, Journal, Record, Stream,
    testing::{Cluster, OSAKA, TOKYO, WITNESS},
};

use crate::common::{all, append, until};

const STREAM: Stream = Stream::new("LEDGER", "ledger");

/// What was acknowledged, by id, and how many appends were.
#[derive(Default)]
struct Ledger {
    acknowledged: Mutex<BTreeMap<String, u64>>,
    count: AtomicU64,
    stop: AtomicBool,
}

/// As a service does it: the same id until the outcome is known.
async fn append_surely(journal: &Journal, wanted: Append) -> Result<Appended, AppendError> {
    loop {
        match journal.append(wanted.clone()).await {
            Err(AppendError::Unavailable { .. }) => {}
            outcome => return outcome,
        }
    }
}

/// A writer with a subject of its own: nobody else writes there, so any conflict is a false one.
async fn write(journal: Journal, writer: String, ledger: Arc<Ledger>) {
    let subject = format!("ledger.{writer}");
    let mut last = 0;
    let mut number = 0;
    while !ledger.stop.load(Ordering::SeqCst) {
        let id = format!("{writer}-{number}");
        let done = append_surely(&journal, append(STREAM, &subject, Expect::Last(last), &id)).await;
        let done = done.unwrap_or_else(|error| panic!("{id}: {error}"));
        last = done.sequence;
        number += 1;
        ledger.acknowledged.lock().unwrap().insert(id, last);
        ledger.count.fetch_add(1, Ordering::SeqCst);
    }
}

struct Scene {
    cluster: Arc<Cluster>,
    ledger: Arc<Ledger>,
    writers: Vec<tokio::task::JoinHandle<()>>,
    watcher: tokio::task::JoinHandle<Vec<Record>>,
    journal: Journal,
}

impl Scene {
    /// A cluster led by one server, writers at all three, and a follower at Osaka.
    async fn start(leader: usize) -> Scene {
        let cluster = Cluster::start("always").await;
        let journal = cluster.journal(OSAKA, "watch").await;
        journal.ensure_stream(&STREAM).await.unwrap();
        cluster.lead(&journal, STREAM.name, leader).await;
        let ledger = Arc::new(Ledger::default());
        let mut writers = Vec::new();
        for home in [TOKYO, OSAKA, WITNESS] {
            let connection = cluster.journal(home, "write").await;
            for n in 0..4 {
                writers.push(tokio::spawn(write(connection.clone(), format!("{home}-{n}"), Arc::clone(&ledger))));
            }
        }
        let mut follower = journal.follow(&STREAM, 0).await.unwrap();
        let watcher = tokio::spawn(async move {
            let mut seen: Vec<Record> = Vec::new();
            while seen.last().is_none_or(|record| record.id != "end") {
                seen.extend(follower.next().await.unwrap());
            }
            seen
        });
        Scene { cluster, ledger, writers, watcher, journal }
    }

    fn count(&self) -> u64 {
        self.ledger.count.load(Ordering::SeqCst)
    }

    /// Waits until so many more appends are acknowledged.
    async fn more(&self, appends: u64) {
        let wanted = self.count() + appends;
        until("writers go on", || async { self.count() >= wanted }).await;
    }

    /// Ends the writing and compares the ledger with what each server and the follower have.
    async fn verify(self) {
        self.ledger.stop.store(true, Ordering::SeqCst);
        for writer in self.writers {
            writer.await.unwrap();
        }
        let last = self.journal.last_sequence(&STREAM).await.unwrap();
        let end = self.journal.append(append(STREAM, "ledger.end", Expect::Last(0), "end")).await.unwrap();
        assert_eq!(end.sequence, last + 1);
        let followed = self.watcher.await.unwrap();
        let ledger = self.ledger.acknowledged.lock().unwrap().clone();
        compare(&ledger, &followed);
        for server in [TOKYO, OSAKA, WITNESS] {
            self.cluster.healthy(server).await;
            self.cluster.lead(&self.journal, STREAM.name, server).await;
            assert_eq!(self.journal.last_sequence(&STREAM).await.unwrap(), end.sequence);
            let stored = all(&self.journal, &STREAM, end.sequence).await;
            compare(&ledger, &stored);
        }
    }
}

/// Acknowledged = stored at the same sequence, each id once, without holes.
fn compare(ledger: &BTreeMap<String, u64>, records: &[Record]) {
    let mut stored = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        assert_eq!(record.sequence, at as u64 + 1, "a hole or a repetition");
        assert!(stored.insert(record.id.clone(), record.sequence).is_none(), "{} is stored twice", record.id);
    }
    for (id, sequence) in ledger {
        assert_eq!(stored.get(id), Some(sequence), "{id} was acknowledged");
    }
    // Writers retry until they know: nothing is stored that nobody was told of.
    assert_eq!(stored.len(), ledger.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_and_then_the_leader_are_killed() {
    let scene = Scene::start(WITNESS).await;
    scene.more(200).await;
    scene.cluster.kill(TOKYO);
    scene.more(200).await;
    scene.cluster.start_server(TOKYO);
    scene.cluster.healthy(TOKYO).await;
    scene.more(50).await;
    let leader = scene.cluster.leader(&scene.journal, STREAM.name).await;
    scene.cluster.kill(leader);
    scene.more(200).await;
    scene.cluster.start_server(leader);
    scene.more(50).await;
    scene.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_freezes_and_wakes() {
    let scene = Scene::start(WITNESS).await;
    scene.more(100).await;
    scene.cluster.freeze(WITNESS);
    // Someone else leads, and the writers at the frozen server have found their way.
    scene.more(300).await;
    scene.cluster.thaw(WITNESS);
    scene.more(100).await;
    scene.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_it_refuses_soon_and_clearly() {
    let cluster = Cluster::start("always").await;
    let journal = cluster.journal(OSAKA, "quorum").await;
    journal.ensure_stream(&STREAM).await.unwrap();
    cluster.lead(&journal, STREAM.name, OSAKA).await;
    let first = journal.append(append(STREAM, "ledger.a", Expect::Last(0), "a")).await.unwrap();
    cluster.kill(TOKYO);
    cluster.kill(WITNESS);
    let began = Instant::now();
    let refused = journal.append(append(STREAM, "ledger.a", Expect::Last(first.sequence), "b")).await;
    let slow = began.elapsed();
    assert!(matches!(refused, Err(AppendError::Unavailable { .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().starts_with("appending to ledger.a: the journal did not confirm"));
    // The deadline of a healthy journal is 5 s: a lost quorum must be told well before.
    assert!(slow.as_secs() < 4, "{slow:?}");
    let began = Instant::now();
    let refused = journal.append(append(STREAM, "ledger.a", Expect::Last(first.sequence), "c")).await;
    assert!(matches!(refused, Err(AppendError::Unavailable { .. })), "{refused:?}");
    assert!(began.elapsed() < slow, "once known, it is told sooner");
    // What was stored can still be read.
    assert_eq!(journal.replay(&STREAM, "ledger.a", 0).await.unwrap().records[0].id, "a");

    cluster.start_server(TOKYO);
    cluster.start_server(WITNESS);
    let second = append_surely(&journal, append(STREAM, "ledger.a", Expect::Last(first.sequence), "b")).await;
    // "b" and "c" wanted the same place: the leader may have kept either while it was alone, never both.
    let records = journal.replay(&STREAM, "ledger.a", 0).await.unwrap().records;
    assert_eq!(records.len(), 2);
    match second {
        Ok(done) => assert_eq!((records[1].id.as_str(), records[1].sequence), ("b", done.sequence)),
        Err(AppendError::Conflict { .. }) => assert_eq!(records[1].id, "c"),
        Err(error) => panic!("{error}"),
    }
}
