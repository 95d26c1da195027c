//! A leg over WebRTC: a browser's softphone.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{MediaAdded, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Event, IceConnectionState, Input, Output, Rtc};

use super::context::{Context, DATAGRAM};
use super::event::MediaEvent;
use super::figures::add;
use super::format::Format;
use super::inbox::{Inbox, Kind};
use super::quality::Seen;
use super::rtp::Header;
use super::sdp::agree::Events;
use crate::ids::LegKey;

/// Datagrams read in a tick at most.
const MOST_A_TICK: usize = 16;
/// A browser that has not connected by then is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser's connection.
pub(super) struct BrowserLink {
    key: LegKey,
    rtc: Rtc,
    socket: UdpSocket,
    /// What the browser was told that we are: what it sends comes to here.
    local: SocketAddr,
    began: Instant,
    due: Instant,
    state: State,
    mid: Option<Mid>,
    /// What was agreed on.
    pub(super) format: Format,
    sound: Option<Pt>,
    keys: Option<Events>,
    sequence: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Up,
    Gone,
}

impl BrowserLink {
    pub(super) fn new(
        key: LegKey,
        (rtc, format): (Rtc, Format),
        socket: UdpSocket,
        local: SocketAddr,
        now: Instant,
    ) -> Self {
        // The low half of the numbers: the first round has to begin and end where the browser expects it.
        let sequence = u64::from(rand::random::<u16>() >> 1);
        let (state, mid, sound, keys) = (State::Connecting, None, None, None);
        Self { key, rtc, socket, local, began: now, due: now, state, mid, format, sound, keys, sequence }
    }

    /// Whether it is still shaking hands, and so in a hurry.
    pub(super) fn is_connecting(&self) -> bool {
        self.state == State::Connecting
    }

    /// How keys are sent, if the browser knows them.
    pub(super) fn keys(&self) -> Option<Events> {
        self.keys
    }

    /// Reads what has come, and lets time pass.
    pub(super) fn receive(&mut self, inbox: &mut Inbox, cx: &mut Context) {
        if self.state == State::Gone {
            return;
        }
        for _ in 0..MOST_A_TICK {
            let mut bytes = [0; DATAGRAM];
            let Ok((length, source)) = self.socket.recv_from(&mut bytes) else { break };
            let Ok(contents) = (&bytes[..length]).try_into() else {
                add(&cx.figures.strange, 1);
                continue;
            };
            let received = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
            self.input(Input::Receive(cx.now, received), inbox, cx);
        }
        if cx.now >= self.due {
            self.input(Input::Timeout(cx.now), inbox, cx);
        }
        if self.is_connecting() && cx.now.saturating_duration_since(self.began) >= PATIENCE {
            self.gone(cx);
        }
    }

