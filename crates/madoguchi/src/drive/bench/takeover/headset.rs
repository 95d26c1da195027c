//! A browser's half of a call's sound, by a WebRTC stack: says the agent's tone and listens for the caller's.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcError,
    change::{SdpAnswer, SdpPendingOffer},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive},
    rtp::RtpWrite,
};
use tokio::{net::UdpSocket, time::sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::tone::{self, Ear};
use crate::drive::Error;

/// A packet's time.
const TICK: Duration = Duration::from_millis(20);

/// A connection that was offered and not answered yet.
pub(super) struct Offered {
    rtc: Rtc,
    pending: SdpPendingOffer,
    mid: Mid,
    socket: UdpSocket,
    here: SocketAddr,
    /// What the center is sent.
    pub(super) sdp: String,
}

impl Offered {
    /// Opens a socket and describes itself.
    pub(super) async fn make() -> Result<Self, Error> {
        let failed = |why: String| Error::Answer(format!("an agent's headset: {why}"));
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| failed(error.to_string()))?;
        let here = socket.local_addr().map_err(|error| failed(error.to_string()))?;
        let mut config = Rtc::builder().set_rtp_mode(true).clear_codecs();
        config.codec_config().enable_pcmu(true, false);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(here, "udp").map_err(|error| failed(error.to_string()))?);
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().ok_or_else(|| failed("nothing to offer".to_owned()))?;
        let sdp = offer.to_sdp_string();
        Ok(Self { rtc, pending, mid, socket, here, sdp })
    }

    /// Connects; it talks until the guard is dropped.
    pub(super) fn answered(mut self, answer: &str, ear: Arc<Ear>) -> Result<DropGuard, Error> {
        let failed = |why: String| Error::Answer(format!("the center's answer to a headset: {why}"));
        let answer = SdpAnswer::from_sdp_string(answer).map_err(|error| failed(error.to_string()))?;
        self.rtc.sdp_api().accept_answer(self.pending, answer).map_err(|error| failed(error.to_string()))?;
        let stop = CancellationToken::new();
        let wire = Wire { rtc: self.rtc, mid: self.mid, socket: self.socket, here: self.here, ear, count: 0 };
        let ended = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                Err(error) = wire.talk() => tracing::warn!(%error, "a headset failed"),
            }
        });
        Ok(stop.drop_guard())
    }
}

struct Wire {
    rtc: Rtc,
    mid: Mid,
    socket: UdpSocket,
    here: SocketAddr,
    ear: Arc<Ear>,
    count: u32,
}

impl Wire {
    async fn talk(mut self) -> Result<(), RtcError> {
        let said = tone::packet(tone::AGENT);
        let (mut bytes, mut next, mut up) = (vec![0; 2_048], None::<Instant>, false);
        while self.rtc.is_alive() {
            let due = self.put_out(&mut up).await?;
            if up && next.is_none() {
                next = Some(Instant::now());
            }
            let wake = next.map_or(due, |next| next.min(due));
            tokio::select! {
                biased;
                () = sleep_until(wake.into()) => {
                    if let Some(at) = next.filter(|at| *at <= Instant::now()) {
                        next = Some(at + TICK);
                        self.say(&said)?;
                    }
                    self.rtc.handle_input(Input::Timeout(Instant::now()))?;
                }
                got = self.socket.recv_from(&mut bytes) => {
                    // A port that is closed says so; what follows of it is ICE's business.
                    let Ok((length, source)) = got else { continue };
                    let Ok(contents) = (&bytes[..length]).try_into() else { continue };
                    let received = Receive { proto: Protocol::Udp, source, destination: self.here, contents };
                    self.rtc.handle_input(Input::Receive(Instant::now(), received))?;
                }
            }
        }
        Ok(())
    }

    /// Sends what is to be sent; when it must be woken.
    async fn put_out(&mut self, up: &mut bool) -> Result<Instant, RtcError> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(due) => return Ok(due),
                Output::Transmit(packet) => {
                    let _ = self.socket.send_to(&packet.contents, packet.destination).await;
                }
                Output::Event(Event::RtpPacket(packet)) => self.ear.take(&packet.payload),
                Output::Event(event) => *up |= matches!(event, Event::Connected),
            }
        }
    }

    fn say(&mut self, said: &[u8]) -> Result<(), RtcError> {
        let (number, at) = (u64::from(self.count), self.count.wrapping_mul(tone::PACKET as u32));
        self.count += 1;
        let mut direct = self.rtc.direct_api();
        if let Some(stream) = direct.stream_tx_by_mid(self.mid, None) {
            stream.write_rtp(RtpWrite::new(0.into(), number.into(), at, Instant::now(), said.to_vec()));
        }
        Ok(())
    }
}
