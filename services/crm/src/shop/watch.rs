//! Processes of the service watch each other: commands and webhooks of one that falls silent are claimed by the others.

use std::time::{Duration, Instant};

use futures::{FutureExt as _, future::BoxFuture};
use journal::{Beats, Journal, ReadError, Silence, ownership::SUSPECT_AFTER_MS};
use proto::journal::v1::Heartbeat;
use sqlx::PgPool;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{carrier::Carrier, view};
use crate::{
    bus::CRM,
    hook::{self, Keeper},
    owned::Things,
};

/// Name of the service's heartbeats.
pub(crate) const SERVICE: &str = "crm";
/// How often silence is judged.
const PULSE: Duration = Duration::from_millis(100);
/// How often the view is asked for open commands and webhooks.
const LOOK: Duration = Duration::from_millis(500);
/// How often the journal is asked for a sign of life.
const PROBE: Duration = Duration::from_millis(300);

/// Beats for this process until the signal.
pub(crate) async fn beat(journal: Journal, stop: CancellationToken) {
    let owner = journal.owner_name();
    let (_keep, state) = watch::channel(Heartbeat { owner: owner.clone(), ..Heartbeat::default() });
    journal::beat(&journal, SERVICE, &owner, state, stop).await;
}

/// What processes own, and leave behind.
pub(crate) struct Owned {
    /// Commands.
    pub(crate) carrier: Carrier,
    /// Webhooks.
    pub(crate) keeper: Keeper,
}

/// Watches the others until the signal, and goes on with what they leave behind. `first` tells whether this process is the one that fetches shops'
/// events.
pub(crate) async fn watch_others(
    journal: Journal,
    pool: PgPool,
    owned: Owned,
    mut beats: Beats,
    first: watch::Sender<bool>,
    stop: CancellationToken,
) {
    let me = journal.owner_name();
    let mut silence = Silence::new(SUSPECT_AFTER_MS);
    let (mut pulse, mut look) = (interval(PULSE), interval(LOOK));
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let started = Instant::now();
    let now = || started.elapsed().as_millis() as u64;
    let mut probe = ask_journal(&journal, Duration::ZERO);
    let mut looking: BoxFuture<'static, Option<(Things, Things)>> = std::future::pending().boxed();
    let mut busy = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            beat = beats.next() => match beat {
                Some((_, beat)) => silence.heard(&beat.owner),
                None => return,
            },
            answer = &mut probe => {
                if answer.is_ok() {
                    silence.journal_moves(now());
                }
                probe = ask_journal(&journal, PROBE);
            }
            _ = pulse.tick() => {
                silence.pass(now());
                let _changed = first.send_if_modified(|first| std::mem::replace(first, silence.is_first(&me)) != *first);
            }
            _ = look.tick(), if !busy => {
                busy = true;
                looking = open(pool.clone(), owned.carrier.under_way());
            }
            open = &mut looking => {
                busy = false;
                looking = std::future::pending().boxed();
                let (commands, webhooks) = open.unwrap_or_default();
                owned.carrier.look_after(commands, &mut silence);
                owned.keeper.look_after(webhooks, &mut silence);
            }
        }
    }
}

fn open(pool: PgPool, under_way: Vec<String>) -> BoxFuture<'static, Option<(Things, Things)>> {
    async move {
        let open = tokio::try_join!(view::open(&pool, &under_way), hook::view::active(&pool));
        open.inspect_err(|error| tracing::warn!(%error, "open commands and webhooks cannot be looked up")).ok()
    }
    .boxed()
}

fn ask_journal(journal: &Journal, pause: Duration) -> BoxFuture<'static, Result<u64, ReadError>> {
    let journal = journal.clone();
    async move {
        tokio::time::sleep(pause).await;
        journal.last_sequence(&CRM).await
    }
    .boxed()
}
