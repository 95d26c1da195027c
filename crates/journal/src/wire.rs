//! Requests and their answers over one subscription.
//!
//! One inbox for the life of the process and a number for each request: no subscription, no name to make up and no
//! server work for an append. A ticket outlives retries, so a late answer to the first try still counts.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::{Client, HeaderMap, Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::{
    sync::{mpsc, watch},
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

type Waiting = Arc<Mutex<HashMap<u64, mpsc::UnboundedSender<Reply>>>>;

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

/// A place to wait for the answers of one request and its retries.
pub(crate) struct Ticket {
    waiting: Waiting,
    token: u64,
    /// Where answers are to be sent.
    pub reply_to: String,
    replies: mpsc::UnboundedReceiver<Reply>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        lock(&self.waiting).remove(&self.token);
    }
}

impl Ticket {
    /// The next answer, or why there is none until then.
    pub(crate) async fn answer(&mut self, until: Instant) -> Result<Reply, NoAnswer> {
        match timeout_at(until, self.replies.recv()).await {
            Ok(Some(Reply::Message(message))) if message.status == Some(StatusCode::NO_RESPONDERS) => {
                Err(NoAnswer::NoResponders)
            }
            Ok(Some(reply)) => Ok(reply),
            Ok(None) => Err(NoAnswer::Disconnected),
            Err(_) => Err(NoAnswer::TimedOut),
        }
    }
}

fn lock(waiting: &Waiting) -> std::sync::MutexGuard<'_, HashMap<u64, mpsc::UnboundedSender<Reply>>> {
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

    pub(crate) fn ticket(&self) -> Ticket {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, replies) = mpsc::unbounded_channel();
        lock(&self.waiting).insert(token, sender);
        Ticket { waiting: Arc::clone(&self.waiting), token, reply_to: format!("{}{token}", self.inbox), replies }
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn send(
        &self,
        ticket: &Ticket,
        subject: String,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> Result<(), async_nats::PublishError> {
        let reply = ticket.reply_to.clone();
        match headers {
            Some(headers) => self.client.publish_with_reply_and_headers(subject, reply, headers, payload).await,
            None => self.client.publish_with_reply(subject, reply, payload).await,
        }
    }

    /// One request, one answer. Sent again when the connection was made anew.
    pub(crate) async fn request(&self, subject: &str, payload: Bytes, patience: Duration) -> Result<Message, NoAnswer> {
        let until = Instant::now() + patience;
        let mut ticket = self.ticket();
        loop {
            let sent = timeout_at(until, self.send(&ticket, subject.to_owned(), None, payload.clone())).await;
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
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
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
    #[derive(serde::Deserialize)]
    struct Failed {
        error: Option<ApiError>,
    }
    let unreadable = |error: serde_json::Error| ApiError {
        code: 500,
        err_code: 0,
        description: format!("unreadable answer: {error}"),
    };
    let failed: Failed = serde_json::from_slice(payload).map_err(unreadable)?;
    match failed.error {
        Some(error) => Err(error),
        None => serde_json::from_slice(payload).map_err(unreadable),
    }
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
                    for sender in lock(&waiting).values() {
                        let _ = sender.send(Reply::Reconnected);
                    }
                }
            }
        }
    }
}

fn deliver(waiting: &Waiting, prefix: usize, message: Message) {
    let token = message.subject.get(prefix..).and_then(|token| token.parse::<u64>().ok());
    let Some(token) = token else { return };
    if let Some(sender) = lock(waiting).get(&token) {
        let _ = sender.send(Reply::Message(message));
    }
}
