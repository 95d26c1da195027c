use super::super::parse::parse;
use super::*;

const ULAW: Format = Format::G711(Codec::Pcmu);

/// Pressed keys as with G.711.
fn keys(number: u8) -> Option<Events> {
    Some(Events { number, rate: 8_000 })
}

fn ours() -> Ours {
    let address = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));
    let (wish, numbers) = (Wish::default(), Numbers::default());
    Ours { session: 7, version: 2, address, port: 20_000, master: Master::random(), wish, numbers }
}

fn offered(lines: &str) -> Session {
    parse(format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}").as_bytes())
        .unwrap()
}

#[test]
fn an_offer_of_ours_is_answered_by_ourselves() {
    let (text, here) = answer(&parse(&offer(&ours())).unwrap(), &Ours { port: 30_000, ..ours() }).unwrap();
    let there = answered(&parse(&text).unwrap(), &ours()).unwrap();
    assert_eq!((here.send, there.send), ((0, ULAW), (0, ULAW)));
    assert_eq!((here.events, there.events), (keys(101), keys(101)));
    assert_eq!(here.remote, Some("198.51.100.1:20000".parse().unwrap()));
    assert_eq!(there.remote, Some("198.51.100.1:30000".parse().unwrap()));
    assert_eq!(here.direction, Direction::SendReceive);
    assert!(here.mux && there.mux && there.reports == there.remote);
}

#[test]
fn the_head_names_session_version_and_address() {
    let text = String::from_utf8(offer(&ours())).unwrap();
    assert!(
        text.starts_with(
            "v=0\r\no=- 7 2 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 20000 "
        )
    );
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
    assert_eq!((agreed.send, agreed.events), ((98, ULAW), keys(97)));
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
    assert_eq!(refused("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"), SdpError::Transport("UDP/TLS/RTP/SAVPF".to_owned()));
}

#[test]
fn encryption_is_agreed_on_by_keys_and_never_dropped_on_the_way() {
    let (here, there) = (Ours { wish: Srtp::Required.into(), ..ours() }, ours());
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
    let (here, there) = (Ours { wish: offers.into(), ..ours() }, Ours { wish: answers.into(), ..ours() });
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
        let (text, agreed) = answer(&offered(&both), &Ours { wish: srtp.into(), ..ours() }).unwrap();
        assert_eq!(agreed.keys.map(|keys| (keys.tag, keys.theirs)), encrypted.then_some((5, key)));
        let ports: Vec<u16> = parse(&text).unwrap().media.iter().map(|line| line.port).collect();
        assert_eq!(ports, if encrypted { [0, 20_000] } else { [20_000, 0] });
    }
    let foreign = "m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_256_CM inline:x\r\n";
    assert_eq!(answer(&offered(foreign), &Ours { wish: Srtp::Offered.into(), ..ours() }).unwrap().1.keys, None);
}

/// As baresip offers it, which says keys in 8 kHz; as a browser's gateway does; and with numbers that are ours for something else.
const BOTH: &str = "m=audio 4000 RTP/AVP 96 0 8 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\n";
const OPUS_ALONE: &str = "m=audio 4000 RTP/AVP 107 101 100\r\na=rtpmap:107 OPUS/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:100 telephone-event/48000\r\n";
const CROSSED: &str =
    "m=audio 4000 RTP/AVP 101 110\r\na=rtpmap:101 opus/48000/2\r\na=rtpmap:110 telephone-event/8000\r\n";
const NO_KEYS: &str = "m=audio 4000 RTP/AVP 8 111\r\na=rtpmap:111 opus/48000/2\r\n";

#[test]
fn opus_is_answered_where_it_is_wanted_or_all_there_is() {
    let (coarse, fine) = (keys, |number| Some(Events { number, rate: 48_000 }));
    for (offer, codec, send, events) in [
        (BOTH, Prefer::G711, (0, ULAW), coarse(101)),
        (BOTH, Prefer::Opus, (96, Format::Opus), coarse(101)),
        (OPUS_ALONE, Prefer::G711, (107, Format::Opus), fine(100)),
        (OPUS_ALONE, Prefer::Opus, (107, Format::Opus), fine(100)),
        (CROSSED, Prefer::G711, (101, Format::Opus), coarse(110)),
        (NO_KEYS, Prefer::G711, (8, Codec::Pcma.into()), None),
        (NO_KEYS, Prefer::Opus, (111, Format::Opus), None),
    ] {
        let (text, agreed) = answer(&offered(offer), &Ours { wish: codec.into(), ..ours() }).unwrap();
        assert_eq!((agreed.send, agreed.events), (send, events), "{offer} {codec:?}");
        let text = String::from_utf8(text).unwrap();
        let formats = format!("{}{}", send.0, events.map_or(String::new(), |events| format!(" {}", events.number)));
        assert!(text.contains(&format!("m=audio 20000 RTP/AVP {formats}\r\n")), "{text}");
        let fmtp = format!("a=rtpmap:{} opus/48000/2\r\na=fmtp:{} {OPUS_FMTP}\r\n", send.0, send.0);
        assert_eq!(text.contains(&fmtp), send.1 == Format::Opus, "{text}");
        if let Some(Events { number, rate }) = events {
            assert!(text.contains(&format!("a=rtpmap:{number} telephone-event/{rate}\r\n")), "{text}");
        }
    }
}

#[test]
fn an_offer_of_opus_has_the_laws_too_and_is_answered_as_the_other_side_likes() {
    let here = Ours { wish: Prefer::Opus.into(), ..ours() };
    let text = String::from_utf8(offer(&here)).unwrap();
    assert!(text.contains("m=audio 20000 RTP/AVP 111 0 8 110 101\r\n"), "{text}");
    for (answers, send, events) in [
        (Prefer::G711, (0, ULAW), keys(101)),
        (Prefer::Opus, (111, Format::Opus), Some(Events { number: 110, rate: 48_000 })),
    ] {
        let there = Ours { wish: answers.into(), ..ours() };
        let (text, _) = answer(&parse(text.as_bytes()).unwrap(), &there).unwrap();
        let agreed = answered(&parse(&text).unwrap(), &here).unwrap();
        assert_eq!((agreed.send, agreed.events), (send, events));
    }
    assert!(!String::from_utf8(offer(&ours())).unwrap().contains("opus"), "who does not want it does not offer it");
}

#[test]
fn a_peers_numbers_stay_and_ours_give_way() {
    let offer_after = |peer: &str| {
        let (_, agreed) = answer(&offered(peer), &ours()).unwrap();
        let numbers = ours().numbers.of_peer(agreed.send.0, agreed.events);
        String::from_utf8(offer(&Ours { wish: Prefer::Opus.into(), numbers, ..ours() })).unwrap()
    };
    for (peer, formats) in [(OPUS_ALONE, "107 0 8 100 101"), (CROSSED, "101 0 8 96 110")] {
        let text = offer_after(peer);
        assert!(text.contains(&format!("RTP/AVP {formats}\r\n")), "{text}");
    }
}
