//! Gateways watch each other: the calls of one that falls silent are claimed by the others. Safety is the claim's append;
//! a wrong guess moves calls, never doubles them.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use journal::Beats;
use proto::journal::v1::Heartbeat;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    actor::{Input, Origin},
    call::Phase,
    gateway::Gateway,
};

/// Name of the service's heartbeats.
pub(crate) const SERVICE: &str = "telephony";
/// How often silence is judged.
const PULSE: Duration = Duration::from_millis(100);

/// Beats for this gateway until the signal.
pub(crate) async fn beat(gateway: Arc<Gateway>) {
    let owner = gateway.journal.owner_name();
    let (_keep, state) = watch::channel(Heartbeat { owner: owner.clone(), ..Heartbeat::default() });
    journal::beat(&gateway.journal, SERVICE, &owner, state, gateway.stop.clone()).await;
}

/// Watches the others and takes over what they leave behind, and lets go of what others have taken.
pub(crate) async fn watch_others(gateway: Arc<Gateway>, mut beats: Beats) {
    let me = gateway.journal.owner_name();
    let mut heard: HashMap<String, Instant> = HashMap::new();
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let started = Instant::now();
    loop {
        tokio::select! {
            () = gateway.stop.cancelled() => return,
            beat = beats.next() => match beat {
                Some((_, beat)) => drop(heard.insert(beat.owner, Instant::now())),
                None => return,
            },
            _ = pulse.tick() => judge(&gateway, &me, &heard, started),
        }
    }
}

fn judge(gateway: &Arc<Gateway>, me: &str, heard: &HashMap<String, Instant>, started: Instant) {
    let suspect = Duration::from_millis(gateway.config.suspect_ms);
    for (call, known) in gateway.book.live() {
        let Some(claim) = &known.claim else { continue };
        let carried = gateway.actor(call);
        if claim.owner == me {
            continue;
        }
        if let Some(actor) = carried {
            // The journal says that it is somebody else's: not a word on the wire any more.
            let _ = actor.try_send(Input::Fenced);
            continue;
        }
        let silent_since = heard.get(&claim.owner).copied().unwrap_or(started);
        if silent_since.elapsed() >= suspect && known.call.phase != Phase::Ended && gateway.journal.is_connected() {
            tracing::info!(%call, owner = claim.owner, "a gateway is silent: its call is claimed");
            gateway.start(call, Origin::Orphan(Box::new(known)));
        }
    }
}
