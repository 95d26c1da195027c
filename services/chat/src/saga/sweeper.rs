//! The sure way: what the view shows undone after a grace is done again, whoever should have done it.

use std::time::Duration;

use journal::{Journal, Stream};
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    bus::{CHAT, ROUTING},
    conversation::{Party, PartyKind, Wish},
    service::{Ask, Handle, Input, wall},
    view::{self, CHAT_PROJECTION, ROUTING_PROJECTION, Stray},
};

/// Time between sweeps.
const EVERY: Duration = Duration::from_millis(500);
/// Candidates of each kind in one sweep; the next sweep goes on behind them.
const BATCH: u32 = 200;

/// Sweeps until the signal. A view that is still being rebuilt is not believed.
pub(crate) async fn sweep(
    journal: Journal,
    pool: PgPool,
    handle: Handle,
    wishes: mpsc::UnboundedSender<(Uuid, Vec<Wish>)>,
    grace: Duration,
    shutdown: CancellationToken,
) {
    let sweeping = async {
        caught_up(&journal, &pool, &CHAT, CHAT_PROJECTION).await;
        caught_up(&journal, &pool, &ROUTING, ROUTING_PROJECTION).await;
        tracing::info!("the view has caught up");
        let mut cursor = Uuid::nil();
        loop {
            tokio::time::sleep(EVERY).await;
            let before = wall().saturating_sub(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX));
            match view::strays(&pool, before, cursor, BATCH).await {
                Ok(strays) => cursor = heal(&handle, &wishes, strays).await,
                Err(error) => tracing::warn!(%error, "sweeping waits for the view"),
            }
        }
    };
    tokio::select! {
        () = sweeping => {}
        () = shutdown.cancelled() => {}
    }
}

/// Waits until the view has everything that the stream had when this was called.
async fn caught_up(journal: &Journal, pool: &PgPool, stream: &Stream, projection: &str) {
    let goal = loop {
        match journal.last_sequence(stream).await {
            Ok(goal) => break goal,
            Err(error) => tracing::debug!(%error, "sweeping waits for the journal"),
        }
        tokio::time::sleep(EVERY).await;
    };
    while !matches!(view::position(pool, projection).await, Ok(position) if position >= goal) {
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether there is no such conversation: the journal knows, the view may be behind.
async fn is_absent(handle: &Handle, conversation: Uuid) -> bool {
    let by = Party { kind: PartyKind::System, id: "chat".to_owned(), supervisor: false };
    let read = handle.ask(conversation, |reply| Ask::Read { by, after: 0, limit: 1, reply }).await;
    read.is_err_and(|refusal| refusal.reason == "no_such_conversation")
}

/// Returns where the next sweep goes on: at the start, when this one saw the end.
async fn heal(handle: &Handle, wishes: &mpsc::UnboundedSender<(Uuid, Vec<Wish>)>, strays: Vec<Stray>) -> Uuid {
    let full = strays.len() >= BATCH as usize;
    let mut last = Uuid::nil();
    for stray in strays {
        match stray {
            Stray::Unqueued(conversation) => {
                last = conversation;
                // The view may be behind: the conversation itself says what it wants.
                let _stopping = handle.give(Input::Ask(conversation, Ask::Reconcile)).await;
            }
            Stray::Lingering(conversation, round) => {
                last = conversation;
                let _stopping = wishes.send((conversation, vec![Wish::End { round, withdrawn: false }]));
            }
            Stray::Orphaned(conversation, round) => {
                last = conversation;
                if is_absent(handle, conversation).await {
                    tracing::warn!(%conversation, "a contact without a conversation is ended");
                    let _stopping = wishes.send((conversation, vec![Wish::End { round, withdrawn: false }]));
                }
            }
            Stray::Unassigned { conversation, round, agent, sequence } => {
                last = conversation;
                match super::assign(handle, conversation, round, agent, sequence).await {
                    Ok(wish) => drop(wishes.send((conversation, Vec::from_iter(wish)))),
                    Err(refusal) => tracing::warn!(%conversation, reason = %refusal.reason, "stray not assigned"),
                }
            }
        }
    }
    if full { last } else { Uuid::nil() }
}
