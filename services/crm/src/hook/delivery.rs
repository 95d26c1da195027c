//! One webhook: the streams that it wants in, requests out, and how far it came into the journal.

use std::{collections::BTreeSet, time::Duration};

use journal::{ReadError, Record as Unit};
use proto::crm::v1::{WebhookMoved, WebhookState, webhook_event::What};
use sqlx::PgPool;
use tokio::{
    sync::mpsc::{self, error::SendTimeoutError},
    time::{Instant, interval, sleep},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Millis,
    keeper::{Keeper, stream},
    kind::{MERGED, Source, sources},
    lanes::{Lanes, Progress, Receiver},
    tell,
    thread::{Hook, Thread, decide},
    view,
};
use crate::{bus::CRM, service::now_ms, view::position_of, work::WORKED};

/// Pause before something that did not answer is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// Units that are told of together: the view is asked once for all of them.
const TOGETHER: usize = 100;
/// How often it is looked whose the webhook is, and whether it is paused.
const LOOK: Duration = Duration::from_secs(1);
/// How often a new place is noted, at most.
const NOTE_EVERY: Duration = Duration::from_secs(30);
/// Units without anything to tell after which a place is noted: a note is such a unit itself.
const QUIET_UNITS: u64 = 1_000;
/// How often it is looked how far the view is.
const VIEW_LOOK: Duration = Duration::from_millis(50);

/// Units of a stream, and how far it was read with them.
type Batch = (Source, Vec<Unit>, u64);

/// Tells a webhook until it is somebody else's, paused, removed, or the service stops.
pub(super) async fn tell(keeper: &Keeper, id: &str) {
    let Some((mut thread, receiver)) = begin(keeper, id).await else { return };
    let Some(hook) = thread.held.clone() else { return };
    let progress = Progress {
        places: hook.places.clone(),
        health: hook.health,
        deliveries: hook.deliveries.iter().cloned().collect(),
        told: false,
        turned: false,
    };
    let lanes = Lanes::new(keeper, receiver, progress);
    tokio::select! {
        () = keep(&lanes, id, &mut thread) => {}
        () = carry(&lanes, &hook) => {}
        () = keeper.stop().cancelled() => {}
    }
    let told = lanes.progress().told;
    if told && is_ours(keeper, &thread) && goes_on(&thread, hook.since) {
        note(&lanes, id, &mut thread).await;
    }
}

/// What telling begins with; none: there is nothing to tell, or nobody answers yet, and it is begun again at the next look.
async fn begin(keeper: &Keeper, id: &str) -> Option<(Thread, Receiver)> {
    let thread = keeper.read(id).await.ok().filter(|thread| is_ours(keeper, thread))?;
    let private = keeper.private(id, &thread).await.ok()?;
    let target = private.as_ref().and_then(|it| keeper.target(&it.url).ok());
    let (Some(private), Some(target)) = (private, target) else {
        tracing::error!(webhook = id, "a webhook's address cannot be read or may not be told: it is paused");
        let mut thread = thread;
        let what = thread.held.as_ref().and_then(|hook| decide(hook, WebhookState::Failed));
        if keeper.store(id, &mut thread, ("", what), None).await.is_err() {
            sleep(PAUSE).await;
        }
        return None;
    };
    Some((thread, Receiver { target, secret: private.secret }))
}

fn is_ours(keeper: &Keeper, thread: &Thread) -> bool {
    keeper.is_mine(thread) && thread.held.as_ref().is_some_and(Hook::is_active)
}

/// Whether nobody paused it since then, be it that it was resumed: who resumes it begins with a new count.
fn goes_on(thread: &Thread, since: Millis) -> bool {
    thread.held.as_ref().is_some_and(|hook| hook.since == since)
}

/// Looks whose the webhook is and notes how far it came; returns when it is not to be told by this process any more.
async fn keep(lanes: &Lanes<'_>, id: &str, thread: &mut Thread) {
    let (keeper, mut looks) = (lanes.keeper, interval(LOOK));
    let since = thread.held.as_ref().map_or(0, |hook| hook.since);
    let mut noted = (thread.held.as_ref().map(|hook| hook.places.clone()).unwrap_or_default(), Instant::now());
    loop {
        looks.tick().await;
        let asked = Instant::now();
        if keeper.catch_up(id, thread).await.is_err() {
            continue;
        }
        if !is_ours(keeper, thread) || !goes_on(thread, since) {
            return;
        }
        // A replica that was cut off would tell the same for ever: only the leader knows that nobody else claimed it.
        if keeper.journal().last_sequence(&CRM).await.is_ok() {
            lanes.was_ours_at(asked.into_std());
        }
        let (health, due) = {
            let progress = lanes.progress();
            let old = noted.1.elapsed() >= NOTE_EVERY;
            let quiet = Source::ALL.into_iter().any(|it| progress.places.of(it) > noted.0.of(it) + QUIET_UNITS);
            (progress.health, progress.turned || (old && (progress.told || quiet)))
        };
        if health.is_hopeless(now_ms(), keeper.patience()) {
            if give_up(lanes, id, thread).await {
                return;
            }
        } else if due && note(lanes, id, thread).await {
            noted = (lanes.progress().places.clone(), Instant::now());
        }
    }
}

