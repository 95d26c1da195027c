//! What a leg says: packets in, 20 ms out, keys and silence told on the way.

use std::cell::OnceCell;
use std::time::Instant;

use super::context::Context;
use super::dtmf::Detector;
use super::event::MediaEvent;
use super::figures::add;
use super::format::Format;
use super::g711::{Codec, FRAME};
use super::jitter::{Jitter, Popped, Pushed};
use super::mix::Pcm;
use super::opus::Decoding;
use super::quality::{Interval, Reception, Seen};
use super::rtcp::{self, Block};
use super::rtp::Header;
use super::tele;
use crate::ids::LegKey;

/// What a leg of Opus holds back more, in ms: with the next packet in hand, a lost one is made up from it.
const NEXT: u32 = 20;
/// Ticks that a lost voice fades over before there is silence.
const FADE: u8 = 3;

/// What a packet's payload type means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sound.
    Sound(Format),
    /// A pressed key.
    Key,
    /// Something else that shows life, as comfort noise.
    Other,
}

/// The 20 ms of one leg at hand, as codes, and as samples for those who need them.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) codec: Codec,
    pub(super) codes: [u8; FRAME],
    pcm: OnceCell<Pcm>,
}

impl Frame {
    fn new(codec: Codec) -> Self {
        Self { codec, codes: [codec.silence(); FRAME], pcm: OnceCell::new() }
    }

    pub(super) fn pcm(&self) -> &Pcm {
        self.pcm.get_or_init(|| self.codes.map(|code| self.codec.decode(code)))
    }
}

/// The receiving half of a leg.
#[derive(Debug)]
pub(super) struct Inbox {
    key: LegKey,
    format: Format,
    hold_ms: (u32, u32),
    jitter: Jitter,
    /// From the first packet of Opus on.
    opus: Option<Box<Decoding>>,
    keys: tele::Receiver,
    tones: Option<Detector>,
    pub(super) frame: Frame,
    reception: Reception,
    /// The peer's last sender report: its time, and when it came; both as the middle of NTP.
    sender: Option<(u32, u32)>,
    seen: Option<Seen>,
    last: Instant,
    heard: bool,
    silent: bool,
    faded: u8,
}

impl Inbox {
    /// `tones`: keys are looked for in the sound, since the peer does not speak events.
    pub(super) fn new(key: LegKey, format: Format, tones: bool, cx: &Context) -> Self {
        Self {
            key,
            format,
            hold_ms: cx.hold_ms,
            jitter: jitter(format, cx.hold_ms),
            opus: None,
            keys: tele::Receiver::default(),
            tones: tones.then(Detector::default),
            frame: Frame::new(format.law()),
            reception: Reception::default(),
            sender: None,
            seen: None,
            last: cx.now,
            heard: false,
            silent: false,
            faded: FADE,
        }
    }

    /// Another format or way of keys was agreed on.
    pub(super) fn change(&mut self, format: Format, tones: bool) {
        if format != self.format {
            self.format = format;
            self.jitter = jitter(format, self.hold_ms);
            self.frame = Frame::new(format.law());
            self.faded = FADE;
        }
        if tones != self.tones.is_some() {
            self.tones = tones.then(Detector::default);
        }
    }

    /// The peer starts over (another connection).
    pub(super) fn restart(&mut self, now: Instant) {
        self.jitter.reset();
        self.opus = None;
        (self.sender, self.seen) = (None, None);
        (self.keys, self.reception, self.last, self.faded) =
            (tele::Receiver::default(), Reception::default(), now, FADE);
    }

    /// One packet.
    pub(super) fn packet(&mut self, header: &Header, payload: &[u8], kind: Kind, cx: &mut Context) {
        add(&cx.figures.received, 1);
        self.alive(cx);
        match kind {
            Kind::Sound(Format::G711(law)) => {
                self.reception.packet(header, true, cx.now);
                let to = self.frame.codec;
                if law == to {
                    return self.push(header, payload);
                }
                let codes: Vec<u8> = payload.iter().map(|code| to.encode(law.decode(*code))).collect();
                self.push(header, &codes);
            }
            Kind::Sound(Format::Opus) => self.opus(header, payload, cx),
            Kind::Key => {
                self.reception.packet(header, false, cx.now);
                if let Some(digit) = self.keys.packet(header.ssrc, header.timestamp, header.marker, payload) {
                    cx.outbox.tell(MediaEvent::Digit { key: self.key, digit });
                }
            }
            Kind::Other => self.reception.packet(header, false, cx.now),
        }
    }

