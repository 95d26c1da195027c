//! The loop: command → core → one unit per flush → journal → reply and watchers. One task owns the floor of this site.
//!
//! It keeps two floors. The *stored* one holds what the journal holds: reads and watchers see only that. The owner also
//! has a *draft*, which runs ahead by the one unit under way; it is thrown away whenever the journal says otherwise.

mod flush;
mod handle;
mod office;
mod watch;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures::{FutureExt as _, future::BoxFuture};
use journal::{AppendError, Appended, Beats, Follower, Journal, Ownership, ReadError, Record};
use prost::Message as _;
use proto::{
    journal::v1::{Heartbeat, Unit},
    routing::v1::RoutingEvent,
};
use tokio::{
    sync::{mpsc, watch as channel},
    task::{AbortHandle, JoinHandle},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

pub(crate) use flush::Pending;
pub(crate) use handle::{Ask, Handle};
pub(crate) use watch::Watcher;

use crate::{
    Config, RunError, SERVICE, STREAM, convert,
    error::Outcome,
    floor::{Event, Floor, Millis, evolve, next_deadline},
    metrics::Metrics,
    view::{Kept, Snapshots},
};
use flush::Flush;
use watch::Watchers;

/// How often the owner's silence is judged.
const PULSE: Duration = Duration::from_millis(100);
/// Pause before the same unit is appended again.
const RETRY: Duration = Duration::from_millis(100);
/// Asks that wait in the channel before their askers do.
const ASKS: usize = 4_096;

/// What runs after [`start`].
pub(crate) struct Started {
    pub(crate) handle: Handle,
    pub(crate) task: JoinHandle<()>,
}

/// Starts the loop from what was kept.
///
/// # Errors
/// The journal cannot be followed.
pub(crate) async fn start(
    config: Arc<Config>,
    journal: Journal,
    kept: Kept,
    snapshots: Snapshots,
    stop: CancellationToken,
) -> Result<Started, RunError> {
    let subject = format!("{SERVICE}.{}", config.floor);
    let follower = journal.follow(&STREAM, kept.position).await.map_err(RunError::Follow)?;
    let beats = journal::listen(&journal, SERVICE, &config.floor).await.map_err(RunError::Follow)?;
    let me = journal.owner_name();
    let (beat_state, beat) =
        channel::channel(Heartbeat { owner: me.clone(), position: kept.position, ..Heartbeat::default() });
    let (asks, inbox) = mpsc::channel(ASKS);
    let handle = Handle::new(asks);
    let (beating, stopping) = (journal.clone(), stop.clone());
    let thing = config.floor.clone();
    tokio::spawn(async move { journal::beat(&beating, SERVICE, &thing, beat, stopping).await });
    let service = Service {
        ownership: Ownership::restore(me, subject.clone(), kept.claim, kept.last),
        stored: kept.floor,
        position: kept.position,
        draft: None,
        waiting: VecDeque::new(),
        under_way: None,
        stalled: false,
        confirmed: None,
        watchers: Watchers::default(),
        metrics: Metrics::new(),
        units_unkept: 0,
        started: Instant::now(),
        probed: None,
        probe: None,
        serving: None,
        handle: handle.clone(),
        config,
        journal,
        subject,
        beat_state,
        snapshots,
    };
    let task = tokio::spawn(service.run(follower, beats, inbox, stop));
    Ok(Started { handle, task })
}

struct Service {
    config: Arc<Config>,
    journal: Journal,
    subject: String,
    ownership: Ownership,
    /// As the journal has it up to `position`.
    stored: Floor,
    position: u64,
    /// The owner's floor, ahead of `stored` by what is under way.
    draft: Option<Floor>,
    waiting: VecDeque<Pending>,
    under_way: Option<UnderWay>,
    /// The last append was not confirmed: whoever asks now is told so at once.
    stalled: bool,
    /// When the append was sent that the journal last confirmed.
    confirmed: Option<Instant>,
    watchers: Watchers,
    metrics: Metrics,
    units_unkept: usize,
    started: Instant,
    probed: Option<Instant>,
    probe: Option<BoxFuture<'static, Result<u64, ReadError>>>,
    /// The task that takes other sites' commands, while this process owns the floor.
    serving: Option<AbortHandle>,
    handle: Handle,
    beat_state: channel::Sender<Heartbeat>,
    snapshots: Snapshots,
}

/// The one append that may be on its way.
struct UnderWay {
    append: journal::Append,
    /// None for a claim.
    flush: Option<Flush>,
    sent: Instant,
    answer: BoxFuture<'static, Result<Appended, AppendError>>,
}

impl Service {
    async fn run(
        mut self,
        mut follower: Follower,
        mut beats: Beats,
        mut inbox: mpsc::Receiver<Ask>,
        stop: CancellationToken,
    ) {
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.flush();
            let due = self.due_in();
            tokio::select! {
                answer = answered(&mut self.under_way) => self.on_answer(answer),
                Some(ask) = inbox.recv() => {
                    self.on_ask(ask);
                    while let Ok(ask) = inbox.try_recv() {
                        self.on_ask(ask);
                    }
                }
                records = follower.next() => match records {
                    Ok(records) => self.on_records(&records),
                    Err(error) => {
                        tracing::error!(%error, "following ended");
                        break;
                    }
                },
                Some((_, beat)) = beats.next() => self.on_beat(&beat),
                answer = optional(&mut self.probe) => self.on_probe(answer.is_ok()),
                _ = pulse.tick() => self.on_pulse(),
                () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => {}
                () = stop.cancelled() => break,
            }
        }
        self.finish().await;
    }

    /// Stops: what is under way is given its time, what waits is told to ask elsewhere, the floor is kept.
    async fn finish(mut self) {
        if let Some(under_way) = &mut self.under_way {
            let answer = under_way.answer.as_mut().await;
            self.on_answer(answer);
        }
        let left = self.ownership.mine() && self.under_way.is_none();
        self.leave_office();
        if left {
            self.announce_leaving().await;
        }
        self.keep();
    }

    fn on_records(&mut self, records: &[Record]) {
        let now = self.clock();
        self.ownership.journal_progress(now);
        for record in records {
            if record.sequence <= self.position {
                continue;
            }
            if record.subject == self.subject {
                let own = self.under_way.as_ref().is_some_and(|under_way| under_way.append.id == record.id);
                if !own {
                    self.draft = None;
                }
                self.apply(record.sequence, &record.unit, &events_of(&record.unit));
            }
            self.position = record.sequence;
        }
        self.watchers.publish(&self.stored, self.ownership.last());
        self.settle_office();
    }

    /// Takes a stored unit into the floor that everybody may see.
    fn apply(&mut self, sequence: u64, unit: &Unit, events: &[Event]) {
        self.ownership.on_unit(sequence, unit);
        for event in events {
            self.watchers.note(&self.stored, event);
            evolve(&mut self.stored, event);
        }
        self.metrics.applied(&self.stored, events);
        self.position = self.position.max(sequence);
        self.units_unkept += 1;
        if self.units_unkept >= self.config.snapshot_every + self.stored.contact_count() / 4 {
            self.keep();
        }
    }

    fn on_answer(&mut self, answer: Result<Appended, AppendError>) {
        let Some(under_way) = self.under_way.take() else {
            return;
        };
        match answer {
            Ok(appended) => self.on_stored(under_way, appended.sequence),
            Err(AppendError::Unavailable { reason, .. }) => self.on_unknown(under_way, &reason),
            Err(error @ AppendError::Conflict { .. }) => {
                tracing::info!(%error, "the floor has another owner");
                self.ownership.refused();
                self.draft = None;
                under_way.tell(&Outcome::NotOwner);
            }
            Err(error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. })) => {
                tracing::error!(%error, "a decision cannot be stored");
                self.draft = None;
                under_way.tell(&Outcome::Failed);
            }
        }
        self.settle_office();
    }

    fn on_stored(&mut self, under_way: UnderWay, sequence: u64) {
        let now = self.clock();
        self.ownership.journal_progress(now);
        self.confirmed = Some(under_way.sent);
        self.stalled = false;
        let events = under_way.flush.as_ref().map_or(&[][..], |flush| &flush.events);
        if sequence > self.position {
            self.apply(sequence, &under_way.append.unit, events);
        }
        if let Some(flush) = under_way.flush {
            self.metrics.decided(flush.replies.len());
            flush.confirm(sequence);
        }
        self.watchers.publish(&self.stored, self.ownership.last());
    }

    /// Nobody knows whether it is stored: its askers are told so, and the same unit is sent again until it is known.
    fn on_unknown(&mut self, mut under_way: UnderWay, reason: &str) {
        tracing::warn!(reason, "the journal does not confirm");
        if let Some(flush) = &mut under_way.flush {
            self.stalled = true;
            flush.tell(&Outcome::Unknown);
            for pending in self.waiting.drain(..) {
                pending.tell(Outcome::Unknown);
            }
            self.send(under_way.append, under_way.flush, RETRY);
        }
    }

    fn send(&mut self, append: journal::Append, flush: Option<Flush>, pause: Duration) {
        let (journal, again) = (self.journal.clone(), append.clone());
        let span = flush.as_ref().map_or_else(tracing::Span::none, |flush| flush.span.clone());
        let answer = tracing::Instrument::instrument(
            async move {
                tokio::time::sleep(pause).await;
                journal.append(again).await
            },
            span,
        );
        self.under_way = Some(UnderWay { append, flush, sent: Instant::now(), answer: answer.boxed() });
    }

    /// Until the owner's next tick; None while there is nothing to wait for.
    fn due_in(&self) -> Option<Duration> {
        let draft = self.draft.as_ref().filter(|_| self.under_way.is_none())?;
        let due = next_deadline(draft)?;
        Some(Duration::from_millis(due.saturating_sub(wall_clock())))
    }

    fn keep(&mut self) {
        self.units_unkept = 0;
        self.snapshots.offer(|| Kept {
            floor: self.stored.clone(),
            position: self.position,
            claim: self.ownership.current().cloned(),
            last: self.ownership.last(),
        });
    }

    /// Milliseconds since the start, by a clock that never jumps.
    fn clock(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

impl UnderWay {
    fn tell(self, outcome: &Outcome) {
        if let Some(mut flush) = self.flush {
            flush.tell(outcome);
        }
    }
}

/// The answer of the append under way; never when there is none.
async fn answered(under_way: &mut Option<UnderWay>) -> Result<Appended, AppendError> {
    match under_way {
        Some(under_way) => under_way.answer.as_mut().await,
        None => std::future::pending().await,
    }
}

async fn optional<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.as_mut().await,
        None => std::future::pending().await,
    }
}

/// Events that this version does not know change nothing.
fn events_of(unit: &Unit) -> Vec<Event> {
    let decoded = unit.events.iter().filter_map(|bytes| {
        let event = RoutingEvent::decode(bytes.clone());
        event.inspect_err(|error| tracing::error!(%error, "an event cannot be read")).ok()
    });
    decoded.filter_map(convert::to_event).collect()
}

pub(crate) fn wall_clock() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as Millis
}
