//! Two processes, one thing.

use std::time::{Duration, Instant};

use journal::{
    AppendError, Beats, Expect, Follower, Journal, Ownership, Stream, beat, listen,
    testing::{Cluster, OSAKA, TOKYO},
};
use proto::journal::v1::Heartbeat;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::common::{append, unit};

const STREAM: Stream = Stream::new("CLAIM", "claim");
const SUBJECT: &str = "claim.main";

/// One process that follows, listens, and claims when it is worth it.
struct Process {
    journal: Journal,
    ownership: Ownership,
    follower: Follower,
    beats: Beats,
    started: Instant,
}

impl Process {
    async fn start(cluster: &Cluster, home: usize) -> Process {
        let journal = cluster.journal(home, "claim").await;
        journal.ensure_stream(&STREAM).await.unwrap();
        Process {
            ownership: Ownership::new(journal.owner_name(), SUBJECT),
            follower: journal.follow(&STREAM, 0).await.unwrap(),
            beats: listen(&journal, "claim", "main").await.unwrap(),
            started: Instant::now(),
            journal,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap()
    }

    /// One turn of the loop that a service runs.
    async fn turn(&mut self) {
        let now = self.now();
        tokio::select! {
            records = self.follower.next() => for record in records.unwrap() {
                self.ownership.on_record(&record);
                self.ownership.journal_progress(now);
            },
            heard = self.beats.next() => {
                let (thing, beat) = heard.unwrap();
                assert_eq!(thing, "main");
                self.ownership.on_heartbeat(&beat.owner, beat.epoch, now);
            }
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
        if self.journal.last_sequence(&STREAM).await.is_ok() {
            let now = self.now();
            self.ownership.journal_progress(now);
        }
        let now = self.now();
        if let Some(next) = self.ownership.tick(now) {
            let claim = next.append(STREAM, self.journal.site(), 1);
            let unit = claim.unit.clone();
            if let Ok(done) = self.journal.append(claim).await {
                self.ownership.on_unit(done.sequence, &unit);
            }
        }
    }

    fn beating(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let (owner, epoch) = (self.journal.owner_name(), self.ownership.epoch());
        let (state, receiver) = watch::channel(Heartbeat { owner, epoch, ..Heartbeat::default() });
        let shutdown = CancellationToken::new();
        let (journal, token) = (self.journal.clone(), shutdown.clone());
        let task = tokio::spawn(async move {
            beat(&journal, "claim", "main", receiver, token).await;
            drop(state);
        });
        (shutdown, task)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_owner_is_overtaken_and_then_refused() {
    let cluster = Cluster::shared().await;
    let mut first = Process::start(&cluster, TOKYO).await;
    while !first.ownership.mine() {
        first.turn().await;
    }
    assert_eq!(first.ownership.epoch(), 1);
    let (alive, beating) = first.beating();
    let mut second = Process::start(&cluster, OSAKA).await;
    // While the owner beats, nobody takes over, however long that lasts (three times the patience here).
    while second.now() < 3 * journal::ownership::SUSPECT_AFTER_MS {
        second.turn().await;
        assert!(!second.ownership.mine());
    }
    // The owner freezes: no beats, no turns.
    alive.cancel();
    beating.await.unwrap();
    while !second.ownership.mine() {
        second.turn().await;
    }
    assert_eq!(second.ownership.epoch(), 2);

    // It wakes up and still believes.
    assert!(first.ownership.mine());
    let mut late = append(STREAM, SUBJECT, Expect::Last(first.ownership.last()), "late");
    late.unit.epoch = first.ownership.epoch();
    let refused = first.journal.append(late).await;
    assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
    first.ownership.refused();
    assert!(!first.ownership.mine());
    while first.ownership.epoch() < 2 {
        first.turn().await;
    }
    assert!(!first.ownership.mine());
    assert_eq!(first.ownership.current().unwrap().owner, second.journal.owner_name());

    let mut good = append(STREAM, SUBJECT, Expect::Last(second.ownership.last()), "good");
    good.unit = unit("good");
    second.journal.append(good).await.unwrap();
    let ids: Vec<_> =
        second.journal.replay(&STREAM, SUBJECT, 0).await.unwrap().records.into_iter().map(|record| record.id).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids[2], "good");
}
