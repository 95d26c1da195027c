//! Our offers and answers, and what they agree on.

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

use super::super::g711::Codec;
use super::super::srtp::{Master, Srtp};
use super::{Direction, Line, SdpError, Session};

/// The payload type that our offers give to pressed keys.
pub const EVENT_TYPE: u8 = 101;

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
    /// Whether we want encryption.
    pub srtp: Srtp,
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
    pub send: (u8, Codec),
    /// What may come, by payload type.
    pub receive: Vec<(u8, Codec)>,
    /// The payload type of pressed keys, if the peer speaks them so.
    pub events: Option<u8>,
    /// What we do, from our side.
    pub direction: Direction,
    /// Reports share the port of the sound.
    pub mux: bool,
    /// Unset: nothing is encrypted.
    pub keys: Option<Keys>,
}

/// Our offer: both laws, µ-law first, and pressed keys.
pub fn offer(ours: &Ours) -> Vec<u8> {
    let mut text = head(ours);
    let protocol = if ours.srtp == Srtp::Required { "RTP/SAVP" } else { "RTP/AVP" };
    let _ = write!(
        text,
        "m=audio {} {protocol} 0 8 {EVENT_TYPE}\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:{EVENT_TYPE} telephone-event/8000\r\na=fmtp:{EVENT_TYPE} 0-15\r\na=ptime:20\r\na=rtcp-mux\r\na=sendrecv\r\n",
        ours.port
    );
    if ours.srtp != Srtp::Off {
        let _ = write!(text, "a=crypto:{}\r\n", ours.master.attribute(1));
    }
    text.into_bytes()
}

