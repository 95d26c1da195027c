//! What several tests need.

use std::{future::Future, time::Duration};

use journal::{Append, Expect, Journal, Record, Stream};
use proto::journal::v1::Unit;
use tokio::time::{Instant, sleep};

/// A unit with one event.
pub fn unit(event: impl Into<String>) -> Unit {
    Unit {
        events: vec![event.into().into_bytes().into()],
        decided_at_ms: 1,
        site: "tokyo".to_owned(),
        claim: None,
        epoch: 0,
    }
}

/// An append of one event that is its own id.
pub fn append(stream: Stream, subject: &str, expect: Expect, id: &str) -> Append {
    Append { stream, subject: subject.to_owned(), expect, id: id.to_owned(), unit: unit(id) }
}

/// Waits for a condition; a minute is for ever.
pub async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition().await {
        assert!(Instant::now() < end, "waited in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Everything in a stream after a sequence, up to `last`, by a follower.
pub async fn all(journal: &Journal, stream: &Stream, last: u64) -> Vec<Record> {
    let mut follower = journal.follow(stream, 0).await.unwrap();
    let mut records = Vec::new();
    while follower.position() < last {
        records.extend(follower.next().await.unwrap());
    }
    records
}

/// Appends `count` records to a subject, one after the other.
pub async fn fill(journal: &Journal, stream: Stream, subject: &str, count: u64) -> Vec<u64> {
    let mut last = 0;
    let mut sequences = Vec::new();
    for n in 0..count {
        let done =
            journal.append(append(stream, subject, Expect::Last(last), &format!("{subject}-{n}"))).await.unwrap();
        last = done.sequence;
        sequences.push(last);
    }
    sequences
}
