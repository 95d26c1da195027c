//! "I am alive": heartbeats over core NATS. Only a guess at who is dead, never a proof.

use std::time::Duration;

use async_nats::Subscriber;
use futures::StreamExt as _;
use prost::Message as _;
use proto::journal::v1::Heartbeat;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{Journal, ReadError};

/// Time between heartbeats.
pub const BEAT_EVERY: Duration = Duration::from_millis(250);

/// The subject of a thing's heartbeats, `beat.<service>.<thing>`.
pub fn subject(service: &str, thing: &str) -> String {
    format!("beat.{service}.{thing}")
}

/// Sends what `state` holds every 250 ms, and at once when it changes, until `shutdown`. A missing connection is
/// waited out in silence: that is what a heartbeat says.
pub async fn beat(
    journal: &Journal,
    service: &str,
    thing: &str,
    mut state: watch::Receiver<Heartbeat>,
    shutdown: CancellationToken,
) {
    let subject = subject(service, thing);
    let mut every = interval(BEAT_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = every.tick() => {}
            changed = state.changed() => if changed.is_err() {
                return;
            }
        }
        let heartbeat = state.borrow_and_update().clone();
        // Beats that pile up while there is no connection would arrive as lies about the present.
        if !journal.is_connected() {
            continue;
        }
        if let Err(error) = journal.client().publish(subject.clone(), heartbeat.encode_to_vec().into()).await {
            tracing::debug!(%error, "heartbeat not sent");
        }
    }
}

/// The last heartbeat of an owner that stops in order: whoever hears it claims at once instead of waiting for the silence. Nothing
/// is lost when nobody hears it: silence says the same, later.
pub async fn leave(journal: &Journal, service: &str, thing: &str, last: Heartbeat) {
    let sent = async {
        journal
            .client()
            .publish(subject(service, thing), last.encode_to_vec().into())
            .await
            .map_err(|e| e.to_string())?;
        journal.client().flush().await.map_err(|e| e.to_string())
    };
    match tokio::time::timeout(BEAT_EVERY, sent).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(error, "leaving not announced"),
        Err(_) => tracing::debug!("leaving not announced in time"),
    }
}

/// The heartbeats of one thing.
///
/// # Errors
/// [`ReadError`] when the subscription cannot be made.
pub async fn listen(journal: &Journal, service: &str, thing: &str) -> Result<Beats, ReadError> {
    subscribe(journal, subject(service, thing)).await
}

/// The heartbeats of all things of a service, whatever they are called: a name may have dots, which `*` would stop at.
///
/// # Errors
/// As [`listen`].
pub async fn listen_to_all(journal: &Journal, service: &str) -> Result<Beats, ReadError> {
    subscribe(journal, subject(service, ">")).await
}

async fn subscribe(journal: &Journal, subject: String) -> Result<Beats, ReadError> {
    let subscriber = journal
        .client()
        .subscribe(subject.clone())
        .await
        .map_err(|error| ReadError::Unavailable { what: subject, reason: error.to_string() })?;
    Ok(Beats { subscriber })
}

/// Heartbeats as they arrive.
pub struct Beats {
    subscriber: Subscriber,
}

impl Beats {
    /// The next heartbeat and the thing it is about; `None` once the connection is closed for good. Cancel-safe.
    pub async fn next(&mut self) -> Option<(String, Heartbeat)> {
        loop {
            let message = self.subscriber.next().await?;
            let thing = message.subject.as_str().splitn(3, '.').nth(2).unwrap_or_default().to_owned();
            match Heartbeat::decode(message.payload) {
                Ok(heartbeat) => return Some((thing, heartbeat)),
                Err(error) => tracing::warn!(%error, thing, "heartbeat unreadable"),
            }
        }
    }
}
