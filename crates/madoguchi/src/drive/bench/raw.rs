//! What JetStream alone does on the same servers: a replicated stream, many publishers, nothing else.
//!
//! Each publisher has one message in flight on a subject of its own, with an expected sequence and a message id, as the
//! journal must publish; the size is that of a real chat unit.

use std::time::Duration;

use async_nats::{
    Client, ConnectOptions,
    header::{HeaderMap, NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID},
    jetstream::{self, stream},
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{drive::Error, up::Center};

/// Publishers: as many messages are in flight.
const IN_FLIGHT: usize = 256;
const STREAM: &str = "BENCH";

/// Messages a second that a stream of three replicas acknowledges, of `bytes` each, over `length`.
///
/// # Errors
/// When the stream cannot be made, or not written to.
pub async fn rate(center: &Center, bytes: usize, length: Duration) -> Result<f64, Error> {
    let client = connect(center).await?;
    let jetstream = jetstream::new(client.clone());
    let settings = stream::Config {
        name: STREAM.to_owned(),
        subjects: vec!["bench.>".to_owned()],
        num_replicas: 3,
        storage: stream::StorageType::File,
        duplicate_window: Duration::from_secs(120),
        ..stream::Config::default()
    };
    let _ = jetstream.delete_stream(STREAM).await;
    jetstream.create_stream(settings).await.map_err(broken)?;
    steered(center).await?;
    let measured = measure(&jetstream, bytes, length).await;
    let _ = jetstream.delete_stream(STREAM).await;
    measured
}

async fn connect(center: &Center) -> Result<Client, Error> {
    let access = center.nats();
    let options =
        ConnectOptions::with_user_and_password(access.user, access.password).custom_inbox_prefix(access.inbox);
    options.connect(&access.servers[0]).await.map_err(broken)
}

/// The leader stands where the chat stream's stands: on the witness.
async fn steered(center: &Center) -> Result<(), Error> {
    let steering = async {
        while center.leader_of(STREAM).await? != center.leader_of("CHAT").await? {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok::<(), Error>(())
    };
    let late = |_| Error::Answer("the bench stream's leader was not steered within 30 s".into());
    timeout(Duration::from_secs(30), steering).await.map_err(late)?
}

async fn measure(jetstream: &jetstream::Context, bytes: usize, length: Duration) -> Result<f64, Error> {
    let mut publishers = JoinSet::new();
    let start = Instant::now();
    let end = start + length;
    for number in 0..IN_FLIGHT {
        publishers.spawn(publish(jetstream.clone(), number, bytes, end));
    }
    let mut acked = 0;
    while let Some(published) = publishers.join_next().await {
        acked += published.map_err(broken)??;
    }
    Ok(f64::from(acked) / start.elapsed().as_secs_f64())
}

async fn publish(jetstream: jetstream::Context, number: usize, bytes: usize, end: Instant) -> Result<u32, Error> {
    let subject = format!("bench.{number}");
    let payload = bytes::Bytes::from(vec![b'x'; bytes]);
    let (mut acked, mut sequence) = (0, 0);
    while Instant::now() < end {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, format!("{number}-{acked}"));
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, sequence.to_string());
        let sent = jetstream.publish_with_headers(subject.clone(), headers, payload.clone());
        sequence = match sent.await.map_err(broken)?.await {
            Ok(ack) => ack.sequence,
            // A correct sequential writer is now and then refused while its last message is still in the leader's hands.
            Err(_) => continue,
        };
        acked += 1;
    }
    Ok(acked)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Journal { server: "the raw publishers' server".to_owned(), why: error.to_string() }
}