    /// Sends a payload with the stream's next sequence number.
    pub(super) fn send(
        &mut self,
        (keys, marker, timestamp): (bool, bool, u32),
        payload: &[u8],
        inbox: &mut Inbox,
        cx: &mut Context,
    ) {
        let (State::Up, Some(mid)) = (self.state, self.mid) else { return };
        let keys = keys.then_some(self.keys).map(|keys| keys.map(|keys| Pt::from(keys.number)));
        let Some(pt) = keys.unwrap_or(self.sound) else { return };
        let sequence = self.sequence;
        self.sequence += 1;
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return };
        stream.write_rtp(RtpWrite::new(pt, sequence.into(), timestamp, cx.now, payload).marker(marker));
        add(&cx.figures.sent, 1);
        self.input(Input::Timeout(cx.now), inbox, cx);
    }

    /// One change, and everything that follows from it: str0m asks for this order.
    fn input(&mut self, input: Input, inbox: &mut Inbox, cx: &mut Context) {
        if self.rtc.handle_input(input).is_err() {
            return self.gone(cx);
        }
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(due)) => {
                    self.due = due;
                    break;
                }
                Ok(Output::Transmit(packet)) => {
                    // As lost as any datagram; ICE and DTLS repeat what matters.
                    let _ = self.socket.send_to(&packet.contents, packet.destination);
                }
                Ok(Output::Event(event)) => self.event(event, inbox, cx),
                Err(_) => return self.gone(cx),
            }
        }
        if !self.rtc.is_alive() {
            self.gone(cx);
        }
    }

    fn event(&mut self, event: Event, inbox: &mut Inbox, cx: &mut Context) {
        if let Event::RtpPacket(packet) = event {
            self.packet(&packet, inbox, cx);
        } else if let Event::MediaAdded(added) = event {
            self.media(&added);
        } else if matches!(event, Event::Connected) {
            if self.state == State::Connecting {
                self.state = State::Up;
                cx.outbox.tell(MediaEvent::BrowserUp { key: self.key });
            }
        } else if matches!(event, Event::Closed) {
            self.gone(cx);
        } else if matches!(event, Event::IceConnectionStateChange(IceConnectionState::Disconnected)) {
            // While connecting, none of the addresses that the browser named need work: it will be seen where it comes from.
            if self.state == State::Up {
                self.gone(cx);
            }
        } else if let Event::MediaIngressStats(stats) = event {
            let jitter_ms = (u64::from(stats.jitter / (self.format.rate() / 1_000))).min(u64::from(u16::MAX)) as u16;
            let loss = (stats.loss.unwrap_or_default() * 1_000.0) as u16;
            inbox.seen(Seen { loss_permille: loss, jitter_ms, rtt_ms: stats.rtt.map(millis) });
        }
    }

    fn media(&mut self, added: &MediaAdded) {
        if added.kind != MediaKind::Audio || self.mid.is_some() {
            return;
        }
        let Some(media) = self.rtc.media(added.mid) else { return };
        let spoken = media.remote_pts().to_vec();
        let find = |codec: Codec| {
            let known = self.rtc.codec_config().params().iter();
            known.filter(|p| p.spec().codec == codec).find(|p| spoken.contains(&p.pt()))
        };
        let sound = find(match self.format {
            Format::G711(_) => Codec::PCMU,
            Format::Opus => Codec::Opus,
        });
        let keys = find(Codec::Tele).map(|p| Events { number: *p.pt(), rate: p.spec().clock_rate.get() });
        (self.mid, self.sound, self.keys) = (Some(added.mid), sound.map(|p| p.pt()), keys);
    }

    fn packet(&mut self, packet: &RtpPacket, inbox: &mut Inbox, cx: &mut Context) {
        let from = &packet.header;
        let header = Header {
            marker: from.marker,
            payload_type: *from.payload_type,
            sequence: from.sequence_number,
            timestamp: from.timestamp,
            ssrc: *from.ssrc,
        };
        let kind = match Some(from.payload_type) {
            pt if pt == self.sound => Kind::Sound(self.format),
            pt if pt == self.keys.map(|keys| Pt::from(keys.number)) => Kind::Key,
            _ => Kind::Other,
        };
        inbox.packet(&header, &packet.payload, kind, cx);
    }

    fn gone(&mut self, cx: &mut Context) {
        if self.state != State::Gone {
            self.state = State::Gone;
            self.rtc.disconnect();
            cx.outbox.tell(MediaEvent::BrowserGone { key: self.key });
        }
    }

    /// Says goodbye to the browser, without an event: somebody wants this end.
    pub(super) fn close(&mut self, now: Instant) {
        if self.state == State::Gone || self.rtc.close().is_err() {
            return;
        }
        self.state = State::Gone;
        let _ = self.rtc.handle_input(Input::Timeout(now));
        for _ in 0..MOST_A_TICK {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(packet)) => {
                    let _ = self.socket.send_to(&packet.contents, packet.destination);
                }
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(_)) | Err(_) => break,
            }
        }
    }
}

fn millis(time: Duration) -> u16 {
    time.as_millis().min(u128::from(u16::MAX)) as u16
}
