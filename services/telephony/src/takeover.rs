//! Gateways watch each other: the calls of one that falls silent are claimed by the others. Safety is the claim's append;
//! a wrong guess moves calls, never doubles them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{FutureExt as _, future::BoxFuture};
use journal::{Beats, ReadError, Silence};
use proto::journal::v1::{Claim, Heartbeat};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    actor::{Input, Origin},
    gateway::{CALLS, Gateway},
    ids::CallId,
};

/// Name of the service's heartbeats.
pub(crate) const SERVICE: &str = "telephony";
/// How often silence is judged.
const PULSE: Duration = Duration::from_millis(100);
/// How often the journal is asked for a sign of life.
const PROBE: Duration = Duration::from_millis(300);

/// Beats for this gateway until the signal.
pub(crate) async fn beat(gateway: Arc<Gateway>) {
    let owner = gateway.journal.owner_name();
    let (_keep, state) = watch::channel(Heartbeat { owner: owner.clone(), ..Heartbeat::default() });
    journal::beat(&gateway.journal, SERVICE, &owner, state, gateway.stop.clone()).await;
}

/// Watches the others and takes over what they leave behind, and lets go of what others have taken.
pub(crate) async fn watch_others(gateway: Arc<Gateway>, mut beats: Beats) {
    let mut silence = Silence::new(gateway.config.suspect_ms);
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let started = Instant::now();
    let now = || started.elapsed().as_millis() as u64;
    let mut probe = ask_journal(&gateway, Duration::ZERO);
    loop {
        tokio::select! {
            () = gateway.stop.cancelled() => return,
            beat = beats.next() => match beat {
                Some((_, beat)) => silence.heard(&beat.owner),
                None => return,
            },
            answer = &mut probe => {
                if answer.is_ok() {
                    silence.journal_moves(now());
                }
                probe = ask_journal(&gateway, PROBE);
            }
            _ = pulse.tick() => {
                silence.pass(now());
                judge(&gateway, &mut silence);
            }
        }
    }
}

fn ask_journal(gateway: &Arc<Gateway>, pause: Duration) -> BoxFuture<'static, Result<u64, ReadError>> {
    let journal = gateway.journal.clone();
    async move {
        tokio::time::sleep(pause).await;
        journal.last_sequence(&CALLS).await
    }
    .boxed()
}

fn judge(gateway: &Arc<Gateway>, silence: &mut Silence) {
    let me = gateway.journal.owner_name();
    for (call, claim) in gateway.book.claims() {
        match gateway.actor(call) {
            // Only a claim later than its own ends an actor: one that is just taking a call over is ahead of the journal.
            Some(actor) if claim.owner != me => drop(actor.try_send(Input::Claimed { epoch: claim.epoch })),
            Some(_) => {}
            None if claim.owner == me || silence.suspects(&claim.owner) => claim_orphan(gateway, call, &claim),
            None => {}
        }
    }
    for (campaign, claim) in gateway.campaigns.claims() {
        let free = claim.is_none_or(|claim| claim.owner != me && silence.suspects(&claim.owner));
        if free && !gateway.stop.is_cancelled() {
            claim_campaign(gateway, campaign);
        }
    }
}

fn claim_campaign(gateway: &Arc<Gateway>, campaign: String) {
    let campaigns = gateway.campaigns.clone();
    tokio::spawn(async move {
        if campaigns.claim(&campaign).await {
            tracing::info!(campaign, "nobody drives a campaign: it is claimed");
        }
    });
}

fn claim_orphan(gateway: &Arc<Gateway>, call: CallId, claim: &Claim) {
    let Some(known) = gateway.book.get(call) else { return };
    tracing::info!(%call, owner = claim.owner, "nobody carries a call: it is claimed");
    gateway.start(call, Origin::Orphan(Box::new(known)));
}
