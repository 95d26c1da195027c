//! A leg over plain RTP: a trunk or a SIP phone.

use std::net::{SocketAddr, UdpSocket};

use super::context::Context;
use super::event::RtpState;
use super::figures::add;
use super::inbox::{Inbox, Kind};
use super::ports::Pair;
use super::rtcp::{self, Block, Sender};
use super::rtp::{self, Header};
use super::sdp::agree::{Agreed, Keys};
use super::srtp::Stream;

/// Datagrams read in a tick at most: a flood on one port must not hold up the others.
const MOST_A_TICK: usize = 16;

/// Where our packets begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    /// Where the peer was heard on the gateway that had the leg before.
    pub(super) remote: Option<SocketAddr>,
}

/// The sockets of a leg, and whom they speak with.
#[derive(Debug)]
pub(super) struct SipLink {
    pub(super) port: u16,
    sound: UdpSocket,
    reports: UdpSocket,
    pub(super) agreed: Agreed,
    /// Where the peer really sends from.
    learned: Option<SocketAddr>,
    /// Where it was heard on the gateway that had the leg before.
    before: Option<SocketAddr>,
    ssrc: u32,
    sequence: u16,
    packets: u32,
    bytes: u32,
    secure: Option<Secure>,
}

/// Both directions of encrypted sound.
#[derive(Debug)]
struct Secure {
    ours: Stream,
    theirs: Stream,
}

impl Secure {
    fn new(keys: &Keys) -> Self {
        Self { ours: Stream::new(&keys.ours), theirs: Stream::new(&keys.theirs) }
    }
}

impl SipLink {
    pub(super) fn new(pair: Pair, agreed: Agreed, begin: &Beginning) -> Self {
        let Pair { port, sound, reports } = pair;
        let Beginning { ssrc, sequence, remote: before, .. } = *begin;
        let secure = agreed.keys.as_ref().map(Secure::new);
        Self { secure, port, sound, reports, agreed, learned: None, before, ssrc, sequence, packets: 0, bytes: 0 }
    }

    /// Something else was agreed on. Another address has to be learned anew.
    pub(super) fn change(&mut self, agreed: Agreed) {
        if agreed.remote != self.agreed.remote && agreed.remote.is_some() {
            (self.learned, self.before) = (None, None);
        }
        if agreed.keys != self.agreed.keys {
            self.secure = agreed.keys.as_ref().map(Secure::new);
        }
        self.agreed = agreed;
    }

    /// Where sound goes: where the peer was heard, or else where it says that it hears.
    pub(super) fn remote(&self) -> Option<SocketAddr> {
        self.learned.or(self.before).or(self.agreed.remote)
    }

    /// Where reports go. Behind a translator of addresses only the shared port is reachable.
    fn reports_to(&self) -> Option<SocketAddr> {
        if self.agreed.mux { self.remote() } else { self.agreed.reports }
    }

    /// Reads what has come. `slowly`: also the port of reports, which has time.
    pub(super) fn receive(&mut self, slowly: bool, inbox: &mut Inbox, cx: &mut Context) {
        let mut bytes = std::mem::take(&mut cx.inbound);
        for _ in 0..MOST_A_TICK {
            let Ok((length, from)) = self.sound.recv_from(&mut bytes) else { break };
            let packet = &mut bytes[..length];
            let known = if rtp::is_rtcp(packet) {
                self.agreed.mux && Some(from) == self.remote() && self.heard_report(packet, inbox, cx)
            } else {
                self.heard_sound(packet, from, inbox, cx)
            };
            add(&cx.figures.strange, u64::from(!known));
        }
        if slowly && let Ok((length, from)) = self.reports.recv_from(&mut bytes) {
            let near = self.remote().is_some_and(|remote| remote.ip() == from.ip());
            let known = near && self.heard_report(&mut bytes[..length], inbox, cx);
            add(&cx.figures.strange, u64::from(!known));
        }
        cx.inbound = bytes;
    }

    fn heard_sound(&mut self, packet: &mut [u8], from: SocketAddr, inbox: &mut Inbox, cx: &mut Context) -> bool {
        let opened = self.secure.as_mut().map_or(Some(packet.len()), |secure| secure.theirs.open(packet));
        let Some((header, payload)) = opened.and_then(|length| rtp::parse(&packet[..length])) else { return false };
        let Some(kind) = self.kind(header.payload_type) else { return false };
        if !self.is_peer(from) {
            return false;
        }
        inbox.packet(&header, payload, kind, cx);
        true
    }

    fn heard_report(&mut self, packet: &mut [u8], inbox: &mut Inbox, cx: &Context) -> bool {
        let opened = self.secure.as_mut().map_or(Some(packet.len()), |secure| secure.theirs.open_reports(packet));
        opened.is_some_and(|length| inbox.report(&packet[..length], self.ssrc, cx))
    }

    fn kind(&self, payload_type: u8) -> Option<Kind> {
        let known = self.agreed.receive.iter().find(|(number, _)| *number == payload_type);
        match known {
            Some((_, codec)) => Some(Kind::Sound(*codec)),
            None if self.agreed.events.is_some_and(|events| events.number == payload_type) => Some(Kind::Key),
            None if payload_type == 13 => Some(Kind::Other),
            None => None,
        }
    }

    /// The first sender of right packets is the peer, from then on nobody else; but who sends from the address that
    /// the peer itself named is the peer whoever came first.
    fn is_peer(&mut self, from: SocketAddr) -> bool {
        if self.learned.is_none() || Some(from) == self.agreed.remote {
            self.learned = Some(from);
        }
        self.learned == Some(from)
    }

    /// Sends a payload with the stream's next sequence number. `timestamp`: the stream's own, or that of a key's press.
    pub(super) fn send(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8], cx: &mut Context) {
        let (ssrc, sequence) = (self.ssrc, self.sequence);
        self.sequence = sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(payload.len() as u32);
        let Some(remote) = self.remote().filter(|_| self.agreed.direction.sends()) else { return };
        rtp::write(&Header { marker, payload_type, sequence, timestamp, ssrc }, payload, &mut cx.outbound);
        if let Some(secure) = &mut self.secure {
            secure.ours.protect(&mut cx.outbound);
        }
        // What the network refuses now (no route, a full queue) is lost as any packet may be; the peer's silence is told.
        if self.sound.send_to(&cx.outbound, remote).is_ok() {
            add(&cx.figures.sent, 1);
        }
    }

    /// Reports what was sent, and what was heard.
    pub(super) fn report(&mut self, timestamp: u32, block: Option<&Block>, cx: &mut Context) {
        let Some(to) = self.reports_to().filter(|_| self.packets > 0) else { return };
        let own =
            Sender { ssrc: self.ssrc, time: rtcp::ntp(cx.now_ms), timestamp, packets: self.packets, bytes: self.bytes };
        rtcp::write(&own, block, &mut cx.outbound);
        if let Some(secure) = &mut self.secure {
            secure.ours.protect_reports(&mut cx.outbound);
        }
        let socket = if self.agreed.mux { &self.sound } else { &self.reports };
        // As lost as any datagram: the next one comes in five seconds.
        let _ = socket.send_to(&cx.outbound, to);
    }

    /// For who takes the leg over.
    pub(super) fn state(&self, timestamp: u32, at_ms: u64) -> RtpState {
        let (remote, (payload_type, codec), port) = (self.remote(), self.agreed.send, self.port);
        RtpState {
            ssrc: self.ssrc,
            sequence: self.sequence,
            timestamp,
            at_ms,
            remote,
            codec,
            payload_type,
            events: self.agreed.events,
            port,
            secure: self.secure.is_some(),
        }
    }
}