    fn opus(&mut self, header: &Header, payload: &[u8], cx: &Context) {
        if self.opus.is_none() {
            self.opus = Decoding::new().map(Box::new);
        }
        let Some(opus) = &mut self.opus else { return };
        let header = opus.header(header);
        self.reception.packet(&header, true, cx.now);
        let Some((lost, samples)) = opus.sound(&header, payload) else { return };
        let law = self.frame.codec;
        let codes: Vec<u8> = samples.iter().map(|sample| law.encode(*sample)).collect();
        let (made_up, codes) = codes.split_at(lost);
        self.jitter.mend(header.ssrc, header.timestamp.wrapping_sub(lost as u32), made_up);
        self.push(&header, codes);
    }

    fn push(&mut self, header: &Header, codes: &[u8]) {
        if self.jitter.push(header.ssrc, header.timestamp, codes) == Pushed::Late {
            self.reception.late();
        }
    }

    fn alive(&mut self, cx: &mut Context) {
        self.last = cx.now;
        if !self.heard || self.silent {
            (self.heard, self.silent) = (true, false);
            cx.outbox.tell(MediaEvent::Heard { key: self.key });
        }
    }

    /// A datagram of the peer's reports; `ours`: the stream that we send. `false` if it is torn.
    pub(super) fn report(&mut self, packet: &[u8], ours: u32, cx: &Context) -> bool {
        let Some(reports) = rtcp::read(packet) else { return false };
        let now = rtcp::middle(rtcp::ntp(cx.now_ms));
        if let Some(sender) = reports.sender {
            self.sender = Some((rtcp::middle(sender.time), now));
        }
        if let Some(block) = reports.blocks.iter().find(|block| block.ssrc == ours) {
            self.seen = Some(Seen {
                loss_permille: (u32::from(block.fraction) * 1_000 / 256) as u16,
                jitter_ms: (block.jitter / (self.format.rate() / 1_000)).min(u32::from(u16::MAX)) as u16,
                rtt_ms: rtcp::round_trip_ms(block, now),
            });
        }
        true
    }

    /// What somebody else found out about the leg.
    pub(super) fn seen(&mut self, seen: Seen) {
        self.seen = Some(seen);
    }

    /// Closes an interval: tells how well the leg does, and gives what a report says of its packets.
    pub(super) fn interval(&mut self, cx: &mut Context) -> Option<Block> {
        let interval = self.reception.interval()?;
        let seen = self.seen.take();
        let own_jitter = (interval.jitter / 8).min(u32::from(u16::MAX)) as u16;
        cx.outbox.tell(MediaEvent::Quality {
            key: self.key,
            loss_permille: interval.loss_permille.max(seen.map_or(0, |seen| seen.loss_permille)),
            jitter_ms: seen.map_or(own_jitter, |seen| seen.jitter_ms),
            rtt_ms: seen.and_then(|seen| seen.rtt_ms),
        });
        let now = rtcp::middle(rtcp::ntp(cx.now_ms));
        let (last_sender, came) = self.sender.unwrap_or((0, now));
        let Interval { ssrc, fraction, lost, highest, jitter, .. } = interval;
        let jitter = jitter * self.format.units();
        Some(Block { ssrc, fraction, lost, highest, jitter, last_sender, delay: now.wrapping_sub(came) })
    }

    /// Makes the 20 ms of this tick.
    pub(super) fn tick(&mut self, cx: &mut Context) {
        self.frame.pcm = OnceCell::new();
        if let Some(opus) = &mut self.opus {
            opus.tick();
        }
        let before = self.frame.codes;
        match self.jitter.pop(&mut self.frame.codes) {
            Popped::Whole | Popped::Partly(_) => self.faded = 0,
            Popped::Nothing => self.fade(&before),
        }
        if let Some(tones) = &mut self.tones
            && let Some(digit) = tones.hear(self.frame.pcm())
        {
            cx.outbox.tell(MediaEvent::Digit { key: self.key, digit });
        }
        if !self.silent && cx.now.saturating_duration_since(self.last) >= cx.silence {
            self.silent = true;
            cx.outbox.tell(MediaEvent::Silent { key: self.key });
        }
    }

    /// What did not come sounds like what came before, ever quieter: a hole would click.
    fn fade(&mut self, before: &[u8; FRAME]) {
        if self.faded >= FADE {
            return;
        }
        self.faded += 1;
        let codec = self.frame.codec;
        self.frame.codes = before.map(|code| codec.encode(codec.decode(code) / 2));
    }
}

fn jitter(format: Format, (hold_ms, most_ms): (u32, u32)) -> Jitter {
    let more = if format == Format::Opus { NEXT } else { 0 };
    Jitter::new(hold_ms + more, most_ms, format.law().silence())
}
