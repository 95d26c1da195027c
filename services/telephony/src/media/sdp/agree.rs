//! Our offers and answers, and what they agree on.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::super::format::Format;
use super::super::g711::Codec;
use super::super::srtp::{Master, Srtp};
use super::super::wish::{Prefer, Wish};
use super::{Direction, Line, SdpError, Session};

/// What we say of the Opus that we want to hear: what a telephone carries, in one channel, with repeats of what may be lost.
pub const OPUS_FMTP: &str = "maxplaybackrate=8000;sprop-maxcapturerate=8000;maxaveragebitrate=24000;useinbandfec=1";

/// The payload types that our offers give to what has no fixed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Opus.
    pub opus: u8,
    /// Pressed keys that count time in 8 kHz.
    pub events: u8,
    /// Pressed keys that count time as Opus does.
    pub events_48: u8,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { opus: 111, events: 101, events_48: 110 }
    }
}

impl Numbers {
    /// With the numbers that the peer gave: what one means must not change as long as the leg stands (RFC 3264 §8.3.2). Ours give way.
    #[must_use]
    pub fn of_peer(self, opus: u8, events: Option<Events>) -> Self {
        let at = |rate| events.filter(|events| events.rate == rate).map(|events| events.number);
        let theirs = [Some(opus), at(8_000), at(48_000)];
        let mut all = [self.opus, self.events, self.events_48];
        for place in 0..all.len() {
            let taken = |number: &u8| theirs.contains(&Some(*number));
            let free = || (96..128).find(|number| !taken(number) && !all.contains(number));
            all[place] = match theirs[place] {
                None if taken(&all[place]) => free().unwrap_or(all[place]),
                theirs => theirs.unwrap_or(all[place]),
            };
        }
        let [opus, events, events_48] = all;
        Self { opus, events, events_48 }
    }
}

/// How pressed keys go (RFC 4733).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Their payload type.
    pub number: u8,
    /// What they count time in, units a second.
    pub rate: u32,
}

/// What is ours in a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ours {
    /// Names the session in all its descriptions.
    pub session: u64,
    /// Grows by one with each description.
    pub version: u64,
    /// Where we hear.
    pub address: IpAddr,
    /// Where we hear; reports at the next one.
    pub port: u16,
    /// Our key, wherever sound is encrypted.
    pub master: Master,
    /// What our line wants.
    pub wish: Wish,
    /// What our offers call what.
    pub numbers: Numbers,
}

/// Keys of encrypted sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// Names the line of keys that was chosen.
    pub tag: u32,
    /// What we send with.
    pub ours: Master,
    /// What the peer sends with.
    pub theirs: Master,
}

/// What both sides agreed on, seen from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Where to send. `None`: nowhere for now (hold).
    pub remote: Option<SocketAddr>,
    /// Where to send reports.
    pub reports: Option<SocketAddr>,
    /// What to send, with its payload type.
    pub send: (u8, Format),
    /// What may come, by payload type.
    pub receive: Vec<(u8, Format)>,
    /// Pressed keys, if the peer speaks them so.
    pub events: Option<Events>,
    /// What we do, from our side.
    pub direction: Direction,
    /// Reports share the port of the sound.
    pub mux: bool,
    /// Unset: nothing is encrypted.
    pub keys: Option<Keys>,
}

/// Our offer: both laws, µ-law first, and pressed keys; before them Opus where it is wanted.
pub fn offer(ours: &Ours) -> Vec<u8> {
    let mut text = head(ours);
    let Wish { srtp, codec } = ours.wish;
    let Numbers { opus, events, events_48 } = ours.numbers;
    let protocol = if srtp == Srtp::Required { "RTP/SAVP" } else { "RTP/AVP" };
    let (first, last) = match codec {
        Prefer::G711 => (String::new(), String::new()),
        Prefer::Opus => (format!(" {opus}"), format!(" {events_48}")),
    };
    let _ = write!(text, "m=audio {} {protocol}{first} 0 8{last} {events}\r\n", ours.port);
    if codec == Prefer::Opus {
        sound_lines(&mut text, opus, Format::Opus);
        event_lines(&mut text, Events { number: events_48, rate: Format::Opus.rate() });
    }
    for law in [Codec::Pcmu, Codec::Pcma] {
        sound_lines(&mut text, law.payload_type(), law.into());
    }
    event_lines(&mut text, Events { number: events, rate: 8_000 });
    text.push_str("a=ptime:20\r\na=rtcp-mux\r\na=sendrecv\r\n");
    if srtp != Srtp::Off {
        let _ = write!(text, "a=crypto:{}\r\n", ours.master.attribute(1));
    }
    text.into_bytes()
}

