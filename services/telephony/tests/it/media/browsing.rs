//! A browser's leg, with another WebRTC stack's side of it as the browser.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use str0m::change::SdpAnswer;
use str0m::format::{Codec as Format, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};
use telephony::ids::{CallId, LegKey};
use telephony::media::{Codec, Media, MediaError, MediaEvent};

use super::peer::{Phone, Studio, sine, tones};

/// A browser with a microphone that hums one tone.
struct Browser {
    heard: Arc<Mutex<Vec<i16>>>,
    /// Ends without a word, as a laptop that is shut.
    stop: Arc<AtomicBool>,
    /// Says goodbye first.
    leave: Arc<AtomicBool>,
    /// Keys to press.
    keys: Arc<Mutex<Vec<u8>>>,
}

impl Browser {
    async fn join(media: &Media, key: LegKey, hz: f64) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        let here = socket.local_addr().unwrap();
        let mut config = Rtc::builder().set_rtp_mode(true).clear_codecs();
        let codecs = config.codec_config();
        codecs.enable_opus(true, false);
        codecs.enable_pcmu(true, false);
        codecs.enable_pcma(true, false);
        codecs.add_config(126.into(), None, Format::Tele, Frequency::EIGHT_KHZ, None, FormatParams::default());
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(here, "udp").unwrap());
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().unwrap();
        let answer = media.browser_leg(key, &offer.to_sdp_string()).await.unwrap();
        assert!(answer.contains("a=ice-lite"));
        rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer).unwrap()).unwrap();
        let browser = Self { heard: Arc::default(), stop: Arc::default(), leave: Arc::default(), keys: Arc::default() };
        browser.run(rtc, socket, here, mid, hz);
        browser
    }

    fn run(&self, mut rtc: Rtc, socket: UdpSocket, here: SocketAddr, mid: Mid, hz: f64) {
        let (heard, stop, leave, keys) = (self.heard.clone(), self.stop.clone(), self.leave.clone(), self.keys.clone());
        thread::spawn(move || {
            let (mut next, mut tick, mut up) = (Instant::now(), 0u32, false);
            let mut bytes = [0; 2_048];
            while !stop.load(Ordering::Relaxed) && rtc.is_alive() {
                let due = loop {
                    match rtc.poll_output().unwrap() {
                        Output::Timeout(due) => break due,
                        Output::Transmit(packet) => drop(socket.send_to(&packet.contents, packet.destination)),
                        Output::Event(Event::RtpPacket(packet)) => {
                            heard.lock().unwrap().extend(packet.payload.iter().map(|code| Codec::Pcmu.decode(*code)));
                        }
                        Output::Event(event) => up |= matches!(event, Event::Connected),
                    }
                };
                if leave.swap(false, Ordering::Relaxed) {
                    rtc.close().unwrap();
                } else if up && Instant::now() >= next {
                    next += Duration::from_millis(20);
                    let press = keys.lock().unwrap().pop();
                    let codes = (tick * 160..tick * 160 + 160).map(|at| Codec::Pcmu.encode(sine(Some(hz), at)));
                    let (pt, payload) = match press {
                        Some(code) => (126, vec![code, 0x8A, 3, 32]),
                        None => (0, codes.collect()),
                    };
                    let mut direct = rtc.direct_api();
                    let stream = direct.stream_tx_by_mid(mid, None).unwrap();
                    stream.write_rtp(RtpWrite::new(
                        pt.into(),
                        u64::from(tick).into(),
                        tick * 160,
                        Instant::now(),
                        payload,
                    ));
                    tick += 1;
                    rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
                } else if let Ok((length, source)) = socket.recv_from(&mut bytes) {
                    let contents = (&bytes[..length]).try_into().unwrap();
                    let received = Receive { proto: Protocol::Udp, source, destination: here, contents };
                    rtc.handle_input(Input::Receive(Instant::now(), received)).unwrap();
                } else if Instant::now() >= due {
                    rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
                }
            }
        });
    }

    async fn hears(&self, wanted: &[u32]) {
        let wanted: BTreeSet<u32> = wanted.iter().copied().collect();
        for _ in 0..500 {
            let heard = self.heard.lock().unwrap().clone();
            if heard.len() > 4_000 && tones(&heard[heard.len() - 4_000..]) == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the browser does not hear {wanted:?}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

async fn up_or_gone(studio: &mut Studio) -> MediaEvent {
    studio
        .event(|event| {
            matches!(event, MediaEvent::BrowserUp { .. } | MediaEvent::BrowserGone { .. }).then(|| event.clone())
        })
        .await
}

#[tokio::test]
async fn a_browser_and_a_telephone_talk_and_the_browser_may_come_again() {
    let mut studio = Studio::new(|_| {});
    let call = CallId::new();
    let caller = Phone::new(Some(440.0), Codec::Pcmu);
    caller.call(&studio.media, call.leg(0)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    let key = call.leg(1);
    let browser = Browser::join(&studio.media, key, 700.0).await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserUp { key });
    browser.hears(&[440]).await;
    caller.hears(&[700]).await;

    browser.keys.lock().unwrap().push(6);
    let digit =
        studio.event(|event| if let MediaEvent::Digit { key, digit } = event { Some((*key, *digit)) } else { None });
    assert_eq!(digit.await, (key, '6'));

    // The page was loaded again: the same leg, another connection. The old one is not told as gone.
    let again = Browser::join(&studio.media, key, 900.0).await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserUp { key });
    drop(browser);
    caller.hears(&[900]).await;
    again.hears(&[440]).await;

    again.leave.store(true, Ordering::Relaxed);
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserGone { key });
    caller.hears(&[]).await;
}

#[tokio::test]
async fn a_browser_that_dies_is_noticed() {
    let mut studio = Studio::new(|config| config.silence = Duration::from_millis(500));
    let call = CallId::new();
    let browser = Browser::join(&studio.media, call.leg(0), 700.0).await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserUp { key: call.leg(0) });
    drop(browser);
    let silent = studio.event(|event| matches!(event, MediaEvent::Silent { .. }).then_some(()));
    silent.await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserGone { key: call.leg(0) });
}

#[tokio::test]
async fn an_offer_that_cannot_be_answered_says_why() {
    let studio = Studio::new(|_| {});
    let key = CallId::new().leg(0);
    for offer in ["", "v=0", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"] {
        assert!(matches!(studio.media.browser_leg(key, offer).await, Err(MediaError::Browser(_))), "{offer:?}");
    }
}
