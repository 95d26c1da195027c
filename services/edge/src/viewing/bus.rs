//! Viewing between doors: core NATS, `viewing.<conversation>`.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use journal::Journal;
use prost::Message as _;
use proto::edge::v1::Viewing as Said;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::Signal;
use crate::{clock, door::App};

const SUBJECT: &str = "viewing";
const PAUSE: Duration = Duration::from_secs(1);

/// Carries signals both ways until `stop`.
pub(crate) async fn run(journal: Journal, app: Arc<App>, stop: CancellationToken) {
    let carry = async {
        loop {
            if let Err(error) = listen(&journal, &app).await {
                tracing::warn!(%error, "viewing at other doors is not heard for the moment");
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = carry => {}
        () = stop.cancelled() => {}
    }
}

async fn listen(journal: &Journal, app: &App) -> Result<(), async_nats::SubscribeError> {
    let door = journal.owner_name();
    let mut signals = app.viewing.signals();
    let mut others = journal.client().subscribe(format!("{SUBJECT}.*")).await?;
    loop {
        tokio::select! {
            signal = signals.recv() => match signal {
                Ok(signal) => publish(journal, &door, signal).await,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
            other = others.next() => {
                let Some(other) = other else { return Ok(()) };
                if let Some(signal) = read(&other.subject, &other.payload, &door) {
                    app.viewing.heard(&signal, clock::steady_ms());
                }
            }
        }
    }
}

async fn publish(journal: &Journal, door: &str, signal: Signal) {
    let Signal { conversation, agent: agent_id, typing, stop, asks } = signal;
    let said = Said { door: door.to_owned(), agent_id, typing, stop, asks };
    let sent = journal.client().publish(format!("{SUBJECT}.{conversation}"), said.encode_to_vec().into()).await;
    if let Err(error) = sent {
        tracing::debug!(%error, "viewing not told");
    }
}

/// `None` of what this door said itself, and of what is no signal.
fn read(subject: &str, payload: &[u8], door: &str) -> Option<Signal> {
    let conversation = subject.strip_prefix(SUBJECT)?.strip_prefix('.')?;
    let said = Said::decode(payload).ok().filter(|said| said.door != door)?;
    let Said { agent_id: agent, typing, stop, asks, .. } = said;
    Some(Signal { conversation: conversation.into(), agent, typing, stop, asks })
}
