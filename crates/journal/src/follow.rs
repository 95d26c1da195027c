//! Following a whole stream: catch-up by batched direct get, then the republished feed.
//!
//! No consumer: nothing of a follower lives on a server. Two facts make it whole. Stream sequences are contiguous as
//! they are published, so a live message that is not the next one shows a hole; and a replica holds a prefix of the
//! stream, so what a batch returns after the position really is what comes next. A replica that has nothing to return
//! proves nothing: where something is known to be missing, the leader is asked.

mod progress;

use std::{sync::Arc, time::Duration};

use async_nats::{Message, Subscriber};
use futures::{FutureExt as _, StreamExt as _};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};

use progress::{Heard, Progress};

use crate::{
    ReadError, Record, Stream,
    connection::{Connection, LinkState},
    read::{self, Batch, Intake},
    record::LIVE,
    wire::NoAnswer,
};

/// Silence of the live feed after which the store is asked.
const POLL: Duration = Duration::from_millis(500);
/// First pause before anybody is asked again for what is known to be missing.
const STALE_PAUSE: Duration = Duration::from_millis(10);
/// Records handed out at once, at most.
const MOST: usize = 5_000;

/// A reader of one stream that never ends.
pub struct Follower {
    connection: Arc<Connection>,
    stream: Stream,
    live: Subscriber,
    link: watch::Receiver<LinkState>,
    generation: u64,
    progress: Progress,
    fetch: Option<Intake>,
    /// When to ask the store next.
    ask_at: Instant,
}

impl Follower {
    pub(crate) async fn start(connection: Arc<Connection>, stream: Stream, after: u64) -> Result<Follower, ReadError> {
        let subject = format!("{LIVE}{}.>", stream.prefix);
        // Subscribed before the first read: nothing can pass between the two.
        let live = connection
            .client
            .subscribe(subject.clone())
            .await
            .map_err(|error| ReadError::Unavailable { what: subject, reason: error.to_string() })?;
        let link = connection.link.clone();
        let generation = link.borrow().generation;
        Ok(Follower {
            connection,
            stream,
            live,
            link,
            generation,
            progress: Progress::new(after),
            fetch: None,
            ask_at: Instant::now(),
        })
    }

    /// Sequence of the last record handed out, or where the follower began.
    pub fn position(&self) -> u64 {
        self.progress.position()
    }

    /// The next records, at least one, in stream order. Waits for ever when nothing is written. Cancel-safe: a record
    /// is handed out by exactly one call.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the connection is closed for good. Lost servers are waited out.
    pub async fn next(&mut self) -> Result<Vec<Record>, ReadError> {
        loop {
            if self.progress.has_ready() {
                let records = self.progress.hand_out();
                self.connection.metrics.lag(self.stream.name, self.progress.behind());
                return Ok(records);
            }
            if self.fetch.is_some() {
                self.take_in().await;
            } else {
                self.listen().await?;
            }
        }
    }

    /// Waits for the live feed, a reconnect, or the time to ask the store.
    async fn listen(&mut self) -> Result<(), ReadError> {
        tokio::select! {
            biased;
            () = sleep_until(self.ask_at) => self.ask().await,
            message = self.live.next() => {
                let message = message.ok_or_else(|| self.closed())?;
                self.hear(message);
                self.hear_the_rest();
                if self.progress.has_ready() {
                    self.ask_at = Instant::now() + POLL;
                }
            }
            changed = self.link.changed() => {
                changed.map_err(|_| self.closed())?;
                let link = *self.link.borrow_and_update();
                if link.connected && link.generation != self.generation {
                    self.generation = link.generation;
                    self.ask_at = Instant::now();
                }
            }
        }
        Ok(())
    }

    fn closed(&self) -> ReadError {
        ReadError::Unavailable {
            what: format!("the live feed of stream {}", self.stream.name),
            reason: "the connection is closed".to_owned(),
        }
    }

    fn hear(&mut self, message: Message) {
        let heard = Record::read(message).map(|record| self.progress.hear(record));
        if heard == Some(Heard::Hole) {
            self.connection.metrics.gaps.add(1, &[]);
            self.ask_at = Instant::now();
        }
    }

    fn hear_the_rest(&mut self) {
        while self.progress.ready() < MOST {
            match self.live.next().now_or_never() {
                Some(Some(message)) => self.hear(message),
                Some(None) | None => return,
            }
        }
    }

    /// Asks the store for what follows; now and then the leader, when replicas had nothing.
    async fn ask(&mut self) {
        if self.progress.leaders_turn() {
            // Counted before it is asked: a caller that cancels this wait must not come back to the same question.
            self.progress.nothing();
            self.ask_leader().await;
            return;
        }
        self.fetch = self.request().await;
        if self.fetch.is_none() {
            self.nothing();
        }
    }

    async fn request(&self) -> Option<Intake> {
        let asking = read::ask(&self.connection, &self.stream, self.progress.next(), None);
        timeout_at(Instant::now() + POLL, asking).await.ok()?.ok()
    }

    async fn ask_leader(&mut self) {
        let found = read::next_from_leader(&self.connection, &self.stream, self.progress.next(), ">").await;
        match found {
            Ok(Some(record)) => self.accept(Batch { records: vec![record], pending: 1 }),
            Ok(None) => self.nothing(),
            Err(error) => {
                tracing::debug!(stream = self.stream.name, %error, "leader does not answer a follower");
                self.nothing();
            }
        }
    }

    async fn take_in(&mut self) {
        let Some(intake) = self.fetch.as_mut() else { return };
        let outcome = intake.finish().await;
        self.fetch = None;
        match outcome {
            Ok(batch) if batch.records.is_empty() => self.nothing(),
            Ok(batch) => {
                self.accept(batch);
                // The next batch travels while the caller works on this one.
                if self.progress.behind() > 0 {
                    self.fetch = self.request().await;
                }
            }
            Err(NoAnswer::NoResponders | NoAnswer::TimedOut | NoAnswer::Disconnected) => self.nothing(),
        }
    }

    fn accept(&mut self, batch: Batch) {
        self.progress.accept(batch);
        self.ask_at = Instant::now() + POLL;
        // What the feed brought meanwhile is old, the next, or one more sign of how far the stream reaches.
        self.hear_the_rest();
        if self.progress.behind() > 0 {
            self.ask_at = Instant::now();
        }
    }

    /// A question brought nothing: the next one soon while something is known to be missing, but ever less soon.
    fn nothing(&mut self) {
        let behind = self.progress.behind() > 0;
        let fruitless = self.progress.nothing();
        let pause = if behind { (STALE_PAUSE * 2_u32.pow(fruitless.min(6))).min(POLL) } else { POLL };
        self.ask_at = Instant::now() + pause;
    }
}
