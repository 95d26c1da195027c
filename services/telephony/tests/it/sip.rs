//! Signalling on real sockets: a bare peer that says what the test wants, and sipp.

mod changes;
mod hostile;
mod incoming;
mod load;
mod outgoing;
pub mod peer;
pub mod phones;
mod streams;
mod takeover;
mod trunks;

use std::time::Duration;

use telephony::{
    ids::LegKey,
    sip::{Config, Counts, Ended, Sip, SipEvent, Snapshot, Transport, Trunk, admission::Limits, session},
};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use self::peer::{PATIENCE, Peer};

/// A gateway under test, and what it tells.
pub struct Gateway {
    pub sip: Sip,
    pub events: mpsc::Receiver<SipEvent>,
    pub stop: CancellationToken,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Settings for tests: loopback, and retransmissions twenty times faster, so that time-outs are seen too.
pub fn settings() -> Config {
    Config {
        udp: Some("127.0.0.1:0".parse().unwrap()),
        trunks: vec![loopback("line")],
        limits: Limits { calls_per_s: 0, burst: 1, at_once: 0 },
        session: session::Settings { interval_s: 0, min_s: 90 },
        strangers_per_s: 0,
        t1_ms: 25,
        ..Config::default()
    }
}

/// A trunk that takes calls from this machine and is never asked or called.
pub fn loopback(id: &str) -> Trunk {
    let mut trunk = Trunk::new(id, "127.0.0.1", 9);
    trunk.probe = false;
    trunk
}

impl Gateway {
    pub async fn start(config: Config) -> Self {
        let stop = CancellationToken::new();
        let (sip, events) = Sip::start(config, stop.clone()).await.unwrap();
        Self { sip, events, stop }
    }

    pub async fn peer(&self) -> Peer {
        Peer::new(self.sip.address(Transport::Udp).unwrap()).await
    }

    pub async fn event(&mut self) -> SipEvent {
        timeout(PATIENCE, self.events.recv()).await.expect("no event came").unwrap()
    }

    pub async fn incoming(&mut self) -> LegKey {
        let event = self.event().await;
        let SipEvent::Incoming { key, .. } = event else { panic!("{event:?} instead of a call") };
        key
    }

    pub async fn confirmed(&mut self) -> Snapshot {
        let event = self.event().await;
        let SipEvent::Confirmed { snapshot, .. } = event else { panic!("{event:?} instead of Confirmed") };
        snapshot
    }

    pub async fn ended(&mut self) -> (LegKey, Ended) {
        let event = self.event().await;
        let SipEvent::Ended { key, why } = event else { panic!("{event:?} instead of Ended") };
        (key, why)
    }

    /// Nothing is left of any call: no leg, no dialog, no transaction.
    pub async fn is_empty(&mut self) {
        let empty = |counts: &Counts| counts.legs == 0 && counts.dialogs == 0 && counts.transactions == 0;
        wait_for(|| empty(&self.sip.counts()), || format!("{:?}", self.sip.counts())).await;
        if let Ok(event) = self.events.try_recv() {
            panic!("{event:?} after the end");
        }
    }

    /// A call that stands: the leg, its snapshot and the peer's side.
    pub async fn standing(&mut self, peer: &mut Peer, call_id: &str) -> (LegKey, Snapshot, peer::Dialog) {
        let mut dialog = peer.calls(call_id).await;
        let key = self.incoming().await;
        self.sip.answer(key, OURS.into()).await.unwrap();
        peer.answered(&mut dialog).await;
        peer.ack(&dialog, "ack").await;
        (key, self.confirmed().await, dialog)
    }
}

/// What the gateway offers and answers in tests.
pub const OURS: &str =
    "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

/// Waits for a condition.
pub async fn wait_for(condition: impl Fn() -> bool, tell: impl Fn() -> String) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if timeout(PATIENCE, waiting).await.is_err() {
        panic!("it never happened: {}", tell());
    }
}
