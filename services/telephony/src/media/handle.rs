//! What the service calls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use str0m::config::DtlsCert;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answered};
use super::browser::BrowserLink;
use super::config::Config;
use super::context::{Context, DATAGRAM};
use super::desk::Desk;
use super::error::MediaError;
use super::event::{MediaEvent, PlayId, Record, RtpState, Stats};
use super::figures::{Figures, Task, sum};
use super::order::Order;
use super::outbox::Outbox;
use super::ports::Ports;
use super::sound::Sound;
use super::wheel::{Wheel, place};
use super::wish::{Offers, Wish};
use super::writer::{self, Write};
use crate::ids::{CallId, LegId, LegKey};

/// Orders that may wait for a thread; beyond it, who orders waits.
const ORDERS: usize = 4_096;

/// All sound of this process. Cheap to clone.
#[derive(Clone)]
pub struct Media(Arc<Inner>);

struct Inner {
    config: Config,
    ports: Ports,
    desk: Desk,
    certificate: DtlsCert,
    threads: Vec<Thread>,
    writing: Arc<Task>,
}

struct Thread {
    orders: mpsc::Sender<Order>,
    figures: Arc<Figures>,
}

impl Media {
    /// Starts the threads. They end by `stop`, or when the last handle is dropped; recordings are closed then.
    pub fn start(config: Config, stop: CancellationToken) -> Result<(Self, mpsc::Receiver<MediaEvent>), MediaError> {
        if config.threads == 0 || config.events == 0 {
            return Err(MediaError::Config("at least one thread and room for one event are needed"));
        }
        if config.public.is_unspecified() || config.browser.is_some_and(|address| address.is_unspecified()) {
            return Err(MediaError::Config("the address that others are told has to be one"));
        }
        let ports = Ports::new(config.bind, &config.ports)?;
        let (events, receiver) = mpsc::channel(config.events);
        let writing = Arc::<Task>::default();
        let writer = writer::start(config.recordings.clone(), events.clone(), writing.clone())?;
        let begin = |_| begin(&config, events.clone(), writer.clone(), stop.clone());
        let threads = (0..config.threads).map(begin).collect::<Result<_, _>>()?;
        let certificate = answer::certificate()?;
        Ok((Self(Arc::new(Inner { config, ports, desk: Desk::default(), certificate, threads, writing })), receiver))
    }

    /// Our offer to a leg over SIP, which keeps its port through all its offers. `resume`: another gateway had the leg, its
    /// stream goes on; it counts at the leg's first offer only.
    pub async fn sip_offer(&self, key: LegKey, resume: Option<RtpState>) -> Result<Vec<u8>, MediaError> {
        self.sip_offer_as(key, resume, Wish::default()).await
    }

    /// As [`Self::sip_offer`], as the leg's line wants it: encrypted (SRTP, keys in the SDP), in Opus. What a leg wanted once it wants from then on.
    #[expect(clippy::unused_async, reason = "one shape for all that is asked")]
    pub async fn sip_offer_as(
        &self,
        key: LegKey,
        resume: Option<RtpState>,
        wish: impl Into<Wish>,
    ) -> Result<Vec<u8>, MediaError> {
        let resume = resume.map(|state| (state, unix_ms()));
        self.0.desk.offer(key, (&self.0.ports, self.0.config.public), resume, wish.into())
    }

    /// Our offers to a leg while it is not known which line takes it; [`Self::sip_answered_as`] says so.
    #[expect(clippy::unused_async, reason = "one shape for all that is asked")]
    pub async fn sip_offers(&self, key: LegKey) -> Result<Offers, MediaError> {
        self.0.desk.offers(key, (&self.0.ports, self.0.config.public))
    }

    /// Our answer to a peer's offer or new offer; the leg is connected by it.
    pub async fn sip_accept(&self, key: LegKey, offer: &[u8]) -> Result<Vec<u8>, MediaError> {
        self.sip_accept_as(key, offer, Wish::default()).await
    }

    /// As [`Self::sip_accept`], as the leg's line wants it.
    pub async fn sip_accept_as(&self, key: LegKey, offer: &[u8], wish: impl Into<Wish>) -> Result<Vec<u8>, MediaError> {
        let (answer, order) = self.0.desk.accept(key, (&self.0.ports, self.0.config.public), offer, wish.into())?;
        self.order(order).await?;
        Ok(answer)
    }

    /// The peer's answer to our offer; the leg is connected by it.
    pub async fn sip_answered(&self, key: LegKey, answer: &[u8]) -> Result<(), MediaError> {
        self.sip_answered_as(key, answer, Wish::default()).await
    }

    /// The peer's answer to the one of our offers that its line got.
    pub async fn sip_answered_as(&self, key: LegKey, answer: &[u8], wish: impl Into<Wish>) -> Result<(), MediaError> {
        let order = self.0.desk.answered(key, answer, wish.into())?;
        self.order(order).await
    }

