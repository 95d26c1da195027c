//! Requests and their answers over one subscription.
//!
//! One inbox for the life of the process and a number for each request: no subscription, no name to make up and no
//! server work for an append. A ticket outlives retries, so a late answer to the first try still counts.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::{Client, HeaderMap, Message, PublishError, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use crate::connection::LinkState;

/// What a waiting request is told.
pub(crate) enum Reply {
    /// An answer.
    Message(Message),
    /// The connection was made anew: what was sent before may be gone.
    Reconnected,
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nobody answered in time.
    TimedOut,
    /// Nobody listens: no stream, or no leader.
    NoResponders,
    /// No connection.
    Disconnected,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoAnswer::TimedOut => "timed out",
            NoAnswer::NoResponders => "nobody listens: no stream or no leader",
            NoAnswer::Disconnected => "not connected",
        })
    }
}

type Waiting = Arc<Mutex<HashMap<u64, Waiter>>>;

/// Where answers with one number go.
enum Waiter {
    One(oneshot::Sender<Reply>),
    Many(mpsc::UnboundedSender<Reply>),
}

/// The process's inbox.
pub(crate) struct Wire {
    client: Client,
    inbox: String,
    waiting: Waiting,
    next: AtomicU64,
    pump: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

/// A number of the inbox, as long as somebody waits for it.
struct Token {
    waiting: Waiting,
    token: u64,
    reply_to: Subject,
}

impl Drop for Token {
    fn drop(&mut self) {
        lock(&self.waiting).remove(&self.token);
    }
}

/// A place to wait for one answer to a request and its retries.
pub(crate) struct Ticket {
    token: Token,
    reply: Option<oneshot::Receiver<Reply>>,
}

impl Ticket {
    /// The answer, or why there is none until then. What a try left unanswered may still be answered during the next.
    pub(crate) async fn answer(&mut self, until: Instant) -> Result<Reply, NoAnswer> {
        let Some(reply) = self.reply.as_mut() else {
            return Err(NoAnswer::Disconnected);
        };
        let answer = timeout_at(until, reply).await.map_err(|_| NoAnswer::TimedOut)?;
        self.reply = None;
        // A sender that was dropped is how all waiting requests hear of a new connection at once.
        known(Some(answer.unwrap_or(Reply::Reconnected)))
    }

    /// Waits anew after an answer that was not the last word.
    fn rearm(&mut self) {
        if self.reply.is_none() {
            let (sender, reply) = oneshot::channel();
            lock(&self.token.waiting).insert(self.token.token, Waiter::One(sender));
            self.reply = Some(reply);
        }
    }
}

/// A place to wait for the many answers of one request.
pub(crate) struct Batches {
    _token: Token,
    replies: mpsc::UnboundedReceiver<Reply>,
}

impl Batches {
    /// The next answer, or why there is none until then. Cancel-safe.
    pub(crate) async fn answer(&mut self, until: Instant) -> Result<Reply, NoAnswer> {
        if let Ok(reply) = self.replies.try_recv() {
            return known(Some(reply));
        }
        let answer = timeout_at(until, self.replies.recv()).await;
        known(answer.map_err(|_| NoAnswer::TimedOut)?)
    }
}

fn known(answer: Option<Reply>) -> Result<Reply, NoAnswer> {
    match answer {
        Some(Reply::Message(message)) if message.status == Some(StatusCode::NO_RESPONDERS) => {
            Err(NoAnswer::NoResponders)
        }
        Some(reply) => Ok(reply),
        None => Err(NoAnswer::Disconnected),
    }
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashMap<u64, Waiter>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    pub(crate) async fn start(
        client: Client,
        link: watch::Receiver<LinkState>,
    ) -> Result<Wire, async_nats::SubscribeError> {
        let inbox = format!("{}.", client.new_inbox());
        let subscriber = client.subscribe(format!("{inbox}*")).await?;
        let waiting = Waiting::default();
        let pump = tokio::spawn(pump(subscriber, link, Arc::clone(&waiting), inbox.len()));
        Ok(Wire { client, inbox, waiting, next: AtomicU64::new(0), pump })
    }

    fn token(&self, waiter: Waiter) -> Token {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.waiting).insert(token, waiter);
        Token { waiting: Arc::clone(&self.waiting), token, reply_to: Subject::from(format!("{}{token}", self.inbox)) }
    }

