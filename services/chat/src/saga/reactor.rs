//! The fast way from an accepted offer to an assigned conversation.

use std::time::Duration;

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use journal::{Journal, ReadError, Record};
use prost::Message as _;
use proto::routing::v1::{RoutingEvent, routing_event::What};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{bus::ROUTING, conversation::Wish, convert, service::Handle};

const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);
/// A call that is dialled has an agent first and its conversation right after: so often, and so long, it is waited for.
const MOMENTS: u32 = 10;
const MOMENT: Duration = Duration::from_millis(50);

struct Accepted {
    conversation: Uuid,
    round: u32,
    agent: String,
    sequence: u64,
}

/// Follows the floor from now on until the signal, and assigns what this site's routing gave to an agent. What was accepted before, or
/// at a site that died, is the sweepers'.
pub(crate) async fn react(
    journal: Journal,
    handle: Handle,
    wishes: mpsc::UnboundedSender<(Uuid, Vec<Wish>)>,
    shutdown: CancellationToken,
) {
    let react = async {
        loop {
            if let Err(error) = follow(&journal, &handle, &wishes).await {
                tracing::warn!(%error, "following routing waits");
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = react => {}
        () = shutdown.cancelled() => {}
    }
}

async fn follow(
    journal: &Journal,
    handle: &Handle,
    wishes: &mpsc::UnboundedSender<(Uuid, Vec<Wish>)>,
) -> Result<(), ReadError> {
    let last = journal.last_sequence(&ROUTING).await?;
    let mut follower = journal.follow(&ROUTING, last).await?;
    let mut work: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
    loop {
        tokio::select! {
            records = follower.next() => {
                let records = records?;
                let ours = records.iter().filter(|record| record.unit.site == journal.site());
                for accepted in ours.flat_map(accepted) {
                    work.push(Box::pin(assign(handle, wishes, accepted)));
                }
            }
            Some(()) = work.next() => {}
        }
    }
}

fn accepted(record: &Record) -> Vec<Accepted> {
    let accept = |bytes: &bytes::Bytes| match RoutingEvent::decode(bytes.clone()).ok()?.what? {
        What::OfferAccepted(accepted) => {
            let (conversation, round) = convert::contact(&accepted.contact_id)?;
            Some(Accepted { conversation, round, agent: accepted.agent_id, sequence: record.sequence })
        }
        What::QueueDefined(_)
        | What::AgentDefined(_)
        | What::AvailabilityChanged(_)
        | What::ContactEnqueued(_)
        | What::ContactOffered(_)
        | What::ContactReleased(_)
        | What::ContactChanged(_)
        | What::SettingDefined(_)
        | What::OfferEnded(_)
        | What::ContactEnded(_) => None,
    };
    record.unit.events.iter().filter_map(accept).collect()
}

async fn assign(handle: &Handle, wishes: &mpsc::UnboundedSender<(Uuid, Vec<Wish>)>, accepted: Accepted) {
    let Accepted { conversation, round, agent, sequence } = accepted;
    let (mut moments, mut tries) = (0, 0);
    while tries < TRIES {
        let pause = match super::assign(handle, conversation, round, agent.clone(), sequence).await {
            Ok(wish) => {
                let _stopping = wishes.send((conversation, Vec::from_iter(wish)));
                return;
            }
            Err(refusal) if refusal.reason == "no_such_conversation" && moments < MOMENTS => {
                moments += 1;
                MOMENT
            }
            Err(refusal) => {
                tracing::warn!(%conversation, reason = %refusal.reason, "accepted contact not assigned");
                tries += 1;
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}