fn sound_lines(text: &mut String, number: u8, format: Format) {
    let _ = write!(text, "a=rtpmap:{number} {}\r\n", format.rtpmap());
    if format == Format::Opus {
        let _ = write!(text, "a=fmtp:{number} {OPUS_FMTP}\r\n");
    }
}

fn event_lines(text: &mut String, Events { number, rate }: Events) {
    let _ = write!(text, "a=rtpmap:{number} telephone-event/{rate}\r\na=fmtp:{number} 0-15\r\n");
}

/// Our answer to an offer, and what it agrees on. Of the codecs that we speak, µ-law wins: a bridge needs no transcoding then;
/// unless Opus is wanted.
pub fn answer(offer: &Session, ours: &Ours) -> Result<(Vec<u8>, Agreed), SdpError> {
    let (at, line) = audio(offer, ours.wish.srtp)?;
    let receive = codecs(line);
    let opus_first = ours.wish.codec == Prefer::Opus;
    let rank = |format: Format| ((format == Format::Opus) != opus_first, format);
    let send = *receive.iter().min_by_key(|(_, format)| rank(*format)).ok_or(SdpError::NoCodec)?;
    let agreed = Agreed { keys: keys(line, ours)?, ..agreed(line, send, vec![send]) };
    let mut text = head(ours);
    for (number, other) in offer.media.iter().enumerate() {
        if number == at {
            audio_answer(&mut text, ours, &agreed, &other.protocol);
        } else {
            let _ = write!(text, "m={} 0 {} {}\r\n", other.kind, other.protocol, other.formats.join(" "));
        }
    }
    Ok((text.into_bytes(), agreed))
}

/// What an answer to our offer agrees on.
pub fn answered(answer: &Session, ours: &Ours) -> Result<Agreed, SdpError> {
    let (_, line) = audio(answer, ours.wish.srtp)?;
    let receive = codecs(line);
    let send = *receive.first().ok_or(SdpError::NoCodec)?;
    let keys = keys(line, ours)?;
    let as_asked = match ours.wish.srtp {
        Srtp::Off => keys.is_none(),
        Srtp::Offered => true,
        Srtp::Required => keys.is_some() && is_secure(line),
    };
    if !as_asked {
        return Err(SdpError::Transport(line.protocol.clone()));
    }
    Ok(Agreed { keys, ..agreed(line, send, receive) })
}

/// The first line of sound; where encryption is wanted, the first one with keys.
fn audio(session: &Session, srtp: Srtp) -> Result<(usize, &Line), SdpError> {
    let lines = || session.media.iter().enumerate().filter(|(_, line)| line.kind == "audio" && line.port != 0);
    let keyed = lines().find(|(_, line)| srtp != Srtp::Off && !line.crypto.is_empty());
    let (at, line) = keyed.or_else(|| lines().next()).ok_or(SdpError::NoAudio)?;
    match line.protocol.as_str() {
        "RTP/AVP" | "RTP/AVPF" | "RTP/SAVP" | "RTP/SAVPF" => Ok((at, line)),
        other => Err(SdpError::Transport(other.chars().take(32).collect())),
    }
}

/// A line that nobody may answer in clear.
fn is_secure(line: &Line) -> bool {
    line.protocol.starts_with("RTP/S")
}

