//! One leg on its thread: what it says, what it is played, what it is sent.

use std::collections::VecDeque;

use super::browser::BrowserLink;
use super::context::Context;
use super::event::{MediaEvent, PlayId, RtpState};
use super::format::Format;
use super::g711::{Codec, FRAME};
use super::inbox::Inbox;
use super::opus::Encoding;
use super::sdp::agree::{Agreed, Events};
use super::sip_link::{Beginning, SipLink};
use super::sound::{Playing, Sound};
use super::{dtmf, tele};
use crate::ids::LegKey;

/// Ticks between two reports: 5 s.
const REPORT: u32 = 250;
/// Ticks between two looks at the port of reports: 200 ms.
const LOOK: u32 = 10;
/// Keys that may wait to be sent as tones.
const MOST_TONES: usize = 64;

enum Link {
    Sip(Box<SipLink>),
    Browser(Box<BrowserLink>),
}

impl Link {
    /// What is sent.
    fn format(&self) -> Format {
        match self {
            Self::Sip(link) => link.agreed.send.1,
            Self::Browser(link) => link.format,
        }
    }

    /// How keys are sent; unset: as tones.
    fn events(&self) -> Option<Events> {
        match self {
            Self::Sip(link) => link.agreed.events,
            Self::Browser(link) => link.keys(),
        }
    }
}

/// A leg.
pub(super) struct Leg {
    pub(super) key: LegKey,
    link: Link,
    /// From the first packet of Opus on.
    opus: Option<Box<Encoding>>,
    pub(super) inbox: Inbox,
    /// Of the next packet that we send.
    timestamp: u32,
    marker: bool,
    keys: tele::Sender,
    tones: VecDeque<Playing>,
    playing: Option<(PlayId, Playing)>,
    ticks: u32,
}

impl Leg {
    pub(super) fn sip(key: LegKey, link: SipLink, begin: &Beginning, cx: &Context) -> Self {
        let inbox = Inbox::new(key, link.agreed.send.1, link.agreed.events.is_none(), cx);
        Self::new(key, Link::Sip(Box::new(link)), inbox, begin.timestamp)
    }

    pub(super) fn browser(key: LegKey, link: BrowserLink, cx: &Context) -> Self {
        let inbox = Inbox::new(key, link.format, false, cx);
        Self::new(key, Link::Browser(Box::new(link)), inbox, rand::random())
    }

    fn new(key: LegKey, link: Link, inbox: Inbox, timestamp: u32) -> Self {
        let (keys, tones, playing) = (tele::Sender::default(), VecDeque::new(), None);
        // Reports of legs that began together need not go out together.
        let ticks = key.leg.0.wrapping_mul(97) % REPORT;
        Self { key, link, opus: None, inbox, timestamp, marker: true, keys, tones, playing, ticks }
    }

    /// The codec of all that this leg says and is sent.
    pub(super) fn codec(&self) -> Codec {
        self.inbox.frame.codec
    }

    /// Something else was agreed on with the peer.
    pub(super) fn change(&mut self, agreed: Agreed) {
        if let Link::Sip(link) = &mut self.link {
            self.inbox.change(agreed.send.1, agreed.events.is_none());
            link.change(agreed);
        }
    }

    /// Another connection of the same browser (or of one in place of a phone). What is played goes on.
    pub(super) fn reconnect(&mut self, link: BrowserLink, cx: &Context) {
        self.close(cx);
        self.inbox.change(link.format, false);
        self.opus = None;
        self.inbox.restart(cx.now);
        self.link = Link::Browser(Box::new(link));
        self.marker = true;
    }

    /// Takes leave of the peer, as far as the transport knows how.
    pub(super) fn close(&mut self, cx: &Context) {
        if let Link::Browser(link) = &mut self.link {
            link.close(cx.now);
        }
    }

    /// Whether it wants to be looked at in every slot.
    pub(super) fn is_connecting(&self) -> bool {
        matches!(&self.link, Link::Browser(link) if link.is_connecting())
    }

    /// Reads what has come from the network.
    pub(super) fn receive(&mut self, cx: &mut Context) {
        match &mut self.link {
            Link::Sip(link) => link.receive(self.ticks.is_multiple_of(LOOK), &mut self.inbox, cx),
            Link::Browser(link) => link.receive(&mut self.inbox, cx),
        }
    }

