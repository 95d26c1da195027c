//! The loop: commands and records in, units out. One task owns all conversations; nothing is locked.

mod asks;
mod batch;
mod entry;
mod hall;
mod key;
mod recent;
mod reply;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use hall::{Hall, Limits, Loaded, typing_payload};
pub(crate) use key::Key;
pub(crate) use reply::Reply;
pub(crate) use watch::{Ask, Item, Sink, StreamId};

use std::{
    collections::HashSet,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use chassis::{Shutdown, refusal::Refusal};
use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use journal::{AppendError, Appended, Follower, ReadError, Record};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::{
    bus::Bus,
    conversation::{Command, Millis, Party, Wish},
    error::{RunError, unavailable},
    metrics::Metrics,
};
use hall::{Counted, Effect, Now};

/// Inputs that may wait for the loop.
const INPUT_ROOM: usize = 16_384;
/// Inputs taken at once: decided together they share units.
const INPUT_BATCH: usize = 1_024;
/// How often the cache is looked over.
const LOOK_OVER: Duration = Duration::from_secs(1);

/// What comes in.
pub(crate) enum Input {
    /// A command.
    Command(Uuid, Command<String>, Reply),
    /// A question.
    Ask(Uuid, Ask),
    /// The end of a watch.
    Unwatch(Uuid, StreamId, u64),
    /// The end of a watch stream.
    StreamLeft(StreamId),
    /// Somebody types.
    Typing(Uuid, Party),
    /// A customer's key is gone.
    Erased(String),
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Handle {
    inputs: mpsc::Sender<Input>,
}

impl Handle {
    /// Hands something in; waits while the loop is behind.
    ///
    /// # Errors
    /// `unavailable` when the service has stopped.
    pub(crate) async fn give(&self, input: Input) -> Result<(), Refusal> {
        self.inputs.send(input).await.map_err(|_| unavailable())
    }

    /// Carries one command out.
    ///
    /// # Errors
    /// Why it was not.
    pub(crate) async fn execute(
        &self,
        conversation: Uuid,
        command: Command<String>,
    ) -> Result<proto::chat::v1::ExecuteResponse, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.give(Input::Command(conversation, command, Reply::Once(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(unavailable()))
    }

    /// Asks one question.
    ///
    /// # Errors
    /// Why it was not answered.
    pub(crate) async fn ask<T>(
        &self,
        conversation: Uuid,
        ask: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Ask,
    ) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.give(Input::Ask(conversation, ask(reply))).await?;
        answer.await.unwrap_or_else(|_| Err(unavailable()))
    }
}

/// What an effect came to.
enum Done {
    Loaded(Uuid, Instant, Result<Loaded, ReadError>),
    Appended(Uuid, String, Result<Appended, AppendError>),
}

/// The loop and what it needs.
pub(crate) struct Service {
    hall: Hall,
    bus: Bus,
    metrics: Metrics,
    inputs: mpsc::Receiver<Input>,
    wishes: mpsc::UnboundedSender<(Uuid, Vec<Wish>)>,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    /// Conversations that got something new and have not been looked at since.
    touched: HashSet<Uuid>,
}

impl Service {
    /// The loop, and the way into it. What conversations want of routing goes to `wishes`.
    pub(crate) fn new(
        limits: Limits,
        bus: Bus,
        metrics: Metrics,
        wishes: mpsc::UnboundedSender<(Uuid, Vec<Wish>)>,
    ) -> (Self, Handle) {
        let (sender, inputs) = mpsc::channel(INPUT_ROOM);
        let service = Self {
            hall: Hall::new(limits),
            bus,
            metrics,
            inputs,
            wishes,
            work: FuturesUnordered::new(),
            touched: HashSet::new(),
        };
        (service, Handle { inputs: sender })
    }

    /// Runs until the signal; then lets what is under way come to its end, for at most the grace.
    ///
    /// # Errors
    /// [`RunError::Follow`] when the journal cannot be followed any more.
    pub(crate) async fn run(mut self, mut follower: Follower, shutdown: Shutdown) -> Result<(), RunError> {
        let mut look_over = tokio::time::interval(LOOK_OVER);
        let mut inputs = Vec::with_capacity(INPUT_BATCH);
        while !shutdown.is_signalled() {
            let due = self.hall.next_due();
            tokio::select! {
                count = self.inputs.recv_many(&mut inputs, INPUT_BATCH) => if count == 0 { break },
                Some(done) = self.work.next() => self.done(done),
                records = follower.next() => self.records(records.map_err(RunError::Follow)?),
                () = until(due) => self.hall.tick(now()),
                _ = look_over.tick() => self.hall.evict(),
                () = shutdown.signalled() => {}
            }
            self.take(&mut inputs);
            self.act();
        }
        self.drain(shutdown.grace()).await;
        Ok(())
    }

    async fn drain(&mut self, grace: Duration) {
        self.inputs.close();
        let mut rest = Vec::new();
        self.inputs.recv_many(&mut rest, usize::MAX).await;
        self.take(&mut rest);
        self.hall.flush(now());
        self.act();
        let ended = tokio::time::timeout(grace, async {
            while !self.hall.is_quiet() {
                let Some(done) = self.work.next().await else { break };
                self.done(done);
                self.act();
            }
        });
        if ended.await.is_err() {
            tracing::warn!("commands still under way at the end of the grace were left without an answer");
        }
    }

    /// Takes inputs in; each conversation is then looked at once, so that what came together goes together.
    fn take(&mut self, inputs: &mut Vec<Input>) {
        if inputs.is_empty() {
            return;
        }
        let now = now();
        for input in inputs.drain(..) {
            match input {
                Input::Command(conversation, command, reply) => {
                    self.hall.command(conversation, command, reply, now);
                    self.touched.insert(conversation);
                }
                Input::Ask(conversation, ask) => {
                    self.hall.ask(conversation, ask, now);
                    self.touched.insert(conversation);
                }
                Input::Unwatch(conversation, stream, tag) => self.hall.unwatch(conversation, stream, tag),
                Input::StreamLeft(stream) => self.hall.stream_left(stream),
                Input::Typing(conversation, by) => self.hall.typing(conversation, &by),
                Input::Erased(customer) => self.hall.erased(&customer),
            }
        }
        for conversation in self.touched.drain() {
            self.hall.pump(conversation, now);
        }
    }

    fn records(&mut self, records: Vec<Record>) {
        let now = now();
        for record in records {
            self.hall.record(record, now);
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Loaded(conversation, started, outcome) => self.hall.loaded(conversation, started, outcome, now()),
            Done::Appended(conversation, id, outcome) => self.hall.appended(conversation, &id, outcome, now()),
        }
    }

    fn act(&mut self) {
        for effect in self.hall.effects() {
            match effect {
                Effect::Load { conversation, after, customer, again } => {
                    self.metrics.loads.add(1, &[]);
                    let (bus, started) = (self.bus.clone(), Instant::now());
                    self.work.push(Box::pin(async move {
                        let loaded = bus.load(conversation, after, customer, again).await;
                        Done::Loaded(conversation, started, loaded)
                    }));
                }
                Effect::Append { conversation, expect, id, unit } => {
                    let bus = self.bus.clone();
                    self.work.push(Box::pin(async move {
                        let outcome = bus.append(conversation, expect, id.clone(), unit).await;
                        Done::Appended(conversation, id, outcome)
                    }));
                }
                Effect::Wish { conversation, wishes } => {
                    let _stopping = self.wishes.send((conversation, wishes));
                }
                Effect::Count(what) => self.count(what),
            }
        }
    }

    fn count(&self, what: Counted) {
        match what {
            Counted::Unit(commands) => {
                self.metrics.units.add(1, &[]);
                self.metrics.commands_per_unit.record(commands as u64, &[]);
            }
            Counted::Conflict => self.metrics.conflicts.add(1, &[]),
            Counted::Unknown => self.metrics.unknown.add(1, &[]),
            Counted::TooSlow => self.metrics.too_slow.add(1, &[]),
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), wall: wall() }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn wall() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