    pub(crate) fn ticket(&self) -> Ticket {
        let (sender, reply) = oneshot::channel();
        Ticket { token: self.token(Waiter::One(sender)), reply: Some(reply) }
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn send(
        &self,
        ticket: &mut Ticket,
        subject: Subject,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<(), PublishError> {
        ticket.rearm();
        let reply = ticket.token.reply_to.clone();
        self.client.publish_with_reply_and_headers(subject, reply, headers, payload).await
    }

    /// Sends a request that has many answers.
    pub(crate) async fn ask(&self, subject: String, payload: Bytes) -> Result<Batches, PublishError> {
        let (sender, replies) = mpsc::unbounded_channel();
        let token = self.token(Waiter::Many(sender));
        let reply = token.reply_to.clone();
        self.client.publish_with_reply(subject, reply, payload).await?;
        Ok(Batches { _token: token, replies })
    }

    /// One request, one answer. Sent again when the connection was made anew.
    pub(crate) async fn request(&self, subject: &str, payload: Bytes, patience: Duration) -> Result<Message, NoAnswer> {
        let until = Instant::now() + patience;
        let mut ticket = self.ticket();
        let subject = Subject::from(subject);
        loop {
            ticket.rearm();
            let reply = ticket.token.reply_to.clone();
            let sending = self.client.publish_with_reply(subject.clone(), reply, payload.clone());
            let sent = timeout_at(until, sending).await;
            match sent {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(NoAnswer::Disconnected),
                Err(_) => return Err(NoAnswer::TimedOut),
            }
            match ticket.answer(until).await? {
                Reply::Message(message) => return Ok(message),
                Reply::Reconnected => {}
            }
        }
    }

    /// One request to the JetStream API, its JSON answer.
    pub(crate) async fn api<T: DeserializeOwned>(
        &self,
        subject: &str,
        payload: &serde_json::Value,
        patience: Duration,
    ) -> Result<Result<T, ApiError>, NoAnswer> {
        let payload = if payload.is_null() { Bytes::new() } else { Bytes::from(payload.to_string()) };
        let message = self.request(subject, payload, patience).await?;
        Ok(parse(&message.payload))
    }
}

/// A JetStream error answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct ApiError {
    /// HTTP-like class.
    #[serde(default)]
    pub code: u32,
    /// The precise error.
    #[serde(default)]
    pub err_code: u32,
    /// The server's words.
    #[serde(default)]
    pub description: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.description, self.err_code)
    }
}

/// Reads a JSON answer: the error first, because error answers carry well-formed nonsense beside it (`"seq":0`).
pub(crate) fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, ApiError> {
    #[derive(Deserialize)]
    struct Failed {
        error: Option<ApiError>,
    }
    let failed: Failed = serde_json::from_slice(payload).map_err(|error| unreadable(&error))?;
    match failed.error {
        Some(error) => Err(error),
        None => serde_json::from_slice(payload).map_err(|error| unreadable(&error)),
    }
}

/// An answer that is not what it should be.
pub(crate) fn unreadable(error: &serde_json::Error) -> ApiError {
    ApiError { code: 500, err_code: 0, description: format!("unreadable answer: {error}") }
}

async fn pump(mut subscriber: Subscriber, mut link: watch::Receiver<LinkState>, waiting: Waiting, prefix: usize) {
    let mut generation = link.borrow_and_update().generation;
    loop {
        tokio::select! {
            biased;
            message = subscriber.next() => match message {
                Some(message) => deliver(&waiting, prefix, message),
                None => return,
            },
            changed = link.changed() => {
                if changed.is_err() {
                    return;
                }
                let now = *link.borrow_and_update();
                if now.connected && now.generation != generation {
                    generation = now.generation;
                    wake_all(&waiting);
                }
            }
        }
    }
}

fn wake_all(waiting: &Waiting) {
    lock(waiting).retain(|_, waiter| match waiter {
        Waiter::Many(sender) => sender.send(Reply::Reconnected).is_ok(),
        Waiter::One(_) => false,
    });
}

fn deliver(waiting: &Waiting, prefix: usize, message: Message) {
    let token = message.subject.get(prefix..).and_then(|token| token.parse::<u64>().ok());
    let Some(token) = token else { return };
    let mut waiting = lock(waiting);
    match waiting.get(&token) {
        Some(Waiter::Many(sender)) => {
            let _ = sender.send(Reply::Message(message));
        }
        Some(Waiter::One(_)) => {
            let waiter = waiting.remove(&token);
            drop(waiting);
            if let Some(Waiter::One(sender)) = waiter {
                let _ = sender.send(Reply::Message(message));
            }
        }
        None => {}
    }
}