/// Pauses it, and says so; whether that is stored.
async fn give_up(lanes: &Lanes<'_>, id: &str, thread: &mut Thread) -> bool {
    if !note(lanes, id, thread).await {
        return false;
    }
    let what = thread.held.as_ref().and_then(|hook| decide(hook, WebhookState::Failed));
    let stored = lanes.keeper.store(id, thread, ("", what), None).await.is_ok();
    if stored {
        tracing::warn!(webhook = id, "a webhook's receiver failed for too long: it is paused");
    }
    stored
}

/// Notes how far it came; whether that is stored.
async fn note(lanes: &Lanes<'_>, id: &str, thread: &mut Thread) -> bool {
    let (what, places) = {
        let mut progress = lanes.progress();
        (progress.told, progress.turned) = (false, false);
        let moved = WebhookMoved {
            places: Some(progress.places.written()),
            deliveries: progress.deliveries.iter().cloned().collect(),
            failures: progress.health.failures,
            failing_since_ms: progress.health.failing_since,
        };
        (What::Moved(moved), progress.places.clone())
    };
    let stored = lanes.keeper.store(id, thread, ("", Some(what)), None).await.is_ok();
    if !stored {
        // Somebody paused it, or nobody answers: the next look tells, and notes it again.
        lanes.progress().told = true;
        tracing::debug!(webhook = id, ?places, "how far a webhook came is not noted yet");
    }
    stored
}

/// Reads the streams and delivers what they tell.
async fn carry(lanes: &Lanes<'_>, hook: &Hook) {
    let (batches, mut read) = mpsc::channel::<Batch>(1);
    let mut followers = Vec::new();
    for source in sources(&hook.kinds) {
        let follow = follow(lanes.keeper.clone(), source, hook.places.of(source), batches.clone());
        followers.push(AbortOnDropHandle::new(tokio::spawn(follow)));
    }
    drop(batches);
    while let Some((source, units, position)) = read.recv().await {
        for units in units.chunks(TOGETHER) {
            let events = events(lanes.keeper.pool(), source, units, &hook.kinds).await;
            lanes.deliver(events).await;
            if let Some(last) = units.last() {
                lanes.advance(source, last.sequence);
            }
        }
        lanes.advance(source, position);
    }
}

async fn follow(keeper: Keeper, source: Source, after: u64, batches: mpsc::Sender<Batch>) {
    let mut after = after;
    loop {
        if let Err(error) = read(&keeper, source, &mut after, &batches).await {
            tracing::warn!(%error, stream = source.name(), "a webhook waits for a stream");
        }
        if batches.is_closed() {
            return;
        }
        sleep(PAUSE).await;
    }
}

async fn read(
    keeper: &Keeper,
    source: Source,
    after: &mut u64,
    batches: &mpsc::Sender<Batch>,
) -> Result<(), ReadError> {
    loop {
        let mut follower = keeper.journal().follow(&stream(source), *after).await?;
        loop {
            let units = follower.next().await?;
            *after = follower.position();
            let batch = (source, units, *after);
            match batches.send_timeout(batch, PAUSE).await {
                Ok(()) => {}
                Err(SendTimeoutError::Closed(_)) => return Ok(()),
                Err(SendTimeoutError::Timeout(batch)) => {
                    // What comes while a receiver is slow waits in the journal, not in this process.
                    drop(follower);
                    if batches.send(batch).await.is_err() {
                        return Ok(());
                    }
                    break;
                }
            }
        }
    }
}

/// What units tell. The view knows of them by then; a view that does not answer is waited for.
async fn events(pool: &PgPool, source: Source, units: &[Unit], wanted: &BTreeSet<String>) -> Vec<tell::Event> {
    let drafts: Vec<tell::Draft> = units.iter().flat_map(|unit| tell::drafts(source, unit)).collect();
    if drafts.is_empty() {
        return Vec::new();
    }
    until_seen(pool, source, units.last().map_or(0, |unit| unit.sequence)).await;
    let joined = drafts.iter().any(|draft| draft.kind == MERGED);
    let whose: Vec<tell::Whose> = drafts.into_iter().map(|draft| draft.whose).collect();
    loop {
        match view::known(pool, &whose, joined).await {
            Ok(known) => return units.iter().flat_map(|unit| tell::events(source, unit, &known, wanted)).collect(),
            Err(error) => tracing::warn!(%error, "webhooks wait for the view"),
        }
        sleep(PAUSE).await;
    }
}

async fn until_seen(pool: &PgPool, source: Source, sequence: u64) {
    let projection = match source {
        Source::Crm => crate::view::FACTS,
        Source::Work => WORKED,
        // What they tell stands in the event itself.
        Source::Chat | Source::Telephony | Source::Keys => return,
    };
    loop {
        match position_of(pool, projection).await {
            Ok(position) if position >= sequence => return,
            Ok(_) => sleep(VIEW_LOOK).await,
            Err(error) => {
                tracing::warn!(%error, "webhooks wait for the view");
                sleep(PAUSE).await;
            }
        }
    }
}