    /// Our answer to a browser's offer. A second one for the same leg replaces the connection.
    pub async fn browser_leg(&self, key: LegKey, offer: &str) -> Result<String, MediaError> {
        let pair = self.0.ports.pair()?;
        let local = SocketAddr::new(self.0.config.browser.unwrap_or(self.0.config.public), pair.port);
        let prefer = self.0.config.browser_codec;
        let Answered { rtc, sdp, format } = answer::answer(offer, (local, prefer), &self.0.certificate)?;
        let link = Box::new(BrowserLink::new(key, (rtc, format), pair.sound, local, Instant::now()));
        self.order(Order::Browser { key, link }).await?;
        Ok(sdp)
    }

    /// Who hears whom: pairs of (listener, speaker), the whole matrix. Legs may still be to come. Stays until [`Self::close`].
    pub async fn hear(&self, call: CallId, pairs: BTreeSet<(LegId, LegId)>) -> Result<(), MediaError> {
        self.order(Order::Hear { call, pairs }).await
    }

    /// Plays a sound to a leg, which hears nobody meanwhile; a sound before it is replaced. [`MediaEvent::Played`] at its end.
    pub async fn play(&self, key: LegKey, play: PlayId, sound: Sound, looped: bool) -> Result<(), MediaError> {
        let (done, told) = oneshot::channel();
        self.order(Order::Play { key, play, sound, looped, done }).await?;
        match told.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(MediaError::UnknownLeg("a sound was to be played", key)),
            Err(_) => Err(MediaError::Stopped),
        }
    }

    /// Ends what is played to a leg, without an event.
    pub async fn stop_play(&self, key: LegKey) {
        self.tell(Order::StopPlay { key }).await;
    }

    /// Sends keys to a leg, one after the other: RFC 4733 events, or tones if the peer does not know those.
    pub async fn send_digits(&self, key: LegKey, digits: String) {
        self.tell(Order::Press { key, keys: digits }).await;
    }

    /// Steers a call's recording.
    pub async fn record(&self, call: CallId, order: Record) {
        self.tell(Order::Record { call, order }).await;
    }

    /// What another gateway needs to go on: the legs over SIP. Browsers come again by themselves.
    pub async fn states(&self, call: CallId) -> BTreeMap<LegId, RtpState> {
        let (reply, told) = oneshot::channel();
        self.tell(Order::States { call, reply }).await;
        told.await.unwrap_or_default()
    }

    /// Ends a leg; its port is free.
    pub async fn drop_leg(&self, key: LegKey) {
        self.0.desk.remove(key);
        self.tell(Order::Drop { key }).await;
    }

    /// Ends all of a call: legs, matrix, recording.
    pub async fn close(&self, call: CallId) {
        self.0.desk.close(call);
        self.tell(Order::Close { call }).await;
    }

    /// Figures of all threads. Those of calls and legs are at most a second old.
    pub fn stats(&self) -> Stats {
        let all = sum(self.0.threads.iter().map(|thread| &*thread.figures));
        Stats { writer_cpu_us: self.0.writing.cpu_us(), ..all }
    }

    async fn order(&self, order: Order) -> Result<(), MediaError> {
        let threads = &self.0.threads;
        let at = place(order.call(), 4 * threads.len() as u64) / 4;
        threads[at as usize].orders.send(order).await.map_err(|_| MediaError::Stopped)
    }

    /// An order that has nothing to be wrong about; when media has stopped, there is nothing left to be ordered.
    async fn tell(&self, order: Order) {
        if self.order(order).await.is_err() {
            tracing::debug!("an order came after media had stopped");
        }
    }
}

fn begin(
    config: &Config,
    events: mpsc::Sender<MediaEvent>,
    writer: std::sync::mpsc::SyncSender<Write>,
    stop: CancellationToken,
) -> Result<Thread, MediaError> {
    let figures = Arc::<Figures>::default();
    let (orders, receiver) = mpsc::channel(ORDERS);
    let cx = Context {
        now: Instant::now(),
        now_ms: unix_ms(),
        silence: config.silence,
        hold_ms: (config.hold_ms, config.most_hold_ms),
        inbound: vec![0; DATAGRAM],
        outbound: Vec::with_capacity(DATAGRAM),
        outbox: Outbox::new(events, figures.clone()),
        figures: figures.clone(),
        writer,
        unwritten: VecDeque::new(),
    };
    let wheel = Wheel::new(receiver, cx, stop);
    let spawned = thread::Builder::new().name("media".to_owned()).spawn(move || wheel.run());
    spawned.map_err(|error| MediaError::Thread("media", error))?;
    Ok(Thread { orders, figures })
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}
