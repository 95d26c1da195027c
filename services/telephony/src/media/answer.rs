//! A browser's offer answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::crypto::from_feature_flags;
use str0m::format::{Codec, CodecConfig, FormatParams};
use str0m::media::Frequency;
use str0m::{Candidate, Rtc};

use super::error::MediaError;
use super::format::Format;
use super::g711::Codec as Law;
use super::sdp::agree::OPUS_FMTP;
use super::wish::Prefer;

/// Bytes that an offer may have: a browser's for one microphone has about 2 000.
const MOST_BYTES: usize = 64 * 1024;
/// What the stack says of Opus in an answer; what more there is to say takes its place.
const FEC: &str = "useinbandfec=1";

/// The certificate of all browsers' connections of this process: they are told its fingerprint over the signed-in channel.
pub(super) fn certificate() -> Result<DtlsCert, MediaError> {
    from_feature_flags()
        .dtls_provider
        .generate_certificate()
        .ok_or(MediaError::Config("no certificate for browsers could be made"))
}

/// A connection that waits for the browser.
pub(super) struct Answered {
    pub(super) rtc: Rtc,
    /// What to send to the browser.
    pub(super) sdp: String,
    /// What is spoken.
    pub(super) format: Format,
}

/// Answers for a connection at `local`: with what is preferred, or else with what the browser has.
pub(super) fn answer(
    offer: &str,
    (local, prefer): (SocketAddr, Prefer),
    certificate: &DtlsCert,
) -> Result<Answered, MediaError> {
    if offer.len() > MOST_BYTES {
        return Err(MediaError::Browser("it is too long".to_owned()));
    }
    let law = Format::G711(Law::Pcmu);
    let formats = match prefer {
        Prefer::G711 => [law, Format::Opus],
        Prefer::Opus => [Format::Opus, law],
    };
    for format in formats {
        let (rtc, sdp) = answer_as(offer, local, format, certificate)?;
        if sdp.contains(format.rtpmap()) {
            return Ok(Answered { rtc, sdp: sdp.replace(FEC, OPUS_FMTP), format });
        }
    }
    Err(MediaError::Browser("it offers neither PCMU nor Opus".to_owned()))
}

fn answer_as(
    offer: &str,
    local: SocketAddr,
    format: Format,
    certificate: &DtlsCert,
) -> Result<(Rtc, String), MediaError> {
    let failed = |error: &dyn std::fmt::Display| MediaError::Browser(error.to_string());
    let offer = SdpOffer::from_sdp_string(offer).map_err(|error| failed(&error))?;
    let mut config = Rtc::builder()
        .set_ice_lite(true)
        .set_dtls_cert(certificate.clone())
        .set_rtp_mode(true)
        .set_stats_interval(Some(Duration::from_secs(5)))
        .clear_codecs();
    speak(config.codec_config(), format);
    let mut rtc = config.build(Instant::now());
    let candidate = Candidate::host(local, "udp").map_err(|error| failed(&error))?;
    rtc.add_local_candidate(candidate);
    let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| failed(&error))?.to_sdp_string();
    Ok((rtc, answer))
}

/// What is spoken with browsers: µ-law, which telephones speak too, so that nothing is transcoded, or Opus; and keys as events.
pub(super) fn speak(codecs: &mut CodecConfig, format: Format) {
    let keys = |codecs: &mut CodecConfig, number: u8, rate| {
        codecs.add_config(number.into(), None, Codec::Tele, rate, None, FormatParams::default());
    };
    match format {
        Format::G711(_) => {
            codecs.enable_pcmu(true, false);
            keys(codecs, 126, Frequency::EIGHT_KHZ);
        }
        Format::Opus => {
            codecs.enable_opus(true, false);
            keys(codecs, 110, Frequency::FORTY_EIGHT_KHZ);
            keys(codecs, 126, Frequency::EIGHT_KHZ);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Chromium offers a microphone before it was allowed to name its addresses: by a name that only its own network knows.
    const CHROMIUM: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        a=extmap-allow-mixed\r\na=msid-semantic: WMS 7c0a\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n\
        c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
        a=candidate:2148 1 udp 2113937151 4e7c1f7a-2b4e-4c39-9d5a-0f2f5a3d9c11.local 51472 typ host generation 0 network-cost 999\r\n\
        a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=ice-options:trickle\r\n\
        a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n\
        a=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendrecv\r\na=msid:7c0a 1f2e\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
        a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
        a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
        a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n\
        a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6\r\na=ssrc:3570614608 msid:7c0a 1f2e\r\n";

    #[test]
    fn a_browsers_offer_is_answered_with_what_telephones_speak() {
        let certificate = certificate().unwrap();
        let local = "192.0.2.7:20002".parse().unwrap();
        let Answered { sdp: answer, format, .. } = answer(CHROMIUM, (local, Prefer::G711), &certificate).unwrap();
        assert_eq!(format, Format::G711(Law::Pcmu));
        let line = answer.lines().find(|line| line.starts_with("m=")).unwrap();
        assert_eq!(line.split(' ').skip(3).collect::<Vec<_>>(), ["0", "126"]);
        for wanted in [
            "a=ice-lite",
            "192.0.2.7 20002 typ host",
            "a=rtpmap:126 telephone-event/8000",
            "a=setup:passive",
            "a=sendrecv",
        ] {
            assert!(answer.contains(wanted), "{wanted} is not in {answer}");
        }
    }

    #[test]
    fn opus_is_spoken_where_it_is_preferred_and_where_there_is_nothing_else() {
        let (certificate, local) = (certificate().unwrap(), "192.0.2.7:20002".parse().unwrap());
        let no_law = CHROMIUM.replace("9 0 8 13 110", "9 8 13 110").replace("a=rtpmap:0 PCMU/8000\r\n", "");
        for (offer, prefer) in [(CHROMIUM, Prefer::Opus), (&no_law, Prefer::G711), (&no_law, Prefer::Opus)] {
            let Answered { sdp, format, .. } = answer(offer, (local, prefer), &certificate).unwrap();
            assert_eq!(format, Format::Opus);
            let line = sdp.lines().find(|line| line.starts_with("m=")).unwrap();
            assert_eq!(line.split(' ').skip(3).collect::<Vec<_>>(), ["111", "110", "126"]);
            assert!(sdp.contains("a=rtpmap:110 telephone-event/48000") && sdp.contains(OPUS_FMTP), "{sdp}");
        }
        let no_opus = CHROMIUM.replace("a=rtpmap:111 opus/48000/2\r\n", "");
        let no_opus = no_opus.replace("F 111 63 9", "F 9").replace("a=fmtp:111 minptime=10;useinbandfec=1\r\n", "");
        let Answered { format, .. } = answer(&no_opus, (local, Prefer::Opus), &certificate).unwrap();
        assert_eq!(format, Format::G711(Law::Pcmu));
    }

    #[test]
    fn a_browser_without_either_is_told() {
        let offer = CHROMIUM.replace("F 111 63 9 0 8 13 110", "F 9 8 13 110").replace("a=rtpmap:0 PCMU/8000\r\n", "");
        let offer = offer.replace("a=rtpmap:111 opus/48000/2\r\n", "");
        let local = ("192.0.2.7:20002".parse().unwrap(), Prefer::G711);
        let refused = answer(&offer, local, &certificate().unwrap());
        assert!(matches!(refused.map(|_| ()), Err(MediaError::Browser(why)) if why.contains("PCMU")));
        let long = "x".repeat(MOST_BYTES + 1);
        assert!(answer(&long, local, &certificate().unwrap()).is_err());
    }
}