/// Our answer to an offer, and what it agrees on. Of the codecs that we speak, µ-law wins: a bridge needs no transcoding then.
pub fn answer(offer: &Session, ours: &Ours) -> Result<(Vec<u8>, Agreed), SdpError> {
    let (at, line) = audio(offer, ours.srtp)?;
    let receive = codecs(line);
    let send = *receive.iter().min_by_key(|(_, codec)| *codec).ok_or(SdpError::NoCodec)?;
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
    let (_, line) = audio(answer, ours.srtp)?;
    let receive = codecs(line);
    let send = *receive.first().ok_or(SdpError::NoCodec)?;
    let keys = keys(line, ours)?;
    let as_asked = match ours.srtp {
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
    if !is_secure(line) && ours.srtp == Srtp::Off {
        return Ok(None);
    }
    match line.crypto.iter().find_map(|value| Master::read(value)) {
        Some((tag, theirs)) => Ok(Some(Keys { tag, ours: ours.master, theirs })),
        None if is_secure(line) => Err(SdpError::NoKey),
        None if ours.srtp == Srtp::Required => Err(SdpError::Transport(line.protocol.clone())),
        None => Ok(None),
    }
}

/// What of a line we speak, in its order. The static types need no `a=rtpmap`.
fn codecs(line: &Line) -> Vec<(u8, Codec)> {
    let known = |number: &u8| match line.map.get(number) {
        Some((name, 8_000)) if name == Codec::Pcmu.name() => Some(Codec::Pcmu),
        Some((name, 8_000)) if name == Codec::Pcma.name() => Some(Codec::Pcma),
        None if *number == Codec::Pcmu.payload_type() => Some(Codec::Pcmu),
        None if *number == Codec::Pcma.payload_type() => Some(Codec::Pcma),
        Some(_) | None => None,
    };
    numbers(line).filter_map(|number| Some((number, known(&number)?))).collect()
}

fn numbers(line: &Line) -> impl Iterator<Item = u8> {
    line.formats.iter().filter_map(|format| format.parse().ok()).filter(|number| *number < 128)
}

fn agreed(line: &Line, send: (u8, Codec), receive: Vec<(u8, Codec)>) -> Agreed {
    let events =
        numbers(line).find(|number| matches!(line.map.get(number), Some((name, 8_000)) if name == "TELEPHONE-EVENT"));
    let next = if line.rtcp_mux { line.port } else { line.rtcp.unwrap_or_else(|| line.port.saturating_add(1)) };
    Agreed {
        remote: line.address.map(|address| SocketAddr::new(address, line.port)),
        reports: line.address.map(|address| SocketAddr::new(address, next)),
        send,
        receive,
        events,
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
    let (number, codec) = agreed.send;
    let _ = write!(text, "m=audio {} {protocol} {number}", ours.port);
    if let Some(events) = agreed.events {
        let _ = write!(text, " {events}");
    }
    let _ = write!(text, "\r\na=rtpmap:{number} {}/8000\r\n", codec.name());
    if let Some(events) = agreed.events {
        let _ = write!(text, "a=rtpmap:{events} telephone-event/8000\r\na=fmtp:{events} 0-15\r\n");
    }
    if let Some(keys) = &agreed.keys {
        let _ = write!(text, "a=crypto:{}\r\n", keys.ours.attribute(keys.tag));
    }
    let mux = if agreed.mux { "a=rtcp-mux\r\n" } else { "" };
    let _ = write!(text, "a=ptime:20\r\n{mux}a={}\r\n", agreed.direction.name());
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn ours() -> Ours {
        let address = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));
        Ours { session: 7, version: 2, address, port: 20_000, master: Master::random(), srtp: Srtp::Off }
    }

    fn offered(lines: &str) -> Session {
        parse(format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}").as_bytes())
            .unwrap()
    }

    #[test]
    fn an_offer_of_ours_is_answered_by_ourselves() {
        let (text, here) = answer(&parse(&offer(&ours())).unwrap(), &Ours { port: 30_000, ..ours() }).unwrap();
        let there = answered(&parse(&text).unwrap(), &ours()).unwrap();
        assert_eq!((here.send, there.send), ((0, Codec::Pcmu), (0, Codec::Pcmu)));
        assert_eq!((here.events, there.events), (Some(101), Some(101)));
        assert_eq!(here.remote, Some("198.51.100.1:20000".parse().unwrap()));
        assert_eq!(there.remote, Some("198.51.100.1:30000".parse().unwrap()));
        assert_eq!(here.direction, Direction::SendReceive);
        assert!(here.mux && there.mux && there.reports == there.remote);
    }

    #[test]
    fn the_head_names_session_version_and_address() {
        let text = String::from_utf8(offer(&ours())).unwrap();
        assert!(text.starts_with(
            "v=0\r\no=- 7 2 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 20000 "
        ));
        let six = Ours { address: "2001:db8::1".parse().unwrap(), ..ours() };
        assert!(String::from_utf8(offer(&six)).unwrap().contains("c=IN IP6 2001:db8::1\r\n"));
    }

    #[test]
    fn an_answer_keeps_the_lines_the_numbers_and_prefers_the_law_that_needs_no_transcoding() {
        let session = offered(
            "m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 18 8 98 0 97\r\na=rtpmap:98 PCMU/8000\r\na=rtpmap:97 telephone-event/8000\r\n",
        );
        let (text, agreed) = answer(&session, &ours()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!((agreed.send, agreed.events), ((98, Codec::Pcmu), Some(97)));
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(lines, ["m=video 0 RTP/AVP 96", "m=audio 20000 RTP/AVP 98 97"]);
        assert!(!agreed.mux && agreed.reports == Some("192.0.2.1:4001".parse().unwrap()));
    }

    #[test]
    fn hold_is_understood_in_both_ways() {
        for (lines, wanted) in [
            ("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", Direction::ReceiveOnly),
            ("m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", Direction::Inactive),
            ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", Direction::ReceiveOnly),
            ("m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", Direction::SendOnly),
        ] {
            let (text, agreed) = answer(&offered(lines), &ours()).unwrap();
            assert_eq!(agreed.direction, wanted, "{lines}");
            assert!(String::from_utf8(text).unwrap().contains(&format!("a={}\r\n", wanted.name())));
        }
    }

    #[test]
    fn what_cannot_be_agreed_on_says_why() {
        let refused = |lines: &str| answer(&offered(lines), &ours()).unwrap_err();
        assert_eq!(refused("m=video 4000 RTP/AVP 96\r\n"), SdpError::NoAudio);
        assert_eq!(refused("m=audio 0 RTP/AVP 0\r\n"), SdpError::NoAudio);
        assert_eq!(refused("m=audio 4000 RTP/AVP 18\r\n"), SdpError::NoCodec);
        assert_eq!(refused("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 G729/8000\r\n"), SdpError::NoCodec);
        assert_eq!(
            refused("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"),
            SdpError::Transport("UDP/TLS/RTP/SAVPF".to_owned())
        );
    }

    #[test]
    fn encryption_is_agreed_on_by_keys_and_never_dropped_on_the_way() {
        let (here, there) = (Ours { srtp: Srtp::Required, ..ours() }, ours());
        let (text, agreed) = answer(&parse(&offer(&here)).unwrap(), &there).unwrap();
        let session = parse(&text).unwrap();
        assert_eq!(session.media[0].protocol, "RTP/SAVP");
        let keys = answered(&session, &here).unwrap().keys.unwrap();
        assert_eq!((keys.ours, keys.theirs), (here.master, there.master));
        assert_eq!(agreed.keys.unwrap(), Keys { tag: 1, ours: there.master, theirs: here.master });
        let plain = answer(&parse(&offer(&there)).unwrap(), &there).unwrap().0;
        assert!(matches!(answered(&parse(&plain).unwrap(), &here), Err(SdpError::Transport(_))));
        assert!(matches!(answered(&session, &there), Err(SdpError::Transport(_))));
        let bare = offered("m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_256_CM inline:x\r\n");
        assert_eq!(answer(&bare, &there).unwrap_err(), SdpError::NoKey);
    }

    /// What both ends agree on when one offers and the other answers, as they are set.
    fn agreed_by(offers: Srtp, answers: Srtp) -> Result<bool, SdpError> {
        let (here, there) = (Ours { srtp: offers, ..ours() }, Ours { srtp: answers, ..ours() });
        let (text, agreed) = answer(&parse(&offer(&here)).unwrap(), &there)?;
        let keys = answered(&parse(&text).unwrap(), &here)?.keys;
        let crossed = agreed.keys.map(|theirs| (theirs.ours, theirs.theirs));
        assert_eq!(keys.map(|ours| (ours.theirs, ours.ours)), crossed, "both have the same keys, or none");
        Ok(keys.is_some())
    }

    #[test]
    fn what_is_offered_is_taken_by_who_wants_it_and_what_is_required_by_who_can() {
        let plain = Err(SdpError::Transport("RTP/AVP".to_owned()));
        for (offers, answers, wanted) in [
            (Srtp::Off, Srtp::Off, Ok(false)),
            (Srtp::Off, Srtp::Offered, Ok(false)),
            (Srtp::Off, Srtp::Required, plain),
            (Srtp::Offered, Srtp::Off, Ok(false)),
            (Srtp::Offered, Srtp::Offered, Ok(true)),
            (Srtp::Offered, Srtp::Required, Ok(true)),
            (Srtp::Required, Srtp::Off, Ok(true)),
            (Srtp::Required, Srtp::Offered, Ok(true)),
            (Srtp::Required, Srtp::Required, Ok(true)),
        ] {
            assert_eq!(agreed_by(offers, answers), wanted, "{offers:?} to {answers:?}");
        }
    }

    #[test]
    fn of_two_lines_the_one_with_keys_is_answered_where_encryption_is_wanted() {
        let key = Master::random();
        let both = format!(
            "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/SAVP 0\r\na=crypto:5 {}\r\n",
            key.attribute(5).split_once(' ').unwrap().1
        );
        for (srtp, encrypted) in [(Srtp::Off, false), (Srtp::Offered, true), (Srtp::Required, true)] {
            let (text, agreed) = answer(&offered(&both), &Ours { srtp, ..ours() }).unwrap();
            assert_eq!(agreed.keys.map(|keys| (keys.tag, keys.theirs)), encrypted.then_some((5, key)));
            let ports: Vec<u16> = parse(&text).unwrap().media.iter().map(|line| line.port).collect();
            assert_eq!(ports, if encrypted { [0, 20_000] } else { [20_000, 0] });
        }
        let foreign = "m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_256_CM inline:x\r\n";
        assert_eq!(answer(&offered(foreign), &Ours { srtp: Srtp::Offered, ..ours() }).unwrap().1.keys, None);
    }
}
