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

/// Bytes that an offer may have: a browser's for one microphone has about 2 000.
const MOST_BYTES: usize = 64 * 1024;

/// The certificate of all browsers' connections of this process: they are told its fingerprint over the signed-in channel.
pub(super) fn certificate() -> Result<DtlsCert, MediaError> {
    from_feature_flags()
        .dtls_provider
        .generate_certificate()
        .ok_or(MediaError::Config("no certificate for browsers could be made"))
}

/// A connection that waits for the browser at `local`, and the answer to send to it.
pub(super) fn answer(offer: &str, local: SocketAddr, certificate: &DtlsCert) -> Result<(Rtc, String), MediaError> {
    let failed = |error: &dyn std::fmt::Display| MediaError::Browser(error.to_string());
    if offer.len() > MOST_BYTES {
        return Err(MediaError::Browser("it is too long".to_owned()));
    }
    let offer = SdpOffer::from_sdp_string(offer).map_err(|error| failed(&error))?;
    let mut config = Rtc::builder()
        .set_ice_lite(true)
        .set_dtls_cert(certificate.clone())
        .set_rtp_mode(true)
        .set_stats_interval(Some(Duration::from_secs(5)))
        .clear_codecs();
    speak(config.codec_config());
    let mut rtc = config.build(Instant::now());
    let candidate = Candidate::host(local, "udp").map_err(|error| failed(&error))?;
    rtc.add_local_candidate(candidate);
    let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| failed(&error))?.to_sdp_string();
    if answer.contains("PCMU/8000") {
        Ok((rtc, answer))
    } else {
        Err(MediaError::Browser("it does not offer PCMU".to_owned()))
    }
}

/// What is spoken with browsers: µ-law, which telephones speak too, so that nothing is transcoded; and keys as events.
pub(super) fn speak(codecs: &mut CodecConfig) {
    codecs.enable_pcmu(true, false);
    codecs.add_config(126.into(), None, Codec::Tele, Frequency::EIGHT_KHZ, None, FormatParams::default());
}