/// The keys of a line: one that asks for encryption, or a plain one with keys beside where we want it too.
fn keys(line: &Line, ours: &Ours) -> Result<Option<Keys>, SdpError> {
    if !is_secure(line) && ours.wish.srtp == Srtp::Off {
        return Ok(None);
    }
    match line.crypto.iter().find_map(|value| Master::read(value)) {
        Some((tag, theirs)) => Ok(Some(Keys { tag, ours: ours.master, theirs })),
        None if is_secure(line) => Err(SdpError::NoKey),
        None if ours.wish.srtp == Srtp::Required => Err(SdpError::Transport(line.protocol.clone())),
        None => Ok(None),
    }
}

/// What of a line we speak, in its order. The static types need no `a=rtpmap`.
fn codecs(line: &Line) -> Vec<(u8, Format)> {
    let known = |number: &u8| match line.map.get(number) {
        Some((name, 8_000)) if name == Codec::Pcmu.name() => Some(Codec::Pcmu.into()),
        Some((name, 8_000)) if name == Codec::Pcma.name() => Some(Codec::Pcma.into()),
        Some((name, 48_000)) if name == "OPUS" => Some(Format::Opus),
        None if *number == Codec::Pcmu.payload_type() => Some(Codec::Pcmu.into()),
        None if *number == Codec::Pcma.payload_type() => Some(Codec::Pcma.into()),
        Some(_) | None => None,
    };
    numbers(line).filter_map(|number| Some((number, known(&number)?))).collect()
}

/// The pressed keys of a line: they count time as the sound does (RFC 4733 §2.1), but many that speak Opus say them in 8 kHz.
fn events(line: &Line, sound: Format) -> Option<Events> {
    let at = |rate: u32| {
        let is = |number: &u8| line.map.get(number).is_some_and(|(name, at)| name == "TELEPHONE-EVENT" && *at == rate);
        numbers(line).find(is).map(|number| Events { number, rate })
    };
    at(sound.rate()).or_else(|| at(8_000))
}

fn numbers(line: &Line) -> impl Iterator<Item = u8> {
    line.formats.iter().filter_map(|format| format.parse().ok()).filter(|number| *number < 128)
}

fn agreed(line: &Line, send: (u8, Format), receive: Vec<(u8, Format)>) -> Agreed {
    let next = if line.rtcp_mux { line.port } else { line.rtcp.unwrap_or_else(|| line.port.saturating_add(1)) };
    Agreed {
        remote: line.address.map(|address| SocketAddr::new(address, line.port)),
        reports: line.address.map(|address| SocketAddr::new(address, next)),
        send,
        receive,
        events: events(line, send.1),
        // Without an address the peer cannot hear, whatever it says.
        direction: match (line.direction.mirrored(), line.address) {
            (direction, Some(_)) => direction,
            (direction, None) if direction.hears() => Direction::ReceiveOnly,
            (_, None) => Direction::Inactive,
        },
        mux: line.rtcp_mux,
        keys: None,
    }
}

fn head(ours: &Ours) -> String {
    let Ours { session, version, address, .. } = ours;
    let family = if address.is_ipv4() { "IP4" } else { "IP6" };
    format!("v=0\r\no=- {session} {version} IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n")
}

fn audio_answer(text: &mut String, ours: &Ours, agreed: &Agreed, protocol: &str) {
    let (number, format) = agreed.send;
    let _ = write!(text, "m=audio {} {protocol} {number}", ours.port);
    if let Some(events) = agreed.events {
        let _ = write!(text, " {}", events.number);
    }
    text.push_str("\r\n");
    sound_lines(text, number, format);
    if let Some(events) = agreed.events {
        event_lines(text, events);
    }
    if let Some(keys) = &agreed.keys {
        let _ = write!(text, "a=crypto:{}\r\n", keys.ours.attribute(keys.tag));
    }
    let mux = if agreed.mux { "a=rtcp-mux\r\n" } else { "" };
    let _ = write!(text, "a=ptime:20\r\n{mux}a={}\r\n", agreed.direction.name());
}

#[cfg(test)]
mod tests;
