//! A browser's connection as `docs/socket.md` describes it: one site at a time, a watchdog on silence, and everything
//! that has no answer sent again, with the same ids, to the next site.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use rand::Rng as _;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error as SocketError, Message, protocol::WebSocketConfig},
};

use super::frame::{Hear, Reference, Say};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(1);
/// After `retry: true`, the same frame goes out again after this.
const RETRY: Duration = Duration::from_millis(150);
/// How often a client looks whether the stage has changed.
const GLANCE: Duration = Duration::from_millis(100);
/// A site's death parts all of its browsers from it at one instant: each waits a part of this before it turns to the
/// next site, so that they do not all knock at one moment on the door where others are talking.
const SPREAD_MS: u64 = 600;
/// A client with nothing to say shows that it is there.
const PING: Duration = Duration::from_secs(10);
/// Heartbeat assumed until `welcome` says one.
const FIRST_HEARTBEAT: Duration = Duration::from_secs(2);

/// A site's door as a browser knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// `tokyo`, …
    pub name: String,
    /// Host and port.
    pub address: String,
}

/// What all clients of a talk are asked to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Connect, open, be assigned.
    Open = 0,
    /// Write all the time.
    Write = 1,
    /// Write nothing new; get everything answered and seen.
    Drain = 2,
    /// Close the conversations.
    Close = 3,
    /// Go home.
    Leave = 4,
}

/// The stage, shared by all clients of a talk.
#[derive(Debug, Clone, Default)]
pub struct Cue(Arc<AtomicU8>);

impl Cue {
    /// The stage now.
    pub fn stage(&self) -> Stage {
        match self.0.load(Ordering::Relaxed) {
            0 => Stage::Open,
            1 => Stage::Write,
            2 => Stage::Drain,
            3 => Stage::Close,
            _ => Stage::Leave,
        }
    }

    /// Moves everybody on.
    pub fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Carried out; the event's number, 0 where there is none.
    Done(u64),
    /// Refused for good, with the protocol's word.
    Refused(String),
}

/// Who uses the connection: a customer or an agent.
pub trait Part {
    /// Signed in, for the first time or again: watch what is to be watched.
    fn welcomed(&mut self, out: &mut Outbox);
    /// A frame that is no answer.
    fn heard(&mut self, frame: &Hear<'_>, out: &mut Outbox);
    /// An answer to a question that was asked.
    fn answered(&mut self, reference: Reference, answer: Answer, out: &mut Outbox);
    /// Called at least every 100 ms and at the instant that the last call returned.
    fn woken(&mut self, out: &mut Outbox) -> Option<Instant>;
    /// True when there is nothing left to do.
    fn finished(&self) -> bool;
}

/// Frames to send, and questions that have no answer yet.
#[derive(Debug, Default)]
pub struct Outbox {
    last: u64,
    ready: Vec<String>,
    waiting: BTreeMap<Reference, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    frame: String,
    again_at: Option<Instant>,
    lasting: bool,
}

impl Outbox {
    /// Asks something that must be answered, by whichever site: it is sent again until it is.
    pub fn ask(&mut self, say: impl FnOnce(Reference) -> String) -> Reference {
        self.put(say, true)
    }

    /// Asks something that means nothing on another connection (a watch).
    pub fn ask_here(&mut self, say: impl FnOnce(Reference) -> String) -> Reference {
        self.put(say, false)
    }

    /// Says something that gets no answer.
    pub fn tell(&mut self, say: &Say<'_>) {
        self.ready.push(write(say));
    }

    /// Questions without an answer.
    pub fn open_questions(&self) -> usize {
        self.waiting.len()
    }

    fn put(&mut self, say: impl FnOnce(Reference) -> String, lasting: bool) -> Reference {
        self.last += 1;
        let reference = Reference(self.last);
        let frame = say(reference);
        self.ready.push(frame.clone());
        let waiting = Waiting { frame, again_at: None, lasting };
        self.waiting.insert(reference, waiting);
        reference
    }

