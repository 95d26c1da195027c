//! Text to [`Session`].

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Direction, Line, SdpError, Session};

/// Bytes, lines, media and formats of a media that are read at most.
const MOST_BYTES: usize = 16 * 1024;
const MOST_LINES: usize = 400;
const MOST_MEDIA: usize = 8;
const MOST_FORMATS: usize = 64;

/// What the session says for every media that does not say it itself.
struct Common {
    address: Option<IpAddr>,
    direction: Direction,
}

/// Reads a description. Attributes that are not known are stepped over, everything known must be right.
pub fn parse(text: &[u8]) -> Result<Session, SdpError> {
    if text.len() > MOST_BYTES {
        return Err(SdpError::TooLong);
    }
    let text = std::str::from_utf8(text).map_err(|_| SdpError::NotText)?;
    let mut common = Common { address: None, direction: Direction::SendReceive };
    let mut media: Vec<Line> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        if number > MOST_LINES || media.len() > MOST_MEDIA {
            return Err(SdpError::TooLong);
        }
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        let (kind, value) = line.split_once('=').ok_or(SdpError::Malformed(number))?;
        if number == 1 && (kind, value) != ("v", "0") {
            return Err(SdpError::Malformed(1));
        }
        read(kind, value, &mut common, &mut media).ok_or(SdpError::Malformed(number))?;
    }
    if text.is_empty() { Err(SdpError::Malformed(1)) } else { Ok(Session { media }) }
}

fn read(kind: &str, value: &str, common: &mut Common, media: &mut Vec<Line>) -> Option<()> {
    match kind {
        "m" => media.push(media_line(value, common)?),
        "c" => {
            let address = connection(value)?;
            match media.last_mut() {
                Some(line) => line.address = address,
                None => common.address = address,
            }
        }
        "a" => attribute(value, common, media)?,
        known if known.len() == 1 && known.as_bytes()[0].is_ascii_lowercase() => {}
        _ => return None,
    }
    Some(())
}

fn media_line(value: &str, common: &Common) -> Option<Line> {
    let mut words = value.split_ascii_whitespace();
    let (kind, port, protocol) = (words.next()?, words.next()?, words.next()?);
    let formats: Vec<String> = words.map(str::to_owned).collect();
    if formats.is_empty() || formats.len() > MOST_FORMATS {
        return None;
    }
    Some(Line {
        kind: kind.to_owned(),
        port: port.split('/').next()?.parse().ok()?,
        protocol: protocol.to_owned(),
        formats,
        address: common.address,
        direction: common.direction,
        map: BTreeMap::new(),
        rtcp: None,
        rtcp_mux: false,
        crypto: Vec::new(),
    })
}

/// `Some(None)`: on hold in the old way.
fn connection(value: &str) -> Option<Option<IpAddr>> {
    let mut words = value.split_ascii_whitespace();
    let (net, version, address) = (words.next()?, words.next()?, words.next()?);
    let address: IpAddr = address.split('/').next()?.parse().ok()?;
    let fits = net == "IN" && matches!((version, address), ("IP4", IpAddr::V4(_)) | ("IP6", IpAddr::V6(_)));
    fits.then(|| (!address.is_unspecified()).then_some(address))
}

fn attribute(value: &str, common: &mut Common, media: &mut [Line]) -> Option<()> {
    let (name, value) = value.split_once(':').unwrap_or((value, ""));
    let direction = match name {
        "sendrecv" => Some(Direction::SendReceive),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::ReceiveOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    };
    match (direction, media.last_mut()) {
        (Some(direction), Some(line)) => line.direction = direction,
        (Some(direction), None) => common.direction = direction,
        (None, Some(line)) => media_attribute(name, value, line)?,
        (None, None) => {}
    }
    Some(())
}

fn media_attribute(name: &str, value: &str, line: &mut Line) -> Option<()> {
    match name {
        "rtpmap" => {
            let (number, encoding) = value.split_once(' ')?;
            let mut parts = encoding.trim().split('/');
            let number: u8 = number.parse().ok().filter(|number| *number < 128)?;
            let entry = (parts.next()?.to_ascii_uppercase(), parts.next()?.parse().ok()?);
            line.map.insert(number, entry);
        }
        "rtcp" => line.rtcp = Some(value.split_ascii_whitespace().next()?.parse().ok()?),
        "rtcp-mux" => line.rtcp_mux = true,
        "crypto" if line.crypto.len() < 16 => line.crypto.push(value.to_owned()),
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PHONE: &str = "v=0\r\no=- 3724394400 3724394400 IN IP4 192.0.2.10\r\ns=call\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
        m=audio 40000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 pcmu/8000/1\r\na=rtpmap:101 telephone-event/8000\r\n\
        a=fmtp:101 0-15\r\na=ptime:20\r\na=rtcp:40011\r\na=sendonly\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\n";

    #[test]
    fn a_phones_description_is_read() {
        let session = parse(PHONE.as_bytes()).unwrap();
        let audio = &session.media[0];
        assert_eq!(
            (audio.port, audio.address, audio.direction),
            (40_000, "192.0.2.10".parse().ok(), Direction::SendOnly)
        );
        assert_eq!(audio.formats, ["8", "0", "101"]);
        assert_eq!(audio.map[&0], ("PCMU".to_owned(), 8_000));
        assert_eq!(audio.rtcp, Some(40_011));
        assert_eq!((session.media[1].port, session.media[1].address), (0, None));
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_line() {
        for (text, wanted) in [
            ("", SdpError::Malformed(1)),
            ("v=1", SdpError::Malformed(1)),
            ("hello", SdpError::Malformed(1)),
            ("v=0\r\nm=audio x RTP/AVP 0", SdpError::Malformed(2)),
            ("v=0\r\nm=audio 1 RTP/AVP", SdpError::Malformed(2)),
            ("v=0\r\nc=IN IP4 phone.example", SdpError::Malformed(2)),
            ("v=0\r\nc=IN IP6 192.0.2.1", SdpError::Malformed(2)),
            ("v=0\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:200 PCMU/8000", SdpError::Malformed(3)),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(wanted), "{text:?}");
        }
        assert_eq!(parse(&[b'v', b'=', 0xFF]), Err(SdpError::NotText));
        assert_eq!(parse(&vec![b'a'; MOST_BYTES + 1]), Err(SdpError::TooLong));
        assert_eq!(parse(format!("v=0\n{}", "a=x\n".repeat(500)).as_bytes()), Err(SdpError::TooLong));
        assert_eq!(parse(format!("v=0\n{}", "m=audio 9 RTP/AVP 0\n".repeat(20)).as_bytes()), Err(SdpError::TooLong));
    }

    proptest! {
        #[test]
        fn a_torn_description_never_panics(cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
            let mut text = PHONE.as_bytes().to_vec();
            for (at, byte) in cuts {
                let at = at.index(text.len());
                text[at] = byte;
            }
            let _ = parse(&text);
        }
    }
}