    /// Plays a sound instead of whatever this leg would hear. What was played before is forgotten.
    pub(super) fn play(&mut self, play: PlayId, sound: Sound, looped: bool) {
        self.playing = Some((play, Playing::new(sound, looped)));
    }

    /// Ends what is played.
    pub(super) fn stop_play(&mut self) {
        self.playing = None;
    }

    /// Sends keys: as events, or as tones if the peer does not know events.
    pub(super) fn press(&mut self, keys: &str) {
        if self.link.events().is_some() {
            return self.keys.press(keys);
        }
        for key in keys.chars().filter(|key| tele::code(*key).is_some()) {
            if self.tones.len() < MOST_TONES {
                self.tones.push_back(Playing::new(Sound::new(dtmf::tone(key)), false));
            }
        }
    }

    /// What is played to this leg in this tick; `false`: nothing, it hears the others.
    pub(super) fn played(&mut self, out: &mut [u8; FRAME], cx: &mut Context) -> bool {
        let codec = self.codec();
        if let Some(tone) = self.tones.front_mut() {
            if tone.tick(codec, out) {
                self.tones.pop_front();
            }
            return true;
        }
        let Some((play, playing)) = &mut self.playing else { return false };
        if playing.tick(codec, out) {
            cx.outbox.tell(MediaEvent::Played { key: self.key, play: *play });
            self.playing = None;
        }
        true
    }

    /// Sends this tick: a key's packet if keys wait, else the sound.
    pub(super) fn send(&mut self, codes: &[u8; FRAME], cx: &mut Context) {
        let events = self.link.events();
        // Where no events are agreed on no key waits, unless it did before the agreement changed: then it goes unsent.
        let event = self.keys.tick(self.timestamp, events.map_or(FRAME as u16, |events| (events.rate / 50) as u16));
        let (marker, timestamp) = event.as_ref().map_or((self.marker, self.timestamp), |e| (e.marker, e.timestamp));
        let payload = match &event {
            Some(event) => Some(&event.payload[..]),
            None => payload(self.link.format(), &mut self.opus, codes),
        };
        self.marker = event.is_some();
        match (&mut self.link, payload) {
            (Link::Sip(link), Some(payload)) => {
                let sound = Some(link.agreed.send.0);
                let number = if event.is_some() { events.map(|events| events.number) } else { sound };
                if let Some(number) = number {
                    link.send(number, marker, timestamp, payload, cx);
                }
            }
            (Link::Browser(link), Some(payload)) => {
                link.send((event.is_some(), marker, timestamp), payload, &mut self.inbox, cx);
            }
            (_, None) => {}
        }
        self.timestamp = self.timestamp.wrapping_add(self.link.format().step());
        self.ticks += 1;
        if self.ticks.is_multiple_of(REPORT) {
            self.report(cx);
        }
    }

    fn report(&mut self, cx: &mut Context) {
        let block = self.inbox.interval(cx);
        if let Link::Sip(link) = &mut self.link {
            link.report(self.timestamp, block.as_ref(), cx);
        }
    }

    /// Time that could not be kept is left out, so that what follows is in time.
    pub(super) fn skip(&mut self, ticks: u32) {
        self.timestamp = self.timestamp.wrapping_add(ticks.wrapping_mul(self.link.format().step()));
    }

    /// For who takes the leg over; a browser comes again by itself.
    pub(super) fn state(&self, cx: &Context) -> Option<RtpState> {
        match &self.link {
            Link::Sip(link) => Some(link.state(self.timestamp, cx.now_ms)),
            Link::Browser(_) => None,
        }
    }
}

/// A tick's codes as they go out.
fn payload<'a>(format: Format, opus: &'a mut Option<Box<Encoding>>, codes: &'a [u8; FRAME]) -> Option<&'a [u8]> {
    match format {
        Format::G711(_) => Some(codes),
        Format::Opus => {
            if opus.is_none() {
                *opus = Encoding::new().map(Box::new);
            }
            opus.as_mut()?.encode(format.law(), codes)
        }
    }
}
