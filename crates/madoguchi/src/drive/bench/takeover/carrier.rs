//! The callers: a carrier's side of signalling, and plain RTP for each call.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use telephony::{
    ids::{CallId, LegKey},
    media::{
        rtp::{self, Header},
        sdp::parse::parse,
    },
    sip::{Caller, Config, Hangup, Sip, SipEvent, Target, Trunk, admission::Limits},
};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::tone::{self, Ear};
use crate::drive::Error;

/// A packet's time.
const TICK: Duration = Duration::from_millis(20);

/// A carrier that calls in.
pub(super) struct Carrier {
    sip: Sip,
    lines: Arc<Lines>,
    _stop: DropGuard,
}

type Lines = Mutex<BTreeMap<LegKey, Arc<Line>>>;

/// One caller.
pub(super) struct Line {
    key: LegKey,
    /// The number that is shown.
    pub(super) number: String,
    /// Listens for the agent.
    pub(super) ear: Ear,
    /// Refuses every change: its call cannot be taken over.
    refuses: bool,
    port: u16,
    to: Mutex<Option<SocketAddr>>,
    stop: CancellationToken,
}

impl Carrier {
    /// Listens on a port of its own.
    pub(super) async fn start() -> Result<Self, Error> {
        let mut trunk = Trunk::new("center", "127.0.0.1", 9);
        trunk.probe = false;
        let config = Config {
            udp: Some((Ipv4Addr::LOCALHOST, 0).into()),
            trunks: vec![trunk],
            limits: Limits { calls_per_s: 0, burst: 1, at_once: 0 },
            ..Config::default()
        };
        let stop = CancellationToken::new();
        let started = Sip::start(config, stop.clone()).await;
        let (sip, events) = started.map_err(|error| Error::Answer(format!("the callers' signalling: {error}")))?;
        let lines = Arc::new(Lines::default());
        tokio::spawn(hear(sip.clone(), events, Arc::clone(&lines)));
        Ok(Self { sip, lines, _stop: stop.drop_guard() })
    }

    /// Calls a site.
    pub(super) async fn call(&self, site: SocketAddr, number: &str, refuses: bool) -> Result<Arc<Line>, Error> {
        let failed = |why: String| Error::Answer(format!("a caller cannot call {site}: {why}"));
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| failed(error.to_string()))?;
        let port = socket.local_addr().map_err(|error| failed(error.to_string()))?.port();
        let line = Arc::new(Line {
            key: CallId::new().leg(0),
            number: number.to_owned(),
            ear: Ear::new(tone::AGENT),
            refuses,
            port,
            to: Mutex::default(),
            stop: CancellationToken::new(),
        });
        lock(&self.lines).insert(line.key, Arc::clone(&line));
        tokio::spawn(talk(socket, Arc::clone(&line)));
        let caller = Caller { number: number.to_owned(), name: String::new() };
        let invited =
            self.sip.invite(line.key, Target::Uri(format!("sip:0120@{site}")), caller, line.sdp().into()).await;
        invited.map_err(|error| failed(error.to_string()))?;
        Ok(line)
    }

    /// Hangs up; a center that has lost the call does not answer, and that is waited for by nobody.
    pub(super) fn hang_up(&self, line: &Arc<Line>) {
        line.stop.cancel();
        lock(&self.lines).remove(&line.key);
        let (sip, key) = (self.sip.clone(), line.key);
        tokio::spawn(async move { sip.hangup(key, Hangup::Over).await });
    }
}

async fn hear(sip: Sip, mut events: mpsc::Receiver<SipEvent>, lines: Arc<Lines>) {
    while let Some(event) = events.recv().await {
        match event {
            SipEvent::Answered { key, sdp, .. } | SipEvent::PeerAnswer { key, sdp, .. } => {
                if let Some(line) = lock(&lines).get(&key) {
                    line.point(&sdp);
                }
            }
            SipEvent::Changing { key, sdp } => {
                let Some(line) = lock(&lines).get(&key).cloned() else { continue };
                let sip = sip.clone();
                tokio::spawn(async move {
                    if line.refuses {
                        return sip.refuse_change(key, 488).await;
                    }
                    line.point(&sdp);
                    sip.accept_change(key, line.sdp()).await.map(|_| ())
                });
            }
            SipEvent::Ended { key, .. } => {
                if let Some(line) = lock(&lines).remove(&key) {
                    line.stop.cancel();
                }
            }
            SipEvent::Incoming { .. }
            | SipEvent::Ringing { .. }
            | SipEvent::Confirmed { .. }
            | SipEvent::Digit { .. }
            | SipEvent::Transfer { .. }
            | SipEvent::Referred { .. } => {}
        }
    }
}

impl Line {
    /// Whether the center hung up, or never answered.
    pub(super) fn is_over(&self) -> bool {
        self.stop.is_cancelled()
    }

    fn sdp(&self) -> Vec<u8> {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n",
            self.port
        );
        text.into_bytes()
    }

    /// Sound goes to where this description wants it.
    fn point(&self, sdp: &[u8]) {
        let line = parse(sdp).ok().and_then(|session| session.media.into_iter().next());
        if let Some((address, port)) = line.and_then(|line| Some((line.address?, line.port))) {
            *lock(&self.to) = Some((address, port).into());
        }
    }
}

/// Says the tone all the time, and listens.
async fn talk(socket: UdpSocket, line: Arc<Line>) {
    let (said, ssrc) = (tone::packet(tone::CALLER), rand::random());
    let (mut bytes, mut out, mut count) = (vec![0; 2_048], Vec::new(), 0u32);
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        tokio::select! {
            () = line.stop.cancelled() => return,
            _ = tick.tick() => {
                let Some(to) = *lock(&line.to) else { continue };
                let header = Header {
                    marker: count == 0,
                    payload_type: 0,
                    sequence: count as u16,
                    timestamp: count.wrapping_mul(tone::PACKET as u32),
                    ssrc,
                };
                count += 1;
                rtp::write(&header, &said, &mut out);
                // A dead gateway's port refuses: the next one is pointed to soon.
                let _ = socket.send_to(&out, to).await;
            }
            got = socket.recv_from(&mut bytes) => {
                let Ok((length, _)) = got else { continue };
                if let Some((header, codes)) = rtp::parse(&bytes[..length])
                    && header.payload_type == 0
                {
                    line.ear.take(codes);
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