    fn start_again(&mut self) {
        self.ready.clear();
        self.waiting.retain(|_, waiting| waiting.lasting);
        for waiting in self.waiting.values_mut() {
            waiting.again_at = None;
        }
    }

    fn unanswered(&self) -> Vec<String> {
        let frames = self.waiting.values().filter(|waiting| waiting.lasting);
        frames.map(|waiting| waiting.frame.clone()).collect()
    }

    fn postpone(&mut self, reference: Reference, until: Instant) {
        if let Some(waiting) = self.waiting.get_mut(&reference) {
            waiting.again_at = Some(until);
        }
    }

    fn release(&mut self, now: Instant) {
        for waiting in self.waiting.values_mut() {
            if waiting.again_at.is_some_and(|at| at <= now) {
                waiting.again_at = None;
                self.ready.push(waiting.frame.clone());
            }
        }
    }
}

/// A frame as text.
pub fn write(say: &Say<'_>) -> String {
    serde_json::to_string(say).unwrap_or_default()
}

/// A party's way to the center.
pub struct Link {
    /// Every site, home first.
    pub sites: Vec<Site>,
    /// From sign-in; good at every site.
    pub token: String,
    /// What to do now.
    pub cue: Cue,
    /// Which of the sites is used.
    pub at: usize,
    /// How often it connected after the first time.
    pub reconnects: u64,
}

/// Why a connection is over.
enum Over {
    Finished,
    Lost,
}

impl Link {
    /// A link that starts at the first of `sites`.
    pub fn new(sites: Vec<Site>, token: String, cue: Cue) -> Self {
        Self { sites, token, cue, at: 0, reconnects: 0 }
    }

    /// Plays `part` until it has finished or everybody is sent home; connects as often as it takes.
    pub async fn run<P: Part>(&mut self, part: &mut P) -> usize {
        let mut out = Outbox::default();
        let mut failures = 0;
        while self.cue.stage() != Stage::Leave {
            out.start_again();
            let Some(socket) = self.connect().await else {
                failures += 1;
                self.next_site(failures).await;
                continue;
            };
            let mut talk = Talk::new(socket, &self.cue);
            let over = talk.run(part, &mut out, &self.token).await;
            if matches!(over, Ok(Over::Finished)) {
                break;
            }
            failures = if talk.welcome { 0 } else { failures + 1 };
            self.reconnects += 1;
            if talk.welcome {
                pause_up_to(SPREAD_MS).await;
            }
            self.next_site(failures).await;
        }
        out.open_questions()
    }

    async fn connect(&self) -> Option<WebSocketStream<TcpStream>> {
        let site = self.sites.get(self.at)?;
        let dial = async {
            let stream = TcpStream::connect(&site.address).await.ok()?;
            stream.set_nodelay(true).ok()?;
            let config = WebSocketConfig::default().read_buffer_size(16 * 1024).write_buffer_size(32 * 1024);
            let url = format!("ws://{}/socket", site.address);
            let (socket, _) = client_async_with_config(url, stream, Some(config)).await.ok()?;
            Some(socket)
        };
        timeout(CONNECT, dial).await.ok().flatten()
    }

    async fn next_site(&mut self, failures: u64) {
        self.at = (self.at + 1) % self.sites.len();
        let rounds = failures / self.sites.len() as u64;
        if rounds > 0 {
            let wait = (100 << rounds.min(5)).min(2_000) / 2;
            tokio::time::sleep(Duration::from_millis(wait)).await;
            pause_up_to(wait).await;
        }
    }
}

async fn pause_up_to(millis: u64) {
    let pause = rand::rng().random_range(0..=millis);
    tokio::time::sleep(Duration::from_millis(pause)).await;
}

struct Talk<'a> {
    socket: WebSocketStream<TcpStream>,
    cue: &'a Cue,
    heard_at: Instant,
    said_at: Instant,
    heartbeat: Duration,
    welcome: bool,
    must_go: bool,
}

impl<'a> Talk<'a> {
    fn new(socket: WebSocketStream<TcpStream>, cue: &'a Cue) -> Self {
        Self {
            socket,
            cue,
            heard_at: Instant::now(),
            said_at: Instant::now(),
            heartbeat: FIRST_HEARTBEAT,
            welcome: false,
            must_go: false,
        }
    }

    async fn run<P: Part>(&mut self, part: &mut P, out: &mut Outbox, token: &str) -> Result<Over, SocketError> {
        let hello = Say::Hello { protocol: 1, token, language: "ja" };
        self.socket.send(Message::text(write(&hello))).await?;
        let alarm = sleep_until(self.heard_at + GLANCE);
        tokio::pin!(alarm);
        loop {
            tokio::select! {
                biased;
                message = self.socket.next() => {
                    let Some(message) = message else { return Ok(Over::Lost) };
                    self.take(message?, part, out);
                    while let Some(Some(message)) = self.socket.next().now_or_never() {
                        self.take(message?, part, out);
                    }
                }
                () = &mut alarm => {}
            }
            let now = Instant::now();
            if self.must_go || now - self.heard_at > self.heartbeat.mul_f32(2.5) {
                return Ok(Over::Lost);
            }
            let next = self.wake(part, out, now);
            if next < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(next);
            }
            self.send(out).await?;
            if part.finished() || self.cue.stage() == Stage::Leave {
                let _ = self.socket.close(None).await;
                return Ok(Over::Finished);
            }
        }
    }

    fn wake<P: Part>(&mut self, part: &mut P, out: &mut Outbox, now: Instant) -> Instant {
        let glance = now + GLANCE;
        if !self.welcome {
            return glance;
        }
        out.release(now);
        if now - self.said_at > PING {
            out.tell(&Say::Ping);
        }
        if !out.ready.is_empty() {
            self.said_at = now;
        }
        part.woken(out).map_or(glance, |at| at.min(glance))
    }

    async fn send(&mut self, out: &mut Outbox) -> Result<(), SocketError> {
        if !self.welcome || out.ready.is_empty() {
            return Ok(());
        }
        for frame in out.ready.drain(..) {
            self.socket.feed(Message::text(frame)).await?;
        }
        self.socket.flush().await
    }

    fn take<P: Part>(&mut self, message: Message, part: &mut P, out: &mut Outbox) {
        self.heard_at = Instant::now();
        let Message::Text(text) = message else { return };
        let Ok(frame) = serde_json::from_str::<Hear<'_>>(&text) else {
            tracing::warn!(bytes = text.len(), "a frame could not be read");
            return;
        };
        match frame.kind.as_ref() {
            "welcome" => {
                self.welcome = true;
                if let Some(ms) = frame.heartbeat_ms {
                    self.heartbeat = Duration::from_millis(ms);
                }
                let again = out.unanswered();
                part.welcomed(out);
                out.ready.extend(again);
            }
            "done" | "error" => self.settle(&frame, part, out),
            "move" => self.must_go = true,
            "pong" => {}
            _ => part.heard(&frame, out),
        }
    }

    fn settle<P: Part>(&mut self, frame: &Hear<'_>, part: &mut P, out: &mut Outbox) {
        let Some(reference) = frame.asked() else {
            return;
        };
        if frame.kind == "error" && frame.retry {
            out.postpone(reference, self.heard_at + RETRY);
            return;
        }
        if out.waiting.remove(&reference).is_none() {
            return;
        }
        let answer = if frame.kind == "done" {
            Answer::Done(frame.number.unwrap_or(0))
        } else {
            Answer::Refused(frame.reason.as_deref().unwrap_or("").to_owned())
        };
        part.answered(reference, answer, out);
    }
}
